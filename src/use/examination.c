#include "use/examination.h"
#include "use/own.h"
#include "use/people.h"
#include <stdio.h>
#include "base/banned.h"

/* The same for a pair in either order, and of the contents: a renamed file keeps its conclusions. */
static enum err pair_id(const struct store *s, const struct hash *a, const struct hash *b, struct subject_id *out, struct fault *f)
{
    int order = memcmp(a->b, b->b, sizeof a->b);
    const struct hash *least = order < 0 ? a : b, *most = order < 0 ? b : a;
    if (!order)
        return fault_set(f, ERR_CONFLICT, "b", SLICE(""), "say.same_specimen");
    keys_token(store_keys(s)->blind, "specimens", slice_of((const char *)least->b, 32), slice_of((const char *)most->b, 32), 0, out->b);
    return OK;
}

/* ---- reading ---- */

static enum err open_body(struct store *s, struct arena *a, const struct record *r, struct cj_value **out)
{
    size_t n = r->section_count == 1 ? r->section[0].sealed.n - SEAL_TAG : 0;
    uint8_t *plain = r->section_count == 1 && r->section[0].kind == SECTION_BODY ? arena_alloc(a, n + 1) : NULL;
    enum err e = plain ? record_open(r, 0, store_keys(s)->reg, plain) : ERR_DAMAGED;
    return e ? e : cj_parse(a, slice_of((const char *)plain, n), out, NULL);
}

static enum err read_one(struct store *s, struct arena *a, uint64_t position, struct conclusion *out, struct fault *f)
{
    struct slice bytes;
    struct cj_value *v;
    struct record *r = arena_alloc(a, sizeof *r);
    enum err e = r ? store_read(s, a, position, &bytes, NULL, f) : ERR_MEMORY;
    if (!e && !(e = record_parse(bytes, r)))
        e = slice_is(r->h.kind, CONCLUSION_KIND) ? open_body(s, a, r, &v) : ERR_DAMAGED;
    if (!e && !(e = conclusion_read(v, out))) {
        out->record = record_id(bytes);
        out->recorded = r->h.recorded;
    }
    return e ? fault_set(f, e, "conclusion", SLICE(""), "") : OK;
}

enum err examination_list(struct store *s, struct arena *a, const struct hash *one, const struct hash *other, struct conclusion **out, size_t *n,
    struct fault *f)
{
    struct subject_id id;
    uint64_t *at;
    size_t count = 0;
    enum err e = pair_id(s, one, other, &id, f);
    if (!e)
        e = store_subject_positions(s, a, &id, &at, &count, f);
    struct conclusion *c = e ? NULL : arena_array(a, count + 1, sizeof *c);
    if (!e && !c)
        e = fault_set(f, ERR_MEMORY, "conclusion", SLICE(""), "");
    for (size_t i = 0; !e && i < count; i++)
        e = read_one(s, a, at[i], &c[i], f);
    if (!e) {
        *out = c;
        *n = count;
    }
    return e;
}

const struct conclusion *examination_own(const struct conclusion *c, size_t n, const struct subject_id *by)
{
    while (n > 0)
        if (subject_eq(&c[--n].by, by))
            return &c[n];
    return NULL;
}

/* ---- adding ---- */

struct adding {
    struct app *app;
    struct conclusion *c;
    struct arena arena;
};

static enum err append(struct adding *x, struct log *log, const struct subject_id *pair, struct fault *f)
{
    struct buf body;
    char by[33] = "", actor[48] = "no account";
    struct record_subject subject[2] = {{SUBJECT_SPECIMENS, *pair}, {SUBJECT_ACCOUNT, x->c->by}};
    struct own_record r = {.kind = CONCLUSION_KIND, .subject = subject, .n = subject_none(&x->c->by) ? 1 : 2, .office = x->c->office,
        .purpose = SLICE("examination")};
    buf_init(&body, RECORD_MAX);
    hex_of(x->c->by.b, sizeof x->c->by.b, by);
    if (r.n == 2)
        snprintf(actor, sizeof actor, "account %s", by);
    r.actor = slice_str(actor);
    enum err e = conclusion_write(x->c, &body);
    r.body = buf_view(&body);
    e = e ? fault_set(f, e, "note", SLICE(""), "want.short_text") : own_append(x->app, log, &r, &x->c->record, f);
    buf_free(&body);
    return e;
}

/* Judged inside the writer's transaction: what others have committed meanwhile counts. */
static enum err add(void *arg, struct log *log, struct fault *f)
{
    struct adding *x = arg;
    struct conclusion *all;
    struct subject_id pair;
    size_t n;
    enum err e = pair_id(log->store, &x->c->sha[0], &x->c->sha[1], &pair, f);
    if (!e)
        e = examination_list(log->store, &x->arena, &x->c->sha[0], &x->c->sha[1], &all, &n, f);
    if (e)
        return e;
    const struct conclusion *last = examination_own(all, n, &x->c->by);
    if (last && last->code == x->c->code && slice_eq(last->note, x->c->note)) {
        x->c->record = last->record;
        return OK;
    }
    if (last) {
        x->c->previous = last->record;
        x->c->shown = SHOWN_COUNT;
    }
    return append(x, log, &pair, f);
}

enum err examination_add(struct app *app, struct conclusion *c, struct fault *f)
{
    struct writer *w;
    struct adding x = {.app = app, .c = c};
    enum err e = app_writer(app, &w, f);
    if (e)
        return e;
    arena_init(&x.arena, (size_t)64 << 20);
    e = writer_do(w, add, &x, f);
    arena_free(&x.arena);
    return e;
}
