/* How a tree grows: a leaf takes rows until one does not fit. Then its last row goes up into the page above, with the leaf's number, and the
 * row that did not fit begins the next leaf; pages above do the same with what comes up to them. So a page is written once, no page is
 * empty, and the rows of the tree are those of its leaves and of the pages above together, as the format wants it. The topmost page is
 * written last, into the root that SQLite gave the table. */
#include "store/sqlite_build.h"
#include "base/arena.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "base/banned.h"

#define PAGE SQLITE_BUILD_PAGE
#define RUN 64u /* pages that a table takes, and writes, at a time */
#define THREADS 2
#define LEVELS 20
#define ROW_MAX 4000u /* below 4,086, where rows would go on in other pages: (16384 - 12) * 64 / 255 - 23 */
#define PAGES_MAX 0x7fffffffu
enum { LEAF = 0x0A, ABOVE = 0x02, LEAF_HEAD = 8, ABOVE_HEAD = 12 };
enum { AT_CHANGES = 24, AT_PAGES = 28, AT_FREE = 32, AT_FREE_COUNT = 36, AT_VALID_FOR = 92, HEADER = 100 };

struct level { /* the page that is being filled */
    uint8_t page[PAGE];
    size_t n, free_end, last; /* cells; where their bytes begin; size of the last */
};
struct builder { /* one table */
    struct build *all;
    const struct build_table *table;
    struct level *level[LEVELS];
    size_t levels;
    uint8_t *run; /* RUN pages */
    uint32_t run_first, run_n;
    struct fault *f;
};
struct build {
    int fd;
    const char *path;
    const struct build_table *table;
    size_t n;
    uint32_t left[SQLITE_BUILD_TABLES][2]; /* pages of a table's last run that it did not need: [from, to) */
    atomic_uint next_page;
    atomic_size_t next_table;
};
struct hand {
    pthread_t thread;
    struct build *all;
    enum err err;
    struct fault fault;
};

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}
static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- rows: fileformat2 2.1 ---- */

static size_t put_varint(uint8_t *p, uint32_t v) /* below 2^14: nothing longer occurs */
{
    if (v < 128) {
        p[0] = (uint8_t)v;
        return 1;
    }
    p[0] = (uint8_t)(v >> 7 | 0x80);
    p[1] = (uint8_t)(v & 0x7f);
    return 2;
}

/* The smallest of the serial types that holds v, and its size. */
static uint32_t int_type(int64_t v, size_t *size)
{
    static const struct {
        uint8_t type, size;
    } types[] = {{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 6}, {6, 8}};
    size_t i = 0;
    *size = 0;
    if (v == 0 || v == 1)
        return v ? 9 : 8;
    while (types[i].size < 8 && (v < -(INT64_C(1) << (8 * types[i].size - 1)) || v >= INT64_C(1) << (8 * types[i].size - 1)))
        i++;
    *size = types[i].size;
    return types[i].type;
}

/* The row as a cell of a leaf: size, then the record. Its length, or 0 where it is too long. */
static size_t encode(const struct value *v, size_t n, uint8_t *out)
{
    uint8_t head[1 + 2 * LOAD_COLUMNS], body[ROW_MAX];
    size_t head_n = 1, body_n = 0;
    for (size_t i = 0; i < n; i++) {
        size_t size = v[i].is_null ? 0 : v[i].b.n;
        uint32_t type = v[i].is_null ? 0 : v[i].is_int ? int_type(v[i].i, &size) : 12 + 2 * (uint32_t)size;
        if (size > ROW_MAX - sizeof head - body_n)
            return 0;
        head_n += put_varint(head + head_n, type);
        if (v[i].is_int)
            for (size_t k = 0; k < size; k++)
                body[body_n + k] = (uint8_t)((uint64_t)v[i].i >> 8 * (size - 1 - k));
        else if (size)
            memcpy(body + body_n, v[i].b.p, size);
        body_n += size;
    }
    head[0] = (uint8_t)head_n;
    size_t at = put_varint(out, (uint32_t)(head_n + body_n));
    memcpy(out + at, head, head_n);
    memcpy(out + at + head_n, body, body_n);
    return at + head_n + body_n;
}

/* ---- pages ---- */

