/* The examiner's pages: each is an act of the door (use/exam_door.h) and a template. Without script the pictures are made by the server; with script the page
 * fetches heights and draws them itself. */
#include "web/web_in.h"
#include <stdio.h>
#include "base/banned.h"

static struct slice field_of(const void *form, const char *name)
{
    return form_get(form, name);
}

static bool served(struct req *r)
{
    struct fault f = {0};
    if (r->web->service->exam)
        return true;
    fault_set(&f, ERR_NOT_FOUND, "page", r->in->path, "want.ballistics_served");
    reply_fault(r, &f);
    return false;
}

static enum err run_act(struct req *r, enum exam_act act, const struct form *form, struct exam_answer *a, struct fault *f)
{
    const struct exam_ask in = {r->words->lang, &r->who, field_of, form};
    return r->web->service->exam[act](r->web->service->specimens, &in, a, f);
}

/* ---- pages ---- */

/* The result of an act as a page, with what was typed and what was wrong with it. */
static void show(struct req *r, enum exam_act act, const struct form *form, struct node *extra)
{
    struct run run;
    run_begin(r, &run);
    struct exam_answer a = {.json = &run.j};
    struct node *v = run_result(&run, run_act(r, act, form, &a, &run.f));
    node_link(extra, "form", echo_form(r, form));
    if (v)
        reply_page(r, r->route->page, v, extra);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}

void examine_page(struct req *r)
{
    if (served(r))
        show(r, r->route->exam, &r->in->query, node_object(r->in->arena));
}

void examine_do(struct req *r)
{
    struct exam_answer a = {.json = NULL};
    struct fault f = {0};
    if (!served(r))
        return;
    if (!people_form(r, &f)) {
        people_unformed(r, &f);
        return;
    }
    enum err e = run_act(r, r->route->exam, &r->posted, &a, &f);
    if (!e) {
        r->out->status = 303;
        r->out->location = arena_copy(r->in->arena, slice_str(a.go)).p;
    } else if (err_who(f.code) == ERR_CALLER && r->route->exam_show) { /* the form once more, with what was wrong on top */
        struct node *extra = node_object(r->in->arena);
        add_error(r, extra, &f);
        show(r, r->route->exam_show, &r->posted, extra);
    } else {
        reply_fault(r, &f);
    }
}

/* ---- what the pages draw from, and the API ---- */

void examine_bytes(struct req *r)
{
    struct exam_answer a = {.bytes = &r->out->body};
    struct fault f = {0};
    if (!served(r))
        return;
    if (run_act(r, r->route->exam, &r->in->query, &a, &f)) {
        reply_fault(r, &f);
        return;
    }
    r->out->type = a.type;
    r->out->packed = a.packed;
    if (a.name)
        r->out->disposition = arena_printf(r->in->arena, "inline; filename=\"%s\"", a.name);
}

void api_examine(struct req *r)
{
    struct fault f = {0};
    struct cj j;
    cj_open_loose(&j, &r->out->body);
    struct exam_answer a = {.json = &j};
    if (!served(r))
        return;
    if (run_act(r, r->route->exam, &r->in->query, &a, &f))
        reply_fault(r, &f);
    else
        r->out->type = "application/json";
}
