/* Screening: a known turn and shift found by prints alone, the mate before strangers, prints that are believed only whole, and a search of a folder. */
#include "ballistics/batch.h"
#include "ballistics/candidates.h"
#include "ballistics/correct.h"
#include "ballistics/kernel.h"
#include "base/file.h"
#include "texture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define STRANGERS 6

static struct screen *screen;

/* libzip asks the C library for local time, which guards its zone by a lock of its own that the thread sanitizer does not see. Named by the library,
 * since the C library's inner functions have no names where its symbols are not installed. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:libzip\n";
}

static int begin(void **state)
{
    return screen_new(&screen, NULL) != OK;
}

static int end(void **state)
{
    screen_free(screen);
    return 0;
}

static struct surface ring(uint64_t seed, double degrees, double dx, double dy)
{
    struct texture t;
    texture_make(&t, seed);
    return texture_ring(&t, 145, 25e-6, degrees, dx, dy);
}

static float *print_of(uint64_t seed, double degrees, double dx, double dy)
{
    struct surface s = ring(seed, degrees, dx, dy);
    float *p = floats_new(screen_floats(screen));
    assert_non_null(p);
    assert_int_equal(screen_print(screen, &s, p, NULL), OK);
    surface_free(&s);
    return p;
}

static void test_rings_kernel(void **state)
{
    enum { RINGS = 6, N = RINGS * 2 * KERNEL_LANES };
    static const char *const names[] = {"plain", "avx2", "avx512"};
    uint64_t seed = 5;
    float *a = floats_new(N), *b = floats_new(N), re[KERNEL_LANES], im[KERNEL_LANES];
    for (size_t i = 0; i < N; i++) {
        a[i] = (float)texture_draw(&seed) - 0.5f;
        b[i] = (float)texture_draw(&seed) - 0.5f;
    }
    for (size_t k = 0; k < 3; k++) {
        const struct kernels *kernel = ballistics_kernels_named(names[k]);
        if (!kernel)
            continue;
        kernel->rings(a, b, RINGS, re, im);
        for (size_t h = 0; h < KERNEL_LANES; h++) {
            double r = 0, i = 0;
            for (size_t n = h; n < N; n += 2 * KERNEL_LANES) {
                double ar = (double)a[n], ai = (double)a[n + KERNEL_LANES], br = (double)b[n], bi = (double)b[n + KERNEL_LANES];
                r += ar * br + ai * bi;
                i += ai * br - ar * bi;
            }
            assert_true(fabs(r - (double)re[h]) < 1e-5 && fabs(i - (double)im[h]) < 1e-5);
        }
    }
    floats_free(a);
    floats_free(b);
}

/* B is A turned by +100 degrees (X towards Y) about its centre: turning B by -100 lays it on A. Every stranger scores less. */
static void test_known_turn(void **state)
{
    struct surface a = ring(11, 0, 0, 0);
    struct screen_query *q;
    struct screen_work *w = screen_work_new(screen);
    struct screen_hit mate, other;
    assert_non_null(w);
    assert_int_equal(screen_query_new(screen, &a, &q, NULL), OK);
    float most = 0;
    for (uint64_t seed = 100; seed < 100 + STRANGERS; seed++) {
        float *p = print_of(seed, 0, 0, 0);
        screen_run(screen, q, p, w, &other);
        most = other.score > most ? other.score : most;
        floats_free(p);
    }
    for (int k = 0; k < 3; k++) {
        const double degrees[] = {100, -35, 179}, dx[] = {0, 90e-6, -150e-6};
        float *p = print_of(11, degrees[k], dx[k], -dx[k] / 2);
        screen_run(screen, q, p, w, &mate);
        assert_true(fabs(remainder((double)mate.theta + degrees[k], 360)) < 3 && most < mate.score * 0.7f);
        floats_free(p);
    }
    screen_work_free(w);
    screen_query_free(q);
    surface_free(&a);
}

/* ---- prints ---- */

static void file_of_three(struct buf *b)
{
    struct hash h[3];
    float *p[3];
    for (size_t i = 0; i < 3; i++) {
        memset(h[i].b, (int)i + 1, sizeof h[i].b);
        p[i] = floats_new(screen_floats(screen));
        p[i][0] = (float)i; /* the first is all zeros: not to be prepared */
    }
    buf_init(b, 1u << 20);
    prints_print(screen, h, (const float *const *)p, 3, b);
    for (size_t i = 0; i < 3; i++)
        floats_free(p[i]);
}

