/* Serial grammars and their counters. A maker numbers a model's guns one after another, with gaps (guns that went elsewhere),
 * and begins a new stretch each year: so real serials stand close together, and so do these. */
#include "sample/sample_parts.h"
#include "base/banned.h"

static const char clear_letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ"; /* no I, O, Q */
static const char *const cyrillic[] = {"А", "Б", "В", "Г", "Д", "Е", "Ж", "З", "И", "К", "Л", "М", "Н", "О", "П", "Р", "С",
    "Т", "У", "Ф", "Х", "Ц", "Ч", "Ш", "Э", "Ю", "Я"};
#define CLEAR_LETTERS (sizeof clear_letters - 1)
#define CYRILLIC (sizeof cyrillic / sizeof *cyrillic)
#define NUMBER_FIRST 1001 /* an unpadded number has at least four digits */

static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

static uint64_t cell_radix(const struct grammar_cell *c)
{
    switch (c->kind) {
    case G_DIGIT: return 10;
    case G_NUMBER: return powers[c->digits] - NUMBER_FIRST;
    case G_LETTER: return 26;
    case G_CLEAR_LETTER: return CLEAR_LETTERS;
    case G_CYRILLIC: return CYRILLIC;
    default: return 1;
    }
}

static bool cell_is_number(const struct grammar_cell *c)
{
    return c->kind == G_DIGIT || c->kind == G_NUMBER;
}

