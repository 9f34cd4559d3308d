/* Erasing a person, and what stops it. Erasing destroys the person's key, and with it what every copy of the database says of him;
 * the records stay, the proofs hold, and a record of kind erased says who decided it on which basis, never what was there. */
#ifndef USE_ERASE_H
#define USE_ERASE_H
#include "store/erase.h"
#include "use/app.h"

struct use_erase_in {
    struct slice party;             /* 32 hexadecimal digits */
    struct slice basis, term, case_no; /* legal basis (needed), the term that ran out, number of the file */
    struct slice actor;             /* who decides; empty: the office */
};
/* {party, record, key, numbers_in_text, reject_files, time}. numbers_in_text: records in whose free text the name still stands: the
 * text of records that name him goes with his key, that of others, and places, do not. ERR_NOT_FOUND: nobody of this id, or erased
 * already. ERR_REFUSED: a legal hold; the fault names its case. */
enum err use_erase(struct app *app, const struct use_erase_in *in, struct cj *out, struct fault *f);

/* Erasures that a backup has undone are done again: what the log has as erased and the key store still opens, and what the key store has
 * as destroyed and the log (an earlier one) does not know. *n (may be NULL): how many. */
enum err use_erase_again(struct app *app, uint64_t *n, struct fault *f);

struct use_hold_in {
    struct slice subject;  /* firearm or person, 32 hexadecimal digits */
    struct slice case_no;  /* needed */
    struct slice note, actor;
    bool item, lift;
};
/* Records a legal hold or its end: {subject, record, case}. While one stands, nobody whom it names, and nobody who held a firearm that
 * it names, is erased. */
enum err use_hold(struct app *app, const struct use_hold_in *in, struct cj *out, struct fault *f);

/* ---- shared with use/retain.c ---- */
/* The first hold that stands against erasing this party: its case and record; *found false when there is none. */
struct hold_seen {
    char case_no[64];
    struct hash record;
};
enum err hold_against(struct store *s, const struct subject_id *party, struct hold_seen *out, bool *found, struct fault *f);
/* Records of kind erased for n persons (1,000 a commit), then their keys: basis and term are the same for all. */
struct erase_who {
    struct subject_id party;
    struct slice basis, term;
};
enum err erase_all(struct app *app, struct log *l, const struct erase_who *who, size_t n, struct slice actor, struct slice case_no,
    struct hash *first, struct fault *f);
#endif
