/* One record, by its id or its position in this node's log: header, fields and who decided it. */
#include "use/mark_of.h"
#include "use/people_in.h"
#include "use/trace.h"
#include "trace/term_words.h"
#include <stdio.h>
#include "base/banned.h"


struct reading {
    struct desk *desk;
    struct people *people; /* NULL: cannot be asked; then nobody is named */
    const struct lang *lang;
    const struct visitor *who;
};

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

/* Who wrote it is a colleague's business, and that of those who keep the accounts or look at what is done with them; others read its office. What a
 * machine is called says of no person anything. */
static bool may_name(const struct visitor *who, const struct account *x, bool machine, struct slice office)
{
    struct slice own = slice_str(who->office);
    bool colleague = !who->machine && own.n && (slice_eq(own, x->office) || slice_eq(own, office));
    return machine || colleague || visitor_may(who, RIGHT_ACCOUNTS) || visitor_may(who, RIGHT_ACCESS_READ) || visitor_may(who, RIGHT_ACCESS_REVIEW);
}

/* As he was when he wrote it: name, sign-in name and office of an account never change, and a closed one keeps them; whether it was a machine's may have changed since. */
static void put_account(struct cj *j, const struct reading *x, const struct event *ev, struct slice id)
{
    struct slice office = ev->office;
    struct subject_id account;
    struct account a;
    bool found = false;
    cj_kstr(j, "actor_account", id);
    if (!x->people || !hex_to(id, account.b, sizeof account.b) || copy_account(x->people, &x->desk->arena, &account, &a, &found) || !found)
        return;
    bool machine = account_was_machine(&a, ev->recorded);
    if (machine)
        cj_kbool(j, "actor_machine", true);
    if (!may_name(x->who, &a, machine, office))
        return;
    cj_kstr(j, "actor_login", a.login);
    cj_kstr_opt(j, "actor_name", a.name);
    if (a.office.n && !slice_eq(a.office, office))
        cj_kstr(j, "actor_office", a.office);
    if (a.closed)
        put_time(j, "actor_closed", a.ended);
}

/* "account 0f3a...": the account apart, so that a page says it in words. Others are programs, and named as they are. */
static void put_actor(struct cj *j, const struct reading *x, const struct event *ev)
{
    static const char word[] = "account ";
    cj_kstr_opt(j, "actor", ev->actor);
    if (slice_starts(ev->actor, word))
        put_account(j, x, ev, slice_of(ev->actor.p + sizeof word - 1, ev->actor.n - (sizeof word - 1)));
    else if (slice_is(ev->actor, "console"))
        cj_kbool(j, "actor_console", true);
    else if (slice_is(ev->actor, "import"))
        cj_kbool(j, "actor_import", true);
}

static void put_header(struct cj *j, const struct reading *x, const struct record *r, const struct event *ev, uint64_t size)
{
    const struct lang *l = x->lang;
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
    put_actor(j, x, ev);
    cj_kstr_opt(j, "purpose", r->h.purpose);
    words_label(j, l, "purpose_label", "purpose.", r->h.purpose);
    cj_khex(j, "profile", r->h.profile.b, sizeof r->h.profile.b);
    if (ev->supersedes_count)
        cj_khex(j, "supersedes", ev->supersedes[0].b, sizeof ev->supersedes[0].b);
    cj_kstr_opt(j, "source", ev->source);
    cj_kint(j, "bytes", (int64_t)r->bytes.n);
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

enum err use_record(struct app *app, const struct use_record_in *in, struct cj *out, struct fault *f)
{
    struct reading x = {.lang = in->lang, .who = in->who};
    struct fault unknown = {0};
    uint64_t at, size;
    if (app_people(app, &x.people, &unknown))
        x.people = NULL;
    enum err e = desk_take(app, &x.desk, f);
    if (e)
        return e;
    struct desk *d = x.desk;
    struct record *r = arena_alloc(&d->arena, sizeof *r);
    struct event *ev = arena_alloc(&d->arena, sizeof *ev);
    e = r && ev ? store_begin(d->store, f) : ERR_MEMORY;
    if (!e)
        e = store_size(d->store, &size, f);
    if (!e)
        e = find(d, in->id, &at, f);
    if (!e && at >= size)
        e = fault_set(f, ERR_NOT_FOUND, "record", in->id, "want.record_id");
    if (!e && !(e = open_at(d, at, r, ev, f))) {
        cj_obj(out);
        put_header(out, &x, r, ev, size);
        e = put_subjects(x.desk, r, ev->id_count ? ev->id[0].id : SLICE(""), visitor_may(x.who, RIGHT_FIREARM_READ), out, f);
        put_fields(out, in->lang, ev);
        cj_obj_end(out);
        e = e ? e : out->out->err;
    }
    store_rollback(d->store);
    desk_give(app, d);
    return e;
}
