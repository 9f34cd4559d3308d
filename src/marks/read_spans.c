/* A serial is a chain of atoms: "Q7120-11AB 00431", "22 H 00518", "4410(7)3", "Q R S ? 7 6". Two neighbours are
 * chained when what stands between them can stand inside a number and neither is a word that says something. What is
 * left over after that are calibres, quantities and the numbers of other things. */
#include "marks/read_spans.h"
#include "domain/fold.h"

#include "base/banned.h"

#define WHOLE_NUMBER 5 /* characters from which an atom may be a number of its own beside another of the same shape */
#define PREFIX 4       /* letters that may stand before a number as a part of it */

static size_t length(const struct atom *a)
{
    return (size_t)(a->to - a->from);
}

static bool signs_only(const struct atom *a)
{
    return a->kind == ATOM_CODE && a->letters == 0 && a->digits == 0;
}

/* Letters that can belong to a number: few, upper case, and not a word that means something here. */
static bool prefix_like(const struct lexed *x, const struct atom *a)
{
    bool mixed = x->lower_case && x->upper_case && x->atoms > 2; /* "qRS 4410" is a slip of the shift key */
    if (a->kind != ATOM_WORD || a->letters > PREFIX || (!a->upper && (mixed || a->class != WORD_OTHER)))
        return false;
    bool small = a->class == WORD_STOP || a->class == WORD_JOIN || a->class == WORD_PROPERTY || a->class == WORD_NOT ||
                 a->class == WORD_WITHOUT || a->class == WORD_BUT || a->class == WORD_LEGIBLE;
    return a->class == WORD_OTHER || (small && a->letters <= 2);
}

static size_t leading_letters(const struct atom *a)
{
    size_t n = 0;
    while (n < a->fold_n && (a->fold[n] < '0' || a->fold[n] > '9'))
        n++;
    return n;
}

/* Two numbers side by side, not two parts of one: both long enough and built alike. */
static bool same_shape(const struct atom *a, const struct atom *b)
{
    size_t shortest = a->letters ? WHOLE_NUMBER : WHOLE_NUMBER - 1;
    bool like = leading_letters(a) == leading_letters(b) || a->signs || b->signs;
    return like && (a->letters > 0) == (b->letters > 0) && length(a) >= shortest && length(b) >= shortest;
}

static bool tight(const struct atom *b)
{
    return !b->spaced;
}

/* "4410(7)3", "(Q)55102", "8812(?)": one character in parentheses, touching. */
static bool in_parentheses(const struct atom *a, const struct atom *b)
{
    bool into = b->joint == '(' && length(b) <= 2, out = b->joint == ')' && length(a) <= 2;
    bool word = a->kind == ATOM_WORD && a->class != WORD_OTHER && length(a) > 1;
    if (b->fenced && (signs_only(a) || signs_only(b)) && !word)
        return b->kind == ATOM_CODE;
    return tight(b) && !word && (into || out) && (b->kind == ATOM_CODE || length(b) == 1 || a->kind == ATOM_CODE);
}

static bool chained_by_space(const struct lexed *x, size_t i)
{
    const struct atom *a = &x->atom[i], *b = a + 1;
    if (a->kind == ATOM_CODE && b->kind == ATOM_CODE)
        return !same_shape(a, b) || (!a->letters && !b->letters && length(a) + length(b) < 11);
    if (a->kind == ATOM_WORD && b->kind == ATOM_WORD)
        return length(a) == 1 && length(b) == 1;
    const struct atom *word = a->kind == ATOM_WORD ? a : b;
    if (word == a && i > 0 && x->atom[i - 1].kind == ATOM_CODE && word->class == WORD_JOIN)
        return length(&x->atom[i - 1]) < 4;
    if (word == a)
        return word->class == WORD_OTHER || word->letters <= 2;
    bool more = i + 2 < x->atoms && x->atom[i + 2].kind == ATOM_CODE && x->atom[i + 2].joint;
    bool end = i + 2 == x->atoms, last = end || x->atom[i + 2].broken;
    if (end && word->letters == 1 && !x->lower_case)
        return true; /* "551207 K" */
    if (word->class == WORD_JOIN && more)
        return length(a) < 4 && length(&x->atom[i + 2]) < 6;
    return word->letters <= 2 && word->class != WORD_PROPERTY && (more || (last && word->class == WORD_OTHER));
}

