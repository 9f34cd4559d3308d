/* The store: one data directory. Base tables hold the log of records; derived tables answer questions and are recreated by
 * store_rebuild. Not here: the Merkle tree over the log (src/ledger), the search index (src/marks).
 *
 * DIR/register.db, DIR/derived-N.db  the log, and what is derived of it; or DIR/database  where another engine holds both
 * DIR/keystore  the keys (keys/keys.h)   DIR/lock  held by the one process that writes
 *
 * A struct store belongs to one thread. Writers: store_open(..., STORE_WRITE) takes the lock (ERR_BUSY names who holds it); of a
 * database that several directories share also the lease (store/lease.h), which each transaction proves to hold: store_begin is
 * ERR_CONFLICT once somebody else took over. */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "base/arena.h"
#include "domain/body.h"
#include "domain/item.h"
#include "store/engine.h"
#include "keys/keys.h"

/* STORE_BYTES reads records as bytes: no key is loaded, nothing opened. Of a shared database only: STORE_STAGE writes to the staging
 * table, beside whoever has the lease; STORE_SEQUENCE is STORE_WRITE that gives way to others (store_wanted). STORE_CHECK is a writer that
 * leaves derived tables as they are, also those of a longer log than this one. */
enum store_mode { STORE_READ, STORE_WRITE, STORE_STAGE, STORE_SEQUENCE, STORE_BYTES, STORE_CHECK };
struct store;

struct store_new {
    struct slice origin;  /* the office's log name */
    struct slice profile; /* the profile's bytes */
    struct slice db;      /* "": SQLite in DIR; else postgresql://..., an empty database */
    struct slice keys;    /* "": in DIR; else the folder in which the key store lies, or is made: DIR/keystore is a link to its `keystore` */
    bool join;            /* the database and the folder have a register: DIR becomes another directory of it. The rest is not used */
    void (*random)(void *arg, void *out, size_t n);
    void *arg;
};
/* Creates DIR (or uses an empty one), keys and tables. ERR_EXISTS when it, or the database, holds a register; ERR_NOT_FOUND when it should and does
 * not. */
enum err store_init(const char *dir, const struct store_new *n, struct fault *f);
/* DIR/name becomes a link to that of the key folder. ERR_EXISTS when something else is there. */
enum err store_link_key(const char *dir, struct slice folder, const char *name, struct fault *f);
enum err store_open(const char *dir, enum store_mode mode, struct store **out, struct fault *f);
/* The same with a key store that the caller has open (in KEYS_WRITE for a writer) and closes after all its stores. */
enum err store_open_with(const char *dir, enum store_mode mode, struct key_store *keys, struct store **out, struct fault *f);
void store_close(struct store *s);
/* DIR/lock, which only the one who writes has, held until *fd is closed. ERR_BUSY names who holds it. */
enum err store_take_lock(const char *dir, int *fd, struct fault *f);
const struct keys *store_keys(const struct store *s);
struct key_store *store_key_store(struct store *s);
/* The key store that store_open opened becomes the caller's, for store_open_with; closed after all its stores. */
struct key_store *store_take_keys(struct store *s);
const struct profile *store_profile(const struct store *s); /* the active one */
struct slice store_profile_bytes(const struct store *s);
struct slice store_origin(const struct store *s);
const char *store_dir(const struct store *s);
struct engine *store_engine(struct store *s);

/* A reader's transaction is one snapshot, in which the log is never behind what is derived of it. Outside of one each statement sees the
 * log as it is now, and derived tables that may be those of this store's last transaction. */
enum err store_begin(struct store *s, struct fault *f);
enum err store_commit(struct store *s, struct fault *f); /* durable when OK; new keys before it */
void store_rollback(struct store *s);
/* Between commits: recent ones are moved from the write-ahead log into the tables. tend: when they are many (a checkpoint costs two syncs
 * and more a file); settle: now. */
