/* Tables written as pages: SQLite's own check finds nothing, and SQL reads back exactly the rows, in order, and can go on from there. */
#include "store/sqlite_build.h"
#include "base/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

static char path[64];

static int begin_test(void **state)
{
    snprintf(path, sizeof path, "/tmp/athar-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int end_test(void **state)
{
    return unlink(path);
}

/* ---- rows made of their number ---- */

struct made {
    uint64_t at, n;
    size_t width; /* bytes of the last column */
    enum err refuse;
    uint8_t key[8], filler[8000];
};

static const int64_t numbers[] = {0, 1, 2, -1, 127, 128, -128, -129, 32767, 32768, -32769, 8388607, 8388608, -8388609, INT32_MAX,
    INT64_C(2147483648), INT64_C(140737488355327), INT64_C(140737488355328), INT64_C(-140737488355329), INT64_MAX, INT64_MIN};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

static enum err begin_rows(void *arg)
{
    return ((struct made *)arg)->refuse;
}

static bool next_row(void *arg, struct value *out)
{
    struct made *m = arg;
    if (m->at == m->n)
        return false;
    for (int i = 0; i < 8; i++)
        m->key[i] = (uint8_t)(m->at >> (56 - 8 * i));
    memset(m->filler, (int)(m->at % 251), m->width);
    out[0] = V_BLOB(m->key, sizeof m->key);
    out[1] = V_INT(numbers[m->at % NUMBERS]);
    out[2] = m->at % 3 ? V_BLOB(m->key, m->at % 9) : V_NULL;
    out[3] = V_BLOB(m->filler, m->width);
    m->at++;
    return true;
}

static sqlite3 *opened(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why))
        fail_msg("%s: %s", sql, why);
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static void new_file(void)
{
    assert_int_equal(truncate(path, 0), 0);
    sqlite3 *db = opened();
    run(db, "PRAGMA page_size=16384; CREATE TABLE a (k BLOB NOT NULL PRIMARY KEY, i INTEGER NOT NULL, b BLOB, f BLOB NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE z (k BLOB NOT NULL PRIMARY KEY, i INTEGER NOT NULL, b BLOB, f BLOB NOT NULL) STRICT, WITHOUT ROWID;");
    sqlite3_close(db);
}

static enum err build(struct made *a, struct made *z, struct fault *f)
{
    struct load l[] = {{"a", 4, begin_rows, next_row, a}, {"z", 4, begin_rows, next_row, z}};
    sqlite3 *db = opened();
    struct build_table t[] = {{&l[0], (uint32_t)number(db, "SELECT rootpage FROM sqlite_master WHERE name = 'a'")},
        {&l[1], (uint32_t)number(db, "SELECT rootpage FROM sqlite_master WHERE name = 'z'")}};
    sqlite3_close(db);
    return sqlite_build(path, t, 2, f);
}

static void assert_sound(sqlite3 *db)
{
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
    sqlite3_finalize(st);
}

static void assert_blob(sqlite3_stmt *st, int column, struct slice want)
{
    assert_int_equal(sqlite3_column_type(st, column), SQLITE_BLOB);
    assert_int_equal(sqlite3_column_bytes(st, column), want.n);
    if (want.n)
        assert_memory_equal(sqlite3_column_blob(st, column), want.p, want.n);
}

static void assert_rows(sqlite3 *db, const char *sql, uint64_t n, size_t width)
{
    struct made *m = calloc(1, sizeof *m);
    struct value v[4];
    sqlite3_stmt *st;
    m->n = n;
    m->width = width;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    while (next_row(m, v)) {
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        assert_blob(st, 0, v[0].b);
        assert_int_equal(sqlite3_column_int64(st, 1), v[1].i);
        if (v[2].is_null)
            assert_int_equal(sqlite3_column_type(st, 2), SQLITE_NULL);
        else
            assert_blob(st, 2, v[2].b);
        assert_blob(st, 3, v[3].b);
    }
    assert_int_equal(sqlite3_step(st), SQLITE_DONE);
    sqlite3_finalize(st);
    free(m);
}

static void built(uint64_t a, size_t a_width, uint64_t z, size_t z_width)
{
    struct made *m = calloc(2, sizeof *m);
    struct fault f = {0};
    m[0].n = a;
    m[0].width = a_width;
    m[1].n = z;
    m[1].width = z_width;
    new_file();
    if (build(&m[0], &m[1], &f))
        fail_msg("%s %s", err_name(f.code), f.field);
    sqlite3 *db = opened();
    assert_sound(db);
    assert_rows(db, "SELECT k, i, b, f FROM a ORDER BY k", a, a_width);
    assert_rows(db, "SELECT k, i, b, f FROM z ORDER BY k", z, z_width);
    sqlite3_close(db);
    free(m);
}

/* ---- tests ---- */

/* Around each number of rows at which a page is full, with one page, two, and a page above. */
static void any_number_of_rows(void **state)
{
    for (uint64_t n = 0; n < 30; n++)
        built(n, 3900, 29 - n, 2700);
    for (uint64_t n = 470; n < 1000; n += 7)
        built(n, 10, n * 3, 0);
}

static void pages_above_pages(void **state)
{
    built(60, 3900, 50000, 3); /* four rows a page: three levels soon */
    built(4000, 3900, 300000, 30);
}

/* What SQLite writes afterwards finds its place, and pages that were left over are used. */
static void sql_goes_on_from_there(void **state)
{
    built(5000, 100, 20000, 5);
    sqlite3 *db = opened();
    run(db, "PRAGMA journal_mode=WAL; BEGIN; DELETE FROM a WHERE i = 127; UPDATE z SET f = zeroblob(3000) WHERE i = 1;"
        "INSERT INTO a SELECT randomblob(20), 1, NULL, zeroblob(200) FROM z; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);");
    assert_sound(db);
    assert_int_equal(number(db, "SELECT count(*) FROM a"), 5000 - 5000 / 21 + 20000 - (5000 % 21 > 4));
    assert_int_equal(number(db, "SELECT count(*) FROM z WHERE length(f) = 3000"), (20000 + 19) / 21);
    sqlite3_close(db);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct made *m = calloc(2, sizeof *m);
    struct fault f = {0};
    new_file();
    m[0] = (struct made){.n = 3, .width = 4100};
    assert_int_equal(build(&m[0], &m[1], &f), ERR_TOO_LONG);
    assert_string_equal(f.field, "a");
    m[0] = (struct made){.n = 3, .refuse = ERR_MEMORY};
    assert_int_equal(build(&m[0], &m[1], &f), ERR_MEMORY);
    assert_int_equal(sqlite_build("/nonexistent/file.db", NULL, 0, &f), ERR_IO);
    free(m);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {T(any_number_of_rows), T(pages_above_pages), T(sql_goes_on_from_there), T(what_does_not_fit_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
