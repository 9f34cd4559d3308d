/* Opening and closing, desks, and the index that follows the log. Invariants:
 * 1. app->lock guards what is taken of desks and readers, and everything about the index but the index itself, which guards itself.
 * 2. The index covers records [0, index_size); index_size never passes what the tables have derived, so that whatever a
 *    search finds has its item row. */
#include "use/app.h"
#include "people/people.h"
#include "use/once.h"
#include "use/writer.h"
#include <stdio.h>
#include "base/banned.h"

#define LOOK_EVERY 200000000 /* ns between looks at the log */
#define NEAR 2000            /* new records taken in while a search waits */
#define MERGE_AT 100000      /* entries of the delta */

static int64_t system_clock(void *arg)
{
    return time_now();
}
static void system_random(void *arg, void *out, size_t n)
{
    seal_random(out, n);
}

enum err app_open(const char *dir, struct app **out, struct fault *f)
{
    struct app *a = mem_alloc(1, sizeof *a);
    if (!a)
        return fault_set(f, ERR_MEMORY, "", SLICE(""), "");
    enum err e = seal_init();
    pthread_mutex_init(&a->lock, NULL);
    pthread_mutex_init(&a->names_lock, NULL);
    a->clock = system_clock;
    a->random = system_random;
    if (!e && snprintf(a->dir, sizeof a->dir, "%s", dir) >= (int)sizeof a->dir)
        e = fault_set(f, ERR_TOO_LONG, "--data", slice_str(dir), "want.short_path");
    if (!e && !(e = lang_load(&a->languages, f)))
        a->lang = lang_find(a->languages, SLICE("en"));
    if (e)
        app_close(a);
    else
        *out = a;
    return e;
}

void app_close(struct app *a)
{
    if (!a)
        return;
    if (a->follower_begun)
        pthread_join(a->follower, NULL);
    writer_stop(a->writer);
    mem_free(a->entered);
    once_free(a->once);
    people_close(a->people);
    for (int i = 0; i < APP_DESKS; i++)
        arena_free(&a->desk[i].arena);
    for (int i = 0; i < APP_READERS; i++) {
        store_close(a->reader[i].store);
        search_scratch_free(a->reader[i].scratch);
    }
    if (a->index)
        index_free(a->index);
    ranker_free(a->ranker);
    ranker_free(a->old_ranker);
    names_free(a->names);
    keys_close(a->keys);
    if (a->languages)
        lang_unload(a->languages);
    pthread_mutex_destroy(&a->lock);
    pthread_mutex_destroy(&a->names_lock);
    mem_free(a);
}

/* ---- desks ---- */

static struct desk *free_desk(struct app *a)
{
    for (int i = 0; i < APP_DESKS; i++)
        if (!a->desk[i].taken) {
            a->desk[i].taken = true;
            return &a->desk[i];
        }
    return NULL;
}

/* One whose store is open before one that must be opened. */
static struct reader *free_reader(struct app *a)
{
    struct reader *found = NULL;
    for (int i = 0; i < APP_READERS && !(found && found->store); i++)
        if (!a->reader[i].taken && (!found || a->reader[i].store))
            found = &a->reader[i];
    if (found) {
        found->taken = true;
        found->desks++;
    }
    return found;
}

/* Readers that nobody holds anything of, and the index when nobody can be searching in it. The caller holds the lock. */
static void forget(struct app *a)
{
    bool busy = a->following;
    for (int i = 0; i < APP_READERS; i++) {
        struct reader *r = &a->reader[i];
        busy = busy || r->taken || r->desks;
        if (r->taken || r->desks || !r->store)
            continue;
        store_close(r->store);
        r->store = NULL;
    }
    for (int i = 0; i < APP_DESKS; i++)
        if (!a->desk[i].taken)
            arena_free(&a->desk[i].arena);
    if (pthread_mutex_trylock(&a->names_lock) == 0) { /* else: who reads them gives up at the next record, and they go at the next look */
        names_free(a->names);
        a->names = NULL;
        pthread_mutex_unlock(&a->names_lock);
    }
    if (busy || !a->index)
        return;
    index_free(a->index);
    ranker_free(a->ranker);
    ranker_free(a->old_ranker);
    a->index = NULL;
    a->ranker = a->old_ranker = NULL;
    a->index_size = 0;
}

