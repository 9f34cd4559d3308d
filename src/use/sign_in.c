/* Signing in and out, the second factor, one-time links, locking and unlocking. One sentence for every wrong sign-in, whatever was wrong
 * with it, and one cost: an account that does not exist is judged as long as one that does. */
#include "use/people_in.h"
#include "people/factor.h"
#include <stdio.h>
#include "base/banned.h"

/* ---- whose browser ---- */

static bool device_hash(struct slice device, const struct subject_id *account, uint8_t out[32])
{
    uint8_t token[32], both[48];
    if (!session_hash(device, token))
        return false;
    memcpy(both, token, 32);
    memcpy(both + 32, account->b, 16);
    struct hash h = hash_of(both, sizeof both);
    memcpy(out, h.b, 32);
    return true;
}

struct device {
    uint8_t hash[32];
    struct subject_id account;
    int64_t now;
    bool known;
};

static enum err is_known(void *arg, struct engine *e, struct fault *f)
{
    struct device *d = arg;
    return device_known(e, d->hash, &d->known, f);
}

static enum err put_device(void *arg, struct engine *e, struct fault *f)
{
    const struct device *d = arg;
    return device_put(e, d->hash, &d->account, d->now, f);
}

bool known_device(struct people *p, const struct people_ask *in, const struct subject_id *account)
{
    struct device d = {.account = *account};
    return device_hash(in->device, account, d.hash) && !box_read(people_box(p), is_known, &d, NULL) && d.known;
}

/* From now on this browser is known to the account. */
static enum err remember_device(struct people *p, const struct subject_id *account, const struct people_ask *in, struct people_answer *out,
    struct fault *f)
{
    struct device d = {.account = *account, .now = people_now(p)};
    uint8_t token[32], hash[32];
    if (!device_hash(in->device, account, d.hash)) {
        people_random(p, token, sizeof token);
        session_cookie(token, out->device, hash);
        device_hash(slice_str(out->device), account, d.hash);
    }
    return box_write(people_box(p), put_device, &d, f);
}

/* ---- the steps ---- */

enum err begin_session(struct people *p, const struct account *x, const struct people_secrets *s, bool factor_proven, const struct session *old,
    const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    bool has = s->secret.totp.n || s->codes || s->passkeys;
    enum session_state state = factor_proven || (!has && !x->second_factor) ? SESSION_OPEN : has ? SESSION_FACTOR : SESSION_ENROL;
    enum err e = people_begin(p, &x->id, state, old, agent_read(in->agent), out->cookie, f);
    if (!e && state == SESSION_OPEN)
        e = remember_device(p, &x->id, in, out, f);
    if (e)
        return e;
    if (state == SESSION_OPEN)
        answer_go(out, ask_field(in, "next"), "/");
    else
        answer_go(out, slice_of(NULL, 0), state == SESSION_FACTOR ? "/second-factor" : "/me");
    return OK;
}

enum err wait_first(struct people *p, struct slice login, const struct people_ask *in, bool known, struct fault *f)
{
    char seconds[24];
    int64_t wait = throttle_wait(people_throttle(p), login, in->source, known, people_now(p));
    if (wait <= 0)
        return OK;
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait);
    return fault_set(f, ERR_BUSY, "sign_in", slice_str(seconds), "say.wait_seconds");
}

static enum err wrong(struct people *p, struct slice login, const struct people_ask *in, const char *want, struct fault *f)
{
    throttle_failed(people_throttle(p), login, in->source, people_now(p));
    return fault_set(f, ERR_REFUSED, "sign_in", SLICE(""), want);
}

/* In the gate, since it costs 64 MiB. */
static enum err proves(struct people *p, const char *what, const struct subject_id *id, struct slice text, const char *hash, bool known, bool *out,
    struct fault *f)
{
    enum err e = gate_enter(people_gate(p), known, f);
    if (e)
        return e;
    *out = password_holds(people_box(p), what, id, text, hash);
    gate_leave(people_gate(p), known);
    return OK;
}

static enum err sign_in(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct slice login = ask_field(in, "login"), password = ask_field(in, "password");
    struct account x = {0};
    struct people_secrets s = {.arena = a};
    bool found, holds = false;
    if (!login.n || !password.n)
        return fault_set(f, ERR_MISSING, login.n ? "password" : "login", SLICE(""), "say.sign_in");
    enum err e = copy_login(p, a, login, &x, &found);
    bool known = found && known_device(p, in, &x.id);
    if (e || (e = wait_first(p, login, in, known, f)))
        return e;
    s.account = x.id;
    if ((e = read_secrets(p, &s, f)) || (e = proves(p, "password", &x.id, password, s.secret.password, known, &holds, f)))
        return e;
    if (!found || !holds || x.closed || x.machine)
        return wrong(p, login, in, "say.sign_in", f);
    throttle_passed(people_throttle(p), login, in->source);
    return begin_session(p, &x, &s, false, NULL, in, out, f);
}

