/* A witness answers as C2SP tlog-witness says, remembers across restarts, and never cosigns two histories. */
#include "ledger/witness.h"
#include "base/file.h"
#include "ledger/proof.h"
#include "ledger/tree.h"

#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define SIZE 40

struct world {
    char dir[64];
    struct log_key log, stranger;
    struct hash leaf[SIZE];
    struct witness *w;
    struct buf reply;
};
static struct world w;

static void make_key(const char *name, uint8_t seed_byte, struct log_key *out)
{
    uint8_t seed[SIGN_SEED] = {seed_byte};
    sign_key_of(seed, &out->sign);
    assert_int_equal(note_key_of(name, NOTE_ED25519, out->sign.pub, &out->name), OK);
}

static void fill_random(void *arg, void *out, size_t n)
{
    memset(out, 0x42, n);
}

static int begin_test(void **state)
{
    struct buf vkey;
    w = (struct world){.dir = "/tmp/athar-witness-XXXXXX"};
    assert_non_null(mkdtemp(w.dir));
    make_key("register.example/north", 1, &w.log);
    make_key("register.example/south", 2, &w.stranger);
    for (unsigned i = 0; i < SIZE; i++)
        w.leaf[i] = hash_of(&i, sizeof i);
    buf_init(&vkey, 1024);
    buf_init(&w.reply, 4096);
    note_key_write(&w.log.name, &vkey);
    assert_int_equal(witness_init(w.dir, "witness.example/capital", fill_random, NULL, NULL), OK);
    assert_int_equal(witness_watch(w.dir, buf_view(&vkey), NULL), OK);
    assert_int_equal(witness_watch(w.dir, buf_view(&vkey), NULL), OK); /* twice is once */
    assert_int_equal(witness_open(w.dir, &w.w, NULL), OK);
    buf_free(&vkey);
    return 0;
}

static int end_test(void **state)
{
    char command[96];
    witness_close(w.w);
    buf_free(&w.reply);
    snprintf(command, sizeof command, "rm -rf %s", w.dir);
    return system(command);
}

static enum err node(void *arg, unsigned level, uint64_t index, struct hash *out)
{
    struct hash l, r;
    if (level == 0) {
        *out = ((const struct hash *)arg)[index];
        return OK;
    }
    node(arg, level - 1, 2 * index, &l);
    node(arg, level - 1, 2 * index + 1, &r);
    *out = hash_node(&l, &r);
    return OK;
}

static void checkpoint_of(const struct log_key *key, const struct hash *leaves, uint64_t size, struct buf *note)
{
    struct checkpoint c = {.origin = slice_str(key->name.name), .size = size};
    struct buf text;
    buf_init(&text, NOTE_MAX);
    assert_int_equal(proof_root(size, node, (void *)(uintptr_t)leaves, &c.root), OK);
    checkpoint_write(&c, &text);
    assert_int_equal(note_sign(buf_view(&text), &key->name, &key->sign, note), OK);
    buf_free(&text);
}

static struct witness_reply send(struct slice body)
{
    struct witness_reply r;
    buf_reset(&w.reply);
    witness_add(w.w, body, 1700000000, &w.reply, &r);
    return r;
}

/* The checkpoint of `size` by key over leaves, with the proof from `from`, said to be from `old`. */
static struct witness_reply offer(const struct log_key *key, const struct hash *leaves, uint64_t old, uint64_t from, uint64_t size)
{
    struct witness_request r = {.old = old};
    struct proof proof = {0};
    struct buf note, body;
    buf_init(&note, NOTE_MAX);
    buf_init(&body, WITNESS_BODY_MAX);
    checkpoint_of(key, leaves, size, &note);
    if (from <= size)
        assert_int_equal(proof_consistency(from, size, node, (void *)(uintptr_t)leaves, &proof), OK);
    memcpy(r.proof, proof.hash, proof.n * sizeof *r.proof);
    r.n = proof.n;
    r.note = buf_view(&note);
    witness_write(&r, &body);
    struct witness_reply reply = send(buf_view(&body));
    if (reply.status == 200) { /* what it gave is its cosignature of this checkpoint */
        struct note_found found;
        struct buf whole;
        buf_init(&whole, NOTE_MAX);
        buf_slice(&whole, buf_view(&note));
        buf_slice(&whole, buf_view(&w.reply));
        assert_int_equal(note_check(buf_view(&whole), witness_key(w.w), 1, &found), OK);
        assert_true(found.valid == 1 && found.seconds[0] == 1700000000);
        buf_free(&whole);
    }
    buf_free(&note);
    buf_free(&body);
    return reply;
}

