/* Eight bytes at a time against one by one: every length and place up to some words, at the end of a page behind which nothing may be read. */
#include "base/hidden.h"
#include "base/json_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define LONGEST 40
#define ROUNDS 200

static char *page_end; /* what lies from here on is not ours */

static int setup(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page_end = p + page;
    return p == MAP_FAILED || mprotect(page_end, page, PROT_NONE);
}

static uint64_t seed = 11;

static unsigned chance(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

/* Mostly plain letters; else a byte beside one that is looked for, or any. */
static void fill(char *p, size_t n)
{
    static const char near[] = "\x00\x01\x1f\x20\x21\x22\x23\x5b\x5c\x5d\x7e\x7f\x80\x81\xa2\xdc\xff";
    unsigned rare = 1 + chance(40);
    for (size_t i = 0; i < n; i++)
        p[i] = (char)(chance(rare) ? 'a' + (int)chance(26) : chance(2) ? near[chance(sizeof near - 1)] : (int)chance(256));
}

static size_t naive_plain(const uint8_t *p, size_t n, uint8_t stop_high)
{
    size_t i = 0;
    while (i < n && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' && !(p[i] & stop_high))
        i++;
    return i;
}

static bool naive_ascii(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < 1 || p[i] > 0x7F)
            return false;
    return true;
}

static void runs_of_text_are_as_long_as_byte_by_byte(void **state)
{
    for (size_t n = 0; n <= LONGEST; n++)
        for (int round = 0; round < ROUNDS; round++) {
            char *p = page_end - n;
            fill(p, n);
            assert_int_equal(json_plain(p, n, 0), naive_plain((uint8_t *)p, n, 0));
            assert_int_equal(json_plain(p, n, 0x80), naive_plain((uint8_t *)p, n, 0x80));
            assert_int_equal(word_all_ascii(p, n), naive_ascii((uint8_t *)p, n));
        }
}

static void a_word_tells_its_first_byte_of_a_kind(void **state)
{
    for (int round = 0; round < 100000; round++) {
        char b[8];
        size_t zero = 8, less = 8, high = 8, few = chance(8);
        uint8_t limit = (uint8_t)(1 + chance(0x80));
        fill(b, sizeof b);
        for (size_t i = 8; i--;) {
            zero = b[i] == 0 ? i : zero;
            less = (uint8_t)b[i] < limit ? i : less;
            high = (uint8_t)b[i] >= 0x80 ? i : high;
        }
        uint64_t w = word_load(b);
        assert_int_equal(word_first(word_zero(w)), zero);
        assert_int_equal(word_first(word_less(w, limit)), less);
        assert_int_equal(word_first(word_high(w)), high);
        memcpy(page_end - few, b, few);
        memset(b + few, 'f', sizeof b - few);
        assert_true(word_load_few(page_end - few, few, 'f') == word_load(b));
    }
}

/* A joiner, alone: allowed where joiners and turns are, and not for the turns. */
static bool joins(struct slice sign)
{
    return hidden_find(sign, HIDDEN_JOINS | HIDDEN_TURNS, NULL) < 0 && hidden_find(sign, HIDDEN_TURNS, NULL) >= 0;
}

/* Each sign alone, with its neighbours, as the rules of hidden.h go; the first that is refused. */
static ptrdiff_t one_by_one(struct slice s, unsigned may)
{
    for (size_t at = 0, n; at < s.n; at += n) {
        uint8_t c = (uint8_t)s.p[at];
        n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        bool beside = (at && (uint8_t)s.p[at - 1] >= 0x80) || (at + n < s.n && (uint8_t)s.p[at + n] >= 0x80);
        struct slice sign = slice_of(s.p + at, n);
        if (hidden_find(sign, may, NULL) >= 0 && !(beside && (may & HIDDEN_JOINS) && joins(sign)))
            return (ptrdiff_t)at;
    }
    return -1;
}

static void hidden_signs_are_found_wherever_they_stand(void **state)
{
    static const char *const signs[] = {"a", "Z", "7", " ", "\xC3\xA9", "\xD8\xB9", "\xE8\x91\x9B", "\xF0\x9F\x94\xAB", "\t", "\n", "\x7F", "\x1F", "\xC2\xAD", "\xE2\x80\x8C",
        "\xE2\x80\x8D", "\xE2\x80\x8E", "\xE2\x80\xAE", "\xEF\xBB\xBF", "\xF3\xA0\x84\x80", "\xEF\xB8\x8F"};
    static const unsigned mays[] = {HIDDEN_NONE, HIDDEN_WORDS, HIDDEN_ADDRESS, HIDDEN_FREE};
    for (int round = 0; round < 60000; round++) {
        char text[LONGEST + 4];
        size_t n = 0, most = chance(LONGEST);
        unsigned rare = 1 + chance(30);
        while (n < most) {
            const char *piece = signs[chance(rare) ? chance(4) : chance(sizeof signs / sizeof *signs)];
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
        struct slice s = slice_of(page_end - n, n);
        memcpy(page_end - n, text, n);
        for (size_t i = 0; i < sizeof mays / sizeof *mays; i++)
            assert_int_equal(hidden_find(s, mays[i], NULL), one_by_one(s, mays[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_of_text_are_as_long_as_byte_by_byte),
        cmocka_unit_test(a_word_tells_its_first_byte_of_a_kind),
        cmocka_unit_test(hidden_signs_are_found_wherever_they_stand),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