enum err store_tend(struct store *s, struct fault *f);
enum err store_settle(struct store *s, struct fault *f);
/* For work that may be done again, a transaction as a rule: after it failed with e, sleeps (longer each time) and says whether to
 * try again. It does while the database is busy, wants the transaction repeated (SQLSTATE 40001, 40P01), or cannot be reached, for
 * about a minute. A commit that failed with ERR_LOST may have been done: the work looks, or writes what it may write twice. */
struct patience {
    int tries;
    int64_t begun;
};
bool store_again(struct patience *p, enum err e, struct fault *f);

/* ---- the log ---- */
enum err store_size(struct store *s, uint64_t *out, struct fault *f);
enum err store_append(struct store *s, uint64_t position, int64_t received, const struct hash *id, struct slice bytes, struct fault *f);
/* Bytes copied into the arena. ERR_NOT_FOUND past the end. id may be NULL. */
enum err store_read(struct store *s, struct arena *a, uint64_t position, struct slice *out_bytes, int64_t *out_received, struct fault *f);
/* A small named value of the meta table; {NULL,0} when absent. Copied into the arena. */
enum err store_meta(struct store *s, struct arena *a, const char *name, struct slice *out, struct fault *f);
enum err store_meta_set(struct store *s, const char *name, struct slice value, struct fault *f);

/* Calls back for each record from `from` on, in order, until it returns an error or the log ends. Bytes borrowed. */
typedef enum err (*store_each)(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f);
enum err store_scan(struct store *s, uint64_t from, uint64_t to, store_each fn, void *arg, struct fault *f);

/* The same with the id that stands beside the bytes. */
typedef enum err (*store_row)(void *arg, uint64_t position, const struct hash *id, struct slice bytes, struct fault *f);
enum err store_each_row(struct store *s, uint64_t from, uint64_t to, store_row fn, void *arg, struct fault *f);

/* Profiles that records may cite, by their hash. put: within a transaction; a known one is left as it is. */
enum err store_each_profile(struct store *s, enum err (*fn)(void *arg, const struct hash *h, struct slice bytes, struct fault *f), void *arg,
    struct fault *f);
enum err store_put_profile(struct store *s, const struct hash *h, struct slice bytes, struct fault *f);

/* ---- records without a position yet, in a shared database (ledger/sequence.h) ---- */
#define STAGED_MAX 1024 /* rows that are taken at once */
struct staged {
    uint8_t batch[16]; /* random: what one writer commits at once */
    uint64_t number;   /* within it, from 0 */
    int64_t received;
    bool decided;      /* only while the heads of its subject are those in its header */
    struct slice bytes;
    bool done;         /* of a batch that has its answer already */
};
bool store_shared(const struct store *s);
/* A setting of the server that a shared register is on, as text. ERR_REFUSED for another register. */
enum err store_server_setting(struct store *s, const char *name, char *out, size_t size, struct fault *f);
/* Somebody waits for this writer, here or in another directory of the database, to close: a sequencer, and a server's writer, give way. Of a writer what is said
 * counts from store_expect on. */
enum err store_wanted(struct store *s, bool *out, struct fault *f);
void store_expect(struct store *s);
/* Writes one row, unless the batch has that number already. ERR_REFUSED where the database is not shared. */
enum err store_stage(struct store *s, const struct staged *row, struct fault *f);
/* The oldest rows, batches together, bytes in the arena; out has room for STAGED_MAX. */
enum err store_staged(struct store *s, struct arena *a, struct staged *out, size_t *n, struct fault *f);
enum err store_staged_any(struct store *s, bool *out, struct fault *f);
/* What became of a batch: the position of its first record, or below 0: refused. Kept until pruned. */
enum err store_sequence(struct store *s, const uint8_t batch[16], int64_t first, int64_t at, struct fault *f);
enum err store_sequenced(struct store *s, const uint8_t batch[16], int64_t *first, bool *found, struct fault *f);
/* Removes the rows of batches that have their answer; answers older than `before` (at). */
enum err store_unstage(struct store *s, struct fault *f);
enum err store_sequenced_prune(struct store *s, int64_t before, struct fault *f);

