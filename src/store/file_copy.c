#include "store/file_copy.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>
#include "base/banned.h"

#define WAIT_MS 60000

/* Of the two files only the new one is written. */
static bool is_write(int rc)
{
    return rc == SQLITE_FULL || rc == SQLITE_IOERR_WRITE || rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC || rc == SQLITE_IOERR_TRUNCATE ||
        rc == SQLITE_IOERR_CLOSE;
}

static enum err failed(sqlite3 *db, int rc, const char *from, const char *to, struct fault *f)
{
    char shown[FAULT_FIELD];
    int sys = db ? sqlite3_system_errno(db) : 0;
    const char *what = fault_path(is_write(rc) ? to : from, shown);
    if (is_write(rc) && sys)
        return fault_sys(f, sys, what);
    rc &= 0xff;
    enum err e = rc == SQLITE_FULL ? ERR_NO_ROOM : rc == SQLITE_BUSY ? ERR_BUSY : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? ERR_DAMAGED : ERR_IO;
    return fault_set(f, e, what, slice_str(db ? sqlite3_errmsg(db) : sqlite3_errstr(rc)), e == ERR_NO_ROOM ? "want.room" : "");
}

/* Who opens it for reading makes no checkpoint when he closes (engine_sqlite.c, 1). */
static enum err vacuum_into(const char *from, const char *to, struct fault *f)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_open_v2(from, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (!rc && !(rc = sqlite3_extended_result_codes(db, 1)) && !(rc = sqlite3_busy_timeout(db, WAIT_MS)) && !(rc = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL)) &&
        !(rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &st, NULL)) && !(rc = sqlite3_bind_text(st, 1, to, -1, SQLITE_STATIC)) &&
        (rc = sqlite3_step(st)) == SQLITE_DONE)
        rc = SQLITE_OK;
    enum err e = rc ? failed(db, rc, from, to, f) : OK;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return e;
}

enum err store_file_copy(const char *from, const char *to, struct fault *f)
{
    unlink(to);
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); /* SQLite takes an empty file, with the mode that it has */
    if (fd < 0)
        return fault_sys(f, errno, to);
    enum err e = vacuum_into(from, to, f);
    if (!e && fsync(fd))
        e = fault_sys(f, errno, to);
    close(fd);
    if (e)
        unlink(to);
    return e;
}
