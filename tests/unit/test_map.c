/* Mapping files: what is wrong is named with its path; a value, a condition, a heading and the digest of a row do what
 * docs/formats/mapping.md says. */
#include "intake/map.h"
#include "intake/rows.h"
#include "base/embed.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct profile profile;

static enum err parse(const char *json, struct map **out, struct fault *f)
{
    *f = (struct fault){0};
    return map_parse(slice_str(json), &profile, out, f);
}

#define TOP(members) "{\"source\":\"s\",\"row_key\":\"id\",\"records\":[{\"kind\":\"lost\"}]," members "}"
#define REC(members) "{\"source\":\"s\",\"row_key\":\"id\",\"records\":[{\"kind\":\"lost\"},{\"kind\":\"sold\"," members "}]}"
#define PARTY(members) REC("\"parties\":[{\"role\":\"from\",\"name\":\"n\"},{" members "}]")

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *json, *field;
        enum err code;
    } bad[] = {
        {"{", "--map", ERR_FORMAT},
        {"{\"source\":\"s\",\"source\":\"t\"}", "--map", ERR_FORMAT},
        {"[]", "--map", ERR_FORMAT},
        {"", "--map", ERR_MISSING},
        {" \n", "--map", ERR_MISSING},
        {"\xEF\xBB\xBF", "--map", ERR_MISSING},
        {"\xEF\xBB\xBF[]", "--map", ERR_FORMAT},
        {"{\"source\":\"0123456789012345678901234567890123456789012345678901234567890123x\",\"row_key\":\"id\",\"records\":[{\"kind\":\"lost\"}]}", "source",
            ERR_TOO_LONG},
        {"{\"source\":\"s\",\"row_key\":\"id\",\"records\":{}}", "records", ERR_FORMAT},
        {"{\"source\":\"s\",\"row_key\":\"id\",\"records\":[{\"kind\":\"lost\",\"replaces\":\"old\"}]}", "subject_key", ERR_MISSING},
        {TOP("\"revision\":-1"), "revision", ERR_FORMAT},
        {"{\"row_key\":\"id\",\"records\":[{\"kind\":\"lost\"}]}", "source", ERR_MISSING},
        {"{\"source\":7,\"row_key\":\"id\",\"records\":[{\"kind\":\"lost\"}]}", "source", ERR_FORMAT},
        {"{\"source\":\"s\",\"records\":[{\"kind\":\"lost\"}]}", "row_key", ERR_MISSING},
        {"{\"source\":\"s\",\"row_key\":\"id\"}", "records", ERR_MISSING},
        {"{\"source\":\"s\",\"row_key\":\"id\",\"records\":[]}", "records", ERR_MISSING},
        {"{\"source\":\"s\",\"row_key\":\"id\",\"records\":[7]}", "records[0]", ERR_FORMAT},
        {TOP("\"sources\":\"x\""), "sources", ERR_UNKNOWN_CODE},
        {TOP("\"encoding\":\"a_very_long_name_\""), "encoding", ERR_UNKNOWN_CODE},
        {TOP("\"delimiter\":\"::\""), "delimiter", ERR_FORMAT},
        {TOP("\"delimiter\":\"\\\"\""), "delimiter", ERR_FORMAT},
        {TOP("\"delimiter\":\"é\""), "delimiter", ERR_FORMAT},
        {TOP("\"revision\":\"2\""), "revision", ERR_FORMAT},
        {TOP("\"subject_key\":5"), "subject_key", ERR_FORMAT},
        {TOP("\"subject_key\":\"\""), "subject_key.column", ERR_FORMAT},
        {TOP("\"external_id\":{\"colum\":\"x\"}"), "external_id.colum", ERR_UNKNOWN_CODE},
        {TOP("\"external_id\":{\"with\":\"x\"}"), "external_id.column", ERR_MISSING},
        {TOP("\"external_id\":{\"column\":\"a\",\"const\":\"x\"}"), "external_id.const", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":[]}"), "external_id.column", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":[\"a\",1],\"with\":\"\"}"), "external_id.column", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\"],\"with\":\"\"}"), "external_id.column", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":[\"a\",\"b\"]}"), "external_id.with", ERR_MISSING},
        {TOP("\"external_id\":{\"column\":\"a\",\"const\":1}"), "external_id.const", ERR_FORMAT},
        {TOP("\"external_id\":{\"const\":1}"), "external_id.const", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":\"a\",\"empty\":\"-\"}"), "external_id.empty", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":\"a\",\"empty\":[1]}"), "external_id.empty", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":\"a\",\"synonyms\":[]}"), "external_id.synonyms", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":\"a\",\"synonyms\":{\"a\":1}}"), "external_id.synonyms", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":\"a\",\"otherwise\":1}"), "external_id.otherwise", ERR_FORMAT},
        {TOP("\"external_id\":{\"column\":\"a\",\"pattern\":\"D/M/YYYY\"}"), "external_id.pattern", ERR_UNKNOWN_CODE},
        {TOP("\"external_id\":{\"column\":\"a\",\"is\":\"filled\"}"), "external_id.is", ERR_UNKNOWN_CODE},
        {TOP("\"item\":[]"), "item", ERR_FORMAT},
        {TOP("\"item\":{\"colour\":\"x\"}"), "item.colour", ERR_UNKNOWN_CODE},
        {TOP("\"item\":{\"make\":{\"column\":1}}"), "item.make.column", ERR_FORMAT},
        {TOP("\"item\":{\"state_owned\":{\"column\":\"x\",\"is\":\"in\"}}"), "item.state_owned.words", ERR_MISSING},
        {TOP("\"reject\":{}"), "reject", ERR_FORMAT},
        {TOP("\"reject\":[{\"if\":\"x\"}]"), "reject[0].reason", ERR_MISSING},
        {TOP("\"reject\":[{\"reason\":\"x\"}]"), "reject[0].if", ERR_MISSING},
        {TOP("\"reject\":[{\"reason\":\"x\",\"if\":[]}]"), "reject[0].if", ERR_TOO_LONG},
        {TOP("\"reject\":[{\"reason\":\"x\",\"when\":\"a\"}]"), "reject[0].when", ERR_UNKNOWN_CODE},
        {REC("\"knd\":\"x\""), "records[1].knd", ERR_UNKNOWN_CODE},
        {"{\"source\":\"s\",\"row_key\":\"id\",\"records\":[{\"kind\":\"selled\"}]}", "records[0].kind", ERR_UNKNOWN_CODE},
        {REC("\"describe\":\"yes\""), "records[1].describe", ERR_FORMAT},
        {REC("\"subject\":\"gun\""), "records[1].subject", ERR_UNKNOWN_CODE},
        {REC("\"subject\":1"), "records[1].subject", ERR_UNKNOWN_CODE},
        {REC("\"if\":[\"a\",\"b\",\"c\",\"d\",\"e\"]"), "records[1].if", ERR_TOO_LONG},
        {REC("\"if\":{\"column\":\"a\",\"is\":\"full\"}"), "records[1].if.is", ERR_UNKNOWN_CODE},
        {REC("\"if\":{\"column\":\"a\",\"is\":1}"), "records[1].if.is", ERR_UNKNOWN_CODE},
        {REC("\"if\":[\"a\",{\"column\":\"a\",\"is\":\"in\",\"words\":\"x\"}]"), "records[1].if[1].words", ERR_FORMAT},
        {REC("\"if\":{\"column\":\"a\",\"is\":\"in\",\"words\":[]}"), "records[1].if.words", ERR_FORMAT},
        {REC("\"if\":{\"column\":\"a\",\"is\":\"empty\",\"words\":[\"x\"]}"), "records[1].if.words", ERR_MISSING},
        {REC("\"if\":{\"column\":\"a\",\"iss\":\"in\"}"), "records[1].if.iss", ERR_UNKNOWN_CODE},
        {REC("\"mark\":\"serial\""), "records[1].mark", ERR_FORMAT},
        {REC("\"mark\":{\"text\":\"a\",\"reads\":\"text\"}"), "records[1].mark.reads", ERR_UNKNOWN_CODE},
        {REC("\"mark\":{\"text\":\"a\",\"read\":\"prose\"}"), "records[1].mark.read", ERR_UNKNOWN_CODE},
        {REC("\"mark\":{\"text\":\"a\",\"read\":1}"), "records[1].mark.read", ERR_UNKNOWN_CODE},
        {REC("\"mark\":{\"place\":\"a\"}"), "records[1].mark.text", ERR_MISSING},
        {REC("\"happened\":{\"column\":\"a\",\"pattern\":\"D/M\"}"), "records[1].happened.pattern", ERR_FORMAT},
        {REC("\"happened\":{\"column\":\"a\",\"pattern\":\"YYY\"}"), "records[1].happened.pattern", ERR_FORMAT},
        {REC("\"happened\":{\"column\":\"a\",\"patern\":\"D/M/YYYY\"}"), "records[1].happened.patern", ERR_UNKNOWN_CODE},
        {REC("\"place\":{\"column\":\"a\",\"pattern\":\"YYYY\"}"), "records[1].place.pattern", ERR_UNKNOWN_CODE},
        {REC("\"parties\":{}"), "records[1].parties", ERR_FORMAT},
        {PARTY("\"name\":\"a\""), "records[1].parties[1].role", ERR_UNKNOWN_CODE},
        {PARTY("\"role\":\"too\",\"name\":\"a\""), "records[1].parties[1].role", ERR_UNKNOWN_CODE},
        {PARTY("\"role\":\"to\",\"nam\":\"a\""), "records[1].parties[1].nam", ERR_UNKNOWN_CODE},
        {PARTY("\"role\":\"to\",\"class\":\"MAN\""), "records[1].parties[1].class", ERR_UNKNOWN_CODE},
        {PARTY("\"role\":\"to\",\"class\":{\"columns\":\"a\"}"), "records[1].parties[1].class.columns", ERR_UNKNOWN_CODE},
        {PARTY("\"role\":\"to\",\"document\":[]"), "records[1].parties[1].document", ERR_FORMAT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct map *m;
        struct fault f;
        enum err e = parse(bad[i].json, &m, &f);
        if (e != bad[i].code || f.code != e || strcmp(f.field, bad[i].field) != 0 || !*f.want)
            fail_msg("%s: %s at '%s', want '%s'", bad[i].json, err_name(e), f.field, f.want);
        assert_int_equal(map_parse(slice_str(bad[i].json), &profile, &m, NULL), e);
    }
}

