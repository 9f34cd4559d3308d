/* The log over the store: the tree's edge beside the records, and a clock that must not run against it. */
#include "register_help.h"
#include "store/erase.h"

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

/* Appends n records in one group; their ids are the leaves. */
static void append_group(struct log *l, size_t n, struct tree *mirror)
{
    struct buf bytes;
    buf_init(&bytes, RECORD_MAX);
    assert_int_equal(log_begin(l, NULL), OK);
    for (size_t i = 0; i < n; i++) {
        uint64_t at = 0, size = l->tree.size;
        struct hash id = make_record(l->store, &src, &(struct said){.kind = "registered", .item = (uint8_t)(i + 1)}, &bytes);
        assert_int_equal(log_append(l, buf_view(&bytes), &id, src.now, &at, NULL), OK);
        assert_true(at == size && l->tree.size == size + 1);
        struct hash leaf = tree_leaf(buf_view(&bytes));
        tree_append(mirror, &leaf);
    }
    buf_free(&bytes);
}

static void the_root_is_that_of_the_records(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct tree mirror, read;
    tree_init(&mirror);
    assert_int_equal(log_open(&l, s, NULL), OK);
    for (size_t n = 1; n < 20; n += 3) {
        append_group(&l, n, &mirror);
        assert_int_equal(log_commit(&l, NULL), OK);
        struct hash want = tree_root(&mirror), got;
        assert_int_equal(log_root(s, &read, NULL), OK);
        got = tree_root(&read);
        assert_true(hash_eq(&want, &got) && read.size == mirror.size);
    }
    store_close(s);
    s = opened(dir, STORE_WRITE);
    assert_int_equal(log_open(&l, s, NULL), OK);
    struct hash want = tree_root(&mirror), got = tree_root(&l.tree);
    assert_true(hash_eq(&want, &got));
    store_close(s);
}

