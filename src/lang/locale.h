/* What a language's region writes: digits, grouping, months, date patterns, plural rules. Taken from ICU (CLDR) once at start and kept as plain
 * bytes, because ICU's own formatters are slow and not all safe to share between threads. */
#ifndef LANG_LOCALE_H
#define LANG_LOCALE_H
#include "base/buf.h"
#include <unicode/upluralrules.h>

#define LOCALE_WORD 48

struct locale {
    bool rtl;
    char group[8], minus[8];
    uint32_t zero;          /* code point of digit 0 */
    unsigned group_from;    /* digits from which grouping begins (5 in Spanish) */
    char month[12][LOCALE_WORD], month_alone[12][LOCALE_WORD];
    char day_pattern[LOCALE_WORD], month_pattern[LOCALE_WORD]; /* CLDR letters d M L y, quotes */
    UPluralRules *plural;   /* uplrules_select is safe from many threads */
};

/* id: an ICU locale, "en_GB" or "ar@numbers=latn". ERR_MEMORY or ERR_UNKNOWN_CODE. */
enum err locale_open(struct locale *l, const char *id, struct fault *f);
void locale_close(struct locale *l);
void locale_number(const struct locale *l, struct buf *out, int64_t v);
/* day 0: month and year only. */
void locale_date(const struct locale *l, struct buf *out, int year, int month, int day);
/* Of the language `tag`. */
void locale_country(const char *tag, struct buf *out, struct slice code);
/* CLDR category of n as text: "zero" "one" "two" "few" "many" "other". */
void locale_plural(const struct locale *l, int64_t n, char out[8]);
#endif
