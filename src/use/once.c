#include "use/once.h"
#include "base/hash.h"
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include "base/banned.h"

#define WAIT_SECONDS 20 /* of a second press for the first */
#define ANSWER_MAX (1u << 16)
#define FIELD_NAME 64 /* bytes; no form asks for one with a longer name */

/* Invariants, under the lock: 1. a key stands in the table at most once; 2. an entry that is `doing` is not taken by another; 3. `json` is there only when done. */
struct entry {
    struct hash key;
    int64_t at; /* when it began, by the clock of the app */
    enum { FREE, DOING, DONE } state;
    struct buf json;
    struct people_answer answer; /* without `out` */
};
struct once {
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct entry entry[ONCE_MANY];
};

static void wipe(struct entry *x)
{
    if (!x->json.p && !*x->answer.go && !*x->answer.cookie)
        return;
    if (x->json.p)
        seal_wipe(x->json.p, x->json.cap);
    buf_free(&x->json);
    seal_wipe(&x->answer, sizeof x->answer);
}

void once_free(struct once *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < ONCE_MANY; i++)
        wipe(&o->entry[i]);
    pthread_mutex_destroy(&o->lock);
    pthread_cond_destroy(&o->done);
    mem_free(o);
}

static struct once *once_of(struct app *app)
{
    pthread_mutex_lock(&app->lock);
    if (!app->once && (app->once = mem_alloc(1, sizeof *app->once))) {
        pthread_mutex_init(&app->once->lock, NULL);
        pthread_cond_init(&app->once->done, NULL);
    }
    struct once *o = app->once;
    pthread_mutex_unlock(&app->lock);
    return o;
}

bool once_given(const struct people_ask *in)
{
    return ask_field(in, "once").n > 0;
}

void put_once(struct people *p, struct cj *j)
{
    uint8_t number[ONCE_BYTES];
    people_random(p, number, sizeof number);
    cj_khex(j, "once", number, sizeof number);
}

/* The lock is held. A clock that was set back keeps no secret for longer. */
static void tidy(struct once *o, int64_t now)
{
    for (size_t i = 0; i < ONCE_MANY; i++) {
        int64_t age = now - o->entry[i].at;
        if (o->entry[i].state == DONE && (age > ONCE_SHOWN || age < -ONCE_SHOWN))
            wipe(&o->entry[i]);
    }
}

void once_tidy(struct once *o, int64_t now)
{
    if (pthread_mutex_trylock(&o->lock)) /* then whoever holds it does */
        return;
    tidy(o, now);
    pthread_mutex_unlock(&o->lock);
}

static struct hash joined(const struct hash *key, struct slice s)
{
    struct hash both[2] = {*key, hash_prefixed('f', s.p, s.n)};
    return hash_prefixed('o', both, sizeof both);
}

/* Of this person, this address, this number, and what was filled in: nobody else gets what he made, and who goes back and writes another name makes another. */
static struct hash key_of(const struct people_ask *in, const uint8_t number[ONCE_BYTES])
{
    struct slice name;
    struct hash key = hash_prefixed('n', number, ONCE_BYTES);
    key = joined(&key, slice_of((const char *)in->who->account, sizeof in->who->account));
    key = joined(&key, in->path);
    for (size_t i = 0; in->member && in->member(in->form, i, &name); i++) {
        char field[FIELD_NAME + 1];
        if (name.n > FIELD_NAME || slice_is(name, "form_token")) /* the session's */
            continue;
        snprintf(field, sizeof field, SLICE_FMT, SLICE_ARG(name));
        key = joined(&key, name);
        key = joined(&key, ask_field(in, field));
    }
    return key;
}

static bool stands(const struct entry *x, const struct hash *key)
{
    return x && x->state != FREE && hash_eq(&x->key, key);
}

