/* What changes: additions, removals and merges against a model that keeps everything in a list; the snapshot; readers
 * beside a writer and a merger (run it under ThreadSanitizer too). */
#include "unit/index_help.h"
#include "base/buf.h"
#include "base/hash.h"
#include <pthread.h>
#include <stdlib.h>

#define MODEL_MAX 40000

struct model { /* serials by row, and which rows are hidden */
    uint8_t c[MODEL_MAX][2][MARK_LONG_CHARS];
    uint8_t n[MODEL_MAX][2];
    bool gone[MODEL_MAX];
    uint32_t rows;
};

static void add_rows(struct index *ix, struct model *m, const struct flavour *f, uint64_t *seed, unsigned n)
{
    struct index_entry *e = calloc(n * MARK_KEYS + 1, sizeof *e);
    size_t count = 0;
    for (unsigned i = 0; i < n; i++, m->rows++) {
        char text[128];
        struct mark_key keys[MARK_KEYS];
        make_text(f, seed, text);
        m->n[m->rows][0] = (uint8_t)mark_chars(slice_str(text), false, m->c[m->rows][0]);
        size_t k = mark_keys(slice_str(text), keys, NULL);
        for (size_t j = 0; j < k; j++)
            e[count++] = (struct index_entry){keys[j], m->rows, m->rows};
    }
    assert_int_equal(index_add(ix, e, count), OK);
    free(e);
}

static void remove_rows(struct index *ix, struct model *m, uint64_t *seed, unsigned n)
{
    uint32_t rows[3000];
    for (unsigned i = 0; i < n; i++) {
        rows[i] = draw(seed) % m->rows;
        m->gone[rows[i]] = true;
    }
    assert_int_equal(index_remove(ix, rows, n), OK);
}

static int cmp_row(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    return a->row != b->row ? (a->row < b->row ? -1 : 1) : (int)a->tier - b->tier;
}

static void check_model(const struct index_view *v, const struct model *m, const struct pattern *p, struct hits *got)
{
    size_t at = 0;
    hits_clear(got);
    for (unsigned t = 0; t < 3; t++)
        assert_int_equal(index_tier(v, p, t, got), OK);
    if (got->count)
        qsort(got->hit, got->count, sizeof *got->hit, cmp_row);
    for (uint32_t row = 0; row < m->rows; row++) {
        if (m->gone[row])
            continue;
        unsigned tier = pattern_fits_chars(p, m->c[row][0], m->n[row][0]) ? 0
                        : p->stars                                        ? 3
                                   : pattern_distance_chars(p, m->c[row][0], m->n[row][0], 2);
        if (tier > 2)
            continue;
        if (at >= got->count || got->hit[at].row != row || got->hit[at].tier != tier)
            fail_msg("pattern %s: row %u of tier %u is missing", p->text, row, tier);
        uint8_t c[MARK_LONG_CHARS];
        assert_int_equal(index_chars_at(v, got->hit[at].at, c), m->n[row][0]);
        assert_memory_equal(c, m->c[row][0], m->n[row][0]);
        assert_true(index_entry_at(v, got->hit[at].at).attr == row);
        at++;
    }
    assert_int_equal(at, got->count);
}

static void check_some(
    struct index *ix, const struct model *m, const struct flavour *f, uint64_t *seed, unsigned queries)
{
    struct hits got;
    hits_init(&got, 0);
    struct index_view *v = index_acquire(ix);
    while (queries) {
        struct pattern p;
        if (!make_query(f, seed, &p))
            continue;
        check_model(v, m, &p, &got);
        queries--;
    }
    index_release(v);
    hits_free(&got);
}

static const struct flavour mixed = {"mixed", "0123AB", 4, 18, 10, {"", "GL"}, 0};

static void test_changes_against_a_model(void **state)
{
    uint64_t seed = 5;
    struct model *m = calloc(1, sizeof *m);
    struct index *ix = index_new();
    for (unsigned step = 0; step < 60; step++) {
        static const unsigned sizes[] = {1, 3, 40, 300, 511, 700, 2000};
        add_rows(ix, m, &mixed, &seed, step == 20 ? 3000 : sizes[draw(&seed) % 6]);
        if (step % 3 == 1)
            remove_rows(ix, m, &seed, step == 31 ? 1500 : 1 + draw(&seed) % 20);
        if (step % 17 == 16)
            assert_int_equal(index_merge(ix, 2), OK);
        check_some(ix, m, &mixed, &seed, 6);
    }
    struct index_view *v = index_acquire(ix);
    struct index_stats s;
    index_stats(v, &s);
    assert_true(s.entries >= m->rows - 3000 && s.long_entries > 0);
    index_release(v);
    index_free(ix);
    free(m);
}

