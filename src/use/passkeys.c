/* Passkeys: signing in with one alone (it is two factors in one), as second factor, to unlock; adding and dropping them. What a browser sends is judged by
 * people/passkey.h; whatever was wrong with it, the answer is one sentence. */
#include "use/people_in.h"
#include <sodium.h>
#include <stdio.h>
#include "base/banned.h"

#define NAME_MAX_BYTES 60

static enum err refused(const char *field, struct fault *f)
{
    return fault_set(f, ERR_REFUSED, field, SLICE(""), "say.passkey");
}

/* What challenges of this browser are bound to: its session, or before signing in its door cookie. */
static bool binder_of(const struct people_ask *in, uint8_t out[32])
{
    bool signed_in = in->who->state != VISITOR_NOBODY;
    if (signed_in)
        memcpy(out, in->who->session, 32);
    return signed_in || session_hash(in->door, out);
}

/* ---- asking ---- */

/* A passkey belongs to a name: to an address none can. */
static bool is_name(struct slice host)
{
    bool letter = false;
    for (size_t i = 0; i < host.n; i++)
        letter = letter || (host.p[i] >= 'a' && host.p[i] <= 'z') || (host.p[i] >= 'A' && host.p[i] <= 'Z');
    return letter && host.p[0] != '[';
}

