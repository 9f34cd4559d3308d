#include "base/file.h"
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define FILE_CHUNK 65536

static int open_again(const char *path, int flags, unsigned mode)
{
    int fd;
    do
        fd = open(path, flags | O_CLOEXEC, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static enum err read_all(int fd, const char *path, struct buf *out, struct fault *f)
{
    char chunk[FILE_CHUNK];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return OK;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fault_sys(f, errno, path);
        buf_add(out, chunk, (size_t)n);
        if (out->err)
            return fault_set(f, out->err, path, slice_of(NULL, 0), NULL);
    }
}

enum err file_read(const char *path, struct buf *out, struct fault *f)
{
    int fd = open_again(path, O_RDONLY, 0);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        fault_set(f, ERR_NOT_FOUND, path, slice_str(path), NULL);
        if (f)
            f->sys = ENOENT;
        return ERR_NOT_FOUND;
    }
    if (fd < 0)
        return fault_sys(f, errno, path);
    enum err err = read_all(fd, path, out, f);
    close(fd);
    return err;
}

/* What was written to, as the system knows it: a caller has a descriptor of one of several files. */
static enum err write_failed(int fd, int sys, struct fault *f)
{
    char link[32], path[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    return fault_sys(f, sys, *path == '/' ? path : "write");
}

enum err file_write_all(int fd, const void *p, size_t n, struct fault *f)
{
    const char *at = p;
    while (n) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return write_failed(fd, errno, f);
        at += done;
        n -= (size_t)done;
    }
    return OK;
}

enum err file_sync_dir(const char *dir, struct fault *f)
{
    int fd = open_again(dir, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return fault_sys(f, errno, dir);
    enum err err = fsync(fd) == 0 ? OK : fault_sys(f, errno, dir);
    close(fd);
    return err;
}

static enum err write_synced(const char *tmp, struct slice bytes, unsigned mode, struct fault *f)
{
    int fd = open_again(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
    if (fd < 0)
        return fault_sys(f, errno, tmp);
    enum err err = fchmod(fd, mode) == 0 ? OK : fault_sys(f, errno, tmp);
    if (!err)
        err = file_write_all(fd, bytes.p, bytes.n, f);
    if (!err && fsync(fd) != 0)
        err = fault_sys(f, errno, tmp);
    if (close(fd) != 0 && !err)
        err = fault_sys(f, errno, tmp);
    return err;
}

static enum err sync_parent(const char *path, struct fault *f)
{
    const char *slash = strrchr(path, '/');
    char dir[PATH_MAX];
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (!slash)
        return file_sync_dir(".", f);
    if (n == 0)
        return file_sync_dir("/", f);
    memcpy(dir, path, n);
    dir[n] = 0;
    return file_sync_dir(dir, f);
}

enum err file_replace(const char *path, struct slice bytes, unsigned mode, struct fault *f)
{
    char tmp[PATH_MAX];
    if (snprintf(tmp, sizeof tmp, "%s.tmp", path) >= (int)sizeof tmp)
        return fault_sys(f, ENAMETOOLONG, path);
    enum err err = write_synced(tmp, bytes, mode, f);
    if (!err && rename(tmp, path) != 0)
        err = fault_sys(f, errno, path);
    if (err) {
        unlink(tmp);
        return err;
    }
    return sync_parent(path, f);
}

static enum err overwrite(int fd, const char *path, struct fault *f)
{
    char noise[FILE_CHUNK];
    struct stat st;
    if (fstat(fd, &st))
        return fault_sys(f, errno, path);
    for (off_t at = 0; at < st.st_size; at += (off_t)sizeof noise) {
        off_t left = st.st_size - at;
        seal_random(noise, sizeof noise);
        enum err e = file_write_all(fd, noise, left < (off_t)sizeof noise ? (size_t)left : sizeof noise, f);
        if (e)
            return e;
    }
    return fsync(fd) ? fault_sys(f, errno, path) : OK;
}

enum err file_shred(const char *path, struct fault *f)
{
    int fd = open_again(path, O_WRONLY | O_NOFOLLOW, 0);
    if (fd < 0)
        return errno == ENOENT ? OK : fault_sys(f, errno, path);
    enum err e = overwrite(fd, path, f);
    close(fd);
    return e ? e : unlink(path) ? fault_sys(f, errno, path) : sync_parent(path, f);
}
