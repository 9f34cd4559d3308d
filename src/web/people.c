/* Pages about people: each is an act of the door (use/people_door.h) and a template. A form that fails is shown again with what was wrong; one that
 * succeeds leads on, or shows once what it made. */
#include "web/web_in.h"
#include "web/workers.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

static bool member_of(const void *form, size_t i, struct slice *out)
{
    const struct form *f = form;
    if (!f || i >= f->count)
        return false;
    *out = f->field[i].name;
    return true;
}

static struct slice field_of(const void *form, const char *name)
{
    return form_get(form, name);
}

/* Host without its port. */
static struct slice host_of(const struct req *r)
{
    struct slice h = http_header(r->in, "Host");
    size_t n = h.n;
    while (n > 0 && h.p[n - 1] >= '0' && h.p[n - 1] <= '9')
        n--;
    return n > 1 && h.p[n - 1] == ':' ? slice_of(h.p, n - 1) : h;
}

static void rest(void *pool, bool rests)
{
    if (rests)
        workers_rest(pool);
    else
        workers_rise(pool);
}

static struct people_ask ask_of(struct req *r, const struct form *form)
{
    const char *site = arena_printf(r->in->arena, "%s://" SLICE_FMT, r->in->outward ? "https" : "http", SLICE_ARG(http_header(r->in, "Host")));
    return (struct people_ask){.lang = r->words->lang, .who = &r->who, .cookie = r->cookie, .device = gate_device(r), .door = gate_door(r),
        .agent = http_header(r->in, "User-Agent"), .source = r->in->source, .host = host_of(r), .origin = slice_str(site), .id = r->in->param[0], .field = field_of, .member = member_of, .form = form, .path = r->in->path, .line = r->lines, .line_count = r->line_count,
        .rest = r->in->workers ? rest : NULL, .pool = r->in->workers};
}

bool people_there(struct req *r)
{
    struct fault f = {0};
    if (r->web->service->people)
        return true;
    fault_set(&f, ERR_NOT_FOUND, "page", r->in->path, "");
    reply_fault(r, &f);
    return false;
}

/* A page without a question to the use cases. */
void people_page(struct req *r)
{
    struct node *extra = node_object(r->in->arena);
    if (!people_there(r))
        return;
    node_link(extra, "form", echo_form(r, &r->in->query));
    reply_page(r, r->route->page, NULL, extra);
}

enum err people_run(struct req *r, enum door_act act, const struct form *form, struct run *run, struct people_answer *a)
{
    struct people_ask in = ask_of(r, form);
    run_begin(r, run);
    *a = (struct people_answer){.out = &run->j};
    return r->web->service->people[act](r->web->service->app, &in, a, &run->f);
}

void people_show(struct req *r)
{
    struct run run;
    struct people_answer a;
    struct node *extra = node_object(r->in->arena);
    if (!people_there(r))
        return;
    struct node *v = run_result(&run, people_run(r, r->route->act, &r->in->query, &run, &a));
    node_link(extra, "form", echo_form(r, &r->in->query));
    gate_cookies(r, &a);
    if (v)
        reply_page(r, r->route->page, v, extra);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}

/* ---- doing ---- */

bool people_form(struct req *r, struct fault *f)
{
    struct slice type = http_header(r->in, "Content-Type");
    if (r->in->body.n && !slice_starts(type, "application/x-www-form-urlencoded"))
        return fault_set(f, ERR_FORMAT, "Content-Type", type, "application/x-www-form-urlencoded"), false;
    if (form_parse(r->in->arena, r->in->body, &r->posted, f) || !gate_form(r, f))
        return false;
    keep_done(r);
    return true;
}

/* From a page of before the last unlocking, by its own browser: shown to him to be sent again. Else the fault is the answer. */
void people_unformed(struct req *r, const struct fault *f)
{
    const char *kept = f->code == ERR_REFUSED && strcmp(f->field, "form") == 0 ? keep_form(r) : NULL;
    if (!kept) {
        reply_fault(r, f);
        return;
    }
    r->out->status = 303;
    r->out->location = kept;
}

/* Too many wrong tries: the browser, and the person, are told how long to wait. */
static void say_wait(struct req *r, const struct fault *f)
{
    if (f->code != ERR_BUSY || strcmp(f->field, "sign_in") != 0)
        return;
    r->out->status = 429;
    r->out->retry_after = *f->value ? (int)strtol(f->value, NULL, 10) : 1;
}

/* The page of the form once more, with what was wrong on top. */
static void show_again(struct req *r, const struct fault *f, bool ended)
{
    struct run run;
    struct people_answer none;
    struct node *extra = node_object(r->in->arena), *v = NULL;
    bool asks = r->route->show != DOOR_NONE;
    enum page page = r->route->page == PAGE_CODES ? PAGE_ME : r->route->page == PAGE_LETTER ? PAGE_REQUEST : r->route->page;
    if (err_who(f->code) != ERR_CALLER && f->code != ERR_BUSY) {
        reply_fault(r, f);
        return;
    }
    run_begin(r, &run);
    if (asks) {
        buf_free(&run.json);
        v = run_result(&run, people_run(r, r->route->show, &r->posted, &run, &none));
        gate_cookies(r, &none);
    }
    if ((asks && !v) || ended || page == PAGE_LINK) {
        reply_fault(r, f);
    } else {
        add_error(r, extra, f);
        say_wait(r, f);
        node_link(extra, "form", echo_form(r, &r->posted));
        reply_page(r, page, v, extra);
    }
    buf_free(&run.json);
}

/* Where the act leads; who has just signed in, or unlocked, goes on to a page that he may see. */
static const char *leads_to(const struct req *r, const struct people_answer *a)
{
    const struct web_service *s = r->web->service;
    struct visitor v = {0};
    const char *go = arena_copy(r->in->arena, slice_str(a->go)).p;
    if (!go || !*a->cookie || s->visitor(s->app, slice_str(a->cookie), &v, NULL) || v.state != VISITOR_OPEN)
        return go;
    return landing_of(r->web, &v, go);
}

/* What was made is shown on a page of its own where the form's is another one. */
static enum page made_page(const struct route *route)
{
    if (route->act == DOOR_MINE)
        return PAGE_ANSWER;
    if (route->act == DOOR_TOKEN_ADD)
        return PAGE_NEW_TOKEN;
    return route->act == DOOR_ACCOUNT_ADD || route->act == DOOR_ACCOUNT_RESET ? PAGE_NEW_LINK : route->page;
}

void people_do(struct req *r)
{
    struct run run;
    struct people_answer a;
    struct fault f = {0};
    if (!people_there(r))
        return;
    if (!people_form(r, &f)) {
        people_unformed(r, &f);
        return;
    }
    enum err e = people_run(r, r->route->act, &r->posted, &run, &a);
    gate_cookies(r, &a);
    tries_note(r, e, &run.f, &a);
    if (e) {
        run.f.code = e;
        show_again(r, &run.f, a.end);
    } else if (*a.go) {
        r->out->status = 303;
        r->out->location = leads_to(r, &a);
    } else {
        struct node *v = run_result(&run, OK);
        if (v)
            reply_page(r, made_page(r->route), v, NULL);
        else
            reply_fault(r, &run.f);
    }
    buf_free(&run.json);
}
