/* The body of a record: what is written is read again; what is not of the form is refused. */
#include "domain/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define Z(literal) {literal, sizeof literal - 1} /* SLICE for static tables */

static struct profile_kind sold = {.name = "sold", .label = "kind.sold", .rule_count = 3,
    .rule = {{.what = EFFECT_OWNER, .set = true, .lawful = true, .from = "from", .to = "to"},
        {.what = EFFECT_PLACE, .set = true, .field = "country"}, {.what = EFFECT_STATUS, .status = STATUS_LICIT, .set = true}}};
static const struct subject_id gun = {{1}}, seller = {{2}}, buyer = {{3}};

static struct record about(void)
{
    struct record r = {.bytes = SLICE("any")};
    r.h.kind = SLICE("sold");
    r.h.subject_count = 3;
    r.h.subject[0] = (struct record_subject){SUBJECT_ITEM, gun};
    r.h.subject[1] = (struct record_subject){SUBJECT_PARTY, seller};
    r.h.subject[2] = (struct record_subject){SUBJECT_PARTY, buyer};
    return r;
}

static const struct slice serials[] = {{"ABC123", 6}, {"12?4", 4}};
static const struct event_mark marks[] = {
    {.kind = Z("SERIAL"), .text = Z("abc 123 / 12?4"), .place = Z("frame"), .status = MARK_PARTIAL, .cause = Z("FILED"),
        .serial = serials, .serial_count = 2},
    {.status = MARK_ABSENT}};
static const struct external_id ids[] = {{Z("source-1"), Z("A/77")}, {Z(""), Z("\"\n")}};

static struct event full(void)
{
    struct event ev = {.kind = SLICE("sold"), .case_no = SLICE("C 1/24"), .circumstances = SLICE("at a shop"), .country = SLICE("UY"),
        .how = SLICE("KNOWN"), .note = SLICE("صح"), .permit = SLICE("P-9"), .place = SLICE("Salto"), .source = SLICE("source-1"),
        .describes = true, .mark = marks, .mark_count = 2, .id = ids, .id_count = 2, .party_count = 2};
    ev.item = (struct item_description){.make = {TERM_LISTED, 12, SLICE("GLOCK"), SLICE("Glock Inc")},
        .calibre = {TERM_UNKNOWN, 0, SLICE(""), SLICE("?")}, .type = {TERM_NONE, 0, SLICE(""), SLICE("")},
        .country = {TERM_UNLISTED, 0x8123, SLICE(""), SLICE("Utopia")}, .model = SLICE("17"), .year = 1999, .state_owned = true};
    ev.party[0] = (struct party_ref){.id = seller, .role = SLICE("from"), .cls = PARTY_DEALER, .country = SLICE("UY")};
    ev.party[1] = (struct party_ref){.id = buyer, .role = SLICE("to"), .cls = PARTY_UNSAID};
    return ev;
}

static const struct body_row row = {.given = true, .claim = {9, 8}, .digest = {7}};

static const char full_json[] =
    "{\"case\":\"C 1/24\",\"country\":\"UY\",\"how\":\"KNOWN\",\"ids\":[{\"id\":\"A/77\",\"source\":"
    "\"source-1\"},{\"id\":\"\\\"\\u000a\"}],\"item\":{\"calibre\":[\"?\",\"\",\"?\",0],\"country\":[\"U\",\"\",\"Utopia\",33059],\"make\":"
    "[\"L\",\"GLOCK\",\"Glock Inc\",12],\"model\":\"17\",\"state_owned\":true,\"type\":[\"-\",\"\",\"\",0],\"year\":1999},\"marks\":"
    "[{\"cause\":\"FILED\",\"kind\":\"SERIAL\",\"place\":\"frame\",\"serials\":[\"ABC123\",\"12?4\"],\"status\":\"PARTIAL\",\"text\":"
    "\"abc 123 / 12?4\"},{\"status\":\"ABSENT\"}],\"parties\":[{\"class\":\"DEALER\",\"country\":\"UY\",\"role\":\"from\","
    "\"subject\":1},{\"role\":\"to\",\"subject\":2}],\"permit\":\"P-9\",\"place\":\"Salto\",\"row\":{\"claim\":"
    "\"09080000000000000000000000000000\",\"digest\":\"07000000000000000000000000000000\"},\"source\":\"source-1\"}";

