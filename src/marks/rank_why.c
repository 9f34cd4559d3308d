/* Why a candidate stands where it stands, as message keys; and which characters of its mark differ from what was read. */
#include "marks/rank.h"

#include "base/banned.h"

struct telling {
    struct candidate *c;
    unsigned twins; /* look-alikes seen */
    char read, is;  /* the first of them */
};

static struct why *tell(struct candidate *c, const char *key)
{
    if (c->why_count == SEARCH_WHY)
        return NULL;
    struct why *w = &c->why[c->why_count++];
    w->key = key;
    w->a[0] = w->b[0] = 0;
    return w;
}

static void tell_chars(struct candidate *c, const char *key, char a, char b)
{
    struct why *w = tell(c, key);
    if (!w)
        return;
    w->a[0] = a;
    w->b[0] = b;
    w->a[1] = w->b[1] = 0;
}

static void put_number(char out[16], unsigned n)
{
    char text[16];
    unsigned at = sizeof text, k = 0;
    do
        text[--at] = (char)('0' + n % 10);
    while (n /= 10);
    while (at < sizeof text)
        out[k++] = text[at++];
    out[k] = 0;
}

static void tell_number(struct candidate *c, const char *key, unsigned n)
{
    struct why *w = tell(c, key);
    if (w)
        put_number(w->a, n);
}

static char glyph(uint8_t b)
{
    return b ? mark_glyph(b >> 2, b & 3) : '?';
}

static bool fits(const struct rank_read *r, unsigned i, uint8_t b)
{
    return r->set[i] >> (b >> 2) & 1;
}

static void differs(struct candidate *c, unsigned place)
{
    if (place < 32)
        c->differs |= 1u << place;
}

/* A cell and a character that fit: a look-alike differs, an unreadable one is marked too. */
static void matched(struct telling *t, const struct rank_read *r, unsigned i, uint8_t b, unsigned place)
{
    if (r->byte[i] == b)
        return;
    differs(t->c, place);
    if (!r->byte[i])
        return;
    if (!t->twins++) {
        t->read = glyph(r->byte[i]);
        t->is = glyph(b);
    }
}

/* ---- the best alignment of a stretch, by weight ---- */
enum step { STEP_NONE, STEP_TAKE, STEP_EXTRA, STEP_LOST, STEP_SWAP };
struct grid {
    float w[RANK_CELLS + 1][RANK_CELLS + 1];
    uint8_t step[RANK_CELLS + 1][RANK_CELLS + 1];
};
struct stretch {
    unsigned i0, i1, j0, j1; /* cells, characters */
};

static void offer(struct grid *g, unsigned i, unsigned j, float w, enum step s)
{
    if (w > g->w[i][j]) {
        g->w[i][j] = w;
        g->step[i][j] = (uint8_t)s;
    }
}

/* At most two errors: no best way strays further from the diagonal. */
#define STRAY 2
static void grid_fill(struct grid *g, const struct rank_read *r, const uint8_t *b, const struct stretch *s)
{
    unsigned n = s->i1 - s->i0, m = s->j1 - s->j0;
    float lost = rank_over_ways(r, &r->lost), swap = rank_over_ways(r, &r->swap);
    for (unsigned i = 0; i <= n; i++) {
        unsigned from = i > STRAY ? i - STRAY : 0, to = i + STRAY < m ? i + STRAY : m;
        float extra = i ? rank_over_ways(r, &r->insert[s->i0 + i - 1]) : 0;
        if (from)
            g->w[i][from - 1] = 0;
        for (unsigned j = from; j <= to; j++) {
            g->w[i][j] = i + j ? 0 : 1;
            g->step[i][j] = STEP_NONE;
            if (i && j)
                offer(g, i, j, g->w[i - 1][j - 1] * rank_cell(r, s->i0 + i - 1, b[s->j0 + j - 1]), STEP_TAKE);
            if (i)
                offer(g, i, j, g->w[i - 1][j] * extra, STEP_EXTRA);
            if (j)
                offer(g, i, j, g->w[i][j - 1] * lost, STEP_LOST);
            if (i > 1 && j > 1 && fits(r, s->i0 + i - 2, b[s->j0 + j - 1]) && fits(r, s->i0 + i - 1, b[s->j0 + j - 2]))
                offer(g, i, j, g->w[i - 2][j - 2] * swap, STEP_SWAP); /* at most two errors: look-alikes do not change which */
        }
        if (to < m)
            g->w[i][to + 1] = 0;
    }
}

