/* The pipeline of an import: the caller's thread writes group k-1 and then reads group k+1 while workers seal group k.
 *
 * Invariants:
 * 1. Rows are numbered, decided and written in the order of the file, whatever the number of workers.
 * 2. A group is one commit: its records are all there or none is.
 * 3. A row's claim is looked up before its records are made; claims of this run cannot meet, since each row of a file has
 *    its own occurrence number.
 * 4. Rejected rows of a group are written to the reject file before its commit.
 * 5. What was sealed before another process was found to have made a key of a person who is new here too (a shared key folder) is sealed anew: our new
 *    keys were thrown away with that commit, and the group that is being sealed may have been under them too. */
#include "intake/intake.h"
#include "base/csv.h"
#include "base/file.h"
#include "intake/claims.h"
#include "ledger/sequence.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define GROUP_MEMORY ((size_t)512 << 20)
#define GROUP_BYTES (32u << 20) /* of cells: a group of wide rows ends early */
#define WORKERS_MAX 16

enum row_fate { ROW_NEW, ROW_CHANGED, ROW_REJECTED };

struct group {
    struct arena cells;                /* rows as read */
    struct arena made[WORKERS_MAX];    /* records as sealed, an arena a worker */
    struct ahead_part *part[WORKERS_MAX]; /* rows derived of them; NULL where nobody takes them */
    uint64_t first[INTAKE_GROUP];      /* position of each task's first record, once appended */
    struct row_task task[INTAKE_GROUP];
    int64_t line[INTAKE_GROUP];
    uint8_t fate[INTAKE_GROUP];
    size_t n;
    size_t documents;                  /* numbers that its commit added */
    uint64_t rows, unchanged;          /* read into this group, and of them skipped */
    uint64_t offset;                   /* of the file, after the group */
};
struct work { /* one group handed to workers */
    const struct row_context *c;
    struct group *g;
    struct row_bench *bench;
    size_t from, step;
    enum err err;
    pthread_t thread;
};
struct run {
    const struct intake *in;
    struct map *map;
    struct row_context c;
    struct csv *csv;
    struct claims claims;
    struct counted counted;
    struct intake_counts *counts;
    struct arena opened; /* records of one changed row */
    int rejects; /* descriptor, -1 until needed */
    size_t workers, columns; /* of the heading */
    size_t documents;        /* numbers that wait for their places */
    struct arena names;
    struct slice *heading;
    struct row_bench *bench; /* one a worker */
    struct fault *f;
};

/* ---- reading ---- */

static struct slice *copy_cells(struct arena *a, const struct csv_row *row)
{
    struct slice *cells = arena_array(a, row->count ? row->count : 1, sizeof *cells);
    struct slice text = arena_copy(a, row->text);
    if (!cells || !text.p)
        return NULL;
    for (size_t i = 0; i < row->count; i++)
        cells[i] = slice_of(text.p + (row->cells[i].p - row->text.p), row->cells[i].n);
    return cells;
}

/* Records of the row as it was read before, and the heads of its subject: what the changed row builds on. */
static enum err find_old(struct run *r, struct group *g, const struct claim_row *known, struct row_task *t)
{
    uint64_t *at;
    size_t n;
    bool found;
    struct item_row item;
    struct subject_id *subject = arena_alloc(&g->cells, sizeof *subject);
    struct hash *old = arena_array(&g->cells, RECORD_SUPERSEDES, sizeof *old), *head = arena_array(&g->cells, RECORD_HEADS, sizeof *head);
    if (!subject || !old || !head)
        return fault_set(r->f, ERR_MEMORY, "row", SLICE(""), "");
    *subject = known->subject;
    t->subject = subject;
    t->supersedes = old;
    t->head = head;
    arena_reset(&r->opened);
    enum err e = store_subject_positions(r->in->store, &r->opened, subject, &at, &n, r->f);
    for (size_t i = e ? 0 : n; !e && i > 0 && t->supersedes_count < RECORD_SUPERSEDES; i--) {
        struct event *ev = arena_alloc(&r->opened, sizeof *ev);
        struct slice bytes;
        struct body_row row = {0};
        int64_t received;
        if (!ev)
            return fault_set(r->f, ERR_MEMORY, "row", SLICE(""), "");
        if ((e = store_read(r->in->store, &r->opened, at[i - 1], &bytes, &received, r->f)) ||
            (e = store_event(r->in->store, &r->opened, bytes, at[i - 1], received, SHOW_BODY, ev, &row, r->f)))
            break;
        if (row.given && memcmp(row.claim, t->claim, 16) == 0 && memcmp(row.digest, known->digest, 16) == 0)
            old[t->supersedes_count++] = ev->record;
    }
    if (!e && !(e = store_item(r->in->store, subject, &item, &found, r->f)) && found) {
        memcpy(head, item.head, item.head_count * sizeof *head);
        t->head_count = item.head_count;
    }
    return e;
}

