/* Files: whole reads with a maximum, replacement that is all or nothing. */
#include "base/file.h"

#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/athar-file-XXXXXX", path[64], tmp[72];

static void assert_content(const char *want, size_t n)
{
    struct buf b;
    buf_init(&b, 1u << 20);
    assert_int_equal(file_read(path, &b, NULL), OK);
    assert_int_equal(b.n, n);
    assert_memory_equal(b.p, want, n);
    buf_free(&b);
}

static void test_replace(void **state)
{
    struct stat st;
    struct fault f;
    assert_int_equal(file_replace(path, SLICE("first"), 0600, &f), OK);
    assert_content("first", 5);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_replace(path, SLICE("second\0time"), 0644, &f), OK);
    assert_content("second\0time", 11);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(access(tmp, F_OK), -1);
}

static void test_read_faults(void **state)
{
    struct buf b;
    struct fault f = {0};
    buf_init(&b, 10);
    assert_int_equal(file_replace(path, SLICE("0123456789"), 0600, &f), OK);
    assert_int_equal(file_read(path, &b, &f), OK);
    buf_reset(&b);
    assert_int_equal(file_replace(path, SLICE("0123456789x"), 0600, &f), OK);
    assert_int_equal(file_read(path, &b, &f), ERR_TOO_LONG);
    buf_reset(&b);
    assert_int_equal(file_read("/dev/zero", &b, &f), ERR_TOO_LONG); /* a file that never ends */
    buf_reset(&b);
    assert_int_equal(file_read("/tmp/athar-no-such-file", &b, &f), ERR_NOT_FOUND);
    assert_int_equal(file_read(dir, &b, &f), ERR_IO);
    assert_int_equal(f.sys, EISDIR);
    buf_free(&b);
}

/* A write that stops half way leaves the old content and no other file. */
static void test_no_room(void **state)
{
    static char big[200000];
    struct rlimit old, small;
    struct fault f = {0};
    assert_int_equal(file_replace(path, SLICE("old"), 0600, &f), OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){.rlim_cur = 65536, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum err err = file_replace(path, slice_of(big, sizeof big), 0600, &f);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(err, ERR_NO_ROOM); /* EFBIG: a limit on file sizes is a full disk to the writer */
    assert_int_equal(f.sys, EFBIG);
    assert_content("old", 3);
    assert_int_equal(access(tmp, F_OK), -1);
}

static void test_full_device(void **state)
{
    struct fault f = {0};
    int fd = open("/dev/full", O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, "x", 1, &f), ERR_NO_ROOM);
    assert_int_equal(f.sys, ENOSPC);
    assert_int_equal(file_write_all(fd, NULL, 0, &f), OK);
    close(fd);
}

static void test_folders(void **state)
{
    struct fault f = {0};
    assert_int_equal(file_sync_dir(dir, &f), OK);
    assert_int_equal(file_sync_dir("/tmp/athar-no-such-folder", &f), ERR_IO);
    assert_int_equal(file_replace("/tmp/athar-no-such-folder/x", SLICE("x"), 0600, &f), ERR_IO);
    assert_int_equal(f.sys, ENOENT);
}

static int setup(void **state)
{
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/file", dir);
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    return 0;
}

static int teardown(void **state)
{
    unlink(path);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_read_faults),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_full_device),
        cmocka_unit_test(test_folders),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