static void test_a_view_stays_as_it_was(void **state)
{
    uint64_t seed = 9;
    struct model *m = calloc(1, sizeof *m), *old = calloc(1, sizeof *old);
    struct index *ix = index_new();
    add_rows(ix, m, &mixed, &seed, 1200);
    memcpy(old, m, sizeof *m);
    struct index_view *v = index_acquire(ix);
    add_rows(ix, m, &mixed, &seed, 900);
    remove_rows(ix, m, &seed, 300);
    assert_int_equal(index_merge(ix, 1), OK);
    struct hits got;
    hits_init(&got, 0);
    for (unsigned i = 0; i < 60; i++) {
        struct pattern p;
        if (make_query(&mixed, &seed, &p))
            check_model(v, old, &p, &got);
    }
    hits_free(&got);
    index_release(v);
    check_some(ix, m, &mixed, &seed, 30);
    index_free(ix);
    free(old);
    free(m);
}

static void test_maximum_cuts(void **state)
{
    uint64_t seed = 3;
    struct model *m = calloc(1, sizeof *m);
    struct index *ix = index_new();
    add_rows(ix, m, &mixed, &seed, 3000);
    struct index_view *v = index_acquire(ix);
    struct pattern p;
    struct hits all, few;
    hits_init(&all, 0);
    hits_init(&few, 10);
    assert_int_equal(pattern_parse(SLICE("*A*"), &p, NULL), OK);
    assert_int_equal(index_tier(v, &p, 0, &all), OK);
    assert_int_equal(index_tier(v, &p, 0, &few), OK);
    assert_true(all.count > 10 && !all.cut);
    assert_true(few.count == 10 && few.cut);
    hits_free(&few);
    hits_init(&few, all.count);
    assert_int_equal(index_tier(v, &p, 0, &few), OK);
    assert_true(few.count == all.count && !few.cut); /* exactly as many is not cut */
    hits_free(&few);
    hits_free(&all);
    index_release(v);
    index_free(ix);
    free(m);
}

/* ---- snapshot ---- */

struct reading {
    const struct buf *b;
    size_t at;
};

static enum err write_buf(void *arg, const void *p, size_t n)
{
    buf_add(arg, p, n);
    return ((struct buf *)arg)->err;
}

static enum err read_buf(void *arg, void *p, size_t n)
{
    struct reading *r = arg;
    if (n > r->b->n - r->at)
        return ERR_DAMAGED;
    memcpy(p, r->b->p + r->at, n);
    r->at += n;
    return OK;
}

static void save(struct index *ix, struct buf *b)
{
    buf_init(b, 64u << 20);
    struct index_view *v = index_acquire(ix);
    assert_int_equal(index_save(v, write_buf, b), OK);
    index_release(v);
}

static enum err load(struct index *ix, const struct buf *b)
{
    struct reading r = {b, 0};
    return index_load(ix, read_buf, &r, 2);
}

static struct index *mixed_index(struct model *m, uint64_t *seed)
{
    struct index *ix = index_new();
    add_rows(ix, m, &mixed, seed, 3000);
    assert_int_equal(index_merge(ix, 2), OK);
    add_rows(ix, m, &mixed, seed, 700);
    remove_rows(ix, m, seed, 50);
    return ix;
}

static void test_snapshot_comes_back(void **state)
{
    uint64_t seed = 21;
    struct model *m = calloc(1, sizeof *m);
    struct index *ix = mixed_index(m, &seed), *back = index_new();
    struct buf b, again;
    save(ix, &b);
    assert_int_equal(load(back, &b), OK);
    check_some(back, m, &mixed, &seed, 60);
    save(back, &again);
    assert_int_equal(again.n, b.n);
    add_rows(back, m, &mixed, &seed, 30);
    check_some(back, m, &mixed, &seed, 20);
    buf_free(&b);
    buf_free(&again);
    index_free(back);
    index_free(ix);
    free(m);
}

static void seal_again(struct buf *b)
{
    struct hash h = hash_of(b->p, b->n - 32);
    memcpy(b->p + b->n - 32, h.b, 32);
}

static void test_snapshot_damage_is_refused(void **state)
{
    uint64_t seed = 22;
    struct model *m = calloc(1, sizeof *m);
    struct index *ix = mixed_index(m, &seed);
    struct buf b;
    save(ix, &b);
    for (unsigned i = 0; i < 300; i++) { /* any bit, with the checksum as it was */
        size_t at = i < 110 ? i : draw(&seed) % b.n;
        b.p[at] ^= (char)(1 << draw(&seed) % 8);
        struct index *other = index_new();
        assert_int_equal(load(other, &b), ERR_DAMAGED);
        struct index_view *v = index_acquire(other);
        assert_int_equal(index_count(v), 0);
        index_release(v);
        index_free(other);
        buf_free(&b);
        save(ix, &b);
    }
    for (size_t cut = 0; cut < b.n; cut += 1 + b.n / 50) {
        struct buf shorter = b;
        shorter.n = cut;
        assert_int_equal(load(ix, &shorter), ERR_DAMAGED);
    }
    check_some(ix, m, &mixed, &seed, 10); /* a refused load changes nothing */
    buf_free(&b);
    index_free(ix);
    free(m);
}

