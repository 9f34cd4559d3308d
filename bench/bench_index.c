/* The degraded-mark index alone: build, bytes, and the time of each kind of query, beside one pass over all keys at the
 * speed of memory in the same run. Registers are generated: makers with serial grammars and dense counters.
 *
 *   bench_index [--records N] [--threads T] [--queries Q] [--check C] [--no-flush] [--class K]
 *
 * "warm" is the second pass over a class's queries. "flushed": FLUSH_BYTES are walked before each query, so that the
 * caches hold the flush, not the index. --check C compares C queries a class with a verification of every record. Times
 * are of index_tier alone, all tiers up to the class's, every hit given out; ranking is another bench. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "base/time.h"
#include "marks/index_part.h"

#define FLUSH_BYTES ((size_t)640 << 20)
#define FLUSH_QUERIES 20

struct options {
    size_t records;
    int threads;
    unsigned queries, check;
    int only; /* one class of queries and nothing else, or -1 */
    bool flush;
};

static uint64_t draw(uint64_t *seed)
{
    *seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *seed;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* ---- the register ---- */

/* L letter and n digit of the counter (letters count too), other characters stand for themselves. */
static const char *const grammars[] = {"LLLnnn", "LLLLnnn", "LLLnnnn", "nnn-nnnnn", "LnnnnnL", "Lnnnnn", "nnLnnnnnn",
    "nnnnnnnn", "nnnnnnn", "RRnnnnnL", "LLLnnnnnn", "Lnnnnnn", "LLnnnnn", "TLLnnnnn", "LLnnnn", "nnLnnnnn", "AnnnnnnL",
    "nnnnnn", "LLLnnnnn", "KnnLnnnn", "BnnnnnLL", "nnnnnLL", "LLnnnnnn", "CnLnnnnn", "LnLnnnn", "PKnnnnnnn", "GnnnnnL",
    "LnnnLnnn", "nnnnLLnn", "MnnnnnnL"};
#define MAKERS (sizeof grammars / sizeof *grammars)

static void serial_text(unsigned maker, uint64_t counter, char out[24])
{
    static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
    size_t n = strlen(grammars[maker]);
    out[n] = 0;
    while (n--) {
        char g = grammars[maker][n];
        if (g == 'n') {
            out[n] = (char)('0' + counter % 10);
            counter /= 10;
        } else if (g == 'L') {
            out[n] = letters[counter % 23];
            counter /= 23;
        } else {
            out[n] = g;
        }
    }
}

static void record_text(size_t i, char out[24])
{
    uint64_t seed = i * 2 + 1, maker = draw(&seed) % (MAKERS * (MAKERS + 1) / 2), m = 0;
    while (maker > m) /* the first maker is thirty times as common as the last */
        maker -= ++m;
    unsigned which = (unsigned)(MAKERS - 1 - m) % MAKERS;
    uint64_t start = (uint64_t)which * 7919 * 104729 % 300000;
    serial_text(which, start + draw(&seed) % (400000 + 12000 * which), out); /* dense: counters repeat now and then */
}

static struct index_entry *make_register(size_t n)
{
    struct index_entry *e = calloc(n, sizeof *e);
    if (!e)
        exit(1);
    for (size_t i = 0; i < n; i++) {
        char text[24];
        struct mark_key shape;
        record_text(i, text);
        mark_fold(slice_str(text), &e[i].key, &shape);
        e[i].attr = i;
        e[i].row = (uint32_t)i;
    }
    return e;
}

/* ---- queries ---- */

enum kind {
    EXACT,
    ALIKE,
    ANY_1,
    ANY_2,
    ALIKE_ANY,
    LEAD,
    TRAIL,
    INNER,
    ERROR_1,
    ERROR_2,
    ANY_1_DEEP,
    ANY_2_DEEP,
    EXACT_DEEP,
    KINDS
};
static const struct {
    const char *name;
    unsigned tiers;
} kinds[KINDS] = {{"exact", 1}, {"look-alike", 1}, {"1 '?'", 1}, {"2 '?'", 1}, {"look-alike + '?'", 1},
    {"leading lost", 1}, {"trailing lost", 1}, {"inner '*'", 1}, {"1 error", 2}, {"2 errors", 3},
    {"1 '?', tiers 0-2", 3}, {"2 '?', tiers 0-2", 3}, {"exact, tiers 0-2", 3}};

static void look_alike(char *z, uint64_t *seed)
{
    static const char from[] = "0O1I2Z5S6G8BLQD", to[] = "O0I1Z2S5G6B8100";
    for (unsigned tries = 0; tries < 40; tries++) {
        char *c = &z[draw(seed) % strlen(z)];
        const char *f = strchr(from, *c);
        if (f && *f) {
            *c = to[f - from];
            return;
        }
    }
}

static void unreadable(char *z, uint64_t *seed)
{
    size_t at;
    do
        at = draw(seed) % strlen(z);
    while (z[at] == '?' || z[at] == '-');
    z[at] = '?';
}

static void one_error(char *z, uint64_t *seed)
{
    size_t n = strlen(z), at = draw(seed) % n;
    char c = draw(seed) % 2 ? (char)('0' + draw(seed) % 10) : (char)('A' + draw(seed) % 26);
    switch (draw(seed) % 4) {
    case 0:
        z[at] = c;
        break;
    case 1:
        memmove(z + at, z + at + 1, n - at);
        break;
    case 2:
        memmove(z + at + 1, z + at, n - at + 1);
        z[at] = c;
        break;
    default:
        if (at + 1 < n) {
            c = z[at];
            z[at] = z[at + 1];
            z[at + 1] = c;
        }
    }
}

static void damaged(enum kind kind, size_t records, uint64_t *seed, char z[40])
{
    char text[24];
    record_text(draw(seed) % records, text);
    size_t n = strlen(text);
    memcpy(z, text, n + 1);
    if (kind == ALIKE || kind == ALIKE_ANY)
        look_alike(z, seed);
    for (unsigned k = kind == ANY_1 || kind == ALIKE_ANY || kind == ANY_1_DEEP ? 1
                      : kind == ANY_2 || kind == ANY_2_DEEP                    ? 2
                                                                               : 0;
         k; k--)
        unreadable(z, seed);
    if (kind == LEAD)
        snprintf(z, 40, "*%s", text + 2 + draw(seed) % (n - 5));
    if (kind == TRAIL)
        snprintf(z + n - 1 - draw(seed) % 2, 4, "*");
    if (kind == INNER)
        snprintf(z, 40, "%.*s*%s", 2, text, text + n - 3);
    for (unsigned k = kind == ERROR_1 ? 1 : kind == ERROR_2 ? 2 : 0; k; k--)
        one_error(z, seed);
}

/* ---- measuring ---- */

static int cmp_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double quantile(double *x, unsigned n, double q)
{
    qsort(x, n, sizeof *x, cmp_double);
    return n ? x[(unsigned)(q * (n - 1) + 0.5)] : 0;
}

static double run_query(const struct index_view *v, const struct pattern *p, unsigned tiers, struct hits *h)
{
    hits_clear(h);
    int64_t from = time_mono_ns();
    for (unsigned t = 0; t < tiers; t++)
        if (index_tier(v, p, t, h) != OK)
            exit(1);
    return (double)(time_mono_ns() - from) / 1000;
}

static int cmp_hit(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    return a->at != b->at ? (a->at < b->at ? -1 : 1) : (int)a->tier - (int)b->tier;
}

/* Every entry looked at, against the hits that the index gave. */
static bool equal_to_all(const struct index_view *v, const struct pattern *p, unsigned tiers, struct hits *h)
{
    struct hits all;
    hits_init(&all, 0);
    if (index_sweep(v, p, tiers - 1, &all) != OK)
        exit(1);
    bool equal = all.count == h->count;
    if (equal && h->count) {
        qsort(h->hit, h->count, sizeof *h->hit, cmp_hit);
        qsort(all.hit, all.count, sizeof *all.hit, cmp_hit);
        for (size_t i = 0; i < h->count && equal; i++)
            equal = !cmp_hit(&all.hit[i], &h->hit[i]);
    }
    hits_free(&all);
    return equal;
}

static volatile uint64_t sink;

static void walk(uint8_t *flush)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < FLUSH_BYTES; i += 64)
        sum += flush[i]++;
    sink += sum;
}

