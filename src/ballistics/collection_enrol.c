/* Enrolment: each file is read once; one whose bytes are those of the last time keeps what was found then. */
#include "ballistics/collection_in.h"
#include "base/csv.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

/* ---- the table of class characteristics ---- */

/* column[i] = field of column i, CLASS_FIELDS = file, -1 = a remark that is not read. */
static enum err read_heading(const struct csv_row *row, int column[CSV_COLUMNS_MAX], struct fault *f)
{
    bool has_file = false;
    for (size_t i = 0; i < row->count; i++) {
        struct slice name = slice_trim(row->cells[i]);
        column[i] = slice_is(name, "file") ? CLASS_FIELDS : -1;
        has_file |= column[i] == CLASS_FIELDS;
        for (int k = 0; k < CLASS_FIELDS; k++)
            if (slice_is(name, class_names[k]))
                column[i] = k;
        if (column[i] < 0 && !slice_is(name, "note"))
            return fault_set(f, ERR_UNKNOWN_COLUMN, "table", name, "want.collection_columns");
    }
    return has_file ? OK : fault_set(f, ERR_UNKNOWN_COLUMN, "table", SLICE("file"), "want.collection_columns");
}

static enum err take_row(struct collection *c, const struct csv_row *row, const int *column, size_t columns, struct enrol_counts *n, struct fault *f)
{
    struct specimen *s = NULL;
    for (size_t i = 0; i < row->count && i < columns; i++)
        if (column[i] == CLASS_FIELDS)
            s = (struct specimen *)(uintptr_t)collection_find(c, slice_trim(row->cells[i])); /* ours, not yet shared */
    n->unmatched += !s;
    for (size_t i = 0; s && i < row->count && i < columns; i++) {
        struct slice v = slice_trim(row->cells[i]);
        if (column[i] < 0 || column[i] == CLASS_FIELDS || !v.n)
            continue;
        s->class[column[i]] = arena_copy(&c->arena, v);
        if (!s->class[column[i]].p)
            return fault_set(f, ERR_MEMORY, "table", SLICE(""), "");
    }
    return OK;
}

static enum err read_rows(struct collection *c, struct csv *csv, struct enrol_counts *n, struct fault *f)
{
    struct csv_row row;
    int column[CSV_COLUMNS_MAX];
    size_t columns = 0;
    enum err e = csv_next(csv, &row, f);
    if (!e)
        e = read_heading(&row, column, f);
    columns = e ? 0 : row.count;
    while (!e && !(e = csv_next(csv, &row, f))) {
        if (row.fault.code) {
            *f = row.fault;
            return row.fault.code;
        }
        e = take_row(c, &row, column, columns, n, f);
    }
    return e == ERR_NOT_FOUND ? OK : e;
}

