/* SHA-256 by the examples of FIPS 180-4, HMAC by RFC 4231. */
#include "base/hash.h"

#include <stdarg.h>
#include <setjmp.h>
#include <pthread.h>
#include <stdlib.h>
#include <cmocka.h>

static void assert_hex(const uint8_t *got, size_t n, const char *want)
{
    char hex[65] = {0};
    hex_of(got, n, hex);
    assert_string_equal(hex, want);
}

static const struct {
    const char *message, *digest;
} fips[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void test_fips_180_4(void **state)
{
    for (size_t i = 0; i < sizeof fips / sizeof *fips; i++) {
        struct hash h = hash_of(fips[i].message, strlen(fips[i].message));
        assert_hex(h.b, 32, fips[i].digest);
    }
}

static void test_million_a(void **state)
{
    char a[1000];
    memset(a, 'a', sizeof a);
    struct hash_stream *s = hash_begin();
    assert_non_null(s);
    for (int i = 0; i < 1000; i++)
        hash_add(s, a, sizeof a);
    struct hash h = hash_done(s);
    assert_hex(h.b, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* However the message is cut, and with other hashes taken between, the digest is the same. */
static void test_stream_is_cut_anywhere(void **state)
{
    const char *message = fips[3].message;
    size_t n = strlen(message);
    for (size_t cut = 0; cut <= n; cut++) {
        struct hash_stream *s = hash_begin();
        hash_add(s, message, cut);
        hash_of("between", 7);
        hash_add(s, message + cut, n - cut);
        struct hash h = hash_done(s);
        assert_hex(h.b, 32, fips[3].digest);
    }
    hash_drop(hash_begin());
    hash_drop(NULL);
}

static void test_prefixes(void **state)
{
    uint8_t bytes[65] = {0x01};
    struct hash left = hash_of("l", 1), right = hash_of("r", 1), want, got;
    memcpy(bytes + 1, left.b, 32);
    memcpy(bytes + 33, right.b, 32);
    want = hash_of(bytes, sizeof bytes);
    got = hash_node(&left, &right);
    assert_true(hash_eq(&want, &got));
    want = hash_of("\0abc", 4);
    got = hash_prefixed(0x00, "abc", 3);
    assert_true(hash_eq(&want, &got));
    got.b[31] ^= 1;
    assert_false(hash_eq(&want, &got));
}

/* RFC 4231 4.2-4.8. A key shorter than the block is padded with zeros, a longer one is hashed first (RFC 2104 2): either way
 * it becomes one of our 32 bytes. Case 5 publishes only the first half of its result. */
static const struct {
    const char *key;
    char key_byte; /* or so many of this byte */
    size_t key_n;
    const char *data;
    char data_byte;
    size_t data_n;
    size_t shown;
    const char *mac;
} rfc_4231[] = {
    {NULL, 0x0b, 20, "Hi There", 0, 8, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 0, 4, "what do ya want for nothing?", 0, 28, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL, (char)0xaa, 20, NULL, (char)0xdd, 50, 32, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19", 0, 25, NULL,
        (char)0xcd, 50, 32, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {NULL, 0x0c, 20, "Test With Truncation", 0, 20, 16, "a3b6167473100ee06e0c796c2955552b"},
    {NULL, (char)0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54, 32,
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {NULL, (char)0xaa, 131,
        "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
        "before being used by the HMAC algorithm.",
        0, 152, 32, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static void test_rfc_4231(void **state)
{
    for (size_t i = 0; i < sizeof rfc_4231 / sizeof *rfc_4231; i++) {
        char key[131], data[152];
        uint8_t out[32];
        struct hash short_key = {{0}};
        memset(key, rfc_4231[i].key_byte, sizeof key);
        memset(data, rfc_4231[i].data_byte, sizeof data);
        if (rfc_4231[i].key)
            memcpy(key, rfc_4231[i].key, rfc_4231[i].key_n);
        if (rfc_4231[i].data)
            memcpy(data, rfc_4231[i].data, rfc_4231[i].data_n);
        if (rfc_4231[i].key_n > 64)
            short_key = hash_of(key, rfc_4231[i].key_n);
        else
            memcpy(short_key.b, key, rfc_4231[i].key_n);
        hash_hmac(short_key.b, data, rfc_4231[i].data_n, out);
        assert_hex(out, rfc_4231[i].shown, rfc_4231[i].mac);
    }
}

/* A key made ready serves message after message. */
static void test_ready_key(void **state)
{
    uint8_t key[32], message[200], want[32], got[32];
    struct hash_key ready;
    memset(message, 'm', sizeof message);
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)(7 * i);
    hash_key_ready(key, &ready);
    for (size_t n = 0; n <= sizeof message; n++) {
        hash_hmac(key, message, n, want);
        hash_keyed(&ready, message, n, got);
        assert_memory_equal(got, want, sizeof want);
    }
}

static void *hash_in_thread(void *arg)
{
    for (int i = 0; i < 1000; i++)
        *(struct hash *)arg = hash_of("abc", 3);
    return NULL;
}

static void test_threads(void **state)
{
    pthread_t thread[4];
    struct hash got[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hash_in_thread, &got[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_hex(got[i].b, 32, fips[1].digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fips_180_4),
        cmocka_unit_test(test_million_a),
        cmocka_unit_test(test_stream_is_cut_anywhere),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_rfc_4231),
        cmocka_unit_test(test_ready_key),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
