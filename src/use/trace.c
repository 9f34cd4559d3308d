/* Trace: the subject found, its records (and those of guns recorded as the same) opened, the line built. */
#include "use/trace.h"
#include "use/opening.h"
#include "use/words.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define SAME_MAX 16

struct life {
    struct desk *desk;
    struct event *event;
    size_t n, cap;
    struct subject_id same[SAME_MAX]; /* the item first, then those recorded as the same gun */
    size_t same_count;
    struct same_gun proposed[SAME_MAX];
    size_t proposed_count;
};

/* ---- its records ---- */

static void note_same(struct life *l, const struct event *ev)
{
    for (size_t i = 0; i < ev->effect_count; i++) {
        const struct effect *e = &ev->effect[i];
        bool known = subject_none(&e->other);
        for (size_t k = 0; k < l->same_count; k++)
            known = known || subject_eq(&l->same[k], &e->other);
        if (e->what == EFFECT_SAME_AS && e->set && !known && l->same_count < SAME_MAX)
            l->same[l->same_count++] = e->other;
    }
}

static bool has_record(const struct life *l, const struct hash *id)
{
    for (size_t i = 0; i < l->n; i++)
        if (hash_eq(&l->event[i].record, id))
            return true;
    return false;
}

static enum err open_one(struct life *l, uint64_t position, struct fault *f)
{
    struct slice bytes;
    int64_t received;
    struct event ev;
    enum err e = store_read(l->desk->store, &l->desk->arena, position, &bytes, &received, f);
    if (!e)
        e = store_event(l->desk->store, &l->desk->arena, bytes, position, received, SHOW_BODY, &ev, NULL, f);
    if (e || has_record(l, &ev.record))
        return e;
    if (!mem_grow(&l->event, &l->cap, l->n + 1, 100000, sizeof *l->event))
        return fault_set(f, ERR_MEMORY, "records", SLICE(""), "");
    l->event[l->n++] = ev;
    note_same(l, &l->event[l->n - 1]);
    return OK;
}

static enum err open_life(struct life *l, const struct subject_id *item, struct fault *f)
{
    enum err e = OK;
    l->same[l->same_count++] = *item;
    for (size_t i = 0; !e && i < l->same_count; i++) {
        uint64_t *at;
        size_t n;
        e = store_subject_positions(l->desk->store, &l->desk->arena, &l->same[i], &at, &n, f);
        for (size_t k = 0; !e && k < n; k++)
            e = open_one(l, at[k], f);
    }
    return e;
}

/* ---- names ---- */

/* Opened again with the names, once the entry that says who reads them is durable. */
static enum err open_names(struct life *l, unsigned show, struct fault *f)
{
    enum err e = OK;
    for (size_t i = 0; i < l->n && !e; i++) {
        struct slice bytes;
        uint64_t position = l->event[i].position;
        int64_t received = l->event[i].received;
        e = store_read(l->desk->store, &l->desk->arena, position, &bytes, NULL, f);
        if (!e)
            e = store_event(l->desk->store, &l->desk->arena, bytes, position, received, show, &l->event[i], NULL, f);
    }
    return e;
}

static enum err names(struct app *app, struct life *l, const struct visitor *who, const struct subject_id *item, const char **key, struct fault *f)
{
    enum err e = store_begin(l->desk->store, f);
    *key = e ? "names.not_logged" : opening_judge(l->desk, who, item, l->event, l->n);
    store_rollback(l->desk->store);
    if (strcmp(*key, "names.open") != 0)
        return e;
    if (opening_log(app, who, item, NULL)) { /* a full disk: what is no personal data is shown all the same */
        *key = "names.not_logged";
        return OK;
    }
    return open_names(l, opening_shows(who), f);
}

/* ---- the same gun, proposed ---- */

static bool counted(const struct life *l, const struct subject_id *id)
{
    for (size_t i = 0; i < l->same_count; i++)
        if (subject_eq(&l->same[i], id))
            return true;
    for (size_t i = 0; i < l->proposed_count; i++)
        if (subject_eq(&l->proposed[i].id, id))
            return true;
    return false;
}

static enum err propose(struct life *l, uint32_t row, struct fault *f)
{
    struct slice bytes;
    struct record r;
    struct subject_id id;
    struct event *ev = arena_alloc(&l->desk->arena, sizeof *ev);
    enum err e = ev ? store_read(l->desk->store, &l->desk->arena, row, &bytes, NULL, f) : ERR_MEMORY;
    if (e || record_parse(bytes, &r) || !record_item(&r, &id) || counted(l, &id))
        return e;
    if ((e = store_event(l->desk->store, &l->desk->arena, bytes, row, 0, SHOW_BODY, ev, NULL, f)))
        return e;
    struct same_gun *s = &l->proposed[l->proposed_count++];
    *s = (struct same_gun){.id = id, .why = SLICE("same.mark_and_make")};
    if (ev->id_count)
        s->external_id = ev->id[0].id;
    return OK;
}