static enum err write_at(struct builder *b, const void *p, uint32_t page, uint32_t n)
{
    const char *from = p;
    size_t left = (size_t)n * PAGE;
    off_t at = (off_t)(page - 1) * PAGE;
    while (left) {
        ssize_t done = pwrite(b->all->fd, from, left, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return fault_sys(b->f, done ? errno : ENOSPC, b->all->path);
        from += done;
        at += done;
        left -= (size_t)done;
    }
    return OK;
}

/* To the file, and on its way to the disk: the sync at the end then waits for little. */
static enum err write_run(struct builder *b)
{
    enum err e = b->run_n ? write_at(b, b->run, b->run_first, b->run_n) : OK;
    if (!e && b->run_n)
        sync_file_range(b->all->fd, (off_t)(b->run_first - 1) * PAGE, (off_t)b->run_n * PAGE, SYNC_FILE_RANGE_WRITE);
    return e;
}

static enum err emit(struct builder *b, const struct level *l, uint32_t *number)
{
    if (!b->run_first || b->run_n == RUN) {
        enum err e = write_run(b);
        if (e)
            return e;
        b->run_first = atomic_fetch_add(&b->all->next_page, RUN);
        b->run_n = 0;
        if (b->run_first > PAGES_MAX - RUN)
            return fault_set(b->f, ERR_RANGE, b->all->path, SLICE(""), "");
    }
    memcpy(b->run + (size_t)b->run_n * PAGE, l->page, PAGE);
    *number = b->run_first + b->run_n++;
    return OK;
}

static size_t head_size(const struct level *l)
{
    return l->page[0] == LEAF ? LEAF_HEAD : ABOVE_HEAD;
}

static void start_page(struct level *l, uint8_t kind)
{
    memset(l->page, 0, PAGE);
    l->page[0] = kind;
    l->n = 0;
    l->free_end = PAGE;
}

static void close_page(struct level *l)
{
    put16(l->page + 3, l->n);
    put16(l->page + 5, l->free_end);
}

static bool fits(const struct level *l, size_t n)
{
    return head_size(l) + 2 * (l->n + 1) + n <= l->free_end;
}

static struct level *level_at(struct builder *b, size_t i)
{
    if (i < b->levels)
        return b->level[i];
    struct level *l = i < LEVELS ? mem_resize(NULL, sizeof *l) : NULL;
    if (!l)
        return NULL;
    start_page(l, i ? ABOVE : LEAF);
    b->level[b->levels++] = l;
    return l;
}

/* child: the page of what is lower than the cell; 0 in a leaf. */
static void place(struct level *l, uint32_t child, const uint8_t *cell, size_t n)
{
    size_t lead = l->page[0] == LEAF ? 0 : 4;
    l->last = n + lead;
    l->free_end -= l->last;
    if (lead)
        put32(l->page + l->free_end, child);
    memcpy(l->page + l->free_end + lead, cell, n);
    put16(l->page + head_size(l) + 2 * l->n++, l->free_end);
}

/* Takes the last cell back out of a full page: its bytes without the child, and in a page above, the child as the page's rightmost. */
static size_t take_last(struct level *l, uint8_t *cell)
{
    size_t lead = l->page[0] == LEAF ? 0 : 4, n = l->last - lead;
    uint8_t *at = l->page + l->free_end;
    if (lead)
        memcpy(l->page + 8, at, 4);
    memcpy(cell, at + lead, n);
    memset(at, 0, l->last);
    l->free_end += l->last;
    put16(l->page + head_size(l) + 2 * --l->n, 0);
    return n;
}

static enum err add(struct builder *b, size_t at, uint32_t child, const uint8_t *cell, size_t n)
{
    struct level *l = level_at(b, at);
    uint8_t up[ROW_MAX + 8];
    uint32_t number;
    if (!l)
        return fault_set(b->f, ERR_MEMORY, b->table->rows->table, SLICE(""), "");
    if (fits(l, n + 4)) {
        place(l, child, cell, n);
        return OK;
    }
    size_t up_n = take_last(l, up);
    close_page(l);
    enum err e = emit(b, l, &number);
    if (!e)
        e = add(b, at + 1, number, up, up_n);
    start_page(l, l->page[0]);
    place(l, child, cell, n);
    return e;
}

/* The right edge of the tree, from below; the topmost page is the root. */
static enum err finish(struct builder *b)
{
    uint32_t child = 0;
    enum err e = OK;
    for (size_t i = 0; !e && i < b->levels; i++) {
        struct level *l = b->level[i];
        close_page(l);
        if (i)
            put32(l->page + 8, child);
        e = i + 1 < b->levels ? emit(b, l, &child) : write_at(b, l->page, b->table->root, 1);
    }
    return e ? e : write_run(b);
}

/* ---- tables ---- */

static enum err write_rows(struct builder *b)
{
    const struct load *rows = b->table->rows;
    struct value v[LOAD_COLUMNS];
    uint8_t cell[ROW_MAX + 8];
    enum err e = rows->begin ? rows->begin(rows->arg) : OK;
    if (e)
        return fault_set(b->f, e, rows->table, SLICE(""), "");
    while (!e && rows->next(rows->arg, v)) {
        size_t n = encode(v, rows->columns, cell);
        e = n ? add(b, 0, 0, cell, n) : fault_set(b->f, ERR_TOO_LONG, rows->table, SLICE(""), "");
    }
    return e ? e : finish(b);
}

static enum err build_one(struct build *all, size_t i, struct fault *f)
{
    struct builder b = {.all = all, .table = &all->table[i], .f = f, .run = mem_resize(NULL, (size_t)RUN * PAGE)};
    enum err e = b.run ? write_rows(&b) : fault_set(f, ERR_MEMORY, "rows", SLICE(""), "");
    all->left[i][0] = b.run_first + b.run_n;
    all->left[i][1] = b.run_first ? b.run_first + RUN : 0;
    for (size_t k = 0; k < b.levels; k++)
        mem_free(b.level[k]);
    mem_free(b.run);
    return e;
}

static void *build_some(void *arg)
{
    struct hand *h = arg;
    size_t i;
    while (!h->err && (i = atomic_fetch_add(&h->all->next_table, 1)) < h->all->n)
        h->err = build_one(h->all, i, &h->fault);
    return NULL;
}

static enum err build_all(struct build *all, struct fault *f)
{
    struct hand h[THREADS] = {0};
    bool started[THREADS] = {0};
    enum err e = OK;
    for (size_t i = 0; i < THREADS; i++) {
        h[i].all = all;
        started[i] = i + 1 < THREADS && pthread_create(&h[i].thread, NULL, build_some, &h[i]) == 0;
    }
    build_some(&h[THREADS - 1]);
    for (size_t i = 0; i < THREADS; i++) {
        if (started[i])
            pthread_join(h[i].thread, NULL);
        if (!e && (e = h[i].err) && f)
            *f = h[i].fault;
    }
    return e;
}

/* ---- the file ---- */

/* Pages that no table needed, as one trunk page of the freelist: fewer than RUN a table. */
static enum err write_freelist(struct build *all, uint8_t header[HEADER], struct fault *f)
{
    uint8_t page[PAGE];
    uint32_t trunk = 0, n = 0;
    struct builder b = {.all = all, .f = f};
    memset(page, 0, sizeof page);
    for (size_t i = 0; i < all->n; i++)
        for (uint32_t p = all->left[i][0]; p < all->left[i][1]; p++, n++)
            if (n)
                put32(page + 4 + 4 * n, p);
            else
                trunk = p;
    put32(header + AT_FREE, trunk);
    put32(header + AT_FREE_COUNT, n);
    if (!n)
        return OK;
    put32(page + 4, n - 1);
    return write_at(&b, page, trunk, 1);
}

static enum err close_file(struct build *all, uint8_t header[HEADER], struct fault *f)
{
    uint32_t pages = atomic_load(&all->next_page) - 1, changes = get32(header + AT_CHANGES) + 1;
    enum err e = write_freelist(all, header, f);
    put32(header + AT_CHANGES, changes);
    put32(header + AT_VALID_FOR, changes);
    put32(header + AT_PAGES, pages);
    if (e)
        return e;
    errno = ENOSPC; /* a write that stops short sets none */
    if (ftruncate(all->fd, (off_t)pages * PAGE) || pwrite(all->fd, header, HEADER, 0) != HEADER || fsync(all->fd))
        return fault_sys(f, errno, all->path);
    return OK;
}

enum err sqlite_build(const char *path, const struct build_table *tables, size_t n, struct fault *f)
{
    uint8_t header[HEADER];
    struct build all = {.path = path, .table = tables, .n = n, .fd = open(path, O_RDWR | O_CLOEXEC)};
    if (all.fd < 0)
        return fault_sys(f, errno, path);
    enum err e = n > SQLITE_BUILD_TABLES ? fault_set(f, ERR_BUG, path, SLICE(""), "") : OK;
    if (!e && pread(all.fd, header, HEADER, 0) != HEADER)
        e = fault_set(f, ERR_DAMAGED, path, SLICE(""), "");
    if (!e) {
        atomic_init(&all.next_page, get32(header + AT_PAGES) + 1);
        atomic_init(&all.next_table, 0);
        if (!(e = build_all(&all, f)))
            e = close_file(&all, header, f);
    }
    if (close(all.fd) && !e)
        e = fault_sys(f, errno, path);
    return e;
}
