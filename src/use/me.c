/* What a person sees and changes of his own account: password, PIN, second factors. Whatever could let somebody in asks for the password
 * again, where one is set: an unattended screen gives nobody a lasting key. */
#include "use/code_svg.h"
#include "use/once.h"
#include "use/people_in.h"
#include "people/factor.h"
#include <sodium.h>
#include <stdio.h>
#include "base/banned.h"

void me_close(struct me *m)
{
    arena_free(&m->arena);
}

enum err me_open(struct app *app, const struct people_ask *in, struct me *m, struct fault *f)
{
    bool found;
    *m = (struct me){0};
    enum err e = app_people(app, &m->p, f);
    arena_init(&m->arena, 1u << 20);
    m->s.arena = &m->arena;
    m->s.account = ask_account(in);
    if (!e)
        e = copy_account(m->p, &m->arena, &m->s.account, &m->x, &found);
    if (!e && !found)
        e = fault_set(f, ERR_NOT_FOUND, "account", SLICE(""), "say.account");
    return e ? e : read_secrets(m->p, &m->s, f);
}

enum err me_prove(struct me *m, const struct people_ask *in, struct fault *f)
{
    bool holds;
    if (!*m->s.secret.password)
        return OK;
    enum err e = gate_enter(people_gate(m->p), true, f);
    if (e)
        return e;
    holds = password_holds(people_box(m->p), "password", &m->x.id, ask_field(in, "old"), m->s.secret.password);
    gate_leave(people_gate(m->p), true);
    if (holds)
        return OK;
    throttle_failed(people_throttle(m->p), m->x.login, in->source, people_now(m->p));
    return fault_set(f, ERR_REFUSED, "old", SLICE(""), "say.old_password");
}

enum err me_wait(struct me *m, const struct people_ask *in, struct fault *f)
{
    char seconds[24];
    int64_t wait = throttle_wait(people_throttle(m->p), m->x.login, in->source, true, people_now(m->p));
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait);
    return wait > 0 ? fault_set(f, ERR_BUSY, "sign_in", slice_str(seconds), "say.wait_seconds") : OK;
}

/* ---- the page ---- */

