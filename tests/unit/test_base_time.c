/* Time: the C library's calendar is the oracle for days; instants in the tables are what `date -u -d TEXT +%s` says. */
#include "base/time.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#define DAY INT64_C(86400000)

/* Every day of years 1499 to 2200. */
static void test_calendar(void **state)
{
    for (int64_t day = -171600; day < 84400; day++) {
        time_t seconds = (time_t)(day * 86400);
        struct tm tm;
        int year, month, d;
        char text[40], got[11];
        gmtime_r(&seconds, &tm);
        time_to_civil(day * DAY + (day & 1 ? DAY - 1 : 0), &year, &month, &d);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(d, tm.tm_mday);
        assert_int_equal(time_from_civil(year, month, d), day * DAY);
        snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, d);
        time_day(day * DAY, got);
        assert_string_equal(got, text);
    }
}

/* A date that exists is read; one that does not is out of range. Every day, month and year of the span. */
static void test_each_day_parses(void **state)
{
    for (int year = 1500; year <= 2199; year += year % 100 > 5 && year % 100 < 90 ? 7 : 1)
        for (int month = 0; month <= 13; month++)
            for (int day = 0; day <= 32; day++) {
                struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 12};
                time_t noon = timegm(&tm);
                bool exists = month >= 1 && month <= 12 && tm.tm_mon == month - 1 && tm.tm_mday == day && day > 0;
                char text[40];
                struct when w;
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                enum err err = when_parse(slice_str(text), "d", &w, NULL);
                assert_int_equal(err, exists ? OK : ERR_RANGE);
                if (exists)
                    assert_int_equal(w.start, noon * 1000 - DAY / 2);
            }
}

static const struct {
    const char *text, *canonical;
    int64_t start, end;
} good[] = {
    {"2024", "2024", 1704067200000, 1735689600000},
    {"1500", "1500", -14831769600000, -14800233600000},
    {"2199", "2199", 7226582400000, 7258118400000},
    {"2024-02", "2024-02", 1706745600000, 1709251200000},
    {"2023-02", "2023-02", 1675209600000, 1677628800000},
    {"2023-12", "2023-12", 1701388800000, 1704067200000},
    {"2024-02-29", "2024-02-29", 1709164800000, 1709251200000},
    {"2000-02-29", "2000-02-29", 951782400000, 951868800000},
    {"1969-12-31", "1969-12-31", -86400000, 0},
    {"2024-03-03T14:02Z", "2024-03-03T14:02Z", 1709474520000, 1709474580000},
    {"2024-03-03T14:02:11Z", "2024-03-03T14:02:11Z", 1709474531000, 1709474532000},
    {"2024-03-03T14:02:11.123Z", "2024-03-03T14:02:11.123Z", 1709474531123, 1709474531124},
    {"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z", -1, 0},
    {"2024-03-03T14:02+02:00", "2024-03-03T12:02Z", 1709467320000, 1709467380000},
    {"2024-03-01T00:30:00+01:00", "2024-02-29T23:30:00Z", 1709249400000, 1709249401000},
    {"2023-12-31T20:00:00.500-05:30", "2024-01-01T01:30:00.500Z", 1704072600500, 1704072600501},
    {"2024-03-03T14:02-00:00", "2024-03-03T14:02Z", 1709474520000, 1709474580000},
    {"2024/2025", "2024/2025", 1704067200000, 1767225600000},
    {"2024-03/2024", "2024-03/2024", 1709251200000, 1735689600000},
    {"2024-02-29/2024-02-29", "2024-02-29/2024-02-29", 1709164800000, 1709251200000},
    {"2024-03-03T14:02+02:00/2024-03-04", "2024-03-03T12:02Z/2024-03-04", 1709467320000, 1709596800000},
    {"2024-03-03T14:02:11.123Z/2024-03-03T14:02:11.124Z", "2024-03-03T14:02:11.123Z/2024-03-03T14:02:11.124Z", 1709474531123,
        1709474531125},
};