static void test_prints_kept(void **state)
{
    struct buf b;
    struct prints *p;
    struct hash h;
    file_of_three(&b);
    assert_int_equal(prints_take(&b, screen, &p, NULL), OK);
    assert_int_equal(prints_count(p), 3);
    memset(h.b, 1, sizeof h.b);
    assert_true(prints_has(p, &h) && !prints_find(p, &h));
    memset(h.b, 3, sizeof h.b);
    assert_true(prints_find(p, &h)[0] == 2.0f);
    memset(h.b, 9, sizeof h.b);
    assert_true(!prints_has(p, &h));
    prints_close(p);
}

/* Whatever byte is changed or lost, it is not believed. */
static void test_prints_damaged(void **state)
{
    struct buf b;
    struct prints *p;
    struct fault f = {0};
    file_of_three(&b);
    for (size_t i = 0; i < b.n; i += i < 200 ? 1 : 997) {
        if (i >= 24 && i < 32)
            continue; /* nothing stands there yet */
        b.p[i] ^= 1;
        enum err e = prints_take(&b, screen, &p, &f);
        assert_true(e == ERR_DAMAGED || e == ERR_NOT_FOUND);
        b.p[i] ^= 1;
    }
    b.n -= 1;
    assert_int_equal(prints_take(&b, screen, &p, &f), ERR_DAMAGED);
    b.n = 10;
    assert_int_equal(prints_take(&b, screen, &p, &f), ERR_DAMAGED);
    buf_free(&b);
}

/* ---- a folder ---- */

static void put_scan(const char *dir, const char *name, const struct surface *s)
{
    char path[600];
    struct x3p x;
    struct buf b;
    assert_int_equal(x3p_of_surface(s, &x, NULL), OK);
    buf_init(&b, 16u << 20);
    assert_int_equal(x3p_write(&x, &b, NULL), OK);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(file_replace(path, buf_view(&b), 0644, NULL), OK);
    buf_free(&b);
    x3p_free(&x);
}

static void make_folder(char *dir)
{
    static const char *const names[] = {"a.x3p", "b.x3p", "c.x3p", "d.x3p", "mate.x3p"};
    const char table[] = "file,calibre\na.x3p,9x19\nb.x3p,.40 S&W\nc.x3p,unknown\nmate.x3p,9 mm Luger\n";
    char path[600];
    memcpy(dir, "/tmp/athar-prints-XXXXXX", 25);
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < 5; i++) {
        struct surface s = i == 4 ? ring(11, 70, 50e-6, 0) : ring(i + 200, 0, 0, 0);
        put_scan(dir, names[i], &s);
        surface_free(&s);
    }
    snprintf(path, sizeof path, "%s/specimens.csv", dir);
    assert_int_equal(file_replace(path, slice_str(table), 0644, NULL), OK);
}

