#include "use/people.h"
#include "base/banned.h"

struct act_source app_source(struct app *a)
{
    return (struct act_source){a->clock, a->random, a->arg};
}

/* Opened under the app's lock, once. */
static enum err open_people(struct app *a, struct desk *d, struct fault *f)
{
    struct people_config c = {a->dir, store_keys(d->store), &store_profile(d->store)->people, app_source(a)};
    pthread_mutex_lock(&a->lock);
    enum err e = a->people ? OK : people_open(&c, &a->people, f);
    pthread_mutex_unlock(&a->lock);
    return e;
}

static struct people *opened(struct app *a)
{
    pthread_mutex_lock(&a->lock);
    struct people *p = a->people;
    pthread_mutex_unlock(&a->lock);
    return p;
}

static enum err refresh(struct app *a, struct fault *f)
{
    struct desk *d;
    enum err e = desk_take(a, &d, f);
    if (e)
        return e;
    e = open_people(a, d, f);
    if (!e)
        e = people_refresh(a->people, d->store, f);
    desk_give(a, d);
    return e;
}

enum err app_people(struct app *a, struct people **out, struct fault *f)
{
    struct people *p = opened(a);
    enum err e = p && !people_stale(p) ? OK : refresh(a, f);
    if (!e)
        *out = opened(a);
    return e;
}

enum err app_people_now(struct app *a, struct people **out, struct fault *f)
{
    enum err e = refresh(a, f);
    if (!e)
        *out = opened(a);
    return e;
}

enum err app_writer(struct app *a, struct writer **out, struct fault *f)
{
    pthread_mutex_lock(&a->lock);
    enum err e = a->writer ? OK : writer_start(a, &a->writer, f);
    *out = a->writer;
    pthread_mutex_unlock(&a->lock);
    return e;
}

struct acting {
    struct app *app;
    const struct act *acts;
    size_t n;
    struct hash first;
};

static enum err run(void *arg, struct log *log, struct fault *f)
{
    struct acting *x = arg;
    struct act_source s = app_source(x->app);
    enum err e = OK;
    for (size_t i = 0; i < x->n && !e; i++)
        e = act_append(log, &s, &x->acts[i], i ? NULL : &x->first, f);
    return e;
}

enum err app_act(struct app *a, const struct act *acts, size_t n, struct hash *out_first, struct fault *f)
{
    struct writer *w;
    struct acting x = {.app = a, .acts = acts, .n = n};
    enum err e = app_writer(a, &w, f);
    if (!e)
        e = writer_do(w, run, &x, f);
    if (!e && out_first)
        *out_first = x.first;
    return e ? e : refresh(a, f);
}
