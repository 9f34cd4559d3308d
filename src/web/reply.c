/* From a result or a fault to a reply. */
#include "web/web_in.h"
#include "base/time.h"
#include "people/form_token.h"
#include "base/banned.h"

#define RETRY_SECONDS 5 /* of what is busy just now */

static const struct {
    enum err code;
    int status;
} statuses[] = {
    {ERR_NOT_FOUND, 404}, {ERR_REFUSED, 403}, {ERR_CONFLICT, 409}, {ERR_EXISTS, 409}, {ERR_TOO_LONG, 400}, {ERR_BUSY, 503}, {ERR_NO_ROOM, 507},
    {ERR_MEMORY, 503}, {ERR_LOST, 503}, {ERR_INTERRUPTED, 503}, {ERR_LOCKED, 503},
};

int reply_status(enum err code)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == code)
            return statuses[i].status;
    return err_who(code) == ERR_CALLER ? 400 : 500;
}

struct search_ask search_ask_of(const struct req *r)
{
    const struct form *q = &r->in->query;
    return (struct search_ask){r->words->lang, form_get(q, "pattern"), form_get(q, "make"), form_get(q, "model"), form_get(q, "calibre"),
        form_get(q, "type"), form_get(q, "country"), form_get(q, "year"), form_get(q, "limit")};
}

struct trace_ask trace_ask_of(const struct req *r)
{
    const struct form *q = &r->in->query;
    return (struct trace_ask){r->words->lang, r->in->param[0], form_get(q, "as_of"), form_get(q, "known"), &r->who};
}

/* ---- pages ---- */

/* Who reads the page and what its head may offer: {"may": {"search": true}, "user": {"login": ...}, "form_token": ...}. */
static void add_visitor(struct req *r, struct node *v)
{
    struct arena *a = r->in->arena;
    char token[33];
    struct node *may = node_object(a), *user = node_object(a);
    for (int i = 0; i < RIGHTS_COUNT; i++)
        if (visitor_may(&r->who, (enum right)i))
            node_add_true(a, may, right_word((enum right)i));
    node_link(v, "may", may);
    if (!r->cookie.n || r->who.state == VISITOR_NOBODY)
        return;
    node_add_str(a, user, "login", slice_str(r->who.login));
    node_add_str(a, user, "purpose", slice_str(r->who.purpose));
    node_add_str(a, user, "case_no", slice_str(r->who.case_no));
    if (r->who.state == VISITOR_OPEN)
        node_add_true(a, user, "open");
    if (r->who.glass) { /* until when */
        char until[25];
        time_text(r->who.glass_until, until);
        node_add_str(a, user, "glass", arena_copy(a, slice_str(until)));
    }
    node_link(v, "user", user);
    session_form_token(r->cookie, token);
    node_add_str(a, v, "form_token", arena_copy(a, slice_str(token)));
}

const char *own_address(struct req *r)
{
    struct slice params[HTTP_PARAMS];
    bool other_method;
    return r->in->method == HTTP_POST && !route_find(HTTP_GET, r->in->path, params, &other_method) ? "/" : posted_address(r);
}

const char *posted_address(struct req *r)
{
    struct slice rest = r->in->path;
    struct buf b;
    buf_init(&b, 4096);
    while (rest.n) {
        const char *slash = memchr(rest.p + 1, '/', rest.n - 1);
        size_t n = slash ? (size_t)(slash - rest.p) : rest.n;
        buf_byte(&b, '/');
        form_quote(&b, slice_of(rest.p + 1, n - 1));
        rest = slice_of(rest.p + n, rest.n - n);
    }
    const char *out = b.err ? NULL : arena_copy(r->in->arena, buf_view(&b)).p;
    buf_free(&b);
    return out ? out : "/";
}

/* The other languages, each by its own name, with this page in it: {"languages": [{"tag", "dir", "name", "url"}]}. */
static void add_languages(struct req *r, struct node *v)
{
    struct arena *a = r->in->arena;
    struct node *list = node_add(a, v, "languages", NODE_LIST, slice_of(NULL, 0));
    const char *own = own_address(r);
    for (size_t i = 0; i < r->web->language_count; i++) {
        const struct lang *l = r->web->words[i].lang;
        struct node *one = node_object(a);
        struct buf name;
        if (l == r->words->lang)
            continue;
        buf_init(&name, 256);
        lang_plain(l, &name, "lang.name");
        node_add_str(a, one, "tag", slice_str(lang_tag(l)));
        node_add_str(a, one, "dir", slice_str(lang_dir(l)));
        node_add_str(a, one, "name", arena_copy(a, buf_view(&name)));
        node_add_str(a, one, "url", same_query(r, own, "lang", arena_printf(a, "lang=%s", lang_tag(l))));
        node_link(list, "", one);
        buf_free(&name);
    }
}

