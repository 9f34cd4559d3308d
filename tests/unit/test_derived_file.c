/* The derived tables' own file: renewed as a whole, seen as the old or as the new, thrown away without harm. */
#include "register_help.h"
#include "store/derive.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdlib.h>

static char dir[64];
static struct source src;

static int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_register(dir, &src);
    return 0;
}

static int end_test(void **state)
{
    drop_dir(dir);
    return 0;
}

/* Files whose name begins so; the name of the last. */
static size_t files(const char *begins, char name[64])
{
    struct dirent *d;
    size_t n = 0;
    DIR *all = opendir(dir);
    while ((d = readdir(all)))
        if (strncmp(d->d_name, begins, strlen(begins)) == 0) {
            n++;
            snprintf(name, 64, "%s", d->d_name);
        }
    closedir(all);
    return n;
}

static uint64_t items(struct store *s)
{
    uint64_t n = 99;
    assert_int_equal(store_count(s, &n, NULL), OK);
    return n;
}

static uint64_t items_in_transaction(struct store *s)
{
    assert_int_equal(store_begin(s, NULL), OK);
    uint64_t n = items(s);
    store_rollback(s);
    return n;
}

static struct store *with_items(uint8_t n)
{
    struct store *s = opened(dir, STORE_WRITE);
    for (uint8_t i = 1; i <= n; i++)
        say(s, &src, &(struct said){.kind = "registered", .item = i, .serial = "A1"});
    derive(s);
    return s;
}

static void readers_see_the_old_or_the_new(void **state)
{
    char name[64];
    struct derived none;
    struct store *s = with_items(3), *early = opened(dir, STORE_READ), *reader = opened(dir, STORE_READ);
    assert_int_equal(store_begin(early, NULL), OK);
    assert_int_equal(items(early), 3);
    derived_init(&none);
    assert_int_equal(derived_renew(s->engine, &none, NULL), OK);
    assert_int_equal(items(s), 0);
    assert_int_equal(items_in_transaction(reader), 3);
    assert_int_equal(covered_upsert(s->engine, 0, NULL), OK);
    assert_int_equal(store_commit(s, NULL), OK);
    assert_int_equal(items(early), 3); /* its transaction goes on */
    store_rollback(early);
    assert_int_equal(items_in_transaction(early), 0);
    assert_int_equal(items_in_transaction(reader), 0);
    derive(s);
    assert_int_equal(items_in_transaction(reader), 3);
    store_close(early);
    store_close(reader);
    store_close(s);
    assert_int_equal(files("derived-", name), 1);
}

static void a_renewal_can_be_taken_back(void **state)
{
    char name[64];
    struct derived none;
    struct store *s = with_items(2);
    derived_init(&none);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(derived_renew(s->engine, &none, NULL), OK);
        store_rollback(s);
        assert_int_equal(items(s), 2);
    }
    assert_int_equal(derived_renew(s->engine, &none, NULL), OK);
    store_close(s); /* without an end: the same */
    s = opened(dir, STORE_WRITE);
    assert_int_equal(items(s), 2);
    say(s, &src, &(struct said){.kind = "registered", .item = 9, .serial = "A2"});
    derive(s);
    assert_int_equal(items(s), 3);
    store_close(s);
    assert_int_equal(files("derived-", name), 1);
    assert_string_equal(name, "derived-1.db"); /* that of init */
}

static void what_others_left_is_removed_and_what_is_gone_made_again(void **state)
{
    static const char *const left[] = {"derived-7.db", "derived-7.db-wal", "derived-3.db-shm"};
    char path[160], name[64];
    struct fault f = {0};
    struct store *s = with_items(2), *reader;
    char *before = digests(s);
    store_close(s);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, left[i]);
        FILE *x = fopen(path, "w");
        assert_non_null(x);
        fclose(x);
    }
    s = opened(dir, STORE_WRITE);
    assert_true(files("derived-", name) >= 4); /* opening changes nothing */
    assert_int_equal(store_begin(s, NULL), OK);
    store_rollback(s);
    store_close(s);
    assert_int_equal(files("derived-", name), 1);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_open(dir, STORE_READ, &reader, &f), ERR_NOT_FOUND);
    assert_string_equal(f.want, "want.rebuild");
    s = opened(dir, STORE_WRITE);
    assert_int_equal(store_heal(s, NULL), OK);
    assert_int_equal(items(s), 0);
    derive(s);
    char *after = digests(s);
    assert_string_equal(before, after);
    free(before);
    free(after);
    store_close(s);
}

/* A register of before the file: its derived tables lay beside the log. The first who writes moves it over. */
static void an_older_register_is_taken_over(void **state)
{
    char path[160], name[64];
    struct fault f = {0};
    struct store *s = with_items(2), *reader;
    sqlite3 *db;
    char *before = digests(s);
    store_close(s);
    snprintf(path, sizeof path, "%s/register.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, embed_get("schema/sqlite-001-derived.sql").p, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE covered; DELETE FROM meta WHERE name = CAST('derived_file' AS BLOB);"
        "INSERT INTO claim VALUES (x'01', x'01', x'01')", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_open(dir, STORE_READ, &reader, &f), ERR_DAMAGED);
    assert_string_equal(f.want, "want.schema");
    s = opened(dir, STORE_WRITE);
    assert_int_equal(items(s), 0);
    derive(s);
    char *after = digests(s);
    assert_string_equal(before, after);
    free(before);
    free(after);
    store_close(s);
    assert_int_equal(files("derived-", name), 1);
}

/* Whole tables made anew and rows put in one by one are the same tables. */
static void rows_one_by_one_are_the_same(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct body_row row = {.given = true, .claim = {1}, .digest = {1}};
    struct hash last = {0};
    for (uint8_t i = 1; i < 60; i++) {
        last = say(s, &src, &(struct said){.kind = "registered", .item = i, .serial = "A1", .outside = "G7", .to = i % 7, .row = &row});
        row.claim[0] = (uint8_t)(i / 2);
        row.digest[0] = i;
        say(s, &src, &(struct said){.kind = "sold", .item = i, .from = i % 7, .to = (uint8_t)(10 + i % 5), .happened = "2020-02-03"});
        if (i % 9 == 0)
            say(s, &src, &(struct said){.kind = "registered", .item = i, .to = 3, .supersedes = {last}, .supersedes_count = 1});
        if (i % 10 == 0)
            say(s, &src, &(struct said){.kind = "permit_issued", .permit = i, .to = i % 7});
        derive(s);
    }
    char *one_by_one = digests(s);
    assert_int_equal(store_rebuild(s, NULL, NULL), OK);
    char *whole = digests(s);
    assert_string_equal(one_by_one, whole);
    free(one_by_one);
    free(whole);
    store_close(s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        T(readers_see_the_old_or_the_new), T(a_renewal_can_be_taken_back), T(what_others_left_is_removed_and_what_is_gone_made_again),
        T(an_older_register_is_taken_over), T(rows_one_by_one_are_the_same),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