/* The caller holds the lock. */
static enum err look(struct app *a, struct fault *f)
{
    enum err e = a->keys ? keys_look(a->keys, f) : keys_open(a->dir, KEYS_READ, &a->keys, f);
    a->locked = e == ERR_LOCKED;
    if (a->locked)
        forget(a);
    return e;
}

void app_watch(struct app *a)
{
    pthread_mutex_lock(&a->lock);
    if (a->keys)
        look(a, NULL);
    if (a->writer)
        writer_watch(a->writer);
    if (a->once)
        once_tidy(a->once, a->locked ? INT64_MAX : a->clock(a->arg));
    pthread_mutex_unlock(&a->lock);
}

enum err desk_rise(struct app *a, struct desk *d, struct fault *f)
{
    struct fault keys = {0};
    pthread_mutex_lock(&a->lock);
    enum err e = look(a, &keys);
    struct reader *r = d->held_n < DESK_HELD ? free_reader(a) : NULL;
    pthread_mutex_unlock(&a->lock);
    if (!r)
        return fault_set(f, ERR_BUSY, "server", SLICE(""), "want.try_again");
    d->reader = d->held[d->held_n++] = r;
    if (e && e != ERR_NOT_FOUND) { /* not found: the store says what is missing */
        if (f)
            *f = keys;
    } else {
        e = r->store ? OK : store_open_with(a->dir, STORE_READ, a->keys, &r->store, f);
    }
    d->store = r->store;
    d->scratch = r->scratch;
    return e;
}

/* The caller holds the lock. */
static void leave_reader(struct desk *d)
{
    if (d->reader) {
        d->reader->scratch = d->scratch;
        d->reader->taken = false;
    }
    d->reader = NULL;
    d->store = NULL;
    d->scratch = NULL;
}

void desk_rest(struct app *a, struct desk *d)
{
    pthread_mutex_lock(&a->lock);
    leave_reader(d);
    pthread_mutex_unlock(&a->lock);
}

enum err desk_take(struct app *a, struct desk **out, struct fault *f)
{
    pthread_mutex_lock(&a->lock);
    struct desk *d = free_desk(a);
    pthread_mutex_unlock(&a->lock);
    if (!d)
        return fault_set(f, ERR_BUSY, "server", SLICE(""), "want.try_again");
    if (!d->arena.max)
        arena_init(&d->arena, DESK_MEMORY);
    enum err e = desk_rise(a, d, f);
    if (e)
        desk_give(a, d);
    else
        *out = d;
    return e;
}

void desk_give(struct app *a, struct desk *d)
{
    if (d < a->desk + APP_READERS)
        arena_reset(&d->arena);
    else
        arena_free(&d->arena); /* one of a great many */
    pthread_mutex_lock(&a->lock);
    leave_reader(d);
    while (d->held_n)
        d->held[--d->held_n]->desks--;
    d->taken = false;
    if (a->locked)
        forget(a);
    pthread_mutex_unlock(&a->lock);
}

/* ---- the index ---- */

struct entries { /* what deriving saw, for the index */
    struct index_entry *add;
    size_t n, cap;
    uint32_t *gone;
    size_t gone_n, gone_cap;
};

static enum err collect(void *arg, const struct mark_seen *seen, size_t n)
{
    struct entries *x = arg;
    for (size_t i = 0; i < n; i++) {
        if (seen[i].position >= UINT32_MAX - 1)
            return ERR_RANGE;
        if (!seen[i].live) {
            if (!mem_grow(&x->gone, &x->gone_cap, x->gone_n + 1, (size_t)1 << 30, sizeof *x->gone))
                return ERR_MEMORY;
            x->gone[x->gone_n++] = (uint32_t)seen[i].position;
            continue;
        }
        if (!mem_grow(&x->add, &x->cap, x->n + 1, (size_t)1 << 28, sizeof *x->add))
            return ERR_MEMORY;
        x->add[x->n++] = (struct index_entry){seen[i].key, seen[i].attr, (uint32_t)seen[i].position};
    }
    return OK;
}

static void entries_free(struct entries *x)
{
    mem_free(x->add);
    mem_free(x->gone);
}

