#include "use/receipt.h"
#include "base/banned.h"

/* The checkpoint of that name in the folder, if it names the record. */
static bool covers(const char *folder, const char *name, uint64_t at, struct buf *note, struct checkpoint *c)
{
    bool found = false;
    buf_reset(note);
    return publish_read(folder, name, NULL, note, c, &found, NULL) == OK && found && at < c->size;
}

static enum err find(struct desk *d, struct slice text, uint64_t *at, struct fault *f)
{
    struct hash id;
    bool found = false;
    enum err e = OK;
    if (hex_to(text, id.b, sizeof id.b))
        e = store_find(d->store, &id, at, &found, f);
    else
        found = slice_u64(text, INT64_MAX, at);
    return e || found ? e : fault_set(f, ERR_NOT_FOUND, "record", text, "want.record_id");
}

static enum err prove(const char *folder, uint64_t at, const struct checkpoint *c, struct receipt *r, struct fault *f)
{
    struct tiles *t = tiles_new(folder, c->size);
    enum err e = t ? proof_inclusion(at, c->size, tiles_node, t, &r->proof) : ERR_MEMORY;
    mem_free(t);
    if (!e) /* never give what would not hold */
        e = check_inclusion(&r->record, at, c->size, &c->root, r->proof.hash, r->proof.n);
    return e ? fault_set(f, e, "log", slice_str(folder), "want.log_whole") : OK;
}

static enum err make(struct desk *d, const char *folder, struct slice record, struct buf *note, struct receipt *r, struct fault *f)
{
    struct slice bytes;
    struct checkpoint c;
    enum err e = find(d, record, &r->position, f);
    if (!e)
        e = store_read(d->store, &d->arena, r->position, &bytes, NULL, f);
    if (e)
        return e == ERR_NOT_FOUND ? fault_set(f, e, "record", record, "want.record_id") : e;
    if (!covers(folder, "cosigned", r->position, note, &c) && !covers(folder, "checkpoint", r->position, note, &c))
        return fault_set(f, ERR_NOT_FOUND, "checkpoint", record, "want.published");
    r->note = buf_view(note);
    r->record = record_id(bytes);
    return prove(folder, r->position, &c, r, f);
}

enum err use_receipt(struct app *app, struct slice record, enum receipt_form form, struct buf *out, struct fault *f)
{
    struct desk *d;
    struct buf note;
    struct receipt r = {0};
    char folder[TILES_DIR];
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    log_folder(app->dir, folder);
    buf_init(&note, NOTE_MAX);
    if (!(e = make(d, folder, record, &note, &r, f)) && (e = (form == RECEIPT_LINE ? receipt_line : receipt_json)(&r, out)))
        fault_set(f, e, "checkpoint", SLICE(""), "want.log_checkpoint");
    buf_free(&note);
    desk_give(app, d);
    return e;
}