static void the_body_has_one_form(void **state)
{
    struct record r = about();
    struct event ev = full();
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(body_write(&ev, &row, &r.h, &out), OK);
    assert_string_equal(out.p, full_json);
    buf_reset(&out);
    ev = (struct event){0};
    assert_int_equal(body_write(&ev, NULL, &r.h, &out), OK);
    assert_string_equal(out.p, "{}");
    buf_free(&out);
}

static enum err read_json(struct arena *a, const char *json, struct event *ev, struct body_row *back)
{
    struct record r = about();
    return body_read(a, &r, slice_str(json), &sold, ev, back);
}

static void what_is_written_is_read_again(void **state)
{
    struct arena a;
    struct event ev, want = full();
    struct body_row back;
    arena_init(&a, 1 << 20);
    assert_int_equal(read_json(&a, full_json, &ev, &back), OK);
    struct record r = about();
    struct buf out;
    buf_init(&out, 1 << 16);
    assert_int_equal(body_write(&ev, &back, &r.h, &out), OK);
    assert_string_equal(out.p, full_json);
    assert_int_equal(ev.item.make.answer, TERM_LISTED);
    assert_int_equal(ev.item.country.number, want.item.country.number);
    assert_int_equal(ev.mark[0].status, MARK_PARTIAL);
    assert_true(back.given && memcmp(back.claim, row.claim, 16) == 0 && memcmp(back.digest, row.digest, 16) == 0);
    buf_free(&out);
    arena_free(&a);
}

static void effects_are_those_of_the_kind(void **state)
{
    struct arena a;
    struct event ev;
    arena_init(&a, 1 << 20);
    assert_int_equal(read_json(&a, full_json, &ev, NULL), OK);
    assert_int_equal(ev.effect_count, 3);
    assert_true(ev.effect[0].what == EFFECT_OWNER && ev.effect[0].from == 0 && ev.effect[0].to == 1 && ev.effect[0].lawful);
    assert_string_equal(ev.effect[1].code, "UY");
    assert_int_equal(ev.effect[2].status, STATUS_LICIT);
    struct record r = about(); /* a kind that the profile does not have */
    assert_int_equal(body_read(&a, &r, slice_str(full_json), NULL, &ev, NULL), OK);
    assert_int_equal(ev.effect_count, 0);
    /* a code is cut at a character, not within one */
    assert_int_equal(read_json(&a, "{\"country\":\"aaaaaaaaaaaaaaé\"}", &ev, NULL), OK);
    assert_string_equal(ev.effect[1].code, "aaaaaaaaaaaaaa");
    arena_free(&a);
}

static void what_is_not_of_the_form_is_refused(void **state)
{
    static const char *const bad[] = {"", "null", "[]", "{", "{\"place\":\"b\",\"note\":\"a\"}", /* order of keys */
        "{\"note\":\"a\",\"note\":\"b\"}", "{ \"note\":\"a\"}", "{\"note\":1}", "{\"place\":[]}", "{\"ids\":{}}", "{\"ids\":[1]}",
        "{\"ids\":[{\"id\":5}]}", "{\"item\":[]}", "{\"item\":{\"make\":\"L\"}}", "{\"item\":{\"make\":[\"L\",\"\",\"\"]}}",
        "{\"item\":{\"make\":[\"X\",\"\",\"\",0]}}", "{\"item\":{\"make\":[\"L\",\"\",\"\",65536]}}",
        "{\"item\":{\"make\":[\"L\",\"\",\"\",-1]}}", "{\"item\":{\"make\":[1,\"\",\"\",0]}}", "{\"item\":{\"year\":1499}}",
        "{\"item\":{\"year\":2200}}", "{\"item\":{\"state_owned\":1}}", "{\"marks\":[1]}", "{\"marks\":[{}]}",
        "{\"marks\":[{\"status\":\"SEEN\"}]}", "{\"marks\":[{\"serials\":[1],\"status\":\"CLEAR\"}]}",
        "{\"marks\":[{\"serials\":\"A\",\"status\":\"CLEAR\"}]}", "{\"parties\":[{\"role\":\"to\"}]}",
        "{\"parties\":[{\"role\":\"to\",\"subject\":3}]}", "{\"parties\":[{\"role\":\"to\",\"subject\":-1}]}",
        "{\"parties\":[{\"role\":\"to\",\"subject\":0}]}" /* a gun is no party */, "{\"parties\":[1]}", "{\"row\":[]}", "{\"row\":{\"claim\":\"0908\"}}", "{\"note\":\"\xff\"}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct arena a;
        struct event ev;
        struct body_row back;
        arena_init(&a, 1 << 20);
        if (read_json(&a, bad[i], &ev, &back) != ERR_DAMAGED)
            fail_msg("taken: %s", bad[i]);
        arena_free(&a);
    }
}

