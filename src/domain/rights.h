/* Who may do what: rights are a small closed list that C knows, roles are a profile's. A right is what a route or a verb asks for before its
 * use case runs; names_rule says whose names a role may read. docs/formats/accounts.md. Pure. */
#ifndef DOMAIN_RIGHTS_H
#define DOMAIN_RIGHTS_H
#include "base/slice.h"

/* word in profiles and in the route table; what it lets a person do stands in docs/formats/accounts.md */
#define RIGHTS_TABLE(X)                                                                                                \
    X(RIGHT_SEARCH, "search")               /* find firearms by what can be read */                                   \
    X(RIGHT_FIREARM_READ, "firearm_read")   /* open a firearm: roles and dates; names need RIGHT_NAMES beside it */   \
    X(RIGHT_NAMES, "names")                 /* read names of holders, as the role's names rule allows */              \
    X(RIGHT_RECORD_READ, "record_read")     /* open one record */                                                     \
    X(RIGHT_IMPORT_READ, "import_read")     /* see what was imported */                                               \
    X(RIGHT_MARKS_READ, "marks_read")       /* have a text about a mark read */                                       \
    X(RIGHT_LOG_ENTRIES, "log_entries")     /* entries of the record log, sealed as they are */                       \
    X(RIGHT_CASE_OPEN, "case_open")         /* open a case that a purpose can name */                                 \
    X(RIGHT_ENTER, "enter")                 /* enter what happened */                                                 \
    X(RIGHT_SPECIMEN_READ, "specimen_read") /* see specimens of the laboratory */                                     \
    X(RIGHT_SPECIMEN_COMPARE, "specimen_compare") /* compare two and conclude */                                      \
    X(RIGHT_STORE, "store")                 /* the store: in, out, count */                                           \
    X(RIGHT_FIGURES, "figures")             /* figures without persons */                                             \
    X(RIGHT_ACCOUNTS, "accounts")           /* accounts: make, close, give and take roles, reset */                   \
    X(RIGHT_APPROVE, "approve")             /* be the second pair of eyes */                                          \
    X(RIGHT_ACCESS_READ, "access_read")     /* who looked at whom */                                                  \
    X(RIGHT_ACCESS_REVIEW, "access_review") /* judge a sample of openings */                                          \
    X(RIGHT_CASE_PERSONS, "case_persons")   /* beside names: those of suspects, victims, witnesses, of whom it was found with */ \
    X(RIGHT_OPINIONS, "opinions")           /* beside names: what officers make of the facts */                        \
    X(RIGHT_REQUESTS, "requests")           /* see the requests of persons: of the own office, or all who decide appeals */ \
    X(RIGHT_PERSON_REQUESTS, "person_requests") /* answer persons who ask what is held about them */                   \
    X(RIGHT_APPEALS, "appeals")             /* decide what they appeal against */                                      \
    X(RIGHT_HOLDER_LISTS, "holder_lists")   /* ask for a list of holders, which two others approve */                  \
    X(RIGHT_BREAK_GLASS, "break_glass")     /* read names without a case in an emergency; others are told at once */

enum right {
#define RIGHTS_ENUM(code, word) code,
    RIGHTS_TABLE(RIGHTS_ENUM)
#undef RIGHTS_ENUM
        RIGHTS_COUNT
};
typedef uint64_t rights; /* bit n = right n */
#define RIGHT_BIT(r) ((rights)1 << (r))

enum names_rule {
    NAMES_NONE,
    NAMES_OWN_CASE,   /* firearms whose records carry the case of the session */
    NAMES_OWN_OFFICE, /* those, and firearms of which an own office has recorded something */
    NAMES_ALL         /* any, with purpose and case */
};

const char *right_word(enum right r);
bool right_of(struct slice word, enum right *out);
const char *names_rule_word(enum names_rule n); /* "none" "own_case" "own_office" "all" */
bool names_rule_of(struct slice word, enum names_rule *out);

#define ROLE_NAME 32
#define ROLES_MAX 24
#define PURPOSES_MAX 16
#define NOT_TOLD_MAX 8
#define ENTERS_MAX 64 /* kinds of a profile: a bit each */
struct role {
    char name[ROLE_NAME]; /* message key "role_name." + name */
    rights rights;
    enum names_rule names;
    uint64_t enters;    /* bit n: kind n of the profile */
    bool second_factor; /* nobody acts in this role with a password alone */
    bool machine;       /* for machines and peers, by token; nobody signs in with it. What it enters each token names, too */
};
/* The part of a profile that is about the people who use the register. */
struct profile_people {
    size_t role_count, purpose_count, four_eyes_count;
    struct role role[ROLES_MAX];
    char purpose[PURPOSES_MAX][ROLE_NAME]; /* message key "purpose." + name */
    char four_eyes[ROLES_MAX][ROLE_NAME];  /* roles that one person alone cannot give */
    int idle_minutes, session_hours;       /* until the screen locks; until one signs in again */
    int review_percent;                    /* of openings that are put before a reviewer */
    int answer_days, appeal_days, decide_days; /* of a person who asks: until he is answered; until he may appeal; until that is decided */
    struct entered_kind { /* by bit of `enters`: the kinds of the profile; name "": nobody enters it */
        char name[33], label[40]; /* label: message key */
    } kind[ENTERS_MAX];
    bool tell_lookers;                     /* he is told which office read his data, and why */
    size_t not_told_count;                 /* records that name him in these roles are not told of, on this basis */
    struct not_told {
        char role[ROLE_NAME], basis[96];
    } not_told[NOT_TOLD_MAX];
    int list_max;                          /* holders on one list */
    int keep_openings;                     /* days that an entry of the log of openings is kept */
    int busy_openings;                     /* openings of one person in 24 hours from which auditors are told */
};
const struct role *role_find(const struct profile_people *p, struct slice name);
bool role_four_eyes(const struct profile_people *p, struct slice name);
/* Of kinds by name, separated by blanks or commas, the bits; *unknown (may be NULL): the first that nobody enters, else {NULL,0}. And back: once
 * each, in the order of the profile, separated by blanks; false when `size` does not hold them. */
uint64_t kinds_read(const struct profile_people *p, struct slice words, struct slice *unknown);
bool kinds_write(const struct profile_people *p, uint64_t enters, char *out, size_t size);
bool purpose_known(const struct profile_people *p, struct slice name);
#endif
