/* Sessions over time: they lock when idle, end after their hours, and an account that was closed or reset has none. */
#include "people_help.h"

static char dir[64];
static struct source src;
static struct people *people;
static struct store *store;
static struct subject_id ama = {"ama"};
static const struct agent firefox = {BROWSER_FIREFOX, SYSTEM_LINUX};

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
    act((struct act){.kind = ACT_CREATED, .account = ama, .login = SLICE("ama"), .office = SLICE("capital")});
    act((struct act){.kind = ACT_ROLE_GIVEN, .account = ama, .role = SLICE("licensing_officer")});
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

static struct visitor who(const char *cookie)
{
    struct visitor v;
    assert_int_equal(people_visitor(people, slice_str(cookie), &v, NULL), OK);
    return v;
}

static void begun(enum session_state state, char cookie[44])
{
    src.now++;
    assert_int_equal(people_begin(people, &ama, state, NULL, firefox, cookie, NULL), OK);
}

#define MINUTE ((int64_t)60000)

static void an_idle_session_locks_and_a_used_one_does_not(void **state)
{
    char cookie[44];
    begun(SESSION_OPEN, cookie);
    for (int i = 0; i < 30; i++) { /* a request each 9 minutes */
        src.now += 9 * MINUTE;
        assert_int_equal(who(cookie).state, VISITOR_OPEN);
    }
    src.now += 11 * MINUTE;
    struct visitor v = who(cookie);
    assert_int_equal(v.state, VISITOR_LOCKED);
    assert_true(v.rights == 0 && v.names == NAMES_NONE);
    assert_int_equal(who(cookie).state, VISITOR_LOCKED); /* asking does not unlock */
}

static void a_session_ends_after_its_hours_however_busy(void **state)
{
    char cookie[44];
    begun(SESSION_OPEN, cookie);
    int64_t end = src.now + 12 * 60 * MINUTE;
    while (src.now + 9 * MINUTE < end) {
        src.now += 9 * MINUTE;
        assert_int_equal(who(cookie).state, VISITOR_OPEN);
    }
    src.now = end;
    assert_int_equal(who(cookie).state, VISITOR_NOBODY);
}

/* The clock was ahead, and is right again: who signed in then signs in anew; whoever was seen then unlocks. */
static void a_clock_that_was_ahead_makes_no_session_longer(void **state)
{
    char cookie[44], ahead[44];
    begun(SESSION_OPEN, cookie);
    int64_t right = src.now;
    src.now = right + 9 * MINUTE;
    assert_int_equal(who(cookie).state, VISITOR_OPEN);
    src.now = right + 6 * MINUTE; /* a small step back is nothing */
    assert_int_equal(who(cookie).state, VISITOR_OPEN);
    src.now = right + 9 * MINUTE;
    assert_int_equal(who(cookie).state, VISITOR_OPEN);
    src.now = right + MINUTE;
    assert_int_equal(who(cookie).state, VISITOR_LOCKED);
    src.now = right + 24 * 60 * MINUTE;
    begun(SESSION_OPEN, ahead);
    assert_int_equal(who(ahead).state, VISITOR_OPEN);
    src.now = right;
    struct visitor v = who(ahead);
    assert_true(v.state == VISITOR_NOBODY && v.rights == 0);
    assert_memory_equal(v.ended, ama.b, 16); /* what its pages send is kept for him */
}

static void whose_a_session_was_is_known_for_a_day_and_gives_no_right(void **state)
{
    static const uint8_t nobody[16];
    char cookie[44], later[44];
    begun(SESSION_OPEN, cookie);
    src.now += 12 * 60 * MINUTE + 1;
    begun(SESSION_OPEN, later); /* somebody signs in: sessions that are over are thrown away */
    struct visitor v = who(cookie);
    assert_true(v.state == VISITOR_NOBODY && v.rights == 0 && v.enters == 0 && !*v.login);
    assert_memory_equal(v.ended, ama.b, 16);
    assert_memory_equal(v.account, nobody, 16);
    assert_memory_equal(who(later).ended, nobody, 16);
    src.now += 24 * 60 * MINUTE;
    begun(SESSION_OPEN, later);
    assert_memory_equal(who(cookie).ended, nobody, 16);
}

static void unlocking_makes_no_day_longer(void **state)
{
    char cookie[44], again[44];
    uint8_t hash[32];
    begun(SESSION_OPEN, cookie);
    int64_t end = src.now + 12 * 60 * MINUTE;
    src.now = end - MINUTE;
    assert_true(session_hash(slice_str(cookie), hash));
    struct session old = {.account = ama, .state = SESSION_LOCKED, .expires = end};
    memcpy(old.hash, hash, sizeof hash);
    assert_int_equal(people_begin(people, &ama, SESSION_OPEN, &old, firefox, again, NULL), OK);
    assert_int_equal(who(cookie).state, VISITOR_NOBODY); /* the cookie of before */
    assert_int_equal(who(again).state, VISITOR_OPEN);
    src.now = end;
    assert_int_equal(who(again).state, VISITOR_NOBODY);
}

