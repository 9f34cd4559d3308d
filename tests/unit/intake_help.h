/* For tests of the import: a register of its own, a table and a mapping, what came of it. Beside register_help.h. */
#ifndef TESTS_INTAKE_HELP_H
#define TESTS_INTAKE_HELP_H
#include "base/file.h"
#include "intake/intake.h"
#include "register_help.h"

#include <fcntl.h>

static char dir[64];
static struct source src;
static struct intake_counts counts;

static const char map_text_json[] =
    "{\"source\":\"test\",\"row_key\":\"id\",\"external_id\":\"id\",\"item\":{\"make\":\"make\",\"year\":\"year\"},"
    "\"reject\":[{\"if\":{\"column\":\"make\",\"is\":\"in\",\"words\":[\"BOLT\"]},\"reason\":\"not a firearm\"}],\"records\":["
    "{\"kind\":\"registered\",\"describe\":true,\"mark\":{\"text\":\"serial\"},\"happened\":\"on\",\"country\":\"land\",\"parties\":["
    "{\"role\":\"to\",\"class\":\"PERSON\",\"name\":\"holder\"}]},"
    "{\"kind\":\"sold\",\"if\":\"sold\",\"happened\":\"sold\",\"parties\":[{\"role\":\"from\",\"class\":\"PERSON\",\"name\":\"holder\"},"
    "{\"role\":\"to\",\"class\":\"PERSON\",\"name\":\"buyer\"}]}]}";

#define HEADING "id,make,serial,year,on,land,holder,sold,buyer\n"

static inline int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    counts = (struct intake_counts){0};
    new_dir(dir);
    new_register(dir, &src);
    return 0;
}

static inline int end_test(void **state)
{
    drop_dir(dir);
    return 0;
}

static inline int file_of(const char *text, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/rows.csv", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, text, n), n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static inline const char *rejects(void)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/rejects.csv", dir);
    return path;
}

struct run {
    const char *map;
    int threads;
    bool (*stop)(void *arg);
    bool leave_underived; /* as a kill does */
};

static inline enum err import_as(const char *csv, const struct run *how, struct fault *f)
{
    struct store *s = opened(dir, STORE_WRITE);
    struct log l;
    struct map *m;
    struct fault none = {0};
    assert_int_equal(log_open(&l, s, NULL), OK);
    if (map_parse(slice_str(how->map ? how->map : map_text_json), store_profile(s), &m, &none))
        fail_msg("map: %s %s", none.field, none.want);
    int fd = file_of(csv, strlen(csv));
    struct intake in = {.log = &l, .store = s, .fd = fd, .rejects = rejects(), .office = SLICE("office"), .actor = SLICE("tester"),
        .threads = how->threads, .clock = source_clock, .random = source_random, .app = &src, .stop = how->stop};
    src.now += 1000;
    enum err e = intake_run(&in, m, &counts, f);
    close(fd);
    map_free(m);
    if (!how->leave_underived)
        derive(s);
    store_close(s);
    return e;
}

static inline void import(const char *csv)
{
    struct fault f = {0};
    if (import_as(csv, &(struct run){0}, &f))
        fail_msg("import: %s %s %s", err_name(f.code), f.field, f.value);
}

static inline uint64_t log_size_now(void)
{
    uint64_t n;
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(store_size(s, &n, NULL), OK);
    store_close(s);
    return n;
}

static inline struct hash root_now(void)
{
    struct tree t;
    struct store *s = opened(dir, STORE_READ);
    assert_int_equal(log_root(s, &t, NULL), OK);
    store_close(s);
    return tree_root(&t);
}

/* The events of the firearm that this outside number finds, in log order. */
static inline size_t life_of(struct store *s, struct arena *a, const char *outside, struct event *out, size_t max)
{
    struct subject_id hit[4];
    uint64_t *at;
    size_t hits, n;
    assert_int_equal(store_external(s, slice_str(outside), hit, 4, &hits, NULL), OK);
    assert_int_equal(hits, 1);
    assert_int_equal(store_subject_positions(s, a, &hit[0], &at, &n, NULL), OK);
    for (size_t i = 0; i < n && i < max; i++) {
        struct slice bytes;
        int64_t received;
        assert_int_equal(store_read(s, a, at[i], &bytes, &received, NULL), OK);
        assert_int_equal(store_event(s, a, bytes, at[i], received, SHOW_ALL, &out[i], NULL, NULL), OK);
    }
    return n;
}

static const char two_rows[] = HEADING "1,Taurus,ab 12-3,1999,2001-02,Brasil,Ana Sol,,\n"
                                       "2,GLOCK,,,2003,,Ben Rua,2004-05-06,Cid Paz\n";

static inline char *read_rejects(void)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_int_equal(file_read(rejects(), &b, NULL), OK);
    char *text = strdup(b.p);
    buf_free(&b);
    return text;
}
#endif
