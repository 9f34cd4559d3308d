/* Import: texts of a row that are refused, and what falls away of them. */
#include "intake_help.h"

/* The rules of forms: a serial, a make with a sign that nobody sees is rejected and the reason shows where; at their ends such signs fall away. */
static void a_row_with_signs_that_nobody_sees_is_rejected(void **state)
{
    static struct event ev[2];
    struct arena a;
    import(HEADING "1,Taurus,AB\u202e12,,2001,,Ana,,\n"
                   "2,Tau\u200crus,AB13,,2001,,Ana,,\n"
                   "3,Taurus,\u202eAB14,,2001,,Ana,,\n"
                   "4,Taurus,\"AB\n15\",,2001,,Ana,,\n"
                   "5,Taurus,AB16,,2001,,A\u2067na,,\n"
                   "6,Taurus,AB17,,2001,,\u2068Ana\u2069,,Bu\u202eyer\n" /* not sold: no record would hold the buyer */
                   "7,صنایع\u200cدفاع,\u200eAB18\u200f\u00a0,,2001,,علی\u200cرضا\u00a0,,\n");
    assert_true(counts.rows == 7 && counts.rejected == 5 && counts.added == 2);
    char *text = read_rejects();
    static const char *const said[] = {"AB[U+202E]12", "Tau[U+200C]rus", "[U+202E]AB14", "AB[U+000A]15", "A[U+2067]na"};
    for (size_t i = 0; i < 5; i++)
        if (!strstr(text, said[i]))
            fail_msg("%s\n%s", said[i], text);
    free(text);
    arena_init(&a, 1 << 20);
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(life_of(s, &a, "7", ev, 2), 1);
    assert_true(slice_is(ev[0].mark[0].text, "AB18") && slice_is(ev[0].party[0].name, "علی\u200cرضا"));
    assert_int_equal(life_of(s, &a, "6", ev, 2), 1);
    assert_true(slice_is(ev[0].party[0].name, "Ana"));
    store_close(s);
    arena_free(&a);
}

/* Nothing that can be seen is nothing: no sale, no date, and a word of the mapping is that word. But keys of rows are of the cells as they are: what was read
 * once adds nothing again. */
static void a_cell_of_signs_that_nobody_sees_is_empty(void **state)
{
    static struct event ev[2];
    struct arena a;
    static const char table[] = HEADING "1,Taurus,AB12,,2001,,Ana,\u00a0,Bu\n2,BOLT\u200b,AB13,,2001,,Ana,,\n3,Taurus,AB14,,\u200b\u00a0,,Ana,,\n"
                                        "\u00a05,Taurus,AB15,,2001,,Ana,,\n5,Taurus,AB16,,2001,,Ana,,\n";
    import(table);
    assert_true(counts.rows == 5 && counts.rejected == 2 && counts.added == 3);
    arena_init(&a, 1 << 20);
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(life_of(s, &a, "1", ev, 2), 1);
    store_close(s);
    arena_free(&a);
    import(table);
    assert_true(counts.unchanged == 3 && counts.added == 0);
}

/* A spreadsheet takes a serial for a number and throws digits away: such a row is not taken for a gun. What only looks a little like it is. */
static void a_serial_that_a_spreadsheet_shortened_is_rejected(void **state)
{
    import(HEADING "1,Taurus,1.23E+05,,2001,,Ana,,\n2,Taurus,\"9,87654e+11\",,2001,,Ana,,\n3,Taurus,7E+10,,2001,,Ana,,\n"
                   "4,Taurus,1E5,,2001,,Ana,,\n5,Taurus,E+05,,2001,,Ana,,\n6,Taurus,12E+,,2001,,Ana,,\n7,Taurus,1.23E+05A,,2001,,Ana,,\n");
    assert_true(counts.rows == 7 && counts.rejected == 3 && counts.added == 4);
    char *text = read_rejects();
    assert_non_null(strstr(text, "2,\"serial\",\"1.23E+05\",\"ERR_FORMAT\",\"want.serial_in_full\"\n"));
    free(text);
}

static void a_cell_too_large_for_a_record_is_refused(void **state)
{
    static char csv[200000];
    memset(csv, 0, sizeof csv);
    size_t n = (size_t)snprintf(csv, sizeof csv, HEADING "1,A,S1,,2001,,");
    memset(csv + n, 'x', 62000);
    strncat(csv + n, ",,\n", 10);
    import(csv);
    assert_true(counts.rejected == 1 && counts.records == 0);
    char *text = read_rejects();
    assert_non_null(strstr(text, "want.record_size"));
    free(text);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        T(a_row_with_signs_that_nobody_sees_is_rejected),
        T(a_cell_of_signs_that_nobody_sees_is_empty),
        T(a_serial_that_a_spreadsheet_shortened_is_rejected),
        T(a_cell_too_large_for_a_record_is_refused),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
