/* Private to the SQLite engine: one connection to two files. */
#ifndef STORE_SQLITE_INNER_H
#define STORE_SQLITE_INNER_H
#include "store/engine.h"
#include <sqlite3.h>

#define PREPARED_MAX 128 /* power of two */
#define DERIVED_NAME 32  /* "derived-4294967295.db" */

struct rows {
    struct sqlite *owner;
    const struct statement *key;
    sqlite3_stmt *st;
    bool busy;
};
struct sqlite {
    struct engine base;
    sqlite3 *db;
    enum engine_mode mode;
    char dir[512]; /* of both files */
    char derived[DERIVED_NAME]; /* attached; "" while there is none */
    char kept[DERIVED_NAME];    /* while renewing: what the base still names */
    bool renewing;
    bool swept; /* files that nobody names are removed */
    int recent[2]; /* pages in the write-ahead logs of the base and of the derived file, as of the last commit */
    struct rows prepared[PREPARED_MAX];
};

enum err sqlite_fail(struct sqlite *s, int rc, const char *what, struct fault *f);
enum err sqlite_script(struct sqlite *s, const char *sql, struct fault *f);
void sqlite_forget(struct sqlite *s); /* all prepared statements */
/* Before a writer opens the file: ERR_IO names it, or its -wal or -shm, when it must not be written by us. Nothing there is no error. */
enum err sqlite_may_write(const char *path, struct fault *f);

/* ---- the derived file (sqlite_derived.c; docs/formats/derived-file.md) ---- */
/* Attaches the file that the base names. A writer may find none: its tables are made by the first renewal. */
enum err sqlite_derived_open(struct sqlite *s, struct fault *f);
/* Removes what others left, once. */
void sqlite_derived_sweep(struct sqlite *s);
/* Begins a reader's transaction: on the file that is named now, which is seen no later than the log. */
enum err sqlite_derived_begin(struct sqlite *s, struct fault *f);
enum err sqlite_renew(struct engine *e, const struct load *tables, size_t n, struct fault *f);
/* The ends of a renewal; its transaction is committed, or rolled back. */
enum err sqlite_renewed(struct sqlite *s, struct fault *f);
void sqlite_not_renewed(struct sqlite *s);
#endif
