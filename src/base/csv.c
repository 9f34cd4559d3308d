/* A state machine over chunks of the file.
 *
 *   state         on quote      on delimiter   on end of line   on other
 *   CELL_START    QUOTED        empty cell     row ends         PLAIN
 *   PLAIN         text          cell ends      row ends         text
 *   QUOTED        QUOTE_SEEN    text           text             text
 *   QUOTE_SEEN    text, QUOTED  cell ends      row ends         bad row, PLAIN
 *
 * The bytes of a row's cells lie one after another in `store`, each cell followed by a NUL; the slices are made when the row is
 * complete, because the store moves while it grows. */
#include "base/csv.h"
#include "base/mem.h"
#include "base/word.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define CHUNK ((size_t)64 << 10)
#define STORE_MAX (3 * (size_t)CSV_ROW_MAX + CSV_COLUMNS_MAX) /* a byte becomes at most three, and the NULs */

enum state { CELL_START, PLAIN, QUOTED, QUOTE_SEEN };
enum encoding { UTF_8, WINDOWS_1252, ISO_8859_1, ENCODINGS };

struct cell {
    size_t at, n;
    int64_t line; /* on which it begins */
};

struct csv {
    int fd;
    char delimiter;
    enum encoding encoding;

    enum state state;
    bool begun;      /* a byte-order mark was looked for */
    bool eof;
    bool swallow_lf; /* the last row ended with CR */
    enum err ended;
    struct fault end_fault;
    int64_t line;
    uint64_t offset;

    int64_t row_line;
    size_t row_bytes;
    struct fault fault;
    size_t count; /* cells that are complete */
    struct cell cell[CSV_COLUMNS_MAX + 1];
    struct slice slices[CSV_COLUMNS_MAX];
    char *store;
    size_t store_n, store_cap;

    size_t at, end;
    char chunk[CHUNK];
};

static const char *const encoding_names[ENCODINGS] = {"UTF-8", "WINDOWS-1252", "ISO-8859-1"};

/* Windows code page 1252, bytes 80..9F (unicode.org, CP1252.TXT); 0 = no character. */
static const uint16_t cp1252[32] = {0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,
    0x017E, 0x0178};

struct csv *csv_open(int fd, char delimiter, const char *encoding)
{
    enum encoding e = 0;
    while (e < ENCODINGS && strcmp(encoding, encoding_names[e]) != 0)
        e++;
    if (e == ENCODINGS || delimiter <= 0 || strchr("\"\r\n", delimiter))
        return NULL;
    struct csv *c = mem_alloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->fd = fd;
    c->delimiter = delimiter;
    c->encoding = e;
    c->line = c->row_line = 1;
    return c;
}

void csv_close(struct csv *c)
{
    if (!c)
        return;
    mem_free(c->store);
    mem_free(c);
}

/* ---- faults ---- */

/* Marks the row bad; the first reason stays. */
static void row_bad(struct csv *c, enum err err, size_t column, int64_t line, struct slice value, const char *want)
{
    char text[24];
    if (c->fault.code)
        return;
    snprintf(text, sizeof text, "%zu", column + 1);
    fault_set(&c->fault, err, text, value, want);
    c->fault.line = line;
}

/* The value is how the row begins. */
static enum err file_ends(struct csv *c, enum err err, const char *want)
{
    fault_set(&c->end_fault, err, "row", slice_of(c->store, c->store_n), want);
    c->end_fault.line = c->row_line;
    return c->ended = err;
}

/* ---- cells ---- */

static size_t cell_length(const struct csv *c)
{
    return c->store_n - c->cell[c->count].at;
}

static enum err store_add(struct csv *c, const char *p, size_t n)
{
    if (c->store_n + n > c->store_cap && !mem_grow(&c->store, &c->store_cap, c->store_n + n, STORE_MAX, 1))
        return file_ends(c, ERR_MEMORY, NULL);
    memcpy(c->store + c->store_n, p, n);
    c->store_n += n;
    return OK;
}

/* Text of the current cell as UTF-8, cut at the limit. Cells past their number keep nothing. */
static enum err cell_add_utf8(struct csv *c, const char *p, size_t n)
{
    size_t room = CSV_FIELD_MAX - cell_length(c);
    if (c->count == CSV_COLUMNS_MAX)
        return OK;
    if (n <= room)
        return store_add(c, p, n);
    row_bad(c, ERR_TOO_LONG, c->count, c->cell[c->count].line, slice_of(p, n), "want.field_max");
    return store_add(c, p, room);
}

static size_t utf8_of(uint16_t code, char out[3])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
}

static enum err cell_add_high(struct csv *c, uint8_t byte)
{
    bool mapped = c->encoding == WINDOWS_1252 && byte < 0xA0;
    uint16_t code = mapped ? cp1252[byte - 0x80] : byte;
    char out[3];
    if (code == 0) {
        row_bad(c, ERR_ENCODING, c->count, c->line, slice_of(NULL, 0), "want.windows_1252");
        code = 0xFFFD;
    }
    return cell_add_utf8(c, out, utf8_of(code, out));
}