/* Entries into the index: the first load and large additions as a new base, small ones as a delta. */
static enum err take_in(struct app *a, const struct entries *x, bool empty)
{
    enum err e = empty ? index_build(a->index, x->add, x->n, 2) : x->n ? index_add(a->index, x->add, x->n) : OK;
    if (!e && x->gone_n)
        e = index_remove(a->index, x->gone, x->gone_n);
    return e;
}

static struct ranker *learnt(struct app *a)
{
    struct index_view *v = index_acquire(a->index);
    struct ranker *r = ranker_new(v);
    index_release(v);
    return r;
}

/* The one before stays for searches that still hold it. The caller holds the lock. */
static void put_ranker(struct app *a, struct ranker *r)
{
    ranker_free(a->old_ranker);
    a->old_ranker = a->ranker;
    a->ranker = r;
}

static enum err learn(struct app *a)
{
    struct ranker *r = learnt(a);
    if (r)
        put_ranker(a, r);
    return r ? OK : ERR_MEMORY;
}

/* Brings the index from a->index_size to `to`; the caller holds the lock. */
static enum err catch_up(struct app *a, struct store *s, uint64_t to, struct fault *f)
{
    struct entries x = {0};
    struct derive_watch w = {.arg = &x, .marks = collect};
    bool empty = a->index_size == 0;
    enum err e = store_marks(s, a->index_size, to, &w, f);
    if (!e && (e = take_in(a, &x, empty)))
        fault_set(f, e, "index", SLICE(""), "");
    entries_free(&x);
    if (!e)
        a->index_size = to;
    return e;
}

/* First use: the snapshot when it holds, else nothing (catch_up then reads every record). */
static enum err load(struct app *a, struct store *s, struct fault *f)
{
    uint64_t derived, size = 0;
    enum err e = store_derived(s, &derived, f);
    if (e)
        return e;
    a->index = index_new();
    if (!a->index)
        return fault_set(f, ERR_MEMORY, "index", SLICE(""), "");
    e = snapshot_load(s, a->index, &size, NULL);
    a->index_size = !e && size <= derived ? size : 0;
    if (a->index_size)
        return OK;
    index_free(a->index); /* what was read before the fault is not kept */
    a->index = index_new();
    return a->index ? OK : fault_set(f, ERR_MEMORY, "index", SLICE(""), "");
}

