/* A running server and an import beside it: searches go on, and the index comes to cover what was committed. */
#include "use/app.h"
#include "use/import.h"
#include "use/init.h"
#include "use/search.h"

#include <pthread.h>
#include <stdatomic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static const char map[] =
    "{\"source\":\"follow\",\"row_key\":\"id\",\"external_id\":\"id\",\"records\":[{\"kind\":\"registered\",\"mark\":{\"text\":\"serial\"}}]}";

static void write_rows(const char *path, int n)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("id,serial\n", f);
    for (int i = 0; i < n; i++)
        fprintf(f, "G%d,K%07d\n", i, i * 37);
    fclose(f);
}

static void import_rows(const char *dir, int n)
{
    char file[128];
    struct app *writer;
    struct fault f = {0};
    struct use_import_out out;
    snprintf(file, sizeof file, "%s/rows.csv", dir);
    write_rows(file, n);
    assert_int_equal(app_open(dir, &writer, &f), OK);
    struct use_import_in in = {.map = slice_str(map), .file = file};
    if (use_import(writer, &in, &out, &f))
        fail_msg("import: %s %s", f.field, f.value);
    app_close(writer);
}

/* External ids that fit the pattern; the log size it was answered from. */
static size_t hits(struct app *a, const char *pattern, uint64_t *size)
{
    struct desk *d;
    struct index_view *v;
    const struct ranker *r;
    struct fault f = {0};
    struct search_result result;
    struct search_query *q = malloc(sizeof *q);
    struct use_search_in in = {.lang = a->lang, .pattern = slice_str(pattern), .errors = SLICE("0")};
    struct slice *ids;
    size_t n;
    assert_int_equal(desk_take(a, &d, &f), OK);
    assert_int_equal(search_read(a, &in, d, q, &f), OK);
    assert_int_equal(app_index(a, d, &v, &r, size, &f), OK);
    assert_int_equal(search_run(v, r, q, d->scratch, &result, &f), OK);
    assert_int_equal(search_ids(d, &result, &ids, &n, &f), OK);
    index_release(v);
    desk_give(a, d);
    free(q);
    return n;
}

struct searcher {
    struct app *app;
    _Atomic int stop, wrong;
};

/* The first gun was there from the start: it is found at every moment. */
static void *search_on(void *arg)
{
    struct searcher *s = arg;
    uint64_t size;
    while (!s->stop)
        atomic_fetch_add(&s->wrong, hits(s->app, "K0000000", &size) != 1);
    return NULL;
}

static void many_new_records_are_followed_while_searches_go_on(void **state)
{
    char dir[64] = "/tmp/athar-test-XXXXXX", command[96];
    struct app *server;
    struct fault f = {0};
    struct use_init_in none = {0};
    uint64_t size = 0;
    pthread_t thread;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(app_open(dir, &server, &f), OK);
    assert_int_equal(use_init(server, &none, &f), OK);
    import_rows(dir, 10);
    assert_int_equal(hits(server, "K00000?7", &size), 1);
    assert_int_equal(size, 11); /* the profile's record and ten */

    struct searcher s = {.app = server};
    assert_int_equal(pthread_create(&thread, NULL, search_on, &s), 0);
    import_rows(dir, 9000);
    for (int i = 0; i < 600 && size < 9001; i++) {
        usleep(100000);
        hits(server, "K0000000", &size);
    }
    s.stop = 1;
    pthread_join(thread, NULL);
    assert_int_equal(size, 9001);
    assert_int_equal(s.wrong, 0);
    assert_int_equal(hits(server, "K0332963", &size), 1); /* the last row */
    app_close(server);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_new_records_are_followed_while_searches_go_on)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
