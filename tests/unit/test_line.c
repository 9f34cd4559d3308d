/* The custody line: every scenario of tests/scenario/line/ (a life, and facts that its line must state), each also with its
 * events shuffled; and the known answers of the crime-gun events (days between sale and recovery). */
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include "base/csv.h"
#include "lang/lang.h"
#include "scenario/life.h"
#include "trace/line.h"

static struct lang_set *langs;

static struct line_input input_of(struct life *l)
{
    struct when day;
    struct line_input in = {.event = l->event, .count = l->count, .profile = &l->profile, .as_of = INT64_MAX, .known = INT64_MAX,
        .now = time_from_civil(2024, 6, 1)};
    life_when(l->root, "as_of", &day);
    if (when_known(&day))
        in.as_of = day.end - 1;
    life_when(l->root, "known", &day);
    if (when_known(&day))
        in.known = day.end - 1;
    const json_t *same = json_object_get(l->root, "same");
    if (same) {
        static struct same_gun proposed; /* one is enough for the tests */
        proposed = (struct same_gun){.id = {{7}}, .why = life_str(same, "why"), .external_id = life_str(same, "external_id")};
        in.same = &proposed;
        in.same_count = 1;
    }
    struct slice country = life_str(l->root, "country");
    snprintf(l->profile.country, sizeof l->profile.country, "%.*s", SLICE_ARG(country));
    return in;
}

static void to_json(const struct line_input *in, struct buf *out, struct fault *f)
{
    struct arena a;
    struct cj j;
    const struct line *line;
    arena_init(&a, 16u << 20);
    assert_int_equal(line_build(&a, in, &line, f), OK);
    buf_init(out, 8u << 20);
    cj_open_loose(&j, out);
    line_json(line, lang_find(langs, SLICE("en")), &j);
    assert_int_equal(out->err, OK);
    arena_free(&a);
}

/* Where the answer differs from what is expected (a part of it), or "". */
static bool agrees(const json_t *want, const json_t *got, char *at, size_t n)
{
    size_t used = strlen(at);
    if (json_is_object(want)) {
        const char *key;
        json_t *v;
        json_object_foreach((json_t *)want, key, v)
        {
            snprintf(at + used, n - used, ".%s", key);
            if (json_is_null(v) ? json_object_get(got, key) != NULL : !agrees(v, json_object_get(got, key), at, n))
                return false;
            at[used] = 0;
        }
        return json_is_object(got);
    }
    if (json_is_array(want)) {
        if (json_array_size(want) != json_array_size(got)) {
            snprintf(at + used, n - used, " has %zu", json_array_size(got));
            return false;
        }
        for (size_t i = 0; i < json_array_size(want); i++) {
            snprintf(at + used, n - used, "[%zu]", i);
            if (!agrees(json_array_get(want, i), json_array_get(got, i), at, n))
                return false;
            at[used] = 0;
        }
        return true;
    }
    return json_equal(want, got);
}

static void shuffle(struct event *e, size_t n, unsigned seed)
{
    for (size_t i = n; i > 1; i--) {
        seed = seed * 1103515245u + 12345u;
        size_t j = (seed >> 16) % i;
        struct event t = e[i - 1];
        e[i - 1] = e[j];
        e[j] = t;
    }
}

static void run(const char *name, json_t *root)
{
    struct life l;
    struct fault f = {0};
    struct buf first, again;
    char at[512] = "";
    life_open(&l, root);
    struct line_input in = input_of(&l);
    to_json(&in, &first, &f);
    json_t *got = json_loadb(first.p, first.n, 0, NULL);
    assert_non_null(got);
    if (getenv("SHOW"))
        printf("%s\n", first.p);
    const json_t *want = json_object_get(root, "expect");
    if (!agrees(want, got, at, sizeof at)) {
        char *shown = json_dumps(got, JSON_INDENT(1));
        fail_msg("%s: %s\n%s", name, at, shown);
    }
    for (unsigned seed = 1; seed < 6; seed++) { /* the order of arrival changes nothing */
        shuffle(l.event, l.count, seed);
        to_json(&in, &again, &f);
        assert_int_equal(again.n, first.n);
        assert_memory_equal(again.p, first.p, first.n);
        buf_free(&again);
    }
    json_decref(got);
    buf_free(&first);
    life_close(&l);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void scenarios(void **state)
{
    struct dirent **entry;
    int n = scandir("tests/scenario/line", &entry, NULL, by_name), ran = 0;
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        char path[512];
        json_error_t at;
        snprintf(path, sizeof path, "tests/scenario/line/%s", entry[i]->d_name);
        size_t len = strlen(entry[i]->d_name);
        const char *only = getenv("ONLY");
        if (len > 5 && strcmp(entry[i]->d_name + len - 5, ".json") == 0 && (!only || strstr(path, only))) {
            json_t *root = json_load_file(path, 0, &at);
            if (!root)
                fail_msg("%s: %s, line %d", path, at.text, at.line);
            run(path, root);
            ran++;
        }
        free(entry[i]);
    }
    free(entry);
    print_message("%d lives\n", ran);
}

/* The crime-gun events: the table's own days between sale and recovery, in every row that holds the three (451, README of the
 * table; none negative). */
static size_t column_of(const struct csv_row *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (slice_is(head->cells[i], name))
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static void check_days(struct slice sale, struct slice crime, int days)
{
    char text[512];
    struct life l;
    struct fault f;
    struct arena a;
    const struct line *line;
    snprintf(text, sizeof text,
        "{\"events\":[{\"kind\":\"sold\",\"happened\":\"%.*s\",\"from\":\"DEALER D\"},{\"kind\":\"recovered\",\"happened\":\"%.*s\"}]}",
        SLICE_ARG(sale), SLICE_ARG(crime));
    life_open(&l, json_loads(text, 0, NULL));
    struct line_input in = input_of(&l);
    arena_init(&a, 1u << 20);
    assert_int_equal(line_build(&a, &in, &line, &f), OK);
    assert_int_equal(line->ttc.answer, TTC_GIVEN);
    assert_int_equal(line->ttc.days_min, days);
    assert_int_equal(line->ttc.days_max, days);
    assert_int_equal(line->ttc.is_short, days < 1095);
    arena_free(&a);
    life_close(&l);
}

static void known_days(void **state)
{
    int fd = open("data/examples/crime-gun-events/crime_gun_events.csv", O_RDONLY), checked = 0;
    struct csv *c = csv_open(fd, ',', "UTF-8");
    struct csv_row row;
    struct fault f;
    assert_non_null(c);
    assert_int_equal(csv_next(c, &row, &f), OK);
    size_t sale = column_of(&row, "sale_date"), crime = column_of(&row, "crime_date"), days = column_of(&row, "time_to_crime");
    while (csv_next(c, &row, &f) == OK) {
        if (!row.cells[sale].n || !row.cells[crime].n || !row.cells[days].n)
            continue;
        check_days(row.cells[sale], row.cells[crime], (int)strtol(row.cells[days].p, NULL, 10));
        checked++;
    }
    assert_int_equal(checked, 451);
    csv_close(c);
    close(fd);
}

static int load(void **state)
{
    struct fault f;
    if (lang_load(&langs, &f) == OK)
        return 0;
    print_error("%s line %d: %s\n", f.field, (int)f.line, f.value);
    return -1;
}

static int unload(void **state)
{
    lang_unload(langs);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scenarios), cmocka_unit_test(known_days)};
    return cmocka_run_group_tests(tests, load, unload);
}
