/* Accounts: made, given and taken roles, reset, closed, listed. */
#include "use/account.h"
#include "people/factor.h"
#include "use/once.h"
#include "use/people_in.h"
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "base/banned.h"

#define LINK_HOURS 72
#define ACCOUNTS_SHOWN 200 /* of a page */

/* ---- what is accepted ---- */

static enum err judge_login(struct slice login, struct fault *f)
{
    bool well = login.n >= 2 && login.n <= 48;
    for (size_t i = 0; i < login.n && well; i++) {
        char c = login.p[i];
        well = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (i && strchr("._-@", c));
    }
    return well ? OK : fault_set(f, login.n ? ERR_FORMAT : ERR_MISSING, "login", login, "say.login");
}

static enum err judge_new(struct people *p, const struct account_new *n, struct fault *f)
{
    enum err e = judge_login(n->login, f);
    if (e)
        return e;
    const struct roster *r = people_roster(p);
    if (r && roster_login(r, n->login))
        e = fault_set(f, ERR_EXISTS, "login", n->login, "say.other_login");
    people_release(p);
    if (!e && !role_find(people_profile(p), n->role))
        e = fault_set(f, n->role.n ? ERR_UNKNOWN_CODE : ERR_MISSING, "role", n->role, "say.role");
    const struct role *role = role_find(people_profile(p), n->role);
    if (!e && role->machine && n->password.n)
        e = fault_set(f, ERR_REFUSED, "password", SLICE(""), "want.machine_token");
    if (!e && n->password.n)
        e = password_judge(n->password, n->login, f);
    return e;
}

/* ---- making one ---- */

static enum err set_password(struct people *p, const struct subject_id *id, struct slice password, struct fault *f)
{
    struct secret s = {.account = *id};
    enum err e = gate_enter(people_gate(p), true, f);
    if (e)
        return e;
    e = password_hash(people_box(p), "password", id, password, s.password, f);
    gate_leave(people_gate(p), true);
    return e ? e : write_secret(p, &s, f);
}

/* A role that needs a second pair of eyes is asked for; at the console it is given. */
static struct act role_act(struct people *p, const struct subject_id *by, const struct subject_id *whom, struct slice role, bool give, struct slice reason)
{
    bool ask = give && !subject_none(by) && role_four_eyes(people_profile(p), role);
    return (struct act){.kind = ask ? ACT_ASKED : give ? ACT_ROLE_GIVEN : ACT_ROLE_TAKEN, .account = *whom, .by = *by, .role = role, .reason = reason};
}

static enum err add(struct app *a, struct people *p, const struct subject_id *by, const struct account_new *n, struct subject_id *out_id, char *link,
    struct fault *f)
{
    struct subject_id id;
    char office[97];
    struct desk *d;
    enum err e = judge_new(p, n, f);
    if (e || (e = desk_take(a, &d, f)))
        return e;
    snprintf(office, sizeof office, SLICE_FMT, SLICE_ARG(n->office.n ? n->office : store_origin(d->store)));
    desk_give(a, d);
    people_random(p, id.b, sizeof id.b);
    struct act acts[2] = {{.kind = ACT_CREATED, .account = id, .by = *by, .login = n->login, .name = n->name, .office = slice_str(office)},
        role_act(p, by, &id, n->role, true, SLICE(""))};
    if ((e = app_act(a, acts, 2, NULL, f)))
        return e;
    *link = 0;
    *out_id = id;
    if (role_find(people_profile(p), n->role)->machine) /* its tokens are made for it next */
        return OK;
    return n->password.n ? set_password(p, &id, n->password, f) : make_link(p, &id, LINK_HOURS, link, f);
}

enum err use_account_add(struct app *a, const struct account_new *n, char link[ACCOUNT_LINK], struct fault *f)
{
    struct people *p;
    struct subject_id made;
    static const struct subject_id console;
    enum err e = app_people(a, &p, f);
    return e ? e : add(a, p, &console, n, &made, link, f);
}

/* ---- changing one ---- */

static enum err find_login(struct people *p, struct slice login, struct subject_id *out, struct fault *f)
{
    const struct roster *r = people_roster(p);
    const struct account *x = r ? roster_login(r, login) : NULL;
    if (x)
        *out = x->id;
    people_release(p);
    return x ? OK : fault_set(f, ERR_NOT_FOUND, "login", login, "say.account");
}