static void a_rollback_takes_back_tree_and_clock(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct tree mirror, before;
    tree_init(&mirror);
    assert_int_equal(log_open(&l, s, NULL), OK);
    append_group(&l, 3, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    before = l.tree;
    int64_t then = src.now;
    src.now += 1000000;
    append_group(&l, 2, &mirror);
    log_rollback(&l);
    assert_memory_equal(&before, &l.tree, sizeof before);
    assert_int_equal(log_clock(&l, then, NULL), OK);
    append_group(&l, 1, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    assert_int_equal(l.tree.size, 4);
    store_close(s);
}

static void write_edge(struct store *s, struct slice bytes)
{
    assert_int_equal(store_begin(s, NULL), OK);
    assert_int_equal(store_meta_set(s, "tree", bytes, NULL), OK);
    assert_int_equal(store_commit(s, NULL), OK);
}

static void an_edge_that_is_not_the_logs_is_refused(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct tree mirror, other;
    struct fault f = {0};
    struct arena a;
    struct slice edge;
    char bytes[400];
    tree_init(&mirror);
    arena_init(&a, 1 << 16);
    assert_int_equal(log_open(&l, s, NULL), OK);
    append_group(&l, 5, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    assert_int_equal(store_meta(s, &a, "tree", &edge, NULL), OK);
    assert_int_equal(edge.n, 8 + 2 * 32);
    for (size_t n = 0; n < edge.n; n++) { /* cut */
        write_edge(s, slice_of(edge.p, n));
        f.code = OK;
        assert_int_equal(log_open(&l, s, &f), ERR_DAMAGED);
        assert_string_equal(f.field, "tree");
    }
    for (size_t i = 0; i < edge.n; i++) { /* a byte of the size or of the last leaf changed */
        if (i >= 8 && i < 8 + 32)
            continue; /* the inner hash: only the root tells */
        memcpy(bytes, edge.p, edge.n);
        bytes[i] ^= 1;
        write_edge(s, slice_of(bytes, edge.n));
        assert_int_equal(log_open(&l, s, &f), ERR_DAMAGED);
    }
    write_edge(s, edge);
    assert_int_equal(log_open(&l, s, NULL), OK);
    append(s, SLICE("a record behind the log's back"), 1);
    assert_int_equal(log_root(s, &other, &f), ERR_DAMAGED);
    arena_free(&a);
    store_close(s);
}

static void a_clock_that_was_set_back_is_named(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct tree mirror;
    struct fault f = {0};
    tree_init(&mirror);
    assert_int_equal(log_open(&l, s, NULL), OK);
    assert_int_equal(log_clock(&l, 0, NULL), OK); /* an empty log knows no time */
    append_group(&l, 2, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    assert_int_equal(log_clock(&l, src.now, NULL), OK);
    assert_int_equal(log_clock(&l, src.now - 1, &f), ERR_CLOCK);
    assert_string_equal(f.want, "want.clock_after_log");
    assert_non_null(strstr(f.value, " < ")); /* this time, and the newest record's */
    store_close(s);
    s = opened(dir, STORE_WRITE);
    assert_int_equal(log_open(&l, s, NULL), OK);
    assert_int_equal(log_clock(&l, src.now - 1, NULL), ERR_CLOCK);
    store_close(s);
}
/* Of another office's record its own clock says nothing here: when it came counts, also after the log was opened again. */
static void anothers_clock_that_is_ahead_stops_nobody(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct buf bytes;
    struct slice own;
    struct record r;
    struct arena a;
    struct tree mirror;
    tree_init(&mirror);
    arena_init(&a, 1u << 20);
    buf_init(&bytes, RECORD_MAX);
    assert_int_equal(log_open(&l, s, NULL), OK);
    append_group(&l, 1, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    assert_int_equal(store_read(s, &a, 0, &own, NULL, NULL), OK);
    assert_int_equal(record_parse(own, &r), OK);
    r.h.recorded += (int64_t)365 * 86400000;
    uint8_t random[RECORD_SALT + SEAL_NONCE] = {7};
    const struct record_plain plain = {SECTION_BODY, store_keys(s)->register_id, store_keys(s)->reg, SLICE("{}")};
    assert_int_equal(record_encode(&r.h, &plain, 1, random, &bytes, NULL), OK);
    struct hash id = record_id(buf_view(&bytes));
    assert_int_equal(log_begin(&l, NULL), OK);
    assert_int_equal(log_append(&l, buf_view(&bytes), &id, src.now + 5, NULL, NULL), OK);
    assert_int_equal(log_commit(&l, NULL), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(log_clock(&l, src.now + 5, NULL), OK);
        assert_int_equal(log_clock(&l, src.now + 4, NULL), ERR_CLOCK);
        store_close(s);
        s = opened(dir, STORE_WRITE);
        assert_int_equal(log_open(&l, s, NULL), OK);
    }
    store_close(s);
    buf_free(&bytes);
    arena_free(&a);
}

/* An id that is not the record's hash: refused at the commit, and nothing of the group stays. */
static void what_is_read_back_must_be_what_was_appended(void **state)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct buf bytes;
    uint64_t size;
    buf_init(&bytes, RECORD_MAX);
    assert_int_equal(log_open(&l, s, NULL), OK);
    assert_int_equal(log_begin(&l, NULL), OK);
    struct hash id = make_record(s, &src, &(struct said){.kind = "registered", .item = 1}, &bytes);
    id.b[31] ^= 1;
    assert_int_equal(log_append(&l, buf_view(&bytes), &id, src.now, NULL, NULL), OK);
    assert_int_equal(log_commit(&l, NULL), ERR_DAMAGED);
    assert_int_equal(store_size(s, &size, NULL), OK);
    assert_true(size == 0 && l.tree.size == 0);
    buf_free(&bytes);
    store_close(s);
}

/* The newest two of five records taken away, the tree set back with them. */
static void cut_back(const struct tree *to)
{
    struct buf edge;
    struct store *s = opened(dir, STORE_WRITE);
    buf_init(&edge, TREE_BYTES_MAX);
    tree_save(to, &edge);
    assert_int_equal(store_begin(s, NULL), OK);
    assert_int_equal(store_engine(s)->verbs->script(store_engine(s), "DELETE FROM record WHERE position >= 3", NULL), OK);
    assert_int_equal(store_meta_set(s, "tree", buf_view(&edge), NULL), OK);
    assert_int_equal(store_commit(s, NULL), OK);
    store_close(s);
    buf_free(&edge);
}

static void drop_log(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r '%s/log'", dir);
    assert_int_equal(system(command), 0);
}

/* Refused before anything that is derived of it is touched: the tables still say what was there. */
static void a_log_that_was_cut_back_is_refused_with_its_tables_left(void **state)
{
    struct log l;
    struct tree mirror;
    struct fault f = {0};
    uint64_t derived;
    tree_init(&mirror);
    assert_int_equal(log_start(dir, &l, NULL), OK);
    append_group(&l, 3, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    struct tree three = l.tree;
    append_group(&l, 2, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    derive(l.store);
    char *before = digests(l.store);
    log_end(&l);
    cut_back(&three);
    assert_int_equal(log_start(dir, &l, &f), ERR_DAMAGED);
    assert_string_equal(f.field, "log");
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(store_derived(s, &derived, NULL), OK);
    assert_int_equal(derived, 5);
    char *after = digests(s);
    assert_string_equal(before, after);
    store_close(s);
    free(before);
    free(after);
}

/* A log that nobody has signed for takes the place of a longer one: its tables begin anew. */
static void tables_of_a_longer_log_are_healed_where_none_was_signed(void **state)
{
    struct log l;
    struct tree mirror;
    uint64_t derived;
    tree_init(&mirror);
    assert_int_equal(log_start(dir, &l, NULL), OK);
    append_group(&l, 3, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    struct tree three = l.tree;
    derive(l.store);
    char *before = digests(l.store);
    append_group(&l, 2, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    derive(l.store);
    log_end(&l);
    cut_back(&three);
    drop_log();
    assert_int_equal(log_start(dir, &l, NULL), OK);
    assert_int_equal(store_derived(l.store, &derived, NULL), OK);
    assert_int_equal(derived, 0);
    derive(l.store);
    char *after = digests(l.store);
    assert_string_equal(before, after);
    log_end(&l);
    free(before);
    free(after);
}

/* As a program with other tables of terms would have left it. */
static void stamp_otherwise(struct store *s)
{
    static const struct statement q = {"UPDATE covered SET value = $1 WHERE name = $2"}, gone = {"DELETE FROM item"};
    struct value in[] = {V_SLICE(SLICE("00112233445566778899aabbccddeeff")), V_SLICE(SLICE("stamp"))};
    assert_int_equal(store_begin(s, NULL), OK);
    assert_int_equal(engine_run(store_engine(s), &q, in, 2, NULL), OK);
    assert_int_equal(engine_run(store_engine(s), &gone, NULL, 0, NULL), OK);
    assert_int_equal(store_commit(s, NULL), OK);
}

static bool stamped(struct store *s)
{
    bool same;
    assert_int_equal(store_stamped(s, &same, NULL), OK);
    return same;
}

/* Rows of two programs do not stand in one table: who writes derives all anew first; a reader goes on; who adds no rows leaves them. */
static void rows_of_other_terms_are_derived_anew_by_who_writes(void **state)
{
    struct log l;
    struct tree mirror;
    tree_init(&mirror);
    assert_int_equal(log_start(dir, &l, NULL), OK);
    assert_true(stamped(l.store));
    append_group(&l, 7, &mirror);
    assert_int_equal(log_commit(&l, NULL), OK);
    derive(l.store);
    char *before = digests(l.store);
    for (int way = 0; way < 3; way++) {
        stamp_otherwise(l.store);
        log_end(&l);
        struct store *s = opened(dir, STORE_READ);
        assert_false(stamped(s));
        store_close(s);
        s = opened(dir, STORE_CHECK);
        assert_int_equal(store_heal(s, NULL), OK);
        assert_false(stamped(s));
        store_close(s);
        assert_int_equal(way == 0 ? log_start(dir, &l, NULL) : log_start_anew(dir, &l, NULL), OK);
        assert_int_equal(stamped(l.store), way == 0);
        if (way == 1)
            assert_int_equal(store_rebuild(l.store, NULL, NULL), OK);
        if (way == 2) /* nothing is derived, and so nothing is mixed */
            break;
        char *after = digests(l.store);
        assert_true(stamped(l.store));
        assert_string_equal(before, after);
        free(after);
    }
    log_end(&l);
    free(before);
}

static enum err key_of(struct store *s, const struct subject_id *who)
{
    uint8_t key[SEAL_KEY];
    return keys_person(store_key_store(s), who, key);
}

/* What a crash left to be destroyed is destroyed by who writes next, and not on the word of a database that does not continue what was signed. */
static void keys_are_destroyed_for_a_log_that_continues_alone(void **state)
{
    struct log l;
    struct tree mirror;
    struct subject_id who = {"somebody"};
    struct key_erased gone = {.party = who, .at = src.now};
    uint8_t key[SEAL_KEY];
    struct fault f = {0};
    tree_init(&mirror);
    assert_int_equal(log_start(dir, &l, NULL), OK);
    append_group(&l, 3, &mirror);
    assert_int_equal(keys_person_new(store_key_store(l.store), &who, key, NULL), OK);
    key_mark(key, gone.mark);
    assert_int_equal(log_commit(&l, NULL), OK);
    struct tree three = l.tree;
    append_group(&l, 2, &mirror);
    assert_int_equal(store_erasing(l.store, &gone, 1, NULL), OK);
    assert_int_equal(log_commit(&l, NULL), OK);
    log_end(&l);
    cut_back(&three);
    assert_int_equal(log_start(dir, &l, &f), ERR_DAMAGED);
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(key_of(s, &who), OK);
    assert_int_equal(log_continues(s, &f), ERR_DAMAGED);
    store_close(s);
    drop_log();
    s = opened(dir, STORE_READ);
    assert_int_equal(log_continues(s, &f), OK); /* nothing is signed */
    store_close(s);
    assert_int_equal(log_start(dir, &l, NULL), OK);
    assert_int_not_equal(key_of(l.store, &who), OK);
    log_end(&l);
    s = opened(dir, STORE_READ);
    assert_int_equal(log_continues(s, &f), OK);
    store_close(s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        T(the_root_is_that_of_the_records), T(a_rollback_takes_back_tree_and_clock), T(an_edge_that_is_not_the_logs_is_refused),
        T(a_clock_that_was_set_back_is_named), T(anothers_clock_that_is_ahead_stops_nobody), T(what_is_read_back_must_be_what_was_appended),
        T(a_log_that_was_cut_back_is_refused_with_its_tables_left), T(tables_of_a_longer_log_are_healed_where_none_was_signed),
        T(rows_of_other_terms_are_derived_anew_by_who_writes), T(keys_are_destroyed_for_a_log_that_continues_alone),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
