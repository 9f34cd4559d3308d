/* Who guesses slows himself down, and nobody else for long. */
#include "people/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define AT ((int64_t)1700000000000)

static void the_pair_waits_longer_each_time(void **state)
{
    struct throttle *t = throttle_new();
    int64_t now = AT, last = 0;
    for (int i = 0; i < 30; i++) {
        int64_t wait = throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, now);
        assert_true(wait >= last || i < THROTTLE_PAIR_FREE);
        assert_true(i < THROTTLE_PAIR_FREE ? wait == 0 : wait > 0 && wait <= THROTTLE_PAIR_MAX);
        last = wait;
        throttle_failed(t, SLICE("Ama"), SLICE("10.0.0.1"), now); /* without regard to case */
    }
    assert_int_equal(last, THROTTLE_PAIR_MAX);
    assert_int_equal(throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, now + THROTTLE_PAIR_MAX * 1000), 0);
    throttle_passed(t, SLICE("ama"), SLICE("10.0.0.1"));
    assert_int_equal(throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, now), 0);
    throttle_free(t);
}

static void a_stranger_locks_nobody_out(void **state)
{
    struct throttle *t = throttle_new();
    for (int i = 0; i < 100000; i++)
        throttle_failed(t, SLICE("ama"), SLICE("203.0.113.9"), AT);
    assert_int_equal(throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, AT), 0); /* her own browser, elsewhere */
    int64_t wait = throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), false, AT);      /* a new one */
    assert_true(wait > 0 && wait <= THROTTLE_ACCOUNT_MAX);
    assert_int_equal(throttle_wait(t, SLICE("ben"), SLICE("10.0.0.1"), false, AT), 0);
    throttle_free(t);
}

static void a_run_over_many_accounts_slows_its_source(void **state)
{
    struct throttle *t = throttle_new();
    char name[16];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "name%d", i);
        throttle_failed(t, slice_str(name), SLICE("203.0.113.9"), AT);
    }
    assert_true(throttle_wait(t, SLICE("other"), SLICE("203.0.113.9"), false, AT) > 0);
    assert_int_equal(throttle_wait(t, SLICE("other"), SLICE("10.0.0.1"), false, AT), 0);
    assert_int_equal(throttle_wait(t, SLICE("other"), SLICE("203.0.113.9"), true, AT), 0);
    throttle_free(t);
}

/* Failed while the clock was a year ahead: from when it is right again he waits as long as he would have, and not for a year, nor for ever. */
static void a_clock_that_was_ahead_makes_nobody_wait_for_it(void **state)
{
    struct throttle *t = throttle_new();
    const int64_t year = (int64_t)365 * 86400000;
    for (int i = 0; i < 30; i++)
        throttle_failed(t, SLICE("ama"), SLICE("10.0.0.1"), AT + year);
    int64_t wait = throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, AT);
    assert_true(wait > 0 && wait <= THROTTLE_PAIR_MAX);
    assert_int_equal(throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, AT + wait * 1000), 0);
    throttle_free(t);
}

/* More sources than rows: counts of others may be lost, but a table full of strangers delays nobody who did not fail. */
static void a_full_table_stays_bounded(void **state)
{
    struct throttle *t = throttle_new();
    char source[32];
    for (int i = 0; i < 4 * THROTTLE_ROWS; i++) {
        snprintf(source, sizeof source, "source %d", i);
        throttle_failed(t, SLICE("ama"), slice_str(source), AT + i);
    }
    assert_int_equal(throttle_wait(t, SLICE("ben"), SLICE("10.0.0.1"), false, AT), 0);
    throttle_free(t);
}

static void a_clock_that_jumps_makes_nobody_wait_longer(void **state)
{
    struct throttle *t = throttle_new();
    for (int i = 0; i < 5; i++)
        throttle_failed(t, SLICE("ama"), SLICE("10.0.0.1"), AT);
    assert_true(throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, AT - (int64_t)86400000) <= 4);
    assert_int_equal(throttle_wait(t, SLICE("ama"), SLICE("10.0.0.1"), true, AT + (int64_t)86400000), 0);
    throttle_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pair_waits_longer_each_time),
        cmocka_unit_test(a_stranger_locks_nobody_out),
        cmocka_unit_test(a_run_over_many_accounts_slows_its_source),
        cmocka_unit_test(a_full_table_stays_bounded), cmocka_unit_test(a_clock_that_was_ahead_makes_nobody_wait_for_it),
        cmocka_unit_test(a_clock_that_jumps_makes_nobody_wait_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
