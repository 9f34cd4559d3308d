#include "use/fill.h"
#include "store/erase.h"
#include <stdio.h>
#include "base/banned.h"

#define GROUP 8192 /* records a commit */
#define GROUP_MEMORY ((size_t)640 << 20)
#define DOCUMENTS 65536 /* rows a commit */
#define OFFICES 256
#define ONE_RECORD (64u << 20)

/* ---- the log ---- */

struct filling {
    const struct fill *in;
    struct log *log;
    struct arena group;
    struct slice *bytes; /* of the group, in the arena */
    int64_t *received;
    size_t n;
};

/* What an interrupted call left must be the beginning of the source. */
static enum err same_beginning(struct filling *x, struct fault *f)
{
    struct hash ours = tree_root(&x->log->tree), theirs;
    if (x->log->tree.size > x->in->size)
        return fault_set(f, ERR_CONFLICT, "copy", slice_str(store_dir(x->log->store)), "want.copy_of_same");
    enum err e = x->in->root_at(x->in->arg, x->log->tree.size, &theirs, f);
    return e || hash_eq(&ours, &theirs) ? e : fault_set(f, ERR_CONFLICT, "copy", slice_str(store_dir(x->log->store)), "want.copy_of_same");
}

static enum err hold(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct filling *x = arg;
    if (x->n == GROUP)
        return fault_set(f, ERR_BUG, "record", SLICE(""), "");
    x->bytes[x->n] = arena_copy(&x->group, bytes);
    x->received[x->n] = received;
    return x->bytes[x->n++].p ? OK : fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
}

static enum err put_group(void *arg, struct fault *f)
{
    struct filling *x = arg;
    enum err e = OK;
    for (size_t i = 0; !e && i < x->n; i++) {
        struct hash id = record_id(x->bytes[i]);
        e = log_append(x->log, x->bytes[i], &id, x->received[i], NULL, f);
    }
    return e;
}

static enum err fill_group(struct filling *x, struct fault *f)
{
    uint64_t from = x->log->tree.size, to = x->in->size - from > GROUP ? from + GROUP : x->in->size;
    arena_reset(&x->group);
    x->n = 0;
    x->bytes = arena_array(&x->group, GROUP, sizeof *x->bytes);
    x->received = arena_array(&x->group, GROUP, sizeof *x->received);
    if (!x->bytes || !x->received)
        return fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
    enum err e = x->in->scan(x->in->arg, from, to, hold, x, f);
    if (!e && x->n != to - from)
        e = fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
    return e ? e : log_group(x->log, put_group, x, f);
}

static bool stopped(const struct fill *in)
{
    return in->stop && in->stop(in->watch);
}

static enum err fill_groups(struct filling *x, struct fault *f)
{
    const struct fill *in = x->in;
    enum err e = same_beginning(x, f);
    for (unsigned groups = 1; !e && x->log->tree.size < in->size; groups++) {
        if (stopped(in))
            return fault_set(f, ERR_INTERRUPTED, "copy", SLICE(""), in->again);
        e = fill_group(x, f);
        if (!e && groups % 16 == 0)
            e = store_tend(x->log->store, f);
        if (!e && in->progress)
            in->progress(in->watch, "records", x->log->tree.size, in->size);
    }
    struct hash ours = tree_root(&x->log->tree);
    return e || hash_eq(&ours, &in->root) ? e : fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
}

enum err fill_log(const struct fill *in, struct log *l, struct fault *f)
{
    struct filling x = {.in = in, .log = l};
    arena_init(&x.group, GROUP_MEMORY);
    enum err e = fill_groups(&x, f);
    arena_free(&x.group);
    return e;
}

/* ---- beside it ---- */

struct beside {
    const struct fill *in;
    struct store *s;
    struct arena a;
    struct document_row *row;
    size_t n, waiting; /* rows held here; those that wait for their places in the table */
    struct {
        char name[112]; /* of the count: "from ORIGIN" */
        uint64_t records;
    } *office;
    size_t offices;
};

static enum err commit(struct beside *x, enum err e, struct fault *f)
{
    if (!e)
        return store_commit(x->s, f);
    store_rollback(x->s);
    return e;
}

