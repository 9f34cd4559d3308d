/* XChaCha20-Poly1305 by the vector of draft-irtf-cfrg-xchacha-03, A.3.1. */
#include "base/seal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static const char plain[] =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
static const char sealed_hex[] = "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                                 "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                                 "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                                 "21f9664c97637da9768812f615c68b13b52e"
                                 "c0875924c1c7987947deafd8780acf49";
static const char ad[] = "\x50\x51\x52\x53\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7";

#define PLAIN_N (sizeof plain - 1)
#define SEALED_N (PLAIN_N + SEAL_TAG)

struct vector {
    uint8_t key[SEAL_KEY], nonce[SEAL_NONCE], sealed[SEALED_N];
};

static struct vector vector(void)
{
    struct vector v;
    for (size_t i = 0; i < SEAL_KEY; i++)
        v.key[i] = (uint8_t)(0x80 + i);
    for (size_t i = 0; i < SEAL_NONCE; i++)
        v.nonce[i] = (uint8_t)(0x40 + i);
    assert_true(hex_to(slice_str(sealed_hex), v.sealed, sizeof v.sealed));
    return v;
}

static void test_draft_vector(void **state)
{
    struct vector v = vector();
    uint8_t sealed[SEALED_N], opened[PLAIN_N];
    seal_box(v.key, v.nonce, slice_of(ad, 12), slice_of(plain, PLAIN_N), sealed);
    assert_memory_equal(sealed, v.sealed, SEALED_N);
    assert_int_equal(seal_open(v.key, v.nonce, slice_of(ad, 12), slice_of((char *)sealed, SEALED_N), opened), OK);
    assert_memory_equal(opened, plain, PLAIN_N);
}

/* One bit changed anywhere, or other additional data, key or nonce: refused, and the text does not come out. */
static void test_changed_bits(void **state)
{
    struct vector v = vector();
    uint8_t opened[PLAIN_N], zero[PLAIN_N] = {0};
    for (size_t bit = 0; bit < SEALED_N * 8; bit++) {
        memset(opened, 0xEE, sizeof opened);
        v.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(seal_open(v.key, v.nonce, slice_of(ad, 12), slice_of((char *)v.sealed, SEALED_N), opened), ERR_KEY);
        assert_memory_equal(opened, zero, sizeof opened);
        v.sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    struct slice sealed = slice_of((char *)v.sealed, SEALED_N);
    assert_int_equal(seal_open(v.key, v.nonce, slice_of(ad, 11), sealed, opened), ERR_KEY);
    v.key[0] ^= 1;
    assert_int_equal(seal_open(v.key, v.nonce, slice_of(ad, 12), sealed, opened), ERR_KEY);
    v.key[0] ^= 1;
    v.nonce[23] ^= 1;
    assert_int_equal(seal_open(v.key, v.nonce, slice_of(ad, 12), sealed, opened), ERR_KEY);
    v.nonce[23] ^= 1;
    assert_int_equal(seal_open(v.key, v.nonce, slice_of(ad, 12), sealed, opened), OK);
}

static void test_short_and_empty(void **state)
{
    struct vector v = vector();
    uint8_t tag[SEAL_TAG], nothing[1];
    struct slice none = slice_of(NULL, 0);
    seal_box(v.key, v.nonce, none, none, tag);
    assert_int_equal(seal_open(v.key, v.nonce, none, slice_of((char *)tag, SEAL_TAG), nothing), OK);
    assert_int_equal(seal_open(v.key, v.nonce, none, slice_of((char *)tag, SEAL_TAG - 1), nothing), ERR_DAMAGED);
    assert_int_equal(seal_open(v.key, v.nonce, none, none, nothing), ERR_DAMAGED);
}

static void test_random_and_wipe(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};
    seal_random(a, sizeof a);
    seal_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    seal_wipe(a, sizeof a);
    assert_memory_equal(a, zero, sizeof a);
}

static int setup(void **state)
{
    return seal_init() == OK ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draft_vector),
        cmocka_unit_test(test_changed_bits),
        cmocka_unit_test(test_short_and_empty),
        cmocka_unit_test(test_random_and_wipe),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
