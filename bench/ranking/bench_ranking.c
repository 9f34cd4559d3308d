/* How well the ranking does, beside a ranker that knows the generator: recall at 1, 10, 50 and MRR a class, the price of a
 * wrong make, and whether "not in this register" can be believed (ten bins, Brier score, false leads).
 *
 * Usage: bench_ranking [--entries N] [--queries N a class, half of them of guns that are not registered] [--seed S]
 *                      [--damage NAME] [--list FILE.tsv [--share OF_IT_REGISTERED]] [--mode 0..3] [--from CLASS 0..9] [--only time]
 * The peer in the same run is the optimal ranker: all marks within two errors, scored with the generator's own rates. */
#include "marks/search.h"

#include "damage.h"
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

enum mode { MODE_NONE, MODE_MAKE_CALIBRE, MODE_WRONG_MAKE, MODE_ALL, MODES };
static const char *const mode_name[MODES] = {"mark only", "with make and calibre", "with a wrong make", "with all attributes"};
#define BINS 10
#define LEVELS 5
static const double level[LEVELS] = {.7, .8, .85, .9, .94};

struct tally {
    unsigned n, at1, at10, at50, best1, best10, best50, told10;
    double mrr, best_mrr, stated_here, stated_absent; /* p_absent of guns that are here and that are not */
    int64_t *nanos;
    unsigned runs;
};
struct reliability {
    double stated[BINS], truth[BINS], brier;
    unsigned n[BINS], all;
    unsigned leads, false_leads, leads_absent, said_absent, was_here, here, here_leads, absent, absent_said, few, few_right;
    unsigned lead_at[LEVELS], false_at[LEVELS], absent_at[LEVELS], was_here_at[LEVELS];
};
struct bench {
    struct guns guns;
    uint32_t *absent, *present;
    size_t absent_n, present_n;
    struct index *ix;
    struct index_view *v;
    struct ranker *r;
    struct search_scratch *s;
    struct hits hits;
    double make_share[65536], calibre_share[1024];
    unsigned queries;
    int mode; /* -1: all */
    int from; /* first class */
    struct reliability rel[MODES];
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct mark_attr attr_of(const struct gun *g)
{
    return (struct mark_attr){.make = g->make, .model = g->model, .calibre = g->calibre, .type = g->type,
        .country = g->country, .year = g->year};
}

static void count_guns(struct bench *b)
{
    for (size_t i = 0; i < b->guns.n; i++) {
        const struct gun *g = &b->guns.gun[i];
        if (g->registered)
            b->present[b->present_n++] = (uint32_t)i;
        else
            b->absent[b->absent_n++] = (uint32_t)i;
        b->make_share[g->make] += 1.0 / (double)b->guns.n;
        b->calibre_share[g->calibre] += 1.0 / (double)b->guns.n;
    }
}

static bool build(struct bench *b)
{
    b->absent = calloc(b->guns.n, sizeof *b->absent);
    b->present = calloc(b->guns.n, sizeof *b->present);
    struct index_entry *e = calloc(b->guns.n, sizeof *e);
    if (!b->absent || !b->present || !e)
        return false;
    count_guns(b);
    for (size_t i = 0; i < b->present_n; i++) {
        const struct gun *g = &b->guns.gun[b->present[i]];
        struct mark_key shape;
        mark_fold(slice_str(g->serial), &e[i].key, &shape);
        e[i].attr = mark_attr_pack(attr_of(g));
        e[i].row = b->present[i];
    }
    b->ix = index_new();
    double t0 = seconds();
    bool ok = b->ix && index_build(b->ix, e, b->present_n, 2) == OK;
    double t1 = seconds();
    free(e);
    if (!ok)
        return false;
    b->v = index_acquire(b->ix);
    b->r = ranker_new(b->v);
    double t2 = seconds();
    b->s = search_scratch_new();
    hits_init(&b->hits, 0);
    if (!b->r || !b->s)
        return false;
    printf("%zu registered guns, %zu that are not. Index built in %.2f s; ranker learnt in %.2f s, %.1f MB.\n", b->present_n,
        b->absent_n, t1 - t0, t2 - t1, (double)ranker_bytes(b->r) / 1e6);
    return true;
}

/* ---- the ranker that knows: each rate and each shape of the generator, and what each class does. Like the product it is not
 * told which damage was at work; `told` is (a bound that nobody can reach who has only the reading). ---- */
static double knows_damage(const struct bench *b, size_t di, const char *reading, const struct mark_attr *given, const struct gun *g)
{
    const struct damage *d = &damages[di];
    double w = damage_likelihood(di, reading, g->serial);
    if (given->make)
        w *= (given->make == g->make ? 1 - d->wrong_make : 0) + d->wrong_make * b->make_share[given->make];
    if (given->calibre)
        w *= (given->calibre == g->calibre ? 1 - d->wrong_calibre : 0) + d->wrong_calibre * b->calibre_share[given->calibre];
    if (given->model && given->model != g->model)
        w *= 1e-3;
    if (given->country && given->country != g->country)
        w *= 1e-3;
    if (given->type && given->type != g->type)
        w *= 1e-3;
    if (given->year && given->year != g->year)
        w *= 1e-3;
    return w;
}

static double knows(const struct bench *b, size_t told, const char *reading, const struct mark_attr *given, const struct gun *g)
{
    double sum = 0;
    for (size_t d = 0; d < DAMAGES; d++)
        sum += told == DAMAGES || told == d ? knows_damage(b, d, reading, given, g) : 0;
    return sum;
}

static double best_rank(struct bench *b, size_t told, const char *reading, const struct search_query *q, uint32_t truth)
{
    double mine = knows(b, told, reading, &q->known, &b->guns.gun[truth]), before = 0;
    for (size_t i = 0; i < b->hits.count; i++) {
        if (b->hits.hit[i].row == truth)
            continue;
        double w = knows(b, told, reading, &q->known, &b->guns.gun[b->hits.hit[i].row]);
        before += w > mine * (1 + 1e-9) ? 1 : w > mine * (1 - 1e-9) ? 0.5 : 0;
    }
    return 1 + before;
}

static void all_hits(struct bench *b, const struct pattern *p)
{
    hits_clear(&b->hits);
    for (unsigned tier = 0; tier <= 2; tier++)
        index_tier(b->v, p, tier, &b->hits);
}

/* ---- one query ---- */
static struct mark_attr given_for(const struct bench *b, size_t di, enum mode m, const struct gun *g)
{
    const struct gun *other = &b->guns.gun[chance_below((unsigned)b->guns.n)];
    struct mark_attr a = {0};
    if (m == MODE_MAKE_CALIBRE) {
        a.make = chance() < damages[di].wrong_make ? other->make : g->make;
        a.calibre = chance() < damages[di].wrong_calibre ? other->calibre : g->calibre;
    } else if (m == MODE_WRONG_MAKE) {
        while (other->make == g->make)
            other = &b->guns.gun[chance_below((unsigned)b->guns.n)];
        a.make = other->make;
    } else if (m == MODE_ALL) {
        a = attr_of(g);
    }
    return a;
}

static void note_odds(struct reliability *rel, const struct search_result *r, bool here, uint32_t truth)
{
    int bin = (int)(r->p_absent * BINS);
    bin = bin < BINS ? bin : BINS - 1;
    rel->n[bin]++;
    rel->stated[bin] += r->p_absent;
    rel->truth[bin] += !here;
    rel->brier += (r->p_absent - !here) * (r->p_absent - !here);
    rel->all++;
    for (int i = 0; i < LEVELS; i++) {
        bool lead_here = r->count && r->candidate[0].p >= level[i], gone = r->p_absent >= level[i];
        rel->lead_at[i] += lead_here;
        rel->false_at[i] += lead_here && (!here || r->candidate[0].row != truth);
        rel->absent_at[i] += gone;
        rel->was_here_at[i] += gone && here;
    }
    const char *verdict = search_verdict(r);
    bool lead = !strcmp(verdict, "verdict.first_stands_out");
    bool absent = !strcmp(verdict, "verdict.probably_absent") || !strcmp(verdict, "verdict.no_hit");
    rel->leads += lead;
    rel->leads_absent += lead && !here;
    rel->false_leads += lead && (!here || r->candidate[0].row != truth);
    rel->said_absent += absent;
    rel->was_here += absent && here;
    rel->here += here;
    rel->absent += !here;
    rel->absent_said += absent && !here;
    rel->here_leads += lead && here;
    if (!strcmp(verdict, "verdict.one_of_few")) {
        bool found = false;
        for (size_t i = 0; i < r->count && i < 10; i++)
            found = found || r->candidate[i].row == truth;
        rel->few++;
        rel->few_right += here && found;
    }
}

static void note_rank(struct tally *t, const struct search_result *r, uint32_t truth, double best)
{
    size_t at = 0;
    while (at < r->count && r->candidate[at].row != truth)
        at++;
    bool found = at < r->count;
    t->n++;
    t->at1 += found && at < 1;
    t->at10 += found && at < 10;
    t->at50 += found && at < 50;
    t->mrr += found ? 1.0 / (double)(at + 1) : 0;
    t->best1 += best < 1.75;
    t->best10 += best < 10.75;
    t->best50 += best < 50.75;
    t->best_mrr += 1 / best;
}

static void one_query(struct bench *b, size_t di, enum query_class c, enum mode m, bool here, struct tally *t)
{
    uint32_t truth = here ? b->present[chance_below((unsigned)b->present_n)] : b->absent[chance_below((unsigned)b->absent_n)];
    const struct gun *g = &b->guns.gun[truth];
    struct search_query q = {.registered = 0.5, .limit = 50, .errors = 2};
    struct search_result r;
    struct fault f;
    char reading[READING] = "";
    for (int tries = 0; !damage_read(di, c, g->serial, reading); tries++) {
        memset(reading, 0, sizeof reading);
        if (tries > 50)
            return;
    }
    q.known = given_for(b, di, m, g);
    if (pattern_parse(slice_str(reading), &q.pattern, &f) != OK || search_run(b->v, b->r, &q, b->s, &r, &f) != OK)
        return;
    t->nanos[t->runs++] = r.nanos;
    *(here ? &t->stated_here : &t->stated_absent) += r.p_absent;
    if (m != MODE_WRONG_MAKE)
        note_odds(&b->rel[m], &r, here, truth);
    if (!here)
        return;
    all_hits(b, &q.pattern);
    note_rank(t, &r, truth, best_rank(b, DAMAGES, reading, &q, truth));
    t->told10 += best_rank(b, di, reading, &q, truth) < 10.75;
}

static int by_nanos(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void print_tally(const char *name, struct tally *t)
{
    double n = t->n ? t->n : 1;
    qsort(t->nanos, t->runs, sizeof *t->nanos, by_nanos);
    printf("%-15s %5.1f %5.1f %5.1f %5.3f | %5.1f %5.1f %5.1f %5.3f | %6.3f | %5.1f | %8.1f %8.1f | %.3f %.3f\n", name, 100 * t->at1 / n,
        100 * t->at10 / n, 100 * t->at50 / n, t->mrr / n, 100 * t->best1 / n, 100 * t->best10 / n, 100 * t->best50 / n,
        t->best_mrr / n, t->best10 ? (double)t->at10 / t->best10 : 1, 100 * t->told10 / n, t->runs ? (double)t->nanos[t->runs / 2] / 1e3 : 0,
        t->runs ? (double)t->nanos[t->runs - 1 - t->runs / 100] / 1e3 : 0,
        t->stated_here / n, t->runs > t->n ? t->stated_absent / (t->runs - t->n) : 0);
}

static void add_tally(struct tally *sum, const struct tally *t)
{
    sum->n += t->n;
    sum->at1 += t->at1;
    sum->at10 += t->at10;
    sum->at50 += t->at50;
    sum->best1 += t->best1;
    sum->best10 += t->best10;
    sum->best50 += t->best50;
    sum->told10 += t->told10;
    sum->mrr += t->mrr;
    sum->stated_here += t->stated_here;
    sum->stated_absent += t->stated_absent;
    sum->best_mrr += t->best_mrr;
    memcpy(sum->nanos + sum->runs, t->nanos, t->runs * sizeof *t->nanos);
    sum->runs += t->runs;
}

static void print_reliability(const struct reliability *r)
{
    printf("  stated   true     queries\n");
    for (int i = 0; i < BINS; i++) {
        if (r->n[i])
            printf("  %.3f    %.3f    %u\n", r->stated[i] / r->n[i], r->truth[i] / r->n[i], r->n[i]);
    }
    printf("  Brier %.4f over %u queries. \"First stands out\": said %u times (of %u guns that are here: %.1f %%), first is another gun"
           " %.2f %%, gun not here %.2f %%. \"Probably not here\": said of %.1f %% of guns that are not here; wrong %.2f %%."
           " \"Among the first few\": %u times, right %.1f %%.\n",
        r->all ? r->brier / r->all : 0, r->all, r->leads, r->here, r->here ? 100.0 * r->here_leads / r->here : 0,
        r->leads ? 100.0 * r->false_leads / r->leads : 0, r->leads ? 100.0 * r->leads_absent / r->leads : 0,
        r->absent ? 100.0 * r->absent_said / r->absent : 0, r->said_absent ? 100.0 * r->was_here / r->said_absent : 0, r->few,
        r->few ? 100.0 * r->few_right / r->few : 0);
    printf("  threshold   first is at least: leads of guns here %%, false leads %%   not here is at least: said of guns not here %%, wrong %%\n");
    for (int i = 0; i < LEVELS; i++)
        printf("  %.2f %40.1f %14.2f %37.1f %21.2f\n", level[i], r->here ? 100.0 * (r->lead_at[i] - r->false_at[i]) / r->here : 0,
            r->lead_at[i] ? 100.0 * r->false_at[i] / r->lead_at[i] : 0, r->absent ? 100.0 * (r->absent_at[i] - r->was_here_at[i]) / r->absent : 0,
            r->absent_at[i] ? 100.0 * r->was_here_at[i] / r->absent_at[i] : 0);
}

static void run_mode(struct bench *b, size_t di, enum mode m, struct tally *total)
{
    size_t runs = (size_t)b->queries * CLASSES;
    struct tally all = {.nanos = calloc(runs, sizeof(int64_t))};
    printf("\n%s damage, %s\n%-15s %17s %5s | %17s %5s | %6s | %5s | %8s %8s | %s\n%-15s %5s %5s %5s %5s | %5s %5s %5s %5s | %6s | %5s | %8s %8s | %5s %5s\n",
        damages[di].name, mode_name[m], "", "recall %, ours", "", "optimal", "", "top-10", "told", "engine", "us", "p(absent) of", "class", "@1", "@10",
        "@50", "MRR", "@1", "@10", "@50", "MRR", "ratio", "@10", "median", "p99", "here", "not");
    for (int c = b->from; c < CLASSES; c++) {
        struct tally t = {.nanos = calloc(b->queries, sizeof(int64_t))};
        for (unsigned i = 0; i < b->queries; i++)
            one_query(b, di, (enum query_class)c, m, i % 2 == 0, &t);
        print_tally(class_name[c], &t);
        add_tally(&all, &t);
        add_tally(&total[c], &t);
        free(t.nanos);
    }
    print_tally("all", &all);
    free(all.nanos);
}

static void run_all(struct bench *b, const char *only)
{
    static struct tally total[MODES][CLASSES];
    static struct reliability sum[MODES];
    for (int m = 0; m < MODES; m++) {
        for (int c = 0; c < CLASSES; c++)
            total[m][c].nanos = calloc((size_t)b->queries * DAMAGES, sizeof(int64_t));
    }
    for (size_t d = 0; d < DAMAGES; d++) {
        if (only && strcmp(only, damages[d].name))
            continue;
        memset(b->rel, 0, sizeof b->rel);
        for (int m = 0; m < MODES; m++) {
            if (b->mode >= 0 && m != b->mode)
                continue;
            run_mode(b, d, (enum mode)m, total[m]);
            if (m != MODE_WRONG_MAKE)
                print_reliability(&b->rel[m]);
            double *into = sum[m].stated;
            for (int i = 0; i < BINS; i++) {
                into[i] += b->rel[m].stated[i];
                sum[m].truth[i] += b->rel[m].truth[i];
                sum[m].n[i] += b->rel[m].n[i];
            }
            sum[m].brier += b->rel[m].brier;
            unsigned *to = &sum[m].all;
            const unsigned *from = &b->rel[m].all;
            for (size_t i = 0; i < (sizeof sum[m] - offsetof(struct reliability, all)) / sizeof *to; i++)
                to[i] += from[i];
        }
    }
    printf("\n==== all damage together ====\n");
    for (int m = 0; m < MODES; m++) {
        if (b->mode >= 0 && m != b->mode)
            continue;
        printf("\n%s\n", mode_name[m]);
        for (int c = 0; c < CLASSES; c++)
            print_tally(class_name[c], &total[m][c]);
        if (m != MODE_WRONG_MAKE)
            print_reliability(&sum[m]);
    }
}

/* ---- engine time: the same queries twice, the second pass measured; beside it the index alone on the same tiers ---- */
#define TIMED 250
static void time_class(struct bench *b, size_t di, enum query_class c, enum mode m)
{
    static struct search_query q[TIMED];
    static int64_t whole[TIMED], alone[TIMED];
    unsigned n = 0, tiers[3] = {0};
    size_t considered = 0;
    for (unsigned tries = 0; n < TIMED && tries < TIMED * 20; tries++) {
        const struct gun *g = &b->guns.gun[b->present[chance_below((unsigned)b->present_n)]];
        char reading[READING] = "";
        struct fault f;
        q[n] = (struct search_query){.registered = 0.5, .limit = 50, .errors = 2, .known = given_for(b, di, m, g)};
        if (damage_read(di, c, g->serial, reading) && pattern_parse(slice_str(reading), &q[n].pattern, &f) == OK)
            n++;
    }
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < n; i++) {
            struct search_result r;
            struct fault f;
            search_run(b->v, b->r, &q[i], b->s, &r, &f);
            whole[i] = r.nanos;
            considered += pass ? r.considered : 0;
            tiers[r.tiers] += pass;
            hits_clear(&b->hits);
            double t0 = seconds();
            for (unsigned tier = 0; tier <= r.tiers; tier++)
                index_tier(b->v, &q[i].pattern, tier, &b->hits);
            alone[i] = (int64_t)((seconds() - t0) * 1e9);
        }
    }
    qsort(whole, n, sizeof *whole, by_nanos);
    qsort(alone, n, sizeof *alone, by_nanos);
    printf("%-15s %8.2f %8.2f %8.2f | %8.2f | %5.0f %5.0f %5.0f | %.0f\n", class_name[c], (double)whole[n / 2] / 1e3, (double)whole[n * 9 / 10] / 1e3,
        (double)whole[n - 1 - n / 100] / 1e3, (double)alone[n / 2] / 1e3, 100.0 * tiers[0] / n, 100.0 * tiers[1] / n, 100.0 * tiers[2] / n,
        (double)considered / n);
}

