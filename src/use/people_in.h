/* Between the use cases about people. */
#ifndef USE_PEOPLE_IN_H
#define USE_PEOPLE_IN_H
#include "use/people.h"
#include "people/passkey.h"
#include "use/people_door.h"
#include "use/words.h"

/* The field as typed, with its blanks: passwords. And trimmed. */
struct slice ask_field(const struct people_ask *in, const char *name);
/* A whole number, of the digits of any keyboard that the register's languages have; false (and *out unchanged) when it is none, or past max. */
bool ask_number(const struct people_ask *in, const char *name, uint64_t max, uint64_t *out);
/* "next" when it is a path of this server, else `otherwise`. */
void answer_go(struct people_answer *out, struct slice next, const char *otherwise);
struct subject_id ask_account(const struct people_ask *in);
void login_mark(struct people *p, struct slice login, uint8_t out[LOGIN_MARK]);
/* An account's own parts, copied out of the roster: texts in the arena. *found = false: none. */
enum err copy_account(struct people *p, struct arena *a, const struct subject_id *id, struct account *out, bool *found);
enum err copy_login(struct people *p, struct arena *a, struct slice login, struct account *out, bool *found);
struct people_secrets { /* of box_read */
    struct arena *arena;
    struct subject_id account;
    struct secret secret;
    bool found;
    int64_t codes;
    size_t passkeys;
    struct passkey passkey[PASSKEYS_MAX];
};
enum err read_secrets(struct people *p, struct people_secrets *s, struct fault *f);
enum err write_secret(struct people *p, const struct secret *s, struct fault *f);
/* A new one-time link for the account; text of LINK_TEXT + 1 bytes. */
enum err make_link(struct people *p, const struct subject_id *account, int64_t hours, char *text, struct fault *f);
void put_key(struct cj *j, const struct lang *l, const char *member, const char *prefix, const char *code);

#define DOOR_FN(name) enum err name(struct app *app, const struct people_ask *in, struct people_answer *out, struct fault *f)
DOOR_FN(door_sign_in);
DOOR_FN(door_passkey_show);
DOOR_FN(door_passkey_sign_in);
DOOR_FN(door_passkey_add);
DOOR_FN(door_passkey_drop);
DOOR_FN(door_session_end);
DOOR_FN(door_factor);
DOOR_FN(door_link_show);
DOOR_FN(door_link);
DOOR_FN(door_sign_out);
DOOR_FN(door_lock);
DOOR_FN(door_unlock);
DOOR_FN(door_me);
DOOR_FN(door_password);
DOOR_FN(door_pin);
DOOR_FN(door_totp);
DOOR_FN(door_totp_show);
DOOR_FN(door_codes);
DOOR_FN(door_purpose_show);
DOOR_FN(door_purpose);
DOOR_FN(door_glass);
DOOR_FN(door_accounts);
DOOR_FN(door_account);
DOOR_FN(door_account_add);
DOOR_FN(door_role);
DOOR_FN(door_account_close);
DOOR_FN(door_account_reset);
DOOR_FN(door_token_add);
DOOR_FN(door_token_drop);
DOOR_FN(door_approvals);
DOOR_FN(door_approve);
DOOR_FN(door_openings);
DOOR_FN(door_review);
DOOR_FN(door_judge);
DOOR_FN(door_enter_list);
DOOR_FN(door_enter);
DOOR_FN(door_enter_do);
DOOR_FN(door_enter_api);
DOOR_FN(door_enter_batch);
DOOR_FN(door_receipt);
DOOR_FN(door_totals);
DOOR_FN(door_keep);
DOOR_FN(door_kept);
DOOR_FN(door_kept_drop);
DOOR_FN(door_requests);
DOOR_FN(door_request);
DOOR_FN(door_request_new);
DOOR_FN(door_request_do);
DOOR_FN(door_request_answer);
DOOR_FN(door_request_letter);
DOOR_FN(door_mine);
DOOR_FN(door_lists);
DOOR_FN(door_list_ask);
DOOR_FN(door_list);
DOOR_FN(door_surrenders);
/* After the password or link is proven: the state that the account's factors and roles ask for. */
enum err begin_session(struct people *p, const struct account *x, const struct people_secrets *s, bool factor_proven, const struct session *old,
    const struct people_ask *in, struct people_answer *out, struct fault *f);
/* Seconds to wait before the next try at `login` from there: ERR_BUSY. */
enum err wait_first(struct people *p, struct slice login, const struct people_ask *in, bool known, struct fault *f);
bool known_device(struct people *p, const struct people_ask *in, const struct subject_id *account);
/* Did the form come with a passkey's answer? Proves it: *out_account is whose it is. One sentence for whatever was wrong. ERR_REFUSED. */
bool passkey_given(const struct people_ask *in);
enum err passkey_prove(struct people *p, struct arena *a, const struct people_ask *in, const char *field, struct subject_id *out_account, struct fault *f);
/* {"challenge", "host", "list"} as the member `name`; nothing where the host is an address, to which no passkey can belong. list: ids of the account's keys. */
void put_challenge(struct people *p, const struct people_ask *in, const uint8_t binder[32], const char *name, const struct people_secrets *s, struct cj *j);

/* Is there a case of that number, opened by this office? */
enum err case_of_office(struct app *app, struct slice case_no, struct slice office, bool *out, struct fault *f);
/* tokens.c: those of a machine's account, and what can be chosen for a new one. */
void put_tokens(struct cj *j, const struct people_ask *in, const struct profile_people *p, const struct roster *r, const struct account *x, int64_t now);

/* kept.c: the member "kept", what this account sent that could not be done then, the newest first. */
enum err put_kept_list(struct people *p, struct arena *a, const struct people_ask *in, struct cj *j, struct fault *f);

/* ---- me.c: one's own account ---- */
struct me {
    struct people *p;
    struct arena arena;
    struct account x;
    struct people_secrets s;
};
enum err me_open(struct app *app, const struct people_ask *in, struct me *m, struct fault *f);
void me_close(struct me *m);
/* May he try now; the old password, where there is one: wrong ones are counted as at the door. */
enum err me_wait(struct me *m, const struct people_ask *in, struct fault *f);
enum err me_prove(struct me *m, const struct people_ask *in, struct fault *f);
/* A second factor that had to be set up: the session opens, with a new cookie. */
enum err me_enrolled(struct me *m, const struct people_ask *in, struct people_answer *out, struct fault *f);
/* sessions.c: the member "sessions", one's own, the newest first. */
enum err put_sessions(const struct me *m, const struct people_ask *in, struct cj *j, struct fault *f);
/* The session behind the visitor, as stored. */
enum err own_session(struct people *p, const struct people_ask *in, struct session *out, struct fault *f);
#endif
