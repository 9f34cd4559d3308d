#include "backup/list.h"
#include "base/buf.h"
#include <stdlib.h>
#include "base/banned.h"

#define HEADING "athar-backup 1"

/* ---- names ---- */

bool list_name_holds(struct slice name)
{
    bool begins = true;
    if (!name.n || name.n > LIST_NAME)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (c <= ' ' || c == 0x7f || (begins && (c == '.' || c == '/')))
            return false;
        begins = c == '/';
    }
    return !begins;
}

/* ---- lines ---- */

/* Up to the next `end`, which is taken off too; false when there is none. */
static bool take(struct slice *rest, char end, struct slice *out)
{
    const char *at = rest->n ? memchr(rest->p, end, rest->n) : NULL;
    if (!at)
        return false;
    *out = slice_of(rest->p, (size_t)(at - rest->p));
    *rest = slice_of(at + 1, rest->n - out->n - 1);
    return true;
}

static bool number(struct slice s, uint64_t max, uint64_t *out)
{
    return s.n && (s.n == 1 || s.p[0] != '0') && slice_u64(s, max, out);
}

static bool read_file(struct slice line, struct list_file *out)
{
    struct slice sum, bytes, changed;
    uint64_t when;
    if (!take(&line, ' ', &sum) || !take(&line, ' ', &bytes) || !take(&line, ' ', &changed) || !hex_to(sum, out->sum.b, sizeof out->sum.b) ||
        !number(bytes, INT64_MAX, &out->bytes) || !number(changed, INT64_MAX, &when) || !list_name_holds(line))
        return false;
    out->changed = (int64_t)when;
    out->name = line;
    return true;
}

enum err list_parse(struct slice text, struct list *out)
{
    struct list l = {0};
    struct slice line;
    enum err e = OK;
    while (!e && text.n) {
        struct list_file file;
        if (!take(&text, '\n', &line) || !read_file(line, &file) || (l.n && slice_cmp(l.file[l.n - 1].name, file.name) >= 0))
            e = ERR_DAMAGED;
        else
            e = list_add(&l, &file);
    }
    if (e)
        list_free(&l);
    else
        *out = l;
    return e;
}

void list_write(const struct list *l, struct buf *out)
{
    for (size_t i = 0; i < l->n; i++) {
        buf_hex(out, l->file[i].sum.b, sizeof l->file[i].sum.b);
        buf_byte(out, ' ');
        buf_dec(out, (int64_t)l->file[i].bytes);
        buf_byte(out, ' ');
        buf_dec(out, l->file[i].changed);
        buf_byte(out, ' ');
        buf_slice(out, l->file[i].name);
        buf_byte(out, '\n');
    }
}

/* ---- the list ---- */

void list_free(struct list *l)
{
    mem_free(l->file);
    *l = (struct list){0};
}

enum err list_add(struct list *l, const struct list_file *file)
{
    if (!mem_grow(&l->file, &l->cap, l->n + 1, LIST_FILES, sizeof *l->file))
        return ERR_MEMORY;
    l->file[l->n++] = *file;
    return OK;
}

static int by_name(const void *a, const void *b)
{
    return slice_cmp(((const struct list_file *)a)->name, ((const struct list_file *)b)->name);
}

void list_sort(struct list *l)
{
    if (l->n)
        qsort(l->file, l->n, sizeof *l->file, by_name);
}

const struct list_file *list_find(const struct list *l, struct slice name)
{
    struct list_file want = {.name = name};
    return l->n ? bsearch(&want, l->file, l->n, sizeof want, by_name) : NULL;
}

/* ---- the page ---- */

enum err list_page_parse(struct slice text, struct list_page *out)
{
    struct slice heading, made, size, sum;
    struct list_page p;
    uint64_t ms;
    if (!take(&text, '\n', &heading) || !slice_is(heading, HEADING) || !take(&text, '\n', &p.origin) || !p.origin.n || !take(&text, '\n', &made) ||
        !number(made, INT64_MAX, &ms) || !take(&text, '\n', &size) || !number(size, INT64_MAX, &p.size) || !take(&text, '\n', &sum) ||
        !hex_to(sum, p.list.b, sizeof p.list.b) || text.n)
        return ERR_FORMAT;
    p.made = (int64_t)ms;
    *out = p;
    return OK;
}

void list_page_write(const struct list_page *p, struct buf *out)
{
    buf_str(out, HEADING "\n");
    buf_slice(out, p->origin);
    buf_printf(out, "\n%lld\n%llu\n", (long long)p->made, (unsigned long long)p->size);
    buf_hex(out, p->list.b, sizeof p->list.b);
    buf_byte(out, '\n');
}
