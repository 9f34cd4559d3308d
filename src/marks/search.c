/* Search: tiers of the index in order of cost, scored by the channel and the attributes, against "not in this register".
 *
 * Masses are relative to one clean reading of one registered gun (rank.h). Bayes:
 *   P(candidate) = registered * w / (registered * (W + unseen) + (1 - registered) * M)
 * W: all hits; unseen: registered guns behind tiers that were not searched; M: guns that are not here. */
#include "marks/rank.h"
#include "base/arena.h"
#include "base/bits.h"
#include "base/time.h"

#include <math.h>
#include <stdlib.h>
#include "base/banned.h"

#define HITS_MAX 2000000      /* with a limit: past this a pattern says too little to rank by */
#define FIRST_HITS 65536      /* memory touched at the start */
#define TOP_FEW 10

struct scored {
    float w;
    uint32_t hit;
};
struct search_scratch {
    struct hits hits;
    struct scored *scored;
    size_t scored_cap;
    struct candidate *candidate;
    size_t candidate_cap;
    uint32_t *rows;
    size_t rows_cap, rows_mask;
};

struct search_scratch *search_scratch_new(void)
{
    struct search_scratch *s = mem_alloc(1, sizeof *s);
    if (!s)
        return NULL;
    hits_init(&s->hits, 0);
    bool ok = mem_grow(&s->scored, &s->scored_cap, FIRST_HITS, SIZE_MAX / 64, sizeof *s->scored) &&
              mem_grow(&s->candidate, &s->candidate_cap, 1024, SIZE_MAX / 1024, sizeof *s->candidate);
    if (!ok) {
        search_scratch_free(s);
        return NULL;
    }
    memset(s->scored, 0, s->scored_cap * sizeof *s->scored);
    memset(s->candidate, 0, s->candidate_cap * sizeof *s->candidate);
    return s;
}

void search_scratch_free(struct search_scratch *s)
{
    if (!s)
        return;
    hits_free(&s->hits);
    mem_free(s->scored);
    mem_free(s->candidate);
    mem_free(s->rows);
    mem_free(s);
}

/* ---- one run ---- */
struct tier_mass {
    size_t n;
    double sum, most; /* weights of the tier's hits */
    float agree;      /* best agreement of attributes */
};
struct run {
    const struct index_view *v;
    const struct ranker *r;
    const struct search_query *q;
    struct search_scratch *s;
    struct rank_density density;
    double expected;  /* registered guns that fit the pattern as it stands, by the background model */
    double neighbours; /* mass that tier-2 hits lend to absent guns one error away */
    bool as_written;   /* a hit of tier 0 bears just the characters read */
    double mark;       /* sum over tier 0 without attributes */
    double kin, kin_n; /* agreement of attributes that guns beside the hits would have: sum, and over how many */
    struct tier_mass tier[3];
    unsigned tiers;
    struct rank_read read; /* from here on not cleared: prepare fills what is used */
    struct rank_known known;
};

static struct rank_chars chars_at(const struct run *x, uint32_t at, const struct index_entry *e, uint8_t room[MARK_LONG_CHARS])
{
    if (e->key.b[0] < MARK_CHARS)
        return (struct rank_chars){e->key.b + 1, e->key.b[0]};
    return (struct rank_chars){room, index_chars_at(x->v, at, room)};
}

