/* Import: rows become records that replay to the byte; a row is read once, a changed one replaces, a bad one is counted and
 * written out; a kill loses nothing and doubles nothing. */
#include "intake_help.h"
#include "use/import.h"

/* ---- what a row says ---- */

static void a_row_becomes_its_records(void **state)
{
    struct arena a;
    static struct event ev[4];
    arena_init(&a, 1 << 20);
    import(two_rows);
    assert_true(counts.rows == 2 && counts.added == 2 && counts.records == 3 && counts.rejected == 0);
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(life_of(s, &a, "1", ev, 4), 1);
    assert_true(slice_is(ev[0].kind, "registered") && slice_is(ev[0].country, "BR") && slice_is(ev[0].source, "test"));
    assert_true(slice_is(ev[0].item.make.code, "TAURUS") && slice_is(ev[0].item.make.text, "Taurus") && ev[0].item.year == 1999);
    assert_true(slice_is(ev[0].mark[0].text, "ab 12-3") && slice_is(ev[0].mark[0].serial[0], "AB 12-3"));
    assert_string_equal(ev[0].happened.text, "2001-02");
    assert_true(slice_is(ev[0].party[0].name, "Ana Sol"));
    assert_int_equal(life_of(s, &a, "2", ev, 4), 2);
    assert_true(slice_is(ev[1].kind, "sold") && ev[1].party_count == 2);
    /* who registered it is who sold it; the buyer is another */
    assert_true(subject_eq(&ev[0].party[0].id, &ev[1].party[0].id));
    assert_false(subject_eq(&ev[1].party[0].id, &ev[1].party[1].id));
    struct item_row item;
    bool found;
    struct subject_id id;
    size_t hits;
    assert_int_equal(store_external(s, SLICE("2"), &id, 1, &hits, NULL), OK);
    assert_int_equal(store_item(s, &id, &item, &found, NULL), OK);
    assert_true(found && subject_eq(&item.state.owner, &ev[1].party[1].id) && item.state.contradictions == 0);
    store_close(s);
    arena_free(&a);
}

static void namesakes_of_two_rows_are_two(void **state)
{
    struct arena a;
    static struct event ev[4];
    arena_init(&a, 1 << 20);
    import(HEADING "1,A,1,,2001,,Ana Sol,,\n2,B,2,,2001,,Ana Sol,,\n");
    struct store *s = opened(dir, STORE_READ);
    life_of(s, &a, "1", ev, 1);
    life_of(s, &a, "2", ev + 1, 1);
    assert_false(subject_eq(&ev[0].party[0].id, &ev[1].party[0].id));
    store_close(s);
    arena_free(&a);
}

static void one_person_in_two_roles_is_one_subject(void **state)
{
    struct arena a;
    static struct event ev[4];
    arena_init(&a, 1 << 20);
    import(HEADING "1,A,1,,2001,,Ana Sol,2002,ANA SOL\n");
    assert_int_equal(counts.records, 2);
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(life_of(s, &a, "1", ev, 4), 2);
    assert_true(subject_eq(&ev[1].party[0].id, &ev[1].party[1].id));
    assert_true(slice_is(ev[1].party[0].name, "Ana Sol"));
    store_close(s);
    arena_free(&a);
}

/* ---- replay ---- */

static void an_import_replays_to_the_byte(void **state)
{
    struct hash root[4];
    char *all[4];
    static char csv[400000];
    size_t n = (size_t)snprintf(csv, sizeof csv, "%s", HEADING);
    for (int i = 0; i < 9000; i++) /* more than one group */
        n += (size_t)snprintf(csv + n, sizeof csv - n, "%d,Taurus,S%d,,200%d,BR,P %d,,\n", i, i * 7, i % 10, i);
    for (int i = 0; i < 4; i++) {
        static const int threads[] = {1, 2, 5, 16};
        struct fault f = {0};
        assert_int_equal(import_as(csv, &(struct run){.threads = threads[i]}, &f), OK);
        assert_true(counts.rows == 9000 && counts.added == 9000);
        root[i] = root_now();
        struct store *s = opened(dir, STORE_READ);
        all[i] = digests(s);
        store_close(s);
        assert_memory_equal(&root[0], &root[i], 32);
        assert_string_equal(all[0], all[i]);
        end_test(NULL);
        begin_test(NULL);
    }
    for (int i = 0; i < 4; i++)
        free(all[i]);
}

