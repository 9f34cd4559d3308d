/* Profiles: the shipped one is whole; whatever is wrong is named with its path. */
#include "domain/profile.h"
#include "base/embed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static enum err parse(const char *json, struct profile *p, struct fault *f)
{
    *f = (struct fault){0};
    return profile_parse(slice_str(json), p, f);
}

static void the_generic_profile_has_the_kinds_of_a_life(void **state)
{
    static const char *const kinds[] = {"registered", "imported", "sold", "transferred", "loaned", "sent_for_repair", "consigned",
        "returned", "exported", "lost", "stolen", "found", "recovered", "seized", "handed_in", "surrendered", "deactivated", "destroyed",
        "mark_observed", "party_recorded", "permit_issued", "permit_ended", "corrected", "cancelled", "same_gun", "not_same_gun",
        "profile_activated", "file_imported", "account_created", "account_closed", "role_given", "role_taken", "sign_in_reset",
        "approval_asked", "approved", "refused", "case_opened", "glass_broken", "passkey_added", "passkey_dropped", "token_made", "token_ended", "specimens_concluded", "hold_placed", "hold_lifted", "erased", "protection_order", "order_lifted",
        "openings_anchored", "openings_pruned", "list_asked", "person_asked", "person_answered", "person_refused", "statement_made", "appealed",
        "appeal_decided"};
    static struct profile p;
    struct fault f;
    struct slice bytes = embed_get("profiles/generic.json");
    struct hash h = hash_of(bytes.p, bytes.n);
    assert_int_equal(profile_parse(bytes, &p, &f), OK);
    assert_int_equal(p.kind_count, sizeof kinds / sizeof kinds[0]);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct profile_kind *k = profile_kind(&p, slice_str(kinds[i]));
        char label[40];
        assert_non_null(k);
        snprintf(label, sizeof label, "kind.%s", kinds[i]);
        assert_string_equal(k->label, label);
    }
    assert_true(hash_eq(&p.hash, &h));
    assert_null(profile_kind(&p, SLICE("sol")));
    const struct profile_kind *seized = profile_kind(&p, SLICE("seized"));
    assert_true(seized->rule[2].what == EFFECT_FOUND_WITH && !seized->rule[2].lawful && seized->rule[2].set);
    const struct profile_kind *returned = profile_kind(&p, SLICE("returned"));
    assert_true(returned->rule[0].what == EFFECT_POSSESSOR && !returned->rule[0].set);
    assert_string_equal(profile_kind(&p, SLICE("loaned"))->needs[0], "to");
}

static void values_have_defaults(void **state)
{
    static struct profile p;
    struct fault f;
    assert_int_equal(parse("{\"name\":\"x\",\"kinds\":{}}", &p, &f), OK);
    assert_true(p.registered == 0.5 && p.short_days == 1095 && p.kind_count == 0);
}

#define KIND(members) "{\"name\":\"x\",\"kinds\":{\"sold\":{" members "}}}"
#define RULE(members) KIND("\"effects\":[{\"do\":\"mark\"},{" members "}]")

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *json, *field;
        enum err code;
    } bad[] = {
        {"", "profile", ERR_FORMAT},
        {"{\"name\":\"x\",\"name\":\"y\",\"kinds\":{}}", "profile", ERR_FORMAT},
        {"[]", "", ERR_FORMAT},
        {"{\"kinds\":{}}", "name", ERR_MISSING},
        {"{\"name\":7,\"kinds\":{}}", "name", ERR_MISSING},
        {"{\"name\":\"x\"}", "kinds", ERR_FORMAT},
        {"{\"name\":\"x\",\"kinds\":[]}", "kinds", ERR_FORMAT},
        {"{\"name\":\"x\",\"kinds\":{},\"langage\":\"en\"}", "langage", ERR_UNKNOWN_CODE},
        {"{\"name\":\"x\",\"kinds\":{},\"country\":\"HND\"}", "country", ERR_FORMAT},
        {"{\"name\":\"x\",\"kinds\":{},\"language\":1}", "language", ERR_FORMAT},
        {"{\"name\":\"x\",\"kinds\":{},\"registered_share\":1}", "registered_share", ERR_RANGE},
        {"{\"name\":\"x\",\"kinds\":{},\"registered_share\":\"0.5\"}", "registered_share", ERR_RANGE},
        {"{\"name\":\"x\",\"kinds\":{},\"short_time_to_crime_days\":-1}", "short_time_to_crime_days", ERR_RANGE},
        {"{\"name\":\"x\",\"kinds\":{},\"short_time_to_crime_days\":2.5}", "short_time_to_crime_days", ERR_RANGE},
        {"{\"name\":\"x\",\"kinds\":{\"sold\":[]}}", "kinds.sold", ERR_FORMAT},
        {"{\"name\":\"x\",\"kinds\":{\"a_name_of_thirty_four_characters_x\":{\"effects\":[]}}}", "kinds.a_name_of_thirty_four_characters_",
            ERR_TOO_LONG},
        {KIND("\"efects\":[]"), "kinds.sold.efects", ERR_UNKNOWN_CODE},
        {KIND("\"label\":1,\"effects\":[]"), "kinds.sold.label", ERR_TOO_LONG},
        {KIND("\"effects\":{}"), "kinds.sold.effects", ERR_FORMAT},
        {KIND("\"needs\":[]"), "kinds.sold.effects", ERR_FORMAT},
        {KIND("\"effects\":[],\"needs\":\"to\""), "kinds.sold.needs", ERR_FORMAT},
        {KIND("\"effects\":[],\"needs\":[1]"), "kinds.sold.needs", ERR_FORMAT},
        {KIND("\"effects\":[],\"needs\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]"), "kinds.sold.needs", ERR_FORMAT},
        {KIND("\"effects\":[7]"), "kinds.sold.effects[0]", ERR_FORMAT},
        {RULE("\"to\":\"to\""), "kinds.sold.effects[1].do", ERR_UNKNOWN_CODE},
        {RULE("\"do\":\"own\""), "kinds.sold.effects[1].do", ERR_UNKNOWN_CODE},
        {RULE("\"do\":\"owner\",\"too\":\"to\""), "kinds.sold.effects[1].too", ERR_UNKNOWN_CODE},
        {RULE("\"do\":\"owner\",\"to\":5"), "kinds.sold.effects[1].to", ERR_FORMAT},
        {RULE("\"do\":\"owner\",\"to\":\"a_long_field_name\""), "kinds.sold.effects[1].to", ERR_FORMAT},
        {RULE("\"do\":\"place\",\"field\":\"land\""), "kinds.sold.effects[1].field", ERR_UNKNOWN_CODE},
        {RULE("\"do\":\"status\""), "kinds.sold.effects[1].status", ERR_UNKNOWN_CODE},
        {RULE("\"do\":\"status\",\"status\":\"GONE\""), "kinds.sold.effects[1].status", ERR_UNKNOWN_CODE},
        {RULE("\"do\":\"owner\",\"status\":\"LOST\""), "kinds.sold.effects[1].status", ERR_UNKNOWN_CODE},
        {RULE("\"do\":\"owner\",\"end\":1"), "kinds.sold.effects[1].end/lawful", ERR_FORMAT},
        {RULE("\"do\":\"owner\",\"lawful\":\"no\""), "kinds.sold.effects[1].end/lawful", ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        static struct profile p;
        struct fault f;
        enum err e = parse(bad[i].json, &p, &f);
        if (e != bad[i].code || f.code != e || strcmp(f.field, bad[i].field) != 0 || !*f.want)
            fail_msg("%s: %s at '%s'", bad[i].json, err_name(e), f.field);
        assert_int_equal(profile_parse(slice_str(bad[i].json), &p, NULL), e); /* no fault asked for */
    }
}