/* A row that corrects or cancels another row: that row's records. One that names a row never read is rejected. */
static enum err find_replaced(struct run *r, struct group *g, struct row_task *t)
{
    struct row_task other = {0};
    for (size_t i = 0; i < r->map->record_count; i++) {
        const struct map_record *spec = &r->map->record[i];
        struct slice key = map_key(&spec->replaces, t->cells, t->cell_count, &g->cells);
        if (!key.n || !row_due(spec, t->cells, t->cell_count, &g->cells))
            continue;
        row_claim(&r->c, key, 0, other.claim);
        const struct claim_row *known = claims_find(&r->claims, other.claim);
        if (!known) {
            fault_set(&t->fault, ERR_NOT_FOUND, "replaces", key, "want.row_read_before");
            g->fate[g->n] = ROW_REJECTED;
            return OK;
        }
        enum err e = find_old(r, g, known, &other);
        t->subject = other.subject;
        t->supersedes = other.supersedes;
        t->supersedes_count = other.supersedes_count;
        t->head = other.head;
        t->head_count = other.head_count;
        return e;
    }
    return OK;
}

static void wrong_width(const struct csv_row *row, struct fault *f)
{
    char cells[24];
    snprintf(cells, sizeof cells, "%zu", row->count);
    fault_set(f, ERR_FORMAT, "cells", slice_str(cells), "want.as_many_cells_as_heading");
}

/* The reader numbers columns; people know them by the heading. */
static void bad_cell(const struct run *r, const struct fault *from, struct fault *out)
{
    uint64_t number;
    *out = *from;
    if (slice_u64(slice_str(from->field), r->columns, &number) && number)
        snprintf(out->field, sizeof out->field, "%.60s", r->heading[number - 1].p);
}

/* Decides one row; adds it to the group unless it is unchanged. */
static enum err decide(struct run *r, struct group *g, const struct csv_row *row)
{
    struct row_task *t = &g->task[g->n];
    *t = (struct row_task){.cell_count = row->count, .cells = copy_cells(&g->cells, row), .now = r->in->clock(r->in->app)};
    if (!t->cells)
        return fault_set(r->f, ERR_MEMORY, "row", SLICE(""), "");
    g->line[g->n] = row->line;
    g->rows++;
    if (row->fault.code)
        bad_cell(r, &row->fault, &t->fault);
    else if (row->count != r->columns)
        wrong_width(row, &t->fault);
    if (t->fault.code || row_rejected(r->map, t->cells, t->cell_count, &g->cells, &t->fault)) {
        g->fate[g->n++] = ROW_REJECTED;
        return OK;
    }
    struct slice key = row_key(r->map, t->cells, t->cell_count, &g->cells);
    if (!key.n) {
        fault_set(&t->fault, ERR_MISSING, "row_key", SLICE(""), "want.row_key");
        g->fate[g->n++] = ROW_REJECTED;
        return OK;
    }
    t->occurrence = counted_next(&r->counted, key);
    if (t->occurrence == UINT64_MAX)
        return fault_set(r->f, ERR_MEMORY, "row", SLICE(""), "");
    row_claim(&r->c, key, t->occurrence, t->claim);
    row_digest(r->map, t->cells, t->cell_count, t->digest);
    const struct claim_row *known = claims_find(&r->claims, t->claim);
    if (known && memcmp(known->digest, t->digest, 16) == 0) {
        g->unchanged++;
        return OK;
    }
    g->fate[g->n] = known ? ROW_CHANGED : ROW_NEW;
    enum err e = known ? find_old(r, g, known, t) : find_replaced(r, g, t);
    g->n += !e;
    return e;
}

