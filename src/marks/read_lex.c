#include "marks/read_lex.h"
#include "domain/fold.h"

#include "base/banned.h"

static bool is_digit(uint32_t cp)
{
    char c = fold_letter(cp);
    return c >= '0' && c <= '9';
}

static bool is_sign(uint32_t cp)
{
    return cp == SIGN_ONE || cp == SIGN_GAP;
}

/* Letters of any script: those that fold, and everything from Greek up to the symbols. */
static bool is_letter(uint32_t cp)
{
    char c = fold_letter(cp);
    if (c)
        return c >= 'a';
    return (cp >= 0x0370 && cp < 0x2000 && !fold_ignorable(cp)) || (cp >= 0x2E80 && cp < 0xE000);
}

static bool is_lower(uint32_t cp)
{
    return read_upper(cp) != cp;
}

uint32_t read_upper(uint32_t cp)
{
    if ((cp >= 'a' && cp <= 'z') || (cp >= 0xE0 && cp <= 0xFE && cp != 0xF7) || (cp >= 0x0430 && cp <= 0x044F) ||
        (cp >= 0x03B1 && cp <= 0x03C9 && cp != 0x03C2))
        return cp - 32;
    if (cp >= 0x0450 && cp <= 0x045F)
        return cp - 80;
    if (cp >= 0x0100 && cp <= 0x0137)
        return cp & ~1u;
    return cp;
}

static void decode(struct slice text, struct lexed *x)
{
    size_t at = 0;
    while (at < text.n && x->count < MARK_TEXT_MAX) {
        uint32_t cp = fold_next(text, &at);
        if (fold_ignorable(cp) || cp == 0 || cp == SIGN_ONE || cp == SIGN_GAP)
            continue;
        x->lower_case |= is_lower(cp);
        x->upper_case |= fold_lower(cp) != cp || (cp >= 'A' && cp <= 'Z');
        x->cp[x->count++] = cp;
    }
    x->cp[x->count] = 0;
}

static uint32_t at(const struct lexed *x, size_t i)
{
    return i < x->count ? x->cp[i] : 0;
}

/* Three or more points or hyphens that touch a character, two points inside a number: a gap. */
static size_t points(const struct lexed *x, size_t i)
{
    size_t n = 0;
    while (at(x, i + n) == '-')
        n++;
    if (n > 2)
        return n;
    n = 0;
    while (at(x, i + n) == '.' || at(x, i + n) == 0x2026)
        n++;
    bool inside = n == 2 && is_digit(at(x, i + n));
    return n > 2 || inside || at(x, i) == 0x2026 ? n : 0;
}

static bool lone_hash(const struct lexed *x)
{
    size_t n = 0;
    for (size_t i = 0; i < x->count; i++)
        n += x->cp[i] == '#';
    return n == 1;
}

/* Replaces what people write for "unreadable" by SIGN_ONE and SIGN_GAP, in place. */
static void mark_signs(struct lexed *x)
{
    size_t out = 0;
    bool one_hash = lone_hash(x);
    for (size_t i = 0; i < x->count; i++) {
        uint32_t cp = x->cp[i], before = out ? x->cp[out - 1] : 0, after = at(x, i + 1);
        size_t dots = points(x, i);
        bool begins = !is_digit(before) && !is_letter(before) && before != SIGN_ONE;
        bool hash_label = cp == '#' && one_hash && begins && (is_digit(after) || is_letter(after) || after == ' ');
        if (dots) {
            i += dots - 1;
            bool prose = is_lower(before) && !is_digit(at(x, i + 1)); /* "removido..." */
            cp = !prose && (is_letter(before) || is_digit(before) || is_digit(at(x, i + 1))) ? SIGN_GAP : '.';
        } else if (cp == '?' || cp == '*' || cp == '_' || (cp == '#' && !hash_label) || cp == 0x25A1 || cp == 0xFFFD) {
            cp = SIGN_ONE;
        } else if ((cp == 0xBA || cp == 0xB0) && is_digit(before) && is_digit(after)) {
            cp = SIGN_ONE;
        } else if (cp == '#') {
            cp = ' ';
        }
        x->cp[out++] = cp;
    }
    x->count = out;
    x->cp[out] = 0;
}

static void fill_atom(const struct lexed *x, struct atom *a)
{
    a->upper = true;
    for (size_t i = a->from; i < a->to; i++) {
        uint32_t cp = x->cp[i];
        char c = fold_letter(cp);
        a->letters += is_letter(cp);
        a->digits += is_digit(cp);
        a->signs += is_sign(cp);
        a->upper &= !is_lower(cp);
        if (c && a->fold_n < ATOM_FOLD - 1)
            a->fold[a->fold_n++] = c;
    }
    a->kind = a->digits || a->signs ? ATOM_CODE : ATOM_WORD;
}

/* What stands between `from` and `to`, told to the atom that follows. */
static void fill_gap(const struct lexed *x, size_t from, size_t to, struct atom *a)
{
    size_t spaces = 0, others = 0, fences = 0;
    uint32_t last = 0;
    for (size_t i = from; i < to; i++) {
        uint32_t cp = x->cp[i];
        bool space = cp <= ' ' || cp == 0xA0;
        spaces += space;
        others += !space;
        last = space ? last : cp;
        a->opened |= cp == '(' || cp == '[' || cp == '{';
        a->closed |= cp == ')' || cp == ']' || cp == '}';
        fences += cp == '(' || cp == ')';
        a->broken |=
            cp == ',' || cp == ';' || cp == ':' || cp == '=' || (cp == '.' && !(others == 1 && to == from + 1));
    }
    a->broken |= a->opened || a->closed;
    a->spaced = spaces > 0;
    a->fenced = fences > 0 && fences == others;
    if (others == 0 && spaces)
        a->joint = ' ';
    else if (others == 1 && (!spaces || last == '-'))
        a->joint = last == 0x2013 || last == 0x2212 ? '-' : last < 0x80 ? (char)last : 0;
}

