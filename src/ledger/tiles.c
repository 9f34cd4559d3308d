#include "ledger/tiles.h"

#include <dirent.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/banned.h"

struct tiles *tiles_new(const char *dir, uint64_t size)
{
    struct tiles *t = mem_alloc(1, sizeof *t);
    if (!t)
        return NULL;
    snprintf(t->dir, sizeof t->dir, "%s", dir);
    t->size = size;
    return t;
}

/* ---- files ---- */

/* The narrowest part of tile `id` in the folder that is at least as wide; 0 when there is none. */
static unsigned wider_part(const char *dir, const struct tile_id *id)
{
    char path[TILES_PATH], name[TILE_PATH];
    struct tile_id full = *id;
    unsigned best = 0;
    full.width = TILE_WIDTH;
    tile_path(&full, name);
    snprintf(path, sizeof path, "%s/%s.p", dir, name);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        uint64_t w;
        if (slice_u64(slice_str(e->d_name), TILE_WIDTH - 1, &w) && w >= id->width && (!best || w < best))
            best = (unsigned)w;
    }
    if (d)
        closedir(d);
    return best;
}

static enum err read_file(const char *dir, const struct tile_id *id, struct buf *out, struct fault *f)
{
    char path[TILES_PATH], name[TILE_PATH];
    tile_path(id, name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return file_read(path, out, f);
}

/* Bytes of the first `width` entries; 0 when the bundle is damaged. */
static size_t bundle_length(struct slice all, unsigned width, bool whole)
{
    struct slice rest = all, entry;
    for (unsigned i = 0; i < width; i++)
        if (!tile_entry(&rest, &entry))
            return 0;
    return whole && rest.n ? 0 : all.n - rest.n;
}

static enum err cut(const struct tile_id *want, const struct tile_id *have, size_t from, struct buf *out)
{
    struct slice all = slice_of(out->p + from, out->n - from);
    bool whole = want->width == have->width;
    size_t n = (size_t)want->width * 32;
    if (want->level == TILE_ENTRIES)
        n = bundle_length(all, want->width, whole);
    if (!n || all.n < n || (whole && all.n != n))
        return ERR_DAMAGED;
    out->n = from + n;
    return OK;
}

enum err tiles_read(const char *dir, const struct tile_id *t, struct buf *out, struct fault *f)
{
    char name[TILE_PATH];
    struct tile_id have = *t;
    size_t from = out->n;
    enum err e = read_file(dir, &have, out, f);
    if (e == ERR_NOT_FOUND && t->width < TILE_WIDTH) {
        have.width = TILE_WIDTH;
        e = read_file(dir, &have, out, f);
        if (e == ERR_NOT_FOUND && (have.width = (uint16_t)wider_part(dir, t)))
            e = read_file(dir, &have, out, f);
    }
    if (!e && (e = cut(t, &have, from, out))) {
        tile_path(t, name);
        fault_set(f, e, "tile", slice_str(name), "");
    }
    if (!e && f)
        *f = (struct fault){0};
    return e;
}

/* ---- subtrees ---- */

static enum err hold(struct tiles *t, unsigned level, uint64_t index)
{
    struct held *h = &t->held[level];
    struct tile_id id = tile_of(level, index, t->size);
    struct buf b;
    if (!id.width)
        return ERR_RANGE;
    if (h->id.width == id.width && h->id.index == index)
        return OK;
    buf_init(&b, TILE_BYTES + 1);
    enum err e = tiles_read(t->dir, &id, &b, NULL);
    h->id.width = 0;
    if (!e) {
        memcpy(h->hash, b.p, b.n);
        h->id = id;
    }
    buf_free(&b);
    return e;
}

enum err tiles_node(void *arg, unsigned level, uint64_t index, struct hash *out)
{
    struct tiles *t = arg;
    unsigned row = level / 8, n = 1u << level % 8;
    uint64_t at;
    if (row >= TILE_LEVELS || __builtin_mul_overflow(index, (uint64_t)n, &at))
        return ERR_RANGE;
    enum err e = hold(t, row, at / TILE_WIDTH);
    if (e)
        return e;
    if (at % TILE_WIDTH + n > t->held[row].id.width)
        return ERR_RANGE;
    *out = tile_root(t->held[row].hash + at % TILE_WIDTH, n);
    return OK;
}

enum err tiles_edge(struct tiles *t, struct tree *out)
{
    struct tree edge = {.size = t->size};
    enum err e = OK;
    for (unsigned level = 0; !e && level < TREE_LEVELS; level++)
        if (t->size >> level & 1)
            e = tiles_node(t, level, (t->size >> level) - 1, &edge.edge[level]);
    if (!e)
        *out = edge;
    return e;
}