/* "S/N 33120": the label, not the number. */
static bool serial_label(const struct lexed *x, size_t i)
{
    const struct atom *s = &x->atom[i], *n = s + 1;
    return i + 2 < x->atoms && n->joint == '/' && s->fold_n == 1 && n->fold_n == 1 && s->fold[0] == 's' &&
           n->fold[0] == 'n' && n[1].kind == ATOM_CODE;
}

/* "4,4,1,0", "Q, R, 5, 5": one character at a time, between commas. */
static bool spelt_out(const struct lexed *x, size_t i)
{
    const struct atom *a = &x->atom[i], *b = a + 1;
    for (size_t k = a->to; k < b->from; k++)
        if (x->cp[k] != ',' && x->cp[k] != ' ')
            return false;
    return length(a) == 1 && length(b) == 1 && b->broken;
}

/* "(*não revelado": the sign is a footnote's. */
static bool footnote(const struct lexed *x, size_t i)
{
    const struct atom *a = &x->atom[i], *word = a + 1;
    return signs_only(a) && i + 1 < x->atoms && word->kind == ATOM_WORD && word->from == a->to;
}

static bool chained(const struct lexed *x, size_t i)
{
    const struct atom *a = &x->atom[i], *b = a + 1;
    if (footnote(x, i) || footnote(x, i + 1) || serial_label(x, i) || (i > 0 && serial_label(x, i - 1)))
        return false;
    if ((a->kind == ATOM_WORD && !prefix_like(x, a)) || (b->kind == ATOM_WORD && !prefix_like(x, b)))
        return false;
    if (in_parentheses(a, b))
        return true;
    if (spelt_out(x, i))
        return true;
    if (b->opened || b->closed)
        return false;
    if (b->joint == ' ')
        return chained_by_space(x, i);
    if (b->spaced && b->joint == '-')
        return b->kind == ATOM_CODE && (a->kind == ATOM_WORD ? a->letters <= 2 : !same_shape(a, b));
    if (b->joint == '/' && same_shape(a, b) && a->letters)
        return false;
    return b->joint == '-' || b->joint == '.' || b->joint == '/' || b->joint == '~' || b->joint == '\'' ||
           (!b->joint && b->from == a->to);
}

/* ---- numbers of other things ---- */

/* "calibre 38", "lacre nº 123", "ano de 1998": the word stands a few atoms before, in the same phrase. */
static bool thing_before(const struct lexed *x, size_t first)
{
    for (size_t i = first, steps = 0; i > 0 && steps < 4; i--, steps++) {
        const struct atom *a = &x->atom[i - 1];
        bool label = x->atom[i].broken && !x->atom[i].opened && !x->atom[i].closed;
        if (x->atom[i].broken && !(label && steps == 0))
            return false;
        if (a->class == WORD_THING)
            return true;
        bool small = a->class == WORD_STOP || a->class == WORD_NUMBER || a->letters <= (a->class == WORD_OTHER ? 3 : 2);
        if (a->kind == ATOM_CODE || !small)
            return false;
    }
    return false;
}

/* "38 SPL", "12 GA", "3 cartuchos", "2 últimos". */
static bool thing_after(const struct lexed *x, const struct span *s)
{
    if (s->last + 1u >= x->atoms || s->characters > 3 || s->signs)
        return false;
    const struct atom *b = &x->atom[s->last + 1];
    bool thing = b->class == WORD_THING || b->class == WORD_LAST || b->class == WORD_FIRST || b->class == WORD_DIGIT;
    return thing && !b->broken;
}

