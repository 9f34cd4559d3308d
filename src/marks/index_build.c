/* Building a part: order, samples, and the postings. Postings are written in two moves so that memory is walked, not
 * hit at random: each goes to its share (a run of buckets that fits the second-level cache), then each share is put in
 * order. To keep the peak low this is done for some of the shares at a time. */
#include "marks/index_part.h"
#include "base/arena.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "base/banned.h"

/* Raw allocation, here only: arrays of hundreds of megabytes on huge pages, which the general allocator cannot promise.
 */
#define HUGE_FROM ((size_t)4 << 20)

static size_t huge_size(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n ? n : 1, size, &bytes) || bytes > SIZE_MAX - HUGE_FROM)
        return 0;
    return bytes < HUGE_FROM ? (bytes + 63) & ~(size_t)63 : (bytes + 0x1FFFFF) & ~(size_t)0x1FFFFF;
}

void *huge_alloc(size_t n, size_t size)
{
    size_t bytes = huge_size(n, size);
    if (!bytes)
        return NULL;
    void *p = aligned_alloc(bytes < HUGE_FROM ? 64 : (size_t)2 << 20, bytes);
    if (!p)
        return NULL;
    if (bytes >= HUGE_FROM)
        madvise(p, bytes, MADV_HUGEPAGE); /* advice only: refusal changes speed, not answers */
    return p;
}

void huge_free(void *p)
{
    free(p);
}

bool work_need(struct work *w, size_t bytes)
{
    if (w->bytes >= bytes)
        return true;
    huge_free(w->p);
    w->p = huge_alloc(bytes, 1);
    w->bytes = w->p ? huge_size(bytes, 1) : 0;
    return w->p != NULL;
}

/* ---- threads ---- */

struct job {
    void (*fn)(void *arg, int i);
    void *arg;
    int i;
};

static void *run_job(void *p)
{
    struct job *j = p;
    j->fn(j->arg, j->i);
    return NULL;
}

#define POST_PAST 16 /* room for a vector to read past the last posting */
#define THREADS_MAX 64

void threads_run(int threads, void (*fn)(void *arg, int i), void *arg)
{
    pthread_t id[THREADS_MAX];
    struct job job[THREADS_MAX];
    bool started[THREADS_MAX] = {false};
    for (int i = 1; i < threads && i < THREADS_MAX; i++) {
        job[i] = (struct job){fn, arg, i};
        started[i] = pthread_create(&id[i], NULL, run_job, &job[i]) == 0;
    }
    fn(arg, 0);
    for (int i = 1; i < threads; i++) {
        if (i < THREADS_MAX && started[i])
            pthread_join(id[i], NULL);
        else
            fn(arg, i); /* no thread to be had: the work is done all the same */
    }
}

/* ---- hashing ---- */

void zobrist_fill(struct zobrist *z)
{
    uint64_t x = UINT64_C(0x41746861725f6978); /* any constant: hashes never leave memory */
    for (unsigned i = 0; i < MARK_CHARS + 2; i++)
        for (unsigned c = 0; c < 64; c++) { /* splitmix64 */
            x += UINT64_C(0x9E3779B97F4A7C15);
            uint64_t y = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
            y = (y ^ y >> 27) * UINT64_C(0x94D049BB133111EB);
            z->w[i][c] = y ^ y >> 31;
        }
}

/* All hashes under which a serial is posted: without each character (once a stretch of equal ones), and itself. From
 * one loss to the next only two characters change places. */
static inline unsigned post_hashes(const struct zobrist *z, const uint8_t key[16], uint64_t out[16])
{
    unsigned n = LENGTH(key), count = 0;
    uint64_t lost = 0, whole = 0;
    for (unsigned i = 2; i <= n; i++)
        lost ^= zob(z, i - 1, key[i]);
    for (unsigned i = 1; i <= n; i++) {
        out[count] = lost;
        count += (key[i] ^ key[i - 1]) >= 4 || i == 1; /* byte 0 is the length, no character */
        whole ^= zob(z, i, key[i]);
        lost ^= zob(z, i, key[i]) ^ (i < n ? zob(z, i, key[i + 1]) : 0);
    }
    out[count++] = whole;
    return count;
}

/* ---- samples and alphabets ---- */

