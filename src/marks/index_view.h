/* Private to marks/index*.c: a generation of the index and what it is made of.
 *
 * A VIEW is one generation: parts (the first main_parts are the base, the others the delta, older before newer), the newest
 * entries unsorted (fresh), long serials, removed rows. It never changes; what it points to is shared by count.
 * Chunks that grow (fresh, longs) are written only past the count that any view sees, so readers need no lock.
 *
 * Locks: `write` orders the writer's steps; `swap` guards the current view and all views' counts, held for a few
 * instructions only. Order: write, then swap.
 *
 * Merge: the delta so far becomes part of a new base while additions go on in parts above `floor`, which only
 * publication of the merge takes away. */
#ifndef MARKS_INDEX_VIEW_H
#define MARKS_INDEX_VIEW_H
#include "marks/index_part.h"
#include <pthread.h>

#define VIEW_PARTS 24
#define FRESH_MAX 512
#define ENTRIES_MAX ((size_t)1 << 27)

struct fresh { /* the newest entries, in order of arrival */
    atomic_int refs;
    struct record rec[FRESH_MAX];
};
struct long_record {
    uint64_t attr;
    uint32_t row;
    uint8_t n, c[MARK_LONG_CHARS];
};
struct longs { /* serials of more than MARK_CHARS characters */
    atomic_int refs;
    size_t cap;
    struct long_record rec[];
};
struct gone { /* set of rows: open addressing, GONE_NONE where empty */
    atomic_int refs;
    size_t n;
    unsigned log;
    uint32_t slot[];
};
#define GONE_NONE UINT32_MAX

struct index_view {
    struct index *owner;
    unsigned refs;
    unsigned part_count, main_parts;
    struct part *part[VIEW_PARTS];
    uint32_t base[VIEW_PARTS + 1]; /* entry number of each part's first; [part_count] of fresh's first */
    struct fresh *fresh;
    size_t fresh_n;
    struct longs *longs;
    size_t long_n;
    struct gone *gone, *gone_new;
    uint64_t peak;
};
struct index {
    pthread_mutex_t write, swap;
    struct index_view *now;
    bool merging;
    unsigned floor;  /* parts below it are being merged */
    size_t part_max; /* records in a base part: PART_MAX; less in tests, which have no 2^24 records */
};

/* ---- index_view.c ---- */
struct index_view *view_new(struct index *ix);
struct index_view *view_copy(const struct index_view *v); /* shares all it points to; NULL without memory */
void view_drop(struct index_view *v);                     /* a view nobody else knows */
void view_number(struct index_view *v);                   /* fills base[] */
void view_publish(struct index *ix, struct index_view *v);
/* Replaces what a view points to. */
void view_set_parts(struct index_view *v, unsigned from, unsigned to, struct part *const *by, unsigned n);

struct gone *gone_with(const struct gone *g, const uint32_t *rows, size_t n); /* a new set; NULL without memory */
bool gone_has(const struct gone *g, uint32_t row);
void gone_unref(struct gone *g);
struct longs *longs_new(size_t cap);
void longs_unref(struct longs *l);
void fresh_unref(struct fresh *f);
struct fresh *fresh_new(void);
/* Makes room for more in a view not yet published (copies the chunk when it is full). */
bool view_add_long(struct index_view *v, const struct long_record *r);
/* Hits among the long serials. */
void search_longs(struct search *s, const struct longs *l, size_t n);
/* Is e[i] the head of a long serial, with its tail after it? */
bool entry_is_long(const struct index_entry *e, size_t n, size_t i);
struct long_record long_of(const struct index_entry *head, const struct index_entry *tail);

/* ---- index_change.c ---- */
/* Into the delta of a view not yet published; short serials only. ERR_MEMORY, ERR_RANGE. */
enum err view_add_entries(struct index_view *v, const struct index_entry *e, size_t n);

/* ---- index.c ---- */
struct index_entry entry_of(const struct record *r);
/* Long serials go to the view; the others to a new array *out of *out_n (NULL, n when there is nothing to part). */
enum err part_long(struct index_view *v, const struct index_entry *e, size_t n, struct index_entry **out, size_t *out_n);
/* Base parts of these entries, split so that none has more than `most`. ERR_MEMORY, ERR_RANGE. */
enum err parts_build(
    const struct index_entry *e, size_t n, size_t most, int threads, struct part **out, unsigned *out_n, uint64_t *out_peak);
#endif
