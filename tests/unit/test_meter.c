/* Requests counted by status: each that the server answers has its own, so that an alarm on 5.. sees a full disk (507), and recorded entries (201) are told from the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/buf.h"
#include "web/meter.h"

static void each_status_by_its_number(void **state)
{
    static const int answered[] = {200, 201, 206, 303, 304, 400, 401, 403, 404, 405, 409, 411, 413, 415, 417, 421, 422, 429, 431, 500, 503, 507};
    struct meter *m = meter_new();
    struct buf text;
    assert_non_null(m);
    for (size_t i = 0; i < sizeof answered / sizeof *answered; i++)
        meter_count(m, &(struct web_told){.route = 0, .status = answered[i], .nanos = 1000});
    buf_init(&text, 1u << 20);
    meter_write(m, &text);
    buf_byte(&text, 0);
    for (size_t i = 0; i < sizeof answered / sizeof *answered; i++) {
        char label[32];
        snprintf(label, sizeof label, "status=\"%d\"} 1\n", answered[i]);
        if (!strstr((const char *)text.p, label))
            fail_msg("%d: %s", answered[i], (const char *)text.p);
    }
    assert_null(strstr((const char *)text.p, "other"));
    buf_free(&text);
    meter_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_status_by_its_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