static void put_list(struct cj *j, const struct people_secrets *s)
{
    struct buf b;
    buf_init(&b, PASSKEYS_MAX * 400);
    for (size_t i = 0; s && i < s->passkeys; i++) {
        char text[PASSKEY_ID_MAX * 2];
        sodium_bin2base64(text, sizeof text, s->passkey[i].id, s->passkey[i].id_n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        buf_str(&b, i ? " " : "");
        buf_str(&b, text);
    }
    cj_kstr(j, "list", buf_view(&b));
    buf_free(&b);
}

void put_challenge(struct people *p, const struct people_ask *in, const uint8_t binder[32], const char *name, const struct people_secrets *s, struct cj *j)
{
    uint8_t random[16];
    char text[PASSKEY_TEXT + 1];
    if (!is_name(in->host))
        return;
    people_random(p, random, sizeof random);
    passkey_challenge(people_box(p), random, binder, people_now(p), text);
    cj_key(j, name);
    cj_obj(j);
    cj_kstr(j, "challenge", slice_str(text));
    cj_kstr(j, "host", in->host);
    put_list(j, s);
    cj_obj_end(j);
}

/* Before signing in any passkey of this host may answer: a list would tell which accounts there are. */
DOOR_FN(door_passkey_show)
{
    struct people *p;
    uint8_t binder[32], token[32];
    struct arena a;
    struct people_secrets s = {.arena = &a, .account = ask_account(in)};
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    if (!binder_of(in, binder)) {
        people_random(p, token, sizeof token);
        session_cookie(token, out->door, binder);
    }
    arena_init(&a, 1u << 20);
    bool nobody = in->who->state == VISITOR_NOBODY;
    e = nobody ? OK : read_secrets(p, &s, f);
    cj_obj(out->out);
    if (!e && (nobody || s.passkeys))
        put_challenge(p, in, binder, "passkey", &s, out->out);
    cj_obj_end(out->out);
    arena_free(&a);
    return e ? e : out->out->out->err;
}

/* ---- proving ---- */

bool passkey_given(const struct people_ask *in)
{
    return ask_field(in, "credential").n > 0;
}

struct proving {
    struct people *p;
    struct passkey_asked asked;
    struct passkey_answer answer;
    struct slice credential; /* its id */
    uint8_t spent[32];
    int64_t until;
    struct passkey known;
    bool holds;
};

/* The challenge is used up and the counter moved in the transaction that finds the answer good. */
static enum err prove(void *arg, struct engine *e, struct fault *f)
{
    struct proving *x = arg;
    struct subject_id whose;
    bool spent = false, found = false;
    int64_t now = people_now(x->p);
    enum err err = code_peek(e, x->spent, now, &whose, &spent, f);
    if (!err)
        err = passkey_get(e, x->credential, &x->known, &found, f);
    if (err || spent || !found || passkey_verify(&x->asked, &x->answer, &x->known, &x->known.counter, NULL))
        return err;
    x->holds = true;
    err = code_drop_expired(e, CODE_CHALLENGE, now, f);
    if (!err)
        err = code_put(e, x->spent, &x->known.account, CODE_CHALLENGE, x->until, f);
    return err ? err : passkey_put(e, &x->known, f);
}

/* The challenge stands in the client data; it is ours when its HMAC is, for this browser. */
static bool read_asked(struct people *p, struct arena *a, const struct people_ask *in, struct proving *x)
{
    uint8_t binder[32];
    struct slice challenge = ask_field(in, "challenge");
    x->asked = (struct passkey_asked){challenge, in->origin, in->host};
    if (!binder_of(in, binder) || !passkey_challenge_holds(people_box(p), challenge, binder, people_now(p), &x->until))
        return false;
    struct hash h = hash_of(challenge.p, challenge.n);
    memcpy(x->spent, h.b, sizeof x->spent);
    return passkey_bytes(a, ask_field(in, "client_data"), PASSKEY_DATA_MAX, &x->answer.client_data) &&
        passkey_bytes(a, ask_field(in, "data"), PASSKEY_DATA_MAX, &x->answer.data);
}

enum err passkey_prove(struct people *p, struct arena *a, const struct people_ask *in, const char *field, struct subject_id *out_account, struct fault *f)
{
    struct proving x = {.p = p};
    if (!read_asked(p, a, in, &x) || !passkey_bytes(a, ask_field(in, "signature"), 1024, &x.answer.signature) ||
        !passkey_bytes(a, ask_field(in, "credential"), PASSKEY_ID_MAX, &x.credential))
        return refused(field, f);
    enum err e = box_write(people_box(p), prove, &x, f);
    if (e)
        return e;
    *out_account = x.known.account;
    return x.holds ? OK : refused(field, f);
}

/* Tries are counted by the credential: to guess at one slows down nobody else. */
static enum err sign_in(struct people *p, struct arena *a, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct slice credential = ask_field(in, "credential");
    struct people_secrets s = {.arena = a};
    struct account x;
    bool found = false;
    enum err e = credential.n ? wait_first(p, credential, in, false, f) : refused("sign_in", f);
    if (e)
        return e;
    e = passkey_prove(p, a, in, "sign_in", &s.account, f);
    if (!e)
        e = copy_account(p, a, &s.account, &x, &found);
    if (e == ERR_REFUSED || (!e && (!found || x.closed || x.machine))) {
        throttle_failed(people_throttle(p), credential, in->source, people_now(p));
        return refused("sign_in", f);
    }
    if (e || (e = read_secrets(p, &s, f)))
        return e;
    throttle_passed(people_throttle(p), credential, in->source);
    return begin_session(p, &x, &s, true, NULL, in, out, f);
}

DOOR_FN(door_passkey_sign_in)
{
    struct people *p;
    struct arena a;
    enum err e = app_people_now(app, &p, f);
    if (e)
        return e;
    arena_init(&a, 1u << 20);
    e = sign_in(p, &a, in, out, f);
    arena_free(&a);
    return e;
}

/* ---- adding and dropping ---- */

struct adding {
    struct people *p;
    struct passkey key;
    uint8_t spent[32];
    int64_t until;
    bool there;
};

static enum err add(void *arg, struct engine *e, struct fault *f)
{
    struct adding *x = arg;
    struct passkey same;
    struct subject_id whose;
    bool spent = false;
    enum err err = code_peek(e, x->spent, people_now(x->p), &whose, &spent, f);
    if (!err)
        err = passkey_get(e, slice_of((const char *)x->key.id, x->key.id_n), &same, &x->there, f);
    x->there = x->there || spent;
    if (err || x->there)
        return err;
    err = code_put(e, x->spent, &x->key.account, CODE_CHALLENGE, x->until, f);
    return err ? err : passkey_put(e, &x->key, f);
}

/* A record of the log, before it counts: it names the key by its hash. */
static enum err record(struct app *app, const struct me *m, enum act_kind kind, const struct passkey *k, struct fault *f)
{
    char hex[33];
    struct hash h = hash_of(k->id, k->id_n);
    hex_of(h.b, 16, hex);
    hex[32] = 0;
    const struct act act = {.kind = kind, .account = m->x.id, .by = m->x.id, .reason = slice_str(hex)};
    return app_act(app, &act, 1, NULL, f);
}

static enum err judge_new(const struct me *m, struct slice name, struct fault *f)
{
    if (!*m->s.secret.password && !m->s.secret.totp.n && !m->s.passkeys) /* who came by a link alone has proven too little to leave a lasting key */
        return fault_set(f, ERR_REFUSED, "passkey", SLICE(""), "say.passkey_password");
    if (m->s.passkeys >= PASSKEYS_MAX)
        return fault_set(f, ERR_REFUSED, "passkey", SLICE(""), "say.passkey_many");
    if (!name.n || name.n > NAME_MAX_BYTES)
        return fault_set(f, name.n ? ERR_TOO_LONG : ERR_MISSING, "name", name, "say.passkey_name");
    return OK;
}

static enum err add_one(struct app *app, struct me *m, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct slice name = ask_field(in, "name");
    struct proving x = {.p = m->p};
    struct adding n = {.p = m->p};
    enum err e = me_wait(m, in, f);
    if (e || (e = judge_new(m, name, f)) || (e = me_prove(m, in, f)))
        return e;
    if (!read_asked(m->p, &m->arena, in, &x) || passkey_register(&x.asked, &x.answer, &n.key, NULL))
        return refused("passkey", f);
    n.key.account = m->x.id;
    n.key.created = people_now(m->p);
    snprintf(n.key.name, sizeof n.key.name, SLICE_FMT, SLICE_ARG(name));
    memcpy(n.spent, x.spent, sizeof n.spent);
    n.until = x.until;
    if ((e = record(app, m, ACT_PASSKEY_ADDED, &n.key, f)) || (e = box_write(people_box(m->p), add, &n, f)))
        return e;
    if (n.there)
        return refused("passkey", f);
    m->s.passkeys++;
    e = me_enrolled(m, in, out, f);
    answer_go(out, SLICE(""), "/me");
    return e;
}

DOOR_FN(door_passkey_add)
{
    struct me m;
    enum err e = me_open(app, in, &m, f);
    if (!e)
        e = add_one(app, &m, in, out, f);
    me_close(&m);
    return e;
}

static enum err drop(void *arg, struct engine *e, struct fault *f)
{
    const struct passkey *k = arg;
    return passkey_drop(e, &k->account, slice_of((const char *)k->id, k->id_n), f);
}

static enum err drop_one(struct app *app, struct me *m, const struct people_ask *in, struct fault *f)
{
    uint8_t wanted[16];
    enum err e = me_wait(m, in, f);
    if (e || (e = me_prove(m, in, f)))
        return e;
    bool well = hex_to(ask_field(in, "passkey"), wanted, sizeof wanted);
    for (size_t i = 0; well && i < m->s.passkeys; i++) {
        struct passkey *k = &m->s.passkey[i];
        struct hash h = hash_of(k->id, k->id_n);
        if (memcmp(h.b, wanted, sizeof wanted) == 0)
            return (e = record(app, m, ACT_PASSKEY_DROPPED, k, f)) ? e : box_write(people_box(m->p), drop, k, f);
    }
    return fault_set(f, ERR_NOT_FOUND, "passkey", SLICE(""), "say.passkey_gone");
}

DOOR_FN(door_passkey_drop)
{
    struct me m;
    enum err e = me_open(app, in, &m, f);
    if (!e)
        e = drop_one(app, &m, in, f);
    answer_go(out, SLICE(""), "/me");
    me_close(&m);
    return e;
}