/* With a good checksum: what the search relies on is checked for itself. Offsets: docs/formats/index-snapshot.md. */
static void test_snapshot_lies_are_refused(void **state)
{
    enum { FIRST = 64 + 8, RECORD = 32 };
    static const struct {
        size_t at;
        uint8_t value;
    } lies[] = {{8, 2}, {12, 200}, {23, 1}, {31, 1}, {39, 1}, {50, 1}, {64, 0}, {67, 200}, {FIRST, 16}, {FIRST + 1, 3},
        {FIRST + 1, 47 * 4 + 4}, {FIRST + 15, 4}, {FIRST + 28, 0xFF}, {FIRST + 31, 0xFF}};
    uint64_t seed = 23;
    struct model *m = calloc(1, sizeof *m);
    struct index *ix = mixed_index(m, &seed);
    struct buf b;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        save(ix, &b);
        b.p[lies[i].at] = (char)lies[i].value;
        seal_again(&b);
        if (load(ix, &b) != ERR_DAMAGED)
            fail_msg("lie %zu was believed", i);
        buf_free(&b);
    }
    char record[RECORD];
    save(ix, &b); /* two records change places: sorted no more */
    memcpy(record, b.p + FIRST, RECORD);
    memcpy(b.p + FIRST, b.p + FIRST + 900 * RECORD, RECORD);
    memcpy(b.p + FIRST + 900 * RECORD, record, RECORD);
    seal_again(&b);
    assert_int_equal(load(ix, &b), ERR_DAMAGED);
    buf_free(&b);
    save(ix, &b); /* one number twice in the reverse order */
    memcpy(b.p + FIRST + 28, b.p + FIRST + RECORD + 28, 4);
    seal_again(&b);
    assert_int_equal(load(ix, &b), ERR_DAMAGED);
    buf_free(&b);
    check_some(ix, m, &mixed, &seed, 10);
    index_free(ix);
    free(m);
}

/* ---- readers beside a writer and a merger ---- */

struct stage {
    struct index *ix;
    struct model *m;
    atomic_bool done;
    atomic_uint bad;
};

static void *reader(void *arg)
{
    struct stage *s = arg;
    uint64_t seed = 77;
    struct hits got, want;
    hits_init(&got, 0);
    hits_init(&want, 0);
    while (!atomic_load(&s->done)) {
        struct index_view *v = index_acquire(s->ix);
        struct pattern p;
        if (make_query(&mixed, &seed, &p)) {
            hits_clear(&got);
            hits_clear(&want);
            for (unsigned t = 0; t < 3; t++)
                index_tier(v, &p, t, &got);
            index_scan(v, &p, 2, &want);
            if (got.count != want.count)
                atomic_fetch_add(&s->bad, 1);
        }
        index_release(v);
    }
    hits_free(&got);
    hits_free(&want);
    return NULL;
}

static void *merger(void *arg)
{
    struct stage *s = arg;
    while (!atomic_load(&s->done))
        if (index_merge(s->ix, 2) != OK)
            atomic_fetch_add(&s->bad, 1);
    return NULL;
}

static void test_readers_beside_a_writer(void **state)
{
    uint64_t seed = 31;
    struct stage s = {.ix = index_new(), .m = calloc(1, sizeof(struct model))};
    pthread_t id[3];
    add_rows(s.ix, s.m, &mixed, &seed, 2000);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&id[i], NULL, i < 2 ? reader : merger, &s), 0);
    for (unsigned i = 0; i < 400; i++) {
        add_rows(s.ix, s.m, &mixed, &seed, i % 40 == 0 ? 600 : 1 + i % 7);
        if (i % 5 == 0)
            remove_rows(s.ix, s.m, &seed, 3);
    }
    atomic_store(&s.done, true);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(id[i], NULL);
    assert_int_equal(atomic_load(&s.bad), 0);
    check_some(s.ix, s.m, &mixed, &seed, 20); /* nothing was lost between merges */
    index_free(s.ix);
    free(s.m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes_against_a_model),
        cmocka_unit_test(test_a_view_stays_as_it_was), cmocka_unit_test(test_maximum_cuts),
        cmocka_unit_test(test_snapshot_comes_back), cmocka_unit_test(test_snapshot_damage_is_refused),
        cmocka_unit_test(test_snapshot_lies_are_refused), cmocka_unit_test(test_readers_beside_a_writer)};
    if (getenv("ONLY")) /* under the thread sanitizer: those that start threads */
        cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
