/* What an officer enters by hand: what was typed is read field by field into an event, its subjects are found in the register, and it is
 * written as one record (an order over many firearms: several). Which fields a kind asks for stands in the profile (domain/form.h);
 * docs/formats/entry.md tells how. What has happened is never refused because it should not have: contradictions are the caller's to say
 * (use/enter.h), not this folder's to forbid.
 *
 * Order of use: entry_read (pure), entry_find (reads the store), entry_write (within a writer's job; finds again first). */
#ifndef ENTRY_ENTRY_H
#define ENTRY_ENTRY_H
#include "ledger/log.h"
#include "store/erase.h"

#define ENTRY_PROBLEMS 16
#define ENTRY_SERIALS 1
#define ENTRY_REPLACED 8  /* subjects of a record that is corrected */
#define ENTRY_ALL SIZE_MAX
#define ENTRY_ORDER 4000   /* permits and firearms of one order */

struct entry_ask { /* what was typed: trimmed, UTF-8; {NULL,0} when not given */
    struct slice (*value)(const void *arg, const char *name);
    const void *arg;
};
enum entry_who { WHO_UNSAID, WHO_NAMED, WHO_HOLDER, WHO_UNKNOWN };
struct entry { /* slices borrow the ask and the arena */
    const struct profile_kind *kind;
    const struct profile *profile;
    struct event ev; /* parties, marks, description, texts; ids of parties once found */
    struct event_mark mark;
    struct slice serial[ENTRY_SERIALS];
    enum entry_who who[EVENT_PARTIES]; /* of ev.party: WHO_NAMED or WHO_HOLDER */
    bool party_new[EVENT_PARTIES];
    bool part;                         /* one step was read: what it lacks may stand in another */
    struct external_id number;         /* of a permit: so that it is found again */
    struct slice firearm, other, record, purpose;
    struct subject_id key;             /* the client's: the same key is the same entry */
    uint8_t digest[16];                /* of everything typed */
    size_t problem_count;
    struct fault problem[ENTRY_PROBLEMS]; /* of what was typed, in the order of the form */
    /* found */
    bool item_new, has_item, has_other, has_permit, permit_new;
    struct subject_id item, other_item, permit, holder; /* holder: of the firearm, or of the permit */
    size_t replaced_count;
    struct record_subject replaced[ENTRY_REPLACED];
    struct hash replaces;
    struct slice replaced_office;
    struct when replaced_happened;
    size_t more_count;                 /* of an order: permits and firearms that it is over; in the arena */
    struct record_subject *more;
    bool ordered;                      /* it belongs to the list of orders */
    struct hash order;                 /* that is lifted */
    size_t head_count;
    struct hash head[RECORD_HEADS];
};

/* Reads the fields of one step, or of all (ENTRY_ALL); bad ones are listed, and out->problem_count says how many. now: UTC milliseconds.
 * ERR_MEMORY alone is returned. */
enum err entry_read(struct arena *a, const struct profile *p, const struct profile_kind *k, const struct entry_ask *ask, size_t step, int64_t now,
    struct entry *out);
/* Finds what was typed in the register: firearms, permits, persons by document, the record that is corrected. What is not there joins the
 * problems. Errors are the environment's. random: for ids of what is new. */
enum err entry_find(struct store *s, struct arena *a, void (*random)(void *arg, void *out, size_t n), void *arg, struct entry *x, struct fault *f);
/* Lists a problem (once a field; the first stands). */
void entry_problem(struct entry *x, enum err code, const char *field, struct slice value, const char *want);

struct entry_by { /* who records it */
    struct subject_id account;
    struct slice office;
    int64_t (*clock)(void *arg);
    void (*random)(void *arg, void *out, size_t n);
    void *arg;
};
/* Within the caller's transaction: the record is appended, new persons get their keys, their document numbers are indexed.
 * out: its id and position. ERR_TOO_LONG past RECORD_MAX. */
enum err entry_write(struct log *l, const struct entry_by *by, struct entry *x, struct hash *out_record, uint64_t *out_position, struct fault *f);

/* The claim of this key and account, by which an entry that was sent twice is known again. */
void entry_claim(const struct keys *k, const struct subject_id *account, const struct subject_id *key, uint8_t out[16]);
/* Was it recorded already? *found, its record, and the digest of what was typed then. */
enum err entry_known(struct store *s, struct arena *a, const uint8_t claim[16], struct hash *out_record, uint8_t out_digest[16], bool *found,
    struct fault *f);

/* The list that all protection orders belong to, and all requests of persons: first subject of each such record. */
struct subject_id entry_orders(void);
bool entry_has(const struct profile_kind *k, enum effect_do what);
#endif