static enum err put_documents(struct beside *x, struct fault *f)
{
    size_t n = x->n;
    x->n = 0;
    enum err e = n ? store_begin(x->s, f) : OK;
    if (e || !n || (e = commit(x, store_documents_wait(x->s, x->row, n, f), f)))
        return e;
    x->waiting += n;
    if (x->waiting < DOCUMENTS_WAITING)
        return OK;
    x->waiting = 0;
    return store_documents_settle(x->s, f);
}

static enum err count_office(struct beside *x, struct slice origin, struct fault *f)
{
    char name[112];
    size_t i = 0;
    if (slice_eq(origin, store_origin(x->s)))
        return OK;
    snprintf(name, sizeof name, "from " SLICE_FMT, SLICE_ARG(origin));
    while (i < x->offices && strcmp(x->office[i].name, name) != 0)
        i++;
    if (i == OFFICES)
        return fault_set(f, ERR_TOO_LONG, "origins", origin, "");
    if (i == x->offices)
        snprintf(x->office[x->offices++].name, sizeof x->office[i].name, "%s", name);
    x->office[i].records++;
    return OK;
}

/* An erased person's section does not open, and so his number does not come back. */
static enum err note_documents(struct beside *x, const struct record *r, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct event *ev = arena_alloc(&x->a, sizeof *ev);
    enum err e = ev ? OK : fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
    if (!e && (e = store_event(x->s, &x->a, bytes, position, received, SHOW_HOLDERS | SHOW_CASE, ev, NULL, f)) == ERR_KEY)
        return OK; /* another office's, whose key is not here */
    for (size_t i = 0; !e && i < ev->party_count; i++)
        if (x->n < DOCUMENTS && document_token(store_keys(x->s)->blind, ev->party[i].document, x->row[x->n].token))
            x->row[x->n++].party = ev->party[i].id;
    return e;
}

static enum err look(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct beside *x = arg;
    struct record r;
    bool person = false;
    enum err e = record_parse(bytes, &r);
    if (e)
        return fault_set(f, e, "record", SLICE(""), "");
    for (size_t i = 0; i < r.section_count; i++)
        person |= r.section[i].kind == SECTION_PERSON;
    arena_reset(&x->a);
    e = count_office(x, r.h.origin, f);
    return e || !person ? e : note_documents(x, &r, position, received, bytes, f);
}

static enum err look_at_all(struct beside *x, struct fault *f)
{
    uint64_t size;
    enum err e = store_size(x->s, &size, f);
    for (uint64_t at = 0; !e && at < size; at += GROUP) {
        if (stopped(x->in))
            return fault_set(f, ERR_INTERRUPTED, "copy", SLICE(""), x->in->again);
        e = store_scan(x->s, at, at + GROUP < size ? at + GROUP : size, look, x, f);
        if (!e && x->n > DOCUMENTS / 2)
            e = put_documents(x, f);
        if (!e && x->in->progress)
            x->in->progress(x->in->watch, "persons", at, size);
    }
    if (!e)
        e = put_documents(x, f);
    return e ? e : store_documents_settle(x->s, f);
}

static enum err put_counts(struct beside *x, struct fault *f)
{
    char text[24];
    enum err e = x->offices ? store_begin(x->s, f) : OK;
    if (e || !x->offices)
        return e;
    for (size_t i = 0; !e && i < x->offices; i++) {
        int n = snprintf(text, sizeof text, "%llu", (unsigned long long)x->office[i].records);
        e = store_meta_set(x->s, x->office[i].name, slice_of(text, (size_t)n), f);
    }
    return commit(x, e, f);
}

enum err fill_beside(const struct fill *in, struct store *s, struct fault *f)
{
    struct beside x = {.in = in, .s = s, .row = mem_alloc(DOCUMENTS, sizeof *x.row), .office = mem_alloc(OFFICES, sizeof *x.office)};
    arena_init(&x.a, ONE_RECORD);
    enum err e = x.row && x.office ? keys_load(store_key_store(s), f) : fault_set(f, ERR_MEMORY, "persons", SLICE(""), "");
    if (!e && !(e = look_at_all(&x, f)))
        e = put_counts(&x, f);
    arena_free(&x.a);
    mem_free(x.row);
    mem_free(x.office);
    return e;
}