static enum err fill(struct run *r, struct group *g, bool *end)
{
    struct csv_row row;
    size_t bytes = 0;
    arena_reset(&g->cells);
    g->n = g->rows = g->unchanged = 0;
    while (g->n < INTAKE_GROUP && g->rows < 8 * INTAKE_GROUP && bytes < GROUP_BYTES && g->cells.used < GROUP_MEMORY / 2) {
        enum err e = csv_next(r->csv, &row, r->f);
        if (e == ERR_NOT_FOUND) {
            *r->f = (struct fault){0}; /* the end of the file is no fault */
            *end = true;
            return OK;
        }
        if (e || (e = decide(r, g, &row)))
            return e;
        bytes += row.offset - g->offset;
        g->offset = row.offset;
    }
    return OK;
}

/* ---- sealing ---- */

/* A row may be the whole life of its firearm when the mapping lets no other row speak of it. */
static bool rows_stand_alone(const struct map *m)
{
    for (size_t i = 0; i < m->record_count; i++)
        if (m->record[i].subject != SUBJECT_ITEM || m->record[i].other.given || m->record[i].replaces.given)
            return false;
    return !m->subject_key.given;
}

/* What the records of a new firearm come to, while they are at hand; deriving later looks whether that is all of it. */
static enum err derive_row(struct work *w, size_t i)
{
    struct row_task *t = &w->g->task[i];
    struct ahead_part *p = w->g->part[w->from];
    if (!p || w->g->fate[i] != ROW_NEW || !t->record_count)
        return OK;
    return ahead_life(w->c->keys, p, &w->g->made[w->from], (uint32_t)i, &w->bench->item, w->bench->event, w->bench->header, w->bench->row,
        t->record_count, NULL);
}

static void *make(void *arg)
{
    struct work *w = arg;
    struct arena *a = &w->g->made[w->from];
    arena_reset(a);
    for (size_t i = w->from; i < w->g->n && !w->err; i += w->step)
        if (w->g->fate[i] != ROW_REJECTED && !(w->err = row_records(w->c, &w->g->task[i], w->bench, a)))
            w->err = derive_row(w, i);
    return NULL;
}

static void start_work(struct run *r, struct group *g, struct work *w)
{
    uint8_t seed[32];
    r->in->random(r->in->app, seed, sizeof seed);
    for (size_t i = 0; i < g->n; i++) { /* a seed a row: the group's, with the row's number in it */
        memcpy(g->task[i].seed, seed, sizeof seed);
        g->task[i].seed[0] ^= (uint8_t)i;
        g->task[i].seed[1] ^= (uint8_t)(i >> 8);
    }
    for (size_t i = 0; i < r->workers; i++) {
        w[i] = (struct work){.c = &r->c, .g = g, .bench = &r->bench[i], .from = i, .step = r->workers};
        if (pthread_create(&w[i].thread, NULL, make, &w[i])) {
            make(&w[i]); /* no thread to be had: do it here */
            w[i].thread = 0;
        }
    }
}

static enum err end_work(struct run *r, struct work *w)
{
    enum err e = OK;
    for (size_t i = 0; i < r->workers; i++) {
        if (w[i].thread)
            pthread_join(w[i].thread, NULL);
        w[i].thread = 0;
        if (!e && w[i].err)
            e = fault_set(r->f, w[i].err, "row", SLICE(""), "");
    }
    return e;
}

