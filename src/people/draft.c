#include "people/draft.h"
#include "base/cjson.h"
#include <stdlib.h>
#include "base/banned.h"

#define V_ID(id) V_BLOB((id)->b, sizeof (id)->b)

static const struct statement get = {"SELECT account, kind, changed, sealed FROM draft WHERE id = $1"};
static const struct statement put = {
    "INSERT INTO draft (id, account, kind, changed, sealed) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (id) DO UPDATE SET changed = excluded.changed, sealed = excluded.sealed WHERE draft.account = excluded.account"};
static const struct statement drop = {"DELETE FROM draft WHERE id = $1 AND account = $2"};
static const struct statement drop_old = {"DELETE FROM draft WHERE changed < $1"};
static const struct statement mine = {"SELECT id, kind, changed FROM draft WHERE account = $1 ORDER BY changed DESC LIMIT $2"};

struct slice draft_get(const struct draft *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (slice_is(d->field[i].name, name))
            return d->field[i].value;
    return slice_of(NULL, 0);
}

bool draft_set(struct draft *d, struct slice name, struct slice value)
{
    size_t i = 0;
    while (i < d->count && !slice_eq(d->field[i].name, name))
        i++;
    if (!value.n && i < d->count)
        d->field[i] = d->field[--d->count];
    if (!value.n)
        return true;
    if (i == DRAFT_FIELDS)
        return false;
    d->field[i] = (struct draft_field){name, value};
    d->count += i == d->count;
    return true;
}

/* ---- reading ---- */

struct loading {
    struct box *box;
    struct arena *arena;
    struct draft *d;
    bool found;
};

static enum err read_fields(struct draft *d, struct cj_value *v)
{
    d->count = 0;
    for (struct cj_value *c = v->first; c; c = c->next) {
        if (c->type != CJ_STR || d->count == DRAFT_FIELDS)
            return ERR_DAMAGED;
        d->field[d->count++] = (struct draft_field){c->key, c->s};
    }
    return OK;
}

static enum err unseal(struct loading *l, struct slice sealed)
{
    struct cj_value *v;
    struct buf plain;
    buf_init(&plain, DRAFT_MAX + 1024);
    enum err e = box_unseal(l->box, &l->d->account, sealed, &plain);
    struct slice copy = e ? SLICE("") : arena_copy(l->arena, buf_view(&plain));
    if (!e && !copy.p)
        e = ERR_MEMORY;
    if (!e && !(e = cj_parse(l->arena, copy, &v, NULL)))
        e = read_fields(l->d, v);
    if (plain.p)
        seal_wipe(plain.p, plain.cap);
    buf_free(&plain);
    return e;
}

static enum err run_load(void *arg, struct engine *e, struct fault *f)
{
    struct loading *l = arg;
    struct value in[] = {V_ID(&l->d->id)}, row[4];
    struct rows *r;
    bool there;
    enum err err = engine_one(e, &get, in, 1, row, 4, &there, &r, f);
    if (err || !there)
        return err;
    if (row[0].b.n == 16 && memcmp(row[0].b.p, l->d->account.b, 16) == 0) {
        l->found = true;
        l->d->kind = arena_copy(l->arena, row[1].b);
        l->d->changed = row[2].i;
        err = unseal(l, row[3].b);
    }
    e->verbs->stop(r);
    return err ? fault_set(f, err, "draft", SLICE(""), "") : OK;
}

enum err draft_load(struct box *b, struct arena *a, const struct subject_id *id, const struct subject_id *account, struct draft *out, bool *found,
    struct fault *f)
{
    struct loading l = {b, a, out, false};
    *out = (struct draft){.id = *id, .account = *account};
    enum err e = box_read(b, run_load, &l, f);
    *found = l.found;
    return e;
}

/* ---- writing ---- */

struct saving {
    const struct draft *d;
    struct slice sealed;
};

static int by_name(const void *a, const void *b)
{
    return slice_cmp(((const struct draft_field *)a)->name, ((const struct draft_field *)b)->name);
}