enum err use_account_role(struct app *a, struct slice login, struct slice role, bool give, struct fault *f)
{
    struct people *p;
    struct subject_id id, console = {0};
    enum err e = app_people(a, &p, f);
    if (!e && !role_find(people_profile(p), role))
        e = fault_set(f, ERR_UNKNOWN_CODE, "role", role, "say.role");
    if (e || (e = find_login(p, login, &id, f)))
        return e;
    struct act x = role_act(p, &console, &id, role, give, SLICE(""));
    return app_act(a, &x, 1, NULL, f);
}

static enum err forget(void *arg, struct engine *e, struct fault *f)
{
    const struct subject_id *id = arg;
    struct secret s = {.account = *id};
    enum err err = secret_put(e, &s, f);
    if (!err)
        err = code_clear(e, id, CODE_FACTOR, f);
    if (!err)
        err = code_clear(e, id, CODE_LINK, f);
    if (!err)
        err = passkey_clear(e, id, f);
    if (!err)
        err = token_clear(e, id, f);
    if (!err)
        err = device_clear(e, id, f);
    return err;
}

/* The record first: were we killed between, sessions from before would still count no more (roster: reset). */
static enum err end_account(struct app *a, struct people *p, const struct act *act, struct fault *f)
{
    struct subject_id id = act->account;
    enum err e = app_act(a, act, 1, NULL, f);
    if (!e)
        e = box_write(people_box(p), forget, &id, f);
    return e ? e : people_end_all(p, &id, f);
}

enum err use_account_reset(struct app *a, struct slice login, char link[ACCOUNT_LINK], struct fault *f)
{
    struct people *p;
    struct act x = {.kind = ACT_RESET};
    enum err e = app_people(a, &p, f);
    if (e || (e = find_login(p, login, &x.account, f)) || (e = end_account(a, p, &x, f)))
        return e;
    return make_link(p, &x.account, LINK_HOURS, link, f);
}

enum err use_account_close(struct app *a, struct slice login, struct fault *f)
{
    struct people *p;
    struct act x = {.kind = ACT_CLOSED};
    enum err e = app_people(a, &p, f);
    if (e || (e = find_login(p, login, &x.account, f)))
        return e;
    return end_account(a, p, &x, f);
}

/* ---- listing ---- */

static void put_when(struct cj *j, const char *member, int64_t ms)
{
    char text[25];
    time_text(ms, text);
    if (ms > 0)
        cj_kstr(j, member, slice_str(text));
}