/* Many new records (an import beside the server): read, added and learnt from without the lock; only the swap takes it. */
static void *follow_far(void *arg)
{
    struct app *a = arg;
    struct entries x = {0};
    struct derive_watch w = {.arg = &x, .marks = collect, .threads = 1};
    struct index_view *v;
    struct index_stats stats;
    struct store *s = NULL;
    struct ranker *r = NULL;
    uint64_t to = 0;
    enum err e = store_open_with(a->dir, STORE_READ, a->keys, &s, NULL);
    if (!e && !(e = store_derived(s, &to, NULL)) && !(e = store_marks(s, a->index_size, to, &w, NULL)))
        e = take_in(a, &x, false);
    if (!e && (v = index_acquire(a->index))) {
        index_stats(v, &stats);
        index_release(v);
        if (stats.delta > MERGE_AT)
            e = index_merge(a->index, 1);
    }
    if (!e)
        r = learnt(a);
    entries_free(&x);
    store_close(s);
    pthread_mutex_lock(&a->lock);
    if (r) {
        put_ranker(a, r);
        a->index_size = to;
    }
    a->following = false;
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static void start_follower(struct app *a)
{
    if (a->follower_begun)
        pthread_join(a->follower, NULL); /* it has ended: following was false */
    a->following = pthread_create(&a->follower, NULL, follow_far, a) == 0;
    a->follower_begun = a->following;
}

/* A few new records are taken in at once, many by a thread of their own. */
static enum err take_new(struct app *a, struct store *s, struct fault *f)
{
    uint64_t derived;
    enum err e = store_derived(s, &derived, f);
    if (!e && a->ranker && derived > a->index_size + NEAR)
        start_follower(a);
    else if (!e && derived > a->index_size)
        e = catch_up(a, s, derived, f);
    return e;
}

/* Looks at the log. The caller holds the lock. */
static enum err follow(struct app *a, struct store *s, struct fault *f)
{
    enum err e = store_begin(s, f);
    a->followed = time_mono_ns();
    if (!e && !a->index)
        e = load(a, s, f);
    if (!e && !a->following)
        e = take_new(a, s, f);
    if (!e)
        e = store_size(s, &a->recorded, f);
    store_rollback(s);
    return e || a->following || a->ranker ? e : learn(a);
}

/* What the index was brought up to, perhaps through another desk's store, is there for this desk's too. */
static enum err refresh(struct desk *d, uint64_t size, struct fault *f)
{
    if (d->reader->seen >= size)
        return OK;
    enum err e = store_begin(d->store, f);
    store_rollback(d->store);
    if (!e)
        d->reader->seen = size;
    return e;
}

uint64_t app_waiting(struct app *a)
{
    pthread_mutex_lock(&a->lock);
    uint64_t n = a->recorded > a->index_size ? a->recorded - a->index_size : 0;
    pthread_mutex_unlock(&a->lock);
    return n;
}

void app_look(struct app *a)
{
    pthread_mutex_lock(&a->lock);
    a->followed = 0;
    pthread_mutex_unlock(&a->lock);
}

enum err app_index(struct app *a, struct desk *d, struct index_view **view, const struct ranker **ranker, uint64_t *size, struct fault *f)
{
    enum err e = OK;
    pthread_mutex_lock(&a->lock);
    if (!a->ranker || time_mono_ns() - a->followed > LOOK_EVERY)
        e = follow(a, d->store, f);
    if (!e) {
        *view = index_acquire(a->index);
        *ranker = a->ranker;
        *size = a->index_size;
    }
    pthread_mutex_unlock(&a->lock);
    if (e)
        return e;
    if (!d->scratch && !(d->scratch = search_scratch_new()))
        e = fault_set(f, ERR_MEMORY, "search", SLICE(""), "");
    if (!e)
        e = refresh(d, *size, f);
    if (e)
        index_release(*view);
    return e;
}

enum err app_names(struct app *a, struct desk *d, struct slice query, struct name_hit *out, size_t max, size_t *shown, size_t *count,
    struct fault *f)
{
    uint64_t size;
    enum err e = store_size(d->store, &size, f);
    pthread_mutex_lock(&a->names_lock);
    if (!e && !a->names && !(a->names = names_new(f)))
        e = ERR_MEMORY;
    if (!e && !(e = names_follow(a->names, d->store, size, f)))
        e = names_find(a->names, query, out, max, shown, count, f);
    pthread_mutex_unlock(&a->names_lock);
    return e;
}

/* ---- the writer ---- */

static enum err settle_rows(struct store *w, bool rebuild, const struct settle *s, struct entries *x, struct fault *f)
{
    struct derive_watch watch = {.arg = x, .marks = collect};
    /* marks arrive through x; progress and stop keep their own argument */
    if (!s)
        return rebuild ? store_rebuild(w, &watch, f) : store_derive(w, &watch, f);
    watch.progress = s->progress;
    watch.stop = s->stop;
    watch.progress_arg = s->arg;
    watch.ahead = s->ahead;
    return rebuild ? store_rebuild(w, &watch, f) : store_derive(w, &watch, f);
}

/* 1. rows derived, 2. index brought up to them, 3. snapshot written. A kill between leaves what came before whole. */
enum err app_settle(struct app *a, struct store *w, bool rebuild, const struct settle *s, struct fault *f)
{
    struct entries x = {0};
    struct tree tree;
    uint64_t before;
    enum err e = store_documents_settle(w, f);
    if (!e)
        e = store_derived(w, &before, f);
    if (!e && !a->index)
        e = load(a, w, f);
    if (!e && !rebuild && a->index_size < before)
        e = catch_up(a, w, before, f);
    if (!e)
        e = settle_rows(w, rebuild, s, &x, f);
    if (!e && (e = take_in(a, &x, rebuild || a->index_size == 0)))
        fault_set(f, e, "index", SLICE(""), "");
    entries_free(&x);
    if (!e && !(e = log_root(w, &tree, f))) {
        a->index_size = tree.size;
        e = index_merge(a->index, 2);
    }
    if (!e) {
        struct hash root = tree_root(&tree);
        struct index_view *v = index_acquire(a->index);
        e = snapshot_save(w, v, tree.size, &root, f);
        index_release(v);
    }
    if (e && f && !f->code)
        fault_set(f, e, "index", SLICE(""), "");
    return e ? e : store_settle(w, f);
}