static enum err read_table(struct collection *c, const struct enrol_ask *ask, struct enrol_counts *n, struct fault *f)
{
    char path[COLLECTION_PATH];
    enum err e = collection_path(c, SLICE(COLLECTION_TABLE), path, sizeof path, f);
    if (e)
        return e;
    int fd = open(ask->table ? ask->table : path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT && !ask->table ? OK : fault_sys(f, errno, ask->table ? ask->table : path);
    struct csv *csv = csv_open(fd, ',', "UTF-8");
    e = csv ? read_rows(c, csv, n, f) : fault_set(f, ERR_MEMORY, "table", SLICE(""), "");
    csv_close(csv);
    close(fd);
    return e;
}

/* ---- scans ---- */

static void take_figures(struct specimen *s, const struct x3p *x, struct arena *a)
{
    double scale = s->unit == X3P_MICROMETRES ? 1e-6 : 1;
    s->points = x->points;
    s->missing = x->missing;
    s->nx = x->size[0] > UINT32_MAX ? 0 : (uint32_t)x->size[0];
    s->ny = x->size[1] > UINT32_MAX ? 0 : (uint32_t)x->size[1];
    s->pitch = x->axis[X3P_X].increment * scale;
    s->span = (x->most - x->least) * scale;
    s->instrument = arena_copy(a, x->text[X3P_MODEL]);
    s->measured = arena_copy(a, x->text[X3P_DATE]);
    for (size_t i = 0; i < x->finding_count; i++)
        s->warnings += x3p_is_warning(x->finding[i].code);
}

/* What must hold that a scan can be compared. */
static enum err judge(struct specimen *s, const struct x3p *x, struct fault *f)
{
    struct surface surface;
    enum err e = x3p_surface(x, s->unit, &surface, f);
    if (e)
        return e;
    char text[48];
    size_t there = x->points - x->missing;
    bool few = there < COLLECTION_POINTS_LEAST;
    if (few)
        snprintf(text, sizeof text, "%zu", there);
    else
        snprintf(text, sizeof text, "%.4g um", fmax(surface.dx, surface.dy) * 1e6);
    if (few || surface.dx > COLLECTION_PITCH_MOST || surface.dy > COLLECTION_PITCH_MOST)
        e = fault_set(f, ERR_REFUSED, few ? "points" : "pitch", slice_str(text), few ? "want.fit_points" : "want.fit_pitch");
    surface_free(&surface);
    return e;
}

/* Files whose unit is not in doubt are never taken for micrometres, whatever was said of the others. */
static enum x3p_unit unit_of(const struct x3p *x, enum x3p_unit said)
{
    return x3p_has(x, X3P_FOUND_UNITS_PITCH) ? said : X3P_AS_STATED;
}

static enum err enrol_bytes(struct collection *c, struct specimen *s, struct slice bytes, const struct enrol_ask *ask)
{
    struct x3p x;
    enum err e = x3p_read(bytes, &x, &s->unfit);
    if (e)
        return e;
    s->unit = unit_of(&x, ask->unit);
    take_figures(s, &x, &c->arena);
    e = judge(s, &x, &s->unfit);
    x3p_free(&x);
    return e;
}

static void keep_figures(struct specimen *s, const struct specimen *old, struct arena *a)
{
    struct slice file = s->file, class[CLASS_FIELDS];
    memcpy(class, s->class, sizeof class);
    *s = *old;
    s->file = file;
    memcpy(s->class, class, sizeof class);
    s->instrument = arena_copy(a, old->instrument);
    s->measured = arena_copy(a, old->measured);
}

static enum err enrol_one(struct collection *c, struct specimen *s, const struct collection *old, const struct enrol_ask *ask, struct enrol_counts *n,
    struct fault *f)
{
    char path[COLLECTION_PATH];
    struct buf b;
    enum err e = collection_path(c, s->file, path, sizeof path, f);
    buf_init(&b, X3P_FILE_MAX);
    if (!e)
        e = file_read(path, &b, f);
    if (!e) {
        const struct specimen *before = old->enrolled ? collection_find(old, s->file) : NULL;
        s->sha = hash_of(b.p, b.n);
        bool same = before && hash_eq(&before->sha, &s->sha) && (before->unit == ask->unit || before->unfit.code == OK);
        if (same)
            keep_figures(s, before, &c->arena);
        else
            enrol_bytes(c, s, buf_view(&b), ask);
        n->unchanged += same;
        n->added += !same && !s->unfit.code;
        n->unfit += s->unfit.code != OK;
        if (s->unfit.code == ERR_MEMORY)
            e = fault_set(f, ERR_MEMORY, "file", s->file, "");
    }
    buf_free(&b);
    return e;
}

static enum err enrol_all(struct collection *c, const struct collection *old, const struct enrol_ask *ask, struct enrol_counts *n, struct fault *f)
{
    enum err e = read_table(c, ask, n, f);
    for (size_t i = 0; i < c->count && !e; i++) {
        if (ask->stop && ask->stop(ask->arg))
            return fault_set(f, ERR_INTERRUPTED, "dir", slice_str(c->dir), "");
        e = enrol_one(c, &c->item[i], old, ask, n, f);
        n->files++;
        if (ask->progress)
            ask->progress(ask->arg, i + 1, c->count);
    }
    return e;
}

static enum err write_list(const struct collection *c, struct fault *f)
{
    char path[COLLECTION_PATH];
    struct buf b;
    enum err e = collection_path(c, SLICE(COLLECTION_FILE), path, sizeof path, f);
    buf_init(&b, (size_t)128 << 20);
    collection_print(c, &b);
    if (!e)
        e = b.err ? fault_set(f, b.err, COLLECTION_FILE, SLICE(""), "") : file_replace(path, buf_view(&b), 0644, f);
    buf_free(&b);
    return e;
}

enum err collection_enrol(const struct enrol_ask *ask, struct enrol_counts *counts, struct fault *f)
{
    struct collection c, old;
    struct enrol_counts n = {0};
    memset(&old, 0, sizeof old);
    enum err e = collection_begin(ask->dir, &c, f);
    if (!e)
        e = collection_scan(&c, f);
    if (!e && collection_open(ask->dir, &old, NULL)) /* a list that cannot be read is made anew */
        memset(&old, 0, sizeof old);
    if (!e)
        e = enrol_all(&c, &old, ask, &n, f);
    if (!e)
        e = write_list(&c, f);
    collection_close(&old);
    collection_close(&c);
    if (!e)
        *counts = n;
    return e;
}