/* ---- the same file again ---- */

static void importing_again_adds_nothing(void **state)
{
    import(two_rows);
    struct hash before = root_now(), after;
    import(two_rows);
    assert_true(counts.rows == 2 && counts.unchanged == 2 && counts.added == 0 && counts.changed == 0 && counts.records == 0);
    after = root_now();
    assert_memory_equal(&before, &after, 32);
    /* a heading or order of rows that changes nothing in a row changes nothing */
    import(HEADING "2,GLOCK,,,2003,,Ben Rua,2004-05-06,Cid Paz\n1,Taurus,ab 12-3,1999,2001-02,Brasil,Ana Sol,,\n");
    assert_true(counts.unchanged == 2 && counts.records == 0);
}

static void a_changed_row_takes_the_place_of_its_records(void **state)
{
    struct arena a;
    static struct event ev[8];
    arena_init(&a, 1 << 20);
    import(two_rows);
    import(HEADING "1,Taurus,ab 12-3,1999,2001-02,Brasil,Ana Sol,,\n2,GLOCK,X9,,2003,,Ben Rua,2004-05-06,Dea Mar\n");
    assert_true(counts.rows == 2 && counts.unchanged == 1 && counts.changed == 1 && counts.added == 0 && counts.records == 2);
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(life_of(s, &a, "2", ev, 8), 4);
    assert_int_equal(ev[2].supersedes_count, 2);
    events_strike(ev, 4);
    assert_true(ev[0].struck && ev[1].struck && !ev[2].struck && !ev[3].struck);
    assert_true(slice_is(ev[2].mark[0].serial[0], "X9") && slice_is(ev[3].party[1].name, "Dea Mar"));
    store_close(s);
    import(two_rows); /* back to what it was: a change as well */
    assert_true(counts.changed == 1 && counts.unchanged == 1);
    import(two_rows);
    assert_int_equal(counts.unchanged, 2);
    arena_free(&a);
}

static void a_raised_revision_reads_rows_anew(void **state)
{
    struct fault f = {0};
    static char again[4096];
    import(two_rows);
    snprintf(again, sizeof again, "{\"revision\":1,%s", map_text_json + 1);
    assert_int_equal(import_as(two_rows, &(struct run){.map = again}, &f), OK);
    assert_true(counts.changed == 2 && counts.added == 0);
}

static void two_rows_with_one_key_stay_two(void **state)
{
    struct subject_id hit[4];
    size_t hits;
    static const char csv[] = HEADING "7,A,S1,,2001,,Ana,,\n7,B,S2,,2001,,Ben,,\n7,A,S1,,2001,,Ana,,\n";
    import(csv);
    assert_int_equal(counts.added, 3);
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(store_external(s, SLICE("7"), hit, 4, &hits, NULL), OK);
    assert_int_equal(hits, 3);
    store_close(s);
    import(csv);
    assert_true(counts.unchanged == 3 && counts.records == 0);
}

/* ---- several rows about one firearm ---- */

static const char shared_map[] =
    "{\"source\":\"test\",\"row_key\":\"row\",\"subject_key\":\"gun\",\"external_id\":\"gun\",\"records\":["
    "{\"kind\":\"registered\",\"if\":{\"column\":\"what\",\"is\":\"in\",\"words\":[\"reg\"]},\"describe\":true,\"mark\":{\"text\":\"serial\"}},"
    "{\"kind\":\"corrected\",\"if\":{\"column\":\"what\",\"is\":\"in\",\"words\":[\"fix\"]},\"replaces\":\"of\",\"describe\":true,\"mark\":"
    "{\"text\":\"serial\"}},"
    "{\"kind\":\"stolen\",\"if\":{\"column\":\"what\",\"is\":\"in\",\"words\":[\"stolen\"]}},"
    "{\"kind\":\"same_gun\",\"if\":{\"column\":\"what\",\"is\":\"in\",\"words\":[\"same\"]},\"other\":\"of\"}]}";

