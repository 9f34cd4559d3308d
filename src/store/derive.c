/* Deriving: batches of the log become derived rows. Invariants:
 * 1. Derived state of a subject is a pure function of the set of its records; batches and their order leave no trace in it.
 * 2. The table covered counts the records that the derived tables cover; it moves in the transaction that writes the rows.
 * 3. Workers only read what is committed, each through a store of its own; the caller's thread alone writes. */
#include "store/derive.h"
#include <pthread.h>
#include <stdlib.h>
#include "base/banned.h"

#define BATCH_RECORDS 3000000u
#define RENEW_FROM 4096u /* records: fewer are sooner inserted */
#define LIFE_MEMORY (256u << 20)
#define WORKERS_MAX 16

/* ---- grouping ---- */

struct batch {
    struct rowset pairs; /* struct pair, sorted by subject and position */
    struct rowset lives; /* struct life, by first position */
    const struct ahead *ahead; /* its records are left out; or NULL */
};

static void batch_init(struct batch *b)
{
    *b = (struct batch){.pairs.size = sizeof(struct pair), .lives.size = sizeof(struct life)};
}
static void batch_free(struct batch *b)
{
    mem_free(b->pairs.p);
    mem_free(b->lives.p);
}

static enum err add_pair(struct batch *b, const struct record_subject *s, uint64_t position)
{
    struct pair *p = rowset_add(&b->pairs);
    if (!p)
        return ERR_MEMORY;
    *p = (struct pair){.subject = s->id, .position = position, .type = (uint8_t)s->type};
    return OK;
}

static enum err collect(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct record r;
    struct batch *batch = arg;
    if (batch->ahead && ahead_covers(batch->ahead, position))
        return OK;
    bool any = false;
    if (record_parse(bytes, &r))
        return fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
    for (size_t i = 0; i < r.h.subject_count; i++)
        if (r.h.subject[i].type == SUBJECT_ITEM || r.h.subject[i].type == SUBJECT_PERMIT) {
            any = true;
            if (add_pair(arg, &r.h.subject[i], position))
                return ERR_MEMORY;
        }
    bool list = r.h.subject_count && r.h.subject[0].type == SUBJECT_CASE; /* of what belongs together: orders, a case */
    if ((list || !any) && r.h.subject_count && r.h.subject[0].type != SUBJECT_REGISTER) /* party, account or case: found by the first */
        return add_pair(arg, &r.h.subject[0], position);
    return OK;
}

static int by_subject(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int c = memcmp(x->subject.b, y->subject.b, sizeof x->subject.b);
    return c ? c : x->position < y->position ? -1 : x->position > y->position;
}

