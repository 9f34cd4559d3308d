/* Reading marks: the invented set (tests/labels/invented.tsv, labelled by its writer from the definitions alone) and the facts
 * beside the status. All texts and numbers are invented. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include "base/mem.h"
#include "marks/read.h"

#define INVENTED ATHAR_SOURCE_ROOT "/tests/labels/invented.tsv"

static void serials_of(const struct mark_reading *r, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < r->serial_count; i++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? " | " : "", r->serials[i].text);
    if (r->serial_count == 0)
        snprintf(out, cap, "-");
}

struct score {
    unsigned texts, status, serials, of[MARK_STATUS_COUNT], right[MARK_STATUS_COUNT];
};

static void score_line(char *line, struct score *s)
{
    char *save = NULL, got[1024];
    strtok_r(line, "\t", &save);
    const char *status = strtok_r(NULL, "\t", &save), *serials = strtok_r(NULL, "\t", &save);
    struct mark_reading r;
    enum mark_status want = MARK_UNKNOWN;
    assert_true(save && mark_status_of(slice_str(status), &want));
    mark_read(slice_str(save), &r);
    serials_of(&r, got, sizeof got);
    bool status_right = r.status == want, serials_right = strcmp(got, serials) == 0;
    s->texts++;
    s->of[want]++;
    s->right[want] += status_right;
    s->status += status_right;
    s->serials += serials_right;
    if (!status_right || !serials_right)
        printf("  \"%s\": %s %s, wanted %s %s\n", save, mark_status_code(r.status), got, status, serials);
}

/* The goals of the reading: status right for 95 %, serials exactly for 97 %. */
static void invented(void **state)
{
    FILE *f = fopen(INVENTED, "r");
    char line[2048];
    struct score s = {0};
    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] != '#' && line[0])
            score_line(line, &s);
    }
    fclose(f);
    for (unsigned i = 0; i < MARK_STATUS_COUNT; i++) {
        printf("  %-12s %u of %u\n", mark_status_code((enum mark_status)i), s.right[i], s.of[i]);
        assert_true(s.of[i] > 0);
    }
    printf("  status %u, serials %u of %u texts\n", s.status, s.serials, s.texts);
    assert_true(s.texts >= 200);
    assert_true(s.status * 100 >= s.texts * 95);
    assert_true(s.serials * 100 >= s.texts * 97);
}

/* ---- the facts beside the status ---- */

