/* The JSON API: the result as the use case wrote it. */
#include "web/web_in.h"
#include <jansson.h>
#include "base/banned.h"

static void finish(struct req *r, enum err e, const struct fault *f)
{
    if (e)
        reply_fault(r, f);
    else
        r->out->type = "application/json";
}

void api_search(struct req *r)
{
    struct search_ask ask = search_ask_of(r);
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    finish(r, r->web->service->search(r->web->service->app, &ask, &j, &f), &f);
}

void api_firearm(struct req *r)
{
    struct trace_ask ask = trace_ask_of(r);
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    finish(r, r->web->service->trace(r->web->service->app, &ask, &j, &f), &f);
}

void api_firearm_pdf(struct req *r)
{
    struct trace_ask ask = trace_ask_of(r);
    struct fault f = {0};
    enum err e = r->web->service->trace_pdf(r->web->service->app, &ask, &r->out->body, &f);
    if (e) {
        reply_fault(r, &f);
        return;
    }
    r->out->type = "application/pdf";
    r->out->disposition = "inline; filename=\"trace.pdf\"";
}

void api_record(struct req *r)
{
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    finish(r, r->web->service->record(r->web->service->app, &(struct record_ask){r->words->lang, r->in->param[0], &r->who}, &j, &f), &f);
}

void api_imports(struct req *r)
{
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    finish(r, r->web->service->imports(r->web->service->app, r->words->lang, &j, &f), &f);
}

/* {"text": "..."} posted as JSON. */
static enum err posted_text(struct req *r, struct slice *out, struct fault *f)
{
    json_error_t wrong;
    struct slice type = http_header(r->in, "Content-Type");
    if (!slice_starts(type, "application/json"))
        return fault_set(f, ERR_FORMAT, "Content-Type", type, "application/json");
    json_t *j = r->in->body.n ? json_loadb(r->in->body.p, r->in->body.n, JSON_REJECT_DUPLICATES, &wrong) : NULL;
    const char *text = json_string_value(json_object_get(j, "text"));
    enum err e = OK;
    if (!j)
        e = fault_set(f, ERR_FORMAT, "body", r->in->body, "want.json_text");
    else if (!text)
        e = fault_set(f, ERR_MISSING, "text", SLICE(""), "want.json_text");
    else
        *out = arena_copy(r->in->arena, slice_str(text));
    json_decref(j);
    return e;
}

void api_marks_read(struct req *r)
{
    struct fault f = {0};
    struct cj j;
    struct slice text = form_get(&r->in->query, "text");
    enum err e = OK;
    if (r->in->method == HTTP_POST)
        e = posted_text(r, &text, &f);
    cj_open_loose(&j, &r->out->body);
    if (!e)
        e = r->web->service->marks_read(r->web->service->app, text, &j, &f);
    finish(r, e, &f);
}

void api_health(struct req *r)
{
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    enum err e = r->web->service->health(r->web->service->app, &j, &f);
    if (e) /* anybody may ask: the code, and no path or database of this machine */
        fault_set(&f, e, "register", SLICE(""), "");
    finish(r, e, &f);
}

void api_openapi(struct req *r)
{
    struct fault f = {0};
    if (r->web->openapi) {
        r->out->file = r->web->openapi;
        return;
    }
    fault_set(&f, ERR_NOT_FOUND, "path", r->in->path, "");
    reply_fault(r, &f);
}