/* Other items whose mark folds to the same key; a make or calibre that differs where both are known parts them. */
static bool agrees(uint64_t a, uint64_t b)
{
    struct mark_attr x = mark_attr_unpack(a), y = mark_attr_unpack(b);
    return (!x.make || !y.make || x.make == y.make) && (!x.calibre || !y.calibre || x.calibre == y.calibre) &&
        (!x.type || !y.type || x.type == y.type);
}

/* As they were recorded: the index has equal marks in an order of its own, which is another after it was read from disk. */
static int by_row(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    return x->row < y->row ? -1 : x->row > y->row;
}

static enum err look_up(struct life *l, const struct index_view *v, const struct event *ev, struct slice serial, struct fault *f)
{
    struct pattern *p = arena_alloc(&l->desk->arena, sizeof *p);
    struct hits h;
    struct mark_attr mine = {.make = ev->item.make.number, .calibre = ev->item.calibre.number, .type = (uint8_t)ev->item.type.number};
    if (!p || serial.n < 4 || pattern_parse(serial, p, NULL))
        return OK;
    hits_init(&h, 1000);
    enum err e = index_tier(v, p, 0, &h);
    if (!e && h.count)
        qsort(h.hit, h.count, sizeof *h.hit, by_row);
    for (size_t i = 0; !e && i < h.count && l->proposed_count < SAME_MAX; i++)
        if (agrees(mark_attr_pack(mine), index_entry_at(v, h.hit[i].at).attr))
            e = propose(l, h.hit[i].row, f);
    hits_free(&h);
    return e;
}

static enum err propose_same(struct app *app, struct life *l, struct fault *f)
{
    struct index_view *v;
    const struct ranker *r;
    uint64_t size;
    enum err e = app_index(app, l->desk, &v, &r, &size, f);
    if (e)
        return e;
    size_t n = l->n; /* propose opens records but adds none */
    for (size_t i = 0; !e && i < n; i++)
        for (size_t k = 0; !e && k < l->event[i].mark_count; k++) {
            const struct event_mark *m = &l->event[i].mark[k];
            for (size_t s = 0; !e && s < m->serial_count; s++)
                if (m->status == MARK_CLEAR || m->status == MARK_RESTORED)
                    e = look_up(l, v, &l->event[i], m->serial[s], f);
        }
    index_release(v);
    return e;
}

/* ---- the line ---- */

static enum err last_moment(struct slice s, const char *field, int64_t *out, struct fault *f)
{
    struct when w;
    s = slice_trim(s);
    *out = INT64_MAX;
    if (!s.n)
        return OK;
    enum err e = when_typed(s, field, &w, f);
    if (!e)
        *out = w.end - 1;
    return e;
}

typedef enum err (*use_line)(const struct line *l, const struct lang *lang, struct app *app, void *out, struct fault *f);

static enum err with_line(struct app *app, const struct use_trace_in *in, use_line fn, void *out, struct fault *f)
{
    struct life l = {0};
    struct line_input li = {.now = app->clock(app->arg)};
    const struct line *line;
    enum err e = last_moment(in->as_of, "as_of", &li.as_of, f);
    if (!e)
        e = last_moment(in->known, "known", &li.known, f);
    if (e || (e = desk_take(app, &l.desk, f)))
        return e;
    if (!(e = store_begin(l.desk->store, f)) && !(e = store_firearm(l.desk->store, in->id, &li.item, f)))
        e = open_life(&l, &li.item, f);
    store_rollback(l.desk->store);
    if (!e && !(e = names(app, &l, in->who, &li.item, &li.names, f)) && !(e = propose_same(app, &l, f))) {
        li.event = l.event;
        li.count = l.n;
        li.profile = store_profile(l.desk->store);
        li.same = l.proposed;
        li.same_count = l.proposed_count;
        if (!(e = line_build(&l.desk->arena, &li, &line, f)))
            e = fn(line, in->lang, app, out, f);
    }
    mem_free(l.event);
    desk_give(app, l.desk);
    return e;
}

static enum err as_json(const struct line *l, const struct lang *lang, struct app *app, void *out, struct fault *f)
{
    line_json(l, lang, out);
    return ((struct cj *)out)->out->err;
}
static enum err as_text(const struct line *l, const struct lang *lang, struct app *app, void *out, struct fault *f)
{
    const struct trace_paper *p = out;
    line_text(l, lang, p->width, p->colour, p->out);
    return p->out->err;
}
static enum err as_pdf(const struct line *l, const struct lang *lang, struct app *app, void *out, struct fault *f)
{
    return line_pdf(l, lang, out, f);
}

enum err use_trace(struct app *app, const struct use_trace_in *in, struct cj *out, struct fault *f)
{
    return with_line(app, in, as_json, out, f);
}
enum err use_trace_text(struct app *app, const struct use_trace_in *in, const struct trace_paper *out, struct fault *f)
{
    return with_line(app, in, as_text, (void *)out, f);
}
enum err use_trace_pdf(struct app *app, const struct use_trace_in *in, struct buf *out, struct fault *f)
{
    return with_line(app, in, as_pdf, out, f);
}