static bool in_atom(uint32_t cp)
{
    return is_letter(cp) || is_digit(cp) || is_sign(cp);
}

static bool listed_word(const struct lexed *x, size_t from, size_t to, size_t shortest)
{
    char fold[ATOM_FOLD];
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        char c = fold_letter(x->cp[i]);
        if (c && n < ATOM_FOLD)
            fold[n++] = c;
    }
    return n >= shortest && n < ATOM_FOLD && vocabulary_word(fold, n, false) != WORD_OTHER;
}

/* "QRS441no cano": lower-case letters stuck behind a number in upper case. Returns where they begin, or `to`. */
static size_t glued_tail(const struct lexed *x, size_t from, size_t to)
{
    size_t i = to;
    while (i > from && is_letter(x->cp[i - 1]) && is_lower(x->cp[i - 1]) && x->cp[i - 1] != 'x')
        i--;
    bool number = i > from && is_digit(x->cp[i - 1]);
    for (size_t k = from; k < i; k++)
        number &= !is_lower(x->cp[k]);
    return number && x->upper_case && to - i >= 2 && is_letter(x->cp[from]) ? i : to;
}

/* A word of the vocabulary with a number or a footnote sign stuck to it ("algarismo7", "*revelado", "removido...") ends
 * where the word ends. Returns the end of the atom that begins at from. */
static size_t atom_end(const struct lexed *x, size_t from, size_t to)
{
    size_t i = from;
    while (i < to && is_sign(x->cp[i]))
        i++;
    size_t word = i, tail = glued_tail(x, from, to);
    if (tail < to)
        return tail;
    while (i < to && is_letter(x->cp[i]))
        i++;
    bool zero = i + 1 == to && x->cp[i] == '0'; /* "SUPRIMID0" */
    if (i == word || zero || (word == from && i == to) || !listed_word(x, word, i, word > from ? 3 : 4))
        return to;
    return word > from ? word : i;
}

static void add_atom(struct lexed *x, size_t gap_from, size_t from, size_t to)
{
    if (x->atoms == ATOMS_MAX)
        return;
    struct atom *a = &x->atom[x->atoms++];
    *a = (struct atom){.from = (uint16_t)from, .to = (uint16_t)to};
    a->ordinal = x->cp[to] == 0xBA || x->cp[to] == 0xAA || x->cp[to] == 0xB0;
    fill_gap(x, gap_from, from, a);
    fill_atom(x, a);
}

/* "SUPRIMID0", "e1iminado": a digit typed for a letter. */
static void word_with_digit(struct atom *a)
{
    char fold[ATOM_FOLD];
    if (a->kind != ATOM_CODE || a->signs || a->letters < 5 || a->digits > 2)
        return;
    for (size_t i = 0; i < a->fold_n; i++)
        fold[i] = a->fold[i] == '0' ? 'o' : a->fold[i] == '1' ? 'i' : a->fold[i];
    enum word_class c = vocabulary_word(fold, a->fold_n, false);
    if (c != WORD_OTHER) {
        a->kind = ATOM_WORD;
        a->class = c;
    }
}

/* "naoaparente", "semnumero", "spossui": a small word stuck to the next. */
static size_t stuck(const struct atom *a)
{
    static const char *const small[] = {"nao", "sem", "sin", "sans", "non", "not", "no", "n"};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        size_t n = strlen(small[i]);
        if (a->fold_n > n + 3 && memcmp(a->fold, small[i], n) == 0) {
            enum word_class c = vocabulary_word(a->fold + n, a->fold_n - n, false);
            if (c == WORD_LEGIBLE || c == WORD_HAVE || c == WORD_NUMBER || c == WORD_RECOVERED || c == WORD_ORIGINAL)
                return n;
        }
    }
    return 0;
}

static void name_words(struct lexed *x)
{
    for (size_t i = 0; i < x->atoms; i++) {
        struct atom *a = &x->atom[i];
        word_with_digit(a);
        if (a->kind != ATOM_WORD || a->digits)
            continue;
        a->class = vocabulary_word(a->fold, a->fold_n, false);
        size_t n = a->class == WORD_OTHER && x->atoms < ATOMS_MAX && a->to - a->from == a->fold_n ? stuck(a) : 0;
        if (n) {
            memmove(a + 2, a + 1, (x->atoms - i - 1) * sizeof *a);
            x->atoms++;
            a[1] = (struct atom){.from = (uint16_t)(a->from + n), .to = a->to};
            a->to = a[1].from;
            a->fold_n = a->letters = 0;
            fill_atom(x, a);
            fill_atom(x, a + 1);
            a->class = vocabulary_word(a->fold, a->fold_n, false);
        } else if (a->class == WORD_OTHER) {
            a->class = vocabulary_word(a->fold, a->fold_n, true);
        }
    }
}

void read_lex(struct slice text, struct lexed *x)
{
    x->count = x->atoms = 0;
    x->lower_case = x->upper_case = false;
    decode(text, x);
    mark_signs(x);
    size_t gap = 0;
    for (size_t i = 0; i < x->count;) {
        size_t end = i;
        while (end < x->count && in_atom(x->cp[end]))
            end++;
        if (end == i) {
            i++;
            continue;
        }
        end = atom_end(x, i, end);
        add_atom(x, gap, i, end);
        gap = i = end;
    }
    name_words(x);
}
