/* Tokens of machines over time: what the record says counts, until it ends; a row of the database alone is worth nothing. And the database of an earlier program is brought up. */
#include "people_help.h"
#include "people/access.h"

static char dir[64];
static struct source src;
static struct people *people;
static struct store *store;
static struct subject_id peer = {"peer"}, clerk = {"clerk"};

static void act(struct act a)
{
    record_act_beside(dir, &src, &a);
    if (people)
        assert_int_equal(people_refresh(people, store, NULL), OK);
}

static int begin_test(void **state)
{
    people = NULL;
    begin_register(dir, &src);
    act((struct act){.kind = ACT_CREATED, .account = peer, .login = SLICE("peer"), .office = SLICE("abroad")});
    act((struct act){.kind = ACT_ROLE_GIVEN, .account = peer, .role = SLICE("peer")});
    act((struct act){.kind = ACT_CREATED, .account = clerk, .login = SLICE("clerk"), .office = SLICE("capital")});
    act((struct act){.kind = ACT_ROLE_GIVEN, .account = clerk, .role = SLICE("licensing_officer")});
    store = opened(dir, STORE_READ);
    return begin_people(dir, &src, store, &people);
}

static int end_test(void **state)
{
    people_close(people);
    store_close(store);
    drop_dir(dir);
    return 0;
}

static enum err put(void *arg, struct engine *e, struct fault *f)
{
    return token_put(e, arg, f);
}

/* The token of these bytes, and its row. */
static void row(uint8_t byte, struct subject_id account, struct subject_id id, char text[TOKEN_TEXT + 1])
{
    struct token_row t = {.account = account, .id = id};
    uint8_t token[SESSION_TOKEN], hash[32];
    char cookie[44];
    memset(token, byte, sizeof token);
    session_cookie(token, cookie, hash);
    snprintf(text, TOKEN_TEXT + 1, "%s%s", TOKEN_PREFIX, cookie);
    assert_true(token_hash(people_box(people), slice_str(text), t.hash));
    assert_int_equal(box_write(people_box(people), put, &t, NULL), OK);
}

static void record_kinds(struct subject_id account, struct subject_id id, const char *scope, const char *kinds)
{
    src.now++;
    act((struct act){.kind = ACT_TOKEN_MADE, .account = account, .about = id, .reason = SLICE("a feed"), .scope = slice_str(scope), .kinds = slice_str(kinds), .until = SLICE("2023-11-20T00:00:00.000Z")});
}

static void record(struct subject_id account, struct subject_id id, const char *scope)
{
    record_kinds(account, id, scope, "");
}

static struct visitor who(const char *text)
{
    struct visitor v;
    assert_int_equal(people_machine(people, slice_str(text), &v, NULL, NULL), OK);
    return v;
}

static void it_may_what_its_record_says_of_what_its_account_may(void **state)
{
    char one[TOKEN_TEXT + 1], two[TOKEN_TEXT + 1];
    struct subject_id a = {"a"}, b = {"b"};
    row(1, peer, a, one);
    record(peer, a, "search imaginary accounts");
    row(2, peer, b, two);
    record(peer, b, "firearm_read names search");
    struct visitor v = who(one);
    assert_true(v.state == VISITOR_OPEN && v.rights == RIGHT_BIT(RIGHT_SEARCH) && v.names == NAMES_NONE);
    assert_string_equal(v.office, "abroad");
    assert_string_equal(v.door, "api");
    assert_int_equal(who(two).names, NAMES_OWN_CASE);
    one[TOKEN_TEXT - 2] ^= 1;
    assert_int_equal(who(one).state, VISITOR_NOBODY);
    assert_int_equal(who("athar_").state, VISITOR_NOBODY);
    assert_int_equal(who("").state, VISITOR_NOBODY);
}

/* What it enters its record names, its account's roles give, and the right is in its scope: all three, or it enters nothing. */
static void it_enters_what_its_record_names(void **state)
{
    static const struct {
        const char *scope, *kinds;
        const char *enters[3];
    } rows[] = {{"enter", "sold returned", {"sold", "returned"}}, {"enter", "sold lost imaginary registered", {"sold"}}, {"enter", "", {0}}, {"enter", "lost", {0}}, {"search", "sold", {0}}};
    const struct profile *profile = store_profile(store);
    struct subject_id shop = {"shop"};
    act((struct act){.kind = ACT_CREATED, .account = shop, .login = SLICE("shop"), .office = SLICE("lake")});
    act((struct act){.kind = ACT_ROLE_GIVEN, .account = shop, .role = SLICE("dealer_system")});
    for (uint8_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[TOKEN_TEXT + 1];
        struct subject_id id = {{'t', i}};
        uint64_t want = 0;
        row((uint8_t)(10 + i), shop, id, text);
        record_kinds(shop, id, rows[i].scope, rows[i].kinds);
        for (size_t k = 0; k < 3 && rows[i].enters[k]; k++)
            want |= (uint64_t)1 << (profile_kind(profile, slice_str(rows[i].enters[k])) - profile->kind);
        struct visitor v = who(text);
        assert_true(v.machine && v.enters == want);
        assert_int_equal(visitor_may(&v, RIGHT_ENTER), want != 0);
        assert_false(visitor_may(&v, RIGHT_NAMES));
    }
}

static void a_row_without_a_record_is_nothing(void **state)
{
    char one[TOKEN_TEXT + 1], two[TOKEN_TEXT + 1];
    struct subject_id a = {"a"}, b = {"b"};
    row(1, peer, a, one);
    assert_int_equal(who(one).state, VISITOR_NOBODY);
    record(clerk, b, "search"); /* of a person's account */
    row(2, clerk, b, two);
    assert_int_equal(who(two).state, VISITOR_NOBODY);
    record(clerk, a, "search"); /* the record is of another account than the row */
    assert_int_equal(who(one).state, VISITOR_NOBODY);
}

