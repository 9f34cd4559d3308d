/* The log of openings as a page: what was asked for stays in the form, also what was asked for wrongly. */
#include "web/web_in.h"
#include "base/banned.h"

/* The same form without one field. */
static struct form without(const struct form *from, struct slice name)
{
    struct form out = {0};
    for (size_t i = 0; i < from->count; i++)
        if (!slice_eq(from->field[i].name, name))
            out.field[out.count++] = from->field[i];
    return out;
}

/* What can be chosen comes with an answer: one that leaves out what was wrong. Its list is not shown (the template sees the error): it is not what was asked. */
static struct node *again(struct req *r, struct run *run, struct node *extra)
{
    struct people_answer a;
    struct form form = without(&r->in->query, slice_str(run->f.field));
    struct node *v = NULL;
    add_error(r, extra, &run->f);
    while (!v && err_who(run->f.code) == ERR_CALLER) {
        size_t before = form.count;
        buf_free(&run->json);
        v = run_result(run, people_run(r, r->route->act, &form, run, &a));
        form = without(&form, slice_str(run->f.field));
        if (!v && form.count == before)
            break;
    }
    return v;
}

void page_openings(struct req *r)
{
    struct run run;
    struct people_answer a;
    struct arena *arena = r->in->arena;
    struct node *extra = node_object(arena);
    if (!people_there(r))
        return;
    struct node *v = run_result(&run, people_run(r, r->route->act, &r->in->query, &run, &a));
    node_link(extra, "form", echo_form(r, &r->in->query));
    if (!v && err_who(run.f.code) == ERR_CALLER)
        v = again(r, &run, extra);
    struct slice older = v ? node_text(v, "older") : slice_of(NULL, 0);
    if (older.n)
        node_add_str(arena, extra, "older_url", same_query(r, "/openings", "before", arena_printf(arena, "before=" SLICE_FMT, SLICE_ARG(older))));
    node_add_str(arena, extra, "newest_url", same_query(r, "/openings", "before", NULL));
    if (v)
        reply_page(r, r->route->page, v, extra);
    else
        reply_fault(r, &run.f);
    buf_free(&run.json);
}
