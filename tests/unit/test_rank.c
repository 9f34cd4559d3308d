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
        cmocka_unit_test(background), cmocka_unit_test(attributes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
