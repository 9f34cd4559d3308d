/* Invariants: 1. the roster is replaced whole, under the write lock; 2. a session in the cache is at most SESSION_FRESH old, or is read again;
 * 3. rights are given only in state OPEN, by an account that is not closed and was not reset after the session began. */
#include "people/people.h"
#include "base/hash.h"
#include <pthread.h>
#include <stdio.h>
#include "base/banned.h"

#define CACHE 4096
#define CACHE_PROBES 8
#define SESSION_FRESH 2000000000 /* ns */
#define ROSTER_FRESH 1000000000
#define SEEN_EVERY 60000 /* ms between writes of `seen` */
#define TOKEN_USED_EVERY 3600000 /* ms between writes of when a token was used */
#define ENDED_KNOWN 86400000 /* ms that a session is still known after its end: what its pages send is kept for whose it was */
#define FACTOR_MINUTES 10 /* to bring the second factor */
#define CLOCK_STEP 300000 /* ms by which a clock that is kept right goes back at most */

struct cached {
    bool used;
    struct session s;
    int64_t read, written; /* monotonic ns; `seen` as written, ms */
};
struct people {
    struct box *box;
    struct gate gate;
    struct throttle *throttle;
    struct profile_people profile;
    struct act_source source;
    pthread_rwlock_t lock; /* of roster and looked */
    struct roster *roster;
    int64_t looked;
    pthread_mutex_t cache_lock;
    struct cached cache[CACHE];
};

enum err people_open(const struct people_config *c, struct people **out, struct fault *f)
{
    struct people *p = mem_alloc(1, sizeof *p);
    if (!p)
        return fault_set(f, ERR_MEMORY, "accounts", SLICE(""), "");
    p->profile = *c->profile;
    p->source = c->source;
    gate_init(&p->gate);
    pthread_rwlock_init(&p->lock, NULL);
    pthread_mutex_init(&p->cache_lock, NULL);
    p->throttle = throttle_new();
    enum err e = p->throttle ? box_open(c->dir, c->keys, &p->box, f) : fault_set(f, ERR_MEMORY, "accounts", SLICE(""), "");
    if (e)
        people_close(p);
    else
        *out = p;
    return e;
}

void people_close(struct people *p)
{
    if (!p)
        return;
    box_close(p->box);
    roster_free(p->roster);
    throttle_free(p->throttle);
    gate_free(&p->gate);
    pthread_rwlock_destroy(&p->lock);
    pthread_mutex_destroy(&p->cache_lock);
    mem_free(p);
}

struct box *people_box(struct people *p)
{
    return p->box;
}
struct gate *people_gate(struct people *p)
{
    return &p->gate;
}
struct throttle *people_throttle(struct people *p)
{
    return p->throttle;
}
const struct profile_people *people_profile(const struct people *p)
{
    return &p->profile;
}
int64_t people_now(const struct people *p)
{
    return p->source.clock(p->source.arg);
}
void people_random(const struct people *p, void *out, size_t n)
{
    p->source.random(p->source.arg, out, n);
}

/* ---- the roster ---- */

bool people_stale(struct people *p)
{
    int64_t now = time_mono_ns();
    pthread_rwlock_rdlock(&p->lock);
    bool stale = !p->roster || now - p->looked > ROSTER_FRESH;
    pthread_rwlock_unlock(&p->lock);
    if (!stale)
        return false;
    pthread_rwlock_wrlock(&p->lock);
    stale = !p->roster || now - p->looked > ROSTER_FRESH;
    p->looked = stale ? now : p->looked;
    pthread_rwlock_unlock(&p->lock);
    return stale;
}

enum err people_refresh(struct people *p, struct store *s, struct fault *f)
{
    uint64_t acts = 0, have;
    struct roster *new = NULL, *old = NULL;
    enum err e = store_begin(s, f); /* one snapshot: the log, and what is derived of it */
    if (!e)
        e = roster_acts(s, &acts, f);
    pthread_rwlock_rdlock(&p->lock);
    have = p->roster ? p->roster->acts : UINT64_MAX;
    pthread_rwlock_unlock(&p->lock);
    if (!e && acts != have)
        e = roster_load(s, &p->profile, &new, f);
    store_rollback(s);
    if (e)
        return e;
    pthread_rwlock_wrlock(&p->lock);
    p->looked = time_mono_ns();
    if (new) { /* acts only grow: one that was read earlier does not take the place of a later one */
        bool later = !p->roster || new->acts >= p->roster->acts;
        old = later ? p->roster : new;
        p->roster = later ? new : p->roster;
    }
    pthread_rwlock_unlock(&p->lock);
    roster_free(old);
    return OK;
}

