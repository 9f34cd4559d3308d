/* DIR/accounts.db: secrets, sessions and the log of openings. A database of its own, beside the register, because
 * - people must sign in and openings be logged while an import holds the register's lock;
 * - a copy of the register, or an older one put back, must carry neither passwords nor sessions, nor bring old ones to life;
 * - what must not be quietly changed (who may do what) is no row here but a record of the log (people/act.h).
 *
 * Writers of all processes take turns by a lock on DIR/accounts.lock, held for one group of writes and its checkpoint: the
 * server and `athar account` work side by side. One thread of this process writes, in groups (base/group.h); reading is shared. */
#ifndef PEOPLE_BOX_H
#define PEOPLE_BOX_H
#include "store/store.h"

struct box;
/* Creates the file when it is not there, and brings one of an earlier program up to now. keys: sealing and keyed hashes are derived from them. */
enum err box_open(const char *dir, const struct keys *k, struct box **out, struct fault *f);
void box_close(struct box *b);
/* A database file that came from a backup: everybody is signed out, links that were not used are void. Nobody has it open. */
enum err box_restored(const char *path, struct fault *f);

typedef enum err (*box_fn)(void *arg, struct engine *e, struct fault *f);
/* Runs fn in a group's transaction and returns when it is durable. */
enum err box_write(struct box *b, box_fn fn, void *arg, struct fault *f);
/* The same without waiting: arg (size bytes, at most BOX_LATER) is copied. What fails is lost: for what may be lost. */
#define BOX_LATER 256
void box_later(struct box *b, box_fn fn, const void *arg, size_t size);
enum err box_read(struct box *b, box_fn fn, void *arg, struct fault *f);

/* HMAC-SHA-256 under a key of this directory: label || 0 || a || 0 || b. For passwords before Argon2id, and for codes. */
void box_mac(const struct box *b, const char *label, struct slice a, struct slice c, uint8_t out[32]);
/* Sealed with a key of this directory: nonce || sealed; additional data = label || account. */
void box_seal(const struct box *b, const uint8_t nonce[SEAL_NONCE], const struct subject_id *account, struct slice plain, struct buf *out);
enum err box_unseal(const struct box *b, const struct subject_id *account, struct slice sealed, struct buf *out);

/* ---- statements ---- */
struct secret {
    struct subject_id account;
    char password[128], pin[128]; /* Argon2id strings, "" = none */
    struct slice totp;            /* sealed seed, {NULL,0} = none; arena */
    int64_t step;
};
enum err secret_get(struct engine *e, struct arena *a, const struct subject_id *id, struct secret *out, bool *found, struct fault *f);
enum err secret_put(struct engine *e, const struct secret *s, struct fault *f);
enum { CODE_FACTOR = 1, CODE_LINK = 2, CODE_CHALLENGE = 3 }; /* the last: a passkey's challenge that was used */
enum err code_put(struct engine *e, const uint8_t hash[32], const struct subject_id *account, int kind, int64_t expires, struct fault *f);
/* Deletes it: *found tells whether it was there and had not expired. */
enum err code_use(struct engine *e, const uint8_t hash[32], int64_t now, struct subject_id *account, bool *found, struct fault *f);
/* Whose link it is, without using it. */
enum err code_peek(struct engine *e, const uint8_t hash[32], int64_t now, struct subject_id *account, bool *found, struct fault *f);
enum err code_clear(struct engine *e, const struct subject_id *account, int kind, struct fault *f);
/* Removes those of a kind that have expired. */
enum err code_drop_expired(struct engine *e, int kind, int64_t now, struct fault *f);
enum err code_count(struct engine *e, const struct subject_id *account, int kind, int64_t *n, struct fault *f);

#define PASSKEY_ID_MAX 256
#define PASSKEY_KEY_MAX 600 /* an RSA key of 4,096 bits */
struct passkey {
    uint8_t id[PASSKEY_ID_MAX];
    size_t id_n;
    struct subject_id account;
    uint8_t public_key[PASSKEY_KEY_MAX]; /* COSE, as the authenticator wrote it */
    size_t public_n;
    int64_t counter, created;
    char name[64];
};
enum err passkey_put(struct engine *e, const struct passkey *p, struct fault *f);
enum err passkey_get(struct engine *e, struct slice id, struct passkey *out, bool *found, struct fault *f);
enum err passkey_list(struct engine *e, const struct subject_id *account, struct passkey *out, size_t max, size_t *n, struct fault *f);
enum err passkey_drop(struct engine *e, const struct subject_id *account, struct slice id, struct fault *f);
enum err passkey_clear(struct engine *e, const struct subject_id *account, struct fault *f);

struct token_row {
    uint8_t hash[32];
    struct subject_id id, account;
    int64_t used; /* about when, 0 = never */
};
enum err token_put(struct engine *e, const struct token_row *t, struct fault *f);
enum err token_get(struct engine *e, const uint8_t hash[32], struct token_row *out, bool *found, struct fault *f);
enum err token_list(struct engine *e, const struct subject_id *account, struct token_row *out, size_t max, size_t *n, struct fault *f); /* hash not filled */
enum err token_used(struct engine *e, const uint8_t hash[32], int64_t now, struct fault *f);
enum err token_drop(struct engine *e, const struct subject_id *account, const struct subject_id *id, struct fault *f);
enum err token_clear(struct engine *e, const struct subject_id *account, struct fault *f);

enum err device_put(struct engine *e, const uint8_t hash[32], const struct subject_id *account, int64_t now, struct fault *f);
enum err device_known(struct engine *e, const uint8_t hash[32], bool *found, struct fault *f);
enum err device_clear(struct engine *e, const struct subject_id *account, struct fault *f);

enum err setting_get(struct engine *e, struct arena *a, const char *name, struct slice *out, struct fault *f);
enum err setting_put(struct engine *e, const char *name, struct slice value, struct fault *f);
#endif