bool part_samples(struct part *p)
{
    p->samples = (p->n + SAMPLE - 1) / SAMPLE;
    p->sample = huge_alloc(p->samples, sizeof *p->sample);
    p->sample_rev = huge_alloc(p->samples, sizeof *p->sample_rev);
    if (!p->sample || !p->sample_rev)
        return false;
    for (size_t i = 0; i < p->samples; i++) {
        p->sample[i] = order_key(p->rec[i * SAMPLE].key, false).hi;
        p->sample_rev[i] = order_key(p->rec[p->rec[i * SAMPLE].rev].key, true).hi;
    }
    return true;
}

/* Sorted neighbours of one length share their beginning, which has been noted already. */
static unsigned first_new_place(const uint8_t key[16], const uint8_t before[16])
{
    unsigned i = 1;
    if (LENGTH(key) == LENGTH(before))
        while (i < LENGTH(key) && (key[i] ^ before[i]) < 4)
            i++;
    return i;
}

static void note_alphabet(uint64_t occ[16][16], const uint8_t key[16], unsigned from)
{
    for (unsigned n = LENGTH(key), i = from; i <= n; i++)
        occ[n][i] |= (uint64_t)1 << (key[i] >> 2);
}

static void note_pairs(struct pairs *p, const uint8_t key[16], unsigned from)
{
    for (unsigned n = LENGTH(key), i = from < 2 ? 2 : from; i <= n; i++) {
        p->after[n][i][key[i - 1] >> 2] |= (uint64_t)1 << (key[i] >> 2);
        p->before[n][i - 1][key[i] >> 2] |= (uint64_t)1 << (key[i - 1] >> 2);
    }
}

/* ---- postings ---- */

struct sorted_post {
    uint32_t bucket, post; /* bucket within its share */
};
struct posting_job {
    struct part *p;
    int threads;
    unsigned shares, round_from, round_to;
    uint64_t *count; /* [thread][share]: first how many, then where the next goes */
    uint64_t *start; /* [share]: first posting of the share */
    struct sorted_post *sorted;
    uint64_t (*occ)[16][16]; /* [thread] */
    struct pairs *pairs;     /* [thread], or NULL */
};

static bool first_of_run(const struct part *p, size_t i)
{
    return i == 0 || !same_folded(p->rec[i].key, p->rec[i - 1].key);
}

static void mark_run(struct part *p, size_t i)
{
    bool on = i + 1 < p->n && same_folded(p->rec[i].key, p->rec[i + 1].key);
    p->rec[i].key[0] = (uint8_t)(LENGTH(p->rec[i].key) | (on ? RUN_ON : 0));
}

static void slice_of_records(const struct posting_job *j, int t, size_t *from, size_t *to)
{
    *from = j->p->n * (size_t)t / (size_t)j->threads;
    *to = j->p->n * (size_t)(t + 1) / (size_t)j->threads;
}

static void mark_slice_ends(const struct posting_job *j)
{
    for (int t = 0; t < j->threads; t++) {
        size_t from, to;
        slice_of_records(j, t, &from, &to);
        if (to > from)
            mark_run(j->p, to - 1);
    }
}

static unsigned share_of(const struct posting_job *j, uint64_t h)
{
    return j->p->log_shares ? (unsigned)(h >> (64 - j->p->log_shares)) : 0;
}

static void count_postings(void *arg, int t)
{
    struct posting_job *j = arg;
    uint64_t *count = j->count + (size_t)t * j->shares, h[16];
    size_t from, to;
    slice_of_records(j, t, &from, &to);
    for (size_t i = from; i < to; i++) {
        if (i + 1 < to) /* the last is the neighbour's neighbour: marked when all are done */
            mark_run(j->p, i);
        if (!first_of_run(j->p, i) && i > from)
            continue;
        unsigned place = i > from ? first_new_place(j->p->rec[i].key, j->p->rec[i - 1].key) : 1;
        note_alphabet(j->occ[t], j->p->rec[i].key, place);
        if (j->pairs)
            note_pairs(&j->pairs[t], j->p->rec[i].key, place);
        if (!first_of_run(j->p, i))
            continue;
        unsigned n = post_hashes(&j->p->z, j->p->rec[i].key, h);
        for (unsigned k = 0; k < n; k++)
            count[share_of(j, h[k])]++;
    }
}