static void facts(void **state)
{
    static const struct {
        const char *text, *status, *place, *cause, *method, *recovery;
    } table[] = {
        {"raspado na armação", "OBLITERATED", "FRAME", "HUMAN", "GROUND", ""},
        {"PINADO", "OBLITERATED", "", "HUMAN", "PUNCHED", ""},
        {"drilled out", "OBLITERATED", "", "HUMAN", "DRILLED", ""},
        {"soldé", "OBLITERATED", "", "HUMAN", "WELDED", ""},
        {"desgastado", "WORN", "", "WEAR", "", ""},
        {"ilegible por corrosión", "WORN", "", "CORROSION", "", ""},
        {"QX?40 (oxidado)", "PARTIAL", "", "CORROSION", "", ""},
        {"QX140 (revelado no cano)", "RESTORED", "BARREL", "", "", "FULL"},
        {"limé, restauré par attaque acide : QX1?0", "RESTORED", "", "HUMAN", "GROUND", "PART"},
        {"não foi possível a revelação do número", "UNKNOWN", "", "", "", "TRIED"},
        {"44120 (remarcado)", "ALTERED", "", "HUMAN", "", ""},
        {"44120", "CLEAR", "", "", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct mark_reading r;
        mark_read(slice_str(table[i].text), &r);
        assert_string_equal(mark_status_code(r.status), table[i].status);
        assert_string_equal(r.place, table[i].place);
        assert_string_equal(read_cause_code(r.cause), table[i].cause);
        assert_string_equal(read_method_code(r.method), table[i].method);
        assert_string_equal(read_recovery_code(r.recovery), table[i].recovery);
    }
}

static void places_and_doubt(void **state)
{
    struct mark_reading r;
    (void)state;
    mark_read(SLICE("J220981 (armação) e J220944 (cano)"), &r);
    assert_int_equal(r.serial_count, 2);
    assert_string_equal(r.serials[0].place, "FRAME");
    assert_string_equal(r.serials[1].place, "BARREL");
    mark_read(SLICE("cañón: B7790, corredera: B7711"), &r);
    assert_int_equal(r.serial_count, 2);
    assert_string_equal(r.serials[0].place, "BARREL");
    assert_string_equal(r.serials[1].place, "SLIDE");
    mark_read(SLICE("7F00412 (provável)"), &r);
    assert_true(r.serials[0].probable);
    mark_read(SLICE("7F00412"), &r);
    assert_false(r.serials[0].probable);
}

/* Whatever comes in, the answer is well-formed. */
static void odd_input(void **state)
{
    struct mark_reading r;
    char longer[2000];
    (void)state;
    mark_read(SLICE(""), &r);
    assert_int_equal(r.status, MARK_ABSENT);
    mark_read(SLICE("n\xE3o identificado"), &r); /* Latin-1 */
    assert_int_equal(r.status, MARK_UNKNOWN);
    mark_read(SLICE("\0\0\0"), &r);
    assert_int_equal(r.status, MARK_ABSENT);
    memset(longer, '7', sizeof longer);
    mark_read(slice_of(longer, sizeof longer), &r);
    assert_true(strlen(r.serials[0].text) < READ_SERIAL_TEXT);
    mark_read(SLICE("QX44\xED\xA0\x80""1"), &r); /* half a surrogate pair is three Latin-1 bytes, never a character */
    assert_int_equal(slice_utf8_fault(slice_str(r.serials[0].text)), -1);
    mark_read(SLICE("иж 4471"), &r);
    assert_int_equal(r.status, MARK_CLEAR);
    assert_string_equal(r.serials[0].text, "ИЖ 4471"); /* its own script, upper case */
    mark_read(SLICE("A1111, A2222, A3333, A4444, A5555, A6666, A7777, A8888, A9999, B1111"), &r);
    assert_int_equal(r.serial_count, READ_SERIALS);
}

static void json_line(void **state)
{
    struct slice text = SLICE("raspado; \"QX?40\" na arma\xE7\xE3o");
    struct mark_reading r;
    struct buf b;
    json_error_t why;
    (void)state;
    buf_init(&b, 4096);
    mark_read(text, &r);
    mark_reading_json(text, &r, &b);
    json_t *j = json_loadb(b.p, b.n, 0, &why);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, "text")), "raspado; \"QX?40\" na armação");
    assert_string_equal(json_string_value(json_object_get(j, "status")), "PARTIAL");
    assert_string_equal(json_string_value(json_array_get(json_object_get(j, "serials"), 0)), "QX?40");
    assert_string_equal(json_string_value(json_array_get(json_object_get(j, "places"), 0)), "FRAME");
    assert_true(json_is_false(json_object_get(j, "probable")));
    json_decref(j);
    buf_free(&b);
}

/* First of all tests: the vocabulary does not exist yet. Without memory for it words say nothing; the next text asks again. */
static void without_memory(void **state)
{
    struct mark_reading r = {0};
    (void)state;
    for (uint64_t n = 1; n < 1000 && r.status != MARK_OBLITERATED; n++) {
        mem_test_fail_at(n);
        mark_read(SLICE("raspado"), &r);
        assert_true(r.status == MARK_UNKNOWN || r.status == MARK_OBLITERATED);
    }
    mem_test_fail_at(0);
    mark_read(SLICE("raspado"), &r);
    assert_int_equal(r.status, MARK_OBLITERATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory), cmocka_unit_test(invented), cmocka_unit_test(facts), cmocka_unit_test(places_and_doubt), cmocka_unit_test(odd_input),
        cmocka_unit_test(json_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
