#include "marks/pattern.h"
#include "base/banned.h"

#define BIT(cls) ((uint64_t)1 << (cls))

/* ---- parsing ---- */

static enum err add_cell(struct pattern *p, struct cell c)
{
    bool star = c.kind == CELL_STAR;
    if (star && p->count && p->cells[p->count - 1].kind == CELL_STAR)
        return OK;
    if (!star && p->count - p->stars == MARK_LONG_CHARS)
        return ERR_TOO_LONG;
    p->cells[p->count++] = c;
    p->stars += star;
    p->anys += c.kind == CELL_ANY;
    p->sets += c.kind == CELL_SET;
    p->chars += c.kind == CELL_CHAR;
    return OK;
}

static enum err add_chars(struct pattern *p, uint32_t codepoint)
{
    uint8_t k[MARK_SPELL];
    unsigned n = mark_spell(codepoint, false, k);
    enum err e = OK;
    for (unsigned i = 0; i < n && e == OK; i++) {
        struct cell c = {CELL_CHAR, k[i] >> 2, k[i] & 3, BIT(k[i] >> 2), {0}};
        e = add_cell(p, c);
    }
    return e;
}

static bool one_kind(uint32_t a, uint32_t b)
{
    return (a >= '0' && a <= '9' && b >= '0' && b <= '9') || (a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z');
}

static uint32_t upper(uint32_t c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}

static void name_in_set(struct cell *c, uint32_t codepoint)
{
    uint8_t k[MARK_SPELL];
    if (!mark_spell(codepoint, false, k))
        return;
    c->set |= BIT(k[0] >> 2);
    for (unsigned i = 0; i < 4; i++) {
        if (c->variants[i] == k[0])
            return;
        if (!c->variants[i]) {
            c->variants[i] = k[0];
            return;
        }
    }
}

/* "0-9" with its first character already named: names the rest of the run. Returns bytes taken after the first
 * character. */
static size_t run_in_set(struct cell *c, uint32_t first, struct slice rest)
{
    if (rest.n < 2 || rest.p[0] != '-')
        return 0;
    uint32_t last = upper((uint8_t)rest.p[1]);
    if (!one_kind(first, last) || last < first)
        return 0;
    for (uint32_t k = first + 1; k <= last; k++)
        name_in_set(c, k);
    return 2;
}

/* From after '[' to after ']'. Returns bytes taken, 0 when the bracket is not closed, empty or holds a sign of the
 * grammar. */
static size_t read_set(struct slice s, struct cell *out)
{
    struct cell c = {.kind = CELL_SET};
    for (size_t at = 0; at < s.n;) {
        uint32_t k;
        at += mark_codepoint(slice_of(s.p + at, s.n - at), &k);
        if (k == '?' || k == '*' || k == '[')
            return 0;
        if (k == ']') {
            *out = c;
            return c.set ? at : 0;
        }
        name_in_set(&c, k);
        at += run_in_set(&c, upper(k), slice_of(s.p + at, s.n - at));
    }
    return 0;
}

static enum err parse_cell(struct pattern *p, struct slice *rest)
{
    uint32_t c;
    size_t took = mark_codepoint(*rest, &c);
    rest->p += took;
    rest->n -= took;
    struct cell cell = {.kind = CELL_ANY, .set = PATTERN_ANY};
    if (c == '?' || c == 0xFF1F || c == 0x61F)
        return add_cell(p, cell);
    if (c == '*' || c == 0xFF0A || c == 0x66D)
        return add_cell(p, (struct cell){.kind = CELL_STAR});
    if (c == ']')
        return ERR_FORMAT;
    if (c != '[')
        return add_chars(p, c);
    took = read_set(*rest, &cell);
    if (!took)
        return ERR_FORMAT;
    rest->p += took;
    rest->n -= took;
    return add_cell(p, cell);
}

static void set_key(struct pattern *p)
{
    if (p->chars != p->count || p->count > MARK_CHARS)
        return;
    p->key.b[0] = (uint8_t)p->count;
    for (size_t i = 0; i < p->count; i++)
        p->key.b[i + 1] = (uint8_t)(p->cells[i].cls << 2 | p->cells[i].variant);
}

static const char *wanted(enum err e)
{
    return e == ERR_FORMAT ? "want.pattern_bracket" : e == ERR_TOO_LONG ? "want.pattern_short" : "want.pattern";
}

enum err pattern_parse(struct slice text, struct pattern *out, struct fault *f)
{
    if (text.n > PATTERN_TEXT_MAX)
        return fault_set(f, ERR_TOO_LONG, "pattern", text, wanted(ERR_TOO_LONG));
    if (slice_nul(text) >= 0 || slice_utf8_fault(text) >= 0)
        return fault_set(f, ERR_ENCODING, "pattern", text, "want.utf8");
    struct pattern p = {0};
    enum err e = OK;
    for (struct slice rest = text; rest.n && e == OK;)
        e = parse_cell(&p, &rest);
    if (e == OK && p.chars + p.sets == 0)
        e = ERR_MISSING;
    if (e != OK)
        return fault_set(f, e, "pattern", text, wanted(e));
    set_key(&p);
    memcpy(p.text, text.p, text.n);
    *out = p;
    return OK;
}

/* ---- what fits ---- */

static bool cell_takes(const struct cell *c, uint8_t k)
{
    return c->set >> (k >> 2) & 1;
}

/* Greedy with one point to come back to: enough, because a later star makes earlier choices free. */
bool pattern_fits_chars(const struct pattern *p, const uint8_t *chars, unsigned n)
{
    size_t i = 0, star = SIZE_MAX;
    unsigned j = 0, back = 0;
    while (j < n) {
        if (i < p->count && p->cells[i].kind == CELL_STAR) {
            star = i++;
            back = j;
        } else if (i < p->count && cell_takes(&p->cells[i], chars[j])) {
            i++;
            j++;
        } else if (star != SIZE_MAX) {
            i = star + 1;
            j = ++back;
        } else {
            return false;
        }
    }
    while (i < p->count && p->cells[i].kind == CELL_STAR)
        i++;
    return i == p->count;
}

bool pattern_fits(const struct pattern *p, const struct mark_key *k)
{
    return pattern_fits_chars(p, k->b + 1, k->b[0] & 15);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The plain table, three rows of it. */
unsigned pattern_distance_chars(const struct pattern *p, const uint8_t *chars, unsigned n, unsigned limit)
{
    unsigned rows[3][MARK_LONG_CHARS + 1];
    if (n > MARK_LONG_CHARS)
        n = MARK_LONG_CHARS;
    for (unsigned j = 0; j <= n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= p->count; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (unsigned j = 1; j <= n; j++) {
            row[j] = least(above[j], row[j - 1]) + 1;
            row[j] = least(row[j], above[j - 1] + !cell_takes(&p->cells[i - 1], chars[j - 1]));
            if (i > 1 && j > 1 && cell_takes(&p->cells[i - 1], chars[j - 2]) &&
                cell_takes(&p->cells[i - 2], chars[j - 1]))
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return least(rows[p->count % 3][n], limit + 1);
}

unsigned pattern_distance(const struct pattern *p, const struct mark_key *k, unsigned limit)
{
    return pattern_distance_chars(p, k->b + 1, k->b[0] & 15, limit);
}
