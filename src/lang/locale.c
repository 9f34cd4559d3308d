#include "lang/locale.h"
#include <unicode/udat.h>
#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>
#include "base/banned.h"

static void narrow(const UChar *u, int32_t n, char *out, size_t cap, UErrorCode *e)
{
    int32_t got = 0;
    u_strToUTF8(out, (int32_t)cap - 1, &got, u, n, e);
    out[U_SUCCESS(*e) ? got : 0] = 0;
}

static void read_numbers(struct locale *l, const char *id, UErrorCode *e)
{
    UChar u[16];
    UNumberFormat *nf = unum_open(UNUM_DECIMAL, NULL, 0, id, NULL, e);
    if (U_FAILURE(*e))
        return;
    int32_t n = unum_getSymbol(nf, UNUM_GROUPING_SEPARATOR_SYMBOL, u, 16, e);
    narrow(u, n, l->group, sizeof l->group, e);
    n = unum_getSymbol(nf, UNUM_MINUS_SIGN_SYMBOL, u, 16, e);
    narrow(u, n, l->minus, sizeof l->minus, e);
    n = unum_getSymbol(nf, UNUM_ZERO_DIGIT_SYMBOL, u, 16, e);
    if (U_SUCCESS(*e) && n > 0) {
        int32_t i = 0;
        UChar32 zero;
        U16_NEXT(u, i, n, zero);
        l->zero = (uint32_t)zero;
    }
    int32_t least = unum_getAttribute(nf, UNUM_MINIMUM_GROUPING_DIGITS);
    l->group_from = 3 + (unsigned)(least > 0 ? least : 1);
    unum_close(nf);
}

static void read_months(struct locale *l, const char *id, UErrorCode *e)
{
    UChar u[LOCALE_WORD];
    UDateFormat *df = udat_open(UDAT_NONE, UDAT_LONG, id, u"UTC", -1, NULL, 0, e);
    if (U_FAILURE(*e))
        return;
    for (int32_t m = 0; m < 12; m++) {
        int32_t n = udat_getSymbols(df, UDAT_MONTHS, m, u, LOCALE_WORD, e);
        narrow(u, n, l->month[m], LOCALE_WORD, e);
        n = udat_getSymbols(df, UDAT_STANDALONE_MONTHS, m, u, LOCALE_WORD, e);
        narrow(u, n, l->month_alone[m], LOCALE_WORD, e);
    }
    udat_close(df);
}

static void read_patterns(struct locale *l, const char *id, UErrorCode *e)
{
    UChar u[LOCALE_WORD];
    UDateTimePatternGenerator *g = udatpg_open(id, e);
    if (U_FAILURE(*e))
        return;
    int32_t n = udatpg_getBestPattern(g, u"yMMMMd", -1, u, LOCALE_WORD, e);
    narrow(u, n, l->day_pattern, LOCALE_WORD, e);
    n = udatpg_getBestPattern(g, u"yMMMM", -1, u, LOCALE_WORD, e);
    narrow(u, n, l->month_pattern, LOCALE_WORD, e);
    udatpg_close(g);
}

enum err locale_open(struct locale *l, const char *id, struct fault *f)
{
    UErrorCode e = U_ZERO_ERROR;
    *l = (struct locale){.rtl = uloc_isRightToLeft(id), .zero = '0'};
    read_numbers(l, id, &e);
    if (U_SUCCESS(e))
        read_months(l, id, &e);
    if (U_SUCCESS(e))
        read_patterns(l, id, &e);
    if (U_SUCCESS(e))
        l->plural = uplrules_open(id, &e);
    if (U_SUCCESS(e))
        return OK;
    return fault_set(f, e == U_MEMORY_ALLOCATION_ERROR ? ERR_MEMORY : ERR_UNKNOWN_CODE, "lang.locale", slice_str(id), "want.locale");
}

void locale_close(struct locale *l)
{
    if (l->plural)
        uplrules_close(l->plural);
    l->plural = NULL;
}

static void put_point(struct buf *out, uint32_t c)
{
    char u[4];
    int32_t n = 0;
    U8_APPEND_UNSAFE(u, n, c);
    buf_add(out, u, (size_t)n);
}

static void put_digits(const struct locale *l, struct buf *out, const char *digits, size_t n, bool grouped)
{
    for (size_t i = 0; i < n; i++) {
        if (grouped && i && (n - i) % 3 == 0)
            buf_str(out, l->group);
        if (l->zero == '0')
            buf_add(out, digits + i, 1);
        else
            put_point(out, l->zero + (uint32_t)(digits[i] - '0'));
    }
}

static size_t decimal(uint64_t v, char out[20])
{
    char t[20];
    size_t n = 0;
    do
        t[n++] = (char)('0' + v % 10);
    while ((v /= 10));
    for (size_t i = 0; i < n; i++)
        out[i] = t[n - 1 - i];
    return n;
}

void locale_number(const struct locale *l, struct buf *out, int64_t v)
{
    char d[20];
    size_t n = decimal(v < 0 ? 0 - (uint64_t)v : (uint64_t)v, d);
    if (v < 0)
        buf_str(out, l->minus);
    put_digits(l, out, d, n, n >= l->group_from);
}

static void put_plain(const struct locale *l, struct buf *out, int v, size_t width)
{
    char d[20];
    size_t n = decimal((uint64_t)v, d);
    for (; width > n; width--)
        put_digits(l, out, "0", 1, false);
    put_digits(l, out, d, n, false);
}

static void put_field(const struct locale *l, struct buf *out, char letter, size_t run, int year, int month, int day)
{
    switch (letter) {
    case 'd':
        put_plain(l, out, day, run);
        break;
    case 'M':
    case 'L':
        if (run >= 3)
            buf_str(out, letter == 'M' ? l->month[month - 1] : l->month_alone[month - 1]);
        else
            put_plain(l, out, month, run);
        break;
    case 'y':
        put_plain(l, out, run == 2 ? year % 100 : year, run);
        break;
    default: /* eras and the like do not occur in the patterns asked for */
        break;
    }
}

void locale_date(const struct locale *l, struct buf *out, int year, int month, int day)
{
    bool quoted = false;
    for (const char *p = day ? l->day_pattern : l->month_pattern; *p; p++) {
        if (*p == '\'') {
            quoted = !quoted;
        } else if (!quoted && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))) {
            size_t run = 1;
            while (p[run] == *p)
                run++;
            put_field(l, out, *p, run, year, month, day);
            p += run - 1;
        } else {
            buf_add(out, p, 1);
        }
    }
}

void locale_country(const char *tag, struct buf *out, struct slice code)
{
    char id[16] = "und_", name[256] = "";
    UChar u[96];
    UErrorCode e = U_ZERO_ERROR;
    if (code.n == 2) {
        memcpy(id + 4, code.p, 2);
        narrow(u, uloc_getDisplayCountry(id, tag, u, 96, &e), name, sizeof name, &e);
    }
    buf_slice(out, U_SUCCESS(e) && *name ? slice_str(name) : code);
}

void locale_plural(const struct locale *l, int64_t n, char out[8])
{
    UChar u[16];
    UErrorCode e = U_ZERO_ERROR;
    int32_t got = uplrules_select(l->plural, (double)n, u, 16, &e);
    memcpy(out, "other", 6);
    if (U_FAILURE(e) || got > 7)
        return;
    for (int32_t i = 0; i < got && i < 7; i++)
        out[i] = (char)u[i];
    out[got < 7 ? got : 7] = 0;
}
