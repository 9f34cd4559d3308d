/* One record, by its id or its position in this node's log: header, fields and who decided it. */
#include "use/trace.h"
#include "use/words.h"
#include "trace/term_words.h"
#include <stdio.h>
#include "base/banned.h"

static void put_field(struct cj *j, const struct lang *l, const char *name, struct slice value)
{
    char key[40];
    if (!value.n)
        return;
    snprintf(key, sizeof key, "field.%s", name);
    cj_obj(j);
    cj_kstr(j, "name", slice_str(name));
    words_text(j, l, "label", key, NULL, 0);
    cj_kstr(j, "value", value);
    cj_obj_end(j);
}

static void shown(const struct lang *l, enum term_list list, const struct term_text *t, struct buf *out)
{
    buf_init(out, 1u << 16);
    if (t->answer == TERM_LISTED)
        term_words(l, list, t->number, out);
    else
        buf_slice(out, t->text);
}

static void put_fields(struct cj *j, const struct lang *l, const struct event *ev)
{
    char year[16] = "";
    struct buf term[TERM_LISTS], where;
    const struct term_text *const texts[TERM_LISTS] = {[TERM_MAKE] = &ev->item.make, [TERM_CALIBRE] = &ev->item.calibre, [TERM_TYPE] = &ev->item.type,
        [TERM_COUNTRY] = &ev->item.country};
    for (int i = 0; i < TERM_LISTS; i++)
        shown(l, (enum term_list)i, texts[i], &term[i]);
    buf_init(&where, 1024);
    if (ev->country.n)
        lang_country(l, &where, ev->country);
    if (ev->item.year)
        snprintf(year, sizeof year, "%d", ev->item.year);
    const struct {
        const char *name;
        struct slice value;
    } fields[] = {{"make", buf_view(&term[TERM_MAKE])}, {"model", ev->item.model}, {"calibre", buf_view(&term[TERM_CALIBRE])},
        {"type", buf_view(&term[TERM_TYPE])}, {"country", buf_view(&term[TERM_COUNTRY])}, {"year", slice_str(year)},
        {"mark", ev->mark_count ? ev->mark[0].text : SLICE("")}, {"place", ev->place}, {"where", buf_view(&where)},
        {"circumstances", ev->circumstances}, {"case", ev->case_no}, {"permit", ev->permit}, {"note", ev->note}};
    cj_key(j, "fields");
    cj_arr(j);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        put_field(j, l, fields[i].name, fields[i].value);
    cj_arr_end(j);
    for (int i = 0; i < TERM_LISTS; i++)
        buf_free(&term[i]);
    buf_free(&where);
}

static void put_time(struct cj *j, const char *name, int64_t ms)
{
    char text[25];
    time_text(ms, text);
    cj_kstr(j, name, slice_str(text));
}

/* "account 0f3a...": the account apart, so that a page says it in words. Others are programs, and named as they are. */
static void put_actor(struct cj *j, struct slice actor)
{
    static const char word[] = "account ";
    if (slice_starts(actor, word))
        cj_kstr(j, "actor_account", slice_of(actor.p + sizeof word - 1, actor.n - (sizeof word - 1)));
    else if (slice_is(actor, "console"))
        cj_kbool(j, "actor_console", true);
    else if (slice_is(actor, "import"))
        cj_kbool(j, "actor_import", true);
}

/* Its code, and its words where the reader's language has them: a purpose of another country's profile may have none. */
static void put_purpose(struct cj *j, const struct lang *l, struct slice purpose)
{
    char key[64];
    snprintf(key, sizeof key, "purpose." SLICE_FMT, SLICE_ARG(purpose));
    cj_kstr_opt(j, "purpose", purpose);
    if (purpose.n && lang_has(l, key))
        words_text(j, l, "purpose_label", key, NULL, 0);
}

static void put_header(struct cj *j, const struct lang *l, const struct record *r, const struct event *ev, uint64_t size)
{
    cj_khex(j, "record", ev->record.b, sizeof ev->record.b);
    cj_kstr(j, "kind", ev->kind);
    char key[64];
    snprintf(key, sizeof key, SLICE_FMT, SLICE_ARG(ev->label));
    words_text(j, l, "kind_label", key, NULL, 0);
    cj_kint(j, "position", (int64_t)ev->position);
    cj_kint(j, "log_size", (int64_t)size);
    cj_kstr_opt(j, "happened", slice_str(ev->happened.text));
    cj_kstr_opt(j, "discovered", slice_str(ev->discovered.text));
    put_time(j, "recorded", ev->recorded);
    put_time(j, "received", ev->received);
    cj_kstr_opt(j, "origin", ev->origin);
    cj_kstr_opt(j, "office", ev->office);
    cj_kstr_opt(j, "actor", ev->actor);
    put_actor(j, ev->actor);
    put_purpose(j, l, r->h.purpose);
    cj_khex(j, "profile", r->h.profile.b, sizeof r->h.profile.b);
    if (ev->supersedes_count)
        cj_khex(j, "supersedes", ev->supersedes[0].b, sizeof ev->supersedes[0].b);
    cj_kstr_opt(j, "source", ev->source);
    cj_kint(j, "bytes", (int64_t)r->bytes.n);
}

static void put_subjects(struct cj *j, const struct record *r, const struct event *ev)
{
    cj_key(j, "subjects");
    cj_arr(j);
    for (size_t i = 0; i < r->h.subject_count; i++) {
        if (r->h.subject[i].type != SUBJECT_ITEM)
            continue;
        cj_obj(j);
        cj_khex(j, "subject", r->h.subject[i].id.b, sizeof r->h.subject[i].id.b);
        if (ev->id_count)
            cj_kstr_opt(j, "external_id", ev->id[0].id);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

static enum err open_at(struct desk *d, uint64_t position, struct record *r, struct event *ev, struct fault *f)
{
    struct slice bytes;
    int64_t received;
    enum err e = store_read(d->store, &d->arena, position, &bytes, &received, f);
    if (!e)
        e = record_parse(bytes, r);
    return e ? e : store_event(d->store, &d->arena, bytes, position, received, SHOW_BODY, ev, NULL, f);
}

/* By id (64 hexadecimal digits) or by position (decimal). */
static enum err find(struct desk *d, struct slice text, uint64_t *at, struct fault *f)
{
    struct hash id;
    bool found = false;
    enum err e = OK;
    if (hex_to(text, id.b, sizeof id.b))
        e = store_find(d->store, &id, at, &found, f);
    else
        found = slice_u64(text, UINT32_MAX, at);
    return e || found ? e : fault_set(f, ERR_NOT_FOUND, "record", text, "want.record_id");
}

enum err use_record(struct app *app, const struct lang *l, struct slice position, struct cj *out, struct fault *f)
{
    struct desk *d;
    uint64_t at, size;
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    struct record *r = arena_alloc(&d->arena, sizeof *r);
    struct event *ev = arena_alloc(&d->arena, sizeof *ev);
    e = r && ev ? store_begin(d->store, f) : ERR_MEMORY;
    if (!e)
        e = store_size(d->store, &size, f);
    if (!e)
        e = find(d, position, &at, f);
    if (!e && at >= size)
        e = fault_set(f, ERR_NOT_FOUND, "record", position, "want.record_id");
    if (!e && !(e = open_at(d, at, r, ev, f))) {
        cj_obj(out);
        put_header(out, l, r, ev, size);
        put_subjects(out, r, ev);
        put_fields(out, l, ev);
        cj_obj_end(out);
        e = out->out->err;
    }
    store_rollback(d->store);
    desk_give(app, d);
    return e;
}
