/* May the writer write the file and what SQLite keeps beside it? SQLite itself opens a file that it may only read for reading, gives -wal and -shm the mode
 * that it finds, and fails much later without a name; and what it made beside a file of mode 0400 stays so when the file's mode is put back. */
#include "store/sqlite_inner.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

static enum err name_it(const char *path, int sys, struct fault *f)
{
    char shown[FAULT_FIELD];
    fault_set(f, ERR_IO, fault_path(path, shown), SLICE(""), "want.file_writable");
    if (f)
        f->sys = sys;
    return ERR_IO;
}

/* Our own, of a mode that SQLite took from the file when that was not to be written: it gets the file's mode of now. */
static void follow_mode(const char *path, const struct stat *file)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
        fchmod(fd, file->st_mode & 0777);
    if (fd >= 0)
        close(fd);
}

enum err sqlite_may_write(const char *path, struct fault *f)
{
    static const char *const tails[] = {"-wal", "-shm"};
    struct stat file;
    char beside[640];
    if (stat(path, &file) != 0)
        return OK; /* none yet, or one that cannot be reached: SQLite says so */
    if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) != 0)
        return name_it(path, errno, f);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        if (snprintf(beside, sizeof beside, "%s%s", path, tails[i]) >= (int)sizeof beside || faccessat(AT_FDCWD, beside, F_OK, AT_EACCESS) != 0)
            continue;
        if (faccessat(AT_FDCWD, beside, R_OK | W_OK, AT_EACCESS) != 0)
            follow_mode(beside, &file);
        if (faccessat(AT_FDCWD, beside, R_OK | W_OK, AT_EACCESS) != 0)
            return name_it(beside, errno, f);
    }
    return OK;
}
