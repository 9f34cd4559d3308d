#include "domain/terms.h"
#include "domain/fold.h"
#include "domain/terms_table.h"

#include "base/banned.h"

/* A text on its way through the steps below: each is asked in turn until one answers. */
struct asked {
    const struct terms_table *t;
    unsigned list, type;
    char words[TERMS_KEY_MAX], key[TERMS_KEY_MAX];
    size_t words_n, key_n;
    bool doubt; /* the text has a question mark */
};

static struct term listed(const struct terms_table *t, unsigned list, unsigned number)
{
    const struct terms_row *r = terms_row(t, list, number);
    struct term out = {.answer = TERM_NOT_ASKED};
    if (!r)
        return out;
    size_t n = strnlen(r->code, TERM_CODE_MAX - 1);
    out.answer = TERM_LISTED;
    out.number = r->number;
    memcpy(out.code, r->code, n);
    return out;
}

/* ---- steps: each gives a number of the list (0 = no answer) ---- */

static unsigned whole(const struct asked *q)
{
    const struct terms_alias *a = terms_find(q->t, q->list, q->key, q->key_n, q->type);
    return a ? a->number : 0;
}

/* "glock g22", "taurus 24/7": a listed word of three letters or more, the longest run of words first. Makes from the
 * long NCIC block are found only whole: their names are made of everyday words. */
static unsigned some_words(const struct asked *q)
{
    size_t start[24], end[24], count = 0;
    for (size_t i = 0; i < q->words_n && count < 24; count++) {
        start[count] = i;
        while (i < q->words_n && q->words[i] != ' ')
            i++;
        end[count] = i++;
    }
    for (size_t run = count < 4 ? count : 4; run > 0; run--)
        for (size_t i = 0; i + run <= count; i++) {
            char key[TERMS_KEY_MAX];
            size_t n = fold_compact(q->words + start[i], end[i + run - 1] - start[i], key);
            const struct terms_alias *a = n > 2 || i == 0 ? terms_find(q->t, q->list, key, n, q->type) : NULL;
            if (a && a->number < 1000 && n > 1)
                return a->number;
        }
    return 0;
}

/* "glockg45", "taurus917" typed as one word: the longest listed word it begins with. */
static unsigned beginning(const struct asked *q)
{
    for (size_t n = q->key_n < 30 ? q->key_n : 30; n >= 4; n--) {
        const struct terms_alias *a = terms_find(q->t, q->list, q->key, n, q->type);
        bool digit = n < q->key_n && q->key[n] >= '0' && q->key[n] <= '9';
        if (a && a->number < 1000 && (n >= 5 || digit))
            return a->number;
    }
    const struct terms_alias *a = q->key_n > 3 ? terms_find(q->t, q->list, q->key, 3, q->type) : NULL;
    return a && a->number < 1000 && q->key[3] >= '0' && q->key[3] <= '9' ? a->number : 0;
}

/* "springfieldar", cut off by a narrow column. */
static unsigned cut_off(const struct asked *q)
{
    return q->key_n >= 7 ? terms_begun(q->t, q->list, q->key, q->key_n) : 0;
}

static unsigned misspelt(const struct asked *q)
{
    return terms_near(q->t, q->list, q->key, q->key_n, 1);
}

/* "bereta76x": a misspelt word with a model stuck to it. */
static unsigned beginning_misspelt(const struct asked *q)
{
    size_t n = 0;
    while (n < q->key_n && (q->key[n] < '0' || q->key[n] > '9'))
        n++;
    return n >= 5 && n < q->key_n ? terms_near(q->t, q->list, q->key, n, 1) : 0;
}

static unsigned badly_misspelt(const struct asked *q)
{
    return q->key_n >= 8 ? terms_near(q->t, q->list, q->key, q->key_n, 2) : 0;
}

static unsigned first_word_misspelt(const struct asked *q)
{
    const char *space = memchr(q->words, ' ', q->words_n);
    size_t n = space ? (size_t)(space - q->words) : 0;
    return n >= 4 ? terms_near(q->t, q->list, q->words, n, 1) : 0;
}

static unsigned answer_of(const struct asked *q)
{
    const struct terms_alias *a = terms_find(q->t, TERMS_ANSWERS, q->key, q->key_n, 0);
    if (a)
        return a->number + 1u;
    unsigned n = 0;
    if (q->key_n >= 7)
        n = terms_begun(q->t, TERMS_ANSWERS, q->key, q->key_n);
    if (!n && q->key_n >= 6)
        n = terms_near(q->t, TERMS_ANSWERS, q->key, q->key_n, 1);
    if (!a && n == TERM_UNLISTED)
        n = 0; /* a word that must not be taken for another counts only as it is spelt */
    return n ? n + 1 : 0;
}

typedef unsigned (*step)(const struct asked *q);
static const step make_steps[] = {
    some_words, beginning, cut_off, misspelt, first_word_misspelt, beginning_misspelt, badly_misspelt, NULL};
static const step type_steps[] = {some_words, cut_off, misspelt, first_word_misspelt, badly_misspelt, NULL};
static const step country_steps[] = {cut_off, misspelt, badly_misspelt, NULL};

