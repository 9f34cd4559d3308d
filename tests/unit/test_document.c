/* The blind index of document numbers: rows that wait for their places are found like the others, are moved once, and go with their person. */
#include "register_help.h"
#include "store/erase.h"
#include "store/sqlite_inner.h"
#include "store/store_inner.h"

static char dir[64];
static struct source src;
static struct store *st;

static int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_register(dir, &src);
    st = opened(dir, STORE_WRITE);
    return 0;
}

static int end_test(void **state)
{
    store_close(st);
    drop_dir(dir);
    return 0;
}

static struct document_row row_of(unsigned number, uint8_t person)
{
    char text[32];
    struct document_row r = {0};
    snprintf(text, sizeof text, "AB-%u", number);
    assert_true(document_token(store_keys(st)->blind, slice_str(text), r.token));
    memset(r.party.b, person, sizeof r.party.b);
    return r;
}

/* Who is known by the number: a byte each, in order. */
static const char *known_by(unsigned number)
{
    static char out[9];
    struct subject_id party[8];
    char text[32];
    size_t n;
    snprintf(text, sizeof text, "ab%u", number);
    assert_int_equal(store_document(st, slice_str(text), party, 8, &n, NULL), OK);
    for (size_t i = 0; i < n; i++)
        out[i] = (char)party[i].b[0];
    out[n] = 0;
    return out;
}

static void put(enum err (*how)(struct store *, struct document_row *, size_t, struct fault *), const struct document_row *rows, size_t n)
{
    struct document_row copy[16];
    struct fault f = {0};
    memcpy(copy, rows, n * sizeof *rows);
    assert_int_equal(store_begin(st, &f), OK);
    assert_int_equal(how(st, copy, n, &f), OK);
    assert_int_equal(store_commit(st, &f), OK);
}

/* On PostgreSQL none ever waits. */
static bool some_wait(void)
{
    static const struct statement any = {"SELECT count(*) FROM document_waiting"};
    struct rows *rows;
    struct value v;
    bool more;
    if (st->home.shared)
        return false;
    assert_int_equal(st->engine->verbs->start(st->engine, &any, NULL, 0, &rows, NULL), OK);
    assert_int_equal(st->engine->verbs->next(rows, &v, 1, &more, NULL), OK);
    int64_t n = v.i;
    st->engine->verbs->stop(rows);
    return n > 0;
}

static void test_rows_that_wait_are_found(void **state)
{
    struct document_row first[] = {row_of(7, 'a'), row_of(8, 'b'), row_of(7, 'a')}, again[] = {row_of(8, 'b'), row_of(8, 'a')};
    put(store_documents_add, &first[1], 1);
    put(store_documents_wait, first, 3);
    put(store_documents_wait, again, 2);
    assert_string_equal(known_by(7), "a");
    assert_string_equal(known_by(8), "ab");
    assert_string_equal(known_by(9), "");
    assert_true(some_wait() || st->home.shared);
    for (int i = 0; i < 2; i++) { /* the second time there is nothing to do */
        assert_int_equal(store_documents_settle(st, NULL), OK);
        assert_false(some_wait());
        assert_string_equal(known_by(7), "a");
        assert_string_equal(known_by(8), "ab");
    }
}

/* A question does not look at all that wait: counted in steps of SQLite's machine. */
static void test_many_that_wait_cost_a_question_little(void **state)
{
    enum { RUNS = 100, EACH = 500 };
    static struct document_row rows[EACH];
    struct fault f = {0};
    int before = 0, after = 0;
    if (st->home.shared)
        return;
    for (unsigned run = 0; run < RUNS; run++) {
        for (unsigned i = 0; i < EACH; i++)
            rows[i] = row_of(10 + run * EACH + i, (char)('a' + run % 26));
        assert_int_equal(store_begin(st, &f), OK);
        assert_int_equal(store_documents_wait(st, rows, EACH, &f), OK);
        assert_int_equal(store_commit(st, &f), OK);
    }
    const struct sqlite *s = (const struct sqlite *)st->engine;
    assert_string_equal(known_by(9), "");
    for (size_t i = 0; i < PREPARED_MAX; i++)
        before += s->prepared[i].st ? sqlite3_stmt_status(s->prepared[i].st, SQLITE_STMTSTATUS_VM_STEP, 0) : 0;
    assert_string_equal(known_by(10 + 99 * EACH + 7), "v");
    for (size_t i = 0; i < PREPARED_MAX; i++)
        after += s->prepared[i].st ? sqlite3_stmt_status(s->prepared[i].st, SQLITE_STMTSTATUS_VM_STEP, 0) : 0;
    if (after - before > RUNS * 100)
        fail_msg("%d steps among %d rows", after - before, RUNS * EACH);
}

