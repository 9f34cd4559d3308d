/* Parts of the ranking: weights of readings, the background model, attributes. Each test states what must hold whatever the
 * constants are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "marks/rank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct mark_key fold(const char *z)
{
    struct mark_key k, shape;
    mark_fold(slice_str(z), &k, &shape);
    return k;
}

static double weight(const struct rank_channel *c, const char *pattern, const char *serial)
{
    struct pattern p;
    struct fault f;
    struct rank_read r;
    struct mark_key k = fold(serial);
    assert_int_equal(pattern_parse(slice_str(pattern), &p, &f), OK);
    rank_read_init(&r, c, &p);
    rank_read_ways(&r);
    unsigned tier = pattern_fits(&p, &k) ? 0 : pattern_distance(&p, &k, 2);
    assert_true(tier <= 2);
    return rank_score(&r, &p, (struct rank_chars){k.b + 1, k.b[0]}, tier);
}

static const struct {
    const char *read, *likelier, *less;
} order[] = {
    {"AB7031", "AB7031", "A87031"}, {"AB7031", "AB703I", "AB7081"}, /* as it stands, look-alike, error */
    {"AB7831", "AB7331", "AB7131"},                                  /* 3 looks like 8, 1 does not */
    {"AF7031", "AE7031", "AW7031"},                                  /* wear leaves F of E */
    {"AB3339", "AB8839", "AB7739"},                                  /* two of one way: 3 is left of 8 twice */
    {"AB7021", "AB7031", "AB7091"},                                  /* keys beside each other, or alike */
    {"AB7013", "AB7031", "AB7042"},                                  /* one exchange, two substitutions */
    {"AB701", "AB7031", "AB7044"},                                   /* one lost, lost and substituted */
    {"AB70331", "AB7031", "AB70W31"},                                /* a doubled character */
    {"A?7031", "AX7031", "AX7081"}, {"*7031", "AB7031", "ABCDEFG7031"}, {"[8B]031", "8031", "3031"},
};

static void likelier_readings(void **state)
{
    struct rank_channel *c = malloc(sizeof *c);
    rank_channel_init(c);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        double more = weight(c, order[i].read, order[i].likelier), less = weight(c, order[i].read, order[i].less);
        if (!(more > less && less > 0))
            fail_msg("%s: %s %g, %s %g", order[i].read, order[i].likelier, more, order[i].less, less);
    }
    assert_true(fabs(weight(c, "CH7", "CH7") - weight(c, "C?7", "CH7")) < 0.5); /* '?' is no evidence against anything */
    free(c);
}

/* Whatever the index gives has a weight: no pair within two errors is impossible. */
static void nothing_impossible(void **state)
{
    static const char letters[] = "0158BOIKSE2";
    struct rank_channel *c = malloc(sizeof *c);
    uint64_t x = 7;
    unsigned seen[3] = {0};
    rank_channel_init(c);
    for (int i = 0; i < 200000; i++) {
        char a[8] = "", b[8] = "";
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        uint64_t v = x >> 20;
        unsigned n = 2 + (unsigned)(v % 5), m = n + (unsigned)(v / 5 % 3);
        m = m > 6 ? 6 : m;
        for (unsigned j = 0; j < n; j++)
            a[j] = letters[(v >> (3 + j * 2)) % 11];
        memcpy(b, a, n);
        b[v / 7 % n] = letters[v / 11 % 11];
        for (unsigned j = n; j < m; j++)
            b[j] = letters[(v >> (9 + j)) % 11];
        struct pattern p;
        struct fault f;
        struct mark_key k = fold(b);
        assert_int_equal(pattern_parse(slice_str(a), &p, &f), OK);
        if (pattern_distance(&p, &k, 2) > 2)
            continue;
        double w = weight(c, a, b);
        seen[pattern_distance(&p, &k, 2)]++;
        if (!(w > 0 && w <= 1.5))
            fail_msg("%s read, %s: %g", a, b, w);
    }
    assert_true(seen[0] > 100 && seen[1] > 100 && seen[2] > 100);
    free(c);
}

/* ---- the sum over alignments, from its definition ---- */
enum { STEP_ON, STEP_LOST, STEP_EXTRA };
struct spelled {
    const struct rank_read *r;
    const uint8_t *b;
    unsigned n, m, way;
    bool gaps; /* one lost and one too many are looked at */
};

static double of_way(const struct rank_lanes *l, unsigned way)
{
    return (double)l->h[way / 4][way % 4];
}

