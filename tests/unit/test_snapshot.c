/* The sealed file of the index: whole it is taken, damaged, cut or foreign it is not; the program then makes the index anew. */
#include "register_help.h"
#include "use/app.h"

#include <fcntl.h>
#include <sys/stat.h>

static char dir[64];
static struct source src;

static int begin_test(void **state)
{
    src = (struct source){.drawn = 1, .now = 1700000000000};
    new_dir(dir);
    new_register(dir, &src);
    return 0;
}

static int end_test(void **state)
{
    drop_dir(dir);
    return 0;
}

#define ENTRIES 3000

static struct index *an_index(void)
{
    static struct index_entry e[ENTRIES];
    struct index *ix = index_new();
    for (uint32_t i = 0; i < ENTRIES; i++) {
        char text[16];
        struct mark_key shape;
        snprintf(text, sizeof text, "S%u", i * 7919);
        mark_fold(slice_str(text), &e[i].key, &shape);
        e[i].attr = i;
        e[i].row = i;
    }
    assert_int_equal(index_build(ix, e, ENTRIES, 1), OK);
    return ix;
}

static const struct hash root = {{1, 2, 3}};

static void save(struct store *s, uint64_t size)
{
    struct index *ix = an_index();
    struct index_view *v = index_acquire(ix);
    struct fault f = {0};
    if (snapshot_save(s, v, size, &root, &f))
        fail_msg("save: %s %s", f.field, f.value);
    index_release(v);
    index_free(ix);
}

static enum err try_load(struct store *s, uint64_t *size, size_t *count)
{
    struct index *ix = index_new();
    enum err e = snapshot_load(s, ix, size, NULL);
    struct index_view *v = index_acquire(ix);
    *count = index_count(v);
    index_release(v);
    index_free(ix);
    return e;
}

static void a_snapshot_comes_back_as_it_was(void **state)
{
    uint64_t size = 9;
    size_t count;
    struct stat st;
    char path[128];
    struct store *s = opened(dir, STORE_WRITE);
    assert_int_equal(try_load(s, &size, &count), ERR_NOT_FOUND);
    save(s, 4711);
    assert_int_equal(try_load(s, &size, &count), OK);
    assert_true(size == 4711 && count == ENTRIES);
    struct index *made = an_index(), *read = index_new();
    assert_int_equal(snapshot_load(s, read, &size, NULL), OK);
    struct index_view *a = index_acquire(made), *b = index_acquire(read);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        struct index_entry x = index_entry_at(a, i), y = index_entry_at(b, i);
        assert_memory_equal(&x.key, &y.key, sizeof x.key);
        assert_true(x.attr == y.attr && x.row == y.row);
    }
    index_release(a);
    index_release(b);
    index_free(made);
    index_free(read);
    snprintf(path, sizeof path, "%s/index.snap", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    store_close(s);
}

/* A file is read, changed, tried and put back. */
static void snapshot_file(char path[128], char **bytes, size_t *n)
{
    struct stat st;
    snprintf(path, 128, "%s/index.snap", dir);
    assert_int_equal(stat(path, &st), 0);
    *n = (size_t)st.st_size;
    *bytes = malloc(*n);
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, *bytes, *n), *n);
    close(fd);
}

static void put_file(const char *path, const char *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

static void any_damage_is_noticed(void **state)
{
    char path[128], *bytes;
    size_t n, count;
    uint64_t size;
    struct store *s = opened(dir, STORE_WRITE);
    save(s, 4711);
    snapshot_file(path, &bytes, &n);
    for (size_t i = 0; i < n; i += i < 200 || i + 200 > n ? 1 : n / 40) { /* all of both ends, and here and there */
        bytes[i] ^= 0x10;
        put_file(path, bytes, n);
        if (!try_load(s, &size, &count))
            fail_msg("byte %zu of %zu changed and not noticed", i, n);
        bytes[i] ^= 0x10;
    }
    for (size_t cut = 0; cut < n; cut += cut < 200 || cut + 200 > n ? 1 : n / 40) {
        put_file(path, bytes, cut);
        if (!try_load(s, &size, &count))
            fail_msg("cut at %zu of %zu and not noticed", cut, n);
    }
    bytes = realloc(bytes, n + 1);
    bytes[n] = 0;
    put_file(path, bytes, n + 1);
    assert_int_not_equal(try_load(s, &size, &count), OK);
    put_file(path, bytes, n);
    assert_int_equal(try_load(s, &size, &count), OK);
    free(bytes);
    store_close(s);
}

static void a_snapshot_of_another_time_or_register_is_not_taken(void **state)
{
    char path[128], *old, *now, other[64];
    size_t old_n, now_n, count;
    uint64_t size;
    struct store *s = opened(dir, STORE_WRITE);
    save(s, 10);
    snapshot_file(path, &old, &old_n);
    save(s, 11);
    put_file(path, old, old_n); /* an older one put back */
    assert_int_equal(try_load(s, &size, &count), ERR_DAMAGED);
    save(s, 11);
    snapshot_file(path, &now, &now_n);
    store_close(s);
    memcpy(other, dir, sizeof other);
    new_dir(dir); /* a register with other keys, which covers as much */
    src.drawn = 99;
    new_register(dir, &src);
    s = opened(dir, STORE_WRITE);
    save(s, 11);
    snprintf(path, sizeof path, "%s/index.snap", dir);
    put_file(path, now, now_n);
    assert_int_equal(try_load(s, &size, &count), ERR_KEY);
    store_close(s);
    drop_dir(other);
    free(old);
    free(now);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin_test, end_test)
    const struct CMUnitTest tests[] = {
        T(a_snapshot_comes_back_as_it_was), T(any_damage_is_noticed), T(a_snapshot_of_another_time_or_register_is_not_taken),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
