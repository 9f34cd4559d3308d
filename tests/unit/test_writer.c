/* The writer of a running program: jobs of many threads in few commits; one that fails takes back its own records only; what was written is derived
 * when it is told; the lock is let go, and while another holds it a job says who. */
#include "register_help.h"
#include "use/health.h"
#include "use/init.h"
#include "use/people.h"
#include "use/writer.h"

#include <pthread.h>

static char dir[64], where[80];
static struct app *app;

static int begin_test(void **state)
{
    struct use_init_in in = {SLICE("generic"), SLICE("test.example/office")};
    new_dir(dir);
    snprintf(where, sizeof where, "%s/register", dir);
    enum err e = app_open(where, &app, NULL);
    return e ? (int)e : (int)use_init(app, &in, NULL);
}

static int end_test(void **state)
{
    app_close(app);
    drop_dir(dir);
    return 0;
}

struct job {
    struct writer *writer;
    int n;
    bool fails;
    enum err got;
};

/* Two records; a failing one fails after its first. */
static enum err write_two(void *arg, struct log *l, struct fault *f)
{
    const struct job *j = arg;
    struct act_source s = app_source(app);
    struct act a = {.kind = ACT_GLASS_BROKEN, .reason = SLICE("a reason")};
    enum err e = act_append(l, &s, &a, NULL, f);
    if (e || j->fails)
        return e ? e : fault_set(f, ERR_REFUSED, "job", SLICE("7"), "");
    return act_append(l, &s, &a, NULL, f);
}

static void *do_job(void *arg)
{
    struct job *j = arg;
    j->got = writer_do(j->writer, write_two, j, NULL);
    return NULL;
}

static uint64_t log_size(void)
{
    struct store *s;
    uint64_t size, derived;
    assert_int_equal(store_open(where, STORE_READ, &s, NULL), OK);
    assert_int_equal(store_size(s, &size, NULL), OK);
    assert_int_equal(store_derived(s, &derived, NULL), OK);
    assert_true(size == derived);
    store_close(s);
    return size;
}

static void many_threads_few_commits(void **state)
{
    enum { N = 40 };
    pthread_t t[N];
    struct job j[N];
    struct writer *w;
    uint64_t before = log_size(), groups, jobs;
    assert_int_equal(app_writer(app, &w, NULL), OK);
    for (int i = 0; i < N; i++) {
        j[i] = (struct job){w, i, i % 4 == 0, ERR_BUG};
        assert_int_equal(pthread_create(&t[i], NULL, do_job, &j[i]), 0);
    }
    for (int i = 0; i < N; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(j[i].got, j[i].fails ? ERR_REFUSED : OK);
    }
    writer_counts(w, &groups, &jobs);
    assert_true(jobs == N && groups < N);
    assert_true(log_size() == before + (uint64_t)2 * (N - N / 4));
}

/* What failed is taken back alone, and the rest is one commit. */
static void many_at_once_are_one_commit(void **state)
{
    enum { N = 500 };
    static struct job j[N];
    static void *arg[N];
    static enum err err[N];
    static struct fault fault[N];
    struct writer *w;
    uint64_t before = log_size(), groups, jobs;
    assert_int_equal(app_writer(app, &w, NULL), OK);
    for (int i = 0; i < N; i++) {
        j[i] = (struct job){w, i, i % 10 == 3, ERR_BUG};
        arg[i] = &j[i];
    }
    assert_int_equal(writer_do_all(w, write_two, arg, N, err, fault, NULL), OK);
    for (int i = 0; i < N; i++) {
        assert_int_equal(err[i], j[i].fails ? ERR_REFUSED : OK);
        assert_string_equal(fault[i].value, j[i].fails ? "7" : "");
    }
    writer_counts(w, &groups, &jobs);
    assert_true(jobs == N && groups == 1);
    assert_true(log_size() == before + (uint64_t)2 * (N - N / 10));
    assert_int_equal(writer_do_all(w, write_two, arg, 0, err, fault, NULL), OK);
}

static enum err sees_all(void *arg, struct log *l, struct fault *f)
{
    uint64_t derived;
    assert_int_equal(store_derived(l->store, &derived, f), OK);
    assert_true(derived == l->tree.size && l->tree.size > 0);
    ++*(int *)arg;
    return OK;
}