static void import_shared(const char *csv)
{
    struct fault f = {0};
    if (import_as(csv, &(struct run){.map = shared_map}, &f))
        fail_msg("import: %s %s %s", err_name(f.code), f.field, f.value);
}

static void rows_about_one_firearm_share_its_life(void **state)
{
    struct arena a;
    static struct event ev[8];
    arena_init(&a, 1 << 20);
    import_shared("row,gun,what,serial,of\n1,g1,reg,S1,\n2,g1,stolen,,\n3,g2,reg,S2,\n");
    assert_int_equal(counts.added, 3);
    import_shared("row,gun,what,serial,of\n4,g1,fix,S7,1\n5,g2,fix,S8,99\n6,,reg,S9,\n7,g2,same,,g1\n8,g2,same,,g2\n");
    assert_true(counts.added == 3 && counts.rejected == 2); /* 99 was never read; 6 names no firearm */
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(life_of(s, &a, "g1", ev, 8), 4); /* with the same-gun record of g2 */
    events_strike(ev, 4);
    assert_true(ev[0].struck && !ev[1].struck && !ev[2].struck && slice_is(ev[2].mark[0].serial[0], "S7"));
    store_close(s);
    arena_free(&a);
}

static void a_row_does_not_move_to_another_firearm(void **state)
{
    import_shared("row,gun,what,serial,of\n1,g1,reg,S1,\n2,g2,reg,S2,\n");
    import_shared("row,gun,what,serial,of\n1,g2,reg,S1,\n2,g2,reg,S2,\n3,g2,fix,S3,1\n");
    assert_true(counts.rejected == 2 && counts.unchanged == 1 && counts.records == 0);
}

/* ---- rows that are refused ---- */

static void bad_rows_are_counted_and_written_out(void **state)
{
    import(HEADING "1,Taurus,S1,99,2001,,Ana,,\n"                  /* year */
                   "2,BOLT,S2,,2001,,Ana,,\n"                      /* by a rule of the mapping */
                   ",Taurus,S3,,2001,,Ana,,\n"                     /* no key */
                   "4,Taurus,S4,,2001\n"                           /* too few cells */
                   "5,Taurus,S5,,01/02/2003,,Ana,,\n"              /* not a date */
                   "6,Taurus,S6,,2150,,Ana,,\n"                    /* in the future */
                   "7,Taurus,S7,,2001,,Ana,,\n"                    /* good */
                   "8,Taurus,\"=1+\"\"1\"\"\",=x,2001,,Ana,,\n"    /* a value that looks like a formula */
                   "9,Taurus,S9,,2001,,Ana\xff,,\n"                /* not UTF-8 */
                   "10,Taurus,S10,,,,,,\n");                       /* no record is due */
    assert_true(counts.rows == 10 && counts.added == 1 && counts.rejected == 9 && log_size_now() == 1);
    char *text = read_rejects();
    const char *at = text;
    static const char *const lines[] = {"line,field,value,reason,accepted\n", "2,\"year\",\"99\",\"ERR_FORMAT\",\"want.year\"\n",
        "3,\"make\",\"BOLT\",\"ERR_REFUSED\",\"not a firearm\"\n", "4,\"row_key\",\"\",\"ERR_MISSING\",\"want.row_key\"\n",
        "5,\"cells\",\"5\",\"ERR_FORMAT\",\"want.as_many_cells_as_heading\"\n",
        "6,\"on\",\"01/02/2003\",\"ERR_FORMAT\",\"want.when\"\n", "7,\"on\",\"2150\",\"ERR_RANGE\",\"want.not_future\"\n",
        "9,\"year\",\"'=x\",\"ERR_FORMAT\",\"want.year\"\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (strncmp(at, lines[i], strlen(lines[i])) != 0)
            fail_msg("expected %s got %.100s", lines[i], at);
        at += strlen(lines[i]);
    }
    assert_non_null(strstr(at, "10,"));
    assert_non_null(strstr(at, "ERR_ENCODING"));
    assert_non_null(strstr(at, "want.row_with_events"));
    free(text);
}

