#include "use/once.h"
#include "use/people_in.h"
#include "people/factor.h"
#include "people/passkey.h"
#include <stdio.h>
#include "base/banned.h"

/* These make something that is shown once. */
#define ONCE(name)                                                                                                     \
    static DOOR_FN(name##_once)                                                                                        \
    {                                                                                                                  \
        return once_do(app, in, out, name, f);                                                                         \
    }
ONCE(door_codes)
ONCE(door_account_add)
ONCE(door_account_reset)
ONCE(door_token_add)
ONCE(door_request_letter)

const people_door_fn people_door[DOOR_ACTS] = {
    [DOOR_SIGN_IN] = door_sign_in, [DOOR_PASSKEY_SHOW] = door_passkey_show, [DOOR_PASSKEY_SIGN_IN] = door_passkey_sign_in,
    [DOOR_PASSKEY_ADD] = door_passkey_add, [DOOR_PASSKEY_DROP] = door_passkey_drop, [DOOR_SESSION_END] = door_session_end, [DOOR_FACTOR] = door_factor, [DOOR_LINK_SHOW] = door_link_show, [DOOR_LINK] = door_link,
    [DOOR_SIGN_OUT] = door_sign_out, [DOOR_LOCK] = door_lock, [DOOR_UNLOCK] = door_unlock, [DOOR_ME] = door_me, [DOOR_PASSWORD] = door_password,
    [DOOR_PIN] = door_pin, [DOOR_TOTP] = door_totp, [DOOR_TOTP_SHOW] = door_totp_show, [DOOR_CODES] = door_codes_once,
    [DOOR_PURPOSE_SHOW] = door_purpose_show,
    [DOOR_PURPOSE] = door_purpose, [DOOR_GLASS] = door_glass, [DOOR_ACCOUNTS] = door_accounts, [DOOR_ACCOUNT] = door_account,
    [DOOR_ACCOUNT_ADD] = door_account_add_once, [DOOR_ROLE] = door_role, [DOOR_ACCOUNT_CLOSE] = door_account_close,
    [DOOR_ACCOUNT_RESET] = door_account_reset_once, [DOOR_TOKEN_ADD] = door_token_add_once, [DOOR_TOKEN_DROP] = door_token_drop,
    [DOOR_APPROVALS] = door_approvals, [DOOR_APPROVE] = door_approve, [DOOR_OPENINGS] = door_openings,
    [DOOR_REVIEW] = door_review, [DOOR_JUDGE] = door_judge, [DOOR_ENTER_LIST] = door_enter_list, [DOOR_ENTER] = door_enter, [DOOR_ENTER_DO] = door_enter_do,
    [DOOR_ENTER_API] = door_enter_api, [DOOR_ENTER_BATCH] = door_enter_batch, [DOOR_RECEIPT] = door_receipt, [DOOR_TOTALS] = door_totals,
    [DOOR_REQUESTS] = door_requests, [DOOR_REQUEST] = door_request, [DOOR_REQUEST_NEW] = door_request_new, [DOOR_REQUEST_DO] = door_request_do, [DOOR_REQUEST_ANSWER] = door_request_answer, [DOOR_REQUEST_LETTER] = door_request_letter_once, [DOOR_MINE] = door_mine, [DOOR_LISTS] = door_lists, [DOOR_LIST_ASK] = door_list_ask, [DOOR_LIST] = door_list, [DOOR_SURRENDERS] = door_surrenders,
    [DOOR_KEEP] = door_keep, [DOOR_KEPT] = door_kept, [DOOR_KEPT_DROP] = door_kept_drop,
};

enum err people_door_visitor(struct app *app, struct slice cookie, struct visitor *out, struct fault *f)
{
    struct people *p;
    *out = (struct visitor){.door = "page"};
    enum err e = app_people(app, &p, f);
    return e ? e : people_visitor(p, cookie, out, f);
}

void login_mark(struct people *p, struct slice login, uint8_t out[LOGIN_MARK])
{
    char small[96];
    uint8_t mac[32];
    size_t n = login.n < sizeof small ? login.n : sizeof small;
    for (size_t i = 0; i < n; i++)
        small[i] = login.p[i] >= 'A' && login.p[i] <= 'Z' ? (char)(login.p[i] | 32) : login.p[i];
    box_mac(people_box(p), "login", slice_of(small, n), SLICE(""), mac);
    memcpy(out, mac, LOGIN_MARK);
}

enum err people_door_mark(struct app *app, struct slice login, uint8_t out[LOGIN_MARK])
{
    struct people *p;
    enum err e = app_people(app, &p, NULL);
    if (!e)
        login_mark(p, login, out);
    return e;
}

struct slice ask_field(const struct people_ask *in, const char *name)
{
    return in->field ? in->field(in->form, name) : slice_of(NULL, 0);
}

bool ask_number(const struct people_ask *in, const char *name, uint64_t max, uint64_t *out)
{
    char digits[64];
    struct slice typed = ask_field(in, name);
    return typed.n <= sizeof digits && slice_u64(slice_digits(typed, digits), max, out);
}

void answer_go(struct people_answer *out, struct slice next, const char *otherwise)
{
    bool own = next.n > 0 && next.n < sizeof out->go && next.p[0] == '/' && (next.n == 1 || (next.p[1] != '/' && next.p[1] != '\\'));
    for (size_t i = 0; own && i < next.n; i++)
        own = (unsigned char)next.p[i] > ' ' && next.p[i] != 0x7f && next.p[i] != '\\';
    snprintf(out->go, sizeof out->go, SLICE_FMT, SLICE_ARG(own ? next : slice_str(otherwise)));
}

struct subject_id ask_account(const struct people_ask *in)
{
    struct subject_id id;
    memcpy(id.b, in->who->account, sizeof id.b);
    return id;
}

/* ---- accounts ---- */

static enum err copy(struct people *p, struct arena *a, const struct account *x, struct account *out, bool *found)
{
    *found = x != NULL;
    if (x) {
        *out = *x;
        out->login = arena_copy(a, x->login);
        out->name = arena_copy(a, x->name);
        out->office = arena_copy(a, x->office);
    }
    people_release(p);
    return x && !out->login.p ? ERR_MEMORY : OK;
}

enum err copy_account(struct people *p, struct arena *a, const struct subject_id *id, struct account *out, bool *found)
{
    const struct roster *r = people_roster(p);
    return copy(p, a, r ? roster_find(r, id) : NULL, out, found);
}

enum err copy_login(struct people *p, struct arena *a, struct slice login, struct account *out, bool *found)
{
    const struct roster *r = people_roster(p);
    return copy(p, a, r ? roster_login(r, login) : NULL, out, found);
}

/* ---- secrets ---- */

static enum err get_secrets(void *arg, struct engine *e, struct fault *f)
{
    struct people_secrets *s = arg;
    enum err err = secret_get(e, s->arena, &s->account, &s->secret, &s->found, f);
    if (!err)
        err = code_count(e, &s->account, CODE_FACTOR, &s->codes, f);
    return err ? err : passkey_list(e, &s->account, s->passkey, PASSKEYS_MAX, &s->passkeys, f);
}

enum err read_secrets(struct people *p, struct people_secrets *s, struct fault *f)
{
    return box_read(people_box(p), get_secrets, s, f);
}

static enum err put_secret(void *arg, struct engine *e, struct fault *f)
{
    return secret_put(e, arg, f);
}

enum err write_secret(struct people *p, const struct secret *s, struct fault *f)
{
    return box_write(people_box(p), put_secret, (void *)(uintptr_t)s, f);
}

struct link {
    uint8_t hash[32];
    const struct subject_id *account;
    int64_t expires;
};

static enum err put_link(void *arg, struct engine *e, struct fault *f)
{
    const struct link *l = arg;
    enum err err = code_clear(e, l->account, CODE_LINK, f); /* the newest counts */
    return err ? err : code_put(e, l->hash, l->account, CODE_LINK, l->expires, f);
}

enum err make_link(struct people *p, const struct subject_id *account, int64_t hours, char *text, struct fault *f)
{
    uint8_t random[LINK_TEXT];
    struct link l = {.account = account, .expires = people_now(p) + hours * 3600000};
    people_random(p, random, sizeof random);
    code_text(random, LINK_TEXT, text);
    code_hash(people_box(p), CODE_LINK, account, text, l.hash);
    return box_write(people_box(p), put_link, &l, f);
}

void put_key(struct cj *j, const struct lang *l, const char *member, const char *prefix, const char *code)
{
    char key[80];
    snprintf(key, sizeof key, "%s%s", prefix, code);
    words_text(j, l, member, key, NULL, 0);
}
