/* Handlers for acts that say themselves what is shown and where to go next: entering records, and what stands beside it. A page posts a form, the
 * API a JSON object of texts; the act is the same. */
#include "web/form_json.h"
#include "web/web_in.h"
#include "base/banned.h"

static void go(struct req *r, const struct people_answer *a)
{
    r->out->status = 303;
    r->out->location = arena_copy(r->in->arena, slice_str(a->go)).p;
}

/* The act's JSON through the page's template, with what was asked beside it. */
static void show(struct req *r, struct run *run, const struct people_answer *a, const struct form *asked)
{
    struct node *extra = node_object(r->in->arena), *v = run_result(run, OK);
    node_link(extra, "form", echo_form(r, asked));
    if (v && a->status)
        r->out->status = a->status;
    if (v)
        reply_page(r, r->route->page, v, extra);
    else
        reply_fault(r, &run->f);
}

static void answer(struct req *r, const struct form *form)
{
    struct run run;
    struct people_answer a;
    enum err e = people_run(r, r->route->act, form, &run, &a);
    if (e) {
        run.f.code = e;
        reply_fault(r, &run.f);
    } else if (*a.go) {
        go(r, &a);
    } else {
        show(r, &run, &a, form);
    }
    buf_free(&run.json);
}

void enter_show(struct req *r)
{
    if (people_there(r))
        answer(r, &r->in->query);
}

void enter_do(struct req *r)
{
    struct fault f = {0};
    if (!people_there(r))
        return;
    if (people_form(r, &f))
        answer(r, &r->posted);
    else
        people_unformed(r, &f);
}

/* ---- API ---- */

/* Runs the route's use case; when it fails, that is the answer. */
static bool ran(struct req *r, const struct form *form, struct run *run, struct people_answer *a)
{
    enum err e = people_run(r, r->route->act, form, run, a);
    if (!e && run->json.err)
        e = fault_set(&run->f, run->json.err, "json", SLICE(""), "");
    if (!e)
        return true;
    run->f.code = e;
    reply_fault(r, &run->f);
    return false;
}

static void answer_json(struct req *r, const struct form *form)
{
    struct run run;
    struct people_answer a;
    if (ran(r, form, &run, &a)) {
        r->out->status = *a.go ? 200 : a.status;
        r->out->type = "application/json";
        if (*a.go) /* where it is now */
            buf_printf(&r->out->body, "{\"location\":\"%s\"}", a.go);
        else
            buf_slice(&r->out->body, buf_view(&run.json));
    }
    buf_free(&run.json);
}

void api_act_show(struct req *r)
{
    if (people_there(r))
        answer_json(r, &r->in->query);
}

static bool read_json(struct req *r, struct fault *f)
{
    struct slice type = http_header(r->in, "Content-Type");
    if (slice_starts(type, "application/json"))
        return form_json(r->in->arena, r->in->body, &r->posted, f) == OK;
    fault_set(f, ERR_FORMAT, "Content-Type", type, "application/json");
    return false;
}

void api_act_do(struct req *r)
{
    struct fault f = {0};
    if (!people_there(r))
        return;
    /* what a browser sends by itself, the cookie, proves no intent: then the token of the session's forms is needed here too */
    if (!read_json(r, &f) || (r->cookie.n && !gate_form(r, &f)))
        reply_fault(r, &f);
    else
        answer_json(r, &r->posted);
}

/* ---- many, by a machine ---- */

static bool is_lines(struct slice type)
{
    return slice_starts(type, "application/x-ndjson") || slice_starts(type, "application/jsonl");
}

static enum err read_lines(struct req *r, struct ask_line **out, size_t *n, struct fault *f)
{
    struct slice type = http_header(r->in, "Content-Type");
    struct json_line *read;
    enum err e = is_lines(type) ? form_json_lines(r->in->arena, r->in->body, BATCH_LINES, &read, n, f)
        : fault_set(f, ERR_FORMAT, "Content-Type", type, "application/x-ndjson");
    *out = e ? NULL : arena_array(r->in->arena, *n, sizeof **out);
    if (!e && !*out)
        e = fault_set(f, ERR_MEMORY, "lines", SLICE(""), "");
    for (size_t i = 0; !e && i < *n; i++)
        (*out)[i] = (struct ask_line){read[i].number, read[i].form, read[i].fault};
    return e;
}

void api_lines_do(struct req *r)
{
    struct fault f = {0};
    struct ask_line *lines;
    struct run run;
    struct people_answer a;
    if (!people_there(r))
        return;
    if (read_lines(r, &lines, &r->line_count, &f)) {
        reply_fault(r, &f);
        return;
    }
    r->lines = lines;
    if (ran(r, NULL, &run, &a)) {
        r->out->type = "application/x-ndjson";
        buf_slice(&r->out->body, buf_view(&run.json));
    }
    buf_free(&run.json);
}