static void counts_are_limited(void **state)
{
    struct map *m;
    struct fault f;
    struct buf json;
    buf_init(&json, MAP_MAX * 2);
    buf_str(&json, "{\"source\":\"s\",\"row_key\":\"id\",\"records\":[");
    for (int i = 0; i <= MAP_RECORDS; i++)
        buf_str(&json, i ? ",{\"kind\":\"lost\"}" : "{\"kind\":\"lost\"}");
    buf_str(&json, "]}");
    assert_int_equal(parse(json.p, &m, &f), ERR_TOO_LONG);
    assert_string_equal(f.field, "records");
    buf_reset(&json);
    for (size_t i = 0; i <= MAP_MAX; i++)
        buf_byte(&json, ' ');
    assert_int_equal(parse(json.p, &m, &f), ERR_TOO_LONG);
    buf_free(&json);
}

/* The largest of everything at once stays within its tables. */
static void the_largest_mapping_fits(void **state)
{
    struct map *m;
    struct fault f;
    struct buf j;
    buf_init(&j, MAP_MAX * 4);
    buf_str(&j, "{\"source\":\"s\",\"row_key\":\"a\",\"subject_key\":\"a\",\"external_id\":\"a\",\"item\":{\"make\":\"a\",\"model\":\"a\","
        "\"calibre\":\"a\",\"type\":\"a\",\"country\":\"a\",\"year\":\"a\",\"state_owned\":[\"a\",\"a\",\"a\",\"a\"]},\"reject\":[");
    for (int i = 0; i < 8; i++)
        buf_printf(&j, "%s{\"if\":[\"a\",\"a\",\"a\",\"a\"],\"reason\":\"r\"}", i ? "," : "");
    buf_str(&j, "],\"records\":[");
    for (int i = 0; i < MAP_RECORDS; i++) {
        buf_printf(&j, "%s{\"kind\":\"sold\",\"if\":[\"a\",\"a\",\"a\",\"a\"],\"mark\":{\"text\":\"a\",\"place\":\"a\"},\"other\":\"a\","
            "\"replaces\":\"a\",\"happened\":\"a\",\"discovered\":\"a\",\"how\":\"a\",\"place\":\"a\",\"country\":\"a\",\"circumstances\":\"a\","
            "\"case\":\"a\",\"permit\":\"a\",\"note\":\"a\",\"parties\":[", i ? "," : "");
        for (int k = 0; k < MAP_PARTIES; k++)
            buf_printf(&j, "%s{\"role\":\"to\",\"class\":{\"column\":\"a\"},\"name\":\"a\",\"document\":\"a\",\"address\":\"a\",\"country\":\"a\"}",
                k ? "," : "");
        buf_str(&j, "]}");
    }
    buf_str(&j, "]}");
    if (parse(j.p, &m, &f))
        fail_msg("%s %s", f.field, f.want);
    map_free(m);
    buf_free(&j);
}

