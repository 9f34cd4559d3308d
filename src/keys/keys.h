/* The key store of a data directory, DIR/keystore, outside the database: the register's own keys and one random key a person.
 * What a person's sections say can be read only while his key is here; destroying the key erases him and leaves every record, hash
 * and proof as it is. Not here: what is sealed (domain/record.h), whose data that is, and when it must go (use/erase.h).
 *
 *   DIR/keystore/head      slots, and sealed under the master key: register keys, segments and a key for each
 *   DIR/keystore/NNNNNN.V  segments of persons' keys         DIR/keystore/master  the default slot's file (mode 0600)
 *   DIR/keystore/erased    whose keys were destroyed         DIR/keystore/lock    held while a file here is changed
 *
 * Threads: a store may be shared; each call takes its mutex. Processes: several may write, taking turns under the file lock of the store (those that
 * have a data directory each on one database; of one directory the one that holds DIR/lock); all see each change at their next call; keys_lock and
 * keys_unlock come from anywhere at any time. Layout, and what a crash at each step leaves:
 * docs/formats/keys.md. */
#ifndef KEYS_KEYS_H
#define KEYS_KEYS_H
#include "base/arena.h"
#include "keys/slot.h"

enum keys_mode { KEYS_READ, KEYS_WRITE };
struct key_store;

/* Makes DIR/keystore with a slot of type file; ERR_EXISTS when there is a key store, old or new. random: fills bytes. */
enum err keys_create(const char *dir, void (*random)(void *arg, void *out, size_t n), void *arg, struct fault *f);
/* ERR_NOT_FOUND without a store, ERR_LOCKED, ERR_KEY when no slot opens, ERR_DAMAGED. KEYS_WRITE mends what a crash left. */
enum err keys_open(const char *dir, enum keys_mode mode, struct key_store **out, struct fault *f);
void keys_close(struct key_store *k); /* NULL is fine; all keys are wiped */
/* A writer that kept its store while others may have written goes on: what a crash of theirs left is mended. Reads what was added since, and a
 * new head; asks no passphrase that it was told. */
enum err keys_resume(struct key_store *k, struct fault *f);
/* A copy, to be wiped: the store's own goes when it is locked. */
void keys_copy(struct key_store *k, struct keys *out);

/* ---- persons ---- */
/* ERR_NOT_FOUND: no key, so never one or erased. ERR_LOCKED, ERR_DAMAGED, ERR_IO. */
enum err keys_person(struct key_store *k, const struct subject_id *party, uint8_t out[SEAL_KEY]);
/* The same; one that has none gets a new one, which keys_flush brings to the disk. New keys are a keyed hash of the id under a
 * seed that only this process has and that goes with it (and at each erasure): random to everybody else, and the same for two
 * threads that meet one new person. *first (may be NULL): this process asks for it for the first time, new or not. */
enum err keys_person_new(struct key_store *k, const struct subject_id *party, uint8_t out[SEAL_KEY], bool *first);
/* Tests and replays: the seed of new keys. Random unless set. */
void keys_seed(struct key_store *k, const uint8_t seed[32]);
/* Many lookups are to come (an import, names for the search): all keys into memory, 52 bytes a person and half as much again. */
enum err keys_load(struct key_store *k, struct fault *f);
/* New keys are on the disk when this returns OK: before the commit whose records use them. Cheap when there are none. ERR_CONFLICT: another process
 * made a key of the same person meanwhile, or the store was locked: nothing of that commit may stay, and what is done again finds the other's key. */
enum err keys_flush(struct key_store *k, struct fault *f);
/* Calls back for each person's key, in no order; the caller's function must not call the store. */
enum err keys_each(struct key_store *k, enum err (*fn)(void *arg, const struct subject_id *party), void *arg, struct fault *f);

/* Does every key open, and the erased list hold? ERR_DAMAGED. Reads all of the store: 52 bytes a person. */
enum err keys_check(struct key_store *k, struct fault *f);

/* First 8 bytes of SHA-256("athar key" || key): names a key without giving it. */
#define KEY_MARK 8
void key_mark(const uint8_t key[SEAL_KEY], uint8_t out[KEY_MARK]);
struct key_erased {
    struct subject_id party;
    uint8_t mark[KEY_MARK]; /* of the key that was destroyed; a key made later for the same party has another */
    int64_t at;
};
/* Destroys the keys of n persons: their segments are written anew under new keys, every segment key is wrapped under a fresh master,
 * the old files are overwritten. Each is first put on the erased list. A person without that key is passed over. */
