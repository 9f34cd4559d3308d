#include "web/web_in.h"
#include "base/time.h"
#include "lang/html.h"
#include "base/banned.h"

#define CHOICES_MAX 400

static const char *const page_names[PAGE_COUNT] = {"search", "firearm", "record", "imports", "specimens", "compare", "specimen", "mates", "error", "sign_in", "link", "factor", "locked", "me",
    "totp", "codes", "purpose", "accounts", "account", "new_link", "new_token", "approvals", "openings", "review", "enter", "entry", "receipt", "totals", "requests", "request", "answer", "letter", "mine", "lists", "holders", "surrenders", "kept"};

static const struct words *words_of(const struct web *w, struct slice tag, const struct words *otherwise)
{
    const struct lang *l = tag.n ? lang_find(w->languages, tag) : NULL;
    for (size_t i = 0; l && i < w->language_count; i++)
        if (w->words[i].lang == l)
            return &w->words[i];
    return otherwise;
}

/* ?lang=TAG of a page chooses for this browser, whatever it asks for next; before, and where the tag is none, English. */
static void choose_words(struct req *r)
{
    const struct words *kept = words_of(r->web, gate_language(r->in), &r->web->words[0]);
    r->words = words_of(r->web, form_get(&r->in->query, "lang"), kept);
    if (r->words != kept && !r->route->api)
        gate_keep_language(r);
}

static void pass(struct req *r, const struct route *found, bool other_method)
{
    struct fault f = {0};
    if (!gate_pass(r)) /* also where nothing is: who is not signed in learns no address */
        return;
    if (found) {
        found->handle(r);
        return;
    }
    fault_set(&f, ERR_NOT_FOUND, "page", r->in->path, "");
    reply_fault(r, &f);
    if (other_method)
        r->out->status = 405;
}

static void tell(const struct web *w, const struct req *r, const struct route *found, int64_t begun)
{
    static const uint8_t nobody[16];
    struct web_told t = {.route = found ? (size_t)(found - route_at(0)) : route_count(), .method = r->in->method == HTTP_POST ? "POST" : "GET",
        .pattern = found ? found->path : "", .status = r->out->status ? r->out->status : 200, .nanos = time_mono_ns() - begun,
        .source = r->in->source, .tried = r->tried};
    if (memcmp(r->who.account, nobody, sizeof nobody) != 0)
        t.account = r->who.account;
    w->told(w->told_arg, &t);
}

static void handle(void *arg, struct http_request *in, struct http_response *out)
{
    const struct web *w = arg;
    static const struct route unknown = {.permission = "signed_in"}, unknown_api = {.permission = "signed_in", .api = true};
    struct req r = {.web = w, .in = in, .out = out};
    bool other_method;
    int64_t begun = time_mono_ns();
    const struct route *found = route_find(in->method, in->path, in->param, &other_method);
    r.route = found ? found : slice_starts(in->path, "/api/") ? &unknown_api : &unknown;
    choose_words(&r);
    pass(&r, found, other_method);
    if (out->body.err && !r.route->api) { /* no memory for the page: the server would send nothing */
        buf_free(&out->body);
        buf_init(&out->body, HTTP_REPLY_MAX);
        out->status = 500;
        refusal_page(w, 500, &out->body);
    }
    if (w->told)
        tell(w, &r, found, begun);
}

size_t web_routes(void)
{
    return route_count();
}
const char *web_route_method(size_t route)
{
    return route < route_count() && route_at(route)->method == HTTP_POST ? "POST" : "GET";
}
const char *web_route_pattern(size_t route)
{
    return route < route_count() ? route_at(route)->path : "";
}

static void refused(void *arg, int status, struct buf *out)
{
    refusal_page(arg, status, out);
}

static bool slow(void *arg, const struct http_request *in)
{
    struct slice params[HTTP_PARAMS];
    bool other_method;
    const struct route *r = route_find(in->method, in->path, params, &other_method);
    return r && (r->slow || in->method == HTTP_POST);
}

/* ---- start ---- */

/* <option> elements of one list, made once a language: they are the larger part of the search page. */
static void load_choice(struct web *w, const struct lang *l, struct node *choices, const char *field)
{
    struct buf b, label;
    buf_init(&b, 1u << 20);
    buf_init(&label, 1024);
    for (size_t n = 0; n < CHOICES_MAX && w->service->choice(w->service->app, l, field, n, &label); n++) {
        buf_str(&b, "<option value=\"");
        html_escape(&b, buf_view(&label));
        buf_str(&b, "\">");
        buf_reset(&label);
    }
    buf_free(&label);
    struct slice options = arena_copy(&w->arena, buf_view(&b));
    if (options.n)
        node_add(&w->arena, choices, field, NODE_RAW, options);
    buf_free(&b);
}

static void load_choices(struct web *w, struct words *words)
{
    static const char *const fields[] = {"make", "calibre", "type", "country"};
    struct node *choices = node_object(&w->arena);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        load_choice(w, words->lang, choices, fields[i]);
    words->fixed = node_object(&w->arena);
    node_link(words->fixed, "choices", choices);
}

static enum err load_language(struct web *w, const struct lang *l, struct fault *f)
{
    struct words *words = &w->words[w->language_count++];
    enum err e = OK;
    words->lang = l;
    load_choices(w, words);
    for (size_t p = 0; p < PAGE_COUNT && !e; p++)
        e = template_compile(page_names[p], template_file, NULL, l, &words->page[p], f);
    return e;
}

static enum err load_languages(struct web *w, struct fault *f)
{
    const struct lang *english = lang_find(w->languages, SLICE("en"));
    enum err e = load_language(w, english, f); /* first: the one that falls in */
    for (size_t i = 0; i < lang_count(w->languages) && !e && w->language_count < WEB_LANGUAGES; i++)
        if (lang_at(w->languages, i) != english)
            e = load_language(w, lang_at(w->languages, i), f);
    return e;
}

enum err web_start(const struct web_config *config, struct web **out, struct fault *f)
{
    struct web *w = mem_alloc(1, sizeof *w);
    if (!w)
        return fault_set(f, ERR_MEMORY, "web", SLICE(""), "");
    w->service = config->service;
    w->languages = config->languages;
    w->told = config->told;
    w->told_arg = config->arg;
    w->front = config->front;
    arena_init(&w->arena, 4u << 20);
    w->fixed = node_object(&w->arena);
    enum err e = assets_load(w, f);
    if (!e)
        e = load_languages(w, f);
    if (!e)
        e = gate_check_table(f);
    struct http_config http = {config->front, config->threads, handle, slow, refused, w};
    if (!e)
        e = http_start(&http, &w->server, f);
    if (e)
        web_stop(w);
    else
        *out = w;
    return e;
}

void web_stop(struct web *w)
{
    if (!w)
        return;
    http_stop(w->server);
    for (size_t i = 0; i < w->language_count; i++)
        for (size_t p = 0; p < PAGE_COUNT; p++)
            template_free(w->words[i].page[p]);
    assets_free(w);
    arena_free(&w->arena);
    mem_free(w);
}

enum err web_reload(struct web *w, struct fault *f)
{
    return http_reload(w->server, f);
}

unsigned web_port(const struct web *w)
{
    return http_port(w->server);
}
