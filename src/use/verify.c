#include "use/verify_in.h"
#include "base/file.h"
#include "use/clock.h"
#include <dirent.h>
#include <stdio.h>
#include "base/banned.h"

/* ---- the log ---- */

static enum err rows_open(void *arg, void **out, struct fault *f)
{
    struct store *s = NULL;
    enum err e = store_open(arg, STORE_BYTES, &s, f);
    *out = s;
    return e;
}
static enum err rows_each(void *rows, uint64_t from, uint64_t to, verify_row fn, void *arg, struct fault *f)
{
    return store_each_row(rows, from, to, fn, arg, f);
}
static void rows_close(void *rows)
{
    store_close(rows);
}

struct telling {
    const struct use_verify_in *in;
    const char *origin; /* folder of DIR/origins, or NULL: this office's own log */
};

static void on_found(void *arg, const struct verify_found *found)
{
    const struct telling *t = arg;
    char where[400];
    snprintf(where, sizeof where, "%s%s%s%s", t->origin ? "origins/" : "", t->origin ? t->origin : "",
        t->origin ? "/" : "", found->where);
    t->in->found(t->in->arg, verify_key(found->what), where, found->position);
}

static enum err find_key(const char *folder, struct slice given, struct note_key *out, struct fault *f)
{
    char path[TILES_DIR + 16];
    struct buf b;
    buf_init(&b, 1024);
    snprintf(path, sizeof path, "%s/vkey", folder);
    enum err e = given.n ? OK : file_read(path, &b, f);
    struct slice text = slice_trim(given.n ? given : buf_view(&b));
    if (!e && (note_key_parse(text, out) || out->type != NOTE_ED25519))
        e = given.n ? fault_set(f, ERR_FORMAT, "--key", text, "want.vkey") : fault_set(f, ERR_FORMAT, "vkey", slice_str(path), "want.vkey");
    buf_free(&b);
    return e;
}

static void show_key(const struct note_key *key, char *out, size_t size)
{
    struct buf b;
    buf_init(&b, 1024);
    note_key_write(key, &b);
    snprintf(out, size, "%s", b.p ? b.p : "");
    buf_free(&b);
}

/* The database as it is: its tree may be damaged, which is a finding and no reason to stop. */
static enum err look(struct app *app, const struct verify *v, struct use_verify_out *out, struct fault *f)
{
    struct store *s = NULL;
    struct tree tree;
    struct verify with = *v;
    const struct verify_rows rows = {rows_open, rows_each, rows_close, app->dir};
    enum err e = store_open(app->dir, STORE_BYTES, &s, f);
    if (e)
        return e;
    with.rows = &rows;
    with.tree = &tree;
    if (log_root(s, &tree, NULL))
        tree.size = UINT64_MAX; /* equal to none */
    e = verify_run(&with, &out->log, f);
    store_close(s);
    return e;
}

/* The logs of other offices that segments brought: each by the key with which it was taken. */
static enum err other_offices(
    struct app *app, const struct use_verify_in *in, struct use_verify_out *out, struct fault *f)
{
    char origins[TILES_DIR], folder[TILES_DIR + 260];
    struct verify_result r;
    struct note_key key;
    enum err e = OK;
    snprintf(origins, sizeof origins, "%s/origins", app->dir);
    DIR *d = opendir(origins);
    for (struct dirent *x; !e && d && (x = readdir(d));) {
        struct telling t = {in, x->d_name};
        if (x->d_name[0] == '.')
            continue;
        snprintf(folder, sizeof folder, "%s/%s", origins, x->d_name);
        const struct verify v = {
            .dir = folder, .key = &key, .threads = in->threads, .entries = true, .found = on_found, .arg = &t};
        if (!(e = find_key(folder, SLICE(""), &key, f)) && !(e = verify_run(&v, &r, f)))
            out->log.wrong += r.wrong;
    }
    if (d)
        closedir(d);
    return e;
}

enum err use_verify(struct app *app, const struct use_verify_in *in, struct use_verify_out *out, struct fault *f)
{
    char folder[TILES_DIR];
    struct note_key key;
    struct telling own = {in, NULL};
    struct witness_list *w = mem_alloc(1, sizeof *w);
    *out = (struct use_verify_out){0};
    log_folder(app->dir, folder);
    enum err e = w ? use_witnesses(app->dir, w, f) : fault_set(f, ERR_MEMORY, "", SLICE(""), "");
    if (!e && !(e = find_key(folder, in->key, &key, f))) {
        struct verify v = {.dir = folder,
            .key = &key,
            .witness = w->key,
            .witnesses = w->n,
            .threads = in->threads,
            .entries = true,
            .found = on_found,
            .arg = &own};
        show_key(&key, out->key, sizeof out->key);
        if (!(e = look(app, &v, out, f)))
            e = other_offices(app, in, out, f);
    }
    mem_free(w);
    return e;
}

/* ---- what is derived ---- */

struct clock {
    const struct use_verify_in *in;
    struct use_derived_out *out;
    struct slice origin;
    int64_t recorded; /* of the own record before */
};

/* Where time runs back along the log: by how much tells whoever reads it whether a clock was ahead, or records were backdated. A record that says so is named, and is
 * no fault. */
static void tell_back(struct clock *c, uint64_t position, int64_t recorded, bool said)
{
    char to[25], from[25], both[64];
    time_text(recorded, to);
    time_text(c->recorded, from);
    snprintf(both, sizeof both, "%s < %s", to, from);
    c->out->wrong += !said;
    c->in->found(c->in->arg, said ? "verify.clock_corrected" : "verify.clock", both, position);
}