/* ".38", "9MM", "7.62X39", "4.4E+31" (what a spreadsheet makes of 44E30). */
static bool calibre_ending(const struct atom *a)
{
    static const char *const endings[] = {"mm", "acp", "spl", "auto", "sw", "lr", "ga", "mag"};
    size_t digits = 0;
    while (digits < a->fold_n && a->fold[digits] >= '0' && a->fold[digits] <= '9')
        digits++;
    for (size_t i = 0; digits && digits <= 3 && i < sizeof endings / sizeof *endings; i++)
        if (a->fold_n - digits == strlen(endings[i]) && memcmp(a->fold + digits, endings[i], a->fold_n - digits) == 0)
            return true;
    return false;
}

static bool looks_like_calibre(const struct lexed *x, const struct span *s)
{
    const struct atom *a = &x->atom[s->first];
    size_t n = length(a);
    if (s->first != s->last || a->signs)
        return false;
    bool mm = calibre_ending(a);
    bool pointed =
        a->from > 0 && x->cp[a->from - 1] == '.' && a->from < 3 && a->letters == 0 && n <= 3 && x->atoms == 1;
    return mm || pointed;
}

static bool spreadsheet_number(const struct lexed *x)
{
    size_t i = 0, digits = 0;
    while (i < x->count && ((x->cp[i] >= '0' && x->cp[i] <= '9') || x->cp[i] == '.' || x->cp[i] == ','))
        digits += x->cp[i++] >= '0';
    return digits && i + 2 < x->count && (x->cp[i] == 'E' || x->cp[i] == 'e') && x->cp[i + 1] == '+';
}

/* Numbers that stand alone in a field and are a calibre in nearly every police file. */
static bool bare_calibre(const struct lexed *x)
{
    static const char *const calibres[] = {"22", "32", "38", "380", "357"};
    if (x->atoms != 1)
        return false;
    const struct atom *a = &x->atom[0];
    for (size_t i = 0; i < sizeof calibres / sizeof *calibres; i++)
        if (a->fold_n == strlen(calibres[i]) && memcmp(a->fold, calibres[i], a->fold_n) == 0 && !a->signs)
            return true;
    return false;
}

static bool other_thing(const struct lexed *x, const struct span *s)
{
    bool ordinal = x->atom[s->last].ordinal && s->characters <= 3;
    return ordinal || thing_before(x, s->first) || thing_after(x, s) || looks_like_calibre(x, s);
}

/* ---- X for an unreadable character ---- */

static bool is_x(uint32_t cp)
{
    return cp == 'x' || cp == 'X';
}

/* "44X912, com o terceiro dígito ilegível": some character is said to be lost and no sign stands for it. */
static bool some_digit_lost(const struct lexed *x)
{
    bool digit = false, lost = false;
    for (size_t i = 0; i < x->atoms; i++) {
        const struct atom *a = &x->atom[i];
        if (a->signs || a->class == WORD_REST)
            return false;
        digit |= a->class == WORD_DIGIT;
        lost |=
            a->class == WORD_ILLEGIBLE || a->class == WORD_NOT || a->class == WORD_REMOVED || a->class == WORD_UNKNOWN;
    }
    return digit && lost;
}

/* "x algarismo não identificado", "XX são dígitos": the text says what x stands for. */
static bool x_explained(const struct lexed *x)
{
    for (size_t i = 0; i + 1 < x->atoms; i++) {
        const struct atom *a = &x->atom[i];
        bool xs = a->kind == ATOM_WORD;
        for (size_t k = a->from; k < a->to; k++)
            xs &= is_x(x->cp[k]);
        for (size_t j = i + 1; xs && j < i + 6 && j < x->atoms; j++)
            if (x->atom[j].class == WORD_DIGIT)
                return true;
    }
    return some_digit_lost(x);
}

