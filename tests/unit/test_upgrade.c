/* From an earlier version of the tables to the newest, killed before each write, with steps that could not be run twice. */
#include "die_help.h"
#include "store/upgrade.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static char dir[64], path[96];

/* Each would fail, or count twice, if it were run again. */
static struct slice script(const char *name)
{
    if (strcmp(name, "two") == 0)
        return SLICE("ALTER TABLE firearm ADD COLUMN owner INTEGER; UPDATE firearm SET owner = 7;");
    if (strcmp(name, "three") == 0)
        return SLICE("CREATE TABLE permit (id INTEGER PRIMARY KEY); INSERT INTO permit SELECT id FROM firearm;");
    if (strcmp(name, "four") == 0)
        return SLICE("UPDATE firearm SET owner = owner * 2; DROP TABLE permit;");
    return slice_of(NULL, 0);
}

static const struct statement get_it = {"SELECT value FROM setting WHERE name = $1"};
static const struct statement put_it = {"UPDATE setting SET value = $2 WHERE name = $1"};

static enum err get(struct engine *e, struct arena *a, const char *name, struct slice *out, struct fault *f)
{
    struct value in = V_SLICE(slice_str(name)), v[1];
    struct rows *r;
    bool found;
    enum err err = engine_one(e, &get_it, &in, 1, v, 1, &found, &r, f);
    *out = slice_of(NULL, 0);
    if (err || !found)
        return err;
    *out = arena_copy(a, v[0].b);
    e->verbs->stop(r);
    return OK;
}

static enum err put(struct engine *e, const char *name, struct slice value, struct fault *f)
{
    struct value in[] = {V_SLICE(slice_str(name)), V_SLICE(value)};
    return engine_run(e, &put_it, in, 2, f);
}

static const struct upgrade_step steps[] = {{"two", NULL}, {"three", NULL}, {NULL, NULL}, {"four", NULL}};
static const struct upgrade newest = {steps, 4, "schema", false, script, get, put};
static const struct upgrade older = {steps, 2, "schema", false, script, get, put};

static void make_old(void)
{
    struct engine *e;
    char command[160];
    snprintf(command, sizeof command, "rm -f '%s'*", path);
    assert_int_equal(system(command), 0);
    assert_int_equal(engine_file.open(path, ENGINE_WRITE, &e, NULL), OK);
    assert_int_equal(e->verbs->script(e, "CREATE TABLE setting (name BLOB PRIMARY KEY, value BLOB); CREATE TABLE firearm (id INTEGER PRIMARY KEY);"
        "INSERT INTO setting VALUES (CAST('schema' AS BLOB), CAST('1' AS BLOB)); INSERT INTO firearm VALUES (1), (2), (3)", NULL), OK);
    e->verbs->close(e);
}

static int bring_up(void *arg)
{
    struct engine *e;
    if (engine_file.open(path, ENGINE_WRITE, &e, NULL))
        return 100;
    enum err err = upgrade_run(arg, e, NULL);
    e->verbs->close(e);
    return (int)err;
}

static int number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int n = sqlite3_column_int(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* As it must be at this version, whichever it is. */
static int look(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    int version = number(db, "SELECT CAST(value AS INTEGER) FROM setting");
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_table_info('firearm') WHERE name = 'owner'"), version >= 2);
    assert_int_equal(number(db, "SELECT count(*) FROM sqlite_master WHERE name = 'permit'"), version >= 3 && version < 5);
    if (version >= 2)
        assert_int_equal(number(db, "SELECT sum(owner) FROM firearm"), version == 5 ? 42 : 21);
    sqlite3_close(db);
    return version;
}

static void test_killed_at_each_write(void **state)
{
    bool seen[6] = {false};
    int code = 0;
    for (int n = 1;; n++) {
        make_old();
        bool ended = run_and_die_at(n, bring_up, (void *)(uintptr_t)&newest, &code);
        if (ended)
            break;
        seen[look()] = true;
        assert_int_equal(bring_up((void *)(uintptr_t)&newest), OK);
        assert_int_equal(look(), 5);
        assert_true(n < 500);
    }
    assert_int_equal(code, OK);
    assert_int_equal(look(), 5);
    for (int version = 1; version <= 5; version++)
        assert_true(seen[version]); /* it was killed between all steps */
}

static void test_a_later_version_is_left_alone(void **state)
{
    struct engine *e;
    struct fault f = {0};
    make_old();
    assert_int_equal(bring_up((void *)(uintptr_t)&newest), OK);
    assert_int_equal(engine_file.open(path, ENGINE_WRITE, &e, NULL), OK);
    assert_int_equal(upgrade_run(&older, e, &f), ERR_REFUSED);
    assert_string_equal(f.want, "want.newer_program");
    assert_string_equal(f.value, "5");
    e->verbs->close(e);
    assert_int_equal(look(), 5);
}

static void test_no_number_is_damage(void **state)
{
    struct engine *e;
    make_old();
    assert_int_equal(engine_file.open(path, ENGINE_WRITE, &e, NULL), OK);
    assert_int_equal(put(e, "schema", SLICE("one"), NULL), OK);
    assert_int_equal(upgrade_run(&newest, e, NULL), ERR_DAMAGED);
    assert_int_equal(put(e, "schema", SLICE("0"), NULL), OK);
    assert_int_equal(upgrade_run(&newest, e, NULL), ERR_DAMAGED);
    e->verbs->close(e);
}

int main(void)
{
    snprintf(dir, sizeof dir, "/tmp/athar-test-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/old.db", dir);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_at_each_write), cmocka_unit_test(test_a_later_version_is_left_alone),
        cmocka_unit_test(test_no_number_is_damage)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) || failed;
}
