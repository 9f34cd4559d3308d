/* The roster: who has an account, in which office, with which roles, and what waits for a second pair of eyes; folded from the acts of
 * the log, whole and in the order of the log. A role that the profile says no one person can give counts only when another person than the one
 * who asked, and than the one who receives it, approved the asking; what was done at the machine's console counts, and is shown as such. */
#ifndef PEOPLE_ROSTER_H
#define PEOPLE_ROSTER_H
#include "people/act.h"

#define ACCOUNT_ROLES 8
/* A token of a machine: what the record says of it. It counts until it is ended, its time is over, or its account is closed or reset. */
struct token {
    struct subject_id id, account;
    struct slice name;
    rights scope;
    uint64_t enters;  /* kinds of records that it names, as in struct role; none: it enters nothing */
    int64_t made, until; /* UTC ms */
    bool ended;
};
struct account {
    struct subject_id id;
    struct slice login, name, office; /* in the roster's arena */
    bool closed;
    size_t role_count;
    const struct role *role[ACCOUNT_ROLES];
    rights rights;          /* of all roles; never names together with accounts */
    enum names_rule names;
    uint64_t enters;        /* kinds of records, as in struct role */
    bool second_factor;
    bool machine;           /* has a role for machines: then only those count, and nobody signs in with it */
    int64_t created, reset; /* recorded; reset: sessions and devices from before count no more (0 = never) */
    int64_t ended;          /* when it was closed; 0 = not */
    int64_t machine_from, machine_to; /* recorded: between these it was a machine's the last time; machine_to 0 = to this day, machine_from 0 = never */
};
/* Was it a machine's then? What was written before is a person's. */
bool account_was_machine(const struct account *x, int64_t then);
#define LIST_APPROVALS 2
struct request { /* a role asked for, or a list of holders */
    struct act act; /* kind ACT_ASKED, ACT_LIST_ASKED */
    enum { REQUEST_WAITS, REQUEST_APPROVED, REQUEST_REFUSED, REQUEST_DONE } state;
    struct subject_id judged_by;                    /* the last who did */
    size_t approvals;                               /* of a role one is enough, of a list LIST_APPROVALS */
    struct subject_id approved_by[LIST_APPROVALS];
    int64_t judged;                                 /* when it was approved or refused */
};
struct roster {
    struct arena arena;
    uint64_t acts; /* how many it was folded from */
    size_t account_count, account_cap, request_count, request_cap, token_count, token_cap;
    struct account *account;
    struct request *request;
    struct token *token;
};
#define ROSTER_MAX 100000
/* The profile is borrowed: it outlives the roster. */
enum err roster_load(struct store *s, const struct profile_people *p, struct roster **out, struct fault *f);
void roster_free(struct roster *r);
/* How many acts the store has now: another number than roster.acts means: load again. */
enum err roster_acts(struct store *s, uint64_t *out, struct fault *f);
const struct account *roster_find(const struct roster *r, const struct subject_id *id);
/* By login, which is compared without regard to case (ASCII). */
const struct account *roster_login(const struct roster *r, struct slice login);
const struct request *roster_request(const struct roster *r, const struct hash *record);
const struct token *roster_token(const struct roster *r, const struct subject_id *id);
/* May the judge decide this request? Not who asked, not who would receive, and not who approved it already. */
bool request_may_judge(const struct request *q, const struct subject_id *judge);
#endif
