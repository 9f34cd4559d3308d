/* What a police file says of a recovered gun's mark: the serial, whole or damaged, inside the words of data/sample/marks.txt. */
#include "sample/sample_parts.h"
#include "base/banned.h"

struct glyphs {
    size_t n;
    struct slice g[SERIAL_TEXT];
};

static void split(const struct serial *serial, struct glyphs *out)
{
    out->n = 0;
    for (size_t at = 0; at < serial->n;) {
        size_t end = at + 1;
        while (end < serial->n && (serial->text[end] & 0xc0) == 0x80)
            end++;
        out->g[out->n++] = slice_of(serial->text + at, end - at);
        at = end;
    }
}

static void put(const struct glyphs *g, size_t from, size_t to, struct buf *out)
{
    for (size_t i = from; i < to; i++)
        buf_slice(out, g->g[i]);
}

static bool is_separator(struct slice g)
{
    return slice_is(g, "-") || slice_is(g, " ") || slice_is(g, "/") || slice_is(g, ".");
}

static void hide(struct rng *r, struct glyphs *g, unsigned count)
{
    while (count > 0) {
        size_t i = rng_below(r, (uint32_t)g->n);
        if (is_separator(g->g[i]))
            continue;
        g->g[i] = SLICE("?");
        count--;
    }
}

static void look_alike(struct rng *r, struct glyphs *g)
{
    static const char from[] = "0O1I2Z5S6G8B", to[] = "O0I1Z2S5G6B8";
    size_t start = rng_below(r, (uint32_t)g->n);
    for (size_t k = 0; k < g->n; k++) {
        struct slice *glyph = &g->g[(start + k) % g->n];
        const char *p = glyph->n == 1 ? strchr(from, glyph->p[0]) : NULL;
        if (!p)
            continue;
        *glyph = slice_of(to + (p - from), 1);
        return;
    }
}

static void misread(struct rng *r, struct glyphs *g)
{
    static const char digits[] = "0123456789";
    size_t i = rng_below(r, (uint32_t)g->n);
    g->g[i] = slice_of(digits + rng_below(r, 10), 1);
}

static void put_mark(struct sample *s, struct slice name, struct glyphs *g, struct buf *out)
{
    struct rng *r = &s->rng;
    size_t lost = 1 + rng_below(r, 3), from = 0, to = g->n;
    if (slice_is(name, "l"))
        look_alike(r, g);
    else if (slice_is(name, "1"))
        hide(r, g, 1);
    else if (slice_is(name, "2"))
        hide(r, g, 2);
    else if (slice_is(name, "e"))
        misread(r, g);
    else if (slice_is(name, "tail"))
        from = lost;
    else if (slice_is(name, "head"))
        to -= lost;
    else if (slice_is(name, "mid")) {
        size_t at = 1 + rng_below(r, (uint32_t)(g->n - lost));
        put(g, 0, at, out);
        buf_byte(out, '*');
        from = at + lost < g->n ? at + lost : g->n;
    }
    put(g, from, to, out);
}

void sample_mark(struct sample *s, const struct serial *serial, struct buf *out)
{
    struct slice text = s->marks[pick_one(&s->pick_mark, &s->rng)];
    const char *open = memchr(text.p, '{', text.n);
    if (!open) {
        buf_slice(out, text);
        return;
    }
    const char *end = text.p + text.n, *close = memchr(open, '}', (size_t)(end - open));
    if (!close)
        return;
    struct glyphs g;
    split(serial, &g);
    buf_add(out, text.p, (size_t)(open - text.p));
    put_mark(s, slice_of(open + 1, (size_t)(close - open - 1)), &g, out);
    buf_add(out, close + 1, (size_t)(end - close - 1));
}
