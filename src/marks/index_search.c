/* Searching one part: probes and ranges give candidates, kernels verify them, runs of equal serials become hits.
 * Memory, not work, is what a probe costs: directory words, buckets and records are asked for well before they are
 * read. */
#include "marks/index_part.h"
#include "base/arena.h"
#include "base/banned.h"

#define SEEN_LOG 12
#define LEAD 12 /* probes between asking for a line and reading it */

/* Nanoseconds by experience, for choosing a way; wrong figures cost time, not answers. */
enum { COST_PROBE = 15, COST_FORWARD = 3, COST_BACK = 10, COST_RANGE = 250 };

enum err scratch_ready(struct hits *h)
{
    if (h->scratch)
        return OK;
    struct index_scratch *s = mem_alloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    s->k = kernels_best();
    s->seen_log = SEEN_LOG;
    s->hash = mem_alloc(HASH_BATCH, sizeof *s->hash);
    s->cand = mem_alloc(CAND_BATCH, sizeof *s->cand);
    s->seen = mem_alloc((size_t)1 << s->seen_log, sizeof *s->seen);
    h->scratch = s;
    if (s->hash && s->cand && s->seen)
        return OK;
    scratch_free(h);
    return ERR_MEMORY;
}

void scratch_free(struct hits *h)
{
    if (!h->scratch)
        return;
    mem_free(h->scratch->hash);
    mem_free(h->scratch->cand);
    mem_free(h->scratch->seen);
    mem_free(h->scratch);
    h->scratch = NULL;
}

bool search_done(const struct search *s)
{
    return s->err != OK || s->out->cut;
}

/* ---- the seen-set: a candidate comes by several probes and is verified once ---- */

static void seen_clear(struct index_scratch *s)
{
    s->seen_count = 0;
    if (++s->epoch < 256)
        return;
    memset(s->seen, 0, sizeof *s->seen << s->seen_log);
    s->epoch = 1;
}

static uint32_t *seen_slot(uint32_t *table, unsigned log, uint32_t value)
{
    uint32_t mask = (1u << log) - 1, i = (value & POST_RANK) * 0x9E3779B1u >> (32 - log);
    while (table[i] != value && table[i] >> 24 == value >> 24)
        i = (i + 1) & mask;
    return &table[i];
}

static bool seen_grow(struct index_scratch *s)
{
    unsigned log = s->seen_log + 2;
    uint32_t *bigger = log < 30 ? mem_alloc((size_t)1 << log, sizeof *bigger) : NULL;
    if (!bigger)
        return false;
    for (size_t i = 0; i < (size_t)1 << s->seen_log; i++)
        if (s->seen[i] >> 24 == s->epoch)
            *seen_slot(bigger, log, s->seen[i]) = s->seen[i];
    mem_free(s->seen);
    s->seen = bigger;
    s->seen_log = log;
    return true;
}

/* ---- hits ---- */

void search_hit(struct search *s, uint32_t at, uint32_t row)
{
    struct hits *h = s->out;
    if (search_done(s) || view_hides(s->view, row))
        return;
    if (h->max && h->count == h->max) {
        h->cut = true;
        return;
    }
    if (h->count == h->cap && !mem_grow(&h->hit, &h->cap, h->count + 1, SIZE_MAX / 64, sizeof *h->hit)) {
        s->err = ERR_MEMORY;
        return;
    }
    h->hit[h->count++] = (struct hit){row, at, (uint8_t)s->tier};
}

static void hit_run(struct search *s, uint32_t rank)
{
    const struct record *r = s->part->rec + rank;
    search_hit(s, s->at_base + rank, r->row);
    while (r->key[0] & RUN_ON && !search_done(s)) {
        r++;
        search_hit(s, s->at_base + (uint32_t)(r - s->part->rec), r->row);
    }
}