static enum err meets(void *arg, struct log *l, struct fault *f)
{
    return fault_set(f, *(enum err *)arg, "disk", SLICE(""), "");
}

static void health_says(const char *words)
{
    struct buf b;
    struct cj j;
    buf_init(&b, 4096);
    cj_open_loose(&j, &b);
    assert_int_equal(use_health(app, &j, NULL), OK);
    char *text = strndup(b.p, b.n);
    buf_free(&b);
    if (!strstr(text, words) || !strstr(text, "\"status\":\"ok\""))
        fail_msg("%s lacks %s", text, words);
    free(text);
}

/* Of a group the environment's fault counts, not that a job was refused; the next that is committed ends it. */
static void health_tells_what_the_last_write_met(void **state)
{
    struct writer *w;
    int64_t ago;
    struct job two = {0};
    enum err full = ERR_NO_ROOM, busy = ERR_BUSY, refused = ERR_REFUSED;
    health_says("\"writes\":\"ok\"");
    assert_int_equal(app_writer(app, &w, NULL), OK);
    assert_int_equal(writer_failed(w, &ago), OK);
    assert_int_equal(writer_do(w, meets, &full, NULL), ERR_NO_ROOM);
    health_says("\"writes\":\"failing\",\"reason\":\"no_room\"");
    assert_int_equal(writer_do(w, meets, &refused, NULL), ERR_REFUSED);
    health_says("\"writes\":\"ok\"");
    assert_int_equal(writer_do(w, meets, &busy, NULL), ERR_BUSY);
    health_says("\"reason\":\"busy\"");
    assert_int_equal(writer_do(w, write_two, &two, NULL), OK);
    health_says("\"writes\":\"ok\"");
}

/* As a kill between the commit and its rows leaves it: whoever is judged next is judged on them. */
static void a_job_sees_rows_of_what_was_committed_before(void **state)
{
    struct log l;
    struct writer *w;
    int seen = 0;
    struct job two = {0};
    assert_int_equal(log_start(where, &l, NULL), OK);
    assert_int_equal(log_begin(&l, NULL), OK);
    assert_int_equal(write_two(&two, &l, NULL), OK);
    assert_int_equal(log_commit(&l, NULL), OK);
    log_end(&l);
    assert_int_equal(app_writer(app, &w, NULL), OK);
    assert_int_equal(writer_do(w, sees_all, &seen, NULL), OK);
    assert_int_equal(writer_do(w, write_two, &two, NULL), OK);
    assert_int_equal(writer_do(w, sees_all, &seen, NULL), OK);
    assert_int_equal(seen, 2);
}

static void the_log_holds_after_a_failed_job(void **state)
{
    struct writer *w;
    struct job bad = {.fails = true}, good = {0};
    struct store *s;
    struct log l;
    assert_int_equal(app_writer(app, &w, NULL), OK);
    uint64_t before = log_size();
    assert_int_equal(writer_do(w, write_two, &bad, NULL), ERR_REFUSED);
    assert_int_equal(writer_do(w, write_two, &good, NULL), OK);
    assert_true(log_size() == before + 2);
    usleep(WRITER_IDLE_MS * 1000); /* the lock is let go: another writer takes it, and the tree fits the records */
    enum err e;
    for (int i = 0; (e = store_open(where, STORE_WRITE, &s, NULL)) == ERR_BUSY && i < 100; i++)
        usleep(100000);
    assert_int_equal(e, OK);
    assert_int_equal(log_open(&l, s, NULL), OK);
    assert_int_equal(log_publish(&l, NULL), OK); /* and its tiles and checkpoint continue what they named */
    assert_int_equal(log_close(&l, NULL), OK);
    store_close(s);
}

static void while_another_writes_it_waits_and_says_who(void **state)
{
    struct writer *w;
    struct job good = {0};
    struct fault f = {0};
    struct store *s;
    assert_int_equal(app_writer(app, &w, NULL), OK);
    assert_int_equal(store_open(where, STORE_WRITE, &s, NULL), OK);
    assert_int_equal(writer_do(w, write_two, &good, &f), ERR_BUSY);
    char want[32];
    snprintf(want, sizeof want, "process %ld", (long)getpid());
    assert_string_equal(f.value, want);
    store_close(s);
    assert_int_equal(writer_do(w, write_two, &good, NULL), OK);
}