const struct roster *people_roster(struct people *p)
{
    pthread_rwlock_rdlock(&p->lock);
    return p->roster;
}

void people_release(struct people *p)
{
    pthread_rwlock_unlock(&p->lock);
}

/* ---- sessions ---- */

static struct cached *cache_find(struct people *p, const uint8_t hash[32], bool make)
{
    uint64_t key;
    memcpy(&key, hash, sizeof key);
    struct cached *oldest = NULL;
    for (size_t i = 0; i < CACHE_PROBES; i++) {
        struct cached *c = &p->cache[(key + i) % CACHE];
        if (c->used && memcmp(c->s.hash, hash, 32) == 0)
            return c;
        if (!oldest || !c->used || (oldest->used && c->read < oldest->read))
            oldest = c;
    }
    return make ? oldest : NULL;
}

static void cache_forget(struct people *p, const uint8_t hash[32])
{
    pthread_mutex_lock(&p->cache_lock);
    struct cached *c = cache_find(p, hash, false);
    if (c)
        c->used = false;
    pthread_mutex_unlock(&p->cache_lock);
}

struct lookup {
    const uint8_t *hash;
    struct session s;
    bool found;
};

static enum err look_up(void *arg, struct engine *e, struct fault *f)
{
    struct lookup *l = arg;
    return session_get(e, l->hash, &l->s, &l->found, f);
}

static enum err save(void *arg, struct engine *e, struct fault *f)
{
    return session_put(e, arg, f);
}

/* Only where the row is still there: a session that ended meanwhile must not come back. */
static enum err save_seen(void *arg, struct engine *e, struct fault *f)
{
    const struct session *s = arg;
    struct session now;
    bool found;
    enum err err = session_get(e, s->hash, &now, &found, f);
    if (err || !found)
        return err;
    now.seen = s->seen;
    now.state = s->state == SESSION_LOCKED ? SESSION_LOCKED : now.state;
    return session_put(e, &now, f);
}

/* From the cache, or the table. *found = false: no such session. */
static enum err find_session(struct people *p, const uint8_t hash[32], struct session *out, bool *found, struct fault *f)
{
    int64_t now = time_mono_ns();
    pthread_mutex_lock(&p->cache_lock);
    struct cached *c = cache_find(p, hash, false);
    *found = c && now - c->read < SESSION_FRESH;
    int64_t seen = c ? c->s.seen : 0;
    if (*found)
        *out = c->s;
    pthread_mutex_unlock(&p->cache_lock);
    if (*found)
        return OK;
    struct lookup l = {.hash = hash};
    enum err e = box_read(p->box, look_up, &l, f);
    if (e || !l.found) {
        cache_forget(p, hash);
        return e;
    }
    int64_t written = l.s.seen;
    l.s.seen = seen > l.s.seen ? seen : l.s.seen;
    pthread_mutex_lock(&p->cache_lock);
    *cache_find(p, hash, true) = (struct cached){true, l.s, now, written};
    pthread_mutex_unlock(&p->cache_lock);
    *found = true;
    *out = l.s;
    return OK;
}

/* At its end; or begun by a clock that was ahead, which gave it an end that nobody meant. */
static bool is_over(const struct session *s, int64_t now)
{
    return s->expires <= now || s->created > now + CLOCK_STEP;
}

/* A sign of life: noted, written once a minute; idle too long, or last seen by a clock that was ahead: locked. */
static void note_seen(struct people *p, struct session *s, int64_t now)
{
    bool late = now - s->seen > (int64_t)p->profile.idle_minutes * 60000 || s->seen > now + CLOCK_STEP, idle = s->state == SESSION_OPEN && late, write = idle;
    if (idle)
        s->state = SESSION_LOCKED;
    else if (s->state == SESSION_OPEN)
        s->seen = now;
    pthread_mutex_lock(&p->cache_lock);
    struct cached *c = cache_find(p, s->hash, false);
    if (c) {
        write = write || now - c->written > SEEN_EVERY;
        c->s.seen = s->seen;
        c->s.state = s->state;
        c->written = write ? now : c->written;
    }
    pthread_mutex_unlock(&p->cache_lock);
    if (write)
        box_later(p->box, save_seen, s, sizeof *s);
}