/* ---- writing ---- */

/* A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
static void csv_cell(struct buf *out, const char *s)
{
    buf_byte(out, '"');
    if (*s && strchr("=+-@", *s))
        buf_byte(out, '\'');
    for (; *s; s++) {
        if (*s == '"')
            buf_byte(out, '"');
        buf_byte(out, (uint8_t)*s);
    }
    buf_byte(out, '"');
}

static enum err open_rejects(struct run *r)
{
    static const char heading[] = "line,field,value,reason,accepted\n";
    if (r->rejects >= 0)
        return OK;
    r->rejects = open(r->in->rejects, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (r->rejects < 0)
        return fault_sys(r->f, errno, r->in->rejects);
    return file_write_all(r->rejects, heading, sizeof heading - 1, r->f);
}

/* What is wrong, and what would be accepted. */
static void put_reason(const struct lang *l, const struct fault *why, struct buf *out)
{
    struct buf what, want;
    buf_init(&what, 2048);
    buf_init(&want, 1024);
    if (l) {
        lang_fault_what(l, why, &what);
        lang_fault_want(l, why, &want);
    }
    csv_cell(out, what.n ? what.p : err_name(why->code));
    buf_byte(out, ',');
    csv_cell(out, want.n ? want.p : why->want);
    buf_free(&what);
    buf_free(&want);
}

static enum err write_reject(struct run *r, int64_t line, const struct fault *why)
{
    struct buf out;
    enum err e = open_rejects(r);
    if (e)
        return e;
    buf_init(&out, 16384);
    buf_printf(&out, "%lld,", (long long)(why->line ? why->line : line));
    csv_cell(&out, why->field);
    buf_byte(&out, ',');
    csv_cell(&out, why->value);
    buf_byte(&out, ',');
    put_reason(r->in->lang, why, &out);
    buf_byte(&out, '\n');
    e = out.err ? fault_set(r->f, out.err, r->in->rejects, SLICE(""), "") : file_write_all(r->rejects, out.p, out.n, r->f);
    buf_free(&out);
    return e;
}

static enum err write_rejects(struct run *r, struct group *g, uint64_t *n)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < g->n; i++)
        if (g->task[i].fault.code) {
            ++*n;
            e = write_reject(r, g->line[i], &g->task[i].fault);
        }
    return e;
}

static enum err append_documents(struct run *r, struct group *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        n += g->task[i].document_count;
    struct document_row *row = arena_array(&g->cells, n + 1, sizeof *row);
    if (!row)
        return fault_set(r->f, ERR_MEMORY, "document", SLICE(""), "");
    n = 0;
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->task[i].document_count; k++)
            row[n++] = g->task[i].document[k];
    g->documents = n && n < DOCUMENTS_WAITING / DOCUMENTS_RUNS ? DOCUMENTS_WAITING / DOCUMENTS_RUNS : n; /* few cost a run all the same */
    return store_documents_wait(r->in->store, row, n, r->f);
}

struct writing {
    struct run *r;
    struct group *g;
    struct intake_counts before, after;
};

static enum err append(void *arg, struct fault *f)
{
    struct writing *w = arg;
    struct group *g = w->g;
    struct intake_counts *c = &w->after;
    *c = w->before;
    for (size_t i = 0; i < g->n; i++) {
        const struct row_task *t = &g->task[i];
        g->first[i] = w->r->in->log->tree.size;
        for (size_t k = 0; k < t->record_count; k++) {
            enum err e = log_append(w->r->in->log, t->bytes[k], &t->id[k], t->now, NULL, f);
            if (e)
                return e;
        }
        c->records += t->record_count;
        c->added += t->record_count && g->fate[i] == ROW_NEW;
        c->changed += t->record_count && g->fate[i] == ROW_CHANGED;
    }
    return append_documents(w->r, g);
}