static enum err score_tier(struct run *x, unsigned tier)
{
    struct hits *h = &x->s->hits;
    size_t from = h->count;
    enum err e = index_tier(x->v, &x->q->pattern, tier, h);
    if (e)
        return e;
    if (tier && h->count > from)
        rank_read_ways(&x->read);
    if (!mem_grow(&x->s->scored, &x->s->scored_cap, h->count, SIZE_MAX / 64, sizeof *x->s->scored))
        return ERR_MEMORY;
    struct tier_mass *m = &x->tier[tier];
    for (size_t i = from; i < h->count; i++) {
        uint8_t room[MARK_LONG_CHARS];
        struct index_entry entry = index_entry_at(x->v, h->hit[i].at);
        struct rank_chars k = chars_at(x, h->hit[i].at, &entry, room);
        float kin, agree = rank_known_factor(&x->known, &x->r->attrs, entry.attr, &kin);
        float mark = rank_score(&x->read, &x->q->pattern, k, tier), w = mark * agree;
        x->s->scored[i] = (struct scored){w, (uint32_t)i};
        m->sum += w;
        m->most = w > m->most ? w : m->most;
        m->agree = agree > m->agree ? agree : m->agree;
        x->mark += tier ? 0 : mark;
        x->as_written = x->as_written || (!tier && k.n == x->read.n && memcmp(k.b, x->read.byte, k.n) == 0);
        float next = tier ? rank_neighbour(&x->read, k, mark) : 1;
        if (next > 0) {
            x->kin += kin;
            x->kin_n++;
        }
        if (tier == 2)
            x->neighbours += next * kin;
    }
    m->n = h->count - from;
    x->tiers = tier;
    return OK;
}

#define BASE_WEIGHT 0.5
#define STRAYS 0.3         /* share of errors that stay among serials as dense as where they began */
/* Agreement of attributes to be expected of a gun that is not here: as the guns around the reading suggest. */
static double kin_factor(const struct run *x)
{
    double base = rank_known_absent(&x->known, &x->r->attrs, x->density.make, x->density.make_share);
    return (BASE_WEIGHT * base + x->kin) / (BASE_WEIGHT + x->kin_n);
}

/* Mass of all single and of all double errors if a gun stood in every place. */
static double one_error(const struct run *x)
{
    return x->read.tier[1] * x->read.error * x->read.n;
}

static double two_errors(const struct run *x)
{
    double e = x->read.error * x->read.n;
    return x->read.tier[2] * e * e / 2;
}

/* ---- when deeper tiers need not be looked at ---- */
#define ACCIDENT 0.06       /* chance of hitting a registered serial by accident that we accept to be fooled by */
#define ACCIDENT_ALIKE 0.25 /* the same when the hit differs in look-alikes: damage is mostly of one kind */
#define ACCIDENT_DEEP 0.4 /* the same once single errors have been looked at */
#define AGREES 0.02        /* share of the best possible agreement of attributes */
#define AGREES_FULLY 0.5   /* one part unknown, none against */
#define OUTWEIGHED 0.0005
#define PLACES_BAR 0.04    /* weight of a believable pair of errors, in squared error rates */
#define LOOKED_AT 6

static bool agreeing(const struct run *x, unsigned tier)
{
    return x->tier[tier].n > 0 && x->tier[tier].agree >= AGREES * x->known.best;
}

static bool enough_plain(const struct run *x)
{
    return x->tier[0].n > 0 && x->expected < (x->as_written ? ACCIDENT : ACCIDENT_ALIKE);
}

/* A mark that fits as it stands and one error has been looked at too: with two errors the true gun would be one of hundreds. */
static bool enough_exact(const struct run *x)
{
    return x->tier[0].n > 0 && x->expected < ACCIDENT_DEEP && agreeing(x, 0);
}

/* Do the hits so far fill the first places against whatever two errors could bring? */
static bool places_filled(const struct run *x)
{
    float bar = x->known.best * x->read.tier[2] * PLACES_BAR * x->read.error * x->read.error;
    size_t n = x->s->hits.count, want = x->q->limit < TOP_FEW ? x->q->limit : TOP_FEW, have = 0;
    for (size_t i = 0; i < n && have < want; i++)
        have += x->s->scored[i].w > bar;
    return have >= want;
}

/* Is the neighbourhood so empty that the hits one error away outweigh all that two errors are likely to bring? (If the gun
 * is not here, nothing is lost either.) */
static bool sparse_around(const struct run *x)
{
    size_t n = x->s->hits.count;
    if (n == 0 || n > LOOKED_AT || x->tier[1].agree < AGREES_FULLY * x->known.best)
        return false;
    double near = x->expected;
    for (size_t i = 0; i < n; i++) {
        struct index_entry e = index_entry_at(x->v, x->s->hits.hit[i].at);
        double here = rank_tree_key(&x->r->tree, &e.key).share * (double)x->r->entries;
        near = here > near ? here : near;
    }
    return near * STRAYS * two_errors(x) * kin_factor(x) < OUTWEIGHED * x->tier[1].sum;
}

