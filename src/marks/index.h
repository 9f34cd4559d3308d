/* The degraded-mark index: every serial of the register in memory, answering patterns completely.
 *
 * Immutable base + small delta; readers never wait: a reader takes a reference on the current generation. An entry is
 * {key 16 B, attribute word 8 B, row 4 B}; `row` is the position in the log of the record that observed the mark (the caller's
 * meaning; at most 2^32-2; several entries may share a row, as value key and shape key do). Hits come out by tier:
 *   tier 0  the pattern fits (exact or look-alike or masked)
 *   tier 1  one error, tier 2  two errors (patterns without '*'; a pattern with '*' has no hit in tiers 1 and 2)
 * Tier t holds the entries whose pattern_distance is exactly t, so no entry is in two tiers.
 * Complete: with a given tier asked for, the set of hits equals the plain scan's (index_scan), which is the oracle.
 * At most 2^27 entries. */
#ifndef MARKS_INDEX_H
#define MARKS_INDEX_H
#include "marks/pattern.h"

/* A serial of more than 15 characters is two entries, its key and then its tail key (mark_keys gives both) with the same
 * attr and row; they count as one entry everywhere else. A tail without its head before it is ignored. */
struct index_entry {
    struct mark_key key;
    uint64_t attr;
    uint32_t row;
};

struct index;      /* a base, a delta, and what has been removed; one writer, any number of readers */
struct index_view; /* a reader's reference: stays valid and unchanged until released */

struct hit {
    uint32_t row;
    uint32_t at; /* entry number in the view, for index_entry_at */
    uint8_t tier;
};
struct index_scratch;
struct hits { /* reusable by one thread at a time; grown as needed up to max */
    struct hit *hit;
    size_t count, cap, max;
    bool cut; /* true when max stopped the search: there are more */
    uint64_t probes, candidates; /* what it cost, summed over calls until hits_clear */
    struct index_scratch *scratch;
};
void hits_init(struct hits *h, size_t max); /* 0 = no maximum */
void hits_clear(struct hits *h);            /* no hits, memory kept: before the next query */
void hits_free(struct hits *h);

/* ---- building and changing ---- */
struct index *index_new(void); /* empty; NULL without memory */
void index_free(struct index *ix); /* no view may be held any more */
/* Replaces the base by these entries (copied; any order), empties the delta and forgets removals. threads >= 1. ERR_MEMORY,
 * ERR_RANGE (too many). */
enum err index_build(struct index *ix, const struct index_entry *e, size_t n, int threads);
/* Adds to the delta; visible to views taken afterwards. Merges small parts by itself; index_merge is worth calling (from a
 * background thread, while this goes on) once stats.delta passes some 100,000. */
enum err index_add(struct index *ix, const struct index_entry *e, size_t n);
/* Hides all entries of these rows. A row is a position of the log and is not used again. */
enum err index_remove(struct index *ix, const uint32_t *rows, size_t n);
/* Base, delta and removals into a new base. May run beside readers, index_add and index_remove; not beside another
 * index_merge, index_build or index_load. */
enum err index_merge(struct index *ix, int threads);

/* ---- reading ---- */
struct index_view *index_acquire(struct index *ix);
void index_release(struct index_view *v);
/* Entries, hidden ones included; `at` runs below it. Within the base (and each part of the delta) entries are numbered in the
 * order of their folded characters, so that at - 1 and at + 1 are neighbours. */
size_t index_count(const struct index_view *v);
struct index_entry index_entry_at(const struct index_view *v, uint32_t at); /* of a long serial: its first 15 characters */
/* All characters of the entry, class << 2 | variant, also of a long one; returns how many. */
unsigned index_chars_at(const struct index_view *v, uint32_t at, uint8_t out[MARK_LONG_CHARS]);
bool index_hidden(const struct index_view *v, uint32_t row);
/* All hits of one tier (0, 1 or 2), appended, each entry once. Safe from any number of threads, each with its own hits.
 * ERR_MEMORY. */
enum err index_tier(const struct index_view *v, const struct pattern *p, unsigned tier, struct hits *out);
/* The oracle: a plain scan over all entries by pattern_fits and pattern_distance, tiers 0..max_tier. */
enum err index_scan(const struct index_view *v, const struct pattern *p, unsigned max_tier, struct hits *out);
/* The same set by looking at every entry with the batch kernels: no probes, no ranges, some nanoseconds an entry. For
 * comparing complete sets on large registers. */
enum err index_sweep(const struct index_view *v, const struct pattern *p, unsigned max_tier, struct hits *out);

struct index_stats {
    uint64_t entries, delta, removed, long_entries;
    uint64_t bytes;       /* resident, everything but scratch memory */
    uint64_t delta_bytes; /* of those, the delta */
    uint64_t peak_bytes;  /* the most the last build or merge held beside what it replaced */
};
void index_stats(const struct index_view *v, struct index_stats *out);

/* ---- snapshot (docs/formats/index-snapshot.md; sealing and naming of log size and root are the caller's) ---- */
/* Writes through the callback; load verifies a checksum of its own and every bound before use: ERR_DAMAGED, and the index
 * then stays as it was. */
typedef enum err (*index_write)(void *arg, const void *p, size_t n);
typedef enum err (*index_read)(void *arg, void *p, size_t n); /* exactly n bytes, or an error */
enum err index_save(const struct index_view *v, index_write w, void *arg);
enum err index_load(struct index *ix, index_read r, void *arg, int threads);
#endif