static void counts_are_limited(void **state)
{
    static struct profile p;
    struct buf json;
    struct fault f;
    buf_init(&json, PROFILE_MAX + 10);
    buf_str(&json, "{\"name\":\"x\",\"kinds\":{");
    for (int i = 0; i <= PROFILE_KINDS; i++)
        buf_printf(&json, "%s\"k%d\":{\"effects\":[]}", i ? "," : "", i);
    buf_str(&json, "}}");
    assert_int_equal(parse(json.p, &p, &f), ERR_FORMAT);
    assert_string_equal(f.field, "kinds");
    buf_reset(&json);
    buf_str(&json, "{\"name\":\"x\",\"kinds\":{\"k\":{\"effects\":[");
    for (int i = 0; i <= EVENT_EFFECTS; i++)
        buf_str(&json, i ? ",{\"do\":\"mark\"}" : "{\"do\":\"mark\"}");
    buf_str(&json, "]}}}");
    assert_int_equal(parse(json.p, &p, &f), ERR_FORMAT);
    assert_string_equal(f.field, "kinds.k.effects");
    memset(buf_room(&json, PROFILE_MAX + 1 - json.n), ' ', PROFILE_MAX + 1 - 300);
    json.n = PROFILE_MAX + 1;
    assert_int_equal(profile_parse(buf_view(&json), &p, &f), ERR_TOO_LONG);
    buf_free(&json);
}

static void retention_rules_are_read_and_judged(void **state)
{
    static struct profile p;
    struct fault f;
    static const struct {
        const char *rule, *field, *want;
    } bad[] = {{"{\"years\":1,\"basis\":\"x\"}", "retention[0].kind", "want.short_text"},
        {"{\"kind\":\"*\",\"years\":1}", "retention[0].basis", "want.retention_basis"},
        {"{\"kind\":\"*\",\"years\":-1,\"basis\":\"x\"}", "retention[0].years", "want.years"},
        {"{\"kind\":\"*\",\"years\":\"30\",\"basis\":\"x\"}", "retention[0].years", "want.years"},
        {"{\"kind\":\"*\",\"years\":3,\"basis\":\"x\",\"class\":\"KING\"}", "retention[0].class", "want.party_class"},
        {"{\"kind\":\"*\",\"years\":3,\"basis\":\"x\",\"form\":\"sold\"}", "retention[0].form", "want.profile_member"}};
    assert_int_equal(profile_parse(SLICE("{\"name\":\"x\",\"kinds\":{},\"retention\":[{\"kind\":\"*\",\"from\":\"destroyed\","
        "\"class\":\"PERSON\",\"years\":30,\"basis\":\"law 4\"}]}"), &p, &f), OK);
    assert_true(p.retention_count == 1 && p.retention[0].years == 30 && p.retention[0].cls == PARTY_PERSON);
    assert_string_equal(p.retention[0].from, "destroyed");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256];
        snprintf(text, sizeof text, "{\"name\":\"x\",\"kinds\":{},\"retention\":[%s]}", bad[i].rule);
        assert_int_not_equal(profile_parse(slice_str(text), &p, &f), OK);
        assert_string_equal(f.field, bad[i].field);
        assert_string_equal(f.want, bad[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generic_profile_has_the_kinds_of_a_life),
        cmocka_unit_test(values_have_defaults),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(counts_are_limited),
        cmocka_unit_test(retention_rules_are_read_and_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
