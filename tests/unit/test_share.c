/* Secret sharing, held to published vectors and to a second way of computing the field. */
#include "keys/share.h"
#include "base/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* Logarithms to the generator 3: another way to the same products. */
static void products_are_those_of_the_field(void **state)
{
    uint8_t power[255], log[256] = {0};
    unsigned v = 1;
    for (unsigned i = 0; i < 255; i++) {
        power[i] = (uint8_t)v;
        log[v] = (uint8_t)i;
        v ^= v << 1; /* times 3 */
        v ^= v & 0x100 ? 0x11b : 0;
    }
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            unsigned want = a && b ? power[(log[a] + log[b]) % 255] : 0;
            assert_int_equal(share_product((uint8_t)a, (uint8_t)b), want);
        }
    assert_int_equal(share_product(0x57, 0x83), 0xc1); /* FIPS 197 4.2 */
    assert_int_equal(share_product(0x57, 0x13), 0xfe); /* FIPS 197 4.2.1 */
}

static void unhex(const char *hex, uint8_t *out)
{
    assert_true(hex_to(slice_str(hex), out, strlen(hex) / 2));
}

/* draft-mcgrew-tss-03 section 11: the secret at 0, shares at 1 and 2. */
static void the_draft_of_2009_gives_its_secret(void **state)
{
    static const uint8_t x[] = {1, 2}, y[] = {0xb9, 0xfa, 0x07, 0xe1, 0x85, 0xf5, 0x40, 0x9b, 0x45, 0x11};
    uint8_t out[5];
    share_at(x, y, 2, 5, 0, out);
    assert_memory_equal(out, "\x74\x65\x73\x74\x00", 5);
}

/* Test vectors of bc-shamir (test_split_secret_3_5 and _2_7), whose secret stands at 255 and whose shares stand at 0 on. */
static void another_program_s_shares_give_its_secret(void **state)
{
    static const struct {
        const char *secret, *y[3];
        uint8_t x[3];
        size_t n, size;
    } vectors[] = {
        {"0ff784df000c4380a5ed683f7e6e3dcf",
            {"d43099fe444807c46921a4f33a2a798b", "d9ad4e3bec2e1a7485698823abf05d36", "1aa7fe3199bc5092ef3816b074cabdf2"}, {1, 2, 4}, 3, 16},
        {"0ff784df000c4380a5ed683f7e6e3dcf",
            {"00112233445566778899aabbccddeeff", "0d8cf5f6ec337bc764d1866b5d07ca42", "1aa7fe3199bc5092ef3816b074cabdf2"}, {0, 3, 4}, 3, 16},
        {"204188bfa6b440a1bdfd6753ff55a8241e07af5c5be943db917e3efabc184b1a",
            {"2dcd14c2252dc8489af3985030e74d5a48e8eff1478ab86e65b43869bf39d556",
                "a1dfdd798388aada635b9974472b4fc59a32ae520c42c9f6a0af70149b882487", NULL}, {0, 1}, 2, 32},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint8_t y[96], want[32], out[32];
        unhex(vectors[i].secret, want);
        for (size_t k = 0; k < vectors[i].n; k++)
            unhex(vectors[i].y[k], y + k * vectors[i].size);
        share_at(vectors[i].x, y, vectors[i].n, vectors[i].size, 255, out);
        assert_memory_equal(out, want, vectors[i].size);
    }
}

static void split(unsigned need, unsigned n, uint8_t secret[32], struct share *out)
{
    uint8_t random[SHARES_MAX * SHARE_SECRET];
    seal_random(random, sizeof random);
    seal_random(secret, SHARE_SECRET);
    assert_int_equal(share_split(secret, (const uint8_t *)"SET1", need, n, random, out, NULL), OK);
}

/* Every subset of five shares: three and more give the secret, fewer are refused. */
static void any_quorum_and_nothing_less(void **state)
{
    struct share all[5], some[5];
    uint8_t secret[32], out[32];
    split(3, 5, secret, all);
    for (unsigned set = 1; set < 32; set++) {
        size_t n = 0;
        for (unsigned i = 0; i < 5; i++)
            if (set >> i & 1)
                some[n++] = all[i];
        memset(out, 0, sizeof out);
        enum err e = share_join(some, n, out, NULL);
        assert_int_equal(e, n >= 3 ? OK : n ? ERR_RANGE : ERR_MISSING);
        assert_int_equal(memcmp(out, secret, 32) == 0, n >= 3);
    }
}

/* Two shares of three fit every secret: for any guess there is a third share that gives it. */
static void fewer_say_nothing(void **state)
{
    struct share all[3];
    uint8_t secret[32], guess[32], x[3] = {1, 2, 0}, y[96], third[32];
    split(3, 3, secret, all);
    for (int k = 0; k < 50; k++) {
        seal_random(guess, sizeof guess);
        memcpy(y, all[0].y, 32);
        memcpy(y + 32, all[1].y, 32);
        memcpy(y + 64, guess, 32);
        share_at(x, y, 3, 32, 3, third); /* the share that would make the guess true */
        struct share made[3] = {all[0], all[1], all[2]};
        memcpy(made[2].y, third, 32);
        assert_int_equal(share_join(made, 3, third, NULL), OK);
        assert_memory_equal(third, guess, 32);
    }
}