static void a_bad_change_leaves_the_old_row_in_force(void **state)
{
    import(two_rows);
    import(HEADING "1,Taurus,ab 12-3,19,2001-02,Brasil,Ana Sol,,\n");
    assert_true(counts.rejected == 1 && counts.changed == 0 && counts.records == 0);
    import(two_rows);
    assert_int_equal(counts.unchanged, 2);
}

/* ---- files that are refused as a whole leave the register as it was ---- */

static void refused(const char *csv, enum err code, const char *want)
{
    struct fault f = {0};
    uint64_t before = log_size_now();
    enum err e = import_as(csv, &(struct run){0}, &f);
    if (e != code || strcmp(f.want, want) != 0)
        fail_msg("%.60s: %s, %s", csv, err_name(e), f.want);
    assert_true(log_size_now() == before && counts.records == 0);
}

static void a_bad_file_changes_nothing(void **state)
{
    refused("", ERR_MISSING, "want.heading_row");
    refused("id,make\n1,A\n", ERR_UNKNOWN_COLUMN, "want.column_in_heading");
    refused("id;make\n1;A\n", ERR_FORMAT, "want.mapping_delimiter");
    refused("\xFF\xFEid", ERR_FORMAT, "want.csv_file"); /* UTF-16 */
    refused("PK\x03\x04 and more", ERR_FORMAT, "want.csv_file");
    refused("%PDF-1.7\n", ERR_FORMAT, "want.csv_file");
    refused("id,id,make,serial,year,on,land,holder,sold,buyer\n", ERR_FORMAT, "want.column_once");
    refused(HEADING "1,A,\"S1,,2001,,Ana,,\n", ERR_FORMAT, "want.quote_end");
    import(two_rows);
    src.now -= 5000; /* the clock was set back */
    refused(two_rows, ERR_CLOCK, "want.clock_after_log");
}

/* ---- kills ---- */

static bool stop_now(void *arg)
{
    return true;
}

/* The file that was imported last, through the use case. */
static struct use_import_out import_by_door(void)
{
    struct app *app;
    struct fault f = {0};
    struct use_import_out out;
    char path[128];
    snprintf(path, sizeof path, "%s/rows.csv", dir);
    assert_int_equal(app_open(dir, &app, &f), OK);
    app->clock = source_clock;
    app->random = source_random;
    app->arg = &src;
    src.now += 1000;
    struct use_import_in in = {.map = slice_str(map_text_json), .file = path, .map_name = SLICE("test")};
    if (use_import(app, &in, &out, &f))
        fail_msg("import: %s %s %s", err_name(f.code), f.field, f.value);
    app_close(app);
    return out;
}

static void what_a_killed_import_had_committed_is_not_read_twice(void **state)
{
    static char csv[800000];
    struct fault f = {0};
    size_t n = (size_t)snprintf(csv, sizeof csv, "%s", HEADING);
    for (int i = 0; i < 20000; i++)
        n += (size_t)snprintf(csv + n, sizeof csv - n, "%d,A,S%d,,2001,,P,,\n", i, i);
    assert_int_equal(import_as(csv, &(struct run){.stop = stop_now, .leave_underived = true}, &f), ERR_INTERRUPTED);
    assert_string_equal(f.want, "want.run_again");
    assert_true(counts.added == INTAKE_GROUP && log_size_now() == INTAKE_GROUP);
    struct use_import_out out = import_by_door();
    assert_true(out.counts.unchanged == INTAKE_GROUP && out.counts.added == 20000 - INTAKE_GROUP && log_size_now() == 20000);
    out = import_by_door();
    assert_true(out.counts.unchanged == 20000 && log_size_now() == 20000 && out.log_size == 20000);
    assert_string_equal(out.rejects, "");
}