/* What the workers made is as if it had not been. */
static void unmake(struct run *r, struct group *g)
{
    for (size_t i = 0; i < g->n; i++)
        g->task[i].record_count = g->task[i].document_count = 0;
    for (size_t i = 0; i < r->workers && g->part[i]; i++) {
        ahead_part_free(g->part[i]);
        g->part[i] = ahead_part_new();
    }
}

/* Invariant 5. next: the group under way (NULL: none), by w; it is under way again afterwards. */
static enum err seal_again(struct run *r, struct group *now, struct group *next, struct work *w)
{
    enum err e = next ? end_work(r, w) : OK;
    if (e || (e = keys_load(r->c.persons, r->f)))
        return e;
    unmake(r, now);
    start_work(r, now, w);
    e = end_work(r, w);
    if (next) {
        unmake(r, next);
        start_work(r, next, w);
    }
    return e;
}

static enum err write_group(struct run *r, struct group *g, struct group *next, struct work *beside)
{
    struct writing w = {.r = r, .g = g, .before = *r->counts};
    struct patience p = {0};
    enum err e = write_rejects(r, g, &w.before.rejected);
    w.after = w.before;
    while (!e && (e = log_group(r->in->log, append, &w, r->f)) == ERR_CONFLICT && strcmp(r->f->field, "keys") == 0 && store_again(&p, ERR_BUSY, r->f))
        if ((e = seal_again(r, g, next, beside)))
            return e;
        else
            w.after = w.before;
    if (e)
        return e;
    r->documents += g->documents;
    w.after.rows += g->rows;
    w.after.unchanged += g->unchanged;
    w.after.bytes = g->offset;
    *r->counts = w.after;
    for (size_t i = 0; i < r->workers && g->part[i]; i++)
        if ((e = ahead_take(r->in->ahead, g->part[i], g->first)))
            return fault_set(r->f, e, "rows", SLICE(""), "");
    if (r->in->progress)
        r->in->progress(r->in->arg, r->counts);
    if (r->documents >= DOCUMENTS_WAITING) {
        r->documents = 0;
        if ((e = store_documents_settle(r->in->store, r->f)))
            return e;
    }
    size_t others; /* of writers beside us: we have the lease */
    return sequence_aside(r->in->log, r->in->clock(r->in->app), &others, r->f);
}

/* ---- the whole ---- */

/* Group by group: while workers make one, the one before it is written and the one after it is read into its place. */
static enum err pump(struct run *r, struct group *now, struct group *next)
{
    struct work w[WORKERS_MAX];
    bool end = false;
    unsigned groups = 0;
    enum err e = fill(r, now, &end), read = OK;
    if (!e && now->rows)
        start_work(r, now, w);
    next->offset = now->offset;
    next->n = next->rows = 0;
    if (!e && now->rows && !end)
        read = fill(r, next, &end);
    while (!e && now->rows) {
        e = end_work(r, w);
        bool more = !e && !read && next->rows;
        if (more)
            start_work(r, next, w);
        if (!e)
            e = write_group(r, now, more ? next : NULL, w);
        if (!e && ++groups % 32 == 0)
            e = store_tend(r->in->store, r->f);
        if (!e)
            e = read;
        if (!e && r->in->stop && r->in->stop(r->in->arg))
            e = fault_set(r->f, ERR_INTERRUPTED, "import", SLICE(""), "want.run_again");
        now->offset = next->offset;
        now->n = now->rows = 0;
        if (!e && more && !end)
            read = fill(r, now, &end);
        if (e && more)
            end_work(r, w);
        struct group *swap = now;
        now = next;
        next = swap;
    }
    return e;
}

static struct group *group_new(size_t parts)
{
    struct group *g = mem_alloc(1, sizeof *g);
    if (g)
        arena_init(&g->cells, GROUP_MEMORY);
    for (size_t i = 0; g && i < WORKERS_MAX; i++)
        arena_init(&g->made[i], GROUP_MEMORY);
    for (size_t i = 0; g && i < parts; i++)
        g->part[i] = ahead_part_new(); /* without memory: derived later */
    return g;
}

