/* Sessions: opaque random cookies, hashed at rest. A session is found by the SHA-256 of its cookie; each step that raises what it may
 * do (password, second factor, unlocking) gives it a new cookie, so that one that was planted or seen before is worth nothing.
 *
 * | state  | means                                     | may                                | goes on to |
 * | FACTOR | the password is proven, a second one waits | prove it                           | OPEN, ENROL |
 * | ENROL  | a role wants a second factor, none is set  | set one up                         | OPEN |
 * | OPEN   | signed in                                  | what the roles give                | LOCKED after idle_minutes |
 * | LOCKED | the screen is locked                       | unlock by PIN, password or passkey | OPEN; gone after 5 wrong |
 * Any state ends at `expires` (the row stays a day longer, to say whose it was), when the account is reset or closed, and by signing out. */
#ifndef PEOPLE_SESSION_H
#define PEOPLE_SESSION_H
#include "people/agent.h"
#include "people/box.h"
#include "people/form_token.h"

enum session_state { SESSION_FACTOR = 1, SESSION_ENROL, SESSION_OPEN, SESSION_LOCKED };
#define SESSION_TOKEN 32
#define SESSION_WRONG_PINS 5
struct session {
    uint8_t hash[32]; /* of the cookie */
    struct subject_id account;
    int64_t created, seen, expires;
    enum session_state state;
    int wrong;
    char purpose[32], case_no[97];
    int64_t glass; /* names are open until then; 0 = not */
    struct agent agent; /* the browser, as it said when this session began */
};
/* Cookie text (43 characters of base64url) to hash; false when it is not of the form. */
bool session_hash(struct slice cookie, uint8_t out[32]);
/* The cookie of these random bytes, and its hash. */
void session_cookie(const uint8_t token[SESSION_TOKEN], char cookie[44], uint8_t hash[32]);

enum err session_get(struct engine *e, const uint8_t hash[32], struct session *out, bool *found, struct fault *f);
enum err session_put(struct engine *e, const struct session *s, struct fault *f);
enum err session_drop(struct engine *e, const uint8_t hash[32], struct fault *f);
/* Those of an account that have not expired, the newest first, at most max. */
enum err session_list(struct engine *e, const struct subject_id *account, int64_t now, struct session *out, size_t max, size_t *n, struct fault *f);
/* All of the account but this one. */
enum err session_drop_others(struct engine *e, const struct subject_id *account, const uint8_t hash[32], struct fault *f);
enum err session_drop_all(struct engine *e, const struct subject_id *account, struct fault *f);
enum err session_drop_expired(struct engine *e, int64_t now, struct fault *f);
#endif
