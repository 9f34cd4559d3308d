/* CSV: RFC 4180 and what police files make of it; limits; random tables there and back; ends of chunks at every place. */
#include "base/buf.h"
#include "base/csv.h"
#include "base/mem.h"

#include <stdarg.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#define CHUNK_BYTES (64u << 10) /* CHUNK of csv.c */

static int fd_of(struct slice text)
{
    int fd = memfd_create("csv", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* head, n times `fill`, tail: written piece by piece, so that the file does not show in this process's memory. */
static int fd_of_parts(const char *head, char fill, size_t n, const char *tail)
{
    char piece[4096];
    int fd = fd_of(slice_str(head));
    assert_true(lseek(fd, 0, SEEK_END) >= 0);
    memset(piece, fill, sizeof piece);
    for (size_t left = n; left;) {
        size_t part = left < sizeof piece ? left : sizeof piece;
        assert_int_equal(write(fd, piece, part), part);
        left -= part;
    }
    assert_int_equal(write(fd, tail, strlen(tail)), strlen(tail));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* Rows as text: "line cell|cell;" with "!CODE column line" for a bad row, then how the file ended. */
static void show_row(const struct csv_row *row, struct buf *out)
{
    buf_printf(out, "%ld ", (long)row->line);
    for (size_t i = 0; i < row->count; i++) {
        buf_str(out, i ? "|" : "");
        buf_slice(out, row->cells[i]);
        assert_int_equal(row->cells[i].p[row->cells[i].n], 0);
    }
    if (row->fault.code)
        buf_printf(out, "!%s %s %ld", err_name(row->fault.code), row->fault.field, (long)row->fault.line);
    buf_byte(out, ';');
}

static void show_file(struct slice text, char delimiter, const char *encoding, struct buf *out)
{
    struct csv_row row;
    struct fault f = {0};
    int fd = fd_of(text);
    struct csv *c = csv_open(fd, delimiter, encoding);
    assert_non_null(c);
    enum err err;
    while ((err = csv_next(c, &row, &f)) == OK)
        show_row(&row, out);
    if (err != ERR_NOT_FOUND)
        buf_printf(out, "!!%s %ld %s", err_name(err), (long)f.line, f.want);
    assert_int_equal(csv_next(c, &row, &f), err);
    csv_close(c);
    close(fd);
}

static const struct {
    const char *text, *rows;
    char delimiter;
    const char *encoding;
} files[] = {
    /* RFC 4180 2.1 - 2.7 */
    {"aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "1 aaa|bbb|ccc;2 zzz|yyy|xxx;"},
    {"aaa,bbb,ccc\r\nzzz,yyy,xxx", "1 aaa|bbb|ccc;2 zzz|yyy|xxx;"},
    {"\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx", "1 aaa|b\r\nbb|ccc;3 zzz|yyy|xxx;"},
    {"\"aaa\",\"b\"\"bb\",\"ccc\"", "1 aaa|b\"bb|ccc;"},
    {"a b, c ,d", "1 a b| c |d;"}, /* spaces are part of a field */
    /* ends of lines, empty lines and cells */
    {"", ""},
    {"\n\r\n\n", ""},
    {"a\n\n\nb\n", "1 a;4 b;"},
    {"a\rb\rc", "1 a;1 b;1 c;"},
    {"a\r\r\nb", "1 a;2 b;"},
    {",\n", "1 |;"},
    {"a,", "1 a|;"},
    {"a,b,\n,,c\n", "1 a|b|;2 ||c;"},
    {"\"\"", "1 ;"},
    {"\"\"\n\"\"\n", "1 ;2 ;"},
    {" \n", "1  ;"},
    /* quotes */
    {"5\" barrel,\"6\"\" barrel\"", "1 5\" barrel|6\" barrel;"},
    {"a,\"b,c\",d", "1 a|b,c|d;"},
    {"\"\"\"\"", "1 \";"},
    {"\"a\n\nb\",c\nd", "1 a\n\nb|c;4 d;"},
    {"\"a\"b,c\nd", "1 ab|c!ERR_FORMAT 1 1;2 d;"},
    {"a,\"b\" ,c\nd", "1 a|b |c!ERR_FORMAT 2 1;2 d;"},
    {"x\n\"a,b\nc,d", "1 x;!!ERR_FORMAT 2 want.quote_end"},
    {"\"", "!!ERR_FORMAT 1 want.quote_end"},
    {"\"a\"", "1 a;"},
    /* marks of encoding */
    {"\xEF\xBB\xBF" "a,b", "1 a|b;"},
    {"\xEF\xBB\xBF" "\"a\",b", "1 a|b;"},
    {"\xEF\xBB\xBF", ""},
    {"\xEF\xBB", "1 \xEF\xBB!ERR_ENCODING 1 1;"},
    {"a\n\xEF\xBB\xBF" "b", "1 a;2 \xEF\xBB\xBF" "b;"},
    {"a,b\nc,\xFF\nd,e", "1 a|b;2 c|\xFF!ERR_ENCODING 2 2;3 d|e;"},
    {"a,\"b\nc\xE9\nd\"\ne", "1 a|b\nc\xE9\nd!ERR_ENCODING 2 2;4 e;"},
    {"\xC3,\xA9", "1 \xC3|\xA9!ERR_ENCODING 1 1;"}, /* no character reaches over a delimiter */
    {"\xD9\x82\xD8\xB7\xD8\xB9\xD8\xA9,\xE6\x9E\xAA", "1 \xD9\x82\xD8\xB7\xD8\xB9\xD8\xA9|\xE6\x9E\xAA;"},
    /* the worked example of docs/formats/csv.md */
    {"serial,note\r\nPT123,\"worn \"\"9\"\"\r\non slide\"\r\n\r\n5\" x,\xFF\r\n",
        "1 serial|note;2 PT123|worn \"9\"\r\non slide;5 5\" x|\xFF!ERR_ENCODING 2 5;"},
    /* other delimiters and encodings */
    {"a;b,c;\"d;e\"", "1 a|b,c|d;e;", ';'},
    {"a\tb\t\"c\td\"", "1 a|b|c\td;", '\t'},
    {"a|b", "1 a|b;", '|'},
    {"\x80 \x85,Espa\xF1" "a,\"\xC7\"", "1 \xE2\x82\xAC \xE2\x80\xA6|Espa\xC3\xB1" "a|\xC3\x87;", ',', "WINDOWS-1252"},
    {"a,\x81\nb", "1 a|\xEF\xBF\xBD!ERR_ENCODING 2 1;2 b;", ',', "WINDOWS-1252"},
    {"\xA4\xFF,\x85", "1 \xC2\xA4\xC3\xBF|\xC2\x85;", ',', "ISO-8859-1"},
};

static void test_files(void **state)
{
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        buf_reset(&b);
        show_file(slice_str(files[i].text), files[i].delimiter ? files[i].delimiter : ',',
            files[i].encoding ? files[i].encoding : "UTF-8", &b);
        if (!slice_is(buf_view(&b), files[i].rows))
            fail_msg("%s\ngives %s\nnot   %s", files[i].text, b.p ? b.p : "nothing", files[i].rows);
    }
    buf_reset(&b);
    show_file(SLICE("a\nb,c\0d\ne"), ',', "UTF-8", &b);
    assert_true(slice_eq(buf_view(&b), SLICE("1 a;2 b|c\0d!ERR_ENCODING 2 2;3 e;")));
    buf_free(&b);
}

static void test_open(void **state)
{
    static const char refused[] = {'"', '\n', '\r', 0, (char)0xA7};
    for (size_t i = 0; i < sizeof refused; i++)
        assert_null(csv_open(0, refused[i], "UTF-8"));
    assert_null(csv_open(0, ',', "UTF-16"));
    assert_null(csv_open(0, ',', "utf-8"));
    assert_null(csv_open(0, ',', ""));
    csv_close(NULL);
}

static void test_bad_fd(void **state)
{
    struct csv_row row;
    struct fault f = {0};
    struct csv *c = csv_open(-1, ',', "UTF-8");
    assert_int_equal(csv_next(c, &row, &f), ERR_IO);
    assert_int_equal(f.sys, 9); /* EBADF */
    assert_int_equal(csv_next(c, &row, NULL), ERR_IO);
    csv_close(c);
}

/* ---- chunks: the same rows wherever the text lies in the file ---- */

static void test_ends_of_chunks(void **state)
{
    const struct slice text = SLICE("q,\"a\"\"b\r\nc\",\"\"\r\nx\r\"y\n\",\xD9\x82\xE6\x9E\xAA,\"z\"w\r\n\n\"last\"");
    const char *want = "2 q|a\"b\r\nc|;4 x;4 y\n|\xD9\x82\xE6\x9E\xAA|zw!ERR_FORMAT 3 5;7 last;";
    size_t chunk = 64u << 10;
    char *padded = malloc(chunk + 200);
    struct buf b;
    buf_init(&b, 1u << 20);
    for (size_t before = chunk - text.n - 2; before < chunk + 2; before++) {
        memset(padded, 'p', before);
        padded[0] = '"';
        padded[before - 2] = '"';
        padded[before - 1] = '\n';
        memcpy(padded + before, text.p, text.n);
        buf_reset(&b);
        show_file(slice_of(padded, before + text.n), ',', "UTF-8", &b);
        assert_true(b.n > before);
        assert_string_equal(b.p + 2 + before - 3 + 1, want);
    }
    buf_free(&b);
    free(padded);
}

/* ---- limits ---- */

static long max_rss_kib(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static void test_cell_limit(void **state)
{
    static const size_t lengths[] = {CSV_FIELD_MAX - 1, CSV_FIELD_MAX, CSV_FIELD_MAX + 1, 10u << 20};
    for (size_t quoted = 0; quoted < 2; quoted++)
        for (size_t i = 0; i < 4; i++) {
            struct csv_row row;
            int fd = fd_of_parts(quoted ? "a,\"" : "a,", 'x', lengths[i], quoted ? "\",b\nc,d" : ",b\nc,d");
            struct csv *c = csv_open(fd, ',', "UTF-8");
            long before = max_rss_kib();
            assert_int_equal(csv_next(c, &row, NULL), OK);
            assert_true(max_rss_kib() - before < 4096);
            assert_int_equal(row.count, 3);
            bool fits = lengths[i] <= CSV_FIELD_MAX;
            assert_int_equal(row.fault.code, fits ? OK : ERR_TOO_LONG);
            assert_string_equal(row.fault.field, fits ? "" : "2");
            assert_int_equal(row.cells[1].n, fits ? lengths[i] : CSV_FIELD_MAX);
            assert_true(slice_is(row.cells[2], "b"));
            assert_int_equal(csv_next(c, &row, NULL), OK);
            assert_int_equal(row.fault.code, OK);
            assert_true(slice_is(row.cells[1], "d"));
            csv_close(c);
            close(fd);
        }
}

static void test_column_limit(void **state)
{
    for (size_t columns = CSV_COLUMNS_MAX - 1; columns <= CSV_COLUMNS_MAX + 2; columns++) {
        struct csv_row row;
        int fd = fd_of_parts("", ',', columns - 1, "z\nnext\n");
        struct csv *c = csv_open(fd, ',', "UTF-8");
        assert_int_equal(csv_next(c, &row, NULL), OK);
        bool fits = columns <= CSV_COLUMNS_MAX;
        assert_int_equal(row.count, fits ? columns : CSV_COLUMNS_MAX);
        assert_int_equal(row.fault.code, fits ? OK : ERR_TOO_LONG);
        assert_string_equal(row.fault.want, fits ? "" : "want.columns_max");
        assert_int_equal(csv_next(c, &row, NULL), OK);
        assert_true(row.count == 1 && row.fault.code == OK && row.line == 2);
        csv_close(c);
        close(fd);
    }
}

/* Ends with "row too long" on this line, and takes no memory on the way. */
static void assert_never_ends(int fd, int64_t line)
{
    struct csv_row row;
    struct fault f = {0};
    struct csv *c = csv_open(fd, ',', "UTF-8");
    enum err err;
    long before = max_rss_kib();
    while ((err = csv_next(c, &row, &f)) == OK)
        assert_int_equal(row.count, 2);
    assert_true(max_rss_kib() - before < 4096);
    assert_int_equal(err, ERR_TOO_LONG);
    assert_string_equal(f.want, "want.row_max");
    assert_int_equal(f.line, line);
    csv_close(c);
    close(fd);
}

static void test_endless(void **state)
{
    assert_never_ends(open("/dev/zero", O_RDONLY), 1);
    assert_never_ends(fd_of_parts("a,b\n1,\"open\n", '\n', 20u << 20, ""), 2);
    assert_never_ends(fd_of_parts("a,b\n1,", 'x', 20u << 20, "\n2,3\n"), 2);
    assert_never_ends(fd_of_parts("a,b\n1,", ',', 20u << 20, "\n2,3\n"), 2);
}

static void test_row_limit(void **state)
{
    for (size_t over = 0; over < 2; over++) {
        struct csv_row row;
        struct fault f = {0};
        /* with both quotes and the end of line the maximum, or one more */
        int fd = fd_of_parts("first\n\"", '\n', CSV_ROW_MAX - 3 + over, "\"\nlast\n");
        struct csv *c = csv_open(fd, ',', "UTF-8");
        assert_int_equal(csv_next(c, &row, &f), OK);
        assert_int_equal(csv_next(c, &row, &f), over ? ERR_TOO_LONG : OK);
        assert_int_equal(csv_next(c, &row, &f), over ? ERR_TOO_LONG : OK);
        if (over)
            assert_true(f.line == 2 && strcmp(f.want, "want.row_max") == 0);
        else
            assert_int_equal(row.line, CSV_ROW_MAX);
        csv_close(c);
        close(fd);
    }
}

/* ---- random tables ---- */

static uint64_t seed = 7;

static unsigned chance(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % n;
}

/* Writes the cell as RFC 4180 has it, quoted where it must be and sometimes where it need not. */
static void write_cell(struct buf *out, struct slice cell)
{
    bool must = false;
    for (size_t i = 0; i < cell.n; i++)
        must |= strchr("\",\r\n", cell.p[i]) != NULL;
    if (!must && chance(3)) {
        buf_slice(out, cell);
        return;
    }
    buf_byte(out, '"');
    for (size_t i = 0; i < cell.n; i++)
        buf_str(out, cell.p[i] == '"' ? "\"\"" : (char[]){cell.p[i], 0});
    buf_byte(out, '"');
}

static struct slice random_cell(char out[64])
{
    static const char *const pieces[] = {"x", "PT92", "\"", ",", "\n", "\r\n", "\r", " ", "\xC3\xA9", "\xD8\xA3", "12345678"};
    size_t n = 0;
    for (unsigned left = chance(6); left; left--) {
        const char *piece = pieces[chance(sizeof pieces / sizeof *pieces)];
        memcpy(out + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return slice_of(out, n);
}

static void test_random_tables(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    for (int round = 0; round < 300; round++) {
        struct buf file, want, got;
        long line = 1;
        buf_init(&file, 4u << 20);
        buf_init(&want, 4u << 20);
        buf_init(&got, 4u << 20);
        for (unsigned rows = chance(200); rows; rows--) {
            unsigned columns = 2 + chance(5);
            size_t from = file.n;
            buf_printf(&want, "%ld ", line);
            for (unsigned i = 0; i < columns; i++) {
                char text[64];
                struct slice cell = random_cell(text);
                buf_str(&file, i ? "," : "");
                buf_str(&want, i ? "|" : "");
                write_cell(&file, cell);
                buf_slice(&want, cell);
            }
            buf_byte(&want, ';');
            buf_str(&file, ends[chance(3)]);
            for (size_t i = from; i < file.n; i++)
                line += file.p[i] == '\n';
        }
        show_file(buf_view(&file), ',', "UTF-8", &got);
        assert_true(slice_eq(buf_view(&got), buf_view(&want)));
        buf_free(&file);
        buf_free(&want);
        buf_free(&got);
    }
}

/* ---- against a reading byte by byte ---- */

/* The same rules over the whole text, with nothing read ahead: what a row is, told as show_row does. */
struct naive {
    struct slice text;
    size_t at;
    char delimiter;
    int64_t line;
    struct buf *out;
};

static bool ends(const struct naive *x, char c)
{
    return c == x->delimiter || c == '\r' || c == '\n';
}

static void naive_fault(char fault[64], enum err code, size_t column, int64_t line)
{
    if (!*fault)
        snprintf(fault, 64, "!%s %zu %ld", err_name(code), column + 1, (long)line);
}

/* One cell; false when the file ends inside its quotes. */
static bool naive_cell(struct naive *x, size_t column, char fault[64])
{
    char cell[4096];
    size_t n = 0;
    int64_t line = x->line;
    bool quoted = x->at < x->text.n && x->text.p[x->at] == '"';
    for (x->at += quoted; quoted;) {
        if (x->at == x->text.n)
            return false;
        char c = x->text.p[x->at++];
        if (c == '"' && x->at < x->text.n && x->text.p[x->at] == '"')
            x->at++;
        else if (c == '"')
            break;
        x->line += c == '\n';
        cell[n++] = c;
    }
    if (quoted && x->at < x->text.n && !ends(x, x->text.p[x->at]))
        naive_fault(fault, ERR_FORMAT, column, x->line);
    while (x->at < x->text.n && !ends(x, x->text.p[x->at]))
        cell[n++] = x->text.p[x->at++];
    assert_true(n < sizeof cell);
    struct slice s = slice_of(cell, n);
    ptrdiff_t bad = slice_nul(s) >= 0 ? slice_nul(s) : slice_utf8_fault(s);
    for (ptrdiff_t i = 0; i < bad; i++)
        line += cell[i] == '\n';
    if (bad >= 0)
        naive_fault(fault, ERR_ENCODING, column, line);
    buf_str(x->out, column ? "|" : "");
    buf_slice(x->out, s);
    return true;
}

static bool naive_row(struct naive *x)
{
    char fault[64] = "";
    size_t column = 0;
    buf_printf(x->out, "%ld ", (long)x->line);
    for (;; x->at++) {
        if (!naive_cell(x, column++, fault))
            return false;
        if (x->at == x->text.n || x->text.p[x->at] != x->delimiter)
            break;
    }
    buf_printf(x->out, "%s;", fault);
    return true;
}

static void naive_file(struct slice text, char delimiter, struct buf *out)
{
    struct naive x = {text, slice_starts(text, "\xEF\xBB\xBF") ? 3 : 0, delimiter, 1, out};
    while (x.at < text.n) {
        size_t before = out->n;
        int64_t line = x.line;
        bool empty = text.p[x.at] == '\r' || text.p[x.at] == '\n';
        if (!empty && !naive_row(&x)) {
            out->n = before;
            buf_printf(out, "!!%s %ld want.quote_end", err_name(ERR_FORMAT), (long)line);
            return;
        }
        char end = x.at < text.n ? text.p[x.at++] : '\n';
        x.line += end == '\n';
        if (end == '\r' && x.at < text.n && text.p[x.at] == '\n')
            x.at++, x.line++;
    }
}

/* Bytes that mean something, among runs of those that do not, of every length up to some words. */
static void put_anything(struct buf *out)
{
    static const struct {
        const char *p;
        size_t n;
    } pieces[] = {{",", 1}, {",", 1}, {",", 1}, {",\"", 2}, {"\"", 1}, {"\"\"", 2}, {"\",", 2}, {"\n", 1}, {"\r\n", 2}, {"\r", 1}, {";", 1}, {"\t", 1}, {"\0", 1},
        {"\x80", 1}, {"\xC3\xA9", 2}, {"\xFF", 1}, {"\x0B", 1}, {"\x0C", 1}, {"-", 1}, {"+", 1}, {"\x8D\x8A", 2}, {"\xAC", 1}};
    size_t i = chance(2 * sizeof pieces / sizeof *pieces);
    if (i < sizeof pieces / sizeof *pieces)
        buf_add(out, pieces[i].p, pieces[i].n);
    else
        buf_slice(out, slice_of("abcdefghijklmnopqrstuvwxyz0123456789", chance(25)));
}

static void test_any_bytes_as_one_by_one(void **state)
{
    static const char delimiters[] = ",;\t|";
    for (int round = 0; round < 4000; round++) {
        struct buf file, want, got;
        char delimiter = chance(2) ? ',' : delimiters[chance(4)];
        size_t border = round % 8 ? 0 : CHUNK_BYTES - 40 + chance(40);
        buf_init(&file, 1u << 20);
        buf_init(&want, 1u << 20);
        buf_init(&got, 1u << 20);
        while (file.n < border) /* what follows lies across the end of the first chunk */
            buf_str(&file, "row\n");
        for (unsigned left = chance(60); left; left--)
            put_anything(&file);
        naive_file(buf_view(&file), delimiter, &want);
        show_file(buf_view(&file), delimiter, "UTF-8", &got);
        if (!slice_eq(buf_view(&got), buf_view(&want)))
            fail_msg("round %d", round);
        buf_free(&file);
        buf_free(&want);
        buf_free(&got);
    }
}

static void test_memory(void **state)
{
    int fd = fd_of(SLICE("a,b\n"));
    mem_test_fail_at(1);
    assert_null(csv_open(fd, ',', "UTF-8"));
    mem_test_fail_at(2);
    struct csv *c = csv_open(fd, ',', "UTF-8");
    struct csv_row row;
    assert_non_null(c);
    assert_int_equal(csv_next(c, &row, NULL), ERR_MEMORY);
    mem_test_fail_at(0);
    csv_close(c);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_bad_fd),
        cmocka_unit_test(test_ends_of_chunks),
        cmocka_unit_test(test_cell_limit),
        cmocka_unit_test(test_column_limit),
        cmocka_unit_test(test_endless),
        cmocka_unit_test(test_row_limit),
        cmocka_unit_test(test_random_tables),
        cmocka_unit_test(test_any_bytes_as_one_by_one),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
