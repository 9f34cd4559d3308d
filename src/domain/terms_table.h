/* The tables under terms.h: the files of data/terms/ as rows, aliases and hash tables. Built once, at the first question;
 * nothing in them changes afterwards, so any number of threads read them. For terms*.c only. */
#ifndef DOMAIN_TERMS_TABLE_H
#define DOMAIN_TERMS_TABLE_H
#include "base/arena.h"
#include "domain/terms.h"

#define TERMS_KEY_MAX 96 /* bytes of folded text that are looked at */
#define TERMS_ANSWERS TERM_LISTS /* the list of words that answer without naming anything: numbers are enum term_answer */

struct terms_row {
    uint16_t number;
    const char *code, *label, *country, *ncic;
    char family; /* calibres and types: H R G A X, else 0 */
};
struct terms_alias {
    const char *key;   /* folded, compact */
    uint8_t length, list;
    uint16_t number;
    uint32_t types;    /* bit per type number; 0 = holds for any */
};
struct terms_row_list {
    struct terms_row *row; /* in the order of the file */
    size_t count;
    uint16_t *by_number;   /* row + 1, 0 = none; TERMS_NUMBERS long */
};
#define TERMS_NUMBERS 4096
struct terms_index { /* open addressing: alias number + 1 by hash; several entries of one hash stand in a run */
    uint32_t *slot;
    size_t mask;
};
struct terms_table {
    struct arena arena;
    struct terms_row_list list[TERM_LISTS];
    struct terms_alias *alias;
    size_t aliases;
    uint32_t *sorted[TERM_LISTS + 1]; /* aliases of a list in byte order of their keys, for truncated texts */
    size_t sorted_count[TERM_LISTS + 1];
    bool failed; /* while building: no memory, or more aliases than there is room for */
    struct terms_index exact, near, code; /* code: slot holds list << 16 | row + 1 */
};

/* NULL without memory (asked again the next time). */
const struct terms_table *terms_table(void);
/* The alias of exactly this key. With several by type: the one for `type` before the one for any. NULL when there is none. */
const struct terms_alias *terms_find(const struct terms_table *t, unsigned list, const char *key, size_t n, unsigned type);
/* The one number whose alias is nearest within `limit` (1 or 2) edits that touch no digit; 0 when none or several. Numbers
 * below 1000 are preferred to those above. */
unsigned terms_near(const struct terms_table *t, unsigned list, const char *key, size_t n, unsigned limit);
/* The one number among aliases that begin with key, 0 when none or several. */
unsigned terms_begun(const struct terms_table *t, unsigned list, const char *key, size_t n);
const struct terms_row *terms_row(const struct terms_table *t, unsigned list, unsigned number);
const struct terms_row *terms_row_by_code(const struct terms_table *t, unsigned list, struct slice code);
/* The form in which a list keeps its keys: fold_words (decimal for calibres), then compact; calibres lose "cal", "calibre"
 * ... and a leading "0." or point. Returns the length; out holds TERMS_KEY_MAX. words (same size) gets the spaced form. */
size_t terms_key(unsigned list, struct slice text, char *words, char *out);
/* A calibre that is in no table as a whole: gauge with chamber length, words around a listed one. `type` 0 = unknown. */
unsigned terms_calibre(const struct terms_table *t, const char *words, const char *key, size_t key_n, unsigned type);
#endif
