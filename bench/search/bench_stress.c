/* Nothing missed, where it is hardest: small registers of short serials, few letters, very common serials, long shared
 * beginnings and dense counters; patterns with many transpositions, '?', '*' and sets. The complete hit set of tiers 0 to 2 is
 * compared with the plain scan's. usage: bench_stress [RECORDS [QUERIES_A_REGISTER [SEED]]]   (50000 1000 1)
 * Exit 1 when any set differs. */
#include "register.h"
#include "sample/sample_rng.h"

#define TEXT 64
#define COMMON 7

struct shape {
    const char *name, *alphabet, *prefix[3];
    int shortest, longest; /* beside the prefix */
    int common;            /* of 1,000 rows: one of a few serials */
    bool dense;            /* a counter in the last places */
};
static const struct shape shapes[] = {
    {"short, three letters", "0A7", {"", "", ""}, 1, 5, 0, false},
    {"any length, three letters", "1I8", {"", "", ""}, 1, 15, 100, false},
    {"look-alikes only", "0ODQ1IL", {"", "", ""}, 3, 9, 0, false},
    {"very common serials", "0123456789", {"", "", ""}, 6, 8, 500, false},
    {"long shared beginnings", "0123456789", {"T647221AA", "T647221AB", "PX0000000000"}, 1, 5, 0, true},
    {"dense counters", "0123456789", {"AB", "BA", "ABA"}, 5, 6, 0, true},
    {"all letters", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", {"", "", ""}, 4, 14, 100, false},
    {"longer than a key", "0123456789AB", {"QQ11223344", "QQ1122334", ""}, 5, 14, 50, false},
};

struct stress {
    struct rng rng;
    const struct shape *shape;
    char (*text)[TEXT];
    size_t n, counter;
    struct hits found, scanned;
};

static char letter(struct stress *s)
{
    return s->shape->alphabet[rng_below(&s->rng, (uint32_t)strlen(s->shape->alphabet))];
}

static void make_serial(struct stress *s, char *out)
{
    if (s->n > 100 && rng_below(&s->rng, 1000) < (uint32_t)s->shape->common) {
        strcpy(out, s->text[rng_below(&s->rng, COMMON)]);
        return;
    }
    int n = rng_between(&s->rng, s->shape->shortest, s->shape->longest);
    out = stpcpy(out, s->shape->prefix[rng_below(&s->rng, 3)]);
    s->counter += 1 + rng_below(&s->rng, 3);
    if (s->shape->dense) {
        snprintf(out, 16, "%0*zu", n, s->counter / 3 % (n > 5 ? 1000000 : 100000));
        return;
    }
    for (int i = 0; i < n; i++)
        *out++ = letter(s);
    *out = 0;
}

static void build(struct stress *s, size_t records, struct index *ix)
{
    struct index_entry *e = mem_alloc(records * MARK_KEYS, sizeof *e);
    size_t count = 0;
    if (!e)
        reg_die("no memory", "");
    for (s->n = 0; s->n < records; s->n++) {
        struct mark_key keys[MARK_KEYS];
        unsigned flags;
        make_serial(s, s->text[s->n]);
        size_t k = mark_keys(slice_str(s->text[s->n]), keys, &flags);
        for (size_t i = 0; i < k; i++)
            e[count++] = (struct index_entry){keys[i], 0, (uint32_t)s->n};
    }
    if (index_build(ix, e, count, 2) != OK)
        reg_die("cannot build", s->shape->name);
    mem_free(e);
}

/* ---- patterns ---- */
static void put_at(char *p, size_t at, char c)
{
    memmove(p + at + 1, p + at, strlen(p + at) + 1);
    p[at] = c;
}

static void edit(struct stress *s, char *p)
{
    size_t n = strlen(p);
    if (n == 0 || n + 2 >= TEXT)
        return;
    size_t at = rng_below(&s->rng, (uint32_t)n);
    uint32_t kind = rng_below(&s->rng, 10);
    if (kind < 4 && at + 1 < n) {
        char c = p[at];
        p[at] = p[at + 1];
        p[at + 1] = c;
    } else if (kind < 6)
        memmove(p + at, p + at + 1, n - at);
    else if (kind < 8)
        put_at(p, at, letter(s));
    else
        p[at] = letter(s);
}

static void hide(struct stress *s, char *p)
{
    size_t n = strlen(p);
    if (n)
        p[rng_below(&s->rng, (uint32_t)n)] = '?';
}

static void lose(struct stress *s, char *p)
{
    size_t n = strlen(p), lost = rng_below(&s->rng, 4);
    size_t at = n ? rng_below(&s->rng, (uint32_t)n) : 0;
    at = rng_below(&s->rng, 3) == 0 ? 0 : at;
    lost = at + lost > n ? n - at : lost;
    memmove(p + at, p + at + lost, n - at - lost + 1);
    put_at(p, at, '*');
}

static void one_of(struct stress *s, char *p)
{
    size_t n = strlen(p), at = n ? rng_below(&s->rng, (uint32_t)n) : 0;
    char set[8] = {'[', 0, letter(s), letter(s), ']', 0};
    if (n == 0 || strchr("?*[]", p[at]))
        return;
    set[1] = p[at];
    memmove(p + at + 5, p + at + 1, n - at);
    memcpy(p + at, set, 5);
}

static void make_pattern(struct stress *s, char *p)
{
    uint32_t how = rng_below(&s->rng, 100);
    strcpy(p, s->text[rng_below(&s->rng, (uint32_t)s->n)]);
    for (uint32_t i = rng_below(&s->rng, 3); i > 0; i--)
        edit(s, p);
    for (uint32_t i = how < 40 ? rng_below(&s->rng, 4) : 0; i > 0; i--)
        hide(s, p);
    if (how >= 40 && how < 60)
        lose(s, p);
    if (how >= 50 && how < 60)
        hide(s, p);
    if (how >= 60 && how < 75)
        one_of(s, p);
}

/* ---- comparing ---- */
static int cmp_hit(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    return x->at != y->at ? (x->at < y->at ? -1 : 1) : (int)x->tier - (int)y->tier;
}

static bool same_sets(struct hits *a, struct hits *b)
{
    if (a->count != b->count)
        return false;
    qsort(a->hit, a->count, sizeof *a->hit, cmp_hit);
    qsort(b->hit, b->count, sizeof *b->hit, cmp_hit);
    for (size_t i = 0; i < a->count; i++)
        if (a->hit[i].at != b->hit[i].at || a->hit[i].tier != b->hit[i].tier)
            return false;
    return true;
}

/* 1 equal, 0 different, -1 not a pattern */
static int compare(struct stress *s, const struct index_view *v, const char *text, size_t *rows)
{
    struct pattern p;
    if (pattern_parse(slice_str(text), &p, NULL) != OK)
        return -1;
    hits_clear(&s->found);
    hits_clear(&s->scanned);
    enum err e = index_scan(v, &p, 2, &s->scanned);
    for (unsigned t = 0; !e && t <= 2; t++)
        e = index_tier(v, &p, t, &s->found);
    if (e)
        reg_die("search failed", text);
    *rows += s->scanned.count;
    return same_sets(&s->found, &s->scanned);
}

static bool run_shape(struct stress *s, size_t records, size_t queries)
{
    char pattern[2 * TEXT];
    size_t n = 0, equal = 0, rows = 0;
    struct index *ix = index_new();
    int64_t start = time_mono_ns();
    if (!ix)
        reg_die("no memory", "");
    build(s, records, ix);
    struct index_view *v = index_acquire(ix);
    while (n < queries) {
        make_pattern(s, pattern);
        int r = compare(s, v, pattern, &rows);
        n += r >= 0;
        equal += r == 1;
        if (r == 0)
            printf("differs: %s\n", pattern);
    }
    printf("| %s | %zu | %zu | %zu | %zu |\n", s->shape->name, records, n, equal, rows);
    fprintf(stderr, "  %s: %.0f s\n", s->shape->name, reg_seconds(start));
    index_release(v);
    index_free(ix);
    return equal == n;
}

int main(int argc, char **argv)
{
    size_t records = argc > 1 ? strtoull(argv[1], NULL, 10) : 50000, queries = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
    struct stress s = {.text = mem_alloc(records, TEXT)};
    bool good = s.text != NULL;
    rng_seed(&s.rng, argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
    hits_init(&s.found, 0);
    hits_init(&s.scanned, 0);
    puts("| register | records | queries | equal | rows |\n|---|---|---|---|---|");
    for (size_t i = 0; s.text && i < sizeof shapes / sizeof *shapes; i++) {
        s.shape = &shapes[i];
        good = run_shape(&s, records, queries) && good;
    }
    mem_free(s.text);
    return !good;
}