static void fill(struct visitor *v, const struct account *x, const struct session *s, int64_t now)
{
    static const enum visitor_state states[] = {[SESSION_FACTOR] = VISITOR_FACTOR, [SESSION_ENROL] = VISITOR_ENROL, [SESSION_OPEN] = VISITOR_OPEN,
        [SESSION_LOCKED] = VISITOR_LOCKED};
    v->state = states[s->state];
    memcpy(v->account, x->id.b, sizeof v->account);
    memcpy(v->session, s->hash, sizeof v->session);
    snprintf(v->login, sizeof v->login, SLICE_FMT, SLICE_ARG(x->login));
    snprintf(v->name, sizeof v->name, SLICE_FMT, SLICE_ARG(x->name));
    snprintf(v->office, sizeof v->office, SLICE_FMT, SLICE_ARG(x->office));
    if (v->state != VISITOR_OPEN)
        return;
    v->rights = x->rights;
    v->names = x->names;
    v->enters = x->enters;
    memcpy(v->purpose, s->purpose, sizeof v->purpose);
    memcpy(v->case_no, s->case_no, sizeof v->case_no);
    v->glass = s->glass > now;
    v->glass_until = v->glass ? s->glass : 0;
    if (v->glass && (x->rights & RIGHT_BIT(RIGHT_BREAK_GLASS)))
        v->names = NAMES_ALL;
}

enum err people_visitor(struct people *p, struct slice cookie, struct visitor *out, struct fault *f)
{
    uint8_t hash[32];
    struct session s;
    bool found = false;
    *out = (struct visitor){.door = "page"};
    if (!session_hash(cookie, hash))
        return OK;
    enum err e = find_session(p, hash, &s, &found, f);
    int64_t now = people_now(p);
    if (!e && found && is_over(&s, now) && now - s.expires < ENDED_KNOWN && s.state >= SESSION_OPEN)
        memcpy(out->ended, s.account.b, sizeof out->ended);
    if (e || !found || is_over(&s, now) || s.state < SESSION_FACTOR || s.state > SESSION_LOCKED)
        return e;
    note_seen(p, &s, now);
    const struct roster *r = people_roster(p);
    const struct account *x = r ? roster_find(r, &s.account) : NULL;
    if (x && !x->closed && !x->machine && x->reset < s.created)
        fill(out, x, &s, now);
    people_release(p);
    return OK;
}

/* A machine, by its token: what the record of it allows, of what its account may do. */
static void fill_machine(struct visitor *v, const struct account *x, const struct token *t)
{
    v->state = VISITOR_OPEN;
    v->door = "api";
    memcpy(v->account, x->id.b, sizeof v->account);
    snprintf(v->login, sizeof v->login, SLICE_FMT, SLICE_ARG(x->login));
    snprintf(v->office, sizeof v->office, SLICE_FMT, SLICE_ARG(x->office));
    v->machine = true;
    v->rights = x->rights & t->scope;
    v->enters = v->rights & RIGHT_BIT(RIGHT_ENTER) ? x->enters & t->enters : 0;
    if (!v->enters)
        v->rights &= ~RIGHT_BIT(RIGHT_ENTER);
    v->names = v->rights & RIGHT_BIT(RIGHT_NAMES) ? x->names : NAMES_NONE;
}

static enum err look_up_token(void *arg, struct engine *e, struct fault *f)
{
    struct token_row *row = arg;
    bool found;
    enum err err = token_get(e, row->hash, row, &found, f);
    if (!err && !found)
        row->account = row->id = (struct subject_id){0};
    return err;
}

static enum err note_used(void *arg, struct engine *e, struct fault *f)
{
    const struct token_row *row = arg;
    return token_used(e, row->hash, row->used, f);
}

bool token_hash(const struct box *b, struct slice text, uint8_t out[32])
{
    uint8_t token[32];
    bool well = slice_starts(text, TOKEN_PREFIX) && session_hash(slice_of(text.p + sizeof TOKEN_PREFIX - 1, text.n - (sizeof TOKEN_PREFIX - 1)), token);
    if (well)
        box_mac(b, "token", slice_of((const char *)token, sizeof token), SLICE(""), out);
    return well;
}

