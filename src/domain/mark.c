#include "domain/mark.h"
#include "base/banned.h"

static const char *const status_codes[MARK_STATUS_COUNT] = {[MARK_CLEAR] = "CLEAR",
    [MARK_PARTIAL] = "PARTIAL",
    [MARK_OBLITERATED] = "OBLITERATED",
    [MARK_WORN] = "WORN",
    [MARK_NONE_SEEN] = "NONE_SEEN",
    [MARK_RESTORED] = "RESTORED",
    [MARK_ALTERED] = "ALTERED",
    [MARK_ABSENT] = "ABSENT",
    [MARK_UNKNOWN] = "UNKNOWN"};

const char *mark_status_code(enum mark_status s)
{
    return (unsigned)s < MARK_STATUS_COUNT ? status_codes[s] : "UNKNOWN";
}

bool mark_status_of(struct slice code, enum mark_status *out)
{
    for (unsigned i = 0; i < MARK_STATUS_COUNT; i++)
        if (slice_is(code, status_codes[i])) {
            *out = (enum mark_status)i;
            return true;
        }
    return false;
}

/* ---- folding ---- */

static size_t sequence(const uint8_t *p)
{
    return p[0] < 0x80                   ? 1
           : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
           : p[0] >= 0xE0 && p[0] < 0xF0 ? 3
           : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                         : 0;
}

size_t mark_codepoint(struct slice s, uint32_t *out)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *p = (const uint8_t *)s.p;
    size_t n = sequence(p);
    *out = p[0];
    if (n < 2 || n > s.n)
        return 1;
    uint32_t c = p[0] & (0x7F >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 1;
        c = c << 6 | (p[i] & 0x3F);
    }
    if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 1;
    *out = c;
    return n;
}

static bool non_latin(uint32_t c)
{
    return (c >= 0x370 && c < 0x1E00) || (c >= 0x3040 && c < 0xFB00);
}

unsigned mark_class(uint32_t c, bool by_shape, unsigned *variant)
{
    uint8_t k[MARK_SPELL];
    if (!mark_spell(c, by_shape, k))
        return 0;
    if (variant)
        *variant = k[0] & 3;
    return k[0] >> 2;
}

struct folded {
    uint8_t c[MARK_LONG_CHARS];
    unsigned n, flags;
};

static void fold_one(uint32_t c, bool by_shape, struct folded *f)
{
    uint8_t k[MARK_SPELL];
    unsigned n = mark_spell(c, by_shape, k);
    if (c == '?' || c == '*')
        f->flags |= MARK_UNREADABLE;
    if (n && non_latin(c))
        f->flags |= MARK_NON_LATIN;
    for (unsigned i = 0; i < n; i++) {
        if (f->n < MARK_LONG_CHARS)
            f->c[f->n++] = k[i];
        else
            f->flags |= MARK_CUT;
    }
    if (f->n > MARK_CHARS)
        f->flags |= MARK_LONG;
}

static struct folded fold_text(struct slice text, bool by_shape)
{
    struct folded f = {{0}, 0, 0};
    while (text.n) {
        uint32_t c;
        size_t took = mark_codepoint(text, &c);
        fold_one(c, by_shape, &f);
        text.p += took;
        text.n -= took;
    }
    return f;
}

static struct mark_key key_of(const struct folded *f)
{
    struct mark_key k = {{0}};
    k.b[0] = (uint8_t)(f->n < MARK_CHARS ? f->n : MARK_CHARS);
    memcpy(k.b + 1, f->c, k.b[0]);
    return k;
}

static struct mark_key tail_of(const struct folded *f)
{
    struct mark_key k = {{0}};
    unsigned n = f->n - MARK_CHARS;
    k.b[0] = (uint8_t)(MARK_TAIL | n);
    memcpy(k.b + 1, f->c + MARK_CHARS, n); /* n <= 15: MARK_LONG_CHARS is twice MARK_CHARS */
    return k;
}

static bool same(const struct folded *a, const struct folded *b)
{
    return a->n == b->n && memcmp(a->c, b->c, a->n) == 0;
}

unsigned mark_fold(struct slice text, struct mark_key *value, struct mark_key *shape)
{
    struct folded v = fold_text(text, false), s = fold_text(text, true);
    *value = key_of(&v);
    if (same(&v, &s))
        return v.flags;
    if (shape)
        *shape = key_of(&s);
    return v.flags | MARK_HAS_SHAPE_KEY;
}

static size_t add_keys(const struct folded *f, struct mark_key *out)
{
    if (!f->n)
        return 0;
    out[0] = key_of(f);
    if (f->n <= MARK_CHARS)
        return 1;
    out[1] = tail_of(f);
    return 2;
}

size_t mark_keys(struct slice text, struct mark_key out[MARK_KEYS], unsigned *out_flags)
{
    struct folded v = fold_text(text, false), s = fold_text(text, true);
    bool two = !same(&v, &s);
    size_t n = add_keys(&v, out);
    if (two)
        n += add_keys(&s, out + n);
    if (out_flags)
        *out_flags = v.flags | (two ? MARK_HAS_SHAPE_KEY : 0);
    return n;
}

unsigned mark_chars(struct slice text, bool by_shape, uint8_t out[MARK_LONG_CHARS])
{
    struct folded f = fold_text(text, by_shape);
    memcpy(out, f.c, f.n);
    return f.n;
}

/* ---- NCIC embedded letters ---- */

static bool is_digit(uint8_t c)
{
    char g = mark_glyph(c >> 2, c & 3);
    return g >= '0' && g <= '9';
}

/* A letter is embedded when a digit stands somewhere before it and somewhere after it. Prefix and suffix letters count.
 */
struct mark_key mark_without_embedded(const struct mark_key *k)
{
    unsigned n = k->b[0] & 15, first = n + 1, last = 0;
    for (unsigned i = 1; i <= n; i++)
        if (is_digit(k->b[i])) {
            first = first > n ? i : first;
            last = i;
        }
    struct mark_key out = {{0}};
    for (unsigned i = 1; i <= n; i++)
        if (i < first || i > last || is_digit(k->b[i]))
            out.b[1 + out.b[0]++] = k->b[i];
    return out;
}

/* ---- attribute word ---- */

#define YEAR_BASE 1850

static uint64_t year_part(unsigned year)
{
    return year > YEAR_BASE && year <= YEAR_BASE + 255 ? year - YEAR_BASE : 0;
}

uint64_t mark_attr_pack(struct mark_attr a)
{
    uint64_t calibre = a.calibre < 1024 ? a.calibre : 0, type = a.type < 32 ? a.type : 0;
    return (uint64_t)a.make | (uint64_t)a.model << 16 | calibre << 32 | type << 42 | (uint64_t)a.country << 47 |
           year_part(a.year) << 55 | (uint64_t)a.non_latin << 63;
}

struct mark_attr mark_attr_unpack(uint64_t w)
{
    unsigned year = w >> 55 & 255;
    return (struct mark_attr){
        .make = (uint16_t)w,
        .model = (uint16_t)(w >> 16),
        .calibre = (uint16_t)(w >> 32 & 1023),
        .type = (uint8_t)(w >> 42 & 31),
        .country = (uint8_t)(w >> 47 & 255),
        .year = (uint16_t)(year ? year + YEAR_BASE : 0),
        .non_latin = w >> 63,
    };
}
