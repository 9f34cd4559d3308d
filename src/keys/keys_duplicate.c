/* A key store in another directory: for a register that is copied. */
#include "base/file.h"
#include "keys/keys_in.h"
#include "keys/keys_old.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define FILE_MAX (64u << 20)

static enum err copy_file(const char *from, const char *to, const char *name, struct fault *f)
{
    char path[1200];
    struct buf bytes;
    buf_init(&bytes, FILE_MAX);
    snprintf(path, sizeof path, "%s/%s", from, name);
    enum err e = file_read(path, &bytes, f);
    snprintf(path, sizeof path, "%s/%s", to, name);
    if (!e)
        e = file_replace(path, buf_view(&bytes), 0600, f);
    if (bytes.p)
        seal_wipe(bytes.p, bytes.n);
    buf_free(&bytes);
    return e;
}

/* The caller holds the lock: nothing changes meanwhile. */
static enum err copy_all(const char *from, const char *to, struct fault *f)
{
    DIR *d = opendir(from);
    struct dirent *entry;
    enum err e = d ? OK : fault_sys(f, errno, from);
    while (!e && (entry = readdir(d)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0)
            e = copy_file(from, to, entry->d_name, f);
    if (d)
        closedir(d);
    return e;
}

enum err keys_duplicate(const char *dir, const char *to, struct fault *f)
{
    char from[600], into[600];
    int fd;
    if (keys_old_is(dir))
        return copy_file(dir, to, "keys", f);
    snprintf(from, sizeof from, "%s/keystore", dir);
    snprintf(into, sizeof into, "%s/keystore", to);
    if (mkdir(into, 0700) && errno != EEXIST)
        return fault_sys(f, errno, into);
    enum err e = files_lock(from, &fd, f);
    if (e)
        return e;
    e = copy_all(from, into, f);
    close(fd);
    return e;
}