static void remove_folder(const char *dir)
{
    static const char *const names[] = {"mate.x3p.mask", "a.x3p", "b.x3p", "c.x3p", "d.x3p", "mate.x3p", "specimens.csv", COLLECTION_FILE, PRINTS_FILE};
    char path[600];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static void find(const struct collection *c, const struct prints *p, enum class_rule rule, size_t best, struct candidates *out)
{
    struct compare *compare;
    struct slice class[CLASS_FIELDS] = {{NULL, 0}};
    struct surface query = ring(11, 0, 0, 0);
    struct compare_settings coarse = compare_standard; /* for the time that sanitizers take */
    coarse.step = coarse.window = 10;
    coarse.orientations = 1;
    class[CLASS_CALIBRE] = SLICE("9x19");
    assert_int_equal(compare_new(&coarse, &compare, NULL), OK);
    const struct candidates_ask ask = {.collection = c, .prints = p, .screen = screen, .compare = compare, .query = &query, .class = class,
        .rule = rule, .best = best, .threads = 2};
    assert_int_equal(candidates_find(&ask, out, NULL), OK);
    compare_free(compare);
    surface_free(&query);
}

/* Somebody leaves out the upper quarter of the mate: at once for the cells, when it is enrolled again for the sieve too. */
static void correct_mate(const struct collection *c, const struct prints *p)
{
    char path[600];
    struct candidates before, after;
    struct prints_counts made;
    struct prints *again;
    const struct specimen *mate = collection_find(c, SLICE("mate.x3p"));
    struct mask_entry e = {.sha = mate->sha, .who = SLICE("omar"), .at = 1, .shapes = SLICE("out 0 0 4000 0 4000 900 0 900")};
    find(c, p, CLASS_FILTER, 2, &before);
    assert_int_equal(correct_path(c, mate->file, path, sizeof path, NULL), OK);
    assert_int_equal(mask_file_append(path, &e, NULL), OK);
    find(c, p, CLASS_FILTER, 2, &after);
    assert_true(after.screened == before.screened && after.item[0].specimen == before.item[0].specimen);
    assert_true(after.item[0].score > COMPARE_LEAD_SCORE && after.item[0].score < before.item[0].score * 0.8);
    assert_true(after.item[0].screen.score == before.item[0].screen.score);
    candidates_end(&after);
    assert_int_equal(prints_make(&(struct prints_ask){.collection = c, .screen = screen, .threads = 2}, &made, NULL), OK);
    assert_true(made.made == 1 && made.kept == 4);
    assert_int_equal(prints_open(c->dir, screen, &again, NULL), OK);
    find(c, again, CLASS_FILTER, 2, &after);
    assert_true(after.item[0].specimen == before.item[0].specimen && after.item[0].screen.score != before.item[0].screen.score);
    candidates_end(&after);
    candidates_end(&before);
    prints_close(again);
    /* damaged, nothing is kept of it; taken away, it is there again */
    assert_int_equal(file_replace(path, SLICE("{}\n"), 0644, NULL), OK);
    assert_int_equal(prints_make(&(struct prints_ask){.collection = c, .screen = screen, .threads = 2}, &made, NULL), OK);
    assert_true(made.made == 0 && made.kept == 4 && made.none == 0);
    unlink(path);
    assert_int_equal(prints_make(&(struct prints_ask){.collection = c, .screen = screen, .threads = 2}, &made, NULL), OK);
    assert_true(made.made == 1 && made.kept == 4 && made.none == 0);
}

/* All pairs, by two threads: the order and the numbers of one thread. */
static void pairs_of_folder(const char *dir)
{
    struct batch_pair *pair[2];
    size_t n[2];
    for (unsigned i = 0; i < 2; i++) {
        struct batch *b;
        struct batch_settings set = {.compare = compare_standard, .threads = i + 1};
        set.compare.turn = 0;
        assert_int_equal(batch_open(dir, &set, &b, NULL), OK);
        assert_int_equal(batch_matrix(b, &pair[i], &n[i], NULL), OK);
        batch_free(b);
    }
    assert_true(n[0] == 10 && n[1] == 10);
    for (size_t i = 0; i < n[0]; i++)
        assert_true(pair[0][i].a == pair[1][i].a && pair[0][i].b == pair[1][i].b && pair[0][i].score == pair[1][i].score);
    mem_free(pair[0]);
    mem_free(pair[1]);
}

static void test_readers_of_a_folder(void **state)
{
    char dir[64];
    struct enrol_counts n;
    struct prints_counts made;
    struct collection c;
    struct prints *p;
    struct candidates found;
    make_folder(dir);
    assert_int_equal(collection_enrol(&(struct enrol_ask){.dir = dir}, &n, NULL), OK);
    assert_int_equal(collection_open(dir, &c, NULL), OK);
    assert_int_equal(prints_open(dir, screen, &p, NULL), ERR_NOT_FOUND);
    struct prints_ask ask = {.collection = &c, .screen = screen, .threads = 2};
    assert_int_equal(prints_make(&ask, &made, NULL), OK);
    assert_int_equal(made.made, 5);
    assert_int_equal(prints_make(&ask, &made, NULL), OK);
    assert_true(made.made == 0 && made.kept == 5 && made.none == 0);
    assert_int_equal(prints_open(dir, screen, &p, NULL), OK);
    find(&c, p, CLASS_FILTER, 2, &found);
    assert_true(found.excluded == 1 && found.screened == 4 && found.count == 2);
    assert_true(slice_is(c.item[found.item[0].specimen].file, "mate.x3p") && found.item[0].screen_rank == 1);
    assert_true(found.item[0].score > COMPARE_LEAD_SCORE && found.item[1].score < COMPARE_LEAD_SCORE);
    assert_true(fabs(remainder(found.item[0].theta + 70, 360)) < 1);
    candidates_end(&found);
    find(&c, p, CLASS_LOWER, 9, &found);
    assert_true(found.excluded == 0 && found.screened == 5 && found.count == 5);
    assert_true(slice_is(c.item[found.item[4].specimen].file, "b.x3p") && found.item[4].match == CLASS_NO);
    candidates_end(&found);
    correct_mate(&c, p);
    prints_close(p);
    collection_close(&c);
    pairs_of_folder(dir);
    remove_folder(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rings_kernel),
        cmocka_unit_test(test_known_turn),
        cmocka_unit_test(test_prints_kept),
        cmocka_unit_test(test_prints_damaged),
        cmocka_unit_test(test_readers_of_a_folder),
    };
    if (getenv("ONLY"))
        cmocka_set_test_filter(getenv("ONLY"));
    return cmocka_run_group_tests(tests, begin, end);
}
