/* The log of openings: each entry is a leaf; what is changed, left out or put in is found, also after pruning. */
#include "register_help.h"
#include "people/access.h"

static char dir[64];
static struct source src;
static struct box *box;

static int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_register(dir, &src);
    struct store *s = opened(dir, STORE_READ);
    enum err e = box_open(dir, store_keys(s), &box, NULL);
    store_close(s);
    return e;
}

static int end_test(void **state)
{
    box_close(box);
    drop_dir(dir);
    return 0;
}

static void look_in(uint8_t account, uint8_t firearm, int64_t at, const char *purpose, const char *office, const char *case_no, bool review)
{
    struct opening o = {.at = at, .account = subject('a', account), .who = SLICE("ama"), .office = slice_str(office), .door = SLICE("page"),
        .subject = subject('g', firearm), .purpose = slice_str(purpose), .case_no = slice_str(case_no), .review = review};
    assert_int_equal(access_write(box, &o, NULL), OK);
}

static void look(uint8_t account, uint8_t firearm, int64_t at, bool review)
{
    look_in(account, firearm, at, "licensing", "capital", "C-1", review);
}

static enum err run_sql(void *arg, struct engine *e, struct fault *f)
{
    return e->verbs->script(e, arg, f);
}

static enum err verify(uint64_t *size, struct fault *f)
{
    struct hash root;
    return access_verify(box, NULL, 0, size, &root, f);
}

static void entries_are_leaves_in_order(void **state)
{
    uint64_t size = 9;
    struct arena a;
    struct opening_row rows[10];
    size_t n;
    assert_int_equal(verify(&size, NULL), OK);
    assert_int_equal(size, 0);
    for (int i = 0; i < 1500; i++)
        look((uint8_t)(i % 3 + 1), (uint8_t)(i % 7 + 1), src.now + i, i == 4);
    assert_int_equal(verify(&size, NULL), OK);
    assert_int_equal(size, 1500);
    arena_init(&a, 1u << 20);
    struct subject_id who = subject('a', 2), whom = subject('g', 5);
    assert_int_equal(access_find(box, &a, &(struct opening_filter){.account = &who}, NULL, 10, rows, &n, NULL), OK);
    assert_true(n == 10 && rows[0].position == 1498 && subject_eq(&rows[0].o.account, &who) && slice_is(rows[0].o.case_no, "C-1"));
    assert_int_equal(access_find(box, &a, &(struct opening_filter){.subject = &whom}, NULL, 10, rows, &n, NULL), OK);
    assert_true(n == 10 && subject_eq(&rows[9].o.subject, &whom));
    assert_int_equal(access_to_review(box, &a, 10, rows, &n, NULL), OK);
    assert_true(n == 1 && rows[0].position == 4);
    arena_free(&a);
}

/* What a plain walk over all 600 says: the oracle. */
struct made {
    uint8_t account, firearm;
    int64_t at;
    const char *purpose, *office, *case_no;
};

static bool fits(const struct made *m, const struct opening_filter *w)
{
    struct subject_id account = subject('a', m->account), firearm = subject('g', m->firearm);
    return (!w->account || subject_eq(&account, w->account)) && (!w->subject || subject_eq(&firearm, w->subject)) &&
        (!w->purpose.p || slice_is(w->purpose, m->purpose)) && (!w->office.p || slice_is(w->office, m->office)) &&
        (!w->case_no.p || slice_is(w->case_no, m->case_no)) && (!w->from || m->at >= *w->from) && (!w->until || m->at < *w->until);
}