struct figures {
    double median, p99, flushed, hits, probes, candidates;
    unsigned unequal, checked;
};

static struct figures measure(const struct index_view *v, const struct options *o, enum kind kind, uint8_t *flush)
{
    struct figures f = {0};
    uint64_t seed = 1000 + (uint64_t)kind;
    struct pattern *p = calloc(o->queries, sizeof *p);
    double *us = calloc(o->queries, sizeof *us);
    struct hits h;
    hits_init(&h, 0);
    for (unsigned i = 0; p && i < o->queries; i++) {
        char z[40];
        do
            damaged(kind, o->records, &seed, z);
        while (pattern_parse(slice_str(z), &p[i], NULL) != OK);
    }
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < o->queries; i++)
            us[i] = run_query(v, &p[i], kinds[kind].tiers, &h);
    f.median = quantile(us, o->queries, 0.5);
    f.p99 = quantile(us, o->queries, 0.99);
    for (unsigned i = 0; i < o->queries; i++) {
        run_query(v, &p[i], kinds[kind].tiers, &h);
        f.hits += (double)h.count / o->queries;
        f.probes += (double)h.probes / o->queries;
        f.candidates += (double)h.candidates / o->queries;
        if (i < o->check) {
            f.checked++;
            f.unequal += !equal_to_all(v, &p[i], kinds[kind].tiers, &h);
        }
    }
    unsigned cold = o->queries < FLUSH_QUERIES ? o->queries : FLUSH_QUERIES;
    for (unsigned i = 0; flush && i < cold; i++) {
        walk(flush);
        us[i] = run_query(v, &p[i], kinds[kind].tiers, &h);
    }
    f.flushed = flush ? quantile(us, cold, 0.5) : 0;
    hits_free(&h);
    free(us);
    free(p);
    return f;
}

