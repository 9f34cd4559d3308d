/* Who may do what is folded from records: nobody gives himself a right, two are needed where the profile says so, and an administrator reads no
 * name. */
#include "people_help.h"

static char dir[64];
static struct source src;
static struct store *store;
static struct log lg;

static int begin_test(void **state)
{
    begin_register(dir, &src);
    store = opened(dir, STORE_WRITE);
    return log_open(&lg, store, NULL);
}

static int end_test(void **state)
{
    store_close(store);
    drop_dir(dir);
    return 0;
}

static struct hash act(struct act a)
{
    src.now++;
    return record_act(store, &lg, &src, &a);
}

static struct subject_id made(const char *login, const char *role)
{
    struct subject_id id = account_id(login);
    act((struct act){.kind = ACT_CREATED, .account = id, .login = slice_str(login), .name = SLICE("A Person"), .office = SLICE("capital")});
    if (role)
        act((struct act){.kind = ACT_ROLE_GIVEN, .account = id, .role = slice_str(role)});
    return id;
}

static struct account now(struct subject_id id)
{
    struct roster *r;
    struct account a;
    memset(&a, 0, sizeof a);
    assert_int_equal(roster_load(store, &store_profile(store)->people, &r, NULL), OK);
    const struct account *x = roster_find(r, &id);
    if (x)
        a = *x;
    roster_free(r);
    return a;
}

static bool may(struct subject_id id, enum right right)
{
    return now(id).rights & RIGHT_BIT(right);
}

static void give(struct subject_id by, struct subject_id whom, const char *role, const struct hash *request)
{
    static const struct hash none;
    act((struct act){.kind = ACT_ROLE_GIVEN, .by = by, .account = whom, .role = slice_str(role), .request = request ? *request : none});
}

static void the_first_administrator_comes_from_the_console(void **state)
{
    struct subject_id admin = made("admin", "administrator");
    assert_true(may(admin, RIGHT_ACCOUNTS) && now(admin).second_factor);
    assert_false(may(admin, RIGHT_SEARCH) || may(admin, RIGHT_NAMES));
}

static void nobody_without_the_right_gives_roles(void **state)
{
    struct subject_id officer = made("officer", "licensing_officer");
    give(officer, officer, "reviewer", NULL);
    assert_false(may(officer, RIGHT_ACCESS_REVIEW));
    struct subject_id ghost = {"nobody"};
    give(ghost, officer, "reviewer", NULL);
    assert_false(may(officer, RIGHT_ACCESS_REVIEW));
}

static void a_grave_role_needs_another_pair_of_eyes(void **state)
{
    struct subject_id one = made("one", "administrator"), two = made("two", "administrator"), rise = made("rise", "laboratory");
    give(one, rise, "analyst", NULL);
    assert_false(may(rise, RIGHT_FIGURES));
    struct hash asked = act((struct act){.kind = ACT_ASKED, .by = one, .account = rise, .role = SLICE("analyst")});
    give(one, rise, "analyst", &asked); /* not approved yet */
    assert_false(may(rise, RIGHT_FIGURES));
    act((struct act){.kind = ACT_APPROVED, .by = one, .account = rise, .request = asked}); /* who asked cannot approve */
    give(one, rise, "analyst", &asked);
    assert_false(may(rise, RIGHT_FIGURES));
    act((struct act){.kind = ACT_APPROVED, .by = two, .account = rise, .request = asked});
    give(one, rise, "auditor", &asked); /* another role than the one approved */
    assert_false(may(rise, RIGHT_ACCESS_READ));
    give(one, rise, "analyst", &asked);
    assert_true(may(rise, RIGHT_FIGURES) && now(rise).names == NAMES_ALL);
    give(one, two, "analyst", &asked); /* used, and for another */
    assert_int_equal(now(two).role_count, 1);
    act((struct act){.kind = ACT_ROLE_TAKEN, .by = two, .account = rise, .role = SLICE("analyst")});
    give(one, rise, "analyst", &asked);
    assert_false(may(rise, RIGHT_FIGURES)); /* an approval is good for once */
}

static void the_receiver_cannot_approve_and_a_refusal_stands(void **state)
{
    struct subject_id one = made("one", "administrator"), two = made("two", "administrator");
    struct hash asked = act((struct act){.kind = ACT_ASKED, .by = one, .account = two, .role = SLICE("auditor")});
    act((struct act){.kind = ACT_APPROVED, .by = two, .account = two, .request = asked});
    give(one, two, "auditor", &asked);
    assert_false(may(two, RIGHT_ACCESS_READ));
    struct subject_id three = made("three", "auditor");
    act((struct act){.kind = ACT_REFUSED, .by = three, .account = two, .request = asked, .reason = SLICE("not needed")});
    act((struct act){.kind = ACT_APPROVED, .by = three, .account = two, .request = asked});
    give(one, two, "auditor", &asked);
    assert_false(may(two, RIGHT_ACCESS_READ));
}