/* In an atom with digits or letters: all x when explained, else a run of two or more at an end, or three. */
static void replace_x(struct lexed *x, struct atom *a, bool explained)
{
    for (size_t i = a->from; i < a->to; i++) {
        size_t n = 0;
        while (i + n < a->to && is_x(x->cp[i + n]))
            n++;
        bool edge = i == a->from || i + n == a->to;
        bool run = (a->digits && n >= 2 && edge) || n >= 3;
        for (size_t k = i; (explained || run) && k < i + n; k++) {
            x->cp[k] = SIGN_ONE;
            a->signs++;
            a->letters--;
        }
        i += n ? n - 1 : 0;
    }
}

static unsigned count_x(const struct lexed *x, const struct atom *a)
{
    unsigned n = 0;
    for (size_t k = a->from; k < a->to; k++)
        n += is_x(x->cp[k]);
    return n;
}

static bool upper_but_x(const struct lexed *x, const struct atom *a)
{
    for (size_t k = a->from; k < a->to; k++)
        if (!is_x(x->cp[k]) && read_upper(x->cp[k]) != x->cp[k])
            return false;
    return true;
}

static void placeholders(struct lexed *x)
{
    bool explained = x_explained(x);
    for (size_t i = 0; i < x->atoms; i++) {
        struct atom *a = &x->atom[i];
        bool candidate = a->kind == ATOM_CODE || (a->class == WORD_OTHER && a->letters >= 4);
        bool beside = i > 0 && a[-1].kind == ATOM_CODE && (a->joint == ' ' || a->joint == '-');
        if (a->kind == ATOM_WORD && beside && count_x(x, a) == length(a) && length(a) > 1) {
            replace_x(x, a, true); /* "Q7120-11 xx xxxxx" */
            a->kind = ATOM_CODE;
            continue;
        }
        unsigned xs = count_x(x, a);
        if (!candidate || a->letters == 0 || xs == length(a) ||
            (a->kind == ATOM_WORD && (xs < 3 || !upper_but_x(x, a))))
            continue;
        replace_x(x, a, explained && a->digits);
        if (a->signs)
            a->kind = ATOM_CODE;
    }
}

/* ---- the chains ---- */

static bool names_an_end(enum word_class c)
{
    return c == WORD_REST || c == WORD_FIRST || c == WORD_LAST;
}

/* "QRS LIXADO", "Q, raspado": letters before the word that says the rest is gone. */
static bool begins_lost(const struct lexed *x)
{
    const struct atom *a = &x->atom[0];
    static const char small[] = "aeons";
    bool letter = a->letters == 1 && !strchr(small, a->fold[0]);
    enum word_class next = x->atoms > 1 ? a[1].class : WORD_OTHER;
    return (letter || a->class == WORD_OTHER) && (next == WORD_REMOVED || next == WORD_GROUND) && a->letters <= 3;
}

/* "QRS, os dígitos restantes ...": letters alone are a number when the text says that the rest is lost. */
static void letters_alone(struct lexed *x, struct spans *out)
{
    bool ends = false;
    for (size_t i = 0; i < x->atoms; i++)
        ends |= names_an_end(x->atom[i].class);
    for (size_t i = 0; i < x->atoms; i++) {
        const struct atom *a = &x->atom[i];
        bool letters = a->kind == ATOM_WORD && a->upper && a->letters <= PREFIX && a->letters > 0;
        bool after_rest = ends && x->lower_case && (a->class == WORD_OTHER || (a->letters == 1 && i + 1 == x->atoms));
        if (letters && (after_rest || (i == 0 && begins_lost(x)))) {
            out->span[out->count++] = (struct span){(uint16_t)i, (uint16_t)i, a->letters, 0, false, !ends};
            return;
        }
    }
}

static void measure(const struct lexed *x, struct span *s)
{
    s->characters = s->signs = 0;
    for (size_t i = s->first; i <= s->last; i++) {
        s->characters += (unsigned)(x->atom[i].letters + x->atom[i].digits);
        s->signs += x->atom[i].signs;
    }
}

