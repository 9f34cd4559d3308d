/* What a page says when something cannot be done: what happened, what became of what was sent, what to do next. And the same, shorter, where the server refuses before it
 * knows who asks and in which language: in all of them. */
#include "web/web_in.h"
#include "lang/html.h"
#include <stdio.h>
#include "base/banned.h"

/* ---- of a fault ---- */

static const char *kind_of(const struct req *r, const struct fault *f)
{
    if (f->code == ERR_LOCKED)
        return "locked";
    switch (r->out->status) {
    case 403:
        return strcmp(f->want, "say.forbidden") == 0 ? "forbidden" : "yours";
    case 404:
    case 405:
        return "not_found";
    case 409:
        return "conflict";
    case 503:
        return "busy";
    case 507:
        return "full";
    default:
        return err_who(f->code) == ERR_CALLER ? "yours" : "ours";
    }
}

/* Nothing wrong with the form: the same once more may be done. Not of one that holds a secret. */
static bool sends_again(const struct req *r, const struct fault *f)
{
    return r->in->method == HTTP_POST && r->route && r->route->keeps && r->posted.count && r->who.state == VISITOR_OPEN && err_who(f->code) != ERR_CALLER;
}

/* What became of a form. One that was refused, or could not be begun, left nothing; after another fault nobody knows until he looks. */
static const char *kept_key(const struct req *r, const struct fault *f)
{
    bool refused = err_who(f->code) == ERR_CALLER || f->code == ERR_BUSY || f->code == ERR_NO_ROOM || f->code == ERR_LOCKED;
    if (r->in->method != HTTP_POST)
        return refused ? NULL : "error.kept_read";
    if (sends_again(r, f))
        return refused ? "error.kept_here" : "error.kept_here_unsure";
    return refused ? "error.kept_form" : "error.kept_unsure";
}

/* {"path", "fields": [{"name", "value"}]}: the form as it came, in this page, for when the trouble is over. */
static void add_again(struct req *r, struct node *v)
{
    struct arena *a = r->in->arena;
    struct node *form = node_object(a), *list = node_add(a, form, "fields", NODE_LIST, slice_of(NULL, 0));
    node_add_str(a, form, "path", slice_str(posted_address(r)));
    for (size_t i = 0; i < r->posted.count; i++) {
        struct node *one = node_object(a);
        if (slice_is(r->posted.field[i].name, "form_token"))
            continue;
        node_add_str(a, one, "name", r->posted.field[i].name);
        node_add_str(a, one, "value", r->posted.field[i].value);
        node_link(list, "", one);
    }
    node_link(v, "again_form", form);
}

static void add_text(struct req *r, struct node *v, const char *member, const char *key)
{
    struct buf b;
    if (!key || !lang_has(r->words->lang, key))
        return;
    buf_init(&b, 4096);
    lang_plain(r->words->lang, &b, key);
    node_add_str(r->in->arena, v, member, arena_copy(r->in->arena, buf_view(&b)));
    buf_free(&b);
}

void refusal_values(struct req *r, const struct fault *f, struct node *v)
{
    char key[48];
    const char *kind = kind_of(r, f);
    bool may_search = visitor_may(&r->who, RIGHT_SEARCH);
    snprintf(key, sizeof key, "error.%s", kind);
    add_text(r, v, "heading", key);
    add_text(r, v, "kept", kept_key(r, f));
    snprintf(key, sizeof key, "error.%s_next", kind);
    if (may_search || strcmp(kind, "not_found") != 0) /* who searches is told to */
        add_text(r, v, "next", key);
    if (r->in->method == HTTP_GET && err_again(f->code))
        node_add_str(r->in->arena, v, "again_url", same_query(r, own_address(r), "", NULL));
    if (sends_again(r, f))
        add_again(r, v);
}

/* ---- before anything is known ---- */

static const char *const texts[][2] = {{"refusal.413", "refusal.413_next"}, {"refusal.429", "refusal.429_next"}, {"refusal.503", "refusal.503_next"},
    {"error.ours", "error.ours_next"}, {"error.yours", "refusal.other_next"}};

static const char *const *texts_of(int status)
{
    return texts[status == 413 ? 0 : status == 429 ? 1 : status == 503 ? 2 : status >= 500 ? 3 : 4];
}

void refusal_page(const struct web *w, int status, struct buf *out)
{
    const char *const *text = texts_of(status);
    buf_str(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><link rel=\"stylesheet\" href=\"");
    html_escape(out, node_text(w->fixed, "athar_css"));
    buf_printf(out, "\"><title>%d – Athar</title></head><body><main class=\"page\"><h1>%d</h1>", status, status);
    for (size_t i = 0; i < w->language_count; i++) {
        const struct lang *l = w->words[i].lang;
        buf_printf(out, "<section lang=\"%s\" dir=\"%s\"><h2>", lang_tag(l), lang_dir(l));
        lang_put(l, LANG_HTML, out, text[0], NULL, 0);
        buf_str(out, "</h2><p>");
        lang_put(l, LANG_HTML, out, text[1], NULL, 0);
        buf_str(out, "</p><p><a href=\"/\">");
        lang_put(l, LANG_HTML, out, "error.to_first", NULL, 0);
        buf_str(out, "</a></p></section>");
    }
    buf_str(out, "</main></body></html>\n");
}
