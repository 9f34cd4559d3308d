/* Templates: the required part of the Mustache specification (mustache.github.io, version 1.4: interpolation, sections, inverted
 * sections, comments, partials, set delimiters). With MUSTACHE_SPEC naming a folder of the specification's own JSON test files, those are run
 * too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include "base/embed.h"
#include "lang/lang_in.h"
#include "web/template.h"

static struct lang_set *set;

struct partials {
    const char *page;
    json_t *partials; /* name -> text; may be NULL */
};

static struct slice source(void *arg, struct slice name)
{
    struct partials *p = arg;
    if (slice_is(name, "page"))
        return slice_str(p->page);
    json_t *t = json_object_getn(p->partials, name.p, name.n);
    return t ? slice_of(json_string_value(t), json_string_length(t)) : slice_of(NULL, 0);
}

static enum err render(const char *page, json_t *partials, const char *data, const struct lang *l, struct buf *out, struct fault *f)
{
    struct partials p = {page, partials};
    struct template *t = NULL;
    struct arena a;
    struct node *v = NULL;
    arena_init(&a, 8 << 20);
    enum err e = node_parse(&a, slice_str(data), &v, f);
    if (!e)
        e = template_compile("page", source, &p, l, &t, f);
    const struct node *const values[] = {v};
    if (!e)
        e = template_render(t, values, 1, out);
    template_free(t);
    arena_free(&a);
    return e;
}

static void check(const char *page, const char *partials, const char *data, const char *expected)
{
    struct buf out;
    struct fault f = {0};
    json_t *p = partials ? json_loads(partials, 0, NULL) : NULL;
    buf_init(&out, 1 << 20);
    assert_int_equal(render(page, p, data, NULL, &out, &f), OK);
    assert_string_equal(out.p ? out.p : "", expected);
    buf_free(&out);
    json_decref(p);
}

static void test_interpolation(void **state)
{
    check("a {{x}} b", NULL, "{\"x\": \"& \\\" < >\"}", "a &amp; &quot; &lt; &gt; b");
    check("a {{{x}}} b {{& x }}", NULL, "{\"x\": \"<i>\"}", "a <i> b <i>");
    check("{{x}} {{y}} {{z}} {{none}}", NULL, "{\"x\": 85, \"y\": 1.21, \"z\": null}", "85 1.21  ");
    check("{{a.b.c}}|{{a.x.c}}|{{.}}", NULL, "{\"a\": {\"b\": {\"c\": \"deep\"}}}", "deep||");
    check("{{#a}}{{b.c}}{{/a}}", NULL, "{\"a\": {\"b\": {}}, \"b\": {\"c\": \"ERROR\"}}", "");
    check("  | {{x}}\n", NULL, "{\"x\": 1}", "  | 1\n");
}

static void test_sections(void **state)
{
    check("{{#a}}[{{.}}]{{/a}}", NULL, "{\"a\": [1, \"b\", 3]}", "[1][b][3]");
    check("{{#a}}{{x}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}", NULL, "{\"a\": {\"x\": 1, \"b\": {\"y\": 2}}}", "112");
    check("{{#a}}x{{/a}}{{^a}}y{{/a}}", NULL, "{\"a\": false}", "y");
    check("{{#a}}x{{/a}}{{^a}}y{{/a}}", NULL, "{\"a\": []}", "y");
    check("{{#a}}x{{/a}}{{^a}}y{{/a}}", NULL, "{}", "y");
    check("begin\n{{#a}}\nline\n{{/a}}\nend\n", NULL, "{\"a\": true}", "begin\nline\nend\n");
    check("begin\r\n{{#a}}\r\n{{/a}}\r\nend", NULL, "{\"a\": true}", "begin\r\nend");
    check("  {{#a}}\nx\n  {{/a}}", NULL, "{\"a\": true}", "x\n");
    check("{{#a}}{{#.}}{{.}}{{/.}};{{/a}}", NULL, "{\"a\": [[1, 2], [3]]}", "12;3;");
}

static void test_comments_and_delimiters(void **state)
{
    check("a{{! no {{#tag}} }}b", NULL, "{}", "a }}b");
    check("begin\n  {{! alone }}\nend", NULL, "{}", "begin\nend");
    check("{{=<% %>=}}(<%x%>){{x}}", NULL, "{\"x\": 1}", "(1){{x}}");
    check("{{=| |=}}|#a||x||/a|", NULL, "{\"a\": {\"x\": 2}}", "2");
    check("begin\n{{=@ @=}}\nend", NULL, "{}", "begin\nend");
}