static unsigned by_steps(const struct asked *q, const step *steps)
{
    unsigned number = 0;
    for (; *steps && !number; steps++)
        number = (*steps)(q);
    return number;
}

static struct term unlisted(const struct asked *q)
{
    uint64_t h = fold_hash(q->key, q->key_n);
    uint16_t number = q->list == TERM_MAKE ? (uint16_t)(0x8000u | (h ^ h >> 15 ^ h >> 30 ^ h >> 45) % 0x8000u) : 0;
    return (struct term){.answer = TERM_UNLISTED, .number = number};
}

static struct term read_asked(const struct asked *q)
{
    static const step *const steps[TERM_LISTS] = {
        [TERM_MAKE] = make_steps, [TERM_TYPE] = type_steps, [TERM_COUNTRY] = country_steps};
    unsigned number = whole(q);
    if (number)
        return listed(q->t, q->list, number);
    unsigned answer = answer_of(q);
    if (answer == TERM_UNLISTED + 1)
        return unlisted(q);
    if (answer)
        return (struct term){.answer = (enum term_answer)(answer - 1)};
    number = q->list == TERM_CALIBRE ? terms_calibre(q->t, q->words, q->key, q->key_n, q->type)
                                     : by_steps(q, steps[q->list]);
    return number ? listed(q->t, q->list, number) : unlisted(q);
}

struct term term_read(enum term_list list, struct slice text, unsigned type_hint)
{
    struct asked q;
    text = slice_trim(text);
    q.t = terms_table();
    q.list = list;
    q.type = type_hint;
    if (text.n == 0 || (unsigned)list >= TERM_LISTS)
        return (struct term){.answer = TERM_NOT_ASKED};
    if (!q.t)
        return (struct term){.answer = TERM_UNLISTED};
    q.key_n = terms_key(list, text, q.words, q.key);
    q.words_n = strlen(q.words);
    if (q.key_n == 0)
        return (struct term){.answer = memchr(text.p, '?', text.n) ? TERM_UNKNOWN : TERM_NOT_ASKED};
    return read_asked(&q);
}

struct term term_by_code(enum term_list list, struct slice code)
{
    const struct terms_table *t = terms_table();
    const struct terms_row *r = t && code.n && (unsigned)list < TERM_LISTS ? terms_row_by_code(t, list, code) : NULL;
    if (r)
        return listed(t, list, r->number);
    return (struct term){.answer = code.n ? TERM_UNLISTED : TERM_NOT_ASKED};
}

struct term term_by_number(enum term_list list, unsigned number)
{
    const struct terms_table *t = terms_table();
    if (number >= 0x8000 && list == TERM_MAKE && number <= 0xFFFF)
        return (struct term){.answer = TERM_UNLISTED, .number = (uint16_t)number};
    return t ? listed(t, list, number) : (struct term){.answer = TERM_NOT_ASKED};
}

static const struct terms_row *row_of(unsigned list, unsigned number)
{
    const struct terms_table *t = terms_table();
    return t ? terms_row(t, list, number) : NULL;
}

const char *term_label(enum term_list list, unsigned number)
{
    const struct terms_row *r = row_of(list, number);
    return !r ? "" : r->label[0] ? r->label : r->code;
}

size_t term_count(enum term_list list)
{
    const struct terms_table *t = terms_table();
    return t && (unsigned)list < TERM_LISTS ? t->list[list].count : 0;
}

unsigned term_nth(enum term_list list, size_t n)
{
    const struct terms_table *t = terms_table();
    return n < term_count(list) ? t->list[list].row[n].number : 0;
}

const char *term_make_country(unsigned make)
{
    const struct terms_row *r = row_of(TERM_MAKE, make);
    return r ? r->country : "";
}

uint16_t term_model_hash(struct slice model)
{
    char words[TERMS_KEY_MAX], key[TERMS_KEY_MAX];
    size_t n = fold_words(model, false, words, sizeof words);
    n = fold_compact(words, n, key);
    if (n == 0)
        return 0;
    uint64_t h = fold_hash(key, n);
    uint16_t out = (uint16_t)(h ^ h >> 16 ^ h >> 32 ^ h >> 48);
    return out ? out : 1;
}

/* Families that cannot meet: rows are the type's family, columns the calibre's. A craft weapon, an alarm weapon and a
 * combination fire anything; a smooth-bore revolver exists in .410 only. */
bool term_incompatible(unsigned type, unsigned calibre)
{
    const struct terms_row *t = row_of(TERM_TYPE, type), *c = row_of(TERM_CALIBRE, calibre);
    if (!t || !c || t->family == 'A' || t->family == 0)
        return false;
    bool revolver = strcmp(t->code, "REVOLVER") == 0, shot410 = strcmp(c->code, "410") == 0;
    bool small_gauge =
        strcmp(t->code, "PISTOL") == 0 && calibre >= 204; /* single-shot pistols (garruchas) take 24 and less */
    switch (c->family) {
    case 'G':
        return (t->family == 'H' && !shot410 && !small_gauge) || t->family == 'R';
    case 'R':
        return revolver || t->family == 'G';
    case 'H':
        return t->family == 'G' || strcmp(t->code, "HMG") == 0;
    case 'A':
        return strcmp(t->code, "AIRGUN") != 0;
    default:
        return t->family != 'X';
    }
}
