/* Comma-separated files (RFC 4180, any one-byte delimiter) read as a stream with stated limits. The parser is our own:
 * libcsv trims cells, skips over its callers' line numbers, and cannot go on after a cell that is too long, which must
 * cost one row and not the file.
 *
 * A row is handed over whole; lines without any byte are not rows. A row ends with LF, CR LF or CR. Lines are counted by LF,
 * also inside quoted cells. A byte-order mark is skipped. A cell is quoted when '"' is its very first byte; later ones are
 * text (5" barrels are common). Nothing is trimmed.
 *
 * Limits: CSV_FIELD_MAX a cell (in UTF-8), CSV_ROW_MAX a row (as in the file), CSV_COLUMNS_MAX cells. A cell past its limit,
 * cells past their number, text after a closing quote, a NUL byte or bytes that are not of the encoding make the row bad, not
 * the file: the row is handed over with `fault` set and reading goes on. A row past CSV_ROW_MAX, or a file that ends inside
 * quotes, ends the file with an error. Memory: what the cells of the largest row need, at most three times CSV_ROW_MAX.
 * docs/formats/csv.md. */
#ifndef BASE_CSV_H
#define BASE_CSV_H
#include "base/arena.h"
#include "base/err.h"

#define CSV_FIELD_MAX (64u << 10)
#define CSV_ROW_MAX (16u << 20)
#define CSV_COLUMNS_MAX 512

struct csv_row {
    int64_t line;        /* line on which the row begins, from 1 */
    uint64_t offset;     /* bytes read so far, for progress */
    size_t count;
    struct slice *cells; /* UTF-8, each followed by a NUL; alive until the next csv_next */
    struct slice text;   /* all of them, one after another with their NULs */
    struct fault fault;  /* code OK, or why this row cannot be used (field = column number as text, line = where) */
};
struct csv;
/* fd stays the caller's. NULL without memory. encoding: only "UTF-8", "WINDOWS-1252", "ISO-8859-1" (the latter two are
 * converted cell by cell); anything else gives NULL, as does a delimiter that is not ASCII or is a quote or an end of line. */
struct csv *csv_open(int fd, char delimiter, const char *encoding);
/* What a spreadsheet saves when it is not asked for CSV in UTF-8, by the file's first bytes: its name; NULL for anything else, and for what cannot be
 * read at a place (a pipe). The file's position stays. */
const char *csv_other_form(int fd);
/* OK and a row; ERR_NOT_FOUND at the end of the file; other errors end the file (and are given again when asked again). */
enum err csv_next(struct csv *c, struct csv_row *out, struct fault *f);
void csv_close(struct csv *c);
#endif