/* ---- another process makes keys meanwhile, in the same key folder ---- */

static struct subject_id *others;
static size_t others_n, others_max;

static enum err note_person(void *arg, const struct subject_id *party)
{
    if (others_n < others_max)
        others[others_n++] = *party;
    return OK;
}

/* After the first group, while the next is being sealed: of everybody who comes later. */
static bool make_keys_beside(void *arg)
{
    static bool made;
    struct key_store *k;
    uint8_t key[SEAL_KEY];
    if (!arg) {
        made = false;
        return false;
    }
    if (made)
        return false;
    made = true;
    assert_int_equal(keys_open(dir, KEYS_WRITE, &k, NULL), OK);
    for (size_t i = 0; i < others_n; i++)
        assert_int_equal(keys_person_new(k, &others[i], key, NULL), OK);
    assert_int_equal(keys_flush(k, NULL), OK);
    keys_close(k);
    return false;
}

static bool make_keys(void *arg)
{
    return make_keys_beside(&others);
}

static enum err opens(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct store *s = ((void **)arg)[0];
    struct arena *a = ((void **)arg)[1];
    struct event *ev = arena_alloc(a, sizeof *ev);
    assert_int_equal(store_event(s, a, bytes, position, received, SHOW_ALL, ev, NULL, f), OK);
    assert_true(ev->party_count == 1 && slice_is(ev->party[0].name, "P"));
    arena_reset(a);
    return OK;
}

/* Sealed under a key that was thrown away a record could never be opened: what was sealed is sealed anew, and the import goes on. */
static void keys_that_others_made_meanwhile_are_taken(void **state)
{
    static char csv[800000];
    struct fault f = {0};
    struct arena a;
    size_t n = (size_t)snprintf(csv, sizeof csv, "%s", HEADING);
    for (int i = 0; i < 20000; i++)
        n += (size_t)snprintf(csv + n, sizeof csv - n, "%d,A,%s,,2001,,P,,\n", i, i % 100 == 7 ? "" : "S1");
    others_max = 40000;
    others = calloc(others_max, sizeof *others);
    others_n = 0;
    struct source before = {.drawn = 1, .now = 1700000000000};
    assert_int_equal(import_as(csv, &(struct run){0}, &f), OK);
    const uint64_t size = log_size_now(), added = counts.added, rejected = counts.rejected;
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(keys_each(store_key_store(s), note_person, NULL, NULL), OK);
    store_close(s);
    assert_true(others_n > INTAKE_GROUP);
    drop_dir(dir);
    src = before; /* the same import key: the same persons */
    new_dir(dir);
    new_register(dir, &src);
    make_keys_beside(NULL);
    if (import_as(csv, &(struct run){.stop = make_keys}, &f))
        fail_msg("%s %s %s", err_name(f.code), f.field, f.want);
    assert_true(log_size_now() == size && counts.added == added && counts.rejected == rejected);
    s = opened(dir, STORE_READ);
    arena_init(&a, 1u << 24);
    assert_int_equal(store_scan(s, 0, INT64_MAX, opens, (void *[]){s, &a}, NULL), OK);
    arena_free(&a);
    store_close(s);
    free(others);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        T(a_row_becomes_its_records), T(namesakes_of_two_rows_are_two), T(one_person_in_two_roles_is_one_subject),
        T(an_import_replays_to_the_byte), T(importing_again_adds_nothing), T(a_changed_row_takes_the_place_of_its_records),
        T(a_raised_revision_reads_rows_anew), T(two_rows_with_one_key_stay_two), T(rows_about_one_firearm_share_its_life),
        T(a_row_does_not_move_to_another_firearm), T(bad_rows_are_counted_and_written_out), T(a_bad_change_leaves_the_old_row_in_force),
        T(a_bad_file_changes_nothing),
        T(what_a_killed_import_had_committed_is_not_read_twice), T(keys_that_others_made_meanwhile_are_taken),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