/* Its entry, or else a free one, or the oldest that nobody is doing. NULL: all are being done. */
static struct entry *find(struct once *o, const struct hash *key)
{
    struct entry *oldest = NULL, *found = NULL;
    for (size_t i = 0; i < ONCE_MANY; i++) {
        struct entry *x = &o->entry[i];
        if (stands(x, key))
            found = x;
        else if (x->state != DOING && (!oldest || x->state < oldest->state || (x->state == oldest->state && x->at < oldest->at)))
            oldest = x;
    }
    return found ? found : oldest;
}

static void rest(const struct people_ask *in, bool rests)
{
    if (in->rest)
        in->rest(in->pool, rests);
}

/* While another request of the same form is being done. The lock is held before and after, and not all the time between: what stands where is to be found again. */
static bool wait_done(struct once *o, const struct people_ask *in, const struct entry *x)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_SECONDS;
    rest(in, true);
    while (x->state == DOING)
        if (pthread_cond_timedwait(&o->done, &o->lock, &until) == ETIMEDOUT)
            break;
    bool over = x->state != DOING;
    pthread_mutex_unlock(&o->lock); /* the pool has a lock of its own: never both */
    rest(in, false);
    pthread_mutex_lock(&o->lock);
    return over;
}

/* To the asking page, which may want text or values. */
static enum err give(const struct people_answer *a, struct slice json, struct people_answer *out)
{
    struct cj *j = out->out;
    *out = *a;
    out->out = j;
    if (json.n)
        cj_raw(j, json);
    return j->out->err;
}

static enum err show_again(const struct entry *x, struct people_answer *out, struct fault *f)
{
    if (!x->json.n && !*x->answer.go)
        return fault_set(f, ERR_EXISTS, "form", SLICE(""), "say.done_once");
    return give(&x->answer, buf_view(&x->json), out);
}

/* The lock is held. What the act writes is text of our own, whatever the page wants: it is given again as it was. */
static enum err claimed(struct once *o, struct entry *x, struct app *app, const struct people_ask *in, struct people_answer *out, people_door_fn act, struct fault *f)
{
    struct people_answer a = *out;
    struct cj own;
    x->state = DOING;
    pthread_mutex_unlock(&o->lock);
    buf_init(&x->json, ANSWER_MAX); /* ours alone while it is being done */
    cj_open_loose(&own, &x->json);
    a.out = &own;
    enum err e = act(app, in, &a, f);
    if (!e)
        e = x->json.err;
    enum err given = give(&a, e ? SLICE("") : buf_view(&x->json), out);
    a.out = NULL;
    pthread_mutex_lock(&o->lock);
    x->answer = a;
    x->state = e ? FREE : DONE;
    if (e)
        wipe(x);
    pthread_cond_broadcast(&o->done);
    return e ? e : given;
}

enum err once_do(struct app *app, const struct people_ask *in, struct people_answer *out, people_door_fn act, struct fault *f)
{
    uint8_t number[ONCE_BYTES];
    struct once *o;
    if (!once_given(in))
        return act(app, in, out, f);
    if (!hex_to(ask_field(in, "once"), number, sizeof number))
        return fault_set(f, ERR_FORMAT, "form", SLICE(""), "say.forged");
    if (!(o = once_of(app)))
        return fault_set(f, ERR_MEMORY, "form", SLICE(""), "");
    int64_t now = app->clock(app->arg);
    struct hash key = key_of(in, number);
    pthread_mutex_lock(&o->lock);
    tidy(o, now);
    struct entry *x = find(o, &key);
    while (stands(x, &key) && x->state == DOING && wait_done(o, in, x))
        x = find(o, &key); /* what failed is done by who waited */
    enum err e;
    if (!x || x->state == DOING) {
        e = fault_set(f, ERR_BUSY, "form", SLICE(""), "");
    } else if (stands(x, &key)) {
        e = show_again(x, out, f);
    } else {
        wipe(x);
        x->key = key;
        x->at = now;
        e = claimed(o, x, app, in, out, act, f);
    }
    pthread_mutex_unlock(&o->lock);
    return e;
}