static void the_shipped_mappings_are_whole(void **state)
{
    static const char *const names[] = {"sample", "crime-gun-events", "rj-seizure-items", "sp-firearms"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[256];
        struct map *m;
        struct fault f = {0};
        struct buf text;
        buf_init(&text, MAP_MAX);
        snprintf(path, sizeof path, ATHAR_SOURCE_ROOT "/maps/%s.json", names[i]);
        assert_int_equal(file_read(path, &text, &f), OK);
        if (map_parse(buf_view(&text), &profile, &m, &f))
            fail_msg("%s: %s %s", names[i], f.field, f.value);
        map_free(m);
        buf_free(&text);
    }
}

/* ---- values ---- */

static const struct slice heading[] = {{" id ", 4}, {"a", 1}, {"b", 1}, {"c", 1}};

/* What the value `json` of external_id gives for cells id, a, b, c. */
static void gives(const char *json, const char *a, const char *b, const char *c, const char *want)
{
    struct map *m;
    struct fault f;
    struct arena arena;
    char text[1000];
    struct slice cells[] = {SLICE("7"), slice_str(a), slice_str(b), slice_str(c)};
    snprintf(text, sizeof text, TOP("\"external_id\":%s"), json);
    arena_init(&arena, 1 << 16);
    if (parse(text, &m, &f) || map_bind(m, heading, 4, &f))
        fail_msg("%s: %s %s", text, f.field, f.want);
    struct slice got = map_text(&m->external_id, cells, 4, &arena);
    if (!slice_is(got, want))
        fail_msg("%s gives '%.*s', not '%s'", json, SLICE_ARG(got), want);
    map_free(m);
    arena_free(&arena);
}

