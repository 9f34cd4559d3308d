/* The people of one data directory: roster, sessions, throttle and gate together, shared by all threads. Decides who a request comes
 * from and what he may do; what he then does is a use case's.
 *
 * The roster is looked at again at most once a second (people_refresh, which needs a store); a session's row once in two seconds,
 * so that what another process ended or gave is known soon. */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H
#include "people/password.h"
#include "people/roster.h"
#include "people/session.h"
#include "people/throttle.h"
#include "people/visitor.h"

struct people;
struct people_config {
    const char *dir;
    const struct keys *keys;                 /* used while opening */
    const struct profile_people *profile;    /* copied */
    struct act_source source;                /* clock and randomness */
};
enum err people_open(const struct people_config *c, struct people **out, struct fault *f);
void people_close(struct people *p);
struct box *people_box(struct people *p);
struct gate *people_gate(struct people *p);
struct throttle *people_throttle(struct people *p);
const struct profile_people *people_profile(const struct people *p);
int64_t people_now(const struct people *p);
void people_random(const struct people *p, void *out, size_t n);

/* Is it time to look at the acts again? True to one caller only, who then calls people_refresh. */
bool people_stale(struct people *p);
enum err people_refresh(struct people *p, struct store *s, struct fault *f);
/* The roster, held against replacement until people_release. NULL before the first refresh. */
const struct roster *people_roster(struct people *p);
void people_release(struct people *p);

/* Who this cookie is: *out whole also when nobody (known = false). Counts as a sign of life. */
enum err people_visitor(struct people *p, struct slice cookie, struct visitor *out, struct fault *f);
/* Tokens of machines: TOKEN_PREFIX and 32 random bytes in base64url; kept as an HMAC under a key outside the database. */
#define TOKEN_PREFIX "athar_"
#define TOKEN_TEXT 49 /* characters */
bool token_hash(const struct box *b, struct slice text, uint8_t out[32]);
/* Which machine this token is; nobody when it is none, has ended, or its account has. Purpose and case are the caller's to fill. *row (may be NULL): it was made
 * here, and what the roster says of it counts. */
enum err people_machine(struct people *p, struct slice token, struct visitor *out, bool *row, struct fault *f);

/* A new session of the account in this state, in this browser; its cookie. old: a session it replaces (rotation), or NULL; purpose and case go over. */
enum err people_begin(struct people *p, const struct subject_id *account, enum session_state state, const struct session *old, struct agent agent,
    char cookie[44], struct fault *f);
/* Writes the session as changed, and forgets what is kept of it. */
enum err people_change(struct people *p, const struct session *s, struct fault *f);
enum err people_end(struct people *p, const uint8_t hash[32], struct fault *f);
/* All of the account but the one of this hash. */
enum err people_end_others(struct people *p, const struct subject_id *account, const uint8_t hash[32], struct fault *f);
/* Those that have not ended: the newest SESSIONS_SHOWN. */
#define SESSIONS_SHOWN 50
enum err people_sessions(struct people *p, const struct subject_id *account, struct session out[SESSIONS_SHOWN], size_t *n, struct fault *f);
enum err people_end_all(struct people *p, const struct subject_id *account, struct fault *f);
#endif