/* Each of these has an arena of its own: what it reads is small and gone when it answers. */
#define WITH_PEOPLE(name, fn)                                                                                          \
    DOOR_FN(name)                                                                                                      \
    {                                                                                                                  \
        struct people *p;                                                                                              \
        struct arena a;                                                                                                \
        enum err e = app_people_now(app, &p, f);                                                                       \
        if (e)                                                                                                         \
            return e;                                                                                                  \
        arena_init(&a, 1u << 20);                                                                                      \
        e = fn(p, &a, in, out, f);                                                                                     \
        arena_free(&a);                                                                                                \
        return e;                                                                                                      \
    }

WITH_PEOPLE(door_sign_in, sign_in)

/* ---- the second factor ---- */

struct using_code {
    struct people *p;
    struct arena *arena;
    struct subject_id account;
    struct slice typed;
    int64_t now;
    bool holds;
};

/* A time code or a printed one: used up in the transaction that finds it good. */
static enum err use_code(void *arg, struct engine *e, struct fault *f)
{
    struct using_code *u = arg;
    struct secret s;
    bool found;
    char text[FACTOR_CODE + 1];
    uint8_t hash[32];
    struct buf seed;
    enum err err = secret_get(e, u->arena, &u->account, &s, &found, f);
    if (err)
        return err;
    buf_init(&seed, 64);
    if (s.totp.n && !box_unseal(people_box(u->p), &u->account, s.totp, &seed) && seed.n == TOTP_SEED) {
        int64_t step = totp_check((const uint8_t *)seed.p, u->typed, u->now, s.step);
        u->holds = step > 0;
        s.step = step;
    }
    buf_free(&seed);
    if (u->holds)
        return secret_put(e, &s, f);
    if (!code_read(u->typed, FACTOR_CODE, text))
        return OK;
    struct subject_id whose;
    code_hash(people_box(u->p), CODE_FACTOR, &u->account, text, hash);
    return code_use(e, hash, u->now, &whose, &u->holds, f);
}

enum err own_session(struct people *p, const struct people_ask *in, struct session *out, struct fault *f);

struct finding {
    uint8_t hash[32];
    struct session s;
    bool found;
};

static enum err get_session(void *arg, struct engine *e, struct fault *f)
{
    struct finding *x = arg;
    return session_get(e, x->hash, &x->s, &x->found, f);
}

enum err own_session(struct people *p, const struct people_ask *in, struct session *out, struct fault *f)
{
    struct finding x = {0};
    memcpy(x.hash, in->who->session, sizeof x.hash);
    enum err e = box_read(people_box(p), get_session, &x, f);
    if (!e && !x.found)
        e = fault_set(f, ERR_REFUSED, "session", SLICE(""), "say.sign_in_again");
    *out = x.s;
    return e;
}

/* By passkey, or by code. *holds tells whether it was this account's. */
static enum err prove_factor(struct people *p, struct arena *a, const struct people_ask *in, struct using_code *u, struct fault *f)
{
    struct subject_id whose;
    if (!passkey_given(in))
        return box_write(people_box(p), use_code, u, f);
    enum err e = passkey_prove(p, a, in, "code", &whose, NULL);
    u->holds = !e && subject_eq(&whose, &u->account);
    return e == ERR_REFUSED ? OK : e ? fault_set(f, e, "code", SLICE(""), "") : OK;
}

static enum err factor(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct account x;
    struct session old;
    struct people_secrets s = {.arena = a, .account = ask_account(in)};
    struct using_code u = {p, a, ask_account(in), ask_field(in, "code"), people_now(p), false};
    bool found;
    if (!u.typed.n && !passkey_given(in))
        return fault_set(f, ERR_MISSING, "code", SLICE(""), "say.factor_code");
    enum err e = copy_account(p, a, &u.account, &x, &found);
    if (e || !found)
        return e ? e : fault_set(f, ERR_REFUSED, "session", SLICE(""), "say.sign_in_again");
    bool known = known_device(p, in, &x.id);
    if ((e = wait_first(p, x.login, in, known, f)) || (e = own_session(p, in, &old, f)) || (e = prove_factor(p, a, in, &u, f)))
        return e;
    if (!u.holds) {
        wrong(p, x.login, in, "", NULL);
        return fault_set(f, ERR_REFUSED, "code", SLICE(""), passkey_given(in) ? "say.passkey" : "say.factor_code");
    }
    throttle_passed(people_throttle(p), x.login, in->source);
    e = read_secrets(p, &s, f);
    return e ? e : begin_session(p, &x, &s, true, &old, in, out, f);
}
WITH_PEOPLE(door_factor, factor)

/* ---- links ---- */

struct using_link {
    uint8_t hash[32];
    int64_t now;
    struct subject_id account;
    bool found, use;
};