enum err people_machine(struct people *p, struct slice text, struct visitor *out, bool *known, struct fault *f)
{
    struct token_row row = {0};
    *out = (struct visitor){.door = "api"};
    if (known)
        *known = false;
    if (!token_hash(p->box, text, row.hash))
        return OK;
    enum err e = box_read(p->box, look_up_token, &row, f);
    int64_t now = people_now(p);
    if (e || subject_none(&row.id))
        return e;
    if (known)
        *known = true;
    const struct roster *r = people_roster(p);
    const struct token *t = r ? roster_token(r, &row.id) : NULL;
    const struct account *x = t && subject_eq(&t->account, &row.account) ? roster_find(r, &t->account) : NULL;
    if (x && x->machine && !x->closed && !t->ended && t->until > now && x->reset < t->made)
        fill_machine(out, x, t);
    people_release(p);
    if (out->state == VISITOR_OPEN && now - row.used > TOKEN_USED_EVERY) {
        row.used = now;
        box_later(p->box, note_used, &row, sizeof row);
    }
    return OK;
}

struct replacing {
    struct session new;
    const uint8_t *old;
    int64_t now;
};

static enum err replace(void *arg, struct engine *e, struct fault *f)
{
    const struct replacing *r = arg;
    enum err err = r->old ? session_drop(e, r->old, f) : session_drop_expired(e, r->now - ENDED_KNOWN, f);
    return err ? err : session_put(e, &r->new, f);
}

enum err people_begin(struct people *p, const struct subject_id *account, enum session_state state, const struct session *old, struct agent agent,
    char cookie[44], struct fault *f)
{
    uint8_t token[SESSION_TOKEN];
    int64_t now = people_now(p);
    struct replacing r = {.new = {.account = *account, .created = now, .seen = now, .state = state, .agent = agent}, .old = old ? old->hash : NULL,
        .now = now};
    int64_t length = state == SESSION_OPEN ? (int64_t)p->profile.session_hours * 3600000 : FACTOR_MINUTES * 60000;
    r.new.expires = now + length;
    if (old && old->state == SESSION_LOCKED) { /* unlocking makes no day longer */
        r.new.expires = old->expires;
        memcpy(r.new.purpose, old->purpose, sizeof r.new.purpose);
        memcpy(r.new.case_no, old->case_no, sizeof r.new.case_no);
    }
    people_random(p, token, sizeof token);
    session_cookie(token, cookie, r.new.hash);
    seal_wipe(token, sizeof token);
    enum err e = box_write(p->box, replace, &r, f);
    if (old)
        cache_forget(p, old->hash);
    return e;
}

enum err people_change(struct people *p, const struct session *s, struct fault *f)
{
    enum err e = box_write(p->box, save, (void *)(uintptr_t)s, f);
    cache_forget(p, s->hash);
    return e;
}

static enum err drop(void *arg, struct engine *e, struct fault *f)
{
    return session_drop(e, arg, f);
}

enum err people_end(struct people *p, const uint8_t hash[32], struct fault *f)
{
    enum err e = box_write(p->box, drop, (void *)(uintptr_t)hash, f);
    cache_forget(p, hash);
    return e;
}

static enum err drop_all(void *arg, struct engine *e, struct fault *f)
{
    return session_drop_all(e, arg, f);
}

static void cache_forget_all(struct people *p, const struct subject_id *account)
{
    pthread_mutex_lock(&p->cache_lock);
    for (size_t i = 0; i < CACHE; i++)
        if (p->cache[i].used && subject_eq(&p->cache[i].s.account, account))
            p->cache[i].used = false;
    pthread_mutex_unlock(&p->cache_lock);
}

enum err people_end_all(struct people *p, const struct subject_id *account, struct fault *f)
{
    enum err e = box_write(p->box, drop_all, (void *)(uintptr_t)account, f);
    cache_forget_all(p, account);
    return e;
}

struct keeping {
    const struct subject_id *account;
    const uint8_t *hash;
};

static enum err drop_others(void *arg, struct engine *e, struct fault *f)
{
    const struct keeping *k = arg;
    return session_drop_others(e, k->account, k->hash, f);
}

enum err people_end_others(struct people *p, const struct subject_id *account, const uint8_t hash[32], struct fault *f)
{
    struct keeping k = {account, hash};
    enum err e = box_write(p->box, drop_others, &k, f);
    cache_forget_all(p, account);
    return e;
}

struct listing {
    const struct subject_id *account;
    int64_t now;
    struct session *out;
    size_t n;
};

static enum err list(void *arg, struct engine *e, struct fault *f)
{
    struct listing *l = arg;
    return session_list(e, l->account, l->now, l->out, SESSIONS_SHOWN, &l->n, f);
}

enum err people_sessions(struct people *p, const struct subject_id *account, struct session out[SESSIONS_SHOWN], size_t *n, struct fault *f)
{
    struct listing l = {account, people_now(p), out, 0};
    enum err e = box_read(p->box, list, &l, f);
    *n = l.n;
    return e;
}
