/* A flood writes so many lines and no more, tells how many it left out, and does not silence what comes after it. */
#include "base/trickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static uint64_t written(struct trickle *t, int64_t from, int64_t seconds, int each_second, uint64_t *left_out)
{
    uint64_t n = 0, missed;
    for (int64_t s = 0; s < seconds; s++)
        for (int i = 0; i < each_second; i++)
            if (trickle_take(t, from + s * SECOND, &missed)) {
                n++;
                *left_out += missed;
            }
    return n;
}

static void a_flood_of_a_day_is_bounded_and_counted(void **state)
{
    struct trickle t;
    uint64_t left_out = 0, last;
    trickle_init(&t, 100, 10 * SECOND);
    uint64_t n = written(&t, 5 * SECOND, 86400, 30, &left_out);
    assert_true(n >= 8640 && n <= 8740);
    assert_true(trickle_take(&t, 5 * SECOND + 86500 * SECOND, &last));
    assert_int_equal(n + left_out + last, 86400 * 30);
    trickle_free(&t);
}

static void after_a_calm_time_as_many_as_at_first(void **state)
{
    struct trickle t;
    uint64_t left_out = 0;
    trickle_init(&t, 100, 10 * SECOND);
    assert_int_equal(written(&t, SECOND, 1, 500, &left_out), 100);
    assert_int_equal(left_out, 0);
    assert_int_equal(written(&t, SECOND + 5 * SECOND, 1, 500, &left_out), 0);
    assert_int_equal(written(&t, 100000 * SECOND, 1, 500, &left_out), 100); /* not more, however long it was calm */
    assert_int_equal(left_out, 900);
    assert_int_equal(written(&t, 1 * SECOND, 1, 10, &left_out), 0); /* a clock that goes back gives nothing */
    trickle_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_of_a_day_is_bounded_and_counted),
        cmocka_unit_test(after_a_calm_time_as_many_as_at_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