static enum err use_link(void *arg, struct engine *e, struct fault *f)
{
    struct using_link *u = arg;
    return u->use ? code_use(e, u->hash, u->now, &u->account, &u->found, f) : code_peek(e, u->hash, u->now, &u->account, &u->found, f);
}

/* 130 bits need no slowing down, and looking one up costs no hash. */
static enum err follow_link(struct people *p, struct arena *a, const struct people_ask *in, bool use, struct account *x, struct fault *f)
{
    char text[LINK_TEXT + 1];
    struct using_link u = {.now = people_now(p), .use = use};
    enum err e = OK;
    if (code_read(in->id, LINK_TEXT, text)) {
        code_hash(people_box(p), CODE_LINK, NULL, text, u.hash);
        e = use ? box_write(people_box(p), use_link, &u, f) : box_read(people_box(p), use_link, &u, f);
    }
    bool there = false;
    if (!e && u.found)
        e = copy_account(p, a, &u.account, x, &there);
    if (e || (there && !x->closed && !x->machine))
        return e;
    return fault_set(f, ERR_NOT_FOUND, "link", SLICE(""), "say.link");
}

static enum err link_show(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct account x;
    enum err e = follow_link(p, a, in, false, &x, f);
    if (e)
        return e;
    cj_obj(out->out);
    cj_kstr(out->out, "login", x.login);
    cj_kstr_opt(out->out, "name", x.name);
    cj_obj_end(out->out);
    return out->out->out->err;
}
WITH_PEOPLE(door_link_show, link_show)

static enum err link(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct account x;
    struct people_secrets s = {.arena = a};
    enum err e = follow_link(p, a, in, true, &x, f);
    if (e)
        return e;
    s.account = x.id;
    e = read_secrets(p, &s, f);
    return e ? e : begin_session(p, &x, &s, false, NULL, in, out, f);
}
WITH_PEOPLE(door_link, link)

/* ---- ending, locking, unlocking ---- */

static enum err sign_out(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    out->end = true;
    answer_go(out, slice_of(NULL, 0), "/sign-in");
    return people_end(p, in->who->session, f);
}
WITH_PEOPLE(door_sign_out, sign_out)

static enum err lock(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct session s;
    enum err e = own_session(p, in, &s, f);
    if (e)
        return e;
    s.state = SESSION_LOCKED;
    s.wrong = 0;
    answer_go(out, slice_of(NULL, 0), "/locked");
    return people_change(p, &s, f);
}
WITH_PEOPLE(door_lock, lock)

/* The fifth wrong one ends the session: a short PIN is only as good as its few tries. */
static enum err wrong_pin(struct people *p, struct session *s, struct people_answer *out, struct fault *f)
{
    s->state = SESSION_LOCKED;
    s->wrong++;
    if (s->wrong >= SESSION_WRONG_PINS) {
        people_end(p, s->hash, NULL);
        out->end = true;
        return fault_set(f, ERR_REFUSED, "secret", SLICE(""), "say.sign_in_again");
    }
    enum err e = people_change(p, s, f);
    return e ? e : fault_set(f, ERR_REFUSED, "secret", SLICE(""), "say.unlock");
}

static enum err unlock_by_passkey(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct subject_id whose, own = ask_account(in);
    struct session old;
    enum err e = own_session(p, in, &old, f);
    if (e)
        return e;
    e = passkey_prove(p, a, in, "secret", &whose, f);
    if (e == ERR_REFUSED || (!e && !subject_eq(&whose, &own)))
        return wrong_pin(p, &old, out, f);
    if (e)
        return e;
    old.state = SESSION_LOCKED;
    answer_go(out, ask_field(in, "next"), "/");
    return people_begin(p, &own, SESSION_OPEN, &old, agent_read(in->agent), out->cookie, f);
}

static enum err unlock(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    char digits[PIN_TYPED];
    struct slice secret = ask_field(in, "secret"), pin = pin_digits(secret, digits);
    struct people_secrets s = {.arena = a, .account = ask_account(in)};
    struct session old;
    bool holds = false;
    if (passkey_given(in))
        return unlock_by_passkey(p, a, in, out, f);
    if (!secret.n)
        return fault_set(f, ERR_MISSING, "secret", SLICE(""), "say.unlock");
    enum err e = read_secrets(p, &s, f);
    bool as_pin = !e && *s.secret.pin && !pin_judge(pin, NULL);
    if (e || (e = own_session(p, in, &old, f)) ||
        (e = proves(p, as_pin ? "pin" : "password", &s.account, as_pin ? pin : secret, as_pin ? s.secret.pin : s.secret.password, true, &holds, f)))
        return e;
    if (!holds)
        return wrong_pin(p, &old, out, f);
    old.state = SESSION_LOCKED;
    answer_go(out, ask_field(in, "next"), "/");
    return people_begin(p, &s.account, SESSION_OPEN, &old, agent_read(in->agent), out->cookie, f);
}
WITH_PEOPLE(door_unlock, unlock)