static void verify(
    struct search *s, const struct record *rec, const uint32_t *rank, size_t count, uint8_t verdict[KERNEL_MAX])
{
    const struct kernels *k = s->s->k;
    s->out->candidates += count;
    if (s->tier == 0) {
        k->fits(&s->s->q, rec, rank, count, verdict);
        return;
    }
    k->distance(&s->s->q, rec, rank, count, verdict);
    for (size_t i = 0; i < count; i++)
        verdict[i] = verdict[i] == s->tier;
}

static void verify_candidates(struct search *s)
{
    uint8_t verdict[KERNEL_MAX];
    struct index_scratch *x = s->s;
    for (size_t from = 0; from < x->cands && !search_done(s); from += KERNEL_MAX) {
        size_t n = x->cands - from < KERNEL_MAX ? x->cands - from : KERNEL_MAX;
        if (s->sure)
            memset(verdict, 1, n);
        else
            verify(s, s->part->rec, x->cand + from, n, verdict);
        for (size_t i = 0; i < n; i++) {
            if (!verdict[i])
                continue;
            if (s->whole_runs)
                hit_run(s, x->cand[from + i]);
            else
                search_hit(s, s->at_base + x->cand[from + i], s->part->rec[x->cand[from + i]].row);
        }
    }
    x->cands = 0;
}

/* ---- probes ---- */

static void push_candidate(struct search *s, uint32_t rank)
{
    __builtin_prefetch(&s->part->rec[rank]);
    s->s->cand[s->s->cands++] = rank;
    if (s->s->cands == CAND_BATCH)
        verify_candidates(s);
}

void search_candidate(struct search *s, uint32_t rank)
{
    struct index_scratch *x = s->s;
    uint32_t value = (uint32_t)x->epoch << 24 | rank, *slot = seen_slot(x->seen, x->seen_log, value);
    if (*slot == value)
        return;
    *slot = value;
    if (++x->seen_count * 2 > (size_t)1 << x->seen_log && !seen_grow(x))
        s->err = ERR_MEMORY;
    push_candidate(s, rank);
}

static void read_bucket(struct search *s, uint64_t hash, const uint32_t dir[2])
{
    uint32_t found[KERNEL_MAX];
    for (uint32_t from = dir[0]; from < dir[1]; from += KERNEL_MAX) {
        size_t n = dir[1] - from < KERNEL_MAX ? dir[1] - from : KERNEL_MAX;
        size_t got = s->s->k->bucket(s->part->post + from, n, (uint8_t)hash, found);
        for (size_t i = 0; i < got && s->err == OK; i++)
            search_candidate(s, found[i]);
    }
}

static void run_probes(struct search *s)
{
    const struct part *p = s->part;
    uint32_t bucket[HASH_BATCH];
    size_t n = s->s->hashes, lead = n > LEAD ? LEAD : n;
    s->out->probes += n;
    for (size_t i = 0; i < n + 2 * lead && !search_done(s); i++) {
        if (i < n) {
            bucket[i] = (uint32_t)bucket_of(p, s->s->hash[i]);
            __builtin_prefetch(&p->dir[bucket[i]]);
        }
        if (i >= lead && i - lead < n) {
            const uint32_t *post = p->post + p->dir[bucket[i - lead]];
            __builtin_prefetch(post);
            __builtin_prefetch(post + BUCKET_GOAL);
        }
        if (i >= 2 * lead)
            read_bucket(s, s->s->hash[i - 2 * lead], &p->dir[bucket[i - 2 * lead]]);
    }
    s->s->hashes = 0;
}

void search_probe(struct search *s, uint64_t hash)
{
    s->s->hash[s->s->hashes++] = hash;
    if (s->s->hashes == HASH_BATCH)
        run_probes(s);
}

void search_flush(struct search *s)
{
    run_probes(s);
    verify_candidates(s);
}

/* ---- ranges and scans ---- */

static bool before(struct order_key a, struct order_key b, bool or_equal)
{
    if (a.hi != b.hi)
        return a.hi < b.hi;
    return or_equal ? a.lo <= b.lo : a.lo < b.lo;
}