static void tell_steps(struct telling *t, const struct grid *g, const struct rank_read *r, const uint8_t *b,
    const struct stretch *s)
{
    unsigned i = s->i1 - s->i0, j = s->j1 - s->j0;
    while (i || j) {
        unsigned cell = s->i0 + i - 1, at = s->j0 + j - 1;
        switch ((enum step)g->step[i][j]) {
        case STEP_TAKE:
            if (fits(r, cell, b[at])) {
                matched(t, r, cell, b[at], at);
            } else {
                differs(t->c, at);
                tell_chars(t->c, "why.error_substituted", glyph(r->byte[cell]), glyph(b[at]));
            }
            i--, j--;
            break;
        case STEP_EXTRA:
            tell_chars(t->c, "why.error_extra", glyph(r->byte[cell]), 0);
            i--;
            break;
        case STEP_LOST:
            differs(t->c, at);
            tell_chars(t->c, "why.error_lost", 0, glyph(b[at]));
            j--;
            break;
        case STEP_SWAP:
            differs(t->c, at);
            differs(t->c, at - 1);
            tell_chars(t->c, "why.error_swapped", glyph(b[at - 1]), glyph(b[at]));
            i -= 2, j -= 2;
            break;
        case STEP_NONE:
            return;
        }
    }
}

static void explain_errors(struct telling *t, const struct rank_read *r, struct rank_chars k)
{
    unsigned n = r->n, m = k.n, least = n < m ? n : m, head = 0, tail = 0;
    while (head < least && fits(r, head, k.b[head])) {
        matched(t, r, head, k.b[head], head);
        head++;
    }
    while (tail < least - head && fits(r, n - 1 - tail, k.b[m - 1 - tail])) {
        matched(t, r, n - 1 - tail, k.b[m - 1 - tail], m - 1 - tail);
        tail++;
    }
    struct stretch s = {head, n - tail, head, m - tail};
    struct grid g;
    grid_fill(&g, r, k.b, &s);
    tell_steps(t, &g, r, k.b, &s);
}

/* A pattern with one '*' at an end lies at the other end; with other stars the differing places are not pointed at. */
static void explain_fit(struct telling *t, const struct rank_read *r, struct rank_chars k)
{
    unsigned lost = k.n > r->n ? k.n - r->n : 0, from = r->stars == 1 && r->star_first ? lost : 0;
    if (r->stars == 0 || (r->stars == 1 && (r->star_first || r->star_last))) {
        for (unsigned i = 0; i < r->n && from + i < k.n; i++)
            matched(t, r, i, k.b[from + i], from + i);
        for (unsigned j = 0; j < k.n; j++) {
            if (j < from || j >= from + r->n)
                differs(t->c, j);
        }
    }
    if (lost)
        tell_number(t->c, "why.lost_fits", lost);
}

static void explain_mark(const struct rank_read *r, const struct pattern *p, struct rank_chars k, struct candidate *c)
{
    struct telling t = {.c = c};
    if (c->tier == 0)
        explain_fit(&t, r, k);
    else
        explain_errors(&t, r, k);
    if (t.twins == 1)
        tell_chars(c, "why.lookalike", t.read, t.is);
    else if (t.twins)
        tell_number(c, "why.lookalikes", t.twins);
    if (p->anys)
        tell_number(c, "why.unreadable_fits", p->anys);
    if (p->sets)
        tell_number(c, "why.set_fits", p->sets);
    if (c->tier == 0 && !t.twins && !p->anys && !p->sets && !p->stars)
        tell(c, "why.exact");
}

static const struct {
    const char *same, *near, *other;
} agreement[RANK_ATTR_KINDS] = {
    {"why.make_agrees", NULL, "why.make_differs"},
    {"why.model_agrees", NULL, "why.model_differs"},
    {"why.calibre_agrees", "why.calibre_near", "why.calibre_differs"},
    {"why.type_agrees", NULL, "why.type_differs"},
    {"why.country_agrees", NULL, "why.country_differs"},
    {"why.year_agrees", "why.year_near", "why.year_differs"},
};

void rank_explain(const struct rank_read *r, const struct rank_known *k, const struct pattern *p, struct rank_chars gun,
    uint64_t attr, struct candidate *c)
{
    explain_mark(r, p, gun, c);
    if (!k->count)
        return;
    struct mark_attr is = mark_attr_unpack(attr);
    for (int kind = 0; kind < RANK_ATTR_KINDS; kind++) {
        enum rank_agree how = rank_known_agree(k, (enum rank_attr_kind)kind, &is);
        if (how == AGREE_SAME)
            tell(c, agreement[kind].same);
        else if (how == AGREE_NEAR && kind == RANK_YEAR)
            tell_number(c, agreement[kind].near, is.year > k->is.year ? is.year - k->is.year : k->is.year - is.year);
        else if (how == AGREE_NEAR)
            tell(c, agreement[kind].near);
        else if (how == AGREE_OTHER)
            tell(c, agreement[kind].other);
    }
}