static void it_ends(void **state)
{
    char one[TOKEN_TEXT + 1];
    struct subject_id a = {"a"};
    row(1, peer, a, one);
    record(peer, a, "search");
    struct source before = src;
    assert_int_equal(who(one).state, VISITOR_OPEN);
    src.now = 1700438400000 - 1; /* 2023-11-20 */
    assert_int_equal(who(one).state, VISITOR_OPEN);
    src.now++;
    assert_int_equal(who(one).state, VISITOR_NOBODY);
    src = before;
    src.now++;
    act((struct act){.kind = ACT_RESET, .account = peer});
    assert_int_equal(who(one).state, VISITOR_NOBODY);
}

static void it_is_ended_by_who_manages_accounts_alone(void **state)
{
    char one[TOKEN_TEXT + 1];
    struct subject_id a = {"a"};
    row(1, peer, a, one);
    record(peer, a, "search");
    src.now++;
    act((struct act){.kind = ACT_TOKEN_ENDED, .account = peer, .about = a, .by = clerk});
    assert_int_equal(who(one).state, VISITOR_OPEN);
    act((struct act){.kind = ACT_TOKEN_ENDED, .account = peer, .about = a});
    assert_int_equal(who(one).state, VISITOR_NOBODY);
}

static void a_machine_has_no_session_and_no_rights_of_people(void **state)
{
    char cookie[44];
    struct visitor v;
    src.now++;
    assert_int_equal(people_begin(people, &peer, SESSION_OPEN, NULL, (struct agent){0}, cookie, NULL), OK);
    assert_int_equal(people_visitor(people, slice_str(cookie), &v, NULL), OK);
    assert_int_equal(v.state, VISITOR_NOBODY);
    src.now++;
    act((struct act){.kind = ACT_ROLE_GIVEN, .account = peer, .role = SLICE("administrator")});
    const struct roster *r = people_roster(people);
    assert_false(roster_find(r, &peer)->rights & RIGHT_BIT(RIGHT_ACCOUNTS));
    people_release(people);
}

/* The tables as version 1 had them. */
static enum err as_before(void *arg, struct engine *e, struct fault *f)
{
    enum err err = e->verbs->script(e, "DROP TABLE token; DROP TABLE draft; DROP INDEX opening_by_time; DROP INDEX opening_by_office; DROP INDEX opening_by_case;"
        "DROP INDEX opening_by_purpose; ALTER TABLE opening DROP COLUMN office; ALTER TABLE opening DROP COLUMN case_no;"
        "ALTER TABLE session DROP COLUMN browser; ALTER TABLE session DROP COLUMN system", f);
    return err ? err : setting_put(e, "schema", SLICE("1"), f);
}

static void an_earlier_database_is_brought_up(void **state)
{
    char one[TOKEN_TEXT + 1];
    struct subject_id a = {"a"};
    struct opening o = {.at = src.now, .account = clerk, .who = SLICE("clerk"), .office = SLICE("the “capital”"), .door = SLICE("page"), .subject = peer,
        .purpose = SLICE("licensing"), .case_no = SLICE("C-1\\\t2")};
    char cookie[44];
    struct session s[SESSIONS_SHOWN];
    struct arena arena;
    struct opening_row found;
    struct hash root;
    uint64_t size;
    int64_t pruned;
    size_t n;
    assert_int_equal(access_write(people_box(people), &o, NULL), OK);
    assert_int_equal(access_prune(people_box(people), src.now + 1, &pruned, NULL), OK);
    assert_int_equal(access_write(people_box(people), &o, NULL), OK);
    assert_int_equal(people_begin(people, &clerk, SESSION_OPEN, NULL, (struct agent){BROWSER_EDGE, SYSTEM_WINDOWS}, cookie, NULL), OK);
    assert_int_equal(box_write(people_box(people), as_before, NULL, NULL), OK);
    people_close(people);
    assert_int_equal(begin_people(dir, &src, store, &people), OK);
    /* a session of before goes on, in a browser that is not known; openings are found by what their entries say, and the log of them holds */
    assert_int_equal(people_sessions(people, &clerk, s, &n, NULL), OK);
    assert_true(n == 1 && s[0].agent.browser == BROWSER_UNKNOWN && s[0].agent.system == SYSTEM_UNKNOWN);
    arena_init(&arena, 1u << 16);
    assert_int_equal(access_find(people_box(people), &arena, &(struct opening_filter){.office = o.office, .case_no = o.case_no}, NULL, 1, &found, &n, NULL), OK);
    assert_true(n == 1 && found.position == 1 && slice_eq(found.o.case_no, o.case_no));
    arena_free(&arena);
    assert_int_equal(access_verify(people_box(people), NULL, 0, &size, &root, NULL), OK);
    assert_int_equal(size, 2);
    row(1, peer, a, one);
    record(peer, a, "search");
    assert_int_equal(who(one).state, VISITOR_OPEN);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin_test, end_test)

int main(void)
{
    const struct CMUnitTest tests[] = {T(it_may_what_its_record_says_of_what_its_account_may), T(it_enters_what_its_record_names), T(a_row_without_a_record_is_nothing), T(it_ends), T(it_is_ended_by_who_manages_accounts_alone),
        T(a_machine_has_no_session_and_no_rights_of_people), T(an_earlier_database_is_brought_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