static size_t sample_bound(const uint64_t *sample, size_t n, uint64_t hi, bool past_equal)
{
    size_t from = 0;
    while (n) {
        size_t half = n / 2;
        bool low = past_equal ? sample[from + half] <= hi : sample[from + half] < hi;
        from += low ? half + 1 : 0;
        n = low ? n - half - 1 : half;
    }
    return from;
}

/* How many records of the order come before k (or are equal to it). */
static size_t order_bound(const struct part *p, struct order_key k, bool reversed, bool or_equal)
{
    const uint64_t *sample = reversed ? p->sample_rev : p->sample;
    size_t s1 = sample_bound(sample, p->samples, k.hi, false), s2 = s1;
    if (s1 < p->samples && sample[s1] == k.hi)
        s2 = s1 + sample_bound(sample + s1, p->samples - s1, k.hi, true);
    size_t from = s1 ? (s1 - 1) * SAMPLE : 0, to = s2 * SAMPLE < p->n ? s2 * SAMPLE : p->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        const struct record *r = reversed ? &p->rec[p->rec[mid].rev] : &p->rec[mid];
        if (before(order_key(r->key, reversed), k, or_equal))
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

static struct order_key padded(const uint8_t *folded, unsigned n, bool reversed, uint8_t pad)
{
    uint8_t key[16];
    memset(key, pad, sizeof key);
    for (unsigned i = 0; i < n; i++)
        key[1 + i] = reversed ? folded[n - 1 - i] : folded[i];
    return order_key(key, false);
}

void part_range(const struct part *p, const uint8_t *folded, unsigned n, bool reversed, size_t *from, size_t *to)
{
    *from = order_bound(p, padded(folded, n, reversed, 0), reversed, false);
    *to = order_bound(p, padded(folded, n, reversed, 0xFC), reversed, true);
}

static void scan_chunk(struct search *s, const struct record *rec, uint32_t at, size_t n)
{
    uint8_t verdict[KERNEL_MAX];
    if (s->sure)
        memset(verdict, 1, n);
    else
        verify(s, rec, NULL, n, verdict);
    for (size_t i = 0; i < n; i++)
        if (verdict[i])
            search_hit(s, s->at_base + at + (uint32_t)i, rec[i].row);
}

void search_scan(struct search *s, size_t from, size_t to)
{
    for (; from < to && !search_done(s); from += KERNEL_MAX)
        scan_chunk(s, s->part->rec + from, (uint32_t)from, to - from < KERNEL_MAX ? to - from : KERNEL_MAX);
}

void search_records(struct search *s, const struct record *rec, size_t n)
{
    for (size_t from = 0; from < n && !search_done(s); from += KERNEL_MAX)
        scan_chunk(s, rec + from, (uint32_t)from, n - from < KERNEL_MAX ? n - from : KERNEL_MAX);
}

void search_sweep(struct search *s, const struct record *rec, size_t n, unsigned max_tier)
{
    uint8_t tier[KERNEL_MAX];
    for (size_t from = 0; from < n && !search_done(s); from += KERNEL_MAX) {
        size_t m = n - from < KERNEL_MAX ? n - from : KERNEL_MAX;
        if (s->p->stars)
            s->s->k->fits(&s->s->q, rec + from, NULL, m, tier);
        else
            s->s->k->distance(&s->s->q, rec + from, NULL, m, tier);
        for (size_t i = 0; i < m; i++) {
            s->tier = s->p->stars ? (tier[i] ? 0 : 3) : tier[i];
            if (s->tier <= max_tier)
                search_hit(s, s->at_base + (uint32_t)(from + i), rec[from + i].row);
        }
    }
}

static void search_back(struct search *s, size_t from, size_t to)
{
    s->whole_runs = false;
    for (; from < to && !search_done(s); from++)
        push_candidate(s, s->part->rec[from].rev);
    verify_candidates(s);
}

/* ---- choosing a way ---- */

static unsigned single(const struct cell *c)
{
    return c->set && !(c->set & (c->set - 1)) ? (unsigned)__builtin_ctzll(c->set) << 2 : 0;
}

struct ends { /* the readable runs at both ends of the pattern, and where the records with them lie */
    uint8_t head[PATTERN_CELLS], tail[PATTERN_CELLS];
    unsigned heads, tails;
    size_t from[2], to[2];
    uint64_t cost[2];
};

static void find_ends(const struct part *part, const struct pattern *p, struct ends *e)
{
    e->heads = e->tails = 0;
    while (e->heads < p->count && e->heads < MARK_CHARS && single(&p->cells[e->heads])) {
        e->head[e->heads] = (uint8_t)single(&p->cells[e->heads]);
        e->heads++;
    }
    while (e->tails < p->count && e->tails < MARK_CHARS && single(&p->cells[p->count - 1 - e->tails]))
        e->tails++;
    for (unsigned i = 0; i < e->tails; i++)
        e->tail[i] = (uint8_t)single(&p->cells[p->count - e->tails + i]);
    e->from[0] = e->from[1] = 0;
    e->to[0] = e->to[1] = part->n;
    if (e->heads)
        part_range(part, e->head, e->heads, false, &e->from[0], &e->to[0]);
    if (e->tails)
        part_range(part, e->tail, e->tails, true, &e->from[1], &e->to[1]);
    e->cost[0] = (e->to[0] - e->from[0]) * COST_FORWARD;
    e->cost[1] = e->tails ? (e->to[1] - e->from[1]) * COST_BACK : UINT64_MAX;
}

static void search_end(struct search *s, const struct ends *e)
{
    if (e->cost[1] < e->cost[0])
        search_back(s, e->from[1], e->to[1]);
    else
        search_scan(s, e->from[0], e->to[0]);
}

static void search_starred(struct search *s)
{
    const struct pattern *p = s->p;
    struct ends e;
    find_ends(s->part, p, &e);
    bool one_star = p->stars == 1 && e.heads + e.tails + 1 == p->count;
    if (one_star && !e.heads) { /* "*1234": the range is the answer */
        s->sure = true;
        e.cost[1] = 0;
        e.cost[0] = 1;
    } else if (one_star && !e.tails) {
        s->sure = true;
        e.cost[0] = 0;
    }
    search_end(s, &e);
    s->sure = false;
}

static uint64_t count_probes(struct search *s)
{
    s->counting = true;
    s->count = 0;
    s->count_limit = s->part->n; /* more probes than records: no use in counting on */
    probes_fixed(s, s->tier);
    s->counting = false;
    return s->count;
}

/* Few probes are made at once; many are weighed against ranges (tier 0) and a scan. */
static bool probes_pay(struct search *s)
{
    const struct pattern *p = s->p;
    if (p->anys + p->sets <= (s->tier == 0 ? 1 : 0))
        return true;
    uint64_t cost = count_probes(s) * COST_PROBE;
    if (cost <= COST_RANGE)
        return true;
    struct ends e = {.cost = {(uint64_t)s->part->n * COST_FORWARD, UINT64_MAX}, .to = {s->part->n}};
    if (s->tier == 0)
        find_ends(s->part, p, &e);
    uint64_t other = (e.cost[0] < e.cost[1] ? e.cost[0] : e.cost[1]) + COST_RANGE;
    if (cost <= other)
        return true;
    search_end(s, &e);
    return false;
}

void search_part(struct search *s)
{
    s->whole_runs = s->sure = false;
    if (s->p->stars) {
        if (s->tier == 0)
            search_starred(s);
        return;
    }
    if (s->p->count > MARK_CHARS + s->tier || !probes_pay(s))
        return;
    seen_clear(s->s);
    s->whole_runs = true;
    probes_fixed(s, s->tier);
    search_flush(s);
}