static void values_are_columns_constants_and_synonyms(void **state)
{
    gives("\"a\"", "  x y ", "", "", "x y");
    gives("\"id\"", "", "", "", "7"); /* blanks around a name in the heading do not matter */
    gives("{\"const\":\"K\"}", "x", "", "", "K");
    gives("{\"column\":[\"a\",\"b\",\"c\"],\"with\":\", \"}", "x", "y", "z", "x, y, z");
    gives("{\"column\":[\"a\",\"b\",\"c\"],\"with\":\", \"}", "x", " ", "z", "x, z"); /* empty cells join nothing */
    gives("{\"column\":[\"a\",\"b\",\"c\"],\"with\":\", \"}", "", "", "", "");
    gives("{\"column\":[\"a\",\"b\"],\"with\":\"\"}", "x", "y", "", "xy");
    gives("{\"column\":\"a\",\"empty\":[\"n/a\",\"-\"]}", "N/A", "", "", "");
    gives("{\"column\":\"a\",\"empty\":[\"n/a\",\"-\"]}", "n/a.", "", "", "n/a.");
    gives("{\"column\":[\"a\",\"b\"],\"with\":\"/\",\"empty\":[\"-\"]}", "-", "q", "", "q");
    gives("{\"column\":\"a\",\"synonyms\":{\"Y\":\"yes\",\"\":\"no answer\"}}", "y", "", "", "yes");
    gives("{\"column\":\"a\",\"synonyms\":{\"Y\":\"yes\",\"\":\"no answer\"}}", " ", "", "", "no answer");
    gives("{\"column\":\"a\",\"synonyms\":{\"Y\":\"yes\"}}", "maybe", "", "", "maybe");
    gives("{\"column\":\"a\",\"synonyms\":{\"Y\":\"yes\"},\"otherwise\":\"OTHER\"}", "maybe", "", "", "OTHER");
    gives("{\"column\":\"a\",\"synonyms\":{\"Y\":\"yes\"},\"otherwise\":\"\"}", "maybe", "", "", "");
    gives("{\"column\":\"a\",\"otherwise\":\"OTHER\"}", "", "", "", ""); /* nothing stays nothing */
    gives("{\"column\":\"a\",\"synonyms\":{\"SÃO\":\"1\"}}", "são", "", "", "são"); /* case of ASCII letters alone is one */
}

static bool holds(const char *json, const char *a, const char *b)
{
    struct map *m;
    struct fault f;
    struct arena arena;
    char text[1000];
    struct slice cells[] = {SLICE("7"), slice_str(a), slice_str(b), SLICE("")};
    snprintf(text, sizeof text, REC("\"if\":%s"), json);
    arena_init(&arena, 1 << 16);
    if (parse(text, &m, &f) || map_bind(m, heading, 4, &f))
        fail_msg("%s: %s %s", text, f.field, f.want);
    bool yes = map_holds(m->record[1].condition, m->record[1].condition_count, cells, 4, &arena);
    map_free(m);
    arena_free(&arena);
    return yes;
}

