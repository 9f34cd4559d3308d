/* Lanes from the top: owner; others who hold it lawfully; the State; not accounted for. Bands of one lane that overlap (co-owners, a
 * contradiction) stand in rows of their own. */
#include "web/timeline_in.h"
#include "lang/html.h"
#include "base/banned.h"

#define LANE_NAME 18
#define BAND 22
#define ROW 26
#define LANE_GAP 4
#define LEAST 0.7 /* percent: the narrowest band drawn */

enum lane { LANE_OWNER, LANE_OTHERS, LANE_STATE, LANE_GAPS };
enum label_place { LABEL_INSIDE, LABEL_BEFORE, LABEL_AFTER, LABEL_NONE };

struct slice timeline_note(const struct node *v, const char *key)
{
    const struct node *m = node_get(v, key);
    return m && m->type == NODE_OBJECT ? node_text(m, "text") : m ? m->text : slice_of(NULL, 0);
}

/* ---- placing ---- */

static const char *const lane_keys[TIMELINE_LANES] = {"timeline.owner", "timeline.others", "timeline.state", "timeline.gaps"};

static int lane_of(const struct node *span)
{
    struct slice role = node_text(span, "role"), tone = node_text(span, "tone");
    if (slice_is(role, "owner"))
        return LANE_OWNER;
    if (slice_is(role, "custodian") && slice_is(tone, "state"))
        return LANE_STATE;
    return slice_is(tone, "gap") ? LANE_GAPS : LANE_OTHERS;
}

const char *timeline_lane_key(const struct node *span)
{
    return lane_keys[lane_of(span)];
}

static void add_band(struct drawing *d, const struct node *v, int lane, bool gap)
{
    int64_t from, to;
    if (d->count == TIMELINE_BANDS)
        return;
    bool begins = timeline_when(v, "from", &from);
    double x = begins ? timeline_along(d, from) : 0;
    double end = timeline_along(d, timeline_when(v, "to", &to) ? to : d->to);
    double width = end > x ? end - x : 0;
    int row = 0;
    for (size_t i = 0; i < d->count && row < TIMELINE_ROWS - 1; i++) {
        const struct band *b = &d->band[i];
        if (b->lane == lane && b->row == row && x < b->x + b->width - 0.05 && x + width > b->x + 0.05) {
            row++;
            i = (size_t)-1;
        }
    }
    d->band[d->count++] = (struct band){v, lane, row, x, width, gap};
    d->lane_rows[lane] = row + 1 > d->lane_rows[lane] ? row + 1 : d->lane_rows[lane];
}

void timeline_place(struct drawing *d, const struct node *trace)
{
    const struct node *spans = node_get(trace, "spans"), *gaps = node_get(trace, "gaps");
    for (const struct node *v = spans ? spans->first : NULL; v; v = v->next)
        if (!slice_is(node_text(v, "tone"), "gap")) /* drawn from the list of gaps, which knows their length */
            add_band(d, v, lane_of(v), false);
    for (const struct node *v = gaps ? gaps->first : NULL; v; v = v->next)
        add_band(d, v, LANE_GAPS, true);
    int y = d->lanes_at;
    for (int i = 0; i < TIMELINE_LANES; i++) {
        d->lane_y[i] = y;
        y += d->lane_rows[i] ? LANE_NAME + d->lane_rows[i] * ROW + LANE_GAP : 0;
    }
    d->height = y;
}

/* ---- labels ---- */

static double text_percent(struct slice s)
{
    size_t letters = 0;
    for (size_t i = 0; i < s.n; i++)
        letters += ((uint8_t)s.p[i] & 0xC0) != 0x80;
    return ((double)letters * 7 + 14) / TIMELINE_WIDTH * 100;
}

static bool stretch_free(const struct drawing *d, const struct band *mine, double a, double b)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct band *o = &d->band[i];
        if (o != mine && o->lane == mine->lane && o->row == mine->row && o->x < b - 0.01 && o->x + o->width > a + 0.01)
            return false;
    }
    return a >= 0 && b <= 100;
}

static enum label_place place_label(const struct drawing *d, const struct band *b, struct slice label)
{
    double need = text_percent(label), end = b->x + b->width;
    if (!label.n)
        return LABEL_NONE;
    if (b->width >= need)
        return LABEL_INSIDE;
    if (stretch_free(d, b, end, end + need))
        return LABEL_AFTER;
    if (stretch_free(d, b, b->x - need, b->x))
        return LABEL_BEFORE;
    return b->width * TIMELINE_WIDTH / 100 > 40 ? LABEL_INSIDE : LABEL_NONE;
}