static bool enough(const struct run *x, unsigned tier)
{
    if (x->q->limit == 0)
        return false;
    if (tier == 0) {
        const struct pattern *p = &x->q->pattern;
        if (!agreeing(x, 0))
            return false;
        return p->anys + p->sets > 0 ? x->tier[0].n > 0 : enough_plain(x);
    }
    return enough_exact(x) || places_filled(x) || sparse_around(x);
}

/* ---- guns that are not here ---- */
#define DENSE_MOST 0.95
#define TREE_STRENGTH 2.0   /* the background model's word against the count of hits itself */
#define STAR_STRENGTH 0.5
#define SHARED_OTHER 0.9   /* of guns that share a serial, those of another make */

static double shared_chance(const struct run *x)
{
    unsigned l = x->read.n < RANK_LENGTHS ? x->read.n : RANK_LENGTHS - 1, digits = 1;
    for (unsigned i = 0; i < x->read.n; i++) {
        digits = digits && (!x->read.byte[i] || x->read.glyph[x->read.byte[i]] < 10);
    }
    return x->r->shared[l][digits];
}

/* Expected number given the model's word and the hits themselves; of the hits one may be the gun. */
static double accidental(double model, double hits, double strength)
{
    model = model > 1e-9 ? model : 1e-9;
    return hits > 0 ? (strength + hits - 1) / (strength / model + 1) : model;
}

static double places_open(const struct run *x)
{
    double slots = 1;
    for (unsigned i = 0; i < x->read.n; i++) {
        unsigned many = x->read.byte[i] ? 1 : bits_set(x->read.set[i]);
        slots *= many < 10 ? many : 10;
    }
    return slots;
}

/* Absent guns that read as the pattern stands, with no error. */
static double absent_clean(const struct run *x)
{
    double hits = (double)x->tier[0].n, attr = kin_factor(x);
    if (x->q->pattern.stars) {
        double fit = hits > 0 ? x->mark / hits : 0.2;
        return accidental(x->expected, hits, STAR_STRENGTH) * attr * fit + 1e-9;
    }
    double clean = rank_spelling(&x->read, &x->r->tree, x->density.kinds), slots = places_open(x);
    double n = slots > 1 ? accidental(x->expected, hits, TREE_STRENGTH) : x->expected;
    double dense = n / slots < DENSE_MOST ? n / slots : DENSE_MOST;
    double gaps = slots > hits ? (slots - hits) / slots / (1 - dense) : 0;
    double taken = hits < slots ? hits : slots;
    double other = SHARED_OTHER * rank_known_absent(&x->known, &x->r->attrs, 0, 0) * (x->known.is.make ? 0.5 : 1);
    return clean * (n * gaps * attr + shared_chance(x) * taken * (other + (1 - SHARED_OTHER) * attr));
}

/* Mass of a tier as it would be without its best hit: what accidents alone bring. */
static double accidents(const struct tier_mass *m)
{
    return m->n ? m->sum - m->most + m->sum / (double)m->n * 0.5 : 0;
}

static double absent_mass(const struct run *x, double *out_unseen)
{
    double mass = absent_clean(x), unseen = 0;
    if (x->tiers >= 1)
        mass += x->tiers >= 2 ? x->neighbours : accidents(&x->tier[1]);
    if (x->tiers >= 2)
        mass += accidents(&x->tier[2]);
    double around = (x->expected < 1 ? x->expected : 1) * kin_factor(x);
    if (x->tiers < 1)
        unseen += STRAYS * one_error(x) * around;
    if (x->tiers < 2 && !x->q->pattern.stars)
        unseen += STRAYS * two_errors(x) * around;
    *out_unseen = unseen + 0.02 * mass; /* and guns here read with more errors than are searched for */
    return mass + unseen + 1e-12;
}

