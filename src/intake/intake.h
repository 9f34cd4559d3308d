/* A file taken in: read, judged row by row, written to the log in groups. Rows that were read before and have not changed are
 * skipped; a changed row supersedes its records; a rejected row goes to the reject file with line, field, value and reason.
 * A kill at any moment loses no group that was committed, and running the same file again goes on where it stopped. */
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H
#include "intake/rows.h"
#include "lang/lang.h"
#include "ledger/log.h"

#define INTAKE_GROUP 8192   /* rows a commit */

struct intake_counts {
    uint64_t rows, added, changed, unchanged, rejected, records;
    uint64_t bytes, bytes_all; /* of the file; bytes_all 0 when not known (a pipe) */
    int64_t nanos;
};
struct intake {
    struct log *log;
    struct store *store;
    int fd;
    const char *rejects;        /* path of the reject file, made when the first row is rejected */
    const struct lang *lang;    /* of the reasons in it; NULL: their codes and keys */
    struct slice office, actor;
    int threads;                /* 0 = 2 */
    struct ahead *ahead;        /* takes the rows of new firearms as they are derived on the way; NULL: nobody does */
    int64_t (*clock)(void *arg);
    void (*random)(void *arg, void *out, size_t n);
    void *app;                  /* argument of clock and random */
    void (*progress)(void *arg, const struct intake_counts *c);
    bool (*stop)(void *arg);    /* asked between groups: ERR_INTERRUPTED */
    void *arg;
};
/* counts are right whatever the result: what was committed. */
enum err intake_run(const struct intake *in, struct map *map, struct intake_counts *counts, struct fault *f);
#endif
