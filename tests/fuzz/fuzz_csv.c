/* First byte: delimiter and encoding; the rest a file. What the header promises of rows must hold. */
#include "base/csv.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check_row(const struct csv_row *row)
{
    must(row->line > 0 && row->count > 0 && row->count <= CSV_COLUMNS_MAX);
    for (size_t i = 0; i < row->count; i++) {
        struct slice cell = row->cells[i];
        must(cell.n <= CSV_FIELD_MAX && cell.p[cell.n] == 0);
        must(row->fault.code != OK || (slice_nul(cell) < 0 && slice_utf8_fault(cell) < 0));
    }
    must(row->fault.code == OK || (row->fault.field[0] && row->fault.line >= row->line && row->fault.want[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const encodings[] = {"UTF-8", "WINDOWS-1252", "ISO-8859-1", "UTF-8"};
    static const char delimiters[] = ",;\t|";
    if (n == 0)
        return 0;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, data + 1, n - 1) == (ssize_t)n - 1 && lseek(fd, 0, SEEK_SET) == 0);
    struct csv *c = csv_open(fd, delimiters[data[0] & 3], encodings[data[0] >> 2 & 3]);
    struct csv_row row;
    struct fault f;
    int64_t line = 0;
    enum err err;
    while ((err = csv_next(c, &row, &f)) == OK) {
        check_row(&row);
        must(row.line >= line && row.offset <= n - 1);
        line = row.line;
    }
    must(err == ERR_NOT_FOUND || (f.code == err && f.line >= line));
    csv_close(c);
    close(fd);
    return 0;
}