/* ---- the best ---- */
static int better(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->w != y->w)
        return x->w > y->w ? -1 : 1;
    return x->hit < y->hit ? -1 : x->hit > y->hit;
}

/* Brings the best k to the front, in order: a heap of the k best with the worst at its root. */
static void sift(struct scored *h, size_t n, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= n)
            return;
        if (child + 1 < n && better(&h[child + 1], &h[child]) > 0)
            child++;
        if (better(&h[child], &h[at]) <= 0)
            return;
        struct scored t = h[at];
        h[at] = h[child];
        h[child] = t;
        at = child;
    }
}

static void best_first(struct scored *s, size_t n, size_t k)
{
    if (k < n) {
        for (size_t i = k / 2; i-- > 0;)
            sift(s, k, i);
        for (size_t i = k; i < n; i++) {
            if (better(&s[i], &s[0]) < 0) {
                struct scored t = s[0];
                s[0] = s[i];
                s[i] = t;
                sift(s, k, 0);
            }
        }
        n = k;
    }
    if (n > 1)
        qsort(s, n, sizeof *s, better);
}

/* Rows already listed: open addressing, row + 1, 0 free. */
static bool rows_clear(struct search_scratch *s, size_t most)
{
    size_t slots = 64;
    while (slots < most * 2)
        slots *= 2;
    if (!mem_grow(&s->rows, &s->rows_cap, slots, SIZE_MAX / 64, sizeof *s->rows))
        return false;
    s->rows_mask = slots - 1;
    memset(s->rows, 0, slots * sizeof *s->rows);
    return true;
}

static bool row_seen(struct search_scratch *s, uint32_t row)
{
    size_t at = row * 0x9e3779b1u & s->rows_mask;
    while (s->rows[at] && s->rows[at] != row + 1)
        at = (at + 1) & s->rows_mask;
    bool seen = s->rows[at] != 0;
    s->rows[at] = row + 1;
    return seen;
}

static void write_candidate(const struct run *x, struct candidate *c, const struct scored *s, double total, double absent)
{
    const struct hit *h = &x->s->hits.hit[s->hit];
    uint8_t room[MARK_LONG_CHARS];
    struct index_entry e = index_entry_at(x->v, h->at);
    c->row = h->row;
    c->at = h->at;
    c->tier = h->tier;
    c->p = x->q->registered * s->w / total;
    c->log_odds = log((x->q->registered * s->w + 1e-30) / (absent + 1e-30));
    c->why_count = 0;
    c->differs = 0;
    if (x->q->reasons)
        rank_explain(&x->read, &x->known, &x->q->pattern, chars_at(x, h->at, &e, room), e.attr, c);
}

#define ODDS_MARK 0.5 /* the mark alone: up to here */
#define ODDS_SOME 0.4 /* with make or calibre */
#define ODDS_HIGH 0.9
/* The first `want` rows among the best `take` hits (a row with two keys may have been hit twice); returns how many there are. */
static size_t write_best(const struct run *x, size_t take, size_t want, double total, double absent)
{
    struct search_scratch *s = x->s;
    size_t count = 0;
    best_first(s->scored, s->hits.count, take);
    for (size_t i = 0; i < take && count < want; i++) {
        if (!row_seen(s, s->hits.hit[s->scored[i].hit].row))
            write_candidate(x, &s->candidate[count++], &s->scored[i], total, absent);
    }
    return count;
}

/* Where stated and true odds agree within a few hundredths on all registers measured, dense counters too (docs/ranking.md). */
static bool odds_hold(const struct mark_attr *is, double p_absent)
{
    bool more = is->model || is->year || is->type || is->country, some = is->make || is->calibre;
    return !more && (p_absent >= ODDS_HIGH || p_absent < (some ? ODDS_SOME : ODDS_MARK));
}

