/* Time. Instants are milliseconds since 1970-01-01T00:00:00Z (proleptic Gregorian, no leap seconds). What happened is
 * ISO 8601 of a stated precision, or an interval; its text is kept as given and its bounds are computed.
 * Source: ISO 8601-1:2019 4.3, 5.2-5.5 (the subset below). docs/formats/time.md. */
#ifndef BASE_TIME_H
#define BASE_TIME_H
#include "base/err.h"
#include "base/buf.h"

#define TIME_UNKNOWN INT64_MIN
#define WHEN_TEXT_MAX 64

/* Half-open: start <= t < end. An unknown time has start = INT64_MIN, end = INT64_MAX and text "". */
struct when {
    int64_t start, end;
    char text[WHEN_TEXT_MAX]; /* canonical: YYYY, YYYY-MM, YYYY-MM-DD, YYYY-MM-DDTHH:MM[:SS[.mmm]]Z, or A/B of two of these */
};

/* Accepts the canonical forms, also with a numeric offset (+02:00, rewritten to Z). Years 1500-2199. "" is unknown and OK.
 * ERR_FORMAT (want.when) or ERR_RANGE (no such day, end before start). *out only on success. */
enum err when_parse(struct slice s, const char *field, struct when *out, struct fault *f);
/* The same of what a person typed: blanks at its ends, digits of any keyboard (slice_digits), and a day with the year first whatever parts it: 2020/3/5,
 * 2020.03.05. Not the day first: 3/5/2020 is two days. The fault holds it as typed. */
enum err when_typed(struct slice s, const char *field, struct when *out, struct fault *f);
/* A date in another order by pattern: runs of Y M D h m s stand for digits, all else for itself: "M/D/YY" (two-digit years:
 * 00-49 -> 20xx, 50-99 -> 19xx), "D.M.YYYY", "YYYY-MM-DDThh:mm:ss", "EXCEL" (serial day, 1900 system, fraction = time).
 * A one-letter run takes one or two digits. Result has the precision that the pattern states. */
enum err when_pattern(struct slice s, struct slice pattern, const char *field, struct when *out, struct fault *f);
struct when when_unknown(void);
bool when_known(const struct when *w);
/* Order of the register: start, then end. */
int when_cmp(const struct when *a, const struct when *b);

/* "2024-03-03T14:02:11.123Z" into out (25 bytes with NUL); "2024-03-03" (11 bytes). */
void time_text(int64_t ms, char out[25]);
void time_day(int64_t ms, char out[11]);
int64_t time_from_civil(int year, int month, int day);
void time_to_civil(int64_t ms, int *year, int *month, int *day);

/* Now, UTC milliseconds, from the system; programs take it through struct app so that tests can set it. */
int64_t time_now(void);
/* Monotonic nanoseconds for measuring. */
int64_t time_mono_ns(void);
#endif