static enum err cell_add(struct csv *c, const char *p, size_t n)
{
    if (c->encoding == UTF_8)
        return cell_add_utf8(c, p, n);
    enum err err = OK;
    while (n && !err) {
        size_t run = 0;
        while (run < n && (uint8_t)p[run] < 0x80)
            run++;
        err = run ? cell_add_utf8(c, p, run) : cell_add_high(c, (uint8_t)*p);
        run = run ? run : 1;
        p += run;
        n -= run;
    }
    return err;
}

static int64_t count_lf(const char *p, size_t n)
{
    int64_t lines = 0;
    for (const char *lf; n && (lf = memchr(p, '\n', n)); lines++) {
        n -= (size_t)(lf + 1 - p);
        p = lf + 1;
    }
    return lines;
}

/* A complete cell: no NUL, well-formed. */
static void cell_check(struct csv *c, const struct cell *cell, struct slice text)
{
    if (word_all_ascii(text.p, text.n))
        return;
    ptrdiff_t bad = slice_nul(text);
    const char *want = "want.no_nul";
    if (bad < 0) {
        bad = slice_utf8_fault(text);
        want = "want.utf8";
    }
    if (bad >= 0)
        row_bad(c, ERR_ENCODING, c->count, cell->line + count_lf(text.p, (size_t)bad), text, want);
}

static enum err cell_end(struct csv *c)
{
    struct cell *cell = &c->cell[c->count];
    c->state = CELL_START;
    if (c->count == CSV_COLUMNS_MAX) {
        row_bad(c, ERR_TOO_LONG, c->count, cell->line, slice_of(NULL, 0), "want.columns_max");
        return OK;
    }
    cell->n = cell_length(c);
    if (store_add(c, "", 1))
        return c->ended;
    cell_check(c, cell, slice_of(c->store + cell->at, cell->n));
    c->count++;
    c->cell[c->count] = (struct cell){.at = c->store_n, .line = c->line};
    return OK;
}

/* ---- rows ---- */

static void row_begin(struct csv *c)
{
    c->state = CELL_START;
    c->row_line = c->line;
    c->row_bytes = c->count = c->store_n = 0;
    c->fault.code = OK;
    c->cell[0] = (struct cell){.line = c->line};
}

static void row_out(struct csv *c, struct csv_row *out)
{
    for (size_t i = 0; i < c->count; i++)
        c->slices[i] = slice_of(c->store + c->cell[i].at, c->cell[i].n);
    *out = (struct csv_row){.line = c->row_line, .offset = c->offset, .count = c->count, .cells = c->slices, .text = slice_of(c->store, c->store_n)};
    if (c->fault.code)
        out->fault = c->fault;
}

static void advance(struct csv *c, size_t n)
{
    c->at += n;
    c->offset += n;
    c->row_bytes += n;
}

/* The end of a line. *row says whether it ends a row: a line without a byte is none. */
static enum err line_end(struct csv *c, char end, bool *row)
{
    bool empty = c->count == 0 && c->state == CELL_START;
    advance(c, 1);
    c->line += end == '\n';
    c->swallow_lf = end == '\r';
    if (empty) {
        row_begin(c);
        return OK;
    }
    *row = true;
    return cell_end(c);
}

/* ---- the states ---- */

/* The bytes of a word that end a run of text: delimiter, ends of line. */
static uint64_t stops(const struct csv *c, uint64_t w)
{
    return word_zero(w ^ WORD_EACH((uint8_t)c->delimiter)) | word_zero(w ^ WORD_EACH('\r')) | word_zero(w ^ WORD_EACH('\n'));
}

static bool stops_at(const struct csv *c, char byte)
{
    return byte == c->delimiter || byte == '\r' || byte == '\n';
}

/* Length of the text up to the next of these. */
static size_t run_length(const struct csv *c)
{
    const char *p = c->chunk + c->at;
    size_t n = c->end - c->at, i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t stop = stops(c, word_load(p + i));
        if (stop)
            return i + word_first(stop);
    }
    while (i < n && !stops_at(c, p[i]))
        i++;
    return i;
}

static enum err step_plain(struct csv *c, bool *row)
{
    size_t n = run_length(c);
    if (n) {
        enum err err = cell_add(c, c->chunk + c->at, n);
        advance(c, n);
        return err;
    }
    char stop = c->chunk[c->at];
    if (stop != c->delimiter)
        return line_end(c, stop, row);
    advance(c, 1);
    return cell_end(c);
}

/* Cells that neither begin with a quote nor end the line, one after another: what nearly all of a table is. Stops before the first that is
 * otherwise, or that the chunk does not hold whole. */
