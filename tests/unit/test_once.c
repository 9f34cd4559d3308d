/* A form that makes a secret is done once, whoever presses when; and what it made is shown again for two minutes only. */
#include "use/once.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <unistd.h>
#include "base/banned.h"

static int64_t now;
static int begun, made, fails;

static int64_t clock_of(void *arg)
{
    return now;
}

struct form {
    const char *once, *name;
};

static struct slice field_of(const void *form, const char *name)
{
    const struct form *f = form;
    const char *text = strcmp(name, "once") == 0 ? f->once : strcmp(name, "name") == 0 ? f->name : NULL;
    return slice_str(text ? text : "");
}

static bool member_of(const void *form, size_t i, struct slice *out)
{
    static const char *const names[] = {"form_token", "once", "name"};
    if (i < 3)
        *out = slice_str(names[i]);
    return i < 3;
}

static enum err make(struct app *app, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
    usleep(20000);
    if (fails > 0) {
        fails--;
        return fault_set(f, ERR_MISSING, "name", SLICE(""), "");
    }
    int n = __atomic_add_fetch(&made, 1, __ATOMIC_SEQ_CST);
    cj_obj(out->out);
    cj_kint(out->out, "made", n);
    cj_obj_end(out->out);
    snprintf(out->cookie, sizeof out->cookie, "cookie-%d", n);
    return OK;
}

struct press {
    struct app *app;
    struct visitor who;
    struct form form;
    const char *path;
    void (*rest)(void *press, bool rests);
    struct press *third;
    pthread_t thread;
    enum err e;
    char json[64], cookie[44];
};

static void *press(void *arg)
{
    struct press *p = arg;
    struct buf b;
    struct cj j;
    struct fault f = {0};
    const struct people_ask in = {.who = &p->who, .form = &p->form, .field = field_of, .member = member_of, .path = slice_str(p->path), .rest = p->rest, .pool = p};
    buf_init(&b, 4096);
    cj_open_loose(&j, &b);
    struct people_answer a = {.out = &j};
    p->e = once_do(p->app, &in, &a, make, &f);
    snprintf(p->json, sizeof p->json, SLICE_FMT, SLICE_ARG(buf_view(&b)));
    snprintf(p->cookie, sizeof p->cookie, "%s", a.cookie);
    buf_free(&b);
    return NULL;
}

#define NUMBER "00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff"

static struct press of(struct app *app, const char *once, const char *path)
{
    return (struct press){.app = app, .who = {.account = {1}}, .form = {once, "till"}, .path = path};
}

static int begin_test(void **state)
{
    static struct app app;
    app = (struct app){.clock = clock_of};
    pthread_mutex_init(&app.lock, NULL);
    *state = &app;
    now = 1700000000000;
    begun = made = fails = 0;
    return 0;
}

static int end_test(void **state)
{
    struct app *app = *state;
    once_free(app->once);
    pthread_mutex_destroy(&app->lock);
    return 0;
}

static void test_at_once(void **state)
{
    struct press p[8];
    pthread_t t[8];
    for (int i = 0; i < 8; i++)
        p[i] = of(*state, NUMBER, "/token");
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&t[i], NULL, press, &p[i]), 0);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(made, 1);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(p[i].e, OK);
        assert_string_equal(p[i].json, "{\"made\":1}");
        assert_string_equal(p[i].cookie, "cookie-1");
    }
}

static void test_later(void **state)
{
    struct press p = of(*state, NUMBER, "/token");
    press(&p);
    now += ONCE_SHOWN;
    press(&p);
    assert_string_equal(p.json, "{\"made\":1}");
    now++;
    once_tidy(p.app->once, now);
    press(&p);
    assert_int_equal(p.e, ERR_EXISTS);
    assert_string_equal(p.json, "");
    assert_int_equal(made, 1);
}

static void test_whose(void **state)
{
    struct press a = of(*state, NUMBER, "/token"), b = of(*state, NUMBER, "/link"), c = of(*state, OTHER, "/token"), d = a, program = of(*state, NULL, "/token");
    d.who.account[0] = 2;
    press(&a);
    press(&b);
    press(&c);
    press(&d);
    assert_int_equal(made, 4);
    press(&program);
    press(&program);
    assert_int_equal(made, 6);
    a.form.once = "0011";
    press(&a);
    assert_int_equal(a.e, ERR_FORMAT);
}