/* Postings of other rounds go to the one place past the end: cheaper than guessing which they are. */
static void write_postings(void *arg, int t)
{
    struct posting_job *j = arg;
    const struct part *p = j->p;
    uint64_t *at = j->count + (size_t)t * j->shares, h[16], base = j->start[j->round_from];
    uint64_t past = j->start[j->round_to] - base + (uint64_t)t;
    size_t i, to;
    slice_of_records(j, t, &i, &to);
    for (; i < to; i++) {
        if (!first_of_run(p, i))
            continue;
        unsigned n = post_hashes(&p->z, p->rec[i].key, h);
        for (unsigned k = 0; k < n; k++) {
            unsigned share = share_of(j, h[k]);
            uint64_t in = share - j->round_from < j->round_to - j->round_from;
            uint32_t bucket = (uint32_t)(((h[k] << p->log_shares) >> 32) * p->per_share >> 32);
            j->sorted[in ? at[share] - base : past] =
                (struct sorted_post){bucket, (uint32_t)(h[k] & 0xFF) << 24 | (uint32_t)i};
            at[share] += in;
        }
    }
}

static void order_share(const struct posting_job *j, unsigned share)
{
    struct part *p = j->p;
    uint64_t from = j->start[share], to = j->start[share + 1], base = j->start[j->round_from];
    uint32_t *dir = p->dir + (size_t)share * p->per_share;
    for (uint64_t i = from; i < to; i++)
        if (j->sorted[i - base].bucket + 1 < p->per_share)
            dir[j->sorted[i - base].bucket + 1]++;
    dir[0] = (uint32_t)from;
    for (uint32_t b = 1; b < p->per_share; b++)
        dir[b] += dir[b - 1];
    for (uint64_t i = from; i < to; i++) /* leaves each dir at its bucket's end, that is, the next one's start */
        p->post[dir[j->sorted[i - base].bucket]++] = j->sorted[i - base].post;
    memmove(dir + 1, dir, (p->per_share - 1) * sizeof *dir);
    dir[0] = (uint32_t)from;
}

static void order_shares(void *arg, int t)
{
    const struct posting_job *j = arg;
    for (unsigned s = j->round_from + (unsigned)t; s < j->round_to; s += (unsigned)j->threads)
        order_share(j, s);
}

static void place_shares(struct posting_job *j)
{
    uint64_t sum = 0;
    for (unsigned s = 0; s < j->shares; s++) {
        j->start[s] = sum;
        for (int t = 0; t < j->threads; t++) {
            uint64_t c = j->count[(size_t)t * j->shares + s];
            j->count[(size_t)t * j->shares + s] = sum;
            sum += c;
        }
    }
    j->start[j->shares] = sum;
    j->p->postings = sum;
}

static uint64_t largest_round(const struct posting_job *j, unsigned rounds)
{
    uint64_t most = 0;
    unsigned per = j->shares / rounds;
    for (unsigned r = 0; r < rounds; r++) {
        uint64_t size = j->start[(r + 1) * per] - j->start[r * per];
        most = size > most ? size : most;
    }
    return (most + (uint64_t)j->threads) * sizeof *j->sorted;
}

/* As few rounds as fit the memory that sorting needed anyway. */
static bool post_rounds(struct posting_job *j, struct work *w)
{
    unsigned rounds = 1;
    while (rounds * 2 <= j->shares && rounds < 8 && largest_round(j, rounds) > w->bytes)
        rounds *= 2;
    if (!work_need(w, largest_round(j, rounds)))
        return false;
    j->sorted = (struct sorted_post *)(void *)w->p;
    for (unsigned r = 0; r < rounds; r++) {
        j->round_from = r * (j->shares / rounds);
        j->round_to = (r + 1) * (j->shares / rounds);
        threads_run(j->threads, write_postings, j);
        threads_run(j->threads, order_shares, j);
    }
    return true;
}

static void join_alphabets(struct posting_job *j)
{
    for (int t = 0; t < j->threads; t++)
        for (unsigned i = 0; i < 256; i++)
            (&j->p->occ[0][0])[i] |= (&j->occ[t][0][0])[i];
    if (!j->pairs)
        return;
    memcpy(j->p->pairs, j->pairs, sizeof *j->pairs);
    uint64_t *all = &j->p->pairs->after[0][0][0];
    for (int t = 1; t < j->threads; t++)
        for (size_t i = 0; i < sizeof *j->pairs / sizeof *all; i++)
            all[i] |= (&j->pairs[t].after[0][0][0])[i];
}

