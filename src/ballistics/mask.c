#include "ballistics/mask.h"
#include "base/arena.h"
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

static const char *const names[MASK_KINDS] = {[MASK_RING] = "ring", [MASK_HOLE] = "hole", [MASK_OUT] = "out", [MASK_BACK] = "back"};

/* ---- reading ---- */

struct reader {
    struct mask *m;
    struct fault *f;
    unsigned line;
};

static enum err fail(const struct reader *r, enum err e, struct slice what)
{
    fault_set(r->f, e, "shapes", what, "want.mask_line");
    if (r->f)
        r->f->line = r->line;
    return e;
}

static struct slice next_word(struct slice *rest)
{
    size_t i = 0, from;
    while (i < rest->n && (rest->p[i] == ' ' || rest->p[i] == '\t' || rest->p[i] == '\r'))
        i++;
    for (from = i; i < rest->n && rest->p[i] != ' ' && rest->p[i] != '\t' && rest->p[i] != '\r';)
        i++;
    struct slice word = slice_of(rest->p + from, i - from);
    *rest = slice_of(rest->p + i, rest->n - i);
    return word;
}

/* Digits, and at most one after a point: a tenth of a micrometre is finer than any scan. Before the corner is allowed: a circle may reach out of the scan. */
static bool read_place(struct slice s, double *out)
{
    bool minus = s.n > 1 && s.p[0] == '-';
    double v = 0, unit = 1;
    size_t i = minus, digits = 0;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && digits < 7; i++, digits++)
        v = v * 10 + (s.p[i] - '0');
    if (i + 2 == s.n && s.p[i] == '.' && s.p[i + 1] >= '0' && s.p[i + 1] <= '9' && digits) {
        v = v * 10 + (s.p[i + 1] - '0');
        unit = 10;
        i = s.n;
    }
    *out = (minus ? -v : v) / unit;
    return digits && i == s.n && fabs(*out) <= MASK_PLACE_MOST;
}

/* "out", "out/40". */
static bool read_kind(struct slice word, struct mask_shape *out)
{
    const char *slash = word.n ? memchr(word.p, '/', word.n) : NULL;
    struct slice name = slash ? slice_of(word.p, (size_t)(slash - word.p)) : word;
    for (size_t i = 0; i < MASK_KINDS; i++)
        if (slice_is(name, names[i])) {
            out->kind = (enum mask_kind)i;
            out->width = 0;
            bool circle = i == MASK_RING || i == MASK_HOLE;
            return !slash || (!circle && read_place(slice_of(slash + 1, word.n - name.n - 1), &out->width) && out->width > 0);
        }
    return false;
}

static enum err read_points(struct reader *r, struct mask_shape *s, struct slice rest)
{
    struct mask *m = r->m;
    for (struct slice word = next_word(&rest); word.n; word = next_word(&rest)) {
        struct slice other = next_word(&rest);
        if (m->points == MASK_POINTS)
            return fail(r, ERR_TOO_LONG, word);
        struct mask_point *p = &m->point[m->points];
        if (!read_place(word, &p->x) || !read_place(other, &p->y))
            return fail(r, ERR_RANGE, other.n ? other : word);
        m->points++;
        s->count++;
    }
    return OK;
}

static enum err read_circle(struct reader *r, struct mask_shape *s, struct slice rest)
{
    struct mask *m = r->m;
    struct slice x = next_word(&rest), y = next_word(&rest), radius = next_word(&rest);
    if (m->points == MASK_POINTS)
        return fail(r, ERR_TOO_LONG, x);
    struct mask_point *p = &m->point[m->points];
    if (!read_place(x, &p->x) || !read_place(y, &p->y) || !read_place(radius, &s->width) || s->width <= 0 || next_word(&rest).n)
        return fail(r, ERR_RANGE, radius);
    m->points++;
    s->count = 1;
    return OK;
}

