/* Private to src/store: from records to derived rows. A batch of records is grouped by subject; each subject's whole life is
 * folded anew; rows are collected, sorted by key and written in key order, so that large imports touch each page once. */
#ifndef STORE_DERIVE_H
#define STORE_DERIVE_H
#include "store/store_inner.h"

struct life { /* one subject of a batch: pairs[from .. from+n) */
    size_t from, n;
    uint64_t first; /* lowest position: lives are worked through in log order */
};
struct pair {
    struct subject_id subject;
    uint64_t position; /* in the log */
    uint8_t type;      /* enum subject_type */
};
/* A growing array of rows of one table. */
struct rowset {
    char *p;
    size_t n, cap, size;
};
/* What folding lives gives. */
struct derived {
    struct rowset item, head, record, holding, claim, external, permit, seen;
    bool only_seen; /* marks alone are asked for */
    uint64_t from, to; /* marks of records in this range of positions */
};
void derived_init(struct derived *d);
void derived_free(struct derived *d);
void *rowset_add(struct rowset *r); /* NULL without memory; zeroed */
void derived_clear(struct derived *d); /* memory kept */
/* Rows of `from` go to the end of `to`; from is used up (its items then count heads in `to`). false without memory. */
bool derived_join(struct derived *to, struct derived *from);

/* ---- rows derived ahead (ahead.c) ---- */
bool ahead_covers(const struct ahead *h, uint64_t position);
/* Does it begin at `from`, and does it cover all up to `to`? */
bool ahead_is_whole(const struct ahead *h, uint64_t from, uint64_t to);
bool ahead_usable(const struct ahead *h, uint64_t from);
/* Sorts its items. false when a subject of it has other records: older ones in the tables, or one of `pairs`. */
enum err ahead_alone(struct ahead *h, struct engine *e, const struct pair *pairs, size_t n, bool *out, struct fault *f);
struct derived *ahead_rows(struct ahead *h);

/* ---- order (derive_sort.c) ---- */
struct place {
    uint64_t key; /* the row's first bytes as a number: most orders are settled by it */
    uint32_t at;  /* of the row in its set */
};
/* Places in the order of key, then of `order`, which begins with key's bytes and, where `then` is given, goes on with its. The caller frees *out. */
enum err rowset_order(const struct rowset *r, uint64_t (*key)(const void *row), uint64_t (*then)(const void *row),
    int (*order)(const void *, const void *), struct place **out);

/* One subject's records opened: n of them, in log order; struck ones marked. */
struct opened {
    struct event *event;
    const struct event **sorted;
    const struct record_header *header;
    const struct body_row *row;
    size_t n;
};
/* Rows of the life that is opened; nothing is read. */
enum err derive_opened(const struct keys *k, struct arena *a, struct opened *o, const struct subject_id *subject, enum subject_type type,
    struct derived *out, struct fault *f);
/* Folds one subject's records (positions in pairs) into rows. */
enum err derive_life(struct store *s, struct arena *a, const struct pair *pairs, size_t n, struct derived *out, struct fault *f);
/* Writes all rows in key order, over those that are there. */
enum err derived_write(struct engine *e, struct derived *d, struct fault *f);
/* Begins a transaction in which the derived tables hold these rows and no others, `covered` none but the stamp of this program. */
enum err derived_renew(struct engine *e, struct derived *d, struct fault *f);
#endif