/* Page by page, seven at a time, each of the 128 combinations: what fits, newest first, each once. */
static void they_are_found_by_what_is_asked_and_page_by_page(void **state)
{
    static const char *const purposes[] = {"licensing", "trace_request", ""}, *const offices[] = {"capital", "border"}, *const cases[] = {"C-1", "C-2", "C-3", "C-4", ""};
    static struct made made[600];
    struct subject_id account = subject('a', 2), firearm = subject('g', 1);
    int64_t from = src.now + 100, until = src.now + 500;
    struct arena a;
    arena_init(&a, 64u << 20);
    for (int i = 0; i < 600; i++) {
        /* two share a moment, as when a list of holders is read */
        made[i] = (struct made){(uint8_t)(i % 3 + 1), (uint8_t)(i % 2 + 1), src.now + i / 2 * 2, purposes[i % 3], offices[i / 4 % 2], cases[i % 5]};
        look_in(made[i].account, made[i].firearm, made[i].at, made[i].purpose, made[i].office, made[i].case_no, false);
    }
    for (int mask = 0; mask < 128; mask++) {
        struct opening_filter w = {.account = mask & 1 ? &account : NULL, .subject = mask & 2 ? &firearm : NULL, .from = mask & 32 ? &from : NULL, .until = mask & 64 ? &until : NULL};
        struct opening_row rows[7];
        struct opening_place last;
        size_t n = 0, seen = 0;
        int64_t count;
        if (mask & 4)
            w.purpose = SLICE("trace_request");
        if (mask & 8)
            w.office = SLICE("capital");
        if (mask & 16)
            w.case_no = SLICE("C-2");
        int next = 599;
        do {
            assert_int_equal(access_find(box, &a, &w, seen ? &last : NULL, 7, rows, &n, NULL), OK);
            for (size_t k = 0; k < n; k++, seen++) {
                while (next >= 0 && !fits(&made[next], &w))
                    next--;
                assert_int_equal(rows[k].position, next);
                next--;
                last = (struct opening_place){rows[k].o.at, rows[k].position};
            }
        } while (n == 7);
        while (next >= 0 && !fits(&made[next], &w))
            next--;
        assert_int_equal(next, -1);
        assert_int_equal(access_count(box, &w, 1000, &count, NULL), OK);
        assert_int_equal(count, seen);
        assert_int_equal(access_count(box, &w, 3, &count, NULL), OK);
        assert_int_equal(count, seen < 3 ? seen : 3);
    }
    arena_free(&a);
}

static void totals_and_judging(void **state)
{
    struct access_total t[4];
    struct subject_id self = subject('a', 1), other = subject('a', 2);
    size_t n;
    for (int i = 0; i < 5; i++)
        look(1, 1, src.now + i, true);
    look(2, 1, src.now + 9, false);
    assert_int_equal(access_by_account(box, src.now + 1, t, 4, &n, NULL), OK);
    assert_true(n == 2 && t[0].count == 4 && subject_eq(&t[0].account, &self) && t[1].count == 1);
    assert_int_equal(access_by_purpose(box, 0, INT64_MAX, t, 4, &n, NULL), OK);
    assert_true(n == 1 && t[0].count == 6 && strcmp(t[0].purpose, "licensing") == 0);
    assert_int_equal(access_judge(box, 0, &self, true, NULL), ERR_REFUSED); /* his own */
    assert_int_equal(access_judge(box, 0, &other, false, NULL), OK);
    assert_int_equal(access_judge(box, 0, &other, true, NULL), ERR_NOT_FOUND);
    assert_int_equal(access_judge(box, 5, &other, true, NULL), ERR_NOT_FOUND); /* was not chosen */
}

static void what_is_changed_is_found(void **state)
{
    static const char *const attacks[] = {
        "UPDATE opening SET entry = CAST(replace(CAST(entry AS TEXT), 'C-1', 'C-2') AS BLOB) WHERE position = 3",
        "UPDATE opening SET purpose = CAST('inspection' AS BLOB) WHERE position = 3",
        "UPDATE opening SET account = subject WHERE position = 3",
        "UPDATE opening SET office = CAST('elsewhere' AS BLOB) WHERE position = 3",
        "UPDATE opening SET case_no = x'' WHERE position = 3",
        "UPDATE opening SET entry = NULL WHERE position = 3", /* pruned, but its case is kept */
        "UPDATE opening SET at = at + 1 WHERE position = 3",
        "UPDATE opening SET leaf = (SELECT leaf FROM opening WHERE position = 4), entry = NULL WHERE position = 3",
        "DELETE FROM opening WHERE position = 3",
        "DELETE FROM opening WHERE position = 9",
        "UPDATE opening SET position = 99 WHERE position = 3; UPDATE opening SET position = 3 WHERE position = 4; UPDATE opening SET position = 4 WHERE position = 99",
        "UPDATE setting SET value = (SELECT x'00000000000000' || x'01' || leaf FROM opening WHERE position = 0) WHERE name = CAST('access_tree' AS BLOB)",
    };
    uint64_t size;
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        struct fault f = {0};
        if (i)
            begin_test(NULL);
        for (int k = 0; k < 10; k++)
            look((uint8_t)(k + 1), 1, src.now + k, false);
        assert_int_equal(verify(&size, NULL), OK);
        assert_int_equal(box_write(box, run_sql, (void *)(uintptr_t)attacks[i], NULL), OK);
        enum err e = verify(&size, &f);
        /* the last one is a whole log of one entry: only what was anchored before can tell (below) */
        bool rewound = i + 1 == sizeof attacks / sizeof *attacks;
        if (rewound ? e != OK || size != 1 : e != ERR_DAMAGED)
            fail_msg("attack %zu: %s", i, err_name(e));
        if (i + 1 < sizeof attacks / sizeof *attacks)
            end_test(NULL);
    }
}