static enum err write_fields(const struct draft *d, struct buf *out)
{
    struct cj j;
    struct draft_field *sorted = mem_alloc(d->count + 1, sizeof *sorted);
    if (!sorted)
        return ERR_MEMORY;
    memcpy(sorted, d->field, d->count * sizeof *sorted);
    qsort(sorted, d->count, sizeof *sorted, by_name);
    cj_open(&j, out);
    cj_obj(&j);
    for (size_t i = 0; i < d->count; i++) {
        char name[64];
        size_t n = sorted[i].name.n < sizeof name - 1 ? sorted[i].name.n : sizeof name - 1;
        memcpy(name, sorted[i].name.p, n);
        name[n] = 0;
        cj_kstr(&j, name, sorted[i].value);
    }
    cj_obj_end(&j);
    mem_free(sorted);
    return out->err;
}

static enum err run_save(void *arg, struct engine *e, struct fault *f)
{
    const struct saving *s = arg;
    struct value in[] = {V_ID(&s->d->id), V_ID(&s->d->account), V_SLICE(s->d->kind), V_INT(s->d->changed), V_SLICE(s->sealed)};
    struct value old[] = {V_INT(s->d->changed - (int64_t)DRAFT_DAYS * 86400000)};
    enum err err = engine_run(e, &put, in, 5, f);
    return err ? err : engine_run(e, &drop_old, old, 1, f);
}

enum err draft_save(struct box *b, const struct draft *d, const uint8_t nonce[SEAL_NONCE], struct fault *f)
{
    struct buf plain, sealed;
    buf_init(&plain, DRAFT_MAX);
    buf_init(&sealed, DRAFT_MAX + 1024);
    enum err e = write_fields(d, &plain);
    if (!e) {
        box_seal(b, nonce, &d->account, buf_view(&plain), &sealed);
        e = sealed.err;
    }
    struct saving s = {d, buf_view(&sealed)};
    e = e ? fault_set(f, e, "draft", SLICE(""), "want.shorter") : box_write(b, run_save, &s, f);
    if (plain.p)
        seal_wipe(plain.p, plain.cap);
    buf_free(&plain);
    buf_free(&sealed);
    return e;
}

struct dropping {
    const struct subject_id *id, *account;
};

static enum err run_drop(void *arg, struct engine *e, struct fault *f)
{
    const struct dropping *d = arg;
    struct value in[] = {V_ID(d->id), V_ID(d->account)};
    return engine_run(e, &drop, in, 2, f);
}

enum err draft_drop(struct box *b, const struct subject_id *id, const struct subject_id *account, struct fault *f)
{
    struct dropping d = {id, account};
    return box_write(b, run_drop, &d, f);
}

/* ---- listing ---- */

struct listing {
    struct arena *arena;
    const struct subject_id *account;
    struct draft *out;
    size_t max, n;
};

static enum err run_list(void *arg, struct engine *e, struct fault *f)
{
    struct listing *l = arg;
    struct value in[] = {V_ID(l->account), V_INT(l->max)}, row[3];
    struct rows *r;
    bool more = true;
    enum err err = e->verbs->start(e, &mine, in, 2, &r, f);
    if (err)
        return err;
    while (l->n < l->max && !(err = e->verbs->next(r, row, 3, &more, f)) && more) {
        struct draft *d = &l->out[l->n];
        *d = (struct draft){.account = *l->account, .changed = row[2].i, .kind = arena_copy(l->arena, row[1].b)};
        if (row[0].b.n == 16)
            memcpy(l->out[l->n++].id.b, row[0].b.p, 16);
    }
    e->verbs->stop(r);
    return err;
}

enum err draft_list(struct box *b, struct arena *a, const struct subject_id *account, struct draft *out, size_t max, size_t *n, struct fault *f)
{
    struct listing l = {a, account, out, max, 0};
    enum err e = box_read(b, run_list, &l, f);
    *n = l.n;
    return e;
}
