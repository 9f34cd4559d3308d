/* Our side of the search benchmark. usage: bench_search REGISTER.csv QUERIES.tsv OUT.json [EQUAL_A_CLASS [FLUSH_A_CLASS]]
 * Reads the register, builds the index and the ranker, runs every class of damage with and without make and calibre, warm and
 * with flushed caches, compares complete hit sets with the plain scan, and measures one pass over all keys at memory speed. */
#include "register.h"
#include "marks/search.h"

#define FLUSH_BYTES ((size_t)1 << 30)
#define SCAN_PASSES 15

struct bench {
    struct index_entry *entry;
    size_t n, rows; /* entries (a serial may have two keys), firearms */
    struct index *ix;
    struct index_view *v;
    struct ranker *ranker;
    struct search_scratch *scratch;
    struct reg_query *q;
    size_t queries;
    FILE *out;
    char *flush;
    double parse_s, build_s, ranker_s;
};

static void load(struct bench *b, const char *path)
{
    struct slice cell[REG_COLUMNS];
    struct reg_cache *cache = mem_alloc(1, sizeof *cache);
    size_t cap = 0;
    uint32_t row = 0;
    int64_t start = time_mono_ns();
    for (struct reg_file f = reg_open(path); reg_next(&f, cell);) {
        struct mark_key keys[MARK_KEYS];
        unsigned flags;
        size_t count = mark_keys(cell[REG_SERIAL], keys, &flags);
        uint64_t attr = mark_attr_pack(reg_attr(cache, cell, flags));
        row++;
        if (!mem_grow(&b->entry, &cap, b->n + count, UINT32_MAX, sizeof *b->entry))
            reg_die("no memory", "");
        for (size_t i = 0; i < count; i++)
            b->entry[b->n++] = (struct index_entry){keys[i], attr, row};
    }
    b->rows = row;
    b->parse_s = reg_seconds(start);
    mem_free(cache);
}

static void build(struct bench *b)
{
    int64_t start = time_mono_ns();
    b->ix = index_new();
    if (!b->ix || index_build(b->ix, b->entry, b->n, 2) != OK)
        reg_die("cannot build", "the index");
    b->build_s = reg_seconds(start);
    b->v = index_acquire(b->ix);
    start = time_mono_ns();
    b->ranker = ranker_new(b->v);
    b->ranker_s = reg_seconds(start);
    b->scratch = search_scratch_new();
    if (!b->ranker || !b->scratch)
        reg_die("no memory", "");
}

static void write_build(struct bench *b)
{
    struct index_stats st;
    index_stats(b->v, &st);
    fprintf(b->out, "{\"records\":%zu,\"entries\":%zu,\"build\":{\"read_fold_s\":%.3f,\"index_s\":%.3f,\"ranker_s\":%.3f,\"bytes\":%llu,\"bytes_per_record\":%.2f,"
                    "\"peak_bytes\":%llu,\"ranker_bytes\":%zu},\n",
        b->rows, b->n, b->parse_s, b->build_s, b->ranker_s, (unsigned long long)st.bytes, (double)st.bytes / (double)b->rows,
        (unsigned long long)st.peak_bytes, ranker_bytes(b->ranker));
}

/* ---- one pass over all keys: the floor of any scan ---- */
struct pair {
    uint64_t a, b;
};
__attribute__((target_clones("avx512f", "avx2", "default"))) static uint64_t scan_pass(
    const struct pair *key, size_t n, struct pair mask, struct pair want)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (((key[i].a & mask.a) ^ want.a) | ((key[i].b & mask.b) ^ want.b)) == 0;
    return count;
}