/* Who holds it (the length, for a gap); else the note. */
static struct slice label_of(const struct band *b)
{
    struct slice s = b->gap ? timeline_note(b->value, "length") : node_text(b->value, "who");
    s = s.n ? s : timeline_note(b->value, "label");
    return s.n || !b->gap ? s : node_text(b->value, "text");
}

/* Isolated, so that a label of the other direction does not turn about. */
static void put_label(const struct drawing *d, struct slice s)
{
    buf_str(d->out, d->rtl ? "\u2068" : "");
    html_escape(d->out, s);
    buf_str(d->out, d->rtl ? "\u2069" : "");
}

static void draw_label_beside(const struct drawing *d, const struct band *b, struct slice label, bool after, int y)
{
    double x = after ? b->x + b->width : b->x;
    buf_str(d->out, "<text class=\"beside\"");
    timeline_percent(d, "x", d->rtl ? 100 - x : x);
    buf_printf(d->out, " y=\"%d\" dx=\"%d\" text-anchor=\"%s\">", y + BAND - 6, after != d->rtl ? 6 : -6, after ? "start" : "end");
    put_label(d, label);
    buf_str(d->out, "</text>");
}

/* ---- drawing ---- */

/* For the pointer: the note, from, to. */
static void put_title(const struct drawing *d, const struct band *b)
{
    const struct node *v = b->value;
    struct slice text = b->gap ? node_text(v, "text") : timeline_note(v, "label"), from = node_text(v, "from"), to = node_text(v, "to");
    const struct lang_arg args[] = {lang_s("from", from), lang_s("to", to)};
    struct buf words;
    buf_init(&words, 1024);
    buf_str(d->out, "<title>");
    html_escape(d->out, text.n ? text : node_text(v, "who"));
    if (!b->gap && (from.n || to.n)) {
        lang_put(d->l, LANG_PLAIN, &words, !from.n ? "timeline.until" : to.n ? "timeline.from_to" : "timeline.since", args, 2);
        html_escape(d->out, buf_view(&words));
    }
    buf_str(d->out, "</title>");
    buf_free(&words);
}

static void draw_band(const struct drawing *d, const struct band *b)
{
    struct slice label = label_of(b);
    enum label_place place = place_label(d, b, label);
    double width = b->width > LEAST ? b->width : LEAST;
    int y = d->lane_y[b->lane] + LANE_NAME + b->row * ROW;
    buf_str(d->out, b->gap ? "<svg class=\"band gap" : "<svg class=\"band tone-");
    if (!b->gap)
        html_escape(d->out, node_text(b->value, "tone"));
    buf_byte(d->out, '"');
    timeline_percent(d, "x", d->rtl ? 100 - b->x - width : b->x);
    timeline_percent(d, "width", width);
    buf_printf(d->out, " y=\"%d\" height=\"%d\">", y, BAND);
    put_title(d, b);
    buf_printf(d->out, "<rect width=\"100%%\" height=\"%d\"/>", BAND);
    if (place == LABEL_INSIDE) {
        buf_printf(d->out, "<text x=\"%s\" y=\"%d\" dx=\"%d\">", d->rtl ? "100%" : "0", BAND - 6, d->rtl ? -6 : 6);
        put_label(d, label);
        buf_str(d->out, "</text>");
    }
    buf_str(d->out, "</svg>");
    if (place == LABEL_BEFORE || place == LABEL_AFTER)
        draw_label_beside(d, b, label, place == LABEL_AFTER, y);
}

void timeline_bands(const struct drawing *d)
{
    for (size_t i = 0; i < d->count; i++)
        draw_band(d, &d->band[i]);
}

void timeline_lane_names(const struct drawing *d)
{
    for (int i = 0; i < TIMELINE_LANES; i++) {
        if (!d->lane_rows[i])
            continue;
        buf_str(d->out, "<text class=\"lane\"");
        timeline_percent(d, "x", d->rtl ? 100 : 0);
        buf_printf(d->out, " y=\"%d\">", d->lane_y[i] + LANE_NAME - 5);
        lang_put(d->l, LANG_VALUE, d->out, lane_keys[i], NULL, 0);
        buf_str(d->out, "</text>");
    }
}