static enum err read_line(struct reader *r, struct slice line)
{
    struct slice rest = line, word = next_word(&rest);
    struct mask *m = r->m;
    struct mask_shape s = {.first = m->points};
    if (!word.n)
        return OK;
    if (m->shapes == MASK_SHAPES)
        return fail(r, ERR_TOO_LONG, word);
    if (!read_kind(word, &s))
        return fail(r, ERR_FORMAT, word);
    bool circle = s.kind == MASK_RING || s.kind == MASK_HOLE;
    enum err e = circle ? read_circle(r, &s, rest) : read_points(r, &s, rest);
    if (!e && !circle && s.count < (s.width > 0 ? 1u : 3u))
        e = fail(r, ERR_MISSING, word);
    if (!e)
        m->shape[m->shapes++] = s;
    return e;
}

enum err mask_parse(struct slice text, struct mask *out, struct fault *f)
{
    struct reader r = {out, f, 0};
    enum err e = OK;
    out->shapes = out->points = 0;
    if (text.n > MASK_TEXT)
        return fail(&r, ERR_TOO_LONG, SLICE(""));
    while (text.n && !e) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        r.line++;
        e = read_line(&r, slice_of(text.p, n));
        text = slice_of(text.p + n + (end != NULL), text.n - n - (end != NULL));
    }
    return e;
}

/* ---- writing ---- */

static void put_place(struct buf *out, double v)
{
    char text[32];
    double tenths = nearbyint(v * 10);
    snprintf(text, sizeof text, fmod(tenths, 10) == 0 ? "%.0f" : "%.1f", tenths / 10);
    buf_str(out, strcmp(text, "-0") == 0 ? "0" : text);
}

void mask_print(const struct mask *m, struct buf *out)
{
    for (size_t i = 0; i < m->shapes; i++) {
        const struct mask_shape *s = &m->shape[i];
        bool circle = s->kind == MASK_RING || s->kind == MASK_HOLE;
        if (i)
            buf_byte(out, '\n');
        buf_str(out, names[s->kind]);
        if (!circle && s->width > 0) {
            buf_byte(out, '/');
            put_place(out, s->width);
        }
        for (size_t k = 0; k < s->count; k++) {
            buf_byte(out, ' ');
            put_place(out, m->point[s->first + k].x);
            buf_byte(out, ' ');
            put_place(out, m->point[s->first + k].y);
        }
        if (circle) {
            buf_byte(out, ' ');
            put_place(out, s->width);
        }
    }
}

/* ---- laying it over a surface ---- */

/* Even-odd, for a point that is no corner. */
static bool within_area(const struct mask_point *p, size_t n, double x, double y)
{
    bool in = false;
    for (size_t i = 0, j = n - 1; i < n; j = i++)
        if ((p[i].y > y) != (p[j].y > y) && x < p[i].x + (y - p[i].y) / (p[j].y - p[i].y) * (p[j].x - p[i].x))
            in = !in;
    return in;
}

static double from_segment(struct mask_point a, struct mask_point b, double x, double y)
{
    double dx = b.x - a.x, dy = b.y - a.y, n = dx * dx + dy * dy, t = n > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / n : 0;
    t = fmin(fmax(t, 0), 1);
    return hypot(x - a.x - t * dx, y - a.y - t * dy);
}

struct plate { /* one byte a point: left out */
    uint8_t *out;
    const struct surface *s;
};

struct box { /* points of the surface, ends excluded */
    size_t x0, x1, y0, y1;
};

static struct box box_of(const struct plate *t, const struct mask_point *p, size_t n, double margin)
{
    double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY, px = t->s->dx * 1e6, py = t->s->dy * 1e6;
    for (size_t i = 0; i < n; i++) {
        x0 = fmin(x0, p[i].x);
        x1 = fmax(x1, p[i].x);
        y0 = fmin(y0, p[i].y);
        y1 = fmax(y1, p[i].y);
    }
    double left = (x0 - margin) / px - 1, right = (x1 + margin) / px + 2, top = (y0 - margin) / py - 1, bottom = (y1 + margin) / py + 2;
    return (struct box){(size_t)fmin(fmax(left, 0), t->s->nx), (size_t)fmin(fmax(right, 0), t->s->nx), (size_t)fmin(fmax(top, 0), t->s->ny),
        (size_t)fmin(fmax(bottom, 0), t->s->ny)};
}