/* Own records come at the time they say, and time does not run back along the log. */
static enum err look_at_clock(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct clock *c = arg;
    struct record r;
    c->out->records++;
    if (record_parse(bytes, &r)) {
        c->out->wrong++;
        c->in->found(c->in->arg, "verify.no_record", "record", position);
        return OK;
    }
    if (!slice_eq(r.h.origin, c->origin))
        return OK;
    if (received != r.h.recorded) {
        c->out->wrong++;
        c->in->found(c->in->arg, "verify.received", "record", position);
    }
    if (r.h.recorded < c->recorded)
        tell_back(c, position, r.h.recorded, slice_is(r.h.kind, CLOCK_KIND));
    c->recorded = r.h.recorded;
    return OK;
}

static struct slice next_line(struct slice *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct slice line = slice_of(rest->p, n);
    *rest = slice_of(rest->p + n + (end != NULL), rest->n - n - (end != NULL));
    return line;
}

void verify_wrong_table(struct use_derived_out *out, const char *table)
{
    size_t used = strlen(out->wrong_tables);
    snprintf(out->wrong_tables + used, sizeof out->wrong_tables - used, "%s%s", used ? " " : "", table);
    out->wrong++;
}

/* Lines "table rows digest" of the tables as they are and as they would be. */
static void compare(const struct use_verify_in *in, struct slice is, struct slice would_be, struct use_derived_out *out)
{
    while (is.n || would_be.n) {
        struct slice a = next_line(&is), b = next_line(&would_be);
        const char *end = a.n ? memchr(a.p, ' ', a.n) : NULL;
        char table[32];
        if (slice_eq(a, b))
            continue;
        snprintf(table, sizeof table, "%.*s", end ? (int)(end - a.p) : 0, a.p ? a.p : "");
        if (strstr(out->wrong_tables, table)) /* its rows and their places */
            continue;
        verify_wrong_table(out, table);
        in->found(in->arg, "verify.derived", table, 0);
    }
}

static enum err compare_tables(
    struct store *s, const struct use_verify_in *in, struct use_derived_out *out, struct fault *f)
{
    struct buf is, would_be;
    struct derive_watch w = {.threads = in->threads};
    uint64_t derived = 0, size = 0;
    bool same = true;
    buf_init(&is, 1u << 16);
    buf_init(&would_be, 1u << 16);
    enum err e = store_size(s, &size, f);
    if (!e && (store_derived(s, &derived, NULL) || derived < size)) /* rows are to be made: not of a log that was cut back or exchanged */
        e = log_continues(s, f);
    if (!e && !(e = store_heal(s, f)) && !(e = store_derived(s, &derived, f)) && !(e = store_stamped(s, &same, f)) && !same)
        in->found(in->arg, "verify.stamp", "covered", 0); /* no fault of the data: not counted */
    if (!e && derived > size) {
        out->wrong++;
        in->found(in->arg, "verify.derived", "meta", derived);
    }
    if (!e && derived < size) /* what a kill left is made up for, as each writer does first */
        e = store_derive(s, &w, f);
    if (!e && !(e = store_dump_digest(s, &is, f)) && !(e = store_dump_places(s, &is, f)) && !(e = store_rebuild_digest(s, &w, &would_be, f)))
        compare(in, buf_view(&is), buf_view(&would_be), out);
    buf_free(&is);
    buf_free(&would_be);
    return e;
}

/* A damaged page of keys shows otherwise only when somebody whose key was in it is looked up. */
static void look_at_keys(struct store *s, const struct use_verify_in *in, struct use_derived_out *out)
{
    if (keys_check(store_key_store(s), NULL)) {
        out->wrong++;
        in->found(in->arg, "verify.keys", "keystore", 0);
    }
}

enum err use_verify_derived(
    struct app *app, const struct use_verify_in *in, struct use_derived_out *out, struct fault *f)
{
    struct store *s = NULL;
    *out = (struct use_derived_out){0};
    enum err e = store_open(app->dir, STORE_CHECK, &s, f);
    if (e)
        return e;
    struct clock c = {in, out, store_origin(s), INT64_MIN};
    look_at_keys(s, in, out);
    if (!(e = store_scan(s, 0, INT64_MAX, look_at_clock, &c, f)))
        e = compare_tables(s, in, out, f);
    if (!e)
        e = verify_documents(s, in, out, f);
    store_close(s);
    return e;
}

/* ---- witnesses ---- */

static bool read_witness(struct slice line, struct witness_list *out)
{
    const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
    if (!space || out->n == WITNESSES_MAX ||
        note_key_parse(slice_of(line.p, (size_t)(space - line.p)), &out->key[out->n]) ||
        out->key[out->n].type != NOTE_COSIGNATURE)
        return false;
    struct slice url = slice_trim(slice_of(space, line.n - (size_t)(space - line.p)));
    if (!url.n || url.n >= sizeof out->url[0] || slice_nul(url) >= 0)
        return false;
    snprintf(out->url[out->n], sizeof out->url[0], SLICE_FMT, SLICE_ARG(url));
    out->n++;
    return true;
}

enum err use_witnesses(const char *dir, struct witness_list *out, struct fault *f)
{
    char path[600];
    struct buf b;
    out->n = 0;
    snprintf(path, sizeof path, "%s/witnesses", dir);
    buf_init(&b, 1u << 16);
    enum err e = file_read(path, &b, f);
    if (e == ERR_NOT_FOUND) {
        e = OK;
        if (f)
            *f = (struct fault){0};
    }
    struct slice rest = buf_view(&b);
    for (int64_t number = 1; !e && rest.n; number++) {
        struct slice line = slice_trim(next_line(&rest));
        if (line.n && line.p[0] != '#' && !read_witness(line, out)) {
            e = fault_set(f, ERR_FORMAT, "witnesses", line, "want.witness_line");
            if (f)
                f->line = number;
        }
    }
    buf_free(&b);
    return e;
}