static void write_scan(struct bench *b)
{
    double ms[SCAN_PASSES];
    uint64_t found = 0;
    struct pair mask = {~0ull << 8, ~0ull}, want;
    struct pair *key = aligned_alloc(64, (b->n * sizeof *key + 63) & ~(size_t)63);
    if (!key)
        reg_die("no memory", "");
    for (size_t i = 0; i < b->n; i++)
        memcpy(&key[i], b->entry[i].key.b, sizeof *key);
    for (int i = 0; i < SCAN_PASSES; i++) {
        want = key[(size_t)i * b->n / SCAN_PASSES];
        want.a &= mask.a;
        int64_t start = time_mono_ns();
        found += scan_pass(key, b->n, mask, want);
        ms[i] = reg_seconds(start) * 1e3;
    }
    double median = reg_quantile(ms, SCAN_PASSES, 0.5);
    fprintf(b->out, "\"scan\":{\"median_ms\":%.4f,\"best_ms\":%.4f,\"gb_per_s\":%.2f,\"found\":%llu},\n", median, ms[0],
        (double)b->n * 16 / median / 1e6, (unsigned long long)found);
    free(key);
}

/* ---- queries ---- */
struct measured {
    size_t n, in50, in10, first, considered;
    double us[REG_QUERIES];
};

static void flush_caches(struct bench *b)
{
    for (size_t i = 0; i < FLUSH_BYTES; i += 64)
        b->flush[i]++;
}

static void make_query(const struct reg_query *q, bool known, bool told, struct search_query *out)
{
    *out = (struct search_query){.registered = 0.5, .limit = 50, .errors = told ? reg_class_tier[q->cls] : 2};
    if (known)
        out->known = q->known;
    if (pattern_parse(slice_str(q->pattern), &out->pattern, NULL) != OK)
        reg_die("not a pattern", q->pattern);
}

static void note_rank(const struct search_result *r, uint32_t truth, struct measured *m)
{
    m->considered += r->considered;
    for (size_t i = 0; i < r->count; i++) {
        if (r->candidate[i].row != truth)
            continue;
        m->in50++;
        m->in10 += i < 10;
        m->first += i == 0;
        return;
    }
}

static void run_one(struct bench *b, const struct search_query *q, uint32_t truth, struct measured *m)
{
    struct search_result r;
    int64_t start = time_mono_ns();
    if (search_run(b->v, b->ranker, q, b->scratch, &r, NULL) != OK)
        reg_die("search failed", q->pattern.text);
    m->us[m->n++] = (double)(time_mono_ns() - start) / 1e3;
    note_rank(&r, truth, m);
}

/* mode: 0 warm (a first pass is thrown away), 1 caches flushed before each query */
static void run_class(struct bench *b, enum reg_class cls, bool known, bool told, bool flushed, size_t max)
{
    static struct measured m;
    for (int pass = flushed; pass < 2; pass++) {
        m = (struct measured){0};
        for (size_t i = 0; i < b->queries && m.n < max; i++) {
            struct search_query q;
            if (b->q[i].cls != cls)
                continue;
            make_query(&b->q[i], known, told, &q);
            if (flushed)
                flush_caches(b);
            run_one(b, &q, b->q[i].truth, &m);
        }
    }
    double n = m.n ? (double)m.n : 1;
    double p99 = reg_quantile(m.us, m.n, 0.99), median = reg_quantile(m.us, m.n, 0.5);
    fprintf(b->out, "{\"class\":\"%s\",\"known\":%d,\"told\":%d,\"flushed\":%d,\"n\":%zu,\"median_us\":%.3f,\"p99_us\":%.3f,\"in50\":%.4f,\"in10\":%.4f,"
                    "\"first\":%.4f,\"considered\":%.1f},\n",
        reg_class_name[cls], known, told, flushed, m.n, median, p99, (double)m.in50 / n, (double)m.in10 / n, (double)m.first / n,
        (double)m.considered / n);
    fprintf(stderr, "  %-16s known=%d told=%d flushed=%d median %9.2f us  p99 %9.2f us  in 50 %.3f  in 10 %.3f\n", reg_class_name[cls], known, told,
        flushed, median, p99, (double)m.in50 / n, (double)m.in10 / n);
}

static void run_classes(struct bench *b, size_t flush_each)
{
    fprintf(b->out, "\"classes\":[\n");
    for (int cls = 0; cls < Q_CLASSES; cls++) {
        for (int how = 0; how < 4; how++)
            run_class(b, (enum reg_class)cls, how & 1, how < 2, false, REG_QUERIES);
        if (flush_each)
            run_class(b, (enum reg_class)cls, false, true, true, flush_each);
    }
    fprintf(b->out, "{}],\n");
}