static size_t incidents(void)
{
    char path[100];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/incidents", w.dir);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static void a_log_that_grows_is_cosigned(void **state)
{
    uint64_t last = 0;
    for (uint64_t size = 0; size <= SIZE; size += size % 7 + 1) {
        assert_int_equal(offer(&w.log, w.leaf, last, last, size).status, 200);
        assert_int_equal(offer(&w.log, w.leaf, size, size, size).status, 200); /* asked again */
        last = size;
    }
    assert_int_equal(incidents(), 0);
}

static void each_refusal_has_its_status(void **state)
{
    struct hash other[SIZE];
    memcpy(other, w.leaf, sizeof other);
    other[3].b[0] ^= 1;
    assert_int_equal(offer(&w.log, w.leaf, 0, 0, 10).status, 200);
    assert_int_equal(offer(&w.stranger, w.leaf, 0, 0, 10).status, 404);
    assert_int_equal(offer(&w.log, w.leaf, 11, 20, 10).status, 400); /* old above the new */
    struct witness_reply r = offer(&w.log, w.leaf, 9, 9, 20);
    assert_int_equal(r.status, 409);
    assert_string_equal(r.type, "text/x.tlog.size");
    assert_true(slice_is(buf_view(&w.reply), "10\n"));
    assert_int_equal(offer(&w.log, w.leaf, 0, 0, 20).status, 409);
    assert_int_equal(offer(&w.log, w.leaf, 5, 5, 5).status, 409); /* a rewound log */
    assert_int_equal(offer(&w.log, w.leaf, 10, 9, 20).status, 422); /* a proof of something else */
    r = offer(&w.log, other, 10, 10, 10);
    assert_true(r.status == 422 && r.told == WITNESS_FORK);
    r = offer(&w.log, other, 10, 10, 20);
    assert_true(r.status == 422 && r.told == WITNESS_BAD_PROOF);
    assert_int_equal(w.reply.n, 0);
    assert_int_equal(incidents(), 3); /* both checkpoints, each time */
    assert_int_equal(offer(&w.log, other, 10, 10, 20).status, 422);
    assert_int_equal(incidents(), 3); /* the same again is no news */
    assert_int_equal(offer(&w.log, w.leaf, 10, 10, 20).status, 200); /* and nothing of it was remembered */
}

static void a_proof_from_nothing_must_be_empty(void **state)
{
    struct witness_request r = {.n = 1};
    struct buf note, body;
    buf_init(&note, NOTE_MAX);
    buf_init(&body, WITNESS_BODY_MAX);
    checkpoint_of(&w.log, w.leaf, 10, &note);
    r.note = buf_view(&note);
    witness_write(&r, &body);
    assert_int_equal(send(buf_view(&body)).status, 422);
    buf_free(&note);
    buf_free(&body);
}

static void a_signature_that_is_not_the_logs_is_403(void **state)
{
    struct log_key false_key = w.stranger; /* its name, another's key */
    assert_int_equal(note_key_of("register.example/north", NOTE_ED25519, w.stranger.sign.pub, &false_key.name), OK);
    assert_int_equal(offer(&false_key, w.leaf, 0, 0, 10).status, 403);
    false_key.name.id = w.log.name.id; /* and its key id */
    assert_int_equal(offer(&false_key, w.leaf, 0, 0, 10).status, 403);
}

static void what_is_no_request_is_400(void **state)
{
    static const char *const wrong[] = {"", "old", "old ", "old \n\n", "old 0\n", "old 0\n\n", "old 00\n\nx", "old -1\n\nx", "old 9223372036854775808\n\nx",
        "old 0\nnot base64\n\nx", "old 0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n\nx", "old 0\n\nregister.example/north\n0\n", "new 0\n\nx"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(send(slice_str(wrong[i])).status, 400);
    struct witness_request r;
    struct buf b;
    buf_init(&b, WITNESS_BODY_MAX);
    buf_str(&b, "old 1\n");
    for (int i = 0; i < 64; i++)
        buf_str(&b, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    buf_str(&b, "\nx");
    assert_int_equal(witness_parse(buf_view(&b), &r), ERR_FORMAT); /* at most 63 */
    buf_free(&b);
}

static void it_remembers_across_a_restart(void **state)
{
    assert_int_equal(offer(&w.log, w.leaf, 0, 0, 10).status, 200);
    witness_close(w.w);
    assert_int_equal(witness_open(w.dir, &w.w, NULL), OK);
    assert_int_equal(offer(&w.log, w.leaf, 0, 0, 10).status, 409);
    assert_int_equal(offer(&w.log, w.leaf, 10, 10, 11).status, 200);
}

/* Memory that was lost or altered is no licence to forget. */
static void a_damaged_memory_signs_nothing(void **state)
{
    char command[120];
    assert_int_equal(offer(&w.log, w.leaf, 0, 0, 10).status, 200);
    snprintf(command, sizeof command, "for f in %s/seen/*; do echo x > $f; done", w.dir);
    assert_int_equal(system(command), 0);
    struct witness_reply r = offer(&w.log, w.leaf, 0, 0, 10);
    assert_true(r.status == 500 && r.told == WITNESS_IO);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {T(a_log_that_grows_is_cosigned), T(each_refusal_has_its_status), T(a_proof_from_nothing_must_be_empty),
        T(a_signature_that_is_not_the_logs_is_403), T(what_is_no_request_is_400), T(it_remembers_across_a_restart), T(a_damaged_memory_signs_nothing)};
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