static bool takes(const struct spelled *x, unsigned i, unsigned j)
{
    return x->r->set[i] >> (x->b[j] >> 2) & 1;
}

static double keeps(const struct spelled *x, unsigned i, unsigned j)
{
    return (double)x->r->keep[i][x->b[j] & 3];
}

/* Cells from i on against characters from j on, with at most so many errors. */
static double spell(const struct spelled *x, unsigned i, unsigned j, unsigned errors, int last)
{
    const struct rank_read *r = x->r;
    if (i == x->n && j == x->m)
        return 1;
    double sum = 0;
    bool both = i < x->n && j < x->m;
    if (both && takes(x, i, j))
        sum += keeps(x, i, j) * spell(x, i + 1, j + 1, errors, STEP_ON);
    if (!errors)
        return sum;
    if (both && !takes(x, i, j))
        sum += of_way(&r->wrong[i][r->glyph[x->b[j]]], x->way) * spell(x, i + 1, j + 1, errors - 1, STEP_ON);
    if (j < x->m && last != STEP_EXTRA && x->gaps)
        sum += of_way(&r->lost, x->way) * spell(x, i, j + 1, errors - 1, STEP_LOST);
    if (i < x->n && last != STEP_LOST && x->gaps)
        sum += of_way(&r->insert[i], x->way) * spell(x, i + 1, j, errors - 1, STEP_EXTRA);
    if (i + 1 < x->n && j + 1 < x->m && takes(x, i, j + 1) && takes(x, i + 1, j) && !(takes(x, i, j) && takes(x, i + 1, j + 1)))
        sum += of_way(&r->swap, x->way) * keeps(x, i, j + 1) * keeps(x, i + 1, j) * spell(x, i + 2, j + 2, errors - 1, STEP_ON);
    return sum;
}

static double spelled(const struct rank_read *r, struct rank_chars k)
{
    struct spelled x = {.r = r, .b = k.b, .n = r->n, .m = k.n};
    unsigned wrong = 0;
    double sum = 0;
    for (unsigned i = 0; i < x.n && i < x.m; i++)
        wrong += !takes(&x, i, i);
    x.gaps = x.n != x.m || wrong > 1;
    for (x.way = 0; x.way < RANK_WAYS; x.way++)
        sum += of_way(&r->share, x.way) * spell(&x, 0, 0, 2, STEP_ON);
    return sum;
}

/* A serial of few letters and its reading: long runs, look-alikes, '?' and sets. */
static void damage(uint64_t v, char read[16], char serial[16])
{
    static const char *const letters[] = {"0O1I", "AB8", "7", "0158BOIKSE2", "AAA4"};
    const char *from = letters[v % 5];
    unsigned n = 2 + (unsigned)(v / 5 % 7), of = (unsigned)strlen(from);
    for (unsigned i = 0; i < n; i++)
        serial[i] = from[(v >> (8 + 3 * i)) % of];
    serial[n] = 0;
    snprintf(read, 16, "%s", serial);
    for (unsigned e = 0; e < 2; e++) {
        unsigned at = (unsigned)(v >> (30 + 9 * e)) % n, len = (unsigned)strlen(read);
        char with = from[(v >> (33 + 9 * e)) % of];
        switch ((v >> (36 + 9 * e)) % 5) {
        case 0: read[at % len] = with; break;
        case 1: memmove(read + at % len, read + at % len + 1, len - at % len); break;
        case 2: memmove(read + at % len + 1, read + at % len, len - at % len + 1); read[at % len] = with; break;
        case 3: if (len > at + 1) { char c = read[at]; read[at] = read[at + 1]; read[at + 1] = c; } break;
        default: read[at % len] = e ? '?' : with; break;
        }
        if (strlen(read) < 2)
            snprintf(read, 16, "%s", serial);
    }
}