static void thirteen_parties_are_too_many(void **state)
{
    struct arena a;
    struct event ev;
    struct buf json;
    arena_init(&a, 1 << 20);
    buf_init(&json, 1 << 16);
    buf_str(&json, "{\"parties\":[");
    for (int i = 0; i <= EVENT_PARTIES; i++)
        buf_str(&json, i ? ",{\"subject\":1}" : "{\"subject\":1}");
    buf_str(&json, "]}");
    assert_int_equal(read_json(&a, json.p, &ev, NULL), ERR_DAMAGED);
    buf_free(&json);
    arena_free(&a);
}

static void unknown_members_are_passed_over(void **state)
{
    struct arena a;
    struct event ev;
    arena_init(&a, 1 << 20);
    assert_int_equal(read_json(&a, "{\"colour\":1,\"note\":\"n\",\"zeal\":[]}", &ev, NULL), OK);
    assert_true(slice_is(ev.note, "n"));
    arena_free(&a);
}

static void a_party_that_is_no_subject_cannot_be_written(void **state)
{
    struct record r = about();
    struct event ev = full();
    struct buf out;
    buf_init(&out, 1 << 16);
    ev.party[1].id.b[0] = 77;
    assert_int_equal(body_write(&ev, NULL, &r.h, &out), ERR_BUG);
    buf_free(&out);
}

static void names_go_to_their_party_alone(void **state)
{
    struct arena a;
    struct event ev;
    struct buf out;
    struct party_ref p = {.name = SLICE("Ana Sol"), .document = SLICE("1.234.567-8"), .address = SLICE("Calle 1")};
    struct key_id id;
    arena_init(&a, 1 << 20);
    buf_init(&out, 1 << 16);
    memcpy(id.b, buyer.b, 16);
    assert_int_equal(body_write_person(&p, &out), OK);
    assert_string_equal(out.p, "{\"address\":\"Calle 1\",\"document\":\"1.234.567-8\",\"name\":\"Ana Sol\"}");
    assert_int_equal(read_json(&a, full_json, &ev, NULL), OK);
    assert_int_equal(body_read_person(&a, buf_view(&out), &id, &ev), OK);
    assert_true(slice_is(ev.party[1].name, "Ana Sol") && slice_is(ev.party[1].document, "1.234.567-8"));
    assert_int_equal(ev.party[0].name.n, 0);
    assert_int_equal(body_read_person(&a, SLICE("{\"name\":1}"), &id, &ev), ERR_DAMAGED);
    assert_int_equal(body_read_person(&a, SLICE("[]"), &id, &ev), ERR_DAMAGED);
    buf_free(&out);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_body_has_one_form),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(effects_are_those_of_the_kind),
        cmocka_unit_test(what_is_not_of_the_form_is_refused),
        cmocka_unit_test(thirteen_parties_are_too_many),
        cmocka_unit_test(unknown_members_are_passed_over),
        cmocka_unit_test(a_party_that_is_no_subject_cannot_be_written),
        cmocka_unit_test(names_go_to_their_party_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