static void test_partials(void **state)
{
    check("[{{>p}}]", "{\"p\": \"*{{x}}*\"}", "{\"x\": 1}", "[*1*]");
    check("[{{>absent}}]", NULL, "{}", "[]");
    check("{{>node}}", "{\"node\": \"{{c}}<{{#n}}{{>node}}{{/n}}>\"}", "{\"c\": \"X\", \"n\": [{\"c\": \"Y\", \"n\": []}]}", "X<Y<>>");
    check("  {{>p}}\n>", "{\"p\": \">\\n>\\n\"}", "{}", "  >\n  >\n>");
    check("\\\n {{>p}}\n/\n", "{\"p\": \"|\\n{{{x}}}\\n|\\n\"}", "{\"x\": \"<\\n->\"}", "\\\n |\n <\n->\n |\n/\n");
    check("  {{x}}  {{> p}}\n", "{\"p\": \">\\n>\"}", "{\"x\": \"|\"}", "  |  >\n>\n");
}

static void test_language(void **state)
{
    struct buf out;
    struct fault f = {0};
    buf_init(&out, 1 << 16);
    const struct lang *en = lang_find(set, SLICE("en"));
    const char *page = "{{t.want.windows_1252}}|{{t.err.exists field=a value=b.c}}|{{id a}}|{{say a}}|{{date d}}|{{number n}}|{{id none}}";
    assert_int_equal(render(page, NULL, "{\"a\": \"<A>\", \"b\": {\"c\": \"X-1\"}, \"d\": \"2024-03\", \"n\": 12345}", en, &out, &f), OK);
    assert_string_equal(out.p, "text in Windows-1252|<bdi>&lt;A&gt;</bdi> exists already: “<bdi dir=\"ltr\">X-1</bdi>”|<bdi dir=\"ltr\">&lt;A&gt;</bdi>|"
                               "<bdi>&lt;A&gt;</bdi>|March 2024|12,345|");
    buf_reset(&out);
    page = "{{#l?}}[{{#l}}{{.x}}{{.y}};{{/l}}]{{/l?}}{{#e?}}never{{/e?}}{{^e?}}none{{/e?}}";
    assert_int_equal(render(page, NULL, "{\"y\": \"outer\", \"l\": [{\"x\": 1}, {\"x\": 2, \"y\": \"own\"}], \"e\": []}", en, &out, &f), OK);
    assert_string_equal(out.p, "[1;2own;]none");
    assert_int_equal(render("\n{{t.no.such.key}}", NULL, "{}", en, &out, &f), ERR_NOT_FOUND);
    assert_int_equal(f.line, 2);
    buf_free(&out);
}

/* Attributes, titles and options hold no elements: a text is isolated there by characters; elsewhere by elements that say its language. */
static void test_where_a_text_stands(void **state)
{
    static const char arabic[] = "lang.locale: ar\nx.own: هنا {no, id}", english[] = "lang.locale: en\nx.own: Here\nx.english: See {no, id}";
    const struct embed files[] = {{"data/lang/ar.msg", (const unsigned char *)arabic, sizeof arabic - 1}, {"data/lang/en.msg", (const unsigned char *)english, sizeof english - 1}, {0}};
    struct lang_set *two = NULL;
    struct buf out;
    struct fault f = {0};
    buf_init(&out, 1 << 16);
    assert_int_equal(lang_load_files(files, &two, &f), OK);
    const char *page = "<title>{{t.x.own no=n}}</title><p title=\"{{#n}}{{t.x.english no=n}}{{/n}}\">{{t.x.english no=n}}</p><option>{{t.x.english no=n}}</option><b>{{t.x.own no=n}}</b>";
    assert_int_equal(render(page, NULL, "{\"n\": \"A-1\"}", lang_find(two, SLICE("ar")), &out, &f), OK);
    assert_string_equal(out.p, "<title>هنا \u2066A-1\u2069</title><p title=\"\u2066See A-1\u2069\"><span lang=\"en\" dir=\"ltr\">See <bdi dir=\"ltr\">A-1</bdi></span></p>"
                               "<option>\u2066See A-1\u2069</option><b>هنا <bdi dir=\"ltr\">A-1</bdi></b>");
    buf_free(&out);
    lang_unload(two);
}