static void group_free(struct group *g)
{
    if (!g)
        return;
    arena_free(&g->cells);
    for (int i = 0; i < WORKERS_MAX; i++) {
        arena_free(&g->made[i]);
        ahead_part_free(g->part[i]);
    }
    mem_free(g);
}

static enum err read_heading(struct run *r)
{
    struct csv_row row;
    const char *other = csv_other_form(r->in->fd);
    enum err e = other ? fault_set(r->f, ERR_FORMAT, "file", slice_str(other), "want.csv_file") : csv_next(r->csv, &row, r->f);
    if (e)
        return e == ERR_NOT_FOUND ? fault_set(r->f, ERR_MISSING, "file", SLICE(""), "want.heading_row") : e;
    if (row.fault.code) {
        *r->f = row.fault;
        return row.fault.code;
    }
    r->columns = row.count;
    r->heading = copy_cells(&r->names, &row);
    return r->heading ? map_bind(r->map, row.cells, row.count, r->f) : fault_set(r->f, ERR_MEMORY, "row", SLICE(""), "");
}

static void measure(struct run *r)
{
    struct stat st;
    if (fstat(r->in->fd, &st) == 0 && S_ISREG(st.st_mode))
        r->counts->bytes_all = (uint64_t)st.st_size;
}

enum err intake_run(const struct intake *in, struct map *map, struct intake_counts *counts, struct fault *f)
{
    struct fault spare = {0};
    uint8_t seed[32];
    int64_t begun = time_mono_ns();
    struct run r = {.in = in, .map = map, .counts = counts, .rejects = -1, .f = f ? f : &spare,
        .workers = in->threads < 1 ? 2 : in->threads > WORKERS_MAX ? WORKERS_MAX : (size_t)in->threads};
    *counts = (struct intake_counts){0};
    arena_init(&r.opened, GROUP_MEMORY);
    r.c = (struct row_context){.map = map, .profile = store_profile(in->store), .keys = store_keys(in->store),
        .persons = store_key_store(in->store),
        .origin = store_origin(in->store), .office = in->office, .actor = in->actor};
    row_context_ready(&r.c);
    arena_init(&r.names, 2 * (size_t)CSV_ROW_MAX);
    size_t parts = in->ahead && rows_stand_alone(map) ? r.workers : 0;
    struct group *a = group_new(parts), *b = group_new(parts);
    r.bench = mem_alloc(r.workers, sizeof *r.bench);
    r.csv = csv_open(in->fd, map->delimiter, map->encoding);
    enum err e = a && b && r.bench ? OK : fault_set(r.f, ERR_MEMORY, "import", SLICE(""), "");
    for (size_t i = 0; r.bench && i < r.workers; i++)
        row_bench_init(&r.bench[i]);
    if (!e && !r.csv)
        e = fault_set(r.f, ERR_UNKNOWN_CODE, "encoding", slice_str(map->encoding), "want.mapping_encoding");
    in->random(in->app, r.counted.seed, sizeof r.counted.seed);
    in->random(in->app, seed, sizeof seed);
    keys_seed(r.c.persons, seed);
    seal_wipe(seed, sizeof seed);
    if (!e)
        e = keys_load(r.c.persons, r.f);
    measure(&r);
    if (!e && !(e = log_clock(in->log, in->clock(in->app), r.f)) && !(e = read_heading(&r)) &&
        !(e = claims_load(&r.claims, in->store, r.f)))
        e = pump(&r, a, b);
    counts->nanos = time_mono_ns() - begun;
    if (r.rejects >= 0)
        close(r.rejects);
    arena_free(&r.names);
    csv_close(r.csv);
    arena_free(&r.opened);
    claims_free(&r.claims);
    counted_free(&r.counted);
    group_free(a);
    group_free(b);
    for (size_t i = 0; r.bench && i < r.workers; i++)
        row_bench_free(&r.bench[i]);
    mem_free(r.bench);
    row_context_wipe(&r.c);
    return e;
}
