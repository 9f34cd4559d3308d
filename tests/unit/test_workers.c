/* The pool of the door: as many at work as it says, more when some rest, and those who rose before new work. */
#include "web/workers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define MANY 300

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t at_work, most, resting, done;
static bool let_go;

struct job {
    struct work work;
    struct workers *pool;
    bool rests;
};

static void count(size_t *n, int by)
{
    pthread_mutex_lock(&lock);
    *n += (size_t)by;
    most = at_work > most ? at_work : most;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Until n of `what` are there, or five seconds have gone. */
static bool reaches(const size_t *what, size_t n)
{
    bool there = false;
    for (int i = 0; i < 5000 && !there; i++) {
        pthread_mutex_lock(&lock);
        there = *what >= n;
        pthread_mutex_unlock(&lock);
        usleep(1000);
    }
    return there;
}

static void wait_for_go(void)
{
    pthread_mutex_lock(&lock);
    while (!let_go)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void run(struct work *w)
{
    const struct job *j = (const struct job *)w;
    count(&at_work, 1);
    usleep(200);
    if (j->rests) {
        count(&at_work, -1);
        count(&resting, 1);
        workers_rest(j->pool);
        wait_for_go();
        workers_rise(j->pool);
        count(&resting, -1);
        count(&at_work, 1);
        usleep(200);
    }
    count(&at_work, -1);
    count(&done, 1);
}

static struct job *give(struct workers *pool, size_t n, bool rests)
{
    struct job *j = calloc(n, sizeof *j);
    for (size_t i = 0; i < n; i++) {
        j[i] = (struct job){.work = {.run = run}, .pool = pool, .rests = rests};
        assert_true(workers_take(pool, &j[i].work));
    }
    return j;
}

static int begin_test(void **state)
{
    at_work = most = resting = done = 0;
    let_go = false;
    return 0;
}

static void no_more_are_at_work_than_there_are_places(void **state)
{
    struct workers *pool;
    assert_int_equal(workers_start(&pool, NULL), OK);
    struct job *j = give(pool, MANY, false);
    workers_stop(pool);
    workers_free(pool);
    free(j);
    assert_int_equal(done, MANY);
    assert_in_range(most, 1, WORKERS);
}

static void while_some_rest_others_work(void **state)
{
    struct workers *pool;
    assert_int_equal(workers_start(&pool, NULL), OK);
    struct job *j = give(pool, MANY, true);
    assert_true(reaches(&resting, MANY));
    struct job *k = give(pool, WORKERS * 2, false);
    assert_true(reaches(&done, WORKERS * 2));
    struct work late = {.run = run};
    pthread_mutex_lock(&lock);
    let_go = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    workers_stop(pool); /* waits for who rests */
    assert_false(workers_take(pool, &late));
    workers_free(pool);
    free(j);
    free(k);
    assert_int_equal(done, MANY + WORKERS * 2);
    assert_in_range(most, 1, WORKERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_more_are_at_work_than_there_are_places, begin_test),
        cmocka_unit_test_setup(while_some_rest_others_work, begin_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