/* Those of schema 3 waited in no order: they are in their places after it. */
static void test_a_register_of_schema_3(void **state)
{
    if (st->home.shared)
        return;
    struct slice old = embed_get("schema/sqlite-003.sql");
    assert_int_equal(st->engine->verbs->script(st->engine, "DROP TABLE document_waiting", NULL), OK);
    assert_int_equal(st->engine->verbs->script(st->engine, old.p, NULL), OK);
    static const struct statement wait = {"INSERT INTO document_waiting (token, party) VALUES ($1, $2)"};
    struct document_row r = row_of(7, 'a');
    struct value in[] = {V_BLOB(r.token, 16), V_BLOB(r.party.b, 16)};
    for (int i = 0; i < 2; i++)
        assert_int_equal(engine_run(st->engine, &wait, in, 2, NULL), OK);
    assert_int_equal(st->engine->verbs->script(st->engine, "UPDATE meta SET value = CAST('3' AS BLOB) WHERE name = CAST('schema' AS BLOB)", NULL), OK);
    store_close(st);
    st = opened(dir, STORE_READ);
    assert_string_equal(known_by(7), "a");
    assert_false(some_wait());
}

/* What a killed import left waiting, the next who writes moves. */
static void test_the_next_writer_moves_them(void **state)
{
    struct document_row r = row_of(7, 'a');
    put(store_documents_wait, &r, 1);
    store_close(st);
    st = opened(dir, STORE_WRITE);
    assert_int_equal(store_heal(st, NULL), OK);
    assert_false(some_wait());
    assert_string_equal(known_by(7), "a");
}

static void test_they_go_with_their_person(void **state)
{
    struct document_row rows[] = {row_of(7, 'a'), row_of(7, 'b'), row_of(8, 'a'), row_of(9, 'c')};
    struct key_erased who = {.party = rows[0].party};
    struct fault f = {0};
    put(store_documents_add, rows, 1);
    put(store_documents_wait, rows, 4);
    assert_int_equal(store_begin(st, &f), OK);
    assert_int_equal(documents_drop(st, &who, 1, &f), OK);
    assert_int_equal(store_commit(st, &f), OK);
    assert_string_equal(known_by(7), "b");
    assert_string_equal(known_by(8), "");
    assert_string_equal(known_by(9), "c");
    assert_false(some_wait());
}

/* A register of schema 2 has no place to wait: whoever opens it makes one, a reader through a writer. */
static void test_a_register_of_schema_2(void **state)
{
    static const enum store_mode ways[] = {STORE_READ, STORE_WRITE};
    if (st->home.shared)
        return;
    for (size_t i = 0; i < 2; i++) {
        struct document_row r = row_of(7 + (unsigned)i, 'a');
        assert_int_equal(st->engine->verbs->script(st->engine,
            "DROP TABLE document_waiting; UPDATE meta SET value = CAST('2' AS BLOB) WHERE name = CAST('schema' AS BLOB)", NULL), OK);
        store_close(st);
        st = opened(dir, ways[i]);
        assert_string_equal(known_by(7 + (unsigned)i), "");
        if (ways[i] == STORE_READ) {
            store_close(st);
            st = opened(dir, STORE_WRITE);
        }
        put(store_documents_wait, &r, 1);
        assert_string_equal(known_by(7 + (unsigned)i), "a");
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        T(test_rows_that_wait_are_found), T(test_the_next_writer_moves_them), T(test_they_go_with_their_person), T(test_a_register_of_schema_2),
        T(test_a_register_of_schema_3), T(test_many_that_wait_cost_a_question_little),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