static void no_state_but_open_has_rights(void **state)
{
    static const enum session_state states[] = {SESSION_FACTOR, SESSION_ENROL, SESSION_LOCKED};
    char cookie[44];
    for (size_t i = 0; i < 3; i++) {
        begun(states[i], cookie);
        struct visitor v = who(cookie);
        assert_true(v.rights == 0 && !visitor_may(&v, RIGHT_SEARCH) && v.names == NAMES_NONE);
    }
    begun(SESSION_FACTOR, cookie);
    src.now += 11 * MINUTE; /* ten to bring the second factor */
    assert_int_equal(who(cookie).state, VISITOR_NOBODY);
}

static void a_reset_or_closing_ends_what_was(void **state)
{
    char cookie[44];
    begun(SESSION_OPEN, cookie);
    assert_true(who(cookie).rights & RIGHT_BIT(RIGHT_SEARCH));
    src.now += MINUTE;
    act((struct act){.kind = ACT_RESET, .account = ama});
    assert_int_equal(who(cookie).state, VISITOR_NOBODY);
    src.now += MINUTE;
    begun(SESSION_OPEN, cookie);
    assert_int_equal(who(cookie).state, VISITOR_OPEN);
    src.now += MINUTE;
    act((struct act){.kind = ACT_CLOSED, .account = ama});
    assert_int_equal(who(cookie).state, VISITOR_NOBODY);
    begun(SESSION_OPEN, cookie);
    assert_int_equal(who(cookie).state, VISITOR_NOBODY);
}

static void a_role_taken_is_gone_at_once(void **state)
{
    char cookie[44];
    begun(SESSION_OPEN, cookie);
    assert_true(who(cookie).rights & RIGHT_BIT(RIGHT_NAMES));
    act((struct act){.kind = ACT_ROLE_TAKEN, .account = ama, .role = SLICE("licensing_officer")});
    struct visitor v = who(cookie);
    assert_true(v.state == VISITOR_OPEN && v.rights == 0 && v.names == NAMES_NONE);
}

static void own_sessions_are_listed_and_all_others_end(void **state)
{
    struct session s[SESSIONS_SHOWN];
    char one[44], two[44], bens[44];
    uint8_t hash[32];
    size_t n;
    struct subject_id ben = {"ben"};
    act((struct act){.kind = ACT_CREATED, .account = ben, .login = SLICE("ben"), .office = SLICE("capital")});
    begun(SESSION_OPEN, one);
    src.now += MINUTE;
    begun(SESSION_LOCKED, two);
    assert_int_equal(people_begin(people, &ben, SESSION_OPEN, NULL, (struct agent){0}, bens, NULL), OK);
    assert_int_equal(people_sessions(people, &ama, s, &n, NULL), OK);
    assert_true(n == 2 && s[0].state == SESSION_LOCKED && s[1].state == SESSION_OPEN && s[0].created - s[1].created > MINUTE - 1);
    assert_true(s[0].agent.browser == BROWSER_FIREFOX && s[0].agent.system == SYSTEM_LINUX);
    assert_int_equal(who(two).state, VISITOR_LOCKED);
    assert_true(session_hash(slice_str(one), hash) && memcmp(s[1].hash, hash, 32) == 0);
    assert_int_equal(people_end_others(people, &ama, hash, NULL), OK);
    assert_int_equal(who(two).state, VISITOR_NOBODY);
    assert_int_equal(who(one).state, VISITOR_OPEN);
    assert_int_equal(who(bens).state, VISITOR_OPEN);
    src.now += 13 * 60 * MINUTE; /* past its hours */
    assert_int_equal(people_sessions(people, &ama, s, &n, NULL), OK);
    assert_int_equal(n, 0);
}

static void what_is_no_cookie_is_nobody(void **state)
{
    static const char *const cookies[] = {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "../../../../etc/passwd"};
    for (size_t i = 0; i < sizeof cookies / sizeof *cookies; i++)
        assert_int_equal(who(cookies[i]).state, VISITOR_NOBODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_idle_session_locks_and_a_used_one_does_not, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_session_ends_after_its_hours_however_busy, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_clock_that_was_ahead_makes_no_session_longer, begin_test, end_test),
        cmocka_unit_test_setup_teardown(whose_a_session_was_is_known_for_a_day_and_gives_no_right, begin_test, end_test),
        cmocka_unit_test_setup_teardown(unlocking_makes_no_day_longer, begin_test, end_test),
        cmocka_unit_test_setup_teardown(no_state_but_open_has_rights, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_reset_or_closing_ends_what_was, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_role_taken_is_gone_at_once, begin_test, end_test),
        cmocka_unit_test_setup_teardown(own_sessions_are_listed_and_all_others_end, begin_test, end_test),
        cmocka_unit_test_setup_teardown(what_is_no_cookie_is_nobody, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