/* ---- opening records ---- */
/* What is opened beside the body (the caller has the right and has logged the read): who held it, the persons of a case
 * (body_case_role), free text, opinions. */
enum { SHOW_BODY = 0, SHOW_HOLDERS = 1, SHOW_CASE = 2, SHOW_TEXT = 4, SHOW_OPINION = 8, SHOW_ALL = 15 };
/* What a record says of a firearm, for lists: description, external ids, marks. ERR_LOCKED without keys, ERR_DAMAGED. */
enum err store_description(struct store *s, struct arena *a, const struct record *r, uint64_t position, struct event *out, struct fault *f);
/* The event that a record states, body opened with the register's key, effects under the profile it cites. row may be NULL. A section
 * whose key is gone stays empty and is no error. */
enum err store_event(struct store *s, struct arena *a, struct slice bytes, uint64_t position, int64_t received, unsigned show,
    struct event *out, struct body_row *row, struct fault *f);
/* First firearm (or permit) among the record's subjects. */
bool record_item(const struct record *r, struct subject_id *out);

/* ---- questions ---- */
struct item_row {
    struct subject_id subject;
    struct item_state state;
    uint16_t model; /* hash of the folded model text */
    struct hash head[RECORD_HEADS];
    size_t head_count;
};
enum err store_item(struct store *s, const struct subject_id *id, struct item_row *out, bool *found, struct fault *f);
/* Of the same row what a list of candidates shows. */
struct item_standing {
    enum item_status status;
    bool contradicted, state_owned;
};
enum err store_item_standing(struct store *s, const struct subject_id *id, struct item_standing *out, bool *found, struct fault *f);
/* Log positions of a subject's records, in log order, in the arena. */
enum err store_subject_positions(struct store *s, struct arena *a, const struct subject_id *id, uint64_t **out, size_t *n, struct fault *f);
/* The position of the record with this id. */
enum err store_find(struct store *s, const struct hash *id, uint64_t *out, bool *found, struct fault *f);
/* Subjects that claim this outside number; at most max. */
enum err store_external(struct store *s, struct slice number, struct subject_id *out, size_t max, size_t *n, struct fault *f);
/* The firearm that a text names: its id, or a number in another register; one that is not there as typed also in capitals, without blanks. ERR_MISSING, ERR_TOO_LONG, ERR_NOT_FOUND; ERR_SEVERAL lists up to
 * three ids in fault.value. */
enum err store_firearm(struct store *s, struct slice text, struct subject_id *out, struct fault *f);
enum permit_state { PERMIT_VALID = 1, PERMIT_ENDED, PERMIT_SUSPENDED };
struct permit_seen {
    struct subject_id holder;
    enum permit_state state;
    int64_t granted, ended; /* TIME_UNKNOWN */
};
enum err store_permit(struct store *s, const struct subject_id *id, struct permit_seen *out, bool *found, struct fault *f);
struct claim_row {
    uint8_t claim[16], digest[16];
    struct subject_id subject;
};
enum err store_claims(struct store *s, enum err (*fn)(void *arg, const struct claim_row *c), void *arg, struct fault *f);
enum err store_claim(struct store *s, const uint8_t claim[16], struct claim_row *out, bool *found, struct fault *f);
enum err store_count(struct store *s, uint64_t *items, struct fault *f);

/* ---- deriving ---- */
/* One mark that search should know: a complete serial of the record at `position`, folded, and the gun's attributes as that
 * record has them. live = false: the record at `position` has been superseded, its marks are no longer so. */
struct mark_seen {
    uint64_t position, attr;
    struct mark_key key;
    bool live;
};
/* Rows that an import derived from events it had in hand, so that deriving need not open its records again. They count only
 * while they are the whole story of their subjects: deriving looks, and without them comes to the same rows. Bounded: it takes
 * no more than one batch of deriving holds. */