static void test_iso_8601(void **state)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct when w, again;
        struct fault f;
        if (when_parse(slice_str(good[i].text), "happened", &w, &f) != OK)
            fail_msg("%s: %s", good[i].text, f.want);
        assert_string_equal(w.text, good[i].canonical);
        if (w.start != good[i].start || w.end != good[i].end)
            fail_msg("%s: %ld to %ld", good[i].text, (long)w.start, (long)w.end);
        assert_int_equal(when_parse(slice_str(w.text), "happened", &again, &f), OK);
        assert_string_equal(again.text, w.text);
        assert_int_equal(when_cmp(&again, &w), 0);
        assert_true(when_known(&w));
    }
}

static const struct {
    const char *text;
    enum err err;
    const char *want;
} bad[] = {
    {"24", ERR_FORMAT, "want.when"},
    {"20240303", ERR_FORMAT, "want.when"},
    {"2024-3-3", ERR_FORMAT, "want.when"},
    {"2024-03-", ERR_FORMAT, "want.when"},
    {"2024-W10", ERR_FORMAT, "want.when"},
    {"2024-062", ERR_FORMAT, "want.when"},
    {"03/03/2024", ERR_FORMAT, "want.when"},
    {"2024-03-03 ", ERR_FORMAT, "want.when"},
    {" 2024", ERR_FORMAT, "want.when"},
    {"2024-03-03T14:02", ERR_FORMAT, "want.when"}, /* of which zone? */
    {"2024-03-03T14Z", ERR_FORMAT, "want.when"},
    {"2024-03-03 14:02Z", ERR_FORMAT, "want.when"},
    {"2024-03-03t14:02z", ERR_FORMAT, "want.when"},
    {"2024-03-03T14:02+0200", ERR_FORMAT, "want.when"},
    {"2024-03-03T14:02+24:00", ERR_FORMAT, "want.when"},
    {"2024-03-03T14:02+02:60", ERR_FORMAT, "want.when"},
    {"2024-03-03T14:02:11.1Z", ERR_FORMAT, "want.when"},
    {"2024-03-03T14:02:11,123Z", ERR_FORMAT, "want.when"},
    {"2024/", ERR_FORMAT, "want.when"},
    {"/2024", ERR_FORMAT, "want.when"},
    {"2024/2025/2026", ERR_FORMAT, "want.when"},
    {"2024/P1M", ERR_FORMAT, "want.when"},
    {"2024-03-01/05", ERR_FORMAT, "want.when"},
    {"\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA4", ERR_FORMAT, "want.when"},
    {"1499", ERR_RANGE, "want.year"},
    {"2200", ERR_RANGE, "want.year"},
    {"1500-01-01T00:30Z/2024", OK, ""},
    {"1500-01-01T00:30+01:00", ERR_RANGE, "want.year"},
    {"2199-12-31T23:30-01:00", ERR_RANGE, "want.year"},
    {"2024-00", ERR_RANGE, "want.day"},
    {"2024-13", ERR_RANGE, "want.day"},
    {"2024-04-31", ERR_RANGE, "want.day"},
    {"2023-02-29", ERR_RANGE, "want.day"},
    {"1900-02-29", ERR_RANGE, "want.day"}, /* no leap year */
    {"2024-03-03T24:00Z", ERR_RANGE, "want.time"},
    {"2024-03-03T23:60Z", ERR_RANGE, "want.time"},
    {"2016-12-31T23:59:60Z", ERR_RANGE, "want.time"}, /* leap seconds are not counted */
    {"2025/2024", ERR_RANGE, "want.interval"},
    {"2024-03/2024-02", ERR_RANGE, "want.interval"},
    {"2024-03-03T14:02Z/2024-03-03T14:01Z", ERR_RANGE, "want.interval"},
};

static void test_refused(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct when w = {.start = 4711};
        struct fault f = {0};
        enum err err = when_parse(slice_str(bad[i].text), "happened", &w, &f);
        if (err != bad[i].err || strcmp(f.want, bad[i].want) != 0)
            fail_msg("%s: %s %s", bad[i].text, err_name(err), f.want);
        if (!err)
            continue;
        assert_int_equal(w.start, 4711);
        assert_string_equal(f.field, "happened");
        assert_string_equal(f.value, bad[i].text);
    }
}

