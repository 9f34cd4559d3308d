/* The examiner's pages: the specimens of a collection, and two of them side by side. Without script the pictures are made here; with script the page
 * fetches heights and draws them itself. What the program thinks of the pair is told only when the examiner has concluded. */
#include "web/web_in.h"
#include "base/banned.h"

static const struct web_ballistics *served(struct req *r)
{
    struct fault f = {0};
    if (!r->web->service->ballistics) {
        fault_set(&f, ERR_NOT_FOUND, "page", r->in->path, "want.ballistics_served");
        reply_fault(r, &f);
    }
    return r->web->service->ballistics;
}

static struct pair_ask pair_of(const struct req *r)
{
    const struct form *q = &r->in->query;
    return (struct pair_ask){r->words->lang, form_get(q, "a"), form_get(q, "b"), form_get(q, "conclusion")};
}

/* "/ballistics/compare?a=..&b=.." and the same for the PDF. */
static void add_address(struct req *r, struct value *into, const char *key, const char *path, const struct pair_ask *ask)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_str(&b, path);
    buf_str(&b, "?a=");
    form_quote(&b, ask->a);
    buf_str(&b, "&b=");
    form_quote(&b, ask->b);
    if (ask->conclusion.n) {
        buf_str(&b, "&conclusion=");
        form_quote(&b, ask->conclusion);
    }
    value_add_str(r->in->arena, into, key, b.err ? slice_str(path) : arena_copy(r->in->arena, buf_view(&b)));
    buf_free(&b);
}

static void add_file(struct req *r, struct value *into, const char *key, const char *path, struct slice file)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_str(&b, path);
    form_quote(&b, file);
    value_add_str(r->in->arena, into, key, b.err ? slice_str(path) : arena_copy(r->in->arena, buf_view(&b)));
    buf_free(&b);
}

/* ---- pages ---- */

void page_specimens(struct req *r)
{
    const struct web_ballistics *w = served(r);
    struct run run;
    if (!w)
        return;
    run_begin(&run);
    struct value *result = run_result(r, &run, w->list(w->arg, r->words->lang, &run.j, &run.f));
    if (result)
        reply_page(r, PAGE_SPECIMENS, result, NULL);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}

void page_compare(struct req *r)
{
    const struct web_ballistics *w = served(r);
    struct pair_ask ask = pair_of(r);
    struct value *extra = value_object(r->in->arena);
    struct run run;
    if (!w)
        return;
    run_begin(&run);
    struct value *result = run_result(r, &run, w->pair(w->arg, &ask, &run.j, &run.f));
    add_file(r, extra, "a_picture", "/ballistics/picture?file=", ask.a);
    add_file(r, extra, "b_picture", "/ballistics/picture?file=", ask.b);
    add_file(r, extra, "a_tile", "/ballistics/tile?file=", ask.a);
    add_file(r, extra, "b_tile", "/ballistics/tile?file=", ask.b);
    add_address(r, extra, "pdf_url", "/ballistics/compare.pdf", &ask);
    add_address(r, extra, "api_url", "/api/v1/ballistics/compare", &ask);
    if (result)
        reply_page(r, PAGE_COMPARE, result, extra);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}

/* ---- what the pages draw from ---- */

static void reply_bytes(struct req *r, enum err e, const struct fault *f, const char *type)
{
    if (e)
        reply_fault(r, f);
    else
        r->out->type = type;
}

void examine_picture(struct req *r)
{
    const struct web_ballistics *w = served(r);
    const struct form *q = &r->in->query;
    struct fault f = {0};
    if (w)
        reply_bytes(r, w->picture(w->arg, form_get(q, "file"), form_get(q, "light"), form_get(q, "turn"), &r->out->body, &f), &f, "image/png");
}

void examine_tile(struct req *r)
{
    const struct web_ballistics *w = served(r);
    struct fault f = {0};
    if (!w)
        return;
    enum err e = w->tile(w->arg, form_get(&r->in->query, "file"), &r->out->body, &f);
    r->out->packed = !e;
    reply_bytes(r, e, &f, "application/octet-stream");
}

void examine_pdf(struct req *r)
{
    const struct web_ballistics *w = served(r);
    struct pair_ask ask = pair_of(r);
    struct fault f = {0};
    if (!w)
        return;
    enum err e = w->pdf(w->arg, &ask, &r->out->body, &f);
    if (!e)
        r->out->disposition = "inline; filename=\"comparison.pdf\"";
    reply_bytes(r, e, &f, "application/pdf");
}

/* ---- API ---- */

void api_specimens(struct req *r)
{
    const struct web_ballistics *w = served(r);
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    if (w)
        reply_bytes(r, w->list(w->arg, r->words->lang, &j, &f), &f, "application/json");
}

void api_pair(struct req *r)
{
    const struct web_ballistics *w = served(r);
    struct pair_ask ask = pair_of(r);
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    if (w)
        reply_bytes(r, w->pair(w->arg, &ask, &j, &f), &f, "application/json");
}