/* The model itself may be wrong: so much is kept back for either side, whatever the evidence. */
#define DOUBT_HERE 0.045
#define DOUBT_ABSENT 0.035
static enum err write_result(struct run *x, struct search_result *out)
{
    struct search_scratch *s = x->s;
    size_t n = s->hits.count, want = x->q->limit && x->q->limit < n ? x->q->limit : n, count = 0;
    double unseen, mass = absent_mass(x, &unseen), here = 0;
    for (unsigned t = 0; t <= x->tiers; t++)
        here += x->tier[t].sum;
    double absent = (1 - x->q->registered) * mass, total = x->q->registered * (here + unseen) + absent;
    double p_absent = DOUBT_HERE + (1 - DOUBT_HERE - DOUBT_ABSENT) * absent / total;
    total = total > absent ? (total - absent) / (1 - p_absent) : 1; /* candidates share what is left */
    if (!mem_grow(&s->candidate, &s->candidate_cap, want, SIZE_MAX / 1024, sizeof *s->candidate))
        return ERR_MEMORY;
    for (size_t take = want, tried = 0; count < want && tried < n; tried = take, take = take < n / 2 ? take * 2 : n) {
        if (!rows_clear(s, take))
            return ERR_MEMORY;
        count = write_best(x, take, want, total, absent);
    }
    out->count = count;
    out->candidate = s->candidate;
    out->p_absent = p_absent;
    out->odds = n > 0 && odds_hold(&x->known.is, p_absent);
    out->considered = n;
    out->tiers = x->tiers;
    return OK;
}

static void prepare(struct run *x)
{
    rank_read_init(&x->read, &x->r->channel, &x->q->pattern);
    if (x->q->reasons)
        rank_read_ways(&x->read);
    rank_known_init(&x->known, &x->r->attrs, &x->q->known);
    double n = (double)x->r->entries;
    if (x->q->pattern.stars == 1 && !x->read.star_first) {
        x->expected = rank_tree_starred(&x->r->tree, &x->q->pattern) * n;
    } else if (x->q->pattern.stars) {
        x->expected = rank_tree_loose(&x->r->tree, &x->q->pattern) * n;
    } else {
        x->density = rank_tree_density(&x->r->tree, &x->q->pattern);
        x->expected = x->density.share * n;
    }
}

enum err search_run(const struct index_view *v, const struct ranker *r, const struct search_query *q,
    struct search_scratch *s, struct search_result *out, struct fault *f)
{
    int64_t start = time_mono_ns();
    if (q->limit > SEARCH_LIMIT_MAX || q->errors > 2 || !(q->registered > 0 && q->registered < 1))
        return fault_set(f, ERR_RANGE, q->errors > 2 ? "errors" : q->limit > SEARCH_LIMIT_MAX ? "limit" : "registered",
            SLICE(""), "want.search");
    struct run x;
    struct search_result res = {0};
    unsigned last = q->pattern.stars ? 0 : q->errors, tier = 0;
    memset(&x, 0, offsetof(struct run, read));
    x.v = v;
    x.r = r;
    x.q = q;
    x.s = s;
    hits_clear(&s->hits);
    s->hits.max = q->limit ? HITS_MAX : 0;
    prepare(&x);
    enum err e = score_tier(&x, 0);
    while (!e && tier < last && !s->hits.cut && !enough(&x, tier))
        e = score_tier(&x, ++tier);
    if (!e)
        e = write_result(&x, &res);
    if (e)
        return fault_set(f, e, "search", SLICE(""), "");
    res.complete = tier == last && !s->hits.cut;
    res.nanos = time_mono_ns() - start;
    *out = res;
    return OK;
}

/* ---- words for the whole ---- */
#define SURE_ABSENT 0.9
#define STANDS_OUT 0.9
#define AMONG_FEW 0.7

const char *search_verdict(const struct search_result *r)
{
    double few = 0;
    if (r->count == 0)
        return "verdict.no_hit";
    if (r->p_absent >= SURE_ABSENT)
        return "verdict.probably_absent";
    for (size_t i = 0; i < r->count && i < TOP_FEW; i++)
        few += r->candidate[i].p;
    if (r->candidate[0].p >= STANDS_OUT)
        return "verdict.first_stands_out";
    return few >= AMONG_FEW ? "verdict.one_of_few" : "verdict.uncertain";
}

bool search_odds_supported(const struct search_result *r)
{
    return r->odds;
}