static void what_does_not_belong_together(void **state)
{
    struct share a[3], b[3], twice[2];
    uint8_t secret[32], out[32];
    struct fault f = {0};
    split(2, 3, secret, a);
    split(2, 3, secret, b);
    memcpy(b[1].set, "SET2", 4);
    struct share mixed[2] = {a[0], b[1]};
    assert_int_equal(share_join(mixed, 2, out, &f), ERR_CONFLICT);
    assert_string_equal(f.want, "want.shares_of_one_set");
    twice[0] = twice[1] = a[0];
    assert_int_equal(share_join(twice, 2, out, &f), ERR_RANGE);
    twice[1].y[0] ^= 1;
    assert_int_equal(share_join(twice, 2, out, &f), ERR_CONFLICT);
    assert_int_equal(share_split(secret, (const uint8_t *)"SET1", 4, 3, secret, a, &f), ERR_RANGE);
    assert_int_equal(share_split(secret, (const uint8_t *)"SET1", 0, 3, secret, a, &f), ERR_RANGE);
}

static void a_share_can_be_printed_and_typed(void **state)
{
    struct share all[4], back;
    uint8_t secret[32];
    char text[SHARE_TEXT], typed[2 * SHARE_TEXT];
    split(2, 4, secret, all);
    for (int i = 0; i < 4; i++) {
        share_text(&all[i], text);
        assert_int_equal(strlen(text), 95);
        assert_int_equal(share_read(slice_str(text), &back, NULL), OK);
        assert_memory_equal(&back, &all[i], sizeof back);
        size_t n = 0;
        for (const char *c = text; *c; c++) { /* as people type it */
            typed[n++] = *c == '0' ? 'o' : *c == '1' ? 'l' : *c == '-' ? ' ' : (char)(*c | (*c >= 'A' ? 0x20 : 0));
            if (n % 30 == 0)
                typed[n++] = '\n';
        }
        assert_int_equal(share_read(slice_of(typed, n), &back, NULL), OK);
        assert_memory_equal(&back, &all[i], sizeof back);
    }
}

/* The example of docs/formats/keys.md, computed also by a few lines of Python. */
static void the_worked_share(void **state)
{
    uint8_t secret[32], random[64];
    struct share s[5];
    char text[SHARE_TEXT];
    for (unsigned i = 0; i < 64; i++)
        random[i] = (uint8_t)(100 + i);
    for (unsigned i = 0; i < 32; i++)
        secret[i] = (uint8_t)i;
    assert_int_equal(share_split(secret, (const uint8_t *)"\xde\xad\xbe\xef", 3, 5, random, s, NULL), OK);
    share_text(&s[0], text);
    assert_string_equal(text, "ATHAR-07FA-VFQF-0C0Y-1RF2-WFJE-BSQ7-X3MY-NTZC-XQQE-ZW7H-YBSZ-9XFP-YZWF-KYQV-7GYK-WFVD-PWBQ-RWBK");
}

/* The checksum finds each single wrong character and each swap of neighbours. */
static void a_slip_of_the_pen_is_found(void **state)
{
    static const char digit[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct share all[1], back;
    uint8_t secret[32];
    char text[SHARE_TEXT], bad[SHARE_TEXT];
    split(1, 1, secret, all);
    share_text(&all[0], text);
    for (size_t i = 6; i < strlen(text); i++) {
        for (size_t d = 0; d < 32 && text[i] != '-'; d++) {
            memcpy(bad, text, sizeof bad);
            bad[i] = digit[d];
            assert_int_equal(share_read(slice_str(bad), &back, NULL), bad[i] == text[i] ? OK : ERR_FORMAT);
        }
        memcpy(bad, text, sizeof bad);
        bad[i] = text[i - 1];
        bad[i - 1] = text[i];
        if (text[i] != '-' && text[i - 1] != '-' && text[i] != text[i - 1])
            assert_int_equal(share_read(slice_str(bad), &back, NULL), ERR_FORMAT);
        assert_int_equal(share_read(slice_of(text, i), &back, NULL), ERR_FORMAT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_are_those_of_the_field), cmocka_unit_test(the_draft_of_2009_gives_its_secret),
        cmocka_unit_test(another_program_s_shares_give_its_secret), cmocka_unit_test(any_quorum_and_nothing_less),
        cmocka_unit_test(fewer_say_nothing), cmocka_unit_test(what_does_not_belong_together),
        cmocka_unit_test(a_share_can_be_printed_and_typed), cmocka_unit_test(the_worked_share), cmocka_unit_test(a_slip_of_the_pen_is_found)};
    return seal_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