struct ahead;
struct ahead_part; /* what one worker derived of one group */
/* Begins at the end of the log, which the tables must cover: else NULL, as without memory. */
struct ahead *ahead_new(struct store *s);
void ahead_free(struct ahead *h);
struct ahead_part *ahead_part_new(void);
void ahead_part_free(struct ahead_part *p);
void ahead_part_clear(struct ahead_part *p);
#define AHEAD_RECORDS 255 /* of one life */
/* The life of a firearm of which these n records, in log order, say all there is. events: brought to what body_read gives
 * (body_state), positions not set. tag: names the life in ahead_take. Memory of `a` is used on the way. */
enum err ahead_life(const struct keys *k, struct ahead_part *p, struct arena *a, uint32_t tag, const struct subject_id *subject,
    struct event *events, const struct record_header *headers, const struct body_row *rows, size_t n, struct fault *f);
/* A committed group: first[tag] is the position of a life's first record. A group that no longer fits ends the taking. The part
 * is empty afterwards. ERR_MEMORY. */
enum err ahead_take(struct ahead *h, struct ahead_part *p, const uint64_t *first);

struct derive_watch {
    void *arg; /* of marks; callbacks run on the caller's thread; each may be NULL */
    enum err (*marks)(void *arg, const struct mark_seen *seen, size_t n);
    void *progress_arg; /* of the next two */
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    bool (*stop)(void *arg); /* asks to stop between transactions; ERR_INTERRUPTED */
    int threads;             /* 0 = 2 */
    struct ahead *ahead;     /* NULL: none; used up */
};
/* What a writer makes good before he writes. Once a store, and not by opening it: log_publish calls it when the log was found to continue its last
 * checkpoint; so does store_derive. Derived tables that do not go with the log (gone, damaged, of a longer one than it is) are thrown away and begin anew,
 * empty; rows of another stamp are derived anew, or, past 200,000 records, refused (ERR_REFUSED "derived": store_rebuild does it); keys that a committed erasure
 * has still to destroy are destroyed. */
enum err store_heal(struct store *s, struct fault *f);
/* This writer adds no rows: those of another stamp stay until he makes all anew. Before store_heal. */
void store_as_is(struct store *s);
/* The stamp of the rows that this program derives: its tables of terms and its deriving (store/stamp.c). And is it that of the tables? */
#define STORE_STAMP 16
void store_stamp(uint8_t out[STORE_STAMP]);
enum err store_stamped(struct store *s, bool *out, struct fault *f);
/* Is who writes refused for it (store_heal)? */
enum err store_stale(struct store *s, bool *out, struct fault *f);
/* How many records the derived tables cover; a writer heals them first. */
enum err store_derived(struct store *s, uint64_t *out, struct fault *f);
/* Derives what the log holds and the tables do not yet, in transactions of its own. */
enum err store_derive(struct store *s, const struct derive_watch *w, struct fault *f);
/* Derives all anew, in one transaction: readers see the tables as they were until it is done. */
enum err store_rebuild(struct store *s, const struct derive_watch *w, struct fault *f);
/* What a rebuild would come to: the digests of its tables and its places, made in a transaction that is taken back. */
enum err store_rebuild_digest(struct store *s, const struct derive_watch *w, struct buf *out, struct fault *f);
/* The marks of records [from, to), for the index: same callbacks, nothing written. */
enum err store_marks(struct store *s, uint64_t from, uint64_t to, const struct derive_watch *w, struct fault *f);
/* SHA-256 of each derived table's canonical dump in key order, as lines "table rows hex\n" padded with blanks. docs/formats/dump.md */
enum err store_dump_digest(struct store *s, struct buf *out, struct fault *f);
/* The same of what the tables say of places in this log, which is in no dump: positions of item_record, record_at. */
enum err store_dump_places(struct store *s, struct buf *out, struct fault *f);
#endif
