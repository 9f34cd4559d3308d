/* Private to src/store: the open store and the statements of its tables, one function a statement. */
#ifndef STORE_INNER_H
#define STORE_INNER_H
#include <time.h>
#include "store/lease.h"
#include "store/store.h"

#define PROFILES_CACHED 256

/* Records [from, to) that were read in one go: a question a record is a round trip each where the database is a server. */
struct window {
    uint64_t from, to;
    struct arena arena;
    struct held *held; /* of from, from + 1 ... */
};

struct store {
    struct engine *engine;
    struct home home;
    struct lease lease; /* of a writer to a shared database */
    struct window window;
    struct keys keys;      /* a copy; wiped at close */
    struct key_store *key_store;
    bool own_keys;         /* key_store is this store's, not the caller's */
    enum store_mode mode;
    bool healed; /* store_heal has looked */
    bool as_is;  /* store_as_is */
    int lock; /* descriptor of DIR/lock, -1 for readers */
    struct timespec locked_at; /* its time of change when it was taken: later, and somebody waits for it */
    char dir[512];
    char origin[97];
    struct profile *active;
    struct buf active_bytes;
    struct profile *profile[PROFILES_CACHED]; /* those that records cite, by first use */
    size_t profile_count;
};

/* key_folder.c: keys where there are none yet; links when they lie elsewhere. */
enum err key_folder_make(const char *dir, const struct store_new *n, struct fault *f);

/* table_record.c */
enum err record_insert(struct engine *e, uint64_t position, int64_t received, const struct hash *id, struct slice bytes, struct fault *f);
enum err record_select(struct engine *e, struct arena *a, uint64_t position, struct slice *bytes, int64_t *received, struct fault *f);
/* The same for a reader who goes through the log in about its order. */
enum err window_read(struct store *s, struct arena *a, uint64_t position, struct slice *bytes, int64_t *received, struct fault *f);
void window_free(struct window *w);
enum err record_count(struct engine *e, uint64_t *out, struct fault *f);
enum err record_each(struct engine *e, uint64_t from, uint64_t to, store_each fn, void *arg, struct fault *f);
enum err record_each_row(struct engine *e, uint64_t from, uint64_t to, store_row fn, void *arg, struct fault *f);
/* table_meta.c */
enum err meta_select(struct engine *e, struct arena *a, const char *name, struct slice *out, struct fault *f);
enum err meta_upsert(struct engine *e, const char *name, struct slice value, struct fault *f);
enum err profile_insert(struct engine *e, const struct hash *h, struct slice bytes, struct fault *f);
enum err profile_each(struct engine *e, enum err (*fn)(void *arg, const struct hash *h, struct slice bytes, struct fault *f), void *arg,
    struct fault *f);
enum err profile_select(struct engine *e, struct arena *a, const struct hash *h, struct slice *out, struct fault *f);
/* table_covered.c: how many records of the log the derived tables cover */
enum err covered_select(struct engine *e, uint64_t *out, struct fault *f);
enum err covered_upsert(struct engine *e, uint64_t records, struct fault *f);
/* stamp.c: beside it. heal: where the rows are of another stamp they are derived anew, or ERR_REFUSED ("derived") where they are too many to do it by the way. */
enum err stamp_put(struct engine *e, struct fault *f);
enum err stamp_heal(struct store *s, struct fault *f);
/* Derived tables: X_values gives a row's columns as the table has them, borrowed from the row. */
enum { ITEM_COLUMNS = 15, ITEM_RECORD_COLUMNS = 3, RECORD_AT_COLUMNS = 2, HOLDING_COLUMNS = 5, CLAIM_COLUMNS = 3, EXTERNAL_COLUMNS = 2, PERMIT_COLUMNS = 5 };
/* table_item.c */
/* The row as it is written: small, since a batch of an import holds a million of them. */
struct item_out {
    struct subject_id subject, owner, possessor, custodian;
    int64_t first_at, last_at;
    uint32_t head_at, head_count; /* of the batch's heads */
    uint16_t make, calibre, model, year;
    uint8_t type, country, status, flags;
};
void item_pack(const struct subject_id *subject, const struct item_state *s, struct item_out *out);
void item_values(const struct item_out *r, const struct hash *heads, struct value out[ITEM_COLUMNS]);
enum err item_upsert(struct engine *e, const struct item_out *r, const struct hash *heads, struct fault *f);
enum err item_select(struct engine *e, const struct subject_id *id, struct item_row *out, bool *found, struct fault *f);
enum err item_standing_select(struct engine *e, const struct subject_id *id, struct item_standing *out, bool *found, struct fault *f);
enum err item_count(struct engine *e, uint64_t *out, struct fault *f);
/* Which record of a firearm or permit lies where. */
struct record_row {
    struct subject_id subject;
    struct hash record;
    uint64_t position;
};
void item_record_values(const struct record_row *r, struct value out[ITEM_RECORD_COLUMNS]);
enum err item_record_insert(struct engine *e, const struct record_row *r, struct fault *f);
enum err item_record_any(struct engine *e, bool *out, struct fault *f); /* false: no derived table has a row */
enum err item_record_positions(struct engine *e, struct arena *a, const struct subject_id *s, uint64_t **out, size_t *n, struct fault *f);
void record_at_values(const struct record_row *r, struct value out[RECORD_AT_COLUMNS]);
enum err record_at_insert(struct engine *e, const struct record_row *r, struct fault *f);
enum err record_at_select(struct engine *e, int64_t prefix, uint64_t *out, size_t max, size_t *n, struct fault *f);
int64_t record_prefix(const struct hash *id);
/* table_holding.c */
struct holding_row {
    struct subject_id party, subject;
    uint8_t role, current;
    bool gone; /* said by a record that was struck */
    int64_t since;
};
void holding_values(const struct holding_row *r, struct value out[HOLDING_COLUMNS]);
enum err holding_upsert(struct engine *e, const struct holding_row *r, struct fault *f);
enum err holding_delete(struct engine *e, const struct holding_row *r, struct fault *f);
/* table_claim.c */
void claim_values(const struct claim_row *c, struct value out[CLAIM_COLUMNS]);
enum err claim_upsert(struct engine *e, const struct claim_row *c, struct fault *f);
enum err claim_each(struct engine *e, enum err (*fn)(void *arg, const struct claim_row *c), void *arg, struct fault *f);
struct external_row {
    uint8_t token[16];
    struct subject_id subject;
};
void external_values(const struct external_row *r, struct value out[EXTERNAL_COLUMNS]);
enum err external_insert(struct engine *e, const struct external_row *r, struct fault *f);
enum err external_select(struct engine *e, const uint8_t token[16], struct subject_id *out, size_t max, size_t *n, struct fault *f);
/* table_document.c: rows of these persons, in the caller's transaction */
enum err documents_drop(struct store *s, const struct key_erased *who, size_t n, struct fault *f);
/* table_permit.c */
struct permit_row {
    struct subject_id subject, holder;
    int state;
    int64_t granted, ended;
};
void permit_values(const struct permit_row *p, struct value out[PERMIT_COLUMNS]);
enum err permit_upsert(struct engine *e, const struct permit_row *p, struct fault *f);

/* The profile that a record cites, parsed once. */
enum err store_cited(struct store *s, const struct hash *h, const struct profile **out, struct fault *f);
void store_blind(const struct keys *k, struct slice number, uint8_t out[16]);
#endif
