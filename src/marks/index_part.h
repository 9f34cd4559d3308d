/* Private to marks/index*.c: one immutable, sorted and posted part of the index.
 *
 * Layout. Records lie sorted by their folded characters (class << 2, variant masked away; shorter before longer), so that
 * all look-alikes of a serial are neighbours: a RUN. `rev` of the i-th record is the number of the record that is i-th when
 * sorted by characters from the last to the first. Each distinct serial is POSTED under the hash of its characters and
 * under the hash of each string that one lost character leaves. A posting is 24 bits of record number (the first of its
 * run) and 8 bits of the hash; postings of one bucket lie together, `dir` says where.
 *
 * Invariants: 1 n <= PART_MAX. 2 records sorted. 3 rev is a permutation, sorted. 4 every distinct serial has all its
 * postings, so a query that hashes what is left of a record with one character lost finds it. 5 occ[len][pos] has the bit of
 * every class that occurs there (pos from 1): enumerating only those loses nothing; the same for pairs. */
#ifndef MARKS_INDEX_PART_H
#define MARKS_INDEX_PART_H
#include "marks/index.h"
#include <stdatomic.h>

#define PART_MAX ((size_t)1 << 24)
#define FOLD_MASK 0xFC
#define SAMPLE 32       /* one sample key every so many records */
#define BUCKET_GOAL 14  /* postings a bucket: with 4 bytes each, about one cache line */
#define POST_RANK 0xFFFFFFu

#define RUN_ON 0x80
#define LENGTH(key) ((key)[0] & 15u)

struct record { /* half a cache line: whoever verifies the key has attributes and row at hand */
    uint8_t key[16]; /* as mark_key; in b[0] also RUN_ON when the next record of the part is of the same run */
    uint64_t attr;
    uint32_t row, rev;
};
_Static_assert(sizeof(struct record) == 32, "half a cache line");

/* ---- hashing: XOR of one random word a place and class ---- */
struct zobrist {
    uint64_t w[MARK_CHARS + 2][64];
};
void zobrist_fill(struct zobrist *z); /* always the same words */
static inline uint64_t zob(const struct zobrist *z, unsigned place, unsigned folded)
{
    return z->w[place][folded >> 2];
}

/* ---- sort keys: 6 bits a character, first ten in hi, last five in lo ---- */
struct order_key {
    uint64_t hi;
    uint32_t lo;
};
struct order_key order_key(const uint8_t key[16], bool reversed);

/* Which classes stand beside which: the sharper alphabet for enumerating one unknown character between known ones. */
struct pairs {
    uint64_t after[16][16][MARK_CLASSES];  /* [length][place][class at place - 1]: classes at place */
    uint64_t before[16][16][MARK_CLASSES]; /* [length][place][class at place + 1]: classes at place */
};
#define PAIRS_FROM 2000 /* records from which a part has them: they take 200,000 bytes */

struct part {
    atomic_int refs;
    size_t n;
    struct record *rec;
    uint64_t *sample, *sample_rev; /* hi of every SAMPLE-th record, each order */
    size_t samples;
    uint32_t *dir, *post; /* dir: buckets + 1 */
    uint64_t postings;
    unsigned log_shares;  /* buckets = per_share << log_shares */
    uint32_t per_share;
    uint64_t occ[16][16];
    struct pairs *pairs; /* or NULL */
    struct zobrist z;
    uint64_t bytes, peak;
};

struct part *part_build(const struct index_entry *e, size_t n, int threads); /* NULL without memory; keys of <= 15 only */
/* From records already sorted with rev filled in and both checked (snapshot); takes rec over also when it fails. */
struct part *part_of_records(struct record *rec, size_t n, int threads);
struct part *part_ref(struct part *p);
void part_unref(struct part *p);

/* Pieces of the build. They share one piece of scratch memory: a fresh page costs more than what is written to it. */
struct work {
    uint8_t *p;
    size_t bytes;
};
bool work_need(struct work *w, size_t bytes); /* contents are lost */
bool part_order(struct part *p, const struct index_entry *e, int threads, struct work *w); /* rec and rev */
bool part_samples(struct part *p);
bool part_post(struct part *p, int threads, struct work *w);
/* Memory of many pages: huge pages where the system has them. Not zeroed. */
void *huge_alloc(size_t n, size_t size);
void huge_free(void *p);
/* Runs fn(arg, 0..threads-1) and waits for all. */
void threads_run(int threads, void (*fn)(void *arg, int i), void *arg);