/* ---- nothing missed ---- */
static int cmp_hit(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (int)x->tier - (int)y->tier;
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

/* Every entry is looked at by the batch kernels; for each tenth query also by the definition itself, which is slow. */
static bool swept_equals_scan(struct bench *b, const struct search_query *q, struct hits *swept, struct hits *scanned)
{
    hits_clear(scanned);
    if (index_scan(b->v, &q->pattern, q->errors, scanned) != OK)
        reg_die("scan failed", q->pattern.text);
    return same_sets(swept, scanned);
}

static void compare_class(struct bench *b, enum reg_class cls, size_t max)
{
    struct hits found, swept, scanned;
    size_t n = 0, equal = 0, rows = 0, has_truth = 0, by_definition = 0;
    hits_init(&swept, 0);
    hits_init(&found, 0);
    hits_init(&scanned, 0);
    int64_t start = time_mono_ns();
    for (size_t i = 0; i < b->queries && n < max; i++) {
        struct search_query q;
        if (b->q[i].cls != cls)
            continue;
        make_query(&b->q[i], false, true, &q);
        hits_clear(&found);
        hits_clear(&swept);
        enum err e = index_sweep(b->v, &q.pattern, q.errors, &swept);
        for (unsigned t = 0; !e && t <= q.errors; t++)
            e = index_tier(b->v, &q.pattern, t, &found);
        if (e)
            reg_die("search failed", q.pattern.text);
        rows += swept.count;
        bool truth = false;
        for (size_t k = 0; k < found.count; k++)
            truth |= found.hit[k].row == b->q[i].truth;
        has_truth += truth;
        bool same = same_sets(&found, &swept);
        if (n++ % 10 == 0) {
            same &= swept_equals_scan(b, &q, &swept, &scanned);
            by_definition++;
        }
        equal += same;
    }
    fprintf(b->out, "{\"class\":\"%s\",\"n\":%zu,\"equal\":%zu,\"rows\":%zu,\"has_truth\":%zu,\"by_definition\":%zu},\n", reg_class_name[cls], n, equal, rows, has_truth, by_definition);
    fprintf(stderr, "  %-16s complete sets equal to the scan's: %zu of %zu (%zu rows, %.1f s)\n", reg_class_name[cls], equal, n, rows, reg_seconds(start));
    hits_free(&found);
    hits_free(&swept);
    hits_free(&scanned);
}

int main(int argc, char **argv)
{
    static struct reg_query queries[REG_QUERIES];
    struct bench b = {.q = queries};
    if (argc < 4)
        reg_die("usage: bench_search REGISTER.csv QUERIES.tsv OUT.json [EQUAL_A_CLASS [FLUSH_A_CLASS]]", "");
    size_t equal_each = argc > 4 ? strtoull(argv[4], NULL, 10) : 250, flush_each = argc > 5 ? strtoull(argv[5], NULL, 10) : 40;
    bool only_sets = getenv("BENCH_SETS_ONLY") != NULL; /* complete sets take no note of time: they may run beside other work */
    b.queries = reg_queries(argv[2], queries, REG_QUERIES);
    b.out = fopen(argv[3], "w");
    b.flush = mmap(NULL, FLUSH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!b.out || b.flush == MAP_FAILED)
        reg_die("cannot write", argv[3]);
    load(&b, argv[1]);
    build(&b);
    write_build(&b);
    write_scan(&b);
    mem_free(b.entry);
    if (!only_sets)
        run_classes(&b, flush_each);
    fprintf(b.out, "\"equality\":[\n");
    for (int cls = 0; cls < Q_CLASSES && equal_each; cls++)
        compare_class(&b, (enum reg_class)cls, equal_each);
    fprintf(b.out, "{}]}\n");
    fclose(b.out);
    search_scratch_free(b.scratch);
    ranker_free(b.ranker);
    index_release(b.v);
    index_free(b.ix);
    return 0;
}
