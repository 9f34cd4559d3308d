/* The pages: the same results as the API, through a template, with what a form needs beside them. */
#include "web/web_in.h"
#include "base/banned.h"

#define RUN_JSON_MAX (16u << 20)
#define PAGE_LIMIT "10"
#define MORE_LIMIT "200"

/* ---- shared ---- */

static bool secret_field(struct slice name)
{
    static const char *const secrets[] = {"password", "old", "pin", "secret", "code", "seed", "form_token"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (slice_is(name, secrets[i]))
            return true;
    return false;
}

struct node *echo_form(struct req *r, const struct form *from)
{
    struct arena *a = r->in->arena;
    struct node *form = node_object(a);
    for (size_t i = 0; i < from->count; i++) {
        const struct form_field *field = &from->field[i];
        struct slice name = arena_copy(a, field->name);
        if (name.p && !secret_field(field->name))
            node_add_str(a, form, name.p, field->value);
    }
    return form;
}

static struct node *echo(struct req *r)
{
    return echo_form(r, &r->in->query);
}

struct slice same_query(struct req *r, const char *path, const char *skip, const char *more)
{
    struct buf b;
    buf_init(&b, 8192);
    buf_str(&b, path);
    char join = '?';
    for (size_t i = 0; i < r->in->query.count; i++) {
        const struct form_field *field = &r->in->query.field[i];
        if (!slice_trim(field->value).n || slice_is(field->name, skip))
            continue;
        buf_byte(&b, (uint8_t)join);
        form_quote(&b, field->name);
        buf_byte(&b, '=');
        form_quote(&b, slice_trim(field->value));
        join = '&';
    }
    if (more) {
        buf_byte(&b, (uint8_t)join);
        buf_str(&b, more);
    }
    struct slice out = b.err ? slice_str(path) : arena_copy(r->in->arena, buf_view(&b));
    buf_free(&b);
    return out;
}

/* Several firearms carry the number: the ids that the fault lists, as links. */
static void add_ids(struct arena *a, struct node *error, const char *value)
{
    struct node *list = node_add(a, error, "several", NODE_LIST, slice_of(NULL, 0));
    struct slice rest = arena_copy(a, slice_str(value));
    while (rest.n >= 32) {
        struct slice id = slice_of(rest.p, 32);
        uint8_t bytes[16];
        if (hex_to(id, bytes, 16))
            node_add_str(a, list, "", id);
        rest = slice_trim(slice_of(rest.p + 32, rest.n - 32));
    }
}

void add_error(struct req *r, struct node *extra, const struct fault *f)
{
    struct arena *a = r->in->arena;
    struct buf b;
    buf_init(&b, 4096);
    lang_fault(r->words->lang, f, &b);
    struct node *error = node_object(a);
    node_add_str(a, error, "sentence", arena_copy(a, buf_view(&b)));
    node_add_str(a, error, "field", arena_copy(a, slice_str(f->field)));
    struct slice name = arena_copy(a, slice_str(f->field));
    if (name.n)
        node_add_true(a, error, name.p);
    if (f->code == ERR_CONFLICT)
        add_ids(a, error, f->value);
    node_link(extra, "error", error);
    buf_free(&b);
    r->out->status = reply_status(f->code);
}

void run_begin(struct req *r, struct run *run)
{
    memset(&run->f, 0, sizeof run->f);
    buf_init(&run->json, RUN_JSON_MAX);
    if (r->route && r->route->api)
        cj_open_loose(&run->j, &run->json);
    else
        cj_open_tree(&run->j, r->in->arena, &run->json);
}

static void run_again(struct req *r, struct run *run)
{
    buf_free(&run->json);
    run_begin(r, run);
}

struct node *run_result(struct run *run, enum err e)
{
    if (!e && (run->json.err || !run->j.root))
        e = fault_set(&run->f, run->json.err ? run->json.err : ERR_BUG, "json", SLICE(""), "");
    run->f.code = e;
    return e ? NULL : run->j.root;
}

/* ---- search ---- */

static bool asked(const struct search_ask *ask)
{
    return ask->pattern.n || ask->make.n || ask->model.n || ask->calibre.n || ask->type.n || ask->country.n || ask->year.n;
}

/* `limit` as it was asked: more is offered when it cut the list (0 = no limit). */
static void search_links(struct req *r, const struct node *result, struct slice limit, struct node *extra)
{
    uint64_t most = 0;
    struct arena *a = r->in->arena;
    node_add_true(a, extra, "answered");
    node_add_str(a, extra, "api_url", same_query(r, "/api/v1/search", "lang", NULL));
    if (!slice_u64(limit, UINT32_MAX, &most) || !most || node_int(result, "count", 0) <= (int64_t)most)
        return;
    node_add_true(a, extra, "has_more");
    node_add_str(a, extra, "more_url", same_query(r, "/search", "limit", "limit=" MORE_LIMIT));
}

static void answer_search(struct req *r, struct search_ask *ask, struct node *extra)
{
    struct run run;
    run_begin(r, &run);
    if (!ask->limit.n)
        ask->limit = SLICE(PAGE_LIMIT);
    struct node *result = run_result(&run, r->web->service->search(r->web->service->app, ask, &run.j, &run.f));
    if (!result && err_who(run.f.code) != ERR_CALLER) {
        reply_fault(r, &run.f);
    } else {
        if (result)
            search_links(r, result, ask->limit, extra);
        else
            add_error(r, extra, &run.f);
        reply_page(r, PAGE_SEARCH, result, extra);
    }
    buf_free(&run.json);
}

void page_search(struct req *r)
{
    struct search_ask ask = search_ask_of(r);
    struct node *extra = node_object(r->in->arena);
    bool form = slice_is(r->in->path, "/search");
    if (!ask.pattern.n || ask.make.n || ask.model.n || ask.calibre.n || ask.type.n || ask.country.n || ask.year.n)
        node_add_true(r->in->arena, extra, "open_known");
    if (r->in->query.count)
        node_link(extra, "form", echo(r));
    if (asked(&ask)) {
        answer_search(r, &ask, extra);
        return;
    }
    if (form && r->in->query.count) {
        struct fault f = {0};
        fault_set(&f, ERR_MISSING, "pattern", SLICE(""), "want.pattern_any");
        add_error(r, extra, &f);
    }
    reply_page(r, PAGE_SEARCH, NULL, extra);
}

/* ---- firearm ---- */

static void show_firearm(struct req *r, struct node *trace, struct node *extra)
{
    struct arena *a = r->in->arena;
    struct buf svg, path;
    buf_init(&svg, 4u << 20);
    buf_init(&path, 2048);
    timeline_svg(trace, r->words->lang, &svg);
    if (svg.n && !svg.err)
        node_add(a, extra, "timeline", NODE_RAW, arena_copy(a, buf_view(&svg)));
    buf_str(&path, "/api/v1/firearms/");
    form_quote(&path, node_text(trace, "subject"));
    node_add_str(a, extra, "api_url", same_query(r, path.p ? path.p : "", "lang", NULL));
    buf_str(&path, "/trace.pdf");
    node_add_str(a, extra, "pdf_url", same_query(r, path.p ? path.p : "", "lang", NULL));
    reply_page(r, PAGE_FIREARM, trace, extra);
    buf_free(&svg);
    buf_free(&path);
}

static bool about_dates(const struct fault *f)
{
    struct slice field = slice_str(f->field);
    return slice_is(field, "as_of") || slice_is(field, "known");
}

void page_firearm(struct req *r)
{
    const struct web_service *s = r->web->service;
    struct trace_ask ask = trace_ask_of(r);
    struct node *extra = node_object(r->in->arena);
    struct run run;
    run_begin(r, &run);
    node_link(extra, "form", echo(r));
    struct node *trace = run_result(&run, s->trace(s->app, &ask, &run.j, &run.f));
    if (!trace && about_dates(&run.f)) {
        add_error(r, extra, &run.f); /* shown above the page as it is without the bad date */
        ask.as_of = ask.known = slice_of(NULL, 0);
        run_again(r, &run);
        trace = run_result(&run, s->trace(s->app, &ask, &run.j, &run.f));
    }
    if (trace)
        show_firearm(r, trace, extra);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}

/* /firearms?id=X: to the address of the firearm that X names, whatever X holds. */
static void redirect_to_firearm(struct req *r, const struct node *trace)
{
    struct buf b;
    buf_init(&b, 1024);
    buf_str(&b, "/firearms/");
    form_quote(&b, node_text(trace, "subject"));
    struct slice to = b.err ? slice_of(NULL, 0) : arena_copy(r->in->arena, buf_view(&b));
    buf_free(&b);
    r->out->status = 303;
    r->out->location = to.p ? to.p : "/";
}

void page_firearm_find(struct req *r)
{
    const struct web_service *s = r->web->service;
    struct trace_ask ask = {.lang = r->words->lang, .id = form_get(&r->in->query, "id")}; /* nobody's names: only the address is wanted */
    struct run run;
    run_begin(r, &run);
    enum err e = ask.id.n ? s->trace(s->app, &ask, &run.j, &run.f) : fault_set(&run.f, ERR_MISSING, "id", SLICE(""), "want.id");
    struct node *trace = run_result(&run, e);
    if (trace) {
        redirect_to_firearm(r, trace);
    } else if (err_who(run.f.code) == ERR_CALLER) {
        struct node *extra = node_object(r->in->arena);
        node_link(extra, "form", echo(r));
        add_error(r, extra, &run.f);
        reply_page(r, PAGE_SEARCH, NULL, extra);
    } else {
        reply_fault(r, &run.f);
    }
    buf_free(&run.json);
}

/* ---- records, imports, files ---- */

void page_record(struct req *r)
{
    const struct web_service *s = r->web->service;
    struct run run;
    run_begin(r, &run);
    const struct record_ask ask = {r->words->lang, r->in->param[0], &r->who};
    struct node *v = run_result(&run, s->record(s->app, &ask, &run.j, &run.f));
    if (v)
        reply_page(r, PAGE_RECORD, v, NULL);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}

void page_imports(struct req *r)
{
    const struct web_service *s = r->web->service;
    struct run run;
    run_begin(r, &run);
    struct node *v = run_result(&run, s->imports(s->app, r->words->lang, &run.j, &run.f));
    if (v)
        reply_page(r, PAGE_IMPORTS, v, NULL);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}

void page_static(struct req *r)
{
    struct fault f = {0};
    r->out->file = assets_find(r->web, r->in->path);
    if (r->out->file)
        return;
    fault_set(&f, ERR_NOT_FOUND, "file", r->in->path, "");
    reply_fault(r, &f);
}