static inline size_t bucket_of(const struct part *p, uint64_t h)
{
    uint32_t x = (uint32_t)((h << p->log_shares) >> 32);
    uint64_t share = p->log_shares ? h >> (64 - p->log_shares) : 0;
    return (size_t)(share * p->per_share + ((uint64_t)x * p->per_share >> 32));
}
static inline bool same_folded(const uint8_t a[16], const uint8_t b[16])
{
    static const uint8_t folded[16] = {0, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC, 0xFC};
    uint64_t x[2], y[2], m[2]; /* the length follows from the characters: zero stands after the last */
    memcpy(x, a, 16);
    memcpy(y, b, 16);
    memcpy(m, folded, 16);
    return !(((x[0] ^ y[0]) & m[0]) | ((x[1] ^ y[1]) & m[1]));
}

/* ---- kernels: the same work in batches, for whatever the processor has ---- */
struct kquery { /* a pattern made ready */
    unsigned n;              /* cells */
    bool starred;
    struct kcell {
        uint8_t kind;        /* enum cell_kind */
        uint8_t count;       /* CELL_SET: classes named */
        uint8_t folded[MARK_CLASSES];
    } cell[PATTERN_CELLS];
};
struct kernels {
    const char *name;
    /* out[i] = 1 when record rank[i] (or i, when rank is NULL) fits. count <= KERNEL_MAX */
    void (*fits)(const struct kquery *q, const struct record *rec, const uint32_t *rank, size_t count, uint8_t *out);
    /* out[i] = distance 0, 1, 2, or 3 for more. Patterns without stars only. */
    void (*distance)(const struct kquery *q, const struct record *rec, const uint32_t *rank, size_t count, uint8_t *out);
    /* Ranks of the postings of one bucket whose low byte of the hash agrees; returns how many. */
    size_t (*bucket)(const uint32_t *post, size_t n, uint8_t print, uint32_t *out);
};
#define KERNEL_MAX 256
#define BUCKET_OUT 4096
const struct kernels *kernels_best(void);
const struct kernels *kernels_named(const char *name); /* "plain", "avx2", "avx512"; NULL when this processor lacks it */
void kquery_of(const struct pattern *p, struct kquery *out);

/* ---- searching one part ---- */
struct index_scratch {
    const struct kernels *k;
    struct kquery q;
    uint64_t *hash;   /* probes waiting */
    size_t hashes;
    uint32_t *cand;   /* candidates waiting for verification */
    size_t cands;
    uint32_t *seen;   /* open addressing; epoch << 24 | rank */
    unsigned seen_log, epoch;
    size_t seen_count;
};
#define HASH_BATCH 2048
#define CAND_BATCH 2048

struct search { /* one index_tier call on one part */
    const struct index_view *view;
    const struct part *part;
    const struct pattern *p;
    struct index_scratch *s;
    struct hits *out;
    unsigned tier;
    uint32_t at_base;
    bool whole_runs; /* candidates are firsts of runs: a hit is its whole run */
    bool sure;       /* candidates need no verification */
    bool counting;   /* enumerate to count only */
    uint64_t count, count_limit;
    enum err err;
};
enum err scratch_ready(struct hits *h);
void scratch_free(struct hits *h);
bool view_hides(const struct index_view *v, uint32_t row); /* index_view.h */
void search_part(struct search *s);
void search_records(struct search *s, const struct record *rec, size_t n); /* unsorted: the newest entries */
/* For the strategies. */
void search_probe(struct search *s, uint64_t hash);
void search_candidate(struct search *s, uint32_t rank);
void search_flush(struct search *s);
bool search_done(const struct search *s); /* error, or cut */
void search_scan(struct search *s, size_t from, size_t to); /* records [from, to) */
void search_sweep(struct search *s, const struct record *rec, size_t n, unsigned max_tier); /* all tiers at once */
void probes_fixed(struct search *s, unsigned tier); /* index_probe.c: all probes of the tier */
/* Records that begin (or, reversed, end) with these folded characters: [*from, *to) of that order. */
void part_range(const struct part *p, const uint8_t *folded, unsigned n, bool reversed, size_t *from, size_t *to);
/* A verified hit: appends, unless hidden. */
void search_hit(struct search *s, uint32_t at, uint32_t row);
#endif
