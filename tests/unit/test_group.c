/* Group commit: what fails is taken back alone, what is committed together is durable together, and everybody is told once. */
#include "base/group.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

/* A ledger of numbers: what is written stands in `now`, what is committed in `kept`. */
struct sink {
    uint64_t now, mark, kept, commits, rollbacks, idles;
    bool begin_fails, commit_fails;
};

static enum err begin(void *arg, struct fault *f)
{
    struct sink *s = arg;
    s->now = s->kept;
    return s->begin_fails ? fault_set(f, ERR_BUSY, "sink", SLICE("process 7"), "") : OK;
}
static enum err mark(void *arg, struct fault *f)
{
    struct sink *s = arg;
    s->mark = s->now;
    return OK;
}
static enum err back(void *arg, struct fault *f)
{
    struct sink *s = arg;
    s->now = s->mark;
    return OK;
}
static enum err commit(void *arg, struct fault *f)
{
    struct sink *s = arg;
    if (s->commit_fails)
        return fault_set(f, ERR_NO_ROOM, "sink", SLICE(""), "");
    usleep(2000); /* a sync: the next group gathers meanwhile */
    s->kept = s->now;
    s->commits++;
    return OK;
}
static void rollback(void *arg)
{
    ((struct sink *)arg)->rollbacks++;
}
static void idle(void *arg)
{
    ((struct sink *)arg)->idles++;
}
static const struct group_ops ops = {begin, mark, back, commit, rollback, idle, 20};

struct add {
    struct group_job job;
    struct group *group;
    uint64_t n;
    bool fails;
    int told;
};

static enum err run_add(struct group_job *job, void *arg, struct fault *f)
{
    struct add *a = (struct add *)job;
    ((struct sink *)arg)->now += a->n;
    return a->fails ? fault_set(f, ERR_REFUSED, "add", SLICE("7"), "") : OK;
}

static void tell_add(struct group_job *job)
{
    ((struct add *)job)->told++;
}

static void *wait_for(void *arg)
{
    struct add *a = arg;
    struct fault f = {0};
    enum err e = group_wait(a->group, &a->job, &f);
    a->told = e == (a->fails ? ERR_REFUSED : OK) && f.code == e ? 1 : -1;
    return NULL;
}

static void a_job_that_fails_is_taken_back_alone(void **state)
{
    enum { N = 64 };
    struct sink s = {0};
    struct group *g;
    static struct add a[N];
    pthread_t t[N];
    uint64_t want = 0, groups, jobs;
    assert_int_equal(group_start(&ops, &s, &g, NULL), OK);
    for (int i = 0; i < N; i++) {
        a[i] = (struct add){.job = {.run = run_add}, .group = g, .n = (uint64_t)1 << (i % 32), .fails = i % 5 == 0};
        want += a[i].fails ? 0 : a[i].n;
        assert_int_equal(pthread_create(&t[i], NULL, wait_for, &a[i]), 0);
    }
    for (int i = 0; i < N; i++)
        pthread_join(t[i], NULL);
    group_counts(g, &groups, &jobs);
    group_stop(g);
    for (int i = 0; i < N; i++)
        assert_int_equal(a[i].told, 1);
    assert_true(s.kept == want && jobs == N && groups == s.commits);
    assert_true(groups < N); /* some were committed together */
}

static void a_commit_that_fails_fails_all_of_its_group(void **state)
{
    struct sink s = {.commit_fails = true};
    struct group *g;
    struct fault f = {0};
    struct add a = {.job = {.run = run_add}, .n = 5};
    assert_int_equal(group_start(&ops, &s, &g, NULL), OK);
    assert_int_equal(group_wait(g, &a.job, &f), ERR_NO_ROOM);
    s.commit_fails = false;
    s.begin_fails = true;
    assert_int_equal(group_wait(g, &a.job, &f), ERR_BUSY);
    assert_string_equal(f.value, "process 7");
    s.begin_fails = false;
    assert_int_equal(group_wait(g, &a.job, &f), OK);
    group_stop(g);
    assert_true(s.kept == 5 && s.commits == 1);
}

/* A list is taken whole or not at all, and leaves room for single jobs. */
static void a_list_stays_together(void **state)
{
    static struct add a[GROUP_LISTS + 1];
    struct sink s = {0};
    struct group *g;
    struct add one = {.job = {.run = run_add}, .n = 1};
    uint64_t groups, jobs;
    assert_int_equal(group_start(&ops, &s, &g, NULL), OK);
    for (size_t i = 0; i <= GROUP_LISTS; i++)
        a[i] = (struct add){.job = {.run = run_add, .done = tell_add, .next = i < GROUP_LISTS ? &a[i + 1].job : NULL}, .n = 1};
    assert_int_equal(group_submit_list(g, &a[0].job, &a[GROUP_LISTS].job, GROUP_LISTS + 1, NULL), ERR_BUSY);
    a[GROUP_TOGETHER - 1].job.next = NULL;
    assert_int_equal(group_submit_list(g, &a[0].job, &a[GROUP_TOGETHER - 1].job, GROUP_TOGETHER, NULL), OK);
    assert_int_equal(group_wait(g, &one.job, NULL), OK);
    group_counts(g, &groups, &jobs);
    group_stop(g);
    assert_true(groups == 2 && jobs == GROUP_TOGETHER + 1 && s.kept == GROUP_TOGETHER + 1);
    for (size_t i = 0; i < GROUP_TOGETHER; i++)
        assert_true(a[i].told == 1);
    assert_true(a[GROUP_TOGETHER].told == 0);
}

static void it_tells_when_it_is_idle(void **state)
{
    struct sink s = {0};
    struct group *g;
    struct add a = {.job = {.run = run_add}, .n = 1};
    assert_int_equal(group_start(&ops, &s, &g, NULL), OK);
    assert_int_equal(group_wait(g, &a.job, NULL), OK);
    usleep(300000);
    group_stop(g);
    assert_int_equal(s.idles, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_that_fails_is_taken_back_alone),
        cmocka_unit_test(a_commit_that_fails_fails_all_of_its_group),
        cmocka_unit_test(a_list_stays_together),
        cmocka_unit_test(it_tells_when_it_is_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
