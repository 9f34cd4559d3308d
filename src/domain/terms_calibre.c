/* Calibres are written with everything around them: "12/70", "28 X 63,5 MM", "9 MM LUGER (9x19)", "PT 380", "38
 * SPECI". What the table does not hold as a whole is looked for here, from the most to the least certain. */
#include "domain/fold.h"
#include "domain/terms_table.h"

#include "base/banned.h"

struct calibre {
    const struct terms_table *t;
    const char *words, *key;
    size_t words_n, key_n;
    unsigned type;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static unsigned find(const struct calibre *c, const char *key, size_t n)
{
    const struct terms_alias *a = n ? terms_find(c->t, TERM_CALIBRE, key, n, c->type) : NULL;
    return a ? a->number : 0;
}

/* Two numbers, the second a chamber length of 50 to 89 mm: the first is a gauge. */
static unsigned gauge_and_chamber(const struct calibre *c)
{
    char gauge[8];
    size_t i = 0, from;
    while (i < c->words_n && i < 3 && is_digit(c->words[i])) {
        gauge[i] = c->words[i];
        i++;
    }
    size_t n = i;
    from = i;
    while (i < c->words_n && (c->words[i] == ' ' || c->words[i] == 'x' || c->words[i] == '.'))
        i++;
    if (n < 2 || i == from || i + 2 > c->words_n || c->words[i] < '5' || c->words[i] > '8' ||
        !is_digit(c->words[i + 1]))
        return 0;
    if (i + 2 < c->words_n && is_digit(c->words[i + 2]))
        return 0;
    memcpy(gauge + n, "ga", 2);
    return find(c, gauge, n + 2);
}

static unsigned without_mm(const struct calibre *c)
{
    return c->key_n > 2 && memcmp(c->key + c->key_n - 2, "mm", 2) == 0 ? find(c, c->key, c->key_n - 2) : 0;
}

static unsigned from_words(const struct calibre *c, size_t start, bool first)
{
    char key[TERMS_KEY_MAX];
    for (size_t end = c->words_n; end > start; end--) {
        if (end < c->words_n && c->words[end] != ' ')
            continue;
        size_t n = fold_compact(c->words + start, end - start, key);
        bool letters = false;
        for (size_t i = 0; i < n; i++)
            letters |= !is_digit(key[i]);
        unsigned number = letters || first || (n >= 2 && n <= 3) ? find(c, key, n) : 0;
        if (number)
            return number;
    }
    return 0;
}

/* "22 MAGNU", "9MM CURT": cut off by a narrow column inside a listed one. */
static unsigned cut_off(const struct calibre *c)
{
    return c->key_n >= 4 && is_letter(c->key[c->key_n - 1]) && (c->key[c->key_n - 1] != 'm' || c->key_n > 6)
               ? terms_begun(c->t, TERM_CALIBRE, c->key, c->key_n)
               : 0;
}

/* "38.0", "380.0": a spreadsheet's decimal. */
static unsigned without_decimal(const struct calibre *c)
{
    return c->key_n > 3 && memcmp(c->key + c->key_n - 2, ".0", 2) == 0 ? find(c, c->key, c->key_n - 2) : 0;
}

static unsigned first_words(const struct calibre *c)
{
    return from_words(c, 0, true);
}

static unsigned later_words(const struct calibre *c)
{
    unsigned number = 0;
    for (size_t i = 1; i < c->words_n && !number; i++)
        if (c->words[i - 1] == ' ')
            number = from_words(c, i, false);
    return number;
}

/* "P40", "W.40", "PONTO 40", "PT 380": a point spelt out, or the maker's model letters. */
static unsigned after_prefix(const struct calibre *c)
{
    static const char *const prefix[] = {"ponto", "pto", "point", "punto", "pt", "pp", "p", "w", "c", "n"};
    for (size_t i = 0; i < sizeof prefix / sizeof *prefix; i++) {
        size_t n = strlen(prefix[i]);
        if (c->key_n > n && memcmp(c->key, prefix[i], n) == 0 && is_digit(c->key[n]))
            return find(c, c->key + n, c->key_n - n);
    }
    return 0;
}

/* "38 specia", "380 autom": a listed one and the rest of its word. */
static unsigned begun_word(const struct calibre *c)
{
    for (size_t n = c->key_n; n-- > 3;) {
        if (!is_letter(c->key[n]) || !is_letter(c->key[n - 1]))
            continue;
        unsigned number = find(c, c->key, n);
        if (number)
            return number;
    }
    return 0;
}

/* "38slp", "380caliber": the figures stand, the word after them says nothing known. */
static unsigned figures_only(const struct calibre *c)
{
    size_t n = 0;
    while (n < c->key_n && (is_digit(c->key[n]) || c->key[n] == '.'))
        n++;
    return n >= 2 && n < c->key_n && is_letter(c->key[n]) && c->key[n] != 'x' ? find(c, c->key, n) : 0;
}

unsigned terms_calibre(const struct terms_table *t, const char *words, const char *key, size_t key_n, unsigned type)
{
    static unsigned (*const steps[])(const struct calibre *) = {gauge_and_chamber, without_mm, without_decimal, cut_off,
        first_words, later_words, after_prefix, begun_word, figures_only};
    struct calibre c = {t, words, key, strlen(words), key_n, type};
    unsigned number = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !number; i++)
        number = steps[i](&c);
    return number;
}