/* One pass over 16-byte keys, nothing but a masked compare: what memory gives. Best of forty (the machine may be busy), microseconds. */
static double key_pass(const struct record *all, size_t n)
{
    uint64_t(*key)[2] = huge_alloc(n, sizeof *key);
    double best = 1e30;
    if (!key)
        exit(1);
    for (size_t i = 0; i < n; i++)
        memcpy(key[i], all[i].key, 16);
    for (int round = 0; round < 40; round++) {
        uint64_t a = key[n / 2][0], b = key[n / 2][1], found = 0;
        int64_t from = time_mono_ns();
        for (size_t i = 0; i < n; i++)
            found += (((key[i][0] ^ a) | (key[i][1] ^ b)) & UINT64_C(0xFCFCFCFCFCFCFCFC)) == 0;
        double us = (double)(time_mono_ns() - from) / 1000;
        sink += found;
        best = us < best ? us : best;
    }
    huge_free(key);
    return best;
}

/* Processor seconds of this process: what a build costs when the machine is busy with other things. */
static double cpu_seconds(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static double peak_mb(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (double)r.ru_maxrss / 1024;
}

static void bench_delta(struct index *ix, const struct options *o)
{
    enum { ADDED = 100000, STEP = 10 };
    struct index_entry *e = make_register(ADDED);
    int64_t from = time_mono_ns();
    for (size_t i = 0; i < ADDED; i += STEP)
        if (index_add(ix, e + i, STEP) != OK)
            exit(1);
    double us = (double)(time_mono_ns() - from) / 1000;
    struct index_stats s;
    struct index_view *v = index_acquire(ix);
    index_stats(v, &s);
    printf("\ndelta: %d added %d at a time, %.2f us an entry; %.1f bytes an entry\n", ADDED, STEP, us / ADDED,
        (double)s.delta_bytes / (double)s.delta);
    for (enum kind k = 0; k < KINDS; k++) {
        struct options quick = *o;
        quick.check = 0;
        printf("  with delta %-18s %9.2f us\n", kinds[k].name, measure(v, &quick, k, NULL).median);
    }
    index_release(v);
    from = time_mono_ns();
    if (index_merge(ix, o->threads) != OK)
        exit(1);
    double seconds = (double)(time_mono_ns() - from) / 1e9;
    v = index_acquire(ix);
    index_stats(v, &s);
    printf("merge: %.2f s, %.1f bytes a record at its peak beside the old index; process peak %.0f MB\n", seconds,
        (double)s.peak_bytes / (double)s.entries, peak_mb());
    index_release(v);
    free(e);
}

/* ---- snapshot, to and from memory ---- */

struct image {
    uint8_t *p;
    size_t n, cap, at;
};

static enum err put(void *arg, const void *p, size_t n)
{
    struct image *m = arg;
    if (n > m->cap - m->n)
        return ERR_NO_ROOM;
    memcpy(m->p + m->n, p, n);
    m->n += n;
    return OK;
}

static enum err take(void *arg, void *p, size_t n)
{
    struct image *m = arg;
    if (n > m->n - m->at)
        return ERR_DAMAGED;
    memcpy(p, m->p + m->at, n);
    m->at += n;
    return OK;
}

static void bench_snapshot(struct index *ix, const struct options *o)
{
    struct image m = {.cap = o->records * 33 + (32u << 20)};
    m.p = malloc(m.cap);
    if (!m.p)
        return;
    memset(m.p, 0, m.cap);
    struct index_view *v = index_acquire(ix);
    int64_t from = time_mono_ns();
    enum err err = index_save(v, put, &m);
    double saved = (double)(time_mono_ns() - from) / 1e9, loaded = 1e9, cpu = 1e9;
    index_release(v);
    for (int round = 0; round < 2 && err == OK; round++) {
        struct index *back = index_new();
        m.at = 0;
        from = time_mono_ns();
        double cpu_from = cpu_seconds();
        err = index_load(back, take, &m, o->threads);
        cpu = cpu_seconds() - cpu_from < cpu ? cpu_seconds() - cpu_from : cpu;
        double took = (double)(time_mono_ns() - from) / 1e9;
        loaded = took < loaded ? took : loaded;
        index_free(back);
    }
    printf("snapshot: %s, %.0f MB, saved in %.2f s, verified and loaded in %.2f s (%.2f s of processor; best of two, "
           "from memory)\n",
        err_name(err), (double)m.n / 1e6, saved, loaded, cpu);
    free(m.p);
}

static struct options read_options(int argc, char **argv)
{
    struct options o = {5000000, 2, 250, 0, -1, true};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (!strcmp(argv[i], "--records"))
            o.records = strtoul(value, NULL, 10);
        else if (!strcmp(argv[i], "--threads"))
            o.threads = (int)strtol(value, NULL, 10);
        else if (!strcmp(argv[i], "--queries"))
            o.queries = (unsigned)strtoul(value, NULL, 10);
        else if (!strcmp(argv[i], "--check"))
            o.check = (unsigned)strtoul(value, NULL, 10);
        else if (!strcmp(argv[i], "--class"))
            o.only = (int)strtol(value, NULL, 10);
        else if (!strcmp(argv[i], "--no-flush"))
            o.flush = false;
    }
    return o;
}