static void an_administrator_reads_no_names_whatever_else_he_is(void **state)
{
    struct subject_id admin = made("admin", "administrator");
    give((struct subject_id){{0}}, admin, "licensing_officer", NULL);
    assert_true(may(admin, RIGHT_SEARCH) && may(admin, RIGHT_ACCOUNTS));
    assert_false(may(admin, RIGHT_NAMES));
    assert_int_equal(now(admin).names, NAMES_NONE);
}

static void a_closed_account_has_no_rights_and_its_name_is_not_free(void **state)
{
    struct subject_id admin = made("admin", "administrator"), a = made("ama", "laboratory");
    act((struct act){.kind = ACT_CLOSED, .by = admin, .account = a});
    assert_true(now(a).closed && now(a).rights == 0);
    struct subject_id other = {"another"};
    act((struct act){.kind = ACT_CREATED, .by = admin, .account = other, .login = SLICE("AMA"), .office = SLICE("capital")});
    assert_int_equal(now(other).login.n, 0);
}

static void rebuilding_gives_the_same_people(void **state)
{
    struct subject_id a = made("ama", "licensing_officer");
    struct buf before, after;
    buf_init(&before, 1u << 16);
    buf_init(&after, 1u << 16);
    assert_int_equal(store_dump_digest(store, &before, NULL), OK);
    assert_int_equal(store_rebuild(store, NULL, NULL), OK);
    assert_int_equal(store_dump_digest(store, &after, NULL), OK);
    assert_true(slice_eq(buf_view(&before), buf_view(&after)));
    assert_true(may(a, RIGHT_SEARCH));
    buf_free(&before);
    buf_free(&after);
}

static void a_name_is_sealed_under_the_accounts_own_key(void **state)
{
    struct arena a;
    struct slice bytes;
    struct record r;
    struct subject_id id = made("ama", NULL);
    uint64_t size;
    arena_init(&a, 1u << 20);
    assert_int_equal(store_size(store, &size, NULL), OK);
    assert_int_equal(store_read(store, &a, size - 1, &bytes, NULL, NULL), OK);
    assert_int_equal(record_parse(bytes, &r), OK);
    assert_int_equal(r.section_count, 2);
    assert_true(r.section[1].kind == SECTION_PERSON && memcmp(r.section[1].key.b, id.b, 16) == 0);
    assert_null(memmem(bytes.p, bytes.n, "A Person", 8));
    arena_free(&a);
}

static void an_account_is_a_machines_from_the_day_it_became_one(void **state)
{
    struct subject_id x = made("till", "licensing_officer");
    int64_t person = src.now;
    give((struct subject_id){{0}}, x, "data_service", NULL);
    struct account a = now(x);
    assert_false(account_was_machine(&a, person));
    assert_true(account_was_machine(&a, src.now) && account_was_machine(&a, src.now + 1));
    int64_t machine = src.now;
    act((struct act){.kind = ACT_ROLE_TAKEN, .account = x, .role = SLICE("data_service")});
    a = now(x);
    assert_true(account_was_machine(&a, machine));
    assert_false(account_was_machine(&a, src.now) || account_was_machine(&a, person));
    assert_int_equal(a.ended, 0);
    act((struct act){.kind = ACT_CLOSED, .account = x});
    int64_t closed = src.now;
    act((struct act){.kind = ACT_CLOSED, .account = x});
    assert_int_equal(now(x).ended, closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_administrator_comes_from_the_console, begin_test, end_test),
        cmocka_unit_test_setup_teardown(nobody_without_the_right_gives_roles, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_grave_role_needs_another_pair_of_eyes, begin_test, end_test),
        cmocka_unit_test_setup_teardown(the_receiver_cannot_approve_and_a_refusal_stands, begin_test, end_test),
        cmocka_unit_test_setup_teardown(an_administrator_reads_no_names_whatever_else_he_is, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_closed_account_has_no_rights_and_its_name_is_not_free, begin_test, end_test),
        cmocka_unit_test_setup_teardown(an_account_is_a_machines_from_the_day_it_became_one, begin_test, end_test),
        cmocka_unit_test_setup_teardown(rebuilding_gives_the_same_people, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_name_is_sealed_under_the_accounts_own_key, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