static int by_first(const void *a, const void *b)
{
    const struct life *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static struct pair *pair_at(const struct batch *b, size_t i)
{
    return (struct pair *)b->pairs.p + i;
}

/* Records that earlier batches had of the same subjects join in. */
static enum err add_known(struct store *s, struct batch *b, uint64_t from, struct fault *f)
{
    struct arena a;
    size_t n = b->pairs.n;
    enum err e = OK;
    arena_init(&a, LIFE_MEMORY);
    for (size_t i = 0; !e && from > 0 && i < n; i++) {
        struct pair p = *pair_at(b, i);
        uint64_t *at;
        size_t count = 0;
        if (i && memcmp(&pair_at(b, i - 1)->subject, &p.subject, sizeof p.subject) == 0)
            continue;
        e = item_record_positions(s->engine, &a, &p.subject, &at, &count, f);
        for (size_t k = 0; !e && k < count; k++)
            if (at[k] < from)
                e = add_pair(b, &(struct record_subject){(enum subject_type)p.type, p.subject}, at[k]);
        arena_reset(&a);
    }
    arena_free(&a);
    if (!e && b->pairs.n > n)
        qsort(b->pairs.p, b->pairs.n, sizeof(struct pair), by_subject);
    return e;
}

static enum err group(struct batch *b)
{
    for (size_t i = 0, k; i < b->pairs.n; i = k) {
        for (k = i + 1; k < b->pairs.n && memcmp(&pair_at(b, k)->subject, &pair_at(b, i)->subject, 16) == 0;)
            k++;
        struct life *l = rowset_add(&b->lives);
        if (!l)
            return ERR_MEMORY;
        *l = (struct life){i, k - i, pair_at(b, i)->position};
    }
    if (b->lives.n)
        qsort(b->lives.p, b->lives.n, sizeof(struct life), by_first);
    return OK;
}

static enum err batch_load(struct store *s, struct batch *b, uint64_t from, uint64_t to, struct fault *f)
{
    enum err e = b->ahead && ahead_is_whole(b->ahead, from, to) ? OK : store_scan(s, from, to, collect, b, f);
    if (!e && b->pairs.n)
        qsort(b->pairs.p, b->pairs.n, sizeof(struct pair), by_subject);
    if (!e)
        e = add_known(s, b, from, f);
    return e ? e : group(b);
}

/* ---- workers ---- */

struct worker {
    pthread_t thread;
    struct store *store;
    const struct batch *batch;
    size_t from, to; /* lives */
    bool own;        /* the store is this worker's */
    struct derived out;
    enum err err;
    struct fault fault;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    struct arena a;
    arena_init(&a, LIFE_MEMORY);
    if (w->own) /* one snapshot for the whole share, instead of a lock a statement */
        w->err = store_begin(w->store, &w->fault);
    for (size_t i = w->from; i < w->to && !w->err; i++) {
        const struct life *l = (const struct life *)w->batch->lives.p + i;
        w->err = derive_life(w->store, &a, pair_at(w->batch, l->from), l->n, &w->out, &w->fault);
        arena_reset(&a);
    }
    if (w->own)
        store_rollback(w->store);
    arena_free(&a);
    return NULL;
}

/* Lives [0, n) shared between `threads` workers; results joined into out. Few lives: the caller does them. */
static enum err fold(struct store *s, const struct batch *b, int threads, struct derived *out, struct fault *f)
{
    size_t n = b->lives.n;
    struct worker *w = mem_alloc(WORKERS_MAX, sizeof *w);
    int used = n < 2000 ? 1 : threads < 1 ? 2 : threads > WORKERS_MAX ? WORKERS_MAX : threads, started = 0;
    enum err e = w ? OK : ERR_MEMORY;
    for (int i = 0; !e && i < used; i++) {
        w[i] = (struct worker){.batch = b, .from = n * (size_t)i / (size_t)used, .to = n * (size_t)(i + 1) / (size_t)used};
        derived_init(&w[i].out);
        w[i].out.only_seen = out->only_seen;
        w[i].out.from = out->from;
        w[i].out.to = out->to;
        if (used == 1) {
            w[i].store = s;
            work(&w[i]);
        } else if ((w[i].own = true) && !(e = store_open_with(s->dir, STORE_READ, s->key_store, &w[i].store, f)) && pthread_create(&w[i].thread, NULL, work, &w[i]))
            e = fault_set(f, ERR_MEMORY, "thread", SLICE(""), "");
        started = e ? i : i + 1;
    }
    for (int i = 0; i < started; i++) {
        if (used > 1)
            pthread_join(w[i].thread, NULL);
        if (!e && (e = w[i].err) && f)
            *f = w[i].fault;
        if (!e && !derived_join(out, &w[i].out))
            e = fault_set(f, ERR_MEMORY, "rows", SLICE(""), "");
    }
    for (int i = 0; w && i < used; i++) {
        derived_free(&w[i].out);
        if (w[i].store != s)
            store_close(w[i].store);
    }
    mem_free(w);
    return e;
}

/* ---- the passes ---- */

enum err store_derived(struct store *s, uint64_t *out, struct fault *f)
{
    return covered_select(s->engine, out, f);
}

static enum err tell(const struct derive_watch *w, const struct derived *d)
{
    return w && w->marks && d->seen.n ? w->marks(w->arg, (const struct mark_seen *)d->seen.p, d->seen.n) : OK;
}

/* The batch, but for what was derived ahead; that joins d. Left unused where it is not the whole story of its subjects. */
static enum err load_beside(struct store *s, struct batch *b, uint64_t from, uint64_t to, struct ahead *ahead, struct derived *d, struct fault *f)
{
    bool alone = false;
    enum err e;
    b->ahead = ahead_usable(ahead, from) ? ahead : NULL;
    if ((e = batch_load(s, b, from, to, f)) || !b->ahead)
        return e;
    if ((e = ahead_alone(ahead, s->engine, (const struct pair *)b->pairs.p, b->pairs.n, &alone, f)))
        return e;
    if (alone)
        return derived_join(d, ahead_rows(ahead)) ? OK : fault_set(f, ERR_MEMORY, "rows", SLICE(""), "");
    batch_free(b);
    batch_init(b);
    return batch_load(s, b, from, to, f);
}

enum batch_way {
    BATCH_JOINS, /* the caller's transaction */
    BATCH_OWN,   /* a transaction of its own */
    BATCH_FIRST, /* begins the caller's, in which the tables are anew */
};

/* Many rows into empty tables are whole tables. */
static enum err is_renewal(struct store *s, const struct derived *d, bool *out, struct fault *f)
{
    bool any = true;
    enum err e = d->record.n < RENEW_FROM ? OK : item_record_any(s->engine, &any, f);
    *out = !any;
    return e;
}

/* As store_begin: of a shared database only its present writer may go on. */
static enum err begin_anew(struct store *s, struct derived *d, struct fault *f)
{
    enum err e = derived_renew(s->engine, d, f);
    if (!e && s->lease.epoch && (e = lease_touch(s->engine, &s->lease, f)))
        store_rollback(s);
    return e;
}

static enum err write_batch(struct store *s, struct derived *d, uint64_t to, enum batch_way way, struct fault *f)
{
    bool anew = way == BATCH_FIRST;
    enum err e = way == BATCH_OWN ? is_renewal(s, d, &anew, f) : OK;
    if (e || (anew && (e = begin_anew(s, d, f))) || (!anew && way == BATCH_OWN && (e = store_begin(s, f))))
        return e;
    if (!anew)
        e = derived_write(s->engine, d, f);
    if (!e && !(e = covered_upsert(s->engine, to, f)) && way == BATCH_OWN)
        e = store_commit(s, f);
    if (e && way != BATCH_JOINS)
        store_rollback(s);
    return e;
}

/* A batch as rows in memory. */
static enum err fold_batch(struct store *s, uint64_t from, uint64_t to, const struct derive_watch *w, struct ahead *ahead, struct derived *d,
    struct fault *f)
{
    struct batch b;
    batch_init(&b);
    derived_init(d);
    d->from = from;
    d->to = to;
    enum err e = load_beside(s, &b, from, to, ahead, d, f);
    if (!e)
        e = fold(s, &b, w ? w->threads : 0, d, f);
    batch_free(&b);
    return e;
}

/* One batch: rows written and the mark moved. A transaction of its own may be tried again; what was derived ahead is used up by the
 * first try. */
static enum err derive_batch(struct store *s, uint64_t from, uint64_t to, enum batch_way way, const struct derive_watch *w, struct fault *f)
{
    bool own = way == BATCH_OWN;
    struct derived d;
    struct patience p = {0}, q = {0};
    enum err e = fold_batch(s, from, to, w, w ? w->ahead : NULL, &d, f);
    while (e && own && store_again(&p, e, f)) {
        derived_free(&d);
        e = fold_batch(s, from, to, w, NULL, &d, f);
    }
    if (!e)
        do
            e = write_batch(s, &d, to, way, f);
        while (e && own && store_again(&q, e, f));
    if (!e)
        e = tell(w, &d);
    derived_free(&d);
    return e;
}

static enum err derive_all(struct store *s, uint64_t from, enum batch_way way, const struct derive_watch *w, struct fault *f)
{
    uint64_t size;
    enum err e = store_size(s, &size, f);
    while (!e && (from < size || way == BATCH_FIRST)) {
        uint64_t to = size - from > BATCH_RECORDS ? from + BATCH_RECORDS : size;
        if (w && w->stop && w->stop(w->progress_arg))
            return fault_set(f, ERR_INTERRUPTED, "derive", SLICE(""), "");
        e = derive_batch(s, from, to, way, w, f);
        if (!e && way == BATCH_OWN)
            e = store_tend(s, f);
        if (!e && w && w->progress)
            w->progress(w->progress_arg, to, size);
        from = to;
        way = way == BATCH_FIRST ? BATCH_JOINS : way;
    }
    return e;
}

enum err store_derive(struct store *s, const struct derive_watch *w, struct fault *f)
{
    uint64_t from;
    enum err e = store_heal(s, f);
    if (!e)
        e = store_derived(s, &from, f);
    return e ? e : derive_all(s, from, BATCH_OWN, w, f);
}

static enum err rebuild_once(struct store *s, const struct derive_watch *w, struct fault *f)
{
    enum err e = derive_all(s, 0, BATCH_FIRST, w, f);
    if (!e)
        e = store_commit(s, f);
    if (e)
        store_rollback(s);
    return e;
}

enum err store_rebuild(struct store *s, const struct derive_watch *w, struct fault *f)
{
    struct patience p = {0};
    enum err e;
    do
        e = rebuild_once(s, w, f);
    while (e && store_again(&p, e, f));
    return e ? e : store_settle(s, f);
}

enum err store_rebuild_digest(struct store *s, const struct derive_watch *w, struct buf *out, struct fault *f)
{
    enum err e = derive_all(s, 0, BATCH_FIRST, w, f);
    if (!e && !(e = store_dump_digest(s, out, f)))
        e = store_dump_places(s, out, f);
    store_rollback(s);
    return e;
}

enum err store_marks(struct store *s, uint64_t from, uint64_t to, const struct derive_watch *w, struct fault *f)
{
    enum err e = OK;
    while (!e && from < to) {
        uint64_t upto = to - from > BATCH_RECORDS ? from + BATCH_RECORDS : to;
        struct batch b;
        struct derived d;
        batch_init(&b);
        derived_init(&d);
        d.only_seen = true;
        d.from = from;
        d.to = upto;
        if (!(e = batch_load(s, &b, from, upto, f)) && !(e = fold(s, &b, w ? w->threads : 0, &d, f)))
            e = tell(w, &d);
        derived_free(&d);
        batch_free(&b);
        if (!e && w && w->progress)
            w->progress(w->progress_arg, upto, to);
        from = upto;
    }
    return e;
}