int main(int argc, char **argv)
{
    struct options o = read_options(argc, argv);
    struct index_entry *e = make_register(o.records);
    struct index *ix = index_new();
    double before = peak_mb(), seconds = 1e9, first = 0, cpu = 1e9;
    for (int round = 0; round < (o.only < 0 ? 3 : 1);
         round++) { /* the first also pays for pages that the system has to find */
        int64_t from = time_mono_ns();
        double cpu_from = cpu_seconds();
        if (!ix || index_build(ix, e, o.records, o.threads) != OK)
            return 1;
        cpu = cpu_seconds() - cpu_from < cpu ? cpu_seconds() - cpu_from : cpu;
        double took = (double)(time_mono_ns() - from) / 1e9;
        first = round ? first : took;
        seconds = took < seconds ? took : seconds;
    }
    struct index_view *v = index_acquire(ix);
    struct index_stats s;
    index_stats(v, &s);
    free(e);
    struct record *all = aligned_alloc(64, o.records * sizeof *all);
    for (size_t i = 0; all && i < o.records; i++) {
        struct index_entry x = index_entry_at(v, (uint32_t)i);
        memcpy(all[i].key, x.key.b, 16);
    }
    double pass = key_pass(all, o.records);
    printf("%zu records, kernels %s, %d threads\n", o.records, kernels_best()->name, o.threads);
    printf("build %.2f s first, %.2f s best of three, %.2f M records/s (%.2f s of processor); %.2f bytes a record; "
           "build held %.1f bytes a record at its peak, process %.0f MB (before: %.0f)\n",
        first, seconds, (double)o.records / seconds / 1e6, cpu, (double)s.bytes / (double)o.records,
        (double)s.peak_bytes / (double)o.records, peak_mb(), before);
    printf("one pass over all keys: %.0f us (%.1f GB/s)\n\n", pass, (double)o.records * 16 / pass / 1000);
    printf("%-18s %10s %10s %10s %9s %9s %8s %8s %9s\n", "class", "median us", "p99 us", "flushed", "pass/med", "hits",
        "probes", "cands", "unequal");
    uint8_t *flush = o.flush ? malloc(FLUSH_BYTES) : NULL;
    if (flush)
        memset(flush, 1, FLUSH_BYTES);
    for (enum kind k = 0; k < KINDS; k++) {
        if (o.only >= 0 && (int)k != o.only)
            continue;
        struct figures f = measure(v, &o, k, flush);
        printf("%-18s %10.2f %10.2f %10.2f %9.0f %9.1f %8.1f %8.1f %5u/%u\n", kinds[k].name, f.median, f.p99, f.flushed,
            pass / f.median, f.hits, f.probes, f.candidates, f.unequal, f.checked);
        fflush(stdout);
    }
    index_release(v);
    free(flush);
    free(all);
    if (o.only < 0) {
        bench_delta(ix, &o);
        bench_snapshot(ix, &o);
    }
    index_free(ix);
    return 0;
}
