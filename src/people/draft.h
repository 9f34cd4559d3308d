/* Entries that an officer has begun and not sent: each step of a form is kept as typed, so that Back, a locked screen or a power cut lose
 * nothing. Sealed in accounts.db under a key of the directory; only the account that began one reads it. */
#ifndef PEOPLE_DRAFT_H
#define PEOPLE_DRAFT_H
#include "people/box.h"

#define DRAFT_DAYS 14
#define DRAFT_FIELDS 128
#define DRAFT_MAX 48000 /* bytes of what was typed */
struct draft { /* slices borrow the arena they were read into */
    struct subject_id id, account;
    struct slice kind;
    int64_t changed;
    size_t count;
    struct draft_field {
        struct slice name, value;
    } field[DRAFT_FIELDS];
};
struct slice draft_get(const struct draft *d, const char *name); /* {NULL,0} when absent */
/* Sets or (value empty) removes a field. false when there are too many. */
bool draft_set(struct draft *d, struct slice name, struct slice value);

/* *found = false: none, or another account's. */
enum err draft_load(struct box *b, struct arena *a, const struct subject_id *id, const struct subject_id *account, struct draft *out, bool *found,
    struct fault *f);
/* Writes it, and throws away those of all accounts that are older than DRAFT_DAYS. nonce: random. ERR_TOO_LONG past DRAFT_MAX. */
enum err draft_save(struct box *b, const struct draft *d, const uint8_t nonce[SEAL_NONCE], struct fault *f);
enum err draft_drop(struct box *b, const struct subject_id *id, const struct subject_id *account, struct fault *f);
/* Of an account, the newest first: id, kind and changed only. */
enum err draft_list(struct box *b, struct arena *a, const struct subject_id *account, struct draft *out, size_t max, size_t *n, struct fault *f);
#endif
