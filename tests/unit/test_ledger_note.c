/* Signed notes: a published example, RFC 8032's first vector, and every way in which a note may be wrong. */
#include "ledger/note.h"
#include "base/seal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/* The example in the documentation of golang.org/x/mod/sumdb/note. */
static const char go_key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char go_text[] = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
static const char go_line[] = "\n\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static const char checkpoint_text[] = "register.example/north\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n";

struct office {
    struct sign_key secret;
    struct note_key key;
};

static void make_office(struct office *o, const char *name, enum note_type type, uint8_t seed)
{
    uint8_t bytes[SIGN_SEED];
    memset(bytes, seed, sizeof bytes);
    sign_key_of(bytes, &o->secret);
    assert_int_equal(note_key_of(name, type, o->secret.pub, &o->key), OK);
}

static void join(struct buf *b, const char *text, const char *more)
{
    buf_reset(b);
    buf_add(b, text, strlen(text));
    buf_add(b, more, strlen(more));
}

/* RFC 8032 7.1, test 1: the empty message. */
static void test_ed25519_vector(void **state)
{
    uint8_t seed[32], pub[32], want[64], sig[64];
    struct sign_key k;
    assert_true(hex_to(SLICE("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), seed, 32));
    assert_true(hex_to(SLICE("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), pub, 32));
    assert_true(hex_to(SLICE("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"), want, 64));
    sign_key_of(seed, &k);
    assert_memory_equal(k.pub, pub, 32);
    sign_make(&k, SLICE(""), sig);
    assert_memory_equal(sig, want, 64);
    assert_true(sign_check(pub, SLICE(""), sig));
    assert_false(sign_check(pub, SLICE("x"), sig));
    sign_forget(&k);
}

static void test_published_note(void **state)
{
    struct note_key k;
    struct note_found found;
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(note_key_parse(slice_str(go_key), &k), OK);
    assert_true(k.id == 0xc74f20a3 && k.type == NOTE_ED25519);
    join(&b, go_text, go_line);
    assert_int_equal(note_check(buf_view(&b), &k, 1, &found), OK);
    assert_true(found.valid == 1 && slice_is(found.text, go_text));
    for (size_t i = 0; i < b.n; i++) { /* no byte of it may be another */
        b.p[i] ^= 1;
        assert_int_not_equal(note_check(buf_view(&b), &k, 1, &found), OK);
        b.p[i] ^= 1;
    }
    buf_reset(&b);
    note_key_write(&k, &b);
    assert_true(slice_is(buf_view(&b), go_key));
    buf_free(&b);
}

static void test_office_and_witness(void **state)
{
    struct office office, witness, stranger;
    struct note_found found;
    struct buf b;
    buf_init(&b, 4096);
    make_office(&office, "register.example/north", NOTE_ED25519, 1);
    make_office(&witness, "witness.example", NOTE_COSIGNATURE, 2);
    make_office(&stranger, "other.example", NOTE_ED25519, 3);
    assert_int_equal(note_sign(slice_str(checkpoint_text), &office.key, &office.secret, &b), OK);
    assert_int_equal(note_cosign(slice_str(checkpoint_text), &witness.key, &witness.secret, 1790000000, &b), OK);
    struct note_key both[] = {office.key, witness.key}, mixed[] = {stranger.key, witness.key};
    assert_int_equal(note_check(buf_view(&b), both, 2, &found), OK);
    assert_true(found.valid == 3 && found.seconds[0] == 0 && found.seconds[1] == 1790000000);
    assert_int_equal(note_check(buf_view(&b), mixed, 2, &found), OK); /* a key that has not signed is no fault */
    assert_int_equal(found.valid, 2);
    assert_int_equal(note_check(buf_view(&b), &stranger.key, 1, &found), ERR_KEY);
    assert_int_equal(note_check(buf_view(&b), NULL, 0, &found), ERR_KEY);
    struct note_key false_name = office.key; /* a key of the office's name and number that did not make the line */
    memcpy(false_name.pub, stranger.key.pub, sizeof false_name.pub);
    assert_int_equal(note_check(buf_view(&b), &false_name, 1, &found), ERR_KEY);
    buf_free(&b);
}

static void test_what_is_no_note(void **state)
{
    static const char *const bad[] = {"", "\n", "text\n", "text\n\n", "text\n\nline\n", "text\n\n\xe2\x80\x94 a\n", "text\n\n\xe2\x80\x94 a b\n",
        "text\n\n\xe2\x80\x94 a+b AAAAAAAA\n", "text\n\n\xe2\x80\x94 a AAAAAAAA", "te\rxt\n\n\xe2\x80\x94 a AAAAAAAA\n", "te\xffyt\n\n\xe2\x80\x94 a AAAAAAAA\n"};
    struct note_key k;
    struct note_found found;
    assert_int_equal(note_key_parse(slice_str(go_key), &k), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(note_check(slice_str(bad[i]), &k, 1, &found), ERR_FORMAT);
}

static void test_keys_refused(void **state)
{
    static const char *const bad[] = {"", "a", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T", "PeterNeumann+c74f20a3+"};
    struct note_key k;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(note_key_parse(slice_str(bad[i]), &k), ERR_FORMAT);
    assert_int_equal(note_key_parse(SLICE("PeterNeumann+c74f20a3+CRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &k), ERR_UNKNOWN_CODE);
}

static void test_checkpoints(void **state)
{
    static const char *const bad[] = {"", "o\n", "o\n3\n", "\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n", "o\n03\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n",
        "o\n-3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n", "o\n9223372036854775808\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n", "o\n3\nrrzr\n",
        "o\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=", "o\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n\n"};
    struct checkpoint c;
    struct buf b;
    buf_init(&b, 4096);
    assert_int_equal(checkpoint_parse(slice_str(checkpoint_text), &c), OK);
    assert_true(c.size == 3 && slice_is(c.origin, "register.example/north"));
    char hex[65] = {0};
    hex_of(c.root.b, 32, hex);
    assert_string_equal(hex, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    checkpoint_write(&c, &b);
    assert_true(slice_is(buf_view(&b), checkpoint_text));
    assert_int_equal(checkpoint_parse(SLICE("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n"), &c), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(checkpoint_parse(slice_str(bad[i]), &c), ERR_FORMAT);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ed25519_vector), cmocka_unit_test(test_published_note),
        cmocka_unit_test(test_office_and_witness), cmocka_unit_test(test_what_is_no_note), cmocka_unit_test(test_keys_refused),
        cmocka_unit_test(test_checkpoints)};
    return seal_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
