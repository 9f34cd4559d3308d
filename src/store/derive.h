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
struct record_row {
    struct subject_id subject;
    struct hash record;
    uint64_t position;
};
struct external_row {
    uint8_t token[16];
    struct subject_id subject;
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

/* Folds one subject's records (positions in pairs) into rows. */
enum err derive_life(struct store *s, struct arena *a, const struct pair *pairs, size_t n, struct derived *out, struct fault *f);
/* Writes all rows in key order. */
enum err derived_write(struct engine *e, struct derived *d, struct fault *f);
#endif
