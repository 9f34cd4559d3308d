/* Where a register's keys lie: in its directory, or in a folder that several directories share, to which theirs are links. */
#include "keys/keys_old.h"
#include "store/store_inner.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

static enum err name_of(struct slice folder, char out[512], struct fault *f)
{
    int n = snprintf(out, 512, SLICE_FMT, SLICE_ARG(folder));
    return n > 0 && n < 500 && slice_nul(folder) < 0 ? OK : fault_set(f, ERR_TOO_LONG, "--keys", folder, "want.short_path");
}

static enum err make_where(const char *where, const struct store_new *n, struct fault *f)
{
    char head[600];
    enum err e = path_of(where, "keystore/head", head, sizeof head, f);
    if (e || access(head, F_OK) == 0 || keys_old_is(where))
        return e;
    return n->join ? fault_set(f, ERR_NOT_FOUND, "--keys", slice_str(where), "want.key_folder") : keys_create(where, n->random, n->arg, f);
}

enum err store_link_key(const char *dir, struct slice folder, const char *name, struct fault *f)
{
    char where[512], real[PATH_MAX], to[PATH_MAX + 64], has[PATH_MAX + 64], path[600];
    enum err e = name_of(folder, where, f);
    if (e || (e = path_of(dir, name, path, sizeof path, f)))
        return e;
    if (!realpath(where, real))
        return fault_sys(f, errno, where);
    snprintf(to, sizeof to, "%s/%s", real, name);
    if (symlink(to, path) == 0)
        return OK;
    ssize_t got = errno == EEXIST ? readlink(path, has, sizeof has - 1) : -1;
    has[got > 0 ? got : 0] = 0;
    return strcmp(has, to) == 0 ? OK : fault_set(f, ERR_EXISTS, "--data", slice_str(path), "want.new_directory");
}

enum err key_folder_make(const char *dir, const struct store_new *n, struct fault *f)
{
    char where[512];
    if (!n->keys.n)
        return make_where(dir, n, f);
    enum err e = name_of(n->keys, where, f);
    if (!e && mkdir(where, 0700) && errno != EEXIST)
        e = fault_sys(f, errno, where);
    if (!e && !(e = make_where(where, n, f)))
        e = store_link_key(dir, n->keys, "keystore", f);
    return e;
}