static bool alphabets_room(struct posting_job *j)
{
    j->occ = mem_alloc((size_t)j->threads, sizeof *j->occ);
    if (j->p->n < PAIRS_FROM)
        return j->occ != NULL;
    j->pairs = mem_alloc((size_t)j->threads, sizeof *j->pairs);
    j->p->pairs = mem_alloc(1, sizeof *j->p->pairs);
    return j->occ && j->pairs && j->p->pairs;
}

static unsigned shares_for(size_t n)
{
    unsigned log = 0;
    while (log < 9 && (n >> log) > 16384) /* about 120,000 postings a share */
        log++;
    return log;
}

bool part_post(struct part *p, int threads, struct work *w)
{
    p->log_shares = shares_for(p->n);
    struct posting_job j = {.p = p, .threads = threads, .shares = 1u << p->log_shares};
    j.count = mem_alloc((size_t)threads * j.shares, sizeof *j.count);
    j.start = mem_alloc(j.shares + 1, sizeof *j.start);
    bool ok = alphabets_room(&j) && j.count && j.start;
    if (ok) {
        threads_run(threads, count_postings, &j);
        mark_slice_ends(&j);
        place_shares(&j);
        join_alphabets(&j);
        p->per_share = (uint32_t)(p->postings / BUCKET_GOAL >> p->log_shares) + 1;
        p->dir = huge_alloc(((size_t)p->per_share << p->log_shares) + 1, sizeof *p->dir);
        p->post = huge_alloc(p->postings + POST_PAST, sizeof *p->post);
        ok = p->dir && p->post;
    }
    if (ok) {
        memset(p->dir, 0, (((size_t)p->per_share << p->log_shares) + 1) * sizeof *p->dir);
        memset(p->post + p->postings, 0, POST_PAST * sizeof *p->post);
        ok = post_rounds(&j, w);
        p->dir[(size_t)p->per_share << p->log_shares] = (uint32_t)p->postings;
    }
    mem_free(j.count);
    mem_free(j.start);
    mem_free(j.occ);
    mem_free(j.pairs);
    return ok;
}

/* ---- parts ---- */

static void add_up(struct part *p, const struct work *w)
{
    size_t buckets = ((size_t)p->per_share << p->log_shares) + 1;
    p->bytes = huge_size(p->n, sizeof *p->rec) + 2 * huge_size(p->samples, sizeof *p->sample) +
               huge_size(buckets, sizeof *p->dir) + huge_size(p->postings + POST_PAST, sizeof *p->post) + sizeof *p +
               (p->pairs ? sizeof *p->pairs : 0);
    p->peak = p->bytes + w->bytes;
}

static struct part *part_new(size_t n)
{
    struct part *p = mem_alloc(1, sizeof *p);
    if (!p)
        return NULL;
    atomic_init(&p->refs, 1);
    p->n = n;
    zobrist_fill(&p->z);
    return p;
}

static struct part *finish(struct part *p, bool ok, int threads, struct work *w)
{
    ok = ok && part_samples(p) && part_post(p, threads, w);
    if (ok) {
        add_up(p, w);
    } else {
        part_unref(p);
        p = NULL;
    }
    huge_free(w->p);
    return p;
}

struct part *part_build(const struct index_entry *e, size_t n, int threads)
{
    struct work w = {NULL, 0};
    struct part *p = part_new(n);
    if (!p)
        return NULL;
    p->rec = huge_alloc(n, sizeof *p->rec);
    return finish(p, p->rec && part_order(p, e, threads, &w), threads, &w);
}

struct part *part_of_records(struct record *rec, size_t n, int threads)
{
    struct work w = {NULL, 0};
    struct part *p = part_new(n);
    if (!p) {
        huge_free(rec);
        return NULL;
    }
    p->rec = rec;
    return finish(p, work_need(&w, n * 32), threads, &w); /* two rounds of postings */
}

struct part *part_ref(struct part *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void part_unref(struct part *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    huge_free(p->rec);
    huge_free(p->sample);
    huge_free(p->sample_rev);
    huge_free(p->dir);
    huge_free(p->post);
    mem_free(p->pairs);
    mem_free(p);
}