/* Who goes back, writes another name and presses is not shown the first one's secret as the second one's. */
static void test_filled_in_otherwise(void **state)
{
    struct press p = of(*state, NUMBER, "/token");
    press(&p);
    p.form.name = "counter";
    press(&p);
    assert_string_equal(p.json, "{\"made\":2}");
    p.form.name = "till";
    press(&p);
    assert_string_equal(p.json, "{\"made\":1}");
}

static void test_failed(void **state)
{
    struct press p = of(*state, NUMBER, "/token");
    fails = 1;
    press(&p);
    assert_int_equal(p.e, ERR_MISSING);
    press(&p);
    assert_string_equal(p.json, "{\"made\":1}");
}

/* The second press goes on after the first has failed: a third begins just before. */
static void third_begins(void *pool, bool rests)
{
    struct press *p = pool;
    if (rests || p->thread)
        return;
    int before = __atomic_load_n(&begun, __ATOMIC_SEQ_CST);
    assert_int_equal(pthread_create(&p->thread, NULL, press, p->third), 0);
    while (__atomic_load_n(&begun, __ATOMIC_SEQ_CST) == before)
        usleep(100);
}

static void test_failed_while_others_wait(void **state)
{
    struct press first = of(*state, NUMBER, "/token"), second = first, third = first;
    pthread_t t;
    fails = 1;
    second.rest = third_begins;
    second.third = &third;
    assert_int_equal(pthread_create(&t, NULL, press, &first), 0);
    while (!__atomic_load_n(&begun, __ATOMIC_SEQ_CST))
        usleep(100);
    press(&second);
    pthread_join(t, NULL);
    pthread_join(second.thread, NULL);
    assert_int_equal(first.e, ERR_MISSING);
    assert_int_equal(made, 1);
    assert_string_equal(second.json, "{\"made\":1}");
    assert_string_equal(third.json, "{\"made\":1}");
}

static void test_clock_set_back(void **state)
{
    struct press p = of(*state, NUMBER, "/token");
    press(&p);
    now -= 24 * 3600000;
    once_tidy(p.app->once, now);
    press(&p);
    assert_int_equal(p.e, ERR_EXISTS);
    assert_int_equal(made, 1);
}

/* A page has values made, a program text: either gets the answer, also one that was made for the other. */
static void test_values(void **state)
{
    struct press p = of(*state, NUMBER, "/token");
    struct arena arena;
    arena_init(&arena, 1u << 20);
    press(&p);
    for (int i = 0; i < 2; i++) {
        struct buf errors;
        struct cj j;
        struct fault f = {0};
        const struct people_ask in = {.who = &p.who, .form = &p.form, .field = field_of, .member = member_of, .path = slice_str(i ? "/link" : p.path)};
        buf_init(&errors, 1);
        cj_open_tree(&j, &arena, &errors);
        struct people_answer a = {.out = &j};
        assert_int_equal(once_do(p.app, &in, &a, make, &f), OK);
        assert_non_null(j.root);
        assert_int_equal(errors.err, OK);
        assert_int_equal(made, 1 + i);
        buf_free(&errors);
    }
    arena_free(&arena);
}

static void test_many(void **state)
{
    struct press first = of(*state, NUMBER, "/token");
    char path[32];
    press(&first);
    for (int i = 0; i < ONCE_MANY; i += 64) { /* slow on purpose: each makes something */
        snprintf(path, sizeof path, "/%d", i);
        struct press p = of(*state, NUMBER, path);
        now++;
        press(&p);
        assert_int_equal(p.e, OK);
    }
    press(&first);
    assert_string_equal(first.json, "{\"made\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_at_once, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_later, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_whose, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_filled_in_otherwise, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_failed, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_failed_while_others_wait, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_clock_set_back, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_values, begin_test, end_test),
        cmocka_unit_test_setup_teardown(test_many, begin_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