enum err keys_erase(struct key_store *k, const struct key_erased *who, size_t n, struct fault *f);
/* The erased list, in the arena. */
enum err keys_erased(struct key_store *k, struct arena *a, struct key_erased **out, size_t *n, struct fault *f);

/* ---- slots ---- */
struct keys_status {
    uint64_t generation, persons, segments, bytes, erased;
    bool locked, old; /* old: still a key file of version 1 */
    size_t slot_count;
    struct {
        enum key_slot_type type;
        char where[320];       /* path, token label, set id */
        unsigned need, of;     /* quorum */
    } slot[KEY_SLOTS];
};
/* What can be said without any key, and the count of persons when one opens it (k may be NULL). */
enum err keys_status(const char *dir, struct key_store *k, struct keys_status *out, struct fault *f);
/* The master slot becomes this one; all before that are no quorum are destroyed. */
enum err keys_set_master(struct key_store *k, const struct key_slot *slot, struct fault *f);
/* A share set more; sets before it are taken away when `only`. ERR_TOO_LONG when there is no room. */
enum err keys_add_quorum(struct key_store *k, const struct key_slot *slot, bool only, struct fault *f);
const uint8_t *keys_master(const struct key_store *k); /* for slot_*; gone after the next call that writes */
const char *keys_dir(const struct key_store *k);       /* DIR/keystore */

/* ---- locking ---- */
/* Takes away every way to the master key but share sets, without needing any key. ERR_REFUSED when there is no share set. */
enum err keys_lock(const char *dir, struct fault *f);
/* A quorum opens it: a new file slot is made, in place of the one whose file lay there. ERR_RANGE when the shares are too few, ERR_KEY when they
 * are of no set of this store or do not give its secret. */
enum err keys_unlock(const char *dir, const struct share *s, size_t n, struct fault *f);
/* Has it been found locked, or gone? Costs nothing: asked before each record is opened. */
bool keys_are_gone(const struct key_store *k);
/* Looks at the disk: OK, ERR_LOCKED, or why it cannot be read. When locked, all keys in memory are wiped. */
enum err keys_look(struct key_store *k, struct fault *f);

/* ---- backup ---- */
#define KEYS_BACKUP_MAX ((size_t)4 << 30)
/* All of the store, still sealed, as of now; refused by keys_restore from `expires` on. */
enum err keys_backup(struct key_store *k, const char *path, int64_t now, int64_t expires, struct fault *f);
/* Writes DIR/keystore from a backup, in place of one that is there (whose erased list is kept), for one that was lost, or damaged.
 * The backup's own slots must open it (shares may be given: then a new file slot is made). What the erased lists name is destroyed
 * again. ERR_REFUSED when it has expired, ERR_CONFLICT when it is another store's. */
enum err keys_restore(const char *dir, const char *path, int64_t now, const struct share *s, size_t n, struct fault *f);

/* All of DIR's key store, still sealed, and its default slot's file into the directory `to`, over what an interrupted call left. */
enum err keys_duplicate(const char *dir, const char *to, struct fault *f);

/* The key of a record's free text: a keyed hash under the register's key of the keys of all persons whom the record names, in the order
 * of its sections. What was written about several goes with the first of them who is erased. */
void keys_text(const uint8_t reg[SEAL_KEY], uint8_t (*person)[SEAL_KEY], size_t n, uint8_t out[SEAL_KEY]);
/* The same in two steps, where many records share the first: what is of the register alone, then of the persons. */
void keys_text_root(const uint8_t reg[SEAL_KEY], uint8_t root[SEAL_KEY]);
void keys_text_under(const uint8_t root[SEAL_KEY], uint8_t (*person)[SEAL_KEY], size_t n, uint8_t out[SEAL_KEY]);

/* ---- tokens ---- */
/* First 16 bytes of HMAC(key, label || 0 || length of a || a || length of b || b || n), numbers of 8 bytes, big-endian. */
void keys_token(const uint8_t key[SEAL_KEY], const char *label, struct slice a, struct slice b, uint64_t n, uint8_t out[16]);
void keys_token_ready(const struct hash_key *key, const char *label, struct slice a, struct slice b, uint64_t n, uint8_t out[16]);
#endif