static void desks_that_rest_leave_their_stores_to_others(void **state)
{
    struct desk *resting[APP_READERS], *d, *more[APP_READERS];
    struct fault f = {0};
    for (size_t i = 0; i < APP_READERS; i++)
        assert_int_equal(desk_take(app, &resting[i], &f), OK);
    assert_int_equal(desk_take(app, &d, &f), ERR_BUSY);
    const struct profile *p = store_profile(resting[0]->store);
    for (size_t i = 0; i < APP_READERS; i++) {
        desk_rest(app, resting[i]);
        assert_int_equal(desk_take(app, &more[i], &f), OK);
    }
    assert_int_equal(desk_rise(app, resting[0], &f), ERR_BUSY);
    desk_give(app, more[0]);
    assert_int_equal(desk_rise(app, resting[0], &f), OK);
    assert_non_null(resting[0]->store);
    assert_true(profile_kind(p, SLICE("registered")) != NULL); /* read before it rested */
    for (size_t i = 1; i < APP_READERS; i++)
        desk_give(app, more[i]);
    for (size_t i = 0; i < APP_READERS; i++)
        desk_give(app, resting[i]);
}

struct asked {
    struct subject_id party;
    enum err got;
    bool makes;
};

static enum err ask_key(void *arg, struct log *l, struct fault *f)
{
    struct asked *a = arg;
    uint8_t key[SEAL_KEY];
    a->got = a->makes ? keys_person_new(store_key_store(l->store), &a->party, key, NULL) : keys_person(store_key_store(l->store), &a->party, key);
    return OK;
}

/* The store was closed meanwhile, its key store kept: what another process destroyed or locked is so in the next job. */
static void an_erasure_and_a_lock_by_others_count_in_the_next_job(void **state)
{
    struct writer *w;
    struct asked one = {.party = subject('p', 1), .makes = true}, two = {.party = subject('p', 2), .makes = true};
    struct key_store *k;
    struct key_slot slot;
    struct share share[2];
    struct key_erased x = {.party = one.party, .at = 5};
    uint8_t key[SEAL_KEY];
    assert_int_equal(app_writer(app, &w, NULL), OK);
    assert_int_equal(writer_do(w, ask_key, &one, NULL), OK);
    assert_int_equal(writer_do(w, ask_key, &two, NULL), OK);
    one.makes = two.makes = false;
    usleep((WRITER_IDLE_MS + 500) * 1000);
    assert_int_equal(keys_open(where, KEYS_WRITE, &k, NULL), OK);
    assert_int_equal(keys_person(k, &one.party, key), OK);
    key_mark(key, x.mark);
    assert_int_equal(keys_erase(k, &x, 1, NULL), OK);
    assert_int_equal(writer_do(w, ask_key, &one, NULL), OK);
    assert_int_equal(writer_do(w, ask_key, &two, NULL), OK);
    assert_true(one.got == ERR_NOT_FOUND && two.got == OK);
    usleep((WRITER_IDLE_MS + 500) * 1000);
    assert_int_equal(slot_quorum(2, 2, keys_master(k), &slot, share, NULL), OK);
    assert_int_equal(keys_add_quorum(k, &slot, false, NULL), OK);
    keys_close(k);
    assert_int_equal(keys_lock(where, NULL), OK);
    writer_watch(w);
    assert_int_equal(writer_do(w, ask_key, &two, NULL), ERR_LOCKED);
    assert_int_equal(keys_unlock(where, share, 2, NULL), OK);
    assert_int_equal(writer_do(w, ask_key, &two, NULL), OK);
    assert_int_equal(two.got, OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_threads_few_commits, begin_test, end_test),
        cmocka_unit_test_setup_teardown(a_job_sees_rows_of_what_was_committed_before, begin_test, end_test),
        cmocka_unit_test_setup_teardown(many_at_once_are_one_commit, begin_test, end_test),
        cmocka_unit_test_setup_teardown(health_tells_what_the_last_write_met, begin_test, end_test),
        cmocka_unit_test_setup_teardown(the_log_holds_after_a_failed_job, begin_test, end_test),
        cmocka_unit_test_setup_teardown(while_another_writes_it_waits_and_says_who, begin_test, end_test),
        cmocka_unit_test_setup_teardown(desks_that_rest_leave_their_stores_to_others, begin_test, end_test),
        cmocka_unit_test_setup_teardown(an_erasure_and_a_lock_by_others_count_in_the_next_job, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
