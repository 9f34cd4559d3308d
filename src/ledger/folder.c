/* Invariants:
 * 1. Nothing is named by the checkpoint of `to` before it is on disk and was hashed to the root that was signed.
 * 2. DIR/under-way counts records whose tiles are on disk beyond that checkpoint; it is believed only when they give the root that the
 *    log of `from` had at that size. */
#include "ledger/folder.h"
#include "base/arena.h"
#include "base/file.h"
#include "ledger/shelf.h"
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define STEP 65536u /* records between two notes of how far it came */

enum err folder_vkey(const char *dir, struct note_key *out, struct fault *f)
{
    char path[TILES_PATH + 8];
    struct buf b;
    buf_init(&b, 1024);
    snprintf(path, sizeof path, "%s/vkey", dir);
    enum err e = file_read(path, &b, f);
    if (!e && note_key_parse(slice_trim(buf_view(&b)), out))
        e = fault_set(f, ERR_FORMAT, "vkey", slice_str(dir), "want.vkey");
    buf_free(&b);
    return e;
}

enum err folder_each(const char *dir, uint64_t from, uint64_t to, uint64_t size, folder_entry fn, void *arg, struct fault *f)
{
    struct buf b;
    enum err e = OK;
    buf_init(&b, TILE_BUNDLE_MAX + 1);
    for (uint64_t at = from; !e && at < to;) {
        struct tile_id id = tile_of(TILE_ENTRIES, at / TILE_WIDTH, size);
        struct slice rest, entry;
        uint64_t here = id.index * TILE_WIDTH;
        buf_reset(&b);
        if ((e = tiles_read(dir, &id, &b, f)))
            break;
        for (rest = buf_view(&b); !e && here < to && tile_entry(&rest, &entry); here++)
            if (here >= at)
                e = fn(arg, entry, f);
        at = here;
    }
    buf_free(&b);
    return e;
}

/* ---- copying ---- */

struct copying {
    const char *from, *to;
    const struct note_key *key;
    const struct folder_watch *watch;
    struct checkpoint has, now; /* of `to`, of `from` */
    struct buf old, note;
    struct tiles *tiles; /* of `from` */
    struct shelf *shelf; /* of `to` */
};

static enum err put_entry(void *arg, struct slice bytes, struct fault *f)
{
    struct hash leaf = tree_leaf(bytes);
    return shelf_put(arg, bytes, &leaf, f);
}

static enum err put_file(const char *dir, const char *name, struct slice bytes, struct fault *f)
{
    char path[TILES_PATH + 8];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return file_replace(path, bytes, 0600, f);
}

/* What a folder's checkpoint says; of the empty log when there is none. */
static enum err says(const char *dir, const struct note_key *key, struct checkpoint *c, struct buf *note, struct fault *f)
{
    bool found;
    *c = (struct checkpoint){.root = hash_of("", 0)};
    return publish_read(dir, "checkpoint", key, note, c, &found, f);
}

static bool begins(struct copying *c, uint64_t size, const struct hash *root)
{
    struct hash before;
    return size <= c->now.size && !proof_root(size, tiles_node, c->tiles, &before) && hash_eq(&before, root);
}

static void note_path(const struct copying *c, char out[TILES_PATH])
{
    snprintf(out, TILES_PATH, "%s/under-way", c->to);
}

