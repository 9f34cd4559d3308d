/* Acts: what is decided about the people who use the register, as records of the log, so that nobody changes quietly who may do what: not
 * an administrator, not somebody with the database file. An act is a record whose first subject is the list it belongs to (all
 * accounts, or one case) and whose second is the account. docs/formats/accounts.md has the table of kinds and members. */
#ifndef PEOPLE_ACT_H
#define PEOPLE_ACT_H
#include "ledger/log.h"

enum act_kind { ACT_CREATED, ACT_CLOSED, ACT_ROLE_GIVEN, ACT_ROLE_TAKEN, ACT_RESET, ACT_ASKED, ACT_APPROVED, ACT_REFUSED, ACT_CASE_OPENED,
    ACT_GLASS_BROKEN, ACT_ANCHORED, ACT_PRUNED, ACT_LIST_ASKED,
    ACT_PERSON_ASKED, ACT_PERSON_ANSWERED, ACT_PERSON_REFUSED, ACT_STATEMENT, ACT_APPEALED, ACT_APPEAL_DECIDED, ACT_PASSKEY_ADDED, ACT_PASSKEY_DROPPED, ACT_TOKEN_MADE,
    ACT_TOKEN_ENDED, ACT_KINDS };
const char *act_kind_name(enum act_kind k); /* as in profiles: "role_given" */

#define ACT_TEXT 96
struct act {
    enum act_kind kind;
    struct subject_id account; /* whom it is about; of a case: who opened it */
    struct subject_id by;      /* who did it; none: at the console of the machine */
    struct slice login, name;  /* created: name is sealed under the account's own key */
    struct slice office, role, reason, case_no, purpose;
    struct subject_id about;   /* case opened: a firearm it is about; a case may be opened again to name another. A person's request: the person. Token: its id */
    struct slice scope, kinds, until; /* token made: rights by word, separated by blanks; what it may enter, the same; the last moment, UTC */
    struct hash request;       /* approved, refused, and what was done upon an approval: the record that asked; zeros: none */
    struct slice area, make, calibre, type; /* list asked: whom it is to hold; area: part of an address */
    struct slice channel, outcome; /* of a person's request: "counter" or "letter"; "all" "part", "kept" "changed" */
    struct slice text, document;   /* of a person's request: sealed under his own key, as his name is */
    uint64_t size;             /* anchored: openings there were; pruned: entries that went */
    struct hash root;          /* anchored: over them */
    /* filled by reading */
    struct hash record;
    int64_t recorded;
};
/* Where all acts but cases and the log of openings are found; where these are; where one case is. */
struct subject_id act_accounts(void);
struct subject_id act_openings(void);
struct subject_id act_requests(void); /* of persons */
struct subject_id act_case_id(const struct keys *k, struct slice case_no);

struct act_source { /* of clock and randomness */
    int64_t (*clock)(void *arg);
    void (*random)(void *arg, void *out, size_t n);
    void *arg;
};
/* Appends the act to the log inside the caller's transaction. out_record may be NULL. ERR_TOO_LONG past ACT_TEXT. */
enum err act_append(struct log *l, const struct act_source *s, const struct act *a, struct hash *out_record, struct fault *f);
/* Opens the act at this position; texts live in the arena. ERR_DAMAGED when it is none. */
enum err act_read(struct store *s, struct arena *a, uint64_t position, struct act *out, struct fault *f);
/* The acts of a case, first to last; *n = 0: there is no case of that number. */
enum err act_case(struct store *s, struct arena *a, struct slice case_no, struct act **out, size_t *n, struct fault *f);
#endif
