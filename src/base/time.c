#include "base/time.h"

#include <time.h>
#include <stdio.h>
#include "base/banned.h"

#define MS_SECOND INT64_C(1000)
#define MS_MINUTE (60 * MS_SECOND)
#define MS_HOUR (60 * MS_MINUTE)
#define MS_DAY (24 * MS_HOUR)
#define YEAR_FIRST 1500
#define YEAR_LAST 2199

/* ---- calendar ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Years are counted from March, so that the leap day is a year's last: then month starts follow 153 days in 5 months. */
int64_t time_from_civil(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * from_march + 2) / 5 + day - 1;
    int64_t days = 365 * y + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) + day_of_year;
    return (days - 719468) * MS_DAY; /* 719468 days from 0000-03-01 to 1970-01-01 */
}

void time_to_civil(int64_t ms, int *year, int *month, int *day)
{
    int64_t days = floor_div(ms, MS_DAY) + 719468;
    int64_t era = floor_div(days, 146097);
    int64_t in_era = days - era * 146097;
    int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t day_of_year = in_era - (365 * y + y / 4 - y / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* ---- one point of time, with its precision ---- */

enum precision { PREC_NONE, PREC_YEAR, PREC_MONTH, PREC_DAY, PREC_MINUTE, PREC_SECOND, PREC_MS };

struct point {
    enum precision precision;
    int year, month, day, hour, minute, second, ms;
    int offset; /* minutes east of UTC */
};
struct span {
    int64_t start, end;
    enum precision precision;
};

/* OK, or the message key of what is wanted. */
static const char *point_fault(const struct point *p)
{
    if (p->year < YEAR_FIRST || p->year > YEAR_LAST)
        return "want.year";
    if (p->precision >= PREC_MONTH && (p->month < 1 || p->month > 12))
        return "want.day";
    if (p->precision >= PREC_DAY && (p->day < 1 || p->day > month_days(p->year, p->month)))
        return "want.day";
    if (p->hour > 23 || p->minute > 59 || p->second > 59)
        return "want.time";
    return NULL;
}

static int64_t point_end(const struct point *p, int64_t start)
{
    switch (p->precision) {
    case PREC_YEAR:
        return time_from_civil(p->year + 1, 1, 1);
    case PREC_MONTH:
        return p->month == 12 ? time_from_civil(p->year + 1, 1, 1) : time_from_civil(p->year, p->month + 1, 1);
    case PREC_DAY:
        return start + MS_DAY;
    case PREC_MINUTE:
        return start + MS_MINUTE;
    case PREC_SECOND:
        return start + MS_SECOND;
    default:
        return start + 1;
    }
}

static const char *point_span(const struct point *p, struct span *out)
{
    const char *want = point_fault(p);
    if (want)
        return want;
    int month = p->precision >= PREC_MONTH ? p->month : 1, day = p->precision >= PREC_DAY ? p->day : 1;
    struct span s = {.precision = p->precision};
    s.start = time_from_civil(p->year, month, day) + p->hour * MS_HOUR + (p->minute - p->offset) * MS_MINUTE +
              p->second * MS_SECOND + p->ms;
    s.end = point_end(p, s.start);
    if (s.start < time_from_civil(YEAR_FIRST, 1, 1) || s.end > time_from_civil(YEAR_LAST + 1, 1, 1))
        return "want.year";
    *out = s;
    return NULL;
}

static char *digits(char *at, int64_t v, int width)
{
    for (int i = width - 1; i >= 0; i--, v /= 10)
        at[i] = (char)('0' + v % 10);
    return at + width;
}

/* Canonical text; returns its end. */
static char *span_text(char *at, const struct span *s)
{
    int year, month, day;
    time_to_civil(s->start, &year, &month, &day);
    int64_t in_day = s->start - floor_div(s->start, MS_DAY) * MS_DAY;
    const struct {
        enum precision from;
        char before;
        int64_t value;
        int width;
    } parts[] = {
        {PREC_YEAR, 0, year, 4},
        {PREC_MONTH, '-', month, 2},
        {PREC_DAY, '-', day, 2},
        {PREC_MINUTE, 'T', in_day / MS_HOUR, 2},
        {PREC_MINUTE, ':', in_day / MS_MINUTE % 60, 2},
        {PREC_SECOND, ':', in_day / MS_SECOND % 60, 2},
        {PREC_MS, '.', in_day % MS_SECOND, 3},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts && parts[i].from <= s->precision; i++) {
        if (parts[i].before)
            *at++ = parts[i].before;
        at = digits(at, parts[i].value, parts[i].width);
    }
    if (s->precision >= PREC_MINUTE)
        *at++ = 'Z';
    return at;
}

static void when_of(const struct span *a, const struct span *b, struct when *out)
{
    *out = (struct when){.start = a->start, .end = b ? b->end : a->end};
    char *at = span_text(out->text, a);
    if (b) {
        *at++ = '/';
        span_text(at, b);
    }
}

/* ---- ISO 8601 ---- */

struct scan {
    struct slice left;
    bool bad;
};

static bool scan_is(struct scan *s, char c)
{
    if (s->left.n == 0 || s->left.p[0] != c)
        return false;
    s->left.p++;
    s->left.n--;
    return true;
}

/* Between `least` and `most` digits, as many as there are. */
static int scan_digits(struct scan *s, size_t least, size_t most)
{
    int v = 0;
    size_t n = 0;
    while (n < most && n < s->left.n && s->left.p[n] >= '0' && s->left.p[n] <= '9')
        v = v * 10 + (s->left.p[n++] - '0');
    if (n < least)
        s->bad = true;
    s->left = slice_of(s->left.p + n, s->left.n - n);
    return v;
}

static void scan_offset(struct scan *s, struct point *p)
{
    if (scan_is(s, 'Z'))
        return;
    int sign = scan_is(s, '+') ? 1 : scan_is(s, '-') ? -1 : 0;
    int hours = scan_digits(s, 2, 2);
    s->bad |= sign == 0 || !scan_is(s, ':');
    int minutes = scan_digits(s, 2, 2);
    s->bad |= hours > 23 || minutes > 59;
    p->offset = sign * (hours * 60 + minutes);
}

static void scan_time(struct scan *s, struct point *p)
{
    p->precision = PREC_MINUTE;
    p->hour = scan_digits(s, 2, 2);
    s->bad |= !scan_is(s, ':');
    p->minute = scan_digits(s, 2, 2);
    if (scan_is(s, ':')) {
        p->precision = PREC_SECOND;
        p->second = scan_digits(s, 2, 2);
        if (scan_is(s, '.')) {
            p->precision = PREC_MS;
            p->ms = scan_digits(s, 3, 3);
        }
    }
    scan_offset(s, p);
}

static bool scan_point(struct scan *s, struct point *p)
{
    *p = (struct point){.precision = PREC_YEAR, .year = scan_digits(s, 4, 4)};
    if (scan_is(s, '-')) {
        p->precision = PREC_MONTH;
        p->month = scan_digits(s, 2, 2);
        if (scan_is(s, '-')) {
            p->precision = PREC_DAY;
            p->day = scan_digits(s, 2, 2);
            if (scan_is(s, 'T'))
                scan_time(s, p);
        }
    }
    return !s->bad;
}

enum err when_parse(struct slice s, const char *field, struct when *out, struct fault *f)
{
    struct scan scan = {.left = s};
    struct point point;
    struct span a, b;
    if (s.n == 0) {
        *out = when_unknown();
        return OK;
    }
    struct point first;
    bool ok = scan_point(&scan, &first), interval = ok && scan_is(&scan, '/');
    if (interval)
        ok = scan_point(&scan, &point);
    if (!ok || scan.left.n)
        return fault_set(f, ERR_FORMAT, field, s, "want.when");
    const char *want = point_span(&first, &a);
    if (!want && interval)
        want = point_span(&point, &b);
    if (!want && interval && b.end <= a.start)
        want = "want.interval";
    if (want)
        return fault_set(f, ERR_RANGE, field, s, want);
    when_of(&a, interval ? &b : NULL, out);
    return OK;
}

/* Year of four digits, month and day of one or two, parted by one and the same of - / . */
static bool year_first(struct slice s, char out[11])
{
    unsigned part[3] = {0}, digits[3] = {0}, at = 0;
    char sign = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool ends = c == '-' || c == '/' || c == '.';
        if (c >= '0' && c <= '9' && ++digits[at] <= 4) {
            part[at] = part[at] * 10 + (unsigned)(c - '0');
        } else if (ends && at < 2 && (!sign || c == sign)) {
            sign = c;
            at++;
        } else {
            return false;
        }
    }
    if (at != 2 || digits[0] != 4 || !digits[1] || digits[1] > 2 || !digits[2] || digits[2] > 2)
        return false;
    snprintf(out, 11, "%04u-%02u-%02u", part[0] % 10000, part[1] % 100, part[2] % 100);
    return true;
}

enum err when_typed(struct slice s, const char *field, struct when *out, struct fault *f)
{
    char digits[2 * WHEN_TEXT_MAX], day[11];
    struct fault wrong = {0};
    struct slice text = slice_trim(s);
    if (text.n <= sizeof digits)
        text = slice_digits(text, digits);
    if (year_first(text, day))
        text = slice_str(day);
    enum err e = when_parse(text, field, out, &wrong);
    return e ? fault_set(f, e, field, s, wrong.want) : OK;
}

/* ---- patterns ---- */

enum part { PART_YEAR, PART_MONTH, PART_DAY, PART_HOUR, PART_MINUTE, PART_SECOND, PART_COUNT };

/* The part that a pattern letter stands for, or PART_COUNT. */
static enum part part_of(char c)
{
    static const char letters[] = "YMDhms";
    const char *at = c ? strchr(letters, c) : NULL;
    return at ? (enum part)(at - letters) : PART_COUNT;
}

static bool run_allowed(enum part part, size_t n)
{
    return part == PART_YEAR ? n == 2 || n == 4 : n <= 2;
}

/* Reads s by the pattern into v; seen gets a bit for each part. False in *form when the pattern itself is wrong. */
static bool pattern_scan(struct scan *s, struct slice pattern, int v[PART_COUNT], unsigned *seen, bool *form)
{
    for (size_t i = 0; i < pattern.n;) {
        enum part part = part_of(pattern.p[i]);
        if (part == PART_COUNT) {
            s->bad |= !scan_is(s, pattern.p[i++]);
            continue;
        }
        size_t n = 1;
        while (i + n < pattern.n && pattern.p[i + n] == pattern.p[i])
            n++;
        if (*seen & 1u << part || !run_allowed(part, n))
            return *form = false;
        *seen |= 1u << part;
        v[part] = scan_digits(s, n, n == 1 ? 2 : n);
        if (part == PART_YEAR && n == 2)
            v[part] += v[part] < 50 ? 2000 : 1900;
        i += n;
    }
    return !s->bad && s->left.n == 0;
}

/* The parts must reach down from the year without a gap, and an hour needs its minute. */
static enum precision parts_precision(unsigned seen)
{
    static const enum precision by_count[] = {
        PREC_NONE, PREC_YEAR, PREC_MONTH, PREC_DAY, PREC_NONE, PREC_MINUTE, PREC_SECOND};
    unsigned count = 0;
    while (seen & 1u << count)
        count++;
    return seen >> count ? PREC_NONE : by_count[count];
}

/* A number in decimal: whole days and a fraction of a day in seconds, rounded to the nearest. */
static bool scan_serial(struct slice s, int64_t *days, int64_t *seconds, bool *fraction)
{
    struct scan scan = {.left = s};
    int64_t part = 0, scale = 1;
    *days = scan_digits(&scan, 1, 7);
    *fraction = false;
    if (scan_is(&scan, '.')) {
        scan.bad |= scan.left.n == 0;
        for (size_t i = 0; i < scan.left.n; i++) {
            int digit = scan.left.p[i] - '0';
            if (digit < 0 || digit > 9)
                return false;
            *fraction |= digit != 0;
            if (scale < INT64_C(1000000000000)) {
                part = part * 10 + digit;
                scale *= 10;
            }
        }
        scan.left.n = 0;
    }
    *seconds = (part * (MS_DAY / MS_SECOND) + scale / 2) / scale;
    return !scan.bad && scan.left.n == 0;
}

/* Spreadsheets count day 1 as 1900-01-01 and, by an old mistake, a day 60 as 1900-02-29, which the calendar lacks. */
static enum err serial_day(struct slice s, const char *field, struct when *out, struct fault *f)
{
    int64_t days, seconds;
    bool fraction;
    if (!scan_serial(s, &days, &seconds, &fraction))
        return fault_set(f, ERR_FORMAT, field, s, "want.serial_day");
    struct span a = {.precision = fraction ? PREC_SECOND : PREC_DAY};
    if (days < 1 || days == 60)
        return fault_set(f, ERR_RANGE, field, s, "want.serial_day");
    a.start = time_from_civil(1899, 12, days < 60 ? 31 : 30) + days * MS_DAY + seconds * MS_SECOND;
    a.end = a.start + (fraction ? MS_SECOND : MS_DAY);
    if (a.end > time_from_civil(YEAR_LAST + 1, 1, 1))
        return fault_set(f, ERR_RANGE, field, s, "want.year");
    when_of(&a, NULL, out);
    return OK;
}

enum err when_pattern(struct slice s, struct slice pattern, const char *field, struct when *out, struct fault *f)
{
    int v[PART_COUNT] = {0};
    unsigned seen = 0;
    bool form = true;
    if (s.n == 0) {
        *out = when_unknown();
        return OK;
    }
    if (slice_is(pattern, "EXCEL"))
        return serial_day(s, field, out, f);
    bool read = pattern_scan(&(struct scan){.left = s}, pattern, v, &seen, &form);
    struct point p = {.precision = parts_precision(seen), .year = v[PART_YEAR], .month = v[PART_MONTH], .day = v[PART_DAY],
        .hour = v[PART_HOUR], .minute = v[PART_MINUTE], .second = v[PART_SECOND]};
    if (!form || p.precision == PREC_NONE)
        return fault_set(f, ERR_USAGE, field, pattern, "want.pattern_form");
    if (!read)
        return fault_set(f, ERR_FORMAT, field, s, "want.date_order");
    struct span a;
    const char *want = point_span(&p, &a);
    if (want)
        return fault_set(f, ERR_RANGE, field, s, want);
    when_of(&a, NULL, out);
    return OK;
}

/* ---- the rest ---- */

struct when when_unknown(void)
{
    return (struct when){.start = INT64_MIN, .end = INT64_MAX};
}

bool when_known(const struct when *w)
{
    return w->start != INT64_MIN;
}

int when_cmp(const struct when *a, const struct when *b)
{
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

static void text(int64_t ms, enum precision precision, char *out)
{
    bool shown = ms >= time_from_civil(0, 1, 1) && ms < time_from_civil(10000, 1, 1);
    *(shown ? span_text(out, &(struct span){.start = ms, .precision = precision}) : out) = 0;
}

void time_text(int64_t ms, char out[25])
{
    text(ms, PREC_MS, out);
}

void time_day(int64_t ms, char out[11])
{
    text(ms, PREC_DAY, out);
}

int64_t time_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * MS_SECOND + t.tv_nsec / 1000000;
}

int64_t time_mono_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}
