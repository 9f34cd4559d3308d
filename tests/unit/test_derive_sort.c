/* The order in which derived rows are written: what passes and second keys come to is what comparing each row with each comes to. */
#include "base/mem.h"
#include "store/derive.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#define ROWS 20000

struct row {
    uint8_t first[16], next[16];
    uint32_t number; /* as it was added */
};

static int by_both(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

static int by_all(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int c = by_both(a, b);
    return c ? c : x->number < y->number ? -1 : x->number > y->number;
}

static uint64_t number(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}
static uint64_t first(const void *row)
{
    return number(((const struct row *)row)->first);
}
static uint64_t next(const void *row)
{
    return number(((const struct row *)row)->next);
}

static uint64_t drawn;

static uint8_t draw(unsigned below)
{
    drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint8_t)((drawn >> 33) % below);
}

/* Rows whose first 16 and next 16 bytes take so many values a byte, `alike` of their leading bytes being the same in all. */
static void check(size_t n, unsigned firsts, unsigned nexts, size_t alike, bool then)
{
    struct rowset set = {.size = sizeof(struct row)};
    struct row *want = calloc(n + 1, sizeof *want);
    struct place *order = NULL;
    for (size_t i = 0; i < n; i++) {
        struct row *r = rowset_add(&set);
        assert_non_null(r);
        for (size_t k = alike; k < 16; k++)
            r->first[k] = draw(firsts);
        for (size_t k = alike; k < 16; k++)
            r->next[k] = draw(nexts);
        r->number = (uint32_t)i;
        want[i] = *r;
    }
    qsort(want, n, sizeof *want, by_all);
    assert_int_equal(rowset_order(&set, first, then ? next : NULL, by_both, &order), OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(((const struct row *)set.p)[order[i].at].number, want[i].number);
    mem_free(order);
    mem_free(set.p);
    free(want);
}

static void test_order_is_that_of_comparison(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 16, 17, 256, 257, 3000, ROWS};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int then = 0; then < 2; then++) {
            check(sizes[i], 256, 256, 0, then); /* all apart */
            check(sizes[i], 1, 256, 0, then);   /* one key */
            check(sizes[i], 1, 1, 0, then);     /* all the same: in the order in which they came */
            check(sizes[i], 2, 2, 13, then);    /* a few keys, whose runs differ in their last bytes alone */
            check(sizes[i], 2, 256, 0, then);
            check(sizes[i], 256, 256, 5, then); /* the first passes see one run */
            check(sizes[i], 3, 2, 7, then);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_that_of_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