static void errors_are_summed_over_alignments(void **state)
{
    struct rank_channel *c = malloc(sizeof *c);
    uint64_t x = 11;
    unsigned seen[5] = {0};
    float ones[RANK_CELLS + 1];
    for (unsigned i = 0; i <= RANK_CELLS; i++)
        ones[i] = 1;
    rank_channel_init(c);
    for (int i = 0; i < 60000; i++) {
        char read[16], serial[16];
        struct pattern p;
        struct rank_read r;
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        damage(x ^ x >> 29, read, serial);
        struct mark_key k = fold(serial);
        if (pattern_parse(slice_str(read), &p, NULL) || pattern_fits(&p, &k) || pattern_distance(&p, &k, 2) > 2)
            continue;
        rank_read_init(&r, c, &p);
        rank_read_ways(&r);
        r.careless = ones;
        struct rank_chars chars = {k.b + 1, k.b[0]};
        double is = (double)rank_errors(&r, chars), want = spelled(&r, chars);
        seen[(int)chars.n - (int)r.n + 2]++;
        if (!(fabs(is - want) <= 2e-4 * want))
            fail_msg("%s read as %s: %g, by the definition %g", serial, read, is, want);
    }
    for (int i = 0; i < 5; i++)
        assert_true(seen[i] > 100);
    free(c);
}

static double share(const struct rank_tree *t, const char *pattern)
{
    struct pattern p;
    struct fault f;
    assert_int_equal(pattern_parse(slice_str(pattern), &p, &f), OK);
    return rank_tree_density(t, &p).share;
}

static double starred(const struct rank_tree *t, const char *pattern)
{
    struct pattern p;
    struct fault f;
    assert_int_equal(pattern_parse(slice_str(pattern), &p, &f), OK);
    return rank_tree_starred(t, &p);
}

/* Serials K100000.. in a dense block, and X with two letters and sparse numbers. */
static void background(void **state)
{
    enum { N = 20000 };
    struct rank_sample *s = calloc(N, sizeof *s);
    struct rank_tree t;
    char text[24];
    uint64_t x = 99;
    for (unsigned i = 0; i < N; i++) {
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        if (i % 2)
            snprintf(text, sizeof text, "K%06u", 100000 + i);
        else
            snprintf(text, sizeof text, "X%c%c%06u", 'C' + (int)(x >> 60), 'C' + (int)(x >> 59) % 4, (unsigned)(x >> 30) % 1000000);
        s[i] = (struct rank_sample){fold(text), mark_attr_pack((struct mark_attr){.make = (uint16_t)(1 + i % 2)})};
    }
    qsort(s, N, sizeof *s, rank_sample_cmp);
    assert_int_equal(rank_tree_build(&t, s, N), OK);
    double shut = share(&t, "K107??2") * N;
    assert_true(shut > 20 && shut < 90);               /* about half of 100 places are taken */
    assert_true(share(&t, "K105550") > 50 * share(&t, "K905550")); /* inside the counter, far outside */
    assert_true(share(&t, "K905550") > 0 && share(&t, "ZZ") > 0); /* nothing is impossible */
    assert_true(share(&t, "[KX]??????") > 0.4);
    assert_true(fabs(starred(&t, "K105*") * N - 500) < 100);       /* every second number of a thousand */
    assert_true(fabs(starred(&t, "K1*51") * N - 100) < 60);        /* of ten thousand, those that end so */
    assert_true(starred(&t, "K9*") < 0.01 && starred(&t, "K9*") > 0);
    struct mark_key in = fold("K105550");
    assert_int_equal(rank_tree_key(&t, &in).make, 2);
    rank_tree_free(&t);
    free(s);
}

static void attributes(void **state)
{
    struct rank_attrs a;
    assert_int_equal(rank_attrs_init(&a), OK);
    for (unsigned i = 0; i < 10000; i++)
        rank_attrs_add(&a, mark_attr_pack((struct mark_attr){.make = i % 100 ? 1 : 2, .year = 1980}));
    struct mark_attr known[2] = {{.make = 1}, {.make = 2}};
    float f[2][3], kin;
    for (unsigned i = 0; i < 2; i++) {
        struct rank_known k;
        rank_known_init(&k, &a, &known[i]);
        f[i][0] = rank_known_factor(&k, &a, mark_attr_pack(known[i]), &kin);
        f[i][1] = rank_known_factor(&k, &a, 0, &kin);
        f[i][2] = rank_known_factor(&k, &a, mark_attr_pack((struct mark_attr){.make = 9}), &kin);
        assert_true(f[i][0] > f[i][1] * 0.9f && f[i][1] > f[i][2] && f[i][2] > 0);
    }
    assert_true(f[1][0] > 50 * f[0][0]); /* a make of one gun in a hundred says more than one of ninety-nine */
    rank_attrs_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(likelier_readings), cmocka_unit_test(nothing_impossible),
        cmocka_unit_test(errors_are_summed_over_alignments),
        cmocka_unit_test(background), cmocka_unit_test(attributes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