static void test_bad_templates(void **state)
{
    static const char *const bad[] = {"{{#a}}", "{{/a}}", "{{#a}}{{/b}}", "{{a", "{{}}", "{{a..b}}", "{{a.}}", "{{.a}}", "{{=<%=}}", "{{= =}}", "{{{a}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out;
        struct fault f = {0};
        buf_init(&out, 1000);
        assert_int_equal(render(bad[i], NULL, "{}", NULL, &out, &f), ERR_FORMAT);
        buf_free(&out);
    }
}

static void test_endless_recursion_ends(void **state)
{
    struct buf out;
    struct fault f = {0};
    json_t *p = json_loads("{\"p\": \"x{{>p}}\"}", 0, NULL);
    buf_init(&out, 1 << 16);
    assert_int_equal(render("{{>p}}", p, "{}", NULL, &out, &f), ERR_RANGE);
    json_decref(p);
    buf_free(&out);
}

static void test_values(void **state)
{
    static const char *const good[] = {"{}", " [1, -2.5e+3, true, false, null, \"a\\u00e9\\ud83d\\ude00\\n\"] ", "\"x\"", "{\"a\":{\"b\":[[]]}}"};
    static const char *const bad[] = {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "\"\x01\"", "\"\\x\"", "\"\\u12\"", "tru", "[1 2]", "1 2", "{a:1}", "\"abc"};
    struct arena a;
    struct fault f = {0};
    struct node *v = NULL;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(node_parse(&a, slice_str(good[i]), &v, &f), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(node_parse(&a, slice_str(bad[i]), &v, &f), ERR_FORMAT);
    assert_int_equal(node_parse(&a, slice_str(good[1]), &v, &f), OK);
    assert_true(slice_is(v->last->text, "a\u00e9\U0001F600\n"));
    char deep[200];
    memset(deep, '[', sizeof deep);
    assert_int_equal(node_parse(&a, slice_of(deep, sizeof deep), &v, &f), ERR_FORMAT);
    arena_free(&a);
}

/* ---- the specification's own files ---- */

static int run_spec_test(const char *file, json_t *test)
{
    struct buf out;
    struct fault f = {0};
    char *data = json_dumps(json_object_get(test, "data"), JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    buf_init(&out, 1 << 20);
    enum err e = render(json_string_value(json_object_get(test, "template")), json_object_get(test, "partials"), data, NULL, &out, &f);
    bool same = !e && strcmp(out.p ? out.p : "", json_string_value(json_object_get(test, "expected"))) == 0;
    if (!same)
        print_error("%s: %s: %s got <%s>\n", file, json_string_value(json_object_get(test, "name")), err_name(e), out.p ? out.p : "");
    free(data);
    buf_free(&out);
    return same;
}

static void test_specification(void **state)
{
    static const char *const files[] = {"comments", "delimiters", "interpolation", "inverted", "partials", "sections"};
    const char *folder = getenv("MUSTACHE_SPEC");
    int passed = 0, all = 0;
    for (size_t i = 0; folder && i < sizeof files / sizeof *files; i++) {
        char path[512];
        size_t k;
        json_t *test;
        snprintf(path, sizeof path, "%s/%s.json", folder, files[i]);
        json_t *spec = json_load_file(path, 0, NULL);
        assert_non_null(spec);
        json_array_foreach (json_object_get(spec, "tests"), k, test) {
            passed += run_spec_test(files[i], test);
            all++;
        }
        json_decref(spec);
    }
    if (folder)
        print_message("specification: %d of %d\n", passed, all);
    assert_int_equal(passed, all);
}

static int open_set(void **state)
{
    struct fault f = {0};
    return (int)lang_load(&set, &f);
}

static int close_set(void **state)
{
    lang_unload(set);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_interpolation), cmocka_unit_test(test_sections),
        cmocka_unit_test(test_comments_and_delimiters), cmocka_unit_test(test_partials), cmocka_unit_test(test_language), cmocka_unit_test(test_where_a_text_stands),
        cmocka_unit_test(test_bad_templates), cmocka_unit_test(test_endless_recursion_ends), cmocka_unit_test(test_values),
        cmocka_unit_test(test_specification)};
    return cmocka_run_group_tests(tests, open_set, close_set);
}
