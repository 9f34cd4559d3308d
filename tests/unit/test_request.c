/* The state machine of a person's request: what follows what, by whom, until when; and a list of holders, which two must approve. */
#include "people_help.h"
#include "use/request.h"

#define DAY ((int64_t)86400000)
static const struct profile_people terms = {.answer_days = 30, .appeal_days = 60, .decide_days = 20};
static const struct hash asked_id = {{7}};

static struct act made(enum act_kind k, uint8_t by, int64_t day, const char *outcome)
{
    return (struct act){.kind = k, .by = subject('a', by), .recorded = day * DAY, .request = asked_id, .outcome = slice_str(outcome)};
}

static struct person_request begun(void)
{
    struct person_request r;
    struct act asked = made(ACT_PERSON_ASKED, 1, 0, "");
    asked.record = asked_id;
    request_begin(&r, &asked, &terms);
    return r;
}

static bool step(struct person_request *r, enum act_kind k, uint8_t by, int64_t day, const char *outcome)
{
    struct act a = made(k, by, day, outcome);
    return request_step(r, &a, &terms);
}

static void asked_answered_appealed_kept(void **state)
{
    struct person_request r = begun();
    assert_int_equal(r.due, 30 * DAY);
    assert_false(step(&r, ACT_APPEALED, 1, 1, ""));
    assert_true(step(&r, ACT_PERSON_ANSWERED, 1, 10, "all"));
    assert_int_equal(r.due, 70 * DAY);
    assert_false(step(&r, ACT_PERSON_REFUSED, 1, 11, ""));
    assert_true(step(&r, ACT_STATEMENT, 2, 12, ""));
    assert_int_equal(r.state, REQUEST_OF_ANSWERED);
    assert_true(step(&r, ACT_APPEALED, 1, 70, ""));
    assert_int_equal(r.due, 90 * DAY);
    assert_false(step(&r, ACT_APPEAL_DECIDED, 1, 71, "kept")); /* who answered */
    assert_true(step(&r, ACT_APPEAL_DECIDED, 2, 71, "kept"));
    assert_int_equal(r.state, REQUEST_OF_KEPT);
    assert_int_equal(r.due, 0);
    assert_false(step(&r, ACT_APPEALED, 1, 72, ""));
    assert_true(step(&r, ACT_STATEMENT, 1, 1000, ""));
}

static void an_appeal_that_is_followed_asks_anew_and_one_that_is_late_is_none(void **state)
{
    struct person_request r = begun();
    assert_true(step(&r, ACT_PERSON_REFUSED, 1, 5, ""));
    assert_false(step(&r, ACT_APPEALED, 1, 66, ""));
    assert_true(step(&r, ACT_APPEALED, 1, 65, ""));
    assert_true(step(&r, ACT_APPEAL_DECIDED, 3, 66, "changed"));
    assert_int_equal(r.state, REQUEST_OF_ASKED);
    assert_int_equal(r.due, 96 * DAY);
    struct act other = made(ACT_PERSON_ANSWERED, 1, 67, "all");
    other.request.b[0]++;
    assert_false(request_step(&r, &other, &terms)); /* of another request */
    assert_true(step(&r, ACT_PERSON_ANSWERED, 1, 67, "all"));
}

/* ---- with a register: sealed under the person's key, and approvals ---- */

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

static void what_a_person_writes_goes_with_his_key(void **state)
{
    struct arena a;
    struct act back;
    uint64_t at, size;
    bool found;
    uint8_t key[SEAL_KEY];
    struct key_erased who = {.party = subject('p', 9)};
    arena_init(&a, 1u << 20);
    struct hash id = act((struct act){.kind = ACT_PERSON_ASKED, .about = who.party, .name = SLICE("Mona Grip"), .document = SLICE("NO-1"), .text = SLICE("all of it"),
        .channel = SLICE("counter"), .office = SLICE("capital")});
    assert_int_equal(store_find(store, &id, &at, &found, NULL), OK);
    assert_true(found && !store_size(store, &size, NULL) && at == size - 1);
    assert_int_equal(act_read(store, &a, at, &back, NULL), OK);
    assert_true(slice_is(back.text, "all of it") && slice_is(back.document, "NO-1") && slice_is(back.channel, "counter"));
    assert_int_equal(keys_person(store_key_store(store), &who.party, key), OK);
    key_mark(key, who.mark);
    assert_int_equal(keys_erase(store_key_store(store), &who, 1, NULL), OK);
    assert_int_equal(act_read(store, &a, at, &back, NULL), OK);
    assert_true(!back.text.n && !back.name.n && slice_is(back.channel, "counter"));
    arena_free(&a);
}

static struct subject_id account(const char *login, const char *role)
{
    struct subject_id id = account_id(login);
    act((struct act){.kind = ACT_CREATED, .account = id, .login = slice_str(login), .name = SLICE("A Person"), .office = SLICE("capital")});
    act((struct act){.kind = ACT_ROLE_GIVEN, .account = id, .role = slice_str(role)});
    return id;
}

static int state_of(const struct hash *id, size_t *approvals)
{
    struct roster *r;
    assert_int_equal(roster_load(store, &store_profile(store)->people, &r, NULL), OK);
    const struct request *q = roster_request(r, id);
    assert_non_null(q);
    int state = (int)q->state;
    *approvals = q->approvals;
    roster_free(r);
    return state;
}

static void a_list_of_holders_needs_two_others(void **state)
{
    size_t n;
    struct subject_id lic = account("lic", "licensing_officer"), one = account("one", "auditor"), two = account("two", "auditor");
    struct hash id = act((struct act){.kind = ACT_LIST_ASKED, .account = lic, .by = lic, .area = SLICE("harbour"), .case_no = SLICE("C"), .purpose = SLICE("inspection")});
    act((struct act){.kind = ACT_APPROVED, .account = lic, .by = lic, .request = id}); /* himself: does nothing */
    assert_int_equal(state_of(&id, &n), REQUEST_WAITS);
    assert_int_equal(n, 0);
    act((struct act){.kind = ACT_APPROVED, .account = lic, .by = one, .request = id});
    act((struct act){.kind = ACT_APPROVED, .account = lic, .by = one, .request = id}); /* twice is once */
    assert_int_equal(state_of(&id, &n), REQUEST_WAITS);
    assert_int_equal(n, 1);
    act((struct act){.kind = ACT_APPROVED, .account = lic, .by = two, .request = id});
    assert_int_equal(state_of(&id, &n), REQUEST_APPROVED);
    struct hash no = act((struct act){.kind = ACT_LIST_ASKED, .account = lic, .by = lic, .area = SLICE("harbour")});
    act((struct act){.kind = ACT_REFUSED, .account = lic, .by = one, .request = no, .reason = SLICE("too wide")});
    act((struct act){.kind = ACT_APPROVED, .account = lic, .by = two, .request = no});
    assert_int_equal(state_of(&no, &n), REQUEST_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asked_answered_appealed_kept), cmocka_unit_test(an_appeal_that_is_followed_asks_anew_and_one_that_is_late_is_none),
        cmocka_unit_test_setup_teardown(what_a_person_writes_goes_with_his_key, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_list_of_holders_needs_two_others, begin_test, end_test)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