/* On from where an interrupted copy came to, if that is the beginning of this log; else from what the checkpoint names. */
static enum err open_shelf(struct copying *c, struct fault *f)
{
    char path[TILES_PATH];
    struct buf text;
    uint64_t at;
    buf_init(&text, 32);
    note_path(c, path);
    bool noted = !(c->watch && c->watch->anew) && !file_read(path, &text, NULL) && slice_u64(slice_trim(buf_view(&text)), INT64_MAX, &at) && at > c->has.size;
    buf_free(&text);
    if (noted && !shelf_open(c->shelf, c->to, at, NULL)) {
        struct hash root = tree_root(&c->shelf->tree);
        if (begins(c, at, &root))
            return OK;
    }
    if (noted)
        shelf_free(c->shelf);
    enum err e = shelf_open(c->shelf, c->to, c->watch && c->watch->anew ? 0 : c->has.size, f);
    struct hash edge = tree_root(&c->shelf->tree);
    if (!e && c->shelf->tree.size && !hash_eq(&edge, &c->has.root))
        shelf_clear(c->shelf);
    return e && e != ERR_MEMORY && c->shelf->dir[0] ? OK : e; /* lost or damaged tiles: all anew */
}

static enum err note_step(struct copying *c, struct fault *f)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%llu\n", (unsigned long long)c->shelf->tree.size);
    const struct folder_watch *w = c->watch;
    enum err e = shelf_sync(c->shelf, f);
    if (!e)
        e = put_file(c->to, "under-way", slice_of(text, (size_t)n), f);
    if (!e && w && w->progress)
        w->progress(w->arg, c->shelf->tree.size, c->now.size);
    return !e && w && w->stop && w->stop(w->arg) ? fault_set(f, ERR_INTERRUPTED, "log", SLICE(""), "want.again_goes_on") : e;
}

static enum err put_records(struct copying *c, struct fault *f)
{
    enum err e = OK;
    while (!e && c->shelf->tree.size < c->now.size) {
        uint64_t from = c->shelf->tree.size, to = c->now.size - from > STEP ? from + STEP : c->now.size;
        if (!(e = folder_each(c->from, from, to, c->now.size, put_entry, c->shelf, f)) && c->shelf->tree.size < to)
            e = fault_set(f, ERR_DAMAGED, "log", slice_str(c->from), "want.log_whole");
        if (!e && to < c->now.size)
            e = note_step(c, f);
    }
    return e;
}

static enum err finish(struct copying *c, struct fault *f)
{
    char path[TILES_PATH];
    struct hash root = tree_root(&c->shelf->tree);
    note_path(c, path);
    if (!hash_eq(&root, &c->now.root)) {
        unlink(path); /* the next call begins from what the checkpoint names */
        return fault_set(f, ERR_DAMAGED, "log", slice_str(c->from), "want.log_whole");
    }
    enum err e = shelf_sync(c->shelf, f);
    if (!e)
        e = put_file(c->to, "checkpoint", buf_view(&c->note), f);
    if (!e)
        unlink(path);
    return e;
}

static enum err copy(struct copying *c, struct fault *f)
{
    enum err e = says(c->to, c->key, &c->has, &c->old, f);
    if (e || (e = says(c->from, c->key, &c->now, &c->note, f)))
        return e;
    if (!(c->tiles = tiles_new(c->from, c->now.size)))
        return fault_set(f, ERR_MEMORY, "log", SLICE(""), "");
    if (!begins(c, c->has.size, &c->has.root))
        return fault_set(f, ERR_REFUSED, "log", slice_str(c->key->name), "want.segment_continues");
    if (!(e = open_shelf(c, f)) && !(e = put_records(c, f)))
        e = finish(c, f);
    return e;
}

enum err folder_copy(const char *from, const char *to, const struct note_key *key, const struct folder_watch *w, uint64_t *size, struct fault *f)
{
    struct copying c = {.from = from, .to = to, .key = key, .watch = w, .shelf = mem_alloc(1, sizeof *c.shelf)};
    buf_init(&c.old, NOTE_MAX);
    buf_init(&c.note, NOTE_MAX);
    enum err e = c.shelf ? copy(&c, f) : fault_set(f, ERR_MEMORY, "log", SLICE(""), "");
    if (!e && size)
        *size = c.now.size;
    if (c.shelf)
        shelf_free(c.shelf);
    mem_free(c.shelf);
    mem_free(c.tiles);
    buf_free(&c.old);
    buf_free(&c.note);
    return e;
}