static void put_roles(struct cj *j, const struct lang *l, const struct account *x)
{
    cj_key(j, "roles");
    cj_arr(j);
    for (size_t i = 0; i < x->role_count; i++) {
        cj_obj(j);
        cj_kstr(j, "name", slice_str(x->role[i]->name));
        put_key(j, l, "label", "role_name.", x->role[i]->name);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

/* Named by the hash of their ids: what a form sends back to drop one. */
static void put_passkeys(struct cj *j, const struct people_secrets *s)
{
    cj_key(j, "passkeys");
    cj_arr(j);
    for (size_t i = 0; i < s->passkeys; i++) {
        char day[25];
        struct hash h = hash_of(s->passkey[i].id, s->passkey[i].id_n);
        time_text(s->passkey[i].created, day);
        cj_obj(j);
        cj_khex(j, "key", h.b, 16);
        cj_kstr(j, "label", slice_str(s->passkey[i].name));
        cj_kstr(j, "since", slice_of(day, 10));
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

DOOR_FN(door_me)
{
    struct me m;
    struct cj *j = out->out;
    enum err e = me_open(app, in, &m, f);
    if (!e) {
        cj_obj(j);
        cj_kstr(j, "login", m.x.login);
        cj_kstr_opt(j, "name", m.x.name);
        cj_kstr_opt(j, "office", m.x.office);
        put_roles(j, in->lang, &m.x);
        cj_kbool(j, "has_password", *m.s.secret.password != 0);
        cj_kbool(j, "has_pin", *m.s.secret.pin != 0);
        cj_kbool(j, "has_totp", m.s.secret.totp.n > 0);
        cj_kint(j, "codes", m.s.codes);
        put_passkeys(j, &m.s);
        if (m.s.passkeys < PASSKEYS_MAX)
            put_challenge(m.p, in, in->who->session, "passkey_new", &m.s, j);
        e = put_sessions(&m, in, j, f);
        e = e ? e : put_kept_list(m.p, &m.arena, in, j, f);
        cj_khex(j, "account_id", m.x.id.b, sizeof m.x.id.b);
        cj_kbool(j, "must_enrol", in->who->state == VISITOR_ENROL);
        put_once(m.p, j);
        cj_obj_end(j);
        e = e ? e : j->out->err;
    }
    me_close(&m);
    return e;
}

/* ---- password and PIN ---- */

static enum err set_hash(struct me *m, const char *what, struct slice text, char out[128], struct fault *f)
{
    enum err e = gate_enter(people_gate(m->p), true, f);
    if (e)
        return e;
    e = password_hash(people_box(m->p), what, &m->x.id, text, out, f);
    gate_leave(people_gate(m->p), true);
    return e ? e : write_secret(m->p, &m->s.secret, f);
}

/* A new password ends every other session, and gives this one a new cookie. */
static enum err change_password(struct me *m, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct slice password = ask_field(in, "password");
    struct session old;
    enum err e = me_wait(m, in, f);
    if (e || (e = me_prove(m, in, f)) || (e = password_judge(password, m->x.login, f)) ||
        (e = set_hash(m, "password", password, m->s.secret.password, f)) || (e = own_session(m->p, in, &old, f)) ||
        (e = people_end_all(m->p, &m->x.id, f)))
        return e;
    answer_go(out, slice_of(NULL, 0), "/me");
    return people_begin(m->p, &m->x.id, old.state, &old, agent_read(in->agent), out->cookie, f);
}

DOOR_FN(door_password)
{
    struct me m;
    enum err e = me_open(app, in, &m, f);
    if (!e)
        e = change_password(&m, in, out, f);
    me_close(&m);
    return e;
}

DOOR_FN(door_pin)
{
    struct me m;
    char digits[PIN_TYPED];
    struct slice pin = pin_digits(ask_field(in, "pin"), digits);
    enum err e = me_open(app, in, &m, f);
    if (!e && !(e = me_wait(&m, in, f)) && !(e = me_prove(&m, in, f)) && !(e = pin_judge(pin, f)))
        e = set_hash(&m, "pin", pin, m.s.secret.pin, f);
    answer_go(out, slice_of(NULL, 0), "/me");
    sodium_memzero(digits, sizeof digits);
    me_close(&m);
    return e;
}

/* ---- the second factor ---- */

enum err me_enrolled(struct me *m, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct session old;
    if (in->who->state != VISITOR_ENROL)
        return OK;
    enum err e = own_session(m->p, in, &old, f);
    return e ? e : begin_session(m->p, &m->x, &m->s, true, &old, in, out, f);
}

static void put_seed(struct cj *j, const struct me *m, const uint8_t seed[TOTP_SEED])
{
    char grouped[64], plain[64];
    struct buf uri, qr;
    buf_init(&uri, 512);
    buf_init(&qr, 1u << 18);
    base32_text(seed, TOTP_SEED, true, grouped);
    base32_text(seed, TOTP_SEED, false, plain);
    buf_printf(&uri, "otpauth://totp/Athar:" SLICE_FMT "?secret=%s&issuer=Athar", SLICE_ARG(m->x.login), plain);
    cj_obj(j);
    cj_kstr(j, "seed", slice_str(plain));
    cj_kstr(j, "seed_grouped", slice_str(grouped));
    cj_kstr(j, "uri", buf_view(&uri));
    if (!code_svg(CODE_QR, buf_view(&uri), &qr, NULL))
        cj_kstr(j, "qr", buf_view(&qr));
    cj_kbool(j, "has_password", *m->s.secret.password != 0);
    cj_obj_end(j);
    if (qr.p)
        sodium_memzero(qr.p, qr.cap);
    buf_free(&uri);
    buf_free(&qr);
}

static bool read_seed(struct slice text, uint8_t out[TOTP_SEED])
{
    uint64_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] ? strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", text.p[i]) : NULL;
        if (!at)
            return false;
        bits = bits << 5 | (uint64_t)(at - "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
        have += 5;
        if (have >= 8) {
            if (n == TOTP_SEED)
                return false;
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    return n == TOTP_SEED;
}

/* The seed comes back with the first code, which proves that the device has it; only then does it count. */
static enum err set_totp(struct me *m, const struct people_ask *in, const uint8_t seed[TOTP_SEED], struct people_answer *out, struct fault *f)
{
    uint8_t nonce[SEAL_NONCE];
    struct buf sealed;
    int64_t step = totp_check(seed, ask_field(in, "code"), people_now(m->p), 0);
    if (!step)
        return fault_set(f, ERR_REFUSED, "code", SLICE(""), "say.totp_first");
    enum err e = me_prove(m, in, f);
    if (e)
        return e;
    buf_init(&sealed, 256);
    people_random(m->p, nonce, sizeof nonce);
    box_seal(people_box(m->p), nonce, &m->x.id, slice_of((const char *)seed, TOTP_SEED), &sealed);
    m->s.secret.totp = buf_view(&sealed);
    m->s.secret.step = step;
    e = sealed.err ? sealed.err : write_secret(m->p, &m->s.secret, f);
    buf_free(&sealed);
    answer_go(out, slice_of(NULL, 0), "/me");
    return e ? e : me_enrolled(m, in, out, f);
}

/* The key to be set up: a new one, or the one of a form that is shown again, which may be in the device already. */
DOOR_FN(door_totp_show)
{
    struct me m;
    uint8_t seed[TOTP_SEED];
    enum err e = me_open(app, in, &m, f);
    if (!e) {
        if (!read_seed(ask_field(in, "seed"), seed))
            people_random(m.p, seed, sizeof seed);
        put_seed(out->out, &m, seed);
        e = out->out->out->err;
    }
    sodium_memzero(seed, sizeof seed);
    me_close(&m);
    return e;
}

DOOR_FN(door_totp)
{
    struct me m;
    uint8_t seed[TOTP_SEED];
    struct slice given = ask_field(in, "seed");
    if (!given.n)
        return door_totp_show(app, in, out, f);
    enum err e = me_open(app, in, &m, f);
    if (!e && !(e = me_wait(&m, in, f)))
        e = read_seed(given, seed) ? set_totp(&m, in, seed, out, f) : fault_set(f, ERR_FORMAT, "seed", SLICE(""), "say.totp_first");
    sodium_memzero(seed, sizeof seed);
    me_close(&m);
    return e;
}

struct new_codes {
    struct subject_id account;
    uint8_t hash[FACTOR_CODES][32];
};

static enum err put_codes(void *arg, struct engine *e, struct fault *f)
{
    const struct new_codes *n = arg;
    enum err err = code_clear(e, &n->account, CODE_FACTOR, f);
    for (size_t i = 0; i < FACTOR_CODES && !err; i++)
        err = code_put(e, n->hash[i], &n->account, CODE_FACTOR, INT64_MAX, f);
    return err;
}

/* The session opens, with a new cookie. A second press comes with the old one, as the browser threw away the answer with the new: who had no codes on paper then would
 * be asked for one at the door. So where the form may come again the old session stays as it was, one that may do nothing but set up a proof, for as long as the answer does. */
static enum err codes_enrolled(struct me *m, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct session old;
    if (in->who->state != VISITOR_ENROL || !once_given(in))
        return me_enrolled(m, in, out, f);
    enum err e = own_session(m->p, in, &old, f);
    if (e || (e = begin_session(m->p, &m->x, &m->s, true, NULL, in, out, f)))
        return e;
    old.expires = people_now(m->p) + ONCE_SHOWN;
    return people_change(m->p, &old, f);
}

/* Shown once, to be printed; the ones before count no more. */
static enum err show_codes(struct me *m, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct new_codes n = {.account = m->x.id};
    char text[FACTOR_CODES][FACTOR_CODE + 1];
    for (size_t i = 0; i < FACTOR_CODES; i++) {
        uint8_t random[FACTOR_CODE];
        people_random(m->p, random, sizeof random);
        code_text(random, FACTOR_CODE, text[i]);
        code_hash(people_box(m->p), CODE_FACTOR, &m->x.id, text[i], n.hash[i]);
    }
    enum err e = me_prove(m, in, f);
    if (e || (e = box_write(people_box(m->p), put_codes, &n, f)))
        return e;
    struct cj *j = out->out;
    cj_obj(j);
    char made[25];
    time_text(people_now(m->p), made);
    cj_kstr(j, "login", m->x.login);
    cj_kstr(j, "site", in->host);
    cj_kstr(j, "made", slice_str(made));
    cj_key(j, "list");
    cj_arr(j);
    for (size_t i = 0; i < FACTOR_CODES; i++) {
        char shown[FACTOR_CODE + 2];
        snprintf(shown, sizeof shown, "%.5s-%.5s", text[i], text[i] + 5);
        cj_str(j, slice_str(shown));
    }
    cj_arr_end(j);
    cj_obj_end(j);
    sodium_memzero(text, sizeof text);
    m->s.codes = FACTOR_CODES;
    e = j->out->err;
    return e ? e : codes_enrolled(m, in, out, f);
}

DOOR_FN(door_codes)
{
    struct me m;
    enum err e = me_open(app, in, &m, f);
    if (!e && !(e = me_wait(&m, in, f)))
        e = show_codes(&m, in, out, f);
    out->go[0] = 0; /* the codes are the answer */
    me_close(&m);
    return e;
}
