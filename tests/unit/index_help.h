/* Registers made to hurt, damaged queries on them, and the comparison of two sets of hits: shared by the index tests.
 */
#ifndef TESTS_INDEX_HELP_H
#define TESTS_INDEX_HELP_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "marks/index_part.h"

static uint32_t draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

struct flavour {
    const char *name, *letters;
    unsigned shortest, longest;
    unsigned common; /* percent of entries that share seven serials */
    const char *prefixes[4];
    unsigned n;
};
static const struct flavour flavours[] = {{"short", "123", 1, 5, 0, {""}, 1500},
    {"few letters", "A12", 3, 9, 0, {""}, 3000}, {"common", "0123456789", 4, 7, 60, {""}, 2000},
    {"shared prefixes", "123", 0, 4, 5, {"GLOCK9PARA1", "GLOCK9PARB1", "AB1234CD5", "GLOCK9PRAA1"}, 3000},
    {"wide", "0OQD1IL2Z3E4A5S6G7T8B9UVЖЯ中W", 5, 8, 3, {"", "AB"}, 4000},
    {"fifteen and more", "12", 11, 22, 2, {"", "Z"}, 1500},
    {"dense counters", "0123456789", 3, 4, 0, {"AB", "BA", "XK"}, 5000},
    {"letters then digits", "0123", 4, 5, 0, {"XK", "HX", "KXH"}, 2500}};
#define FLAVOURS (sizeof flavours / sizeof *flavours)

/* One character of a UTF-8 list. */
static void put_letter(const char *letters, uint64_t *seed, char *out)
{
    size_t n = strlen(letters), i = draw(seed) % n;
    while (((unsigned char)letters[i] & 0xC0) == 0x80)
        i--;
    do
        strncat(out, &letters[i++], 1);
    while (((unsigned char)letters[i] & 0xC0) == 0x80);
}

static void make_text(const struct flavour *f, uint64_t *seed, char out[128])
{
    out[0] = 0;
    uint64_t few = draw(seed) % 7 + 1000, *s = draw(seed) % 100 < f->common ? &few : seed;
    unsigned prefixes = 0;
    while (prefixes < 4 && f->prefixes[prefixes])
        prefixes++;
    strcat(out, f->prefixes[draw(s) % prefixes]);
    for (unsigned n = f->shortest + draw(s) % (f->longest - f->shortest + 1); n; n--)
        put_letter(f->letters, s, out);
}

static inline size_t make_entries(
    const struct flavour *f, uint64_t *seed, unsigned n, uint32_t first_row, struct index_entry *e)
{
    size_t count = 0;
    for (unsigned i = 0; i < n; i++) {
        char text[128];
        struct mark_key keys[MARK_KEYS];
        make_text(f, seed, text);
        size_t k = mark_keys(slice_str(text), keys, NULL);
        for (size_t j = 0; j < k; j++)
            e[count++] = (struct index_entry){keys[j], draw(seed), first_row + i};
    }
    return count;
}

/* ---- queries ---- */

struct text {
    char c[64][5]; /* one cell each */
    unsigned n;
};

static struct text cells_of(const char *z)
{
    struct text t = {.n = 0};
    while (*z && t.n < 40) {
        unsigned k = 0;
        do
            t.c[t.n][k++] = *z++;
        while (((unsigned char)*z & 0xC0) == 0x80);
        t.c[t.n++][k] = 0;
    }
    return t;
}

static void edit(struct text *t, const char *letters, uint64_t *seed)
{
    unsigned at = t->n ? draw(seed) % t->n : 0;
    char letter[8] = "", swap[5];
    put_letter(letters, seed, letter);
    switch (draw(seed) % 5) {
    case 0:
        if (t->n)
            memcpy(t->c[at], letter, 5);
        break;
    case 1:
        if (t->n > 1)
            memmove(t->c[at], t->c[at + 1], (--t->n - at) * 5);
        break;
    case 2:
        memmove(t->c[at + 1], t->c[at], (t->n++ - at) * 5);
        memcpy(t->c[at], letter, 5);
        break;
    default: /* transpositions are what early designs missed: twice as many */
        if (at + 1 < t->n) {
            memcpy(swap, t->c[at], 5);
            memcpy(t->c[at], t->c[at + 1], 5);
            memcpy(t->c[at + 1], swap, 5);
        }
    }
}

static void blur(struct text *t, const struct flavour *f, uint64_t *seed, char out[400])
{
    unsigned kind = draw(seed) % 8,
             anys = kind == 1   ? 1
                    : kind == 2 ? 2
                    : kind == 3 ? draw(seed) % 6
                                : 0,
             sets = kind == 4 ? 1 + draw(seed) % 2 : 0;
    out[0] = 0;
    for (unsigned i = 0; i < t->n; i++) {
        bool any = draw(seed) % t->n < anys, set = draw(seed) % t->n < sets;
        if ((kind == 5 && i == 0) || (kind == 7 && draw(seed) % t->n == 0))
            strcat(out, "*");
        if (kind == 5 && i < 2)
            continue; /* leading characters lost */
        strcat(out, set ? "[4A" : any ? "?" : "");
        strcat(out, any && !set ? "" : t->c[i]);
        strcat(out, set ? "]" : "");
        if (kind == 6 && i + 2 >= t->n) {
            strcat(out, "*");
            break;
        }
    }
}

static bool make_query(const struct flavour *f, uint64_t *seed, struct pattern *out)
{
    char text[128], z[400];
    make_text(f, seed, text);
    struct text t = cells_of(text);
    for (unsigned n = draw(seed) % 4; n; n--)
        edit(&t, f->letters, seed);
    blur(&t, f, seed, z);
    return pattern_parse(slice_str(z), out, NULL) == OK;
}

/* ---- comparing ---- */

static int cmp_hit(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    return a->at != b->at ? (a->at < b->at ? -1 : 1) : (int)a->tier - b->tier;
}

static void assert_same_hits(struct hits *got, struct hits *want, const char *what, const struct pattern *p)
{
    if (got->count)
        qsort(got->hit, got->count, sizeof *got->hit, cmp_hit);
    if (want->count)
        qsort(want->hit, want->count, sizeof *want->hit, cmp_hit);
    if (got->count != want->count)
        fail_msg("%s, pattern %s: %zu hits, the scan has %zu", what, p->text, got->count, want->count);
    for (size_t i = 0; i < got->count; i++)
        if (got->hit[i].at != want->hit[i].at || got->hit[i].tier != want->hit[i].tier ||
            got->hit[i].row != want->hit[i].row)
            fail_msg("%s, pattern %s: hit %zu differs", what, p->text, i);
}

/* Against one scan: the index with each of the kernels (n of them; NULL: the one it takes itself), and the sweep. */
static inline void check_query(const struct index_view *v, const struct pattern *p, struct hits *got, struct hits *want,
    const struct kernels *const *kernels, size_t n, const char *what)
{
    hits_clear(want);
    assert_int_equal(index_scan(v, p, 2, want), OK);
    for (size_t i = 0; i < n; i++) {
        if (kernels[i])
            got->scratch->k = kernels[i];
        hits_clear(got);
        for (unsigned t = 0; t < 3; t++)
            assert_int_equal(index_tier(v, p, t, got), OK);
        assert_same_hits(got, want, what, p);
    }
    hits_clear(got);
    assert_int_equal(index_sweep(v, p, 2, got), OK);
    assert_same_hits(got, want, what, p);
}

#endif