static void time_all(struct bench *b, const char *only)
{
    for (size_t d = 0; d < DAMAGES; d++) {
        if (only ? strcmp(only, damages[d].name) != 0 : d != 0)
            continue;
        for (int m = 0; m < MODES; m++) {
            printf("\n%s damage, %s: engine us, second pass\n%-15s %8s %8s %8s | %8s | %17s | %s\n", damages[d].name, mode_name[m], "class", "median",
                "p90", "p99", "index", "stopped at tier %", "hits");
            for (int c = 0; c < CLASSES; c++)
                time_class(b, d, (enum query_class)c, (enum mode)m);
        }
    }
}

int main(int argc, char **argv)
{
    static struct bench b = {.queries = 200, .mode = -1};
    size_t entries = 200000;
    const char *damage = NULL, *list = NULL;
    uint64_t seed = 20240303;
    bool timing = false;
    double share = 0.5;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--entries"))
            entries = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--queries"))
            b.queries = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--seed"))
            seed = strtoull(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--damage"))
            damage = argv[i + 1];
        else if (!strcmp(argv[i], "--list"))
            list = argv[i + 1];
        else if (!strcmp(argv[i], "--share"))
            share = strtod(argv[i + 1], NULL);
        else if (!strcmp(argv[i], "--mode"))
            b.mode = (int)strtol(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--from"))
            b.from = (int)strtol(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--only"))
            timing = !strcmp(argv[i + 1], "time");
        else
            return fprintf(stderr, "unknown option %s\n", argv[i]), 2;
    }
    chance_state = seed * 2654435761u + 88172645463325252ull;
    damage_init(mark_class);
    if (!(list ? world_read(&b.guns, list, share) : world_make(&b.guns, entries)) || !build(&b))
        return fprintf(stderr, "cannot build the register\n"), 1;
    if (timing)
        time_all(&b, damage);
    else
        run_all(&b, damage);
    return 0;
}
