#include "ballistics/collection_in.h"
#include "base/file.h"
#include "domain/terms.h"
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include "base/banned.h"

#define MEMORY_MAX ((size_t)512 << 20)
#define LIST_MAX ((size_t)128 << 20)
#define WIDTH_TOLERANCE 0.10

const char *const class_names[CLASS_FIELDS] = {"make", "calibre", "firing_pin", "lands", "twist", "land_width_um", "groove_width_um", "ammunition"};

/* ---- the folder ---- */

static bool is_scan(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 4 && n < 200 && strcasecmp(name + n - 4, ".x3p") == 0 && slice_utf8_fault(slice_str(name)) < 0;
}

struct specimen *collection_add(struct collection *c, struct slice file, struct fault *f)
{
    if (!mem_grow(&c->item, &c->cap, c->count + 1, COLLECTION_MAX, sizeof *c->item)) {
        fault_set(f, c->count >= COLLECTION_MAX ? ERR_TOO_LONG : ERR_MEMORY, "dir", slice_str(c->dir), "");
        return NULL;
    }
    struct specimen *s = &c->item[c->count++];
    *s = (struct specimen){.file = arena_copy(&c->arena, file)};
    return s->file.p ? s : NULL;
}

static int by_file(const void *a, const void *b)
{
    return slice_cmp(((const struct specimen *)a)->file, ((const struct specimen *)b)->file);
}

enum err collection_begin(const char *dir, struct collection *c, struct fault *f)
{
    memset(c, 0, sizeof *c);
    arena_init(&c->arena, MEMORY_MAX);
    if (strlen(dir) >= sizeof c->dir)
        return fault_set(f, ERR_TOO_LONG, "dir", slice_str(dir), "");
    memcpy(c->dir, dir, strlen(dir) + 1);
    return OK;
}

enum err collection_scan(struct collection *c, struct fault *f)
{
    enum err e = OK;
    DIR *d = opendir(c->dir);
    if (!d)
        return fault_sys(f, errno, c->dir);
    for (struct dirent *entry; !e && (entry = readdir(d));)
        if (is_scan(entry->d_name) && !collection_add(c, slice_str(entry->d_name), f))
            e = f && f->code ? f->code : ERR_MEMORY;
    closedir(d);
    if (c->count)
        qsort(c->item, c->count, sizeof *c->item, by_file);
    return e;
}

enum err collection_path(const struct collection *c, struct slice file, char *out, size_t n, struct fault *f)
{
    if (snprintf(out, n, "%s/%.*s", c->dir, SLICE_ARG(file)) >= (int)n)
        return fault_set(f, ERR_TOO_LONG, "file", file, "");
    return OK;
}

/* ---- open ---- */

static enum err open_list(struct collection *c, struct fault *f)
{
    char path[COLLECTION_PATH];
    struct buf b;
    enum err e = collection_path(c, SLICE(COLLECTION_FILE), path, sizeof path, f);
    buf_init(&b, LIST_MAX);
    if (!e)
        e = file_read(path, &b, f);
    if (!e)
        e = collection_parse(c, buf_view(&b), f);
    buf_free(&b);
    c->enrolled = !e;
    return e;
}

enum err collection_open(const char *dir, struct collection *out, struct fault *f)
{
    struct collection c;
    enum err e = collection_begin(dir, &c, f);
    if (!e)
        e = open_list(&c, f);
    if (e == ERR_NOT_FOUND) {
        if (f)
            memset(f, 0, sizeof *f);
        e = collection_scan(&c, f);
    }
    if (e)
        collection_close(&c);
    else
        *out = c;
    return e;
}

void collection_close(struct collection *c)
{
    arena_free(&c->arena);
    mem_free(c->item);
    memset(c, 0, sizeof *c);
}

const struct specimen *collection_find(const struct collection *c, struct slice file)
{
    struct specimen key = {.file = file};
    return c->count ? bsearch(&key, c->item, c->count, sizeof *c->item, by_file) : NULL;
}

/* ---- one specimen ---- */

static enum err read_verified(const struct collection *c, const struct specimen *s, const char *path, struct hash *now, struct x3p *out, struct fault *f)
{
    struct buf b;
    buf_init(&b, X3P_FILE_MAX);
    enum err e = file_read(path, &b, f);
    if (!e) {
        *now = hash_of(b.p, b.n);
        if (c->enrolled && !hash_eq(now, &s->sha))
            e = fault_set(f, ERR_DAMAGED, "file", s->file, "want.collection_same");
    }
    if (!e)
        e = x3p_read(buf_view(&b), out, f);
    buf_free(&b);
    return e;
}

enum err collection_surface(const struct collection *c, struct slice file, struct surface *out, struct x3p *meta, struct hash *sha, struct fault *f)
{
    char path[COLLECTION_PATH];
    struct hash now;
    struct x3p x;
    const struct specimen *s = collection_find(c, file);
    if (!s)
        return fault_set(f, ERR_NOT_FOUND, "file", file, "want.collection_file");
    if (s->unfit.code) {
        if (f)
            *f = s->unfit;
        return ERR_REFUSED;
    }
    enum err e = collection_path(c, file, path, sizeof path, f);
    if (!e)
        e = read_verified(c, s, path, &now, &x, f);
    if (e)
        return e;
    e = x3p_surface(&x, s->unit, out, f);
    if (!e && sha)
        *sha = now;
    if (!e && meta)
        *meta = x;
    else
        x3p_free(&x);
    return e;
}

/* ---- class characteristics ---- */

static bool answers_nothing(struct slice v)
{
    return !v.n || slice_is(v, "unknown") || slice_is(v, "none seen") || slice_is(v, "not asked");
}

static bool same_text(struct slice a, struct slice b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static enum class_match match_term(enum term_list list, struct slice is, struct slice asked)
{
    struct term a = term_read(list, is, 0), b = term_read(list, asked, 0);
    if (a.answer == TERM_UNKNOWN || a.answer == TERM_NONE)
        return CLASS_OPEN;
    if (a.answer == TERM_LISTED && b.answer == TERM_LISTED)
        return strcmp(a.code, b.code) == 0 ? CLASS_YES : CLASS_NO;
    return same_text(is, asked) ? CLASS_YES : CLASS_NO;
}

static enum class_match match_width(struct slice is, struct slice asked)
{
    double a, b;
    if (!x3p_number(is, &a) || !x3p_number(asked, &b))
        return same_text(is, asked) ? CLASS_YES : CLASS_OPEN;
    return fabs(a - b) <= WIDTH_TOLERANCE * fmax(fabs(a), fabs(b)) ? CLASS_YES : CLASS_NO;
}

enum class_match collection_match(const struct specimen *s, const struct slice ask[CLASS_FIELDS])
{
    enum class_match least = CLASS_YES, m;
    for (int i = 0; i < CLASS_FIELDS; i++) {
        struct slice is = slice_trim(s->class[i]), asked = slice_trim(ask[i]);
        if (!asked.n)
            continue;
        if (answers_nothing(is))
            m = CLASS_OPEN;
        else if (i == CLASS_CALIBRE || i == CLASS_MAKE)
            m = match_term(i == CLASS_MAKE ? TERM_MAKE : TERM_CALIBRE, is, asked);
        else if (i == CLASS_LAND_WIDTH || i == CLASS_GROOVE_WIDTH)
            m = match_width(is, asked);
        else
            m = same_text(is, asked) ? CLASS_YES : CLASS_NO;
        least = m < least ? m : least;
    }
    return least;
}