static enum err plain_cells(struct csv *c)
{
    while (c->at < c->end && c->chunk[c->at] != '"' && c->count < CSV_COLUMNS_MAX) {
        size_t n = run_length(c);
        if (c->at + n == c->end || c->chunk[c->at + n] != c->delimiter)
            break;
        if (n && cell_add(c, c->chunk + c->at, n))
            return c->ended;
        advance(c, n + 1);
        if (cell_end(c))
            return c->ended;
    }
    return OK;
}

static enum err step_cell_start(struct csv *c, bool *row)
{
    enum err err = plain_cells(c);
    if (err || c->at == c->end)
        return err;
    char first = c->chunk[c->at];
    if (first == '\r' || first == '\n')
        return line_end(c, first, row);
    if (first != '"') {
        c->state = PLAIN;
        return step_plain(c, row);
    }
    c->state = QUOTED;
    advance(c, 1);
    return OK;
}

static enum err step_quoted(struct csv *c)
{
    const char *p = c->chunk + c->at;
    const char *quote = memchr(p, '"', c->end - c->at);
    size_t n = quote ? (size_t)(quote - p) : c->end - c->at;
    enum err err = n ? cell_add(c, p, n) : OK;
    c->line += count_lf(p, n);
    advance(c, n + (quote != NULL));
    if (quote)
        c->state = QUOTE_SEEN;
    return err;
}

static enum err step_quote_seen(struct csv *c, bool *row)
{
    char next = c->chunk[c->at];
    if (next == '"') {
        c->state = QUOTED;
        advance(c, 1);
        return cell_add(c, "\"", 1);
    }
    if (!stops_at(c, next))
        row_bad(c, ERR_FORMAT, c->count, c->line, slice_of(c->chunk + c->at, run_length(c)), "want.quote_doubled");
    c->state = PLAIN;
    return step_plain(c, row);
}

static enum err step(struct csv *c, bool *row)
{
    switch (c->state) {
    case CELL_START:
        return step_cell_start(c, row);
    case PLAIN:
        return step_plain(c, row);
    case QUOTED:
        return step_quoted(c);
    default:
        return step_quote_seen(c, row);
    }
}

/* ---- the file ---- */

static enum err refill(struct csv *c)
{
    ssize_t n;
    c->at = c->end = 0;
    do
        n = read(c->fd, c->chunk + c->end, CHUNK - c->end);
    while ((n < 0 && errno == EINTR) || (n > 0 && (c->end += (size_t)n) < 3));
    c->eof = n == 0;
    if (n < 0)
        return c->ended = fault_sys(&c->end_fault, errno, "file");
    return OK;
}

/* At the first chunk: the byte-order mark. After a CR: its LF. */
static void skip_marks(struct csv *c)
{
    if (!c->begun && c->end >= 3 && memcmp(c->chunk, "\xEF\xBB\xBF", 3) == 0)
        advance(c, 3);
    c->begun = true;
    if (c->swallow_lf && c->at < c->end && c->chunk[c->at] == '\n') {
        advance(c, 1);
        c->line++;
    }
    c->swallow_lf = false;
    row_begin(c);
}

static enum err file_end(struct csv *c, bool *row)
{
    if (c->state == QUOTED)
        return file_ends(c, ERR_FORMAT, "want.quote_end");
    if (c->count == 0 && c->state == CELL_START)
        return file_ends(c, ERR_NOT_FOUND, NULL);
    *row = true;
    return cell_end(c);
}

/* Reads on to the end of a row or of the file. */
static enum err read_row(struct csv *c)
{
    enum err err = OK;
    for (bool row = false; !row && !err;) {
        if (c->at == c->end && !c->eof)
            err = refill(c);
        if (!err && (!c->begun || c->swallow_lf))
            skip_marks(c);
        if (err || (c->at == c->end && !c->eof))
            continue;
        err = c->at == c->end ? file_end(c, &row) : step(c, &row);
        if (!err && c->row_bytes > CSV_ROW_MAX)
            err = file_ends(c, ERR_TOO_LONG, "want.row_max");
    }
    return err;
}

enum err csv_next(struct csv *c, struct csv_row *out, struct fault *f)
{
    row_begin(c);
    enum err err = c->ended ? c->ended : read_row(c);
    if (!err)
        row_out(c, out);
    else if (f)
        *f = c->end_fault;
    return err;
}

const char *csv_other_form(int fd)
{
    static const struct {
        const char *begins, *name;
    } forms[] = {{"\xFF\xFE", "UTF-16"}, {"\xFE\xFF", "UTF-16"}, {"PK\x03\x04", "xlsx, ods"}, {"\xD0\xCF\x11\xE0", "xls"}, {"%PDF", "PDF"}};
    char head[4];
    ssize_t n = pread(fd, head, sizeof head, 0);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (n > 0 && slice_starts(slice_of(head, (size_t)n), forms[i].begins))
            return forms[i].name;
    return NULL;
}