/* "(ILEGÍVEL)552190": the word stands where characters should. */
static bool says_lost(const struct atom *a)
{
    return a->class == WORD_ILLEGIBLE || a->class == WORD_REMOVED || a->class == WORD_GROUND;
}

static void lost_beside(const struct lexed *x, struct span *s)
{
    const struct atom *first = &x->atom[s->first], *last = &x->atom[s->last];
    if (s->first > 0 && first->closed && !first->spaced && x->cp[first->from] < SIGN_ONE)
        s->gap_before = says_lost(first - 1);
    if (s->last + 1u < x->atoms && x->cp[last->to - 1] < SIGN_ONE)
        s->gap_after = last[1].opened && !last[1].spaced && says_lost(last + 1);
}

/* "(*5 ou 6)": a footnote's sign before it does not make it a number. */
static bool small_beside(const struct lexed *x, const struct span *s)
{
    const struct atom *a = &x->atom[s->first];
    bool footnote = a->opened && x->cp[a->from] == SIGN_ONE && s->signs == 1;
    return s->characters <= 2 && (s->signs == 0 || footnote);
}

/* Beside a real number, one or two characters are something else: "pode ser 5 ou 6". */
static void drop_small(const struct lexed *x, struct spans *out)
{
    bool real = false;
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        real |= out->span[i].characters + out->span[i].signs >= 4;
    for (size_t i = 0; i < out->count; i++)
        if (!real || !small_beside(x, &out->span[i]))
            out->span[kept++] = out->span[i];
    out->count = kept;
}

void read_spans(struct lexed *x, struct spans *out)
{
    *out = (struct spans){0};
    placeholders(x);
    if (spreadsheet_number(x) || bare_calibre(x)) {
        out->things = true;
        return;
    }
    for (size_t i = 0; i < x->atoms && out->count < SPANS_MAX; i++) {
        size_t end = i;
        bool code = x->atom[i].kind == ATOM_CODE;
        while (end + 1 < x->atoms && chained(x, end))
            code |= x->atom[++end].kind == ATOM_CODE;
        struct span s = {(uint16_t)i, (uint16_t)end, 0, 0, false, false};
        measure(x, &s);
        i = end;
        if (!code || s.characters == 0 || (s.first == s.last && signs_only(&x->atom[s.first])))
            continue;
        if (other_thing(x, &s)) {
            out->things = true;
            continue;
        }
        lost_beside(x, &s);
        out->span[out->count++] = s;
    }
    drop_small(x, out);
    if (out->count == 0)
        letters_alone(x, out);
}

/* ---- text ---- */

static size_t encode(uint32_t cp, char out[4])
{
    if (cp == SIGN_ONE || cp == SIGN_GAP || cp < 0x80) {
        out[0] = cp == SIGN_ONE ? '?' : cp == SIGN_GAP ? '*' : (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

void read_span_text(const struct lexed *x, const struct span *s, char *out, size_t cap)
{
    size_t n = 0;
    bool space = false, comma = false;
    if (s->gap_before)
        out[n++] = '*';
    for (size_t i = x->atom[s->first].from; i < x->atom[s->last].to; i++) {
        char bytes[4];
        uint32_t cp = x->cp[i];
        if (cp <= ' ' || cp == 0xA0 || cp == ',') { /* "4, 4, 1, 0" is spelt out: 4410 */
            comma |= cp == ',';
            space = !comma;
            continue;
        }
        size_t m = encode(read_upper(cp), bytes);
        if (cp == '(' || cp == ')' || n + m + 3 > cap)
            continue;
        if (space)
            out[n++] = ' ';
        space = comma = false;
        memcpy(out + n, bytes, m);
        n += m;
    }
    if (s->gap_after)
        out[n++] = '*';
    out[n] = 0;
}