static void test_unknown(void **state)
{
    struct when w, known;
    assert_int_equal(when_parse(slice_of(NULL, 0), "x", &w, NULL), OK);
    assert_false(when_known(&w));
    assert_string_equal(w.text, "");
    assert_true(w.start == INT64_MIN && w.end == INT64_MAX);
    assert_int_equal(when_pattern(SLICE(""), SLICE("D/M/YYYY"), "x", &w, NULL), OK);
    assert_false(when_known(&w));
    assert_int_equal(when_parse(SLICE("2024"), "x", &known, NULL), OK);
    assert_int_equal(when_cmp(&w, &known), -1);
    assert_int_equal(when_cmp(&known, &w), 1);
    assert_int_equal(when_parse(SLICE("2024-01"), "x", &w, NULL), OK);
    assert_int_equal(when_cmp(&w, &known), -1); /* same start, earlier end */
}

static const struct {
    const char *text, *pattern;
    enum err err;
    const char *result; /* canonical text, or what is wanted */
} patterns[] = {
    {"3/4/2024", "D/M/YYYY", OK, "2024-04-03"},
    {"3/4/2024", "M/D/YYYY", OK, "2024-03-04"},
    {"03/04/2024", "D/M/YYYY", OK, "2024-04-03"},
    {"31.12.1999", "DD.MM.YYYY", OK, "1999-12-31"},
    {"12/31/49", "M/D/YY", OK, "2049-12-31"},
    {"12/31/50", "M/D/YY", OK, "1950-12-31"},
    {"20240229", "YYYYMMDD", OK, "2024-02-29"},
    {"2024", "YYYY", OK, "2024"},
    {"03/2024", "MM/YYYY", OK, "2024-03"},
    {"2024-03-03T14:02:11", "YYYY-MM-DDThh:mm:ss", OK, "2024-03-03T14:02:11Z"},
    {"3.4.2024 9:05", "D.M.YYYY h:mm", OK, "2024-04-03T09:05Z"},
    {"13/12/2024", "M/D/YYYY", ERR_RANGE, "want.day"}, /* the wrong order shows itself */
    {"31/04/2024", "D/M/YYYY", ERR_RANGE, "want.day"},
    {"29/02/2023", "D/M/YYYY", ERR_RANGE, "want.day"},
    {"1/1/1499", "D/M/YYYY", ERR_RANGE, "want.year"},
    {"1/1/2024 24:00", "D/M/YYYY hh:mm", ERR_RANGE, "want.time"},
    {"3/4/2024", "DD/MM/YYYY", ERR_FORMAT, "want.date_order"},
    {"3/4/24", "D/M/YYYY", ERR_FORMAT, "want.date_order"},
    {"3/4/20245", "D/M/YYYY", ERR_FORMAT, "want.date_order"},
    {"3-4-2024", "D/M/YYYY", ERR_FORMAT, "want.date_order"},
    {"3/4/", "D/M/YYYY", ERR_FORMAT, "want.date_order"},
    {"x", "D/M/YYYY", ERR_FORMAT, "want.date_order"},
    {"2024", "D/M", ERR_USAGE, "want.pattern_form"},
    {"2024", "YYYY-DD", ERR_USAGE, "want.pattern_form"},
    {"2024", "YYY", ERR_USAGE, "want.pattern_form"},
    {"2024", "YYYY-YYYY", ERR_USAGE, "want.pattern_form"},
    {"2024", "", ERR_USAGE, "want.pattern_form"},
    {"2024-03-03T14", "YYYY-MM-DDThh", ERR_USAGE, "want.pattern_form"},
    /* serial days of spreadsheets: 1 = 1900-01-01, 59 = 28 February, 61 = 1 March, 25569 = 1970-01-01 */
    {"1", "EXCEL", OK, "1900-01-01"},
    {"59", "EXCEL", OK, "1900-02-28"},
    {"60", "EXCEL", ERR_RANGE, "want.serial_day"},
    {"61", "EXCEL", OK, "1900-03-01"},
    {"25569", "EXCEL", OK, "1970-01-01"},
    {"45351", "EXCEL", OK, "2024-02-29"},
    {"45351.0", "EXCEL", OK, "2024-02-29"},
    {"45351.5", "EXCEL", OK, "2024-02-29T12:00:00Z"},
    {"45351.584722222219", "EXCEL", OK, "2024-02-29T14:02:00Z"},
    {"45351.999999", "EXCEL", OK, "2024-03-01T00:00:00Z"},
    {"109574", "EXCEL", OK, "2199-12-31"},
    {"109575", "EXCEL", ERR_RANGE, "want.year"},
    {"0", "EXCEL", ERR_RANGE, "want.serial_day"},
    {"-1", "EXCEL", ERR_FORMAT, "want.serial_day"},
    {"45351.", "EXCEL", ERR_FORMAT, "want.serial_day"},
    {"45351,5", "EXCEL", ERR_FORMAT, "want.serial_day"},
    {"4.5e4", "EXCEL", ERR_FORMAT, "want.serial_day"},
    {"29/02/2024", "EXCEL", ERR_FORMAT, "want.serial_day"},
    {"99999999", "EXCEL", ERR_FORMAT, "want.serial_day"},
};

