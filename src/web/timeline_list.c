/* What timeline.c draws, as a list: for screens that are narrower than the drawing. In the order in which each begins; what has no beginning on record comes first. */
#include "web/timeline_in.h"
#include "lang/html.h"
#include <stdlib.h>
#include "base/banned.h"

#define LISTED (2 * TIMELINE_BANDS)

enum listed_kind { LISTED_SPAN, LISTED_GAP, LISTED_CLASH };
struct listed {
    const struct node *value;
    int64_t at;
    size_t order; /* as it came: equal beginnings stay so */
    enum listed_kind kind;
};
struct listing {
    size_t n;
    struct listed one[LISTED];
};

static void add_all(struct listing *l, const struct node *list, enum listed_kind kind, const char *when)
{
    for (const struct node *v = list ? list->first : NULL; v && l->n < LISTED; v = v->next) {
        int64_t at = INT64_MIN;
        if (kind == LISTED_SPAN && slice_is(node_text(v, "tone"), "gap")) /* said by the list of gaps */
            continue;
        (void)timeline_when(v, when, &at);
        l->one[l->n] = (struct listed){v, at, l->n, kind};
        l->n++;
    }
}

static int by_beginning(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void put_days(const struct lang *l, const struct node *v, struct buf *out)
{
    struct slice from = node_text(v, "from"), to = node_text(v, "to");
    const struct lang_arg args[] = {lang_s("from", from), lang_s("to", to)};
    buf_str(out, "<p class=\"when\">");
    lang_put(l, LANG_HTML, out, from.n && to.n ? "timeline.days" : from.n ? "timeline.days_since" : to.n ? "timeline.days_until" : "timeline.days_none", args, 2);
    buf_str(out, "</p>");
}

static void put_isolated(struct buf *out, const char *tag, struct slice text)
{
    if (!text.n)
        return;
    buf_printf(out, " <%s><bdi>", tag);
    html_escape(out, text);
    buf_printf(out, "</bdi></%s>", tag);
}

static void put_step(const struct lang *l, struct slice n, struct buf *out)
{
    const struct lang_arg args[] = {lang_s("n", n)};
    if (!n.n)
        return;
    buf_str(out, " <a href=\"#step-");
    html_escape(out, n);
    buf_str(out, "\">");
    lang_put(l, LANG_HTML, out, "firearm.step", args, 1);
    buf_str(out, "</a>");
}

static void put_steps(const struct lang *l, const struct node *v, struct buf *out)
{
    const struct node *steps = node_get(v, "steps");
    put_step(l, node_text(v, "step"), out);
    for (const struct node *s = steps ? steps->first : NULL; s; s = s->next)
        put_step(l, s->text, out);
}

static void put_span(const struct lang *l, const struct node *v, struct buf *out)
{
    struct slice who = node_text(v, "who"), note = timeline_note(v, "label");
    put_days(l, v, out);
    buf_str(out, "<p>");
    lang_put(l, LANG_HTML, out, timeline_lane_key(v), NULL, 0);
    bool named = who.n && memmem(note.p, note.n, who.p, who.n); /* "with Bo": said once */
    put_isolated(out, "strong", named ? note : who);
    if (!named)
        put_isolated(out, "span", note);
    put_steps(l, v, out);
    buf_str(out, "</p>");
}

static void put_gap(const struct lang *l, const struct node *v, struct buf *out)
{
    put_days(l, v, out);
    buf_str(out, "<p>");
    lang_put(l, LANG_HTML, out, "timeline.gaps", NULL, 0);
    put_isolated(out, "strong", timeline_note(v, "length"));
    put_isolated(out, "span", node_text(v, "text"));
    put_steps(l, v, out);
    buf_str(out, "</p>");
}

static void put_clash(const struct lang *l, const struct node *v, struct buf *out)
{
    buf_str(out, "<p class=\"when\">");
    lang_date_html(l, out, node_text(v, "at"));
    buf_str(out, "</p><p><strong>");
    lang_put(l, LANG_HTML, out, "firearm.contradiction", NULL, 0);
    buf_str(out, "</strong>");
    put_isolated(out, "span", node_text(v, "text"));
    put_steps(l, v, out);
    buf_str(out, "</p>");
}

static void put_one(const struct lang *l, const struct listed *x, struct buf *out)
{
    static void (*const put[])(const struct lang *, const struct node *, struct buf *) = {put_span, put_gap, put_clash};
    buf_str(out, "<li class=\"");
    if (x->kind == LISTED_SPAN) {
        buf_str(out, "tone-");
        html_escape(out, node_text(x->value, "tone"));
    } else {
        buf_str(out, x->kind == LISTED_GAP ? "gap" : "tone-act");
    }
    buf_str(out, "\">");
    put[x->kind](l, x->value, out);
    buf_str(out, "</li>");
}

void timeline_list(const struct node *trace, const struct lang *l, struct buf *out)
{
    struct listing *all = mem_alloc(1, sizeof *all);
    if (!all) {
        out->err = ERR_MEMORY;
        return;
    }
    add_all(all, node_get(trace, "spans"), LISTED_SPAN, "from");
    add_all(all, node_get(trace, "gaps"), LISTED_GAP, "from");
    add_all(all, node_get(trace, "contradictions"), LISTED_CLASH, "at");
    qsort(all->one, all->n, sizeof *all->one, by_beginning);
    buf_str(out, "<ol class=\"lifeline\">");
    for (size_t i = 0; i < all->n; i++)
        put_one(l, &all->one[i], out);
    buf_str(out, "</ol>");
    mem_free(all);
}
