/* Figures, dates and direction. */
#include "lang/html.h"
#include "lang/lang_in.h"
#include "base/banned.h"

bool lang_has_rtl(struct slice s)
{
    for (size_t i = 0; i + 1 < s.n; i++) {
        uint8_t a = (uint8_t)s.p[i], b = (uint8_t)s.p[i + 1], c = i + 2 < s.n ? (uint8_t)s.p[i + 2] : 0;
        if ((a >= 0xD7 && a <= 0xDF) || (a == 0xD6 && b >= 0x90))
            return true; /* U+0590..07FF */
        if (a == 0xE0 && b >= 0xA0 && b <= 0xA3)
            return true; /* U+0800..08FF */
        if (a == 0xEF && (b == 0xAD || b == 0xAE || b == 0xAF || (b >= 0xB0 && b <= 0xBB)) && (b != 0xAD || c >= 0x90))
            return true; /* U+FB50..FEFF, near enough */
    }
    return false;
}

void lang_id(const struct lang *l, struct buf *out, struct slice id)
{
    bool isolate = lang_locale(l)->rtl || lang_has_rtl(id);
    if (isolate)
        buf_str(out, LRI);
    buf_slice(out, id);
    if (isolate)
        buf_str(out, PDI);
}

void lang_number(const struct lang *l, struct buf *out, int64_t v)
{
    locale_number(lang_locale(l), out, v);
}

void lang_country(const struct lang *l, struct buf *out, struct slice code)
{
    locale_country(lang_tag(l), out, code);
}

/* ---- dates: the canonical forms of base/time.h, read by their width ---- */

static bool two_digits(const char *p, int low, int high, int *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    *out = (p[0] - '0') * 10 + p[1] - '0';
    return *out >= low && *out <= high;
}

struct day {
    int year, month, day; /* month, day 0: not said */
};

static bool read_day(struct slice s, struct day *out)
{
    int high, low;
    struct day d = {0};
    if ((s.n != 4 && s.n != 7 && s.n != 10) || !two_digits(s.p, 0, 99, &high) || !two_digits(s.p + 2, 0, 99, &low))
        return false;
    d.year = high * 100 + low;
    if (s.n >= 7 && (s.p[4] != '-' || !two_digits(s.p + 5, 1, 12, &d.month)))
        return false;
    if (s.n == 10 && (s.p[7] != '-' || !two_digits(s.p + 8, 1, 31, &d.day)))
        return false;
    *out = d;
    return true;
}

static void put_day(const struct lang *l, struct buf *out, struct day d)
{
    if (d.month)
        locale_date(lang_locale(l), out, d.year, d.month, d.day);
    else
        buf_dec(out, d.year);
}

/* "2024-03-03T14:02:11.123Z": the day and hour and minute. */
static bool put_instant(const struct lang *l, struct buf *out, struct slice s)
{
    struct day d;
    int hour, minute;
    if (s.n < 17 || s.p[10] != 'T' || s.p[13] != ':' || s.p[s.n - 1] != 'Z' || !read_day(slice_of(s.p, 10), &d) ||
        !two_digits(s.p + 11, 0, 24, &hour) || !two_digits(s.p + 14, 0, 59, &minute))
        return false;
    struct buf day;
    buf_init(&day, 256);
    put_day(l, &day, d);
    lang_text(l, out, "date.instant", lang_s("day", buf_view(&day)), lang_s("time", slice_of(s.p + 11, 5)));
    buf_free(&day);
    return true;
}

static void put_when(const struct lang *l, struct buf *out, struct slice s)
{
    struct day d;
    if (read_day(s, &d))
        put_day(l, out, d);
    else if (!put_instant(l, out, s))
        buf_slice(out, s);
}

void lang_date(const struct lang *l, struct buf *out, struct slice when)
{
    const char *slash = when.n ? memchr(when.p, '/', when.n) : NULL;
    if (!slash) {
        put_when(l, out, when);
        return;
    }
    size_t n = (size_t)(slash - when.p);
    struct buf a, b;
    buf_init(&a, 512);
    buf_init(&b, 512);
    put_when(l, &a, slice_of(when.p, n));
    put_when(l, &b, slice_of(slash + 1, when.n - n - 1));
    lang_text(l, out, "date.interval", lang_s("from", buf_view(&a)), lang_s("to", buf_view(&b)));
    buf_free(&a);
    buf_free(&b);
}

void lang_date_html(const struct lang *l, struct buf *out, struct slice when)
{
    for (size_t i = 0; i < when.n; i++) {
        if (!strchr("0123456789-:./TZ", when.p[i])) {
            html_escape(out, when);
            return;
        }
    }
    lang_date(l, out, when);
}