/* ---- compiling ---- */
static size_t utf8_length(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static int plain_kind(char c)
{
    switch (c) {
    case '9': return G_DIGIT;
    case 'A': return G_LETTER;
    case 'B': return G_CLEAR_LETTER;
    case 'T': return G_TAURUS_YEAR;
    case 't': return G_TAURUS_MONTH;
    case 'n': return G_NUMBER;
    case 'y': return G_YEAR1;
    default: return (c >= '0' && c <= '8') || c == '-' || c == '/' || c == '.' || c == ' ' ? G_TEXT : -1;
    }
}

/* One cell from the text at *at; false when it is not of the grammar. */
static bool read_cell(struct slice text, size_t *at, bool quoted, struct grammar_cell *out)
{
    size_t n = utf8_length((unsigned char)text.p[*at]);
    if (*at + n > text.n)
        return false;
    memcpy(out->text, text.p + *at, n);
    int kind = quoted ? G_TEXT : memcmp(out->text, "Я", 2) == 0 ? G_CYRILLIC : plain_kind(out->text[0]);
    *at += n;
    char next = *at < text.n ? text.p[*at] : 0;
    if (kind == G_NUMBER) {
        out->digits = (uint8_t)(next - '0');
        kind = next >= '4' && next <= '8' ? G_NUMBER : -1;
        *at += 1;
    } else if (kind == G_YEAR1 && next == 'y') {
        kind = G_YEAR2;
        *at += 1;
    }
    out->kind = (uint8_t)kind;
    return kind >= 0;
}

static const char *cell_shape(const struct grammar_cell *c)
{
    switch (c->kind) {
    case G_TEXT: return c->text;
    case G_CYRILLIC: return "K";
    case G_NUMBER: return "n";
    case G_YEAR2: return "dd";
    case G_DIGIT:
    case G_YEAR1: return "d";
    default: return "L";
    }
}

/* The look of a grammar: d for a digit, L and K for letters, n for a number, and what is always the same as it is. */
static void shape_text(const struct grammar *g, char out[SERIAL_TEXT])
{
    size_t n = 0;
    for (size_t i = 0; i < g->count && n + 5 < SERIAL_TEXT; i++) {
        const char *part = cell_shape(&g->cell[i]);
        size_t part_n = strlen(part);
        memcpy(out + n, part, part_n);
        n += part_n;
    }
}

static bool find_shape(struct sample *s, struct grammar *g)
{
    char text[SERIAL_TEXT] = {0};
    shape_text(g, text);
    for (size_t i = 0; i < s->shape_count; i++) {
        if (memcmp(s->shape[i], text, SERIAL_TEXT) == 0) {
            g->shape = (uint8_t)i;
            return true;
        }
    }
    if (s->shape_count == SAMPLE_SHAPES)
        return false;
    memcpy(s->shape[s->shape_count], text, SERIAL_TEXT);
    g->shape = (uint8_t)s->shape_count++;
    return true;
}

enum err sample_grammar(struct sample *s, struct slice text, struct grammar *out, struct fault *f)
{
    struct grammar g = {.capacity = 1};
    bool quoted = false, good = true;
    for (size_t at = 0; good && at < text.n;) {
        if (text.p[at] == '\'') {
            quoted = !quoted;
            at++;
            continue;
        }
        good = g.count < GRAMMAR_CELLS && read_cell(text, &at, quoted, &g.cell[g.count]);
        if (!good)
            break;
        const struct grammar_cell *c = &g.cell[g.count++];
        g.capacity *= cell_radix(c);
        g.has_year |= c->kind == G_YEAR2 || c->kind == G_TAURUS_YEAR;
    }
    if (!good || quoted || g.capacity < 100 || !find_shape(s, &g))
        return fault_set(f, ERR_FORMAT, "grammar", text, "");
    *out = g;
    return OK;
}

/* ---- making ---- */
/* Divides the number among the counted cells: digits from the right, then letters from the right. */
static void spread(const struct grammar *g, uint64_t number, uint32_t *digit)
{
    for (int letters = 0; letters < 2; letters++) {
        for (size_t i = g->count; i-- > 0;) {
            if (cell_is_number(&g->cell[i]) == (letters == 1))
                continue;
            uint64_t radix = cell_radix(&g->cell[i]);
            digit[i] = (uint32_t)(number % radix);
            number /= radix;
        }
    }
}

static size_t put_number(char *out, uint32_t v)
{
    char text[10];
    size_t n = 0;
    do {
        text[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < n; i++)
        out[i] = text[n - 1 - i];
    return n;
}

/* Taurus: the first letter counts years from A = 1981 and comes round after 26; the second is the month, A to L in the first
 * round, M to Y without Q in the second. */
static char taurus_letter(bool year_letter, int year, int month)
{
    int k = year < 1981 ? 0 : year - 1981;
    return year_letter ? (char)('A' + k % 26) : "ABCDEFGHIJKLMNOPRSTUVWXY"[month - 1 + (k >= 26 ? 12 : 0)];
}

static size_t put_cell(const struct grammar_cell *c, uint32_t digit, int year, int month, char *out)
{
    switch (c->kind) {
    case G_TEXT: {
        size_t n = strlen(c->text);
        memcpy(out, c->text, n);
        return n;
    }
    case G_CYRILLIC: memcpy(out, cyrillic[digit], 2); return 2;
    case G_NUMBER: return put_number(out, digit + NUMBER_FIRST);
    case G_YEAR2:
        out[0] = (char)('0' + year / 10 % 10);
        out[1] = (char)('0' + year % 10);
        return 2;
    case G_DIGIT: *out = (char)('0' + digit); return 1;
    case G_LETTER: *out = (char)('A' + digit); return 1;
    case G_CLEAR_LETTER: *out = clear_letters[digit]; return 1;
    case G_YEAR1: *out = (char)('0' + year % 10); return 1;
    default: *out = taurus_letter(c->kind == G_TAURUS_YEAR, year, month); return 1;
    }
}

static uint32_t gap(struct rng *r)
{
    uint32_t kind = rng_below(r, 16);
    return kind < 10 ? 1 : kind < 14 ? 2 + rng_below(r, 3) : 5 + rng_below(r, 36);
}

static uint64_t next_number(struct sample *s, const struct sample_model *m, int year)
{
    uint32_t *counter = &s->counter[m->counter_at + (uint32_t)(year - m->first_year)];
    uint64_t number = m->grammar.has_year ? 0 : (uint64_t)(year - m->first_year) * m->annual;
    number = (number + m->start + *counter) % m->grammar.capacity;
    *counter += gap(&s->rng);
    return number;
}

/* Another maker's serial of the same look, where another maker has any: about one row in fourteen in all. */
#define SHARED 1900
static bool borrow(struct sample *s, const struct sample_model *m, struct serial *out)
{
    const struct ring *ring = &s->ring[m->grammar.shape];
    if (ring->count < RING || !rng_chance(&s->rng, SHARED))
        return false;
    const struct ring_entry *e = &ring->entry[rng_below(&s->rng, RING)];
    if (e->make == m->make)
        return false;
    out->n = e->n;
    memcpy(out->text, e->text, e->n);
    return true;
}

static void remember(struct sample *s, const struct sample_model *m, const struct serial *serial)
{
    struct ring *ring = &s->ring[m->grammar.shape];
    struct ring_entry *e = &ring->entry[ring->count++ % RING];
    e->make = m->make;
    e->n = (uint8_t)serial->n;
    memcpy(e->text, serial->text, serial->n);
    if (ring->count == 2 * RING)
        ring->count = RING;
}

void sample_serial(struct sample *s, const struct sample_model *m, int year, int month, struct serial *out)
{
    uint32_t digit[GRAMMAR_CELLS];
    if (borrow(s, m, out))
        return;
    spread(&m->grammar, next_number(s, m, year), digit);
    out->n = 0;
    for (size_t i = 0; i < m->grammar.count; i++)
        out->n += put_cell(&m->grammar.cell[i], digit[i], year, month, out->text + out->n);
    remember(s, m, out);
}
