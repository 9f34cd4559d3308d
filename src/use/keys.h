/* The key store by hand: what opens it, shares, backups, locking (docs/formats/keys.md). Those that change something take the lock on
 * the data directory, but for locking and unlocking, which must work at any time. */
#ifndef USE_KEYS_H
#define USE_KEYS_H
#include "keys/keys.h"
#include "use/app.h"

/* {generation, locked, old, persons?, segments, bytes, erased, slots: [{type, where?, need?, of?}]}; persons only when it opens. */
enum err use_keys_status(struct app *app, struct cj *out, struct fault *f);

struct use_master_in { /* one of the three */
    struct slice file;       /* path; "default": DIR/keystore/master */
    struct slice passphrase; /* path of a file that holds it */
    struct slice module, token; /* the PIN is in the file that ATHAR_PIN_FILE names */
};
enum err use_keys_master(struct app *app, const struct use_master_in *in, struct fault *f);

struct use_shares_in {
    struct slice need, of; /* as typed */
    bool only;             /* take earlier sets away */
    struct slice escrow;   /* public key of an escrow, 64 hexadecimal digits: the quorum's shares are sealed to it instead of shown; or empty */
};
/* One share a line; for an escrow the text of a sealed file (docs/formats/keys.md). */
enum err use_keys_shares(struct app *app, const struct use_shares_in *in, struct buf *out, struct fault *f);
/* A key pair for an escrow: "public HEX\nsecret HEX\n". Needs no register. */
enum err use_escrow_new(struct buf *out, struct fault *f);
/* What an escrow holds, opened with its secret (the text that use_escrow_new gave, or its secret line): shares, one a line. */
enum err use_escrow_open(struct slice sealed, struct slice secret, struct buf *out, struct fault *f);

/* days: as typed, 1 to 3650. */
enum err use_keys_backup(struct app *app, const char *path, struct slice days, struct fault *f);
/* shares: text, one a line, or empty. */
enum err use_keys_restore(struct app *app, const char *path, struct slice shares, struct fault *f);
/* One share a line; lines without one (blank, or a heading) are passed over. out: SHARES_MAX. */
enum err use_shares_read(struct slice text, struct share *out, size_t *n, struct fault *f);
enum err use_lock(struct app *app, struct fault *f);
enum err use_unlock(struct app *app, struct slice shares, struct fault *f);
#endif