static void put_account(struct cj *j, const struct lang *l, struct people *p, const struct account *x)
{
    uint8_t mark[LOGIN_MARK];
    login_mark(p, x->login, mark);
    cj_obj(j);
    cj_khex(j, "id", x->id.b, sizeof x->id.b);
    cj_kstr(j, "login", x->login);
    cj_khex(j, "login_mark", mark, sizeof mark);
    cj_kstr_opt(j, "name", x->name);
    cj_kstr_opt(j, "office", x->office);
    put_when(j, "created", x->created);
    cj_kbool(j, "closed", x->closed);
    cj_kbool(j, "machine", x->machine);
    cj_key(j, "roles");
    cj_arr(j);
    for (size_t i = 0; i < x->role_count; i++) {
        cj_obj(j);
        cj_kstr(j, "role", slice_str(x->role[i]->name));
        put_key(j, l, "label", "role_name.", x->role[i]->name);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    cj_obj_end(j);
}

/* asked: what a form that is shown again had chosen. */
static void put_role_choices(struct cj *j, const struct lang *l, const struct profile_people *profile, struct slice asked)
{
    cj_key(j, "choices");
    cj_arr(j);
    for (size_t i = 0; i < profile->role_count; i++) {
        cj_obj(j);
        cj_kstr(j, "role", slice_str(profile->role[i].name));
        put_key(j, l, "label", "role_name.", profile->role[i].name);
        cj_kbool(j, "four_eyes", role_four_eyes(profile, slice_str(profile->role[i].name)));
        if (slice_is(asked, profile->role[i].name))
            cj_kbool(j, "chosen", true);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

static void put_accounts(struct cj *j, const struct lang *l, struct people *p)
{
    const struct roster *r = people_roster(p);
    cj_obj(j);
    cj_kint(j, "count", r ? (int64_t)r->account_count : 0);
    cj_key(j, "accounts");
    cj_arr(j);
    for (size_t i = 0; r && i < r->account_count; i++)
        put_account(j, l, p, &r->account[i]);
    cj_arr_end(j);
    put_role_choices(j, l, people_profile(p), SLICE(""));
    cj_obj_end(j);
    people_release(p);
}

enum err use_account_list(struct app *a, const struct lang *l, struct cj *out, struct fault *f)
{
    struct people *p;
    enum err e = app_people(a, &p, f);
    if (e)
        return e;
    put_accounts(out, l, p);
    return out->out->err;
}

enum err use_account_any(struct app *a, bool *out, struct fault *f)
{
    struct people *p;
    enum err e = app_people(a, &p, f);
    if (e)
        return e;
    const struct roster *r = people_roster(p);
    *out = false;
    for (size_t i = 0; r && i < r->account_count; i++)
        *out = *out || !r->account[i].closed;
    people_release(p);
    return OK;
}

/* ---- the web door ---- */

/* Letters as typed, capital or small where they are of ASCII. */
static bool holds(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (strncasecmp(text.p + i, part.p, part.n) == 0)
            return true;
    return false;
}

static int by_login(const void *a, const void *b)
{
    const struct account *x = *(const struct account *const *)a, *y = *(const struct account *const *)b;
    size_t n = x->login.n < y->login.n ? x->login.n : y->login.n;
    int c = x->closed - y->closed;
    c = c ? c : strncasecmp(x->login.p, y->login.p, n);
    return c ? c : (x->login.n > y->login.n) - (x->login.n < y->login.n);
}

/* Those of whom a word was typed, closed ones last, by name to sign in: the first ACCOUNTS_SHOWN. */
static enum err put_found(struct cj *j, const struct people_ask *in, struct people *p, const struct roster *r)
{
    struct slice part = ask_field(in, "find");
    size_t n = 0;
    const struct account **found = mem_alloc((r ? r->account_count : 0) + 1, sizeof *found);
    for (size_t i = 0; found && r && i < r->account_count; i++) {
        const struct account *x = &r->account[i];
        if (!part.n || holds(x->login, part) || holds(x->name, part) || holds(x->office, part))
            found[n++] = x;
    }
    if (n)
        qsort(found, n, sizeof *found, by_login);
    cj_kint(j, "count", (int64_t)n);
    if (n > ACCOUNTS_SHOWN)
        cj_kint(j, "shown", ACCOUNTS_SHOWN);
    if (part.n)
        cj_kbool(j, "filtered", true);
    cj_key(j, "accounts");
    cj_arr(j);
    for (size_t i = 0; i < n && i < ACCOUNTS_SHOWN; i++)
        put_account(j, in->lang, p, found[i]);
    cj_arr_end(j);
    mem_free(found);
    return found ? OK : ERR_MEMORY;
}

DOOR_FN(door_accounts)
{
    struct people *p;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    const struct roster *r = people_roster(p);
    cj_obj(out->out);
    e = put_found(out->out, in, p, r);
    put_role_choices(out->out, in->lang, people_profile(p), ask_field(in, "role"));
    put_once(p, out->out);
    cj_obj_end(out->out);
    people_release(p);
    return e ? fault_set(f, e, "accounts", SLICE(""), "") : out->out->out->err;
}

static enum err path_account(const struct people_ask *in, struct subject_id *out, struct fault *f)
{
    return hex_to(in->id, out->b, sizeof out->b) ? OK : fault_set(f, ERR_NOT_FOUND, "account", in->id, "say.account");
}

DOOR_FN(door_account)
{
    struct people *p;
    struct subject_id id;
    enum err e = path_account(in, &id, f);
    if (e || (e = app_people(app, &p, f)))
        return e;
    const struct roster *r = people_roster(p);
    const struct account *x = r ? roster_find(r, &id) : NULL;
    if (x) {
        cj_obj(out->out);
        cj_key(out->out, "account");
        put_account(out->out, in->lang, p, x);
        if (x->machine)
            put_tokens(out->out, in, people_profile(p), r, x, people_now(p));
        put_role_choices(out->out, in->lang, people_profile(p), ask_field(in, "role"));
        put_once(p, out->out);
        cj_obj_end(out->out);
    }
    people_release(p);
    return x ? out->out->out->err : fault_set(f, ERR_NOT_FOUND, "account", in->id, "say.account");
}

/* Shown once: the whole address, as whoever gets it types it, and the moment at which it ends. */
static void put_link(struct cj *j, const struct people_ask *in, struct people *p, const struct account *x, const char *link, bool waits)
{
    char address[512];
    snprintf(address, sizeof address, SLICE_FMT "/sign-in/%s", SLICE_ARG(in->origin), link);
    cj_obj(j);
    cj_khex(j, "account_id", x->id.b, sizeof x->id.b);
    cj_kstr(j, "login", x->login);
    cj_kstr_opt(j, "name", x->name);
    cj_kstr(j, "address", slice_str(address));
    put_when(j, "until", people_now(p) + (int64_t)LINK_HOURS * 3600000);
    if (waits) /* the role, for a second person */
        cj_kbool(j, "waits", true);
    cj_obj_end(j);
}

static void go_account(struct people_answer *out, const struct subject_id *id)
{
    char hex[33], path[64];
    hex_of(id->b, sizeof id->b, hex);
    hex[32] = 0;
    snprintf(path, sizeof path, "/accounts/%s", hex);
    answer_go(out, SLICE(""), path);
}

DOOR_FN(door_account_add)
{
    struct people *p;
    struct account made = {.login = ask_field(in, "login"), .name = ask_field(in, "name")};
    struct subject_id by = ask_account(in);
    char link[ACCOUNT_LINK];
    struct account_new n = {.login = made.login, .name = made.name, .office = ask_field(in, "office"), .role = ask_field(in, "role")};
    enum err e = app_people(app, &p, f);
    if (e || (e = add(app, p, &by, &n, &made.id, link, f)))
        return e;
    bool waits = role_four_eyes(people_profile(p), n.role);
    if (*link)
        put_link(out->out, in, p, &made, link, waits);
    else if (waits) /* a machine's: it is one when the role is given */
        answer_go(out, SLICE(""), "/approvals");
    else
        go_account(out, &made.id); /* its tokens are made there */
    return out->out->out->err;
}

DOOR_FN(door_role)
{
    struct people *p;
    struct subject_id id, by = ask_account(in);
    struct slice role = ask_field(in, "role"), what = ask_field(in, "what");
    enum err e = app_people(app, &p, f);
    if (e || (e = path_account(in, &id, f)))
        return e;
    if (!role_find(people_profile(p), role))
        return fault_set(f, role.n ? ERR_UNKNOWN_CODE : ERR_MISSING, "role", role, "say.role");
    if (!slice_is(what, "give") && !slice_is(what, "take"))
        return fault_set(f, ERR_FORMAT, "what", what, "want.give_take");
    if (subject_eq(&id, &by))
        return fault_set(f, ERR_REFUSED, "account", SLICE(""), "say.other_account");
    const struct roster *r = people_roster(p);
    bool there = r && roster_find(r, &id);
    people_release(p);
    if (!there)
        return fault_set(f, ERR_NOT_FOUND, "account", in->id, "say.account");
    struct act x = role_act(p, &by, &id, role, slice_is(what, "give"), ask_field(in, "reason"));
    answer_go(out, SLICE(""), x.kind == ACT_ASKED ? "/approvals" : "/accounts");
    return app_act(app, &x, 1, NULL, f);
}

static enum err end_by_web(struct app *app, const struct people_ask *in, enum act_kind kind, struct people **p, struct account *x, struct arena *a,
    struct fault *f)
{
    struct act act = {.kind = kind, .by = ask_account(in), .reason = ask_field(in, "reason")};
    bool found;
    enum err e = app_people(app, p, f);
    if (e || (e = path_account(in, &act.account, f)) || (e = copy_account(*p, a, &act.account, x, &found)))
        return e;
    if (!found)
        return fault_set(f, ERR_NOT_FOUND, "account", in->id, "say.account");
    if (subject_eq(&act.account, &act.by))
        return fault_set(f, ERR_REFUSED, "account", SLICE(""), "say.other_account");
    return end_account(app, *p, &act, f);
}

DOOR_FN(door_account_close)
{
    struct people *p;
    struct account x;
    struct arena a;
    if (!slice_is(ask_field(in, "sure"), "yes")) /* nothing opens it again */
        return fault_set(f, ERR_MISSING, "sure", SLICE(""), "say.sure");
    arena_init(&a, 1u << 16);
    enum err e = end_by_web(app, in, ACT_CLOSED, &p, &x, &a, f);
    answer_go(out, SLICE(""), "/accounts");
    arena_free(&a);
    return e;
}

DOOR_FN(door_account_reset)
{
    struct people *p;
    struct account x;
    struct arena a;
    char link[ACCOUNT_LINK];
    arena_init(&a, 1u << 16);
    enum err e = end_by_web(app, in, ACT_RESET, &p, &x, &a, f);
    if (!e && x.machine) {
        go_account(out, &x.id); /* its tokens have ended; it signs in nowhere */
    } else if (!e && !(e = make_link(p, &x.id, LINK_HOURS, link, f))) {
        put_link(out->out, in, p, &x, link, false);
        e = out->out->out->err;
    }
    arena_free(&a);
    return e;
}