static struct node *page_values(struct req *r, enum page page)
{
    static const char *const here[PAGE_COUNT] = {"at_search", "at_firearm", "at_record", "at_imports", "at_specimens", "at_specimens", "at_specimens", "at_specimens", "at_error", "at_sign_in", "at_link",
        "at_factor", "at_locked", "at_me", "at_totp", "at_codes", "at_purpose", "at_accounts", "at_account", "at_new_link", "at_new_token", "at_approvals",
        "at_openings", "at_review", "at_enter", "at_enter", "at_receipt", "at_openings",
        "at_requests", "at_requests", "at_requests", "at_requests", "at_mine", "at_lists", "at_lists", "at_surrenders", "at_kept"};
    struct arena *a = r->in->arena;
    struct node *v = node_object(a);
    node_add_str(a, v, "lang", slice_str(lang_tag(r->words->lang)));
    node_add_str(a, v, "dir", slice_str(lang_dir(r->words->lang)));
    node_add_true(a, v, here[page]);
    if (r->web->service->exam)
        node_add_true(a, v, "has_ballistics");
    add_languages(r, v);
    add_visitor(r, v);
    return v;
}

void reply_page(struct req *r, enum page page, const struct node *result, struct node *extra)
{
    const struct node *values[5];
    size_t n = 0;
    values[n++] = r->web->fixed;
    values[n++] = r->words->fixed;
    values[n++] = page_values(r, page);
    if (result)
        values[n++] = result;
    if (extra)
        values[n++] = extra;
    enum err e = template_render(r->words->page[page], values, n, &r->out->body);
    if (e)
        r->out->body.err = e; /* the server answers 500 */
}

/* ---- faults ---- */

static void problem(struct req *r, const struct fault *f, struct slice sentence)
{
    struct cj j;
    struct buf title;
    const char *want = f->want;
    buf_init(&title, 256);
    r->out->type = "application/problem+json";
    cj_open_loose(&j, &r->out->body);
    cj_obj(&j);
    buf_str(&title, "/problems/");
    buf_str(&title, err_key(f->code));
    cj_kstr(&j, "type", buf_view(&title));
    buf_reset(&title);
    lang_text(r->words->lang, &title, err_key(f->code), lang_z("field", f->field), lang_z("value", f->value),
        lang_z("given", f->value[0] ? "yes" : "no"));
    cj_kstr(&j, "title", buf_view(&title));
    cj_kint(&j, "status", r->out->status);
    cj_kstr(&j, "detail", sentence);
    cj_kstr_opt(&j, "field", slice_str(f->field));
    cj_kstr_opt(&j, "value", slice_str(f->value));
    buf_reset(&title);
    if (lang_has(r->words->lang, want))
        lang_plain(r->words->lang, &title, want);
    cj_kstr_opt(&j, "want", title.n ? buf_view(&title) : slice_str(want));
    cj_obj_end(&j);
    buf_free(&title);
}

/* To who has not signed in a fault of this machine is told by its code: which file, folder or database it is, is nothing for him. */
static bool hides_where(const struct req *r, const struct fault *f)
{
    bool where = err_who(f->code) > ERR_CALLER && f->code != ERR_BUSY && f->code != ERR_LOCKED;
    return where && r->who.state == VISITOR_NOBODY;
}

void reply_fault(struct req *r, const struct fault *given)
{
    struct arena *a = r->in->arena;
    const struct fault bare = {.code = given->code, .field = "register"}, *f = hides_where(r, given) ? &bare : given;
    struct buf sentence;
    buf_init(&sentence, 4096);
    lang_fault(r->words->lang, f, &sentence);
    buf_reset(&r->out->body);
    if (!r->out->status)
        r->out->status = reply_status(f->code);
    if (r->out->status == 503 && !r->out->retry_after)
        r->out->retry_after = RETRY_SECONDS;
    if (r->route && r->route->api) {
        problem(r, f, buf_view(&sentence));
    } else {
        struct node *v = node_object(a);
        node_add_str(a, v, "sentence", arena_copy(a, buf_view(&sentence)));
        refusal_values(r, f, v);
        reply_page(r, PAGE_ERROR, NULL, v);
    }
    buf_free(&sentence);
}
