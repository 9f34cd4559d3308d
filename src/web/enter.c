/* Handlers for acts that say themselves what is shown and where to go next: entering records, and what stands beside it. A page posts a form, the
 * API a JSON object of texts; the act is the same. */
#include "web/web_in.h"
#include <jansson.h>
#include "base/banned.h"

static void go(struct req *r, const struct people_answer *a)
{
    r->out->status = 303;
    r->out->location = arena_copy(r->in->arena, slice_str(a->go)).p;
}

/* The act's JSON through the page's template, with what was asked beside it. */
static void show(struct req *r, struct run *run, const struct people_answer *a, const struct form *asked)
{
    struct value *extra = value_object(r->in->arena), *v = run_result(r, run, OK);
    value_link(extra, "form", echo_form(r, asked));
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
        reply_fault(r, &f);
}

/* ---- API ---- */

static void answer_json(struct req *r, const struct form *form)
{
    struct run run;
    struct people_answer a;
    enum err e = people_run(r, r->route->act, form, &run, &a);
    if (!e && run.json.err)
        e = fault_set(&run.f, run.json.err, "json", SLICE(""), "");
    if (e) {
        run.f.code = e;
        reply_fault(r, &run.f);
    } else {
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

static bool add(struct arena *a, struct form *form, const char *name, const json_t *v)
{
    struct form_field *field = &form->field[form->count];
    if (!json_is_string(v) || form->count == FORM_FIELDS)
        return false;
    field->name = arena_copy(a, slice_str(name));
    field->value = arena_copy(a, slice_of(json_string_value(v), json_string_length(v)));
    form->count++;
    return field->name.p && field->value.p && slice_nul(field->value) < 0;
}

/* {"mark": "A71835", ...}: texts alone. */
static bool read_json(struct req *r, struct fault *f)
{
    json_error_t wrong;
    const char *name;
    json_t *v, *j = NULL;
    bool well = slice_starts(http_header(r->in, "Content-Type"), "application/json");
    if (!well)
        fault_set(f, ERR_FORMAT, "Content-Type", http_header(r->in, "Content-Type"), "application/json");
    else if (!(j = r->in->body.n ? json_loadb(r->in->body.p, r->in->body.n, JSON_REJECT_DUPLICATES, &wrong) : NULL) || !json_is_object(j))
        well = false, fault_set(f, ERR_FORMAT, "body", SLICE(""), "want.json_texts");
    if (well)
        json_object_foreach(j, name, v)
            if (well && !add(r->in->arena, &r->posted, name, v))
                well = false, fault_set(f, ERR_FORMAT, name, SLICE(""), "want.json_texts");
    json_decref(j);
    return well;
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
