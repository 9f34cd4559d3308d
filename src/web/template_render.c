#include "web/template_in.h"
#include "lang/html.h"
#include "web/form.h"
#include "base/banned.h"

#define STACK_MAX (2 * TEMPLATE_DEPTH)
#define VALUES_ROOM 32768 /* for what is put between a page's fixed text: lists of choices, mostly */

struct renderer {
    const struct template *t;
    struct buf *out;
    size_t count, calls;
    const struct node *stack[STACK_MAX];
};

static const struct node *look_up(const struct renderer *r, const struct path *p)
{
    if (!p->count)
        return r->count ? r->stack[r->count - 1] : NULL;
    const struct node *v = NULL;
    size_t last = p->here && r->count ? r->count - 1 : 0;
    for (size_t i = r->count; i-- > last && !v;)
        v = node_member(r->stack[i], p->key[0], p->mark[0]);
    for (size_t k = 1; v && k < p->count; k++)
        v = node_member(v, p->key[k], p->mark[k]);
    return v;
}

static struct slice text_of(const struct node *v)
{
    if (!v || v->type == NODE_NULL)
        return slice_of(NULL, 0);
    if (v->type == NODE_TRUE)
        return SLICE("true");
    if (v->type == NODE_FALSE)
        return SLICE("false");
    return v->text;
}

static void put_value(const struct renderer *r, const struct node *v)
{
    struct slice s = text_of(v);
    if (v && v->type == NODE_RAW)
        buf_slice(r->out, s);
    else
        html_escape(r->out, s);
}

static void put_within(const struct renderer *r, const char *open, struct slice s)
{
    if (!s.n)
        return;
    buf_str(r->out, open);
    html_escape(r->out, s);
    buf_str(r->out, "</bdi>");
}

static void put_number(const struct renderer *r, struct slice s)
{
    uint64_t n;
    if (slice_u64(s, INT64_MAX, &n))
        lang_number(r->t->lang, r->out, (int64_t)n);
    else
        html_escape(r->out, s);
}

static void put_message(const struct renderer *r, const struct message_use *m)
{
    struct lang_arg args[TEMPLATE_ARGS];
    for (size_t i = 0; i < m->count; i++) {
        const struct node *v = look_up(r, &m->path[i]);
        struct slice s = text_of(v);
        uint64_t n;
        if (v && v->type == NODE_NUMBER && slice_u64(s, INT64_MAX, &n))
            args[i] = lang_n(m->name[i], (int64_t)n);
        else
            args[i] = lang_s(m->name[i], s);
    }
    lang_put(r->t->lang, m->form, r->out, m->key, args, m->count);
}

static enum err render_range(struct renderer *r, const struct unit *u, size_t from, size_t to);

static enum err render_with(struct renderer *r, const struct unit *u, const struct node *v, size_t from, size_t to)
{
    if (r->count == STACK_MAX)
        return ERR_RANGE;
    r->stack[r->count++] = v;
    enum err e = render_range(r, u, from, to);
    r->count--;
    return e;
}

static enum err render_section(struct renderer *r, const struct unit *u, size_t at)
{
    const struct op *op = &u->op[at];
    const struct node *v = look_up(r, op->path);
    enum err e = OK;
    if (op->code == OP_INVERTED)
        return node_truth(v) ? OK : render_range(r, u, at + 1, op->end);
    if (!node_truth(v))
        return OK;
    if (op->path->once)
        return render_range(r, u, at + 1, op->end);
    if (v->type != NODE_LIST)
        return render_with(r, u, v, at + 1, op->end);
    for (const struct node *c = v->first; c && !e; c = c->next)
        e = render_with(r, u, c, at + 1, op->end);
    return e;
}

static enum err render_call(struct renderer *r, const struct unit *u)
{
    if (r->calls == TEMPLATE_DEPTH)
        return ERR_RANGE;
    r->calls++;
    enum err e = render_range(r, u, 0, u->count);
    r->calls--;
    return e;
}

static enum err render_range(struct renderer *r, const struct unit *u, size_t from, size_t to)
{
    enum err e = OK;
    for (size_t i = from; i < to && !e; i++) {
        const struct op *op = &u->op[i];
        switch (op->code) {
        case OP_TEXT:
            buf_slice(r->out, op->text);
            break;
        case OP_VALUE:
            put_value(r, look_up(r, op->path));
            break;
        case OP_RAW:
            buf_slice(r->out, text_of(look_up(r, op->path)));
            break;
        case OP_ID:
            put_within(r, "<bdi dir=\"ltr\">", text_of(look_up(r, op->path)));
            break;
        case OP_SAY:
            put_within(r, "<bdi>", text_of(look_up(r, op->path)));
            break;
        case OP_DATE:
            lang_date_html(r->t->lang, r->out, text_of(look_up(r, op->path)));
            break;
        case OP_NUMBER:
            put_number(r, text_of(look_up(r, op->path)));
            break;
        case OP_URL:
            form_quote(r->out, text_of(look_up(r, op->path)));
            break;
        case OP_MESSAGE:
            put_message(r, op->message);
            break;
        case OP_SECTION:
        case OP_INVERTED:
            e = render_section(r, u, i);
            i = op->end - 1;
            break;
        case OP_CALL:
            e = render_call(r, &r->t->unit[op->end]);
            break;
        }
    }
    return e;
}

enum err template_render(const struct template *t, const struct node *const *values, size_t count, struct buf *out)
{
    struct renderer r = {.t = t, .out = out};
    for (size_t i = 0; i < count && i < STACK_MAX / 2; i++)
        r.stack[r.count++] = values[i];
    if (!out->n && t->weight + VALUES_ROOM < out->max)
        buf_grow(out, t->weight + VALUES_ROOM);
    enum err e = render_range(&r, &t->unit[0], 0, t->unit[0].count);
    return e ? e : out->err;
}