static double place_x(const struct plate *t, size_t x)
{
    return ((double)x + 0.5) * t->s->dx * 1e6;
}

static double place_y(const struct plate *t, size_t y)
{
    return ((double)y + 0.5) * t->s->dy * 1e6;
}

static void lay_area(struct plate *t, const struct mask_point *p, size_t n, uint8_t as)
{
    struct box b = box_of(t, p, n, 0);
    for (size_t y = b.y0; y < b.y1; y++)
        for (size_t x = b.x0; x < b.x1; x++)
            if (within_area(p, n, place_x(t, x), place_y(t, y)))
                t->out[y * t->s->nx + x] = as;
}

static void lay_stroke(struct plate *t, const struct mask_point *p, size_t n, double half, uint8_t as)
{
    for (size_t i = 0; i < n; i++) {
        size_t from = i ? i - 1 : 0;
        struct box b = box_of(t, &p[from], i - from + 1, half);
        for (size_t y = b.y0; y < b.y1; y++)
            for (size_t x = b.x0; x < b.x1; x++)
                if (from_segment(p[from], p[i], place_x(t, x), place_y(t, y)) <= half)
                    t->out[y * t->s->nx + x] = as;
    }
}

static void lay_circle(struct plate *t, struct mask_point at, double radius, bool inside)
{
    for (size_t y = 0; y < t->s->ny; y++)
        for (size_t x = 0; x < t->s->nx; x++)
            if ((hypot(place_x(t, x) - at.x, place_y(t, y) - at.y) < radius) == inside)
                t->out[y * t->s->nx + x] = 1;
}

/* Areas and strokes in their order; circles last, so that nothing takes back what they leave out. */
static void lay(struct plate *t, const struct mask *m, bool circles)
{
    for (size_t i = 0; i < m->shapes; i++) {
        const struct mask_shape *s = &m->shape[i];
        if (s->kind != MASK_OUT && s->kind != MASK_BACK)
            continue;
        if (s->width > 0)
            lay_stroke(t, &m->point[s->first], s->count, s->width / 2, s->kind == MASK_OUT);
        else
            lay_area(t, &m->point[s->first], s->count, s->kind == MASK_OUT);
    }
    for (size_t i = 0; circles && i < m->shapes; i++)
        if (m->shape[i].kind == MASK_RING || m->shape[i].kind == MASK_HOLE)
            lay_circle(t, m->point[m->shape[i].first], m->shape[i].width, m->shape[i].kind == MASK_HOLE);
}

enum err mask_apply(const struct mask *m, bool circles, struct surface *s, uint64_t *out_removed, struct fault *f)
{
    size_t n = surface_points(s);
    struct plate t = {mem_alloc(n, 1), s};
    uint64_t removed = 0;
    if (!t.out)
        return fault_set(f, ERR_MEMORY, "mask", SLICE(""), "");
    memset(t.out, 0, n);
    lay(&t, m, circles);
    for (size_t i = 0; i < n; i++)
        if (t.out[i] && !isnan(s->z[i])) {
            s->z[i] = NAN;
            removed++;
        }
    mem_free(t.out);
    *out_removed = removed;
    return OK;
}

struct surface_recipe mask_recipe(const struct mask *m, const struct surface_recipe *r, const struct surface *s)
{
    struct surface_recipe out = *r;
    for (size_t i = 0; i < m->shapes; i++) {
        const struct mask_shape *c = &m->shape[i];
        const struct mask_point *p = &m->point[c->first];
        struct surface_circle at = {p->x * 1e-6 - s->dx / 2, p->y * 1e-6 - s->dy / 2, c->width * 1e-6}; /* there: from the centre of the first point */
        if (c->kind == MASK_RING) {
            out.ring = false;
            out.ring_at = at;
        } else if (c->kind == MASK_HOLE) {
            out.hole = false;
            out.hole_at = at;
        }
    }
    return out;
}