static void test_patterns(void **state)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct when w = {0};
        struct fault f = {0};
        enum err err = when_pattern(slice_str(patterns[i].text), slice_str(patterns[i].pattern), "date", &w, &f);
        if (err != patterns[i].err || strcmp(err ? f.want : w.text, patterns[i].result) != 0)
            fail_msg("%s by %s: %s %s", patterns[i].text, patterns[i].pattern, err_name(err), err ? f.want : w.text);
        struct when again;
        if (err)
            continue;
        assert_int_equal(when_parse(slice_str(w.text), "date", &again, NULL), OK);
        assert_int_equal(when_cmp(&w, &again), 0);
    }
}

static void test_text(void **state)
{
    char text[25], day[11];
    time_text(1709474531123, text);
    assert_string_equal(text, "2024-03-03T14:02:11.123Z");
    time_text(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    time_text(TIME_UNKNOWN, text);
    assert_string_equal(text, "");
    time_text(INT64_MAX, text);
    assert_string_equal(text, "");
    time_day(-1, day);
    assert_string_equal(day, "1969-12-31");
    assert_true(time_now() > time_from_civil(2024, 1, 1));
    int64_t before = time_mono_ns();
    assert_true(time_mono_ns() >= before);
}

static void test_typed(void **state)
{
    static const char *const same[] = {"2020-03-05", " 2020-03-05 ", "2020/3/5", "2020.03.05", "2020-3-5", "٢٠٢٠-٠٣-٠٥", "۲۰۲۰/۳/۵", "٢٠٢٠/٠٣/٠٥"};
    struct when w;
    struct fault f = {0};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(when_typed(slice_str(same[i]), "happened", &w, &f), OK);
        assert_string_equal(w.text, "2020-03-05");
    }
    assert_int_equal(when_typed(SLICE("٢٠٢٠"), "happened", &w, &f), OK);
    assert_string_equal(w.text, "2020");
    assert_int_equal(when_typed(SLICE("2019/2020"), "happened", &w, &f), OK); /* an interval is none of these */
    assert_string_equal(w.text, "2019/2020");
    assert_int_equal(when_typed(SLICE("  "), "happened", &w, &f), OK);
    assert_false(when_known(&w));
    static const char *const wrong[] = {"3/5/2020", "05.03.2020", "2020/3-5", "2020/13/1", "2020/2/30", "20/3/5", "2020/3/5/1", "2O20-03-05"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_not_equal(when_typed(slice_str(wrong[i]), "happened", &w, &f), OK);
        assert_string_equal(f.value, wrong[i]); /* as it was typed */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_each_day_parses),
        cmocka_unit_test(test_iso_8601),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