/* A root that the register's log has recorded is one that the openings must have had, at that size and no other. */
static void what_was_anchored_is_not_wound_back_nor_made_anew(void **state)
{
    struct access_anchor anchor[2];
    struct fault f = {0};
    struct hash root;
    uint64_t size;
    for (int k = 0; k < 5; k++)
        look(1, 1, src.now + k, false);
    assert_int_equal(access_tree(box, &anchor[0].size, &anchor[0].root, NULL), OK);
    for (int k = 0; k < 5; k++)
        look(2, 1, src.now + 10 + k, false);
    assert_int_equal(access_tree(box, &anchor[1].size, &anchor[1].root, NULL), OK);
    look(3, 1, src.now + 20, false);
    assert_int_equal(access_verify(box, anchor, 2, &size, &root, &f), OK);
    assert_int_equal(size, 11);
    anchor[1].root.b[0] ^= 1; /* another history of the same length */
    assert_int_equal(access_verify(box, anchor, 2, &size, &root, &f), ERR_DAMAGED);
    assert_string_equal(f.field, "anchor");
    assert_string_equal(f.value, "10");
    anchor[1].root.b[0] ^= 1;
    assert_int_equal(box_write(box, run_sql, (void *)(uintptr_t)"DELETE FROM opening WHERE position > 0;"
        "UPDATE setting SET value = (SELECT x'00000000000000' || x'01' || leaf FROM opening WHERE position = 0) WHERE name = CAST('access_tree' AS BLOB)", NULL), OK);
    assert_int_equal(access_verify(box, NULL, 0, &size, &root, &f), OK);
    assert_int_equal(access_verify(box, anchor, 2, &size, &root, &f), ERR_DAMAGED);
    assert_string_equal(f.value, "5");
}

static void pruned_entries_leave_their_leaves(void **state)
{
    uint64_t size;
    int64_t n;
    struct hash before, after;
    struct arena a;
    struct opening_row rows[10];
    size_t count;
    for (int k = 0; k < 10; k++)
        look(1, 1, src.now + k, false);
    assert_int_equal(access_verify(box, NULL, 0, &size, &before, NULL), OK);
    assert_int_equal(access_prune(box, src.now + 6, &n, NULL), OK);
    assert_int_equal(n, 6);
    assert_int_equal(access_verify(box, NULL, 0, &size, &after, NULL), OK);
    assert_true(size == 10 && hash_eq(&before, &after));
    arena_init(&a, 1u << 20);
    assert_int_equal(access_find(box, &a, &(struct opening_filter){.office = {0}}, NULL, 10, rows, &count, NULL), OK);
    assert_true(count == 10 && !rows[0].pruned && rows[9].pruned && rows[9].o.who.n == 0);
    arena_free(&a);
    look(1, 1, src.now + 20, false);
    assert_int_equal(verify(&size, NULL), OK);
    assert_int_equal(size, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_are_leaves_in_order, begin_test, end_test),
        cmocka_unit_test_setup_teardown(they_are_found_by_what_is_asked_and_page_by_page, begin_test, end_test),
        cmocka_unit_test_setup_teardown(totals_and_judging, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_is_changed_is_found, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_was_anchored_is_not_wound_back_nor_made_anew, begin_test, end_test),
        cmocka_unit_test_setup_teardown(pruned_entries_leave_their_leaves, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
