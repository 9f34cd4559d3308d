/* The index against the plain scan: for every query the complete set of (entry, tier) must be equal, on registers made
 * to hurt: short serials, few letters, very common serials, long shared prefixes, many transpositions, long serials. */
#include "unit/index_help.h"
#include "marks/index_view.h"

/* kernels: n that the processor has; NULL: what the index takes itself. */
static void check_queries(struct index *ix, const struct flavour *f, uint64_t *seed, unsigned queries, const struct kernels *const *kernels, size_t n)
{
    static const struct kernels *const own[] = {NULL};
    struct hits got, want;
    hits_init(&got, 0);
    hits_init(&want, 0);
    assert_int_equal(scratch_ready(&got), OK);
    struct index_view *v = index_acquire(ix);
    for (unsigned i = 0; i < queries; i++) {
        struct pattern p;
        if (make_query(f, seed, &p))
            check_query(v, &p, &got, &want, kernels ? kernels : own, kernels ? n : 1, f->name);
    }
    index_release(v);
    hits_free(&got);
    hits_free(&want);
}

static struct index *build(const struct flavour *f, uint64_t *seed, unsigned n, int threads)
{
    struct index_entry *e = calloc(n * MARK_KEYS, sizeof *e);
    size_t count = make_entries(f, seed, n, 0, e);
    struct index *ix = index_new();
    assert_non_null(ix);
    assert_int_equal(index_build(ix, e, count, threads), OK);
    free(e);
    return ix;
}

/* Made by one thread, many queries; by two and three, some. Each query by every kernel. */
static void test_equal_to_the_scan(void **state)
{
    static const char *const names[] = {"plain", "avx2", "avx512"};
    const struct kernels *kernels[3];
    size_t n = 0;
    for (size_t k = 0; k < 3; k++)
        if ((kernels[n] = kernels_named(names[k])))
            n++;
    for (size_t i = 0; i < FLAVOURS; i++)
        for (int threads = 1; threads <= 3; threads++) {
            uint64_t seed = 11 + i;
            struct index *ix = build(&flavours[i], &seed, flavours[i].n, threads);
            check_queries(ix, &flavours[i], &seed, threads == 1 ? 300 : 40, kernels, n);
            index_free(ix);
        }
}

/* Past 2^24 entries the base has several parts; so it has here, past 700. */
static void test_several_base_parts(void **state)
{
    uint64_t seed = 41;
    const struct flavour *f = &flavours[1];
    struct index_entry *e = calloc(f->n * MARK_KEYS, sizeof *e);
    size_t n = make_entries(f, &seed, f->n, 0, e);
    struct index *ix = index_new();
    ix->part_max = 700;
    assert_int_equal(index_build(ix, e, n, 2), OK);
    struct index_view *v = index_acquire(ix);
    assert_int_equal(v->part_count, (n + 699) / 700);
    assert_int_equal(index_count(v), n);
    index_release(v);
    check_queries(ix, f, &seed, 150, NULL, 0);
    index_free(ix);
    free(e);
}

static void test_empty_index(void **state)
{
    uint64_t seed = 1;
    struct index *ix = index_new();
    check_queries(ix, &flavours[0], &seed, 20, NULL, 0);
    assert_int_equal(index_build(ix, NULL, 0, 2), OK);
    check_queries(ix, &flavours[0], &seed, 20, NULL, 0);
    assert_int_equal(index_merge(ix, 2), OK);
    index_free(ix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equal_to_the_scan),
        cmocka_unit_test(test_several_base_parts), cmocka_unit_test(test_empty_index)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