static void conditions_hold_as_their_words_say(void **state)
{
    assert_true(holds("\"a\"", "x", ""));
    assert_false(holds("\"a\"", " ", ""));
    assert_false(holds("{\"column\":\"a\",\"empty\":[\"0\"]}", "0", ""));
    assert_true(holds("{\"column\":\"a\",\"is\":\"empty\",\"empty\":[\"0\"]}", "0", ""));
    assert_true(holds("{\"column\":\"a\",\"is\":\"in\",\"words\":[\"gun\",\"rifle\"]}", "RIFLE", ""));
    assert_false(holds("{\"column\":\"a\",\"is\":\"in\",\"words\":[\"gun\",\"rifle\"]}", "rifles", ""));
    assert_true(holds("{\"column\":\"a\",\"is\":\"not_in\",\"words\":[\"gun\"]}", "", ""));
    assert_true(holds("{\"column\":\"a\",\"is\":\"starts\",\"words\":[\"POL\"]}", "Police", ""));
    assert_false(holds("{\"column\":\"a\",\"is\":\"starts\",\"words\":[\"POL\"]}", "po", ""));
    assert_true(holds("{\"column\":\"a\",\"is\":\"not_starts\",\"words\":[\"POL\"]}", "", ""));
    assert_true(holds("[\"a\",{\"column\":\"b\",\"is\":\"empty\"}]", "x", ""));
    assert_false(holds("[\"a\",{\"column\":\"b\",\"is\":\"empty\"}]", "x", "y"));
}

static void a_heading_must_have_each_column_once(void **state)
{
    struct map *m;
    struct fault f;
    static const struct slice none[] = {{"id", 2}, {"a", 1}}, twice[] = {{"id", 2}, {"x", 1}, {"b", 1}, {"x ", 2}};
    assert_int_equal(parse(TOP("\"external_id\":{\"column\":[\"b\",\"x\"],\"with\":\"\"}"), &m, &f), OK);
    assert_int_equal(map_bind(m, none, 2, &f), ERR_UNKNOWN_COLUMN);
    assert_string_equal(f.value, "b");
    assert_int_equal(map_bind(m, twice, 4, &f), ERR_FORMAT);
    assert_string_equal(f.value, "x");
    assert_string_equal(f.want, "want.column_once");
    assert_int_equal(map_bind(m, twice, 3, &f), OK);
    assert_int_equal(map_bind(m, NULL, 0, &f), ERR_UNKNOWN_COLUMN);
    static const struct slice semicolons[] = {{"id;b;x", 6}}, one[] = {{"id", 2}};
    assert_int_equal(map_bind(m, semicolons, 1, &f), ERR_FORMAT);
    assert_string_equal(f.field, "delimiter");
    assert_string_equal(f.value, "id;b;x");
    assert_int_equal(map_bind(m, one, 1, &f), ERR_UNKNOWN_COLUMN);
    map_free(m);
    static const struct slice comma[] = {{"no;letters", 10}}; /* one column that is called so */
    assert_int_equal(parse("{\"source\":\"s\",\"row_key\":\"no;letters\",\"records\":[{\"kind\":\"lost\"}]}", &m, &f), OK);
    assert_int_equal(map_bind(m, comma, 1, &f), OK);
    map_free(m);
}

/* The digest of a row is over its mapping's revision and all its cells, short or long (docs/formats/mapping.md). */
static void the_digest_of_a_row_covers_all_its_cells(void **state)
{
    static const size_t lengths[] = {0, 1, 500, 4071, 4072, 4073, 4074, 60000};
    struct map m = {.revision = 0x0102030405060708};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char *long_cell = calloc(lengths[i] + 1, 1);
        memset(long_cell, 'x', lengths[i]);
        struct slice cells[] = {SLICE("ab"), slice_of(long_cell, lengths[i]), SLICE("")};
        struct buf b;
        uint8_t got[16];
        buf_init(&b, 1u << 20);
        buf_u64(&b, (uint64_t)m.revision);
        for (size_t k = 0; k < 3; k++) {
            buf_u32(&b, (uint32_t)cells[k].n);
            buf_slice(&b, cells[k]);
        }
        struct hash want = hash_of(b.p, b.n);
        row_digest(&m, cells, 3, got);
        assert_memory_equal(got, want.b, 16);
        buf_free(&b);
        free(long_cell);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(counts_are_limited),
        cmocka_unit_test(the_largest_mapping_fits),
        cmocka_unit_test(the_shipped_mappings_are_whole),
        cmocka_unit_test(values_are_columns_constants_and_synonyms),
        cmocka_unit_test(conditions_hold_as_their_words_say),
        cmocka_unit_test(a_heading_must_have_each_column_once),
        cmocka_unit_test(the_digest_of_a_row_covers_all_its_cells),
    };
    if (profile_parse(embed_get("profiles/generic.json"), &profile, NULL))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
