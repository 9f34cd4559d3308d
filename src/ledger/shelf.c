#include "ledger/shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/banned.h"

/* ---- files ---- */

/* The folders above a file. */
static enum err make_folders(const char *dir, const char *path, struct fault *f)
{
    char folder[TILES_PATH + 8];
    size_t n = strlen(path);
    for (size_t i = strlen(dir); i < n && n < sizeof folder; i++)
        if (path[i] == '/') {
            memcpy(folder, path, i);
            folder[i] = 0;
            if (mkdir(folder, 0700) && errno != EEXIST)
                return fault_sys(f, errno, folder);
        }
    return OK;
}

static enum err fill(const char *path, struct slice bytes, struct fault *f)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fault_sys(f, errno, path);
    enum err e = file_write_all(fd, bytes.p, bytes.n, f);
    if (close(fd) && !e)
        e = fault_sys(f, errno, path);
    return e;
}

/* Under another name first: nobody sees half a tile. Brought to disk by the next sync. */
static enum err write_tile(struct shelf *s, const struct tile_id *id, struct slice bytes, struct fault *f)
{
    char tmp[TILES_DIR + 16], name[TILE_PATH], path[TILES_PATH + 8];
    snprintf(tmp, sizeof tmp, "%s/tile.new", s->dir);
    tile_path(id, name);
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    if (s->fresh_n < SHELF_FRESH)
        memcpy(s->fresh[s->fresh_n], name, sizeof name);
    s->fresh_n++;
    enum err e = fill(tmp, bytes, f);
    if (e || rename(tmp, path) == 0)
        return e;
    if (errno == ENOENT && !(e = make_folders(s->dir, path, f)) && rename(tmp, path))
        e = fault_sys(f, errno, path);
    return e;
}

static void drop_parts(const struct shelf *s, const struct tile_id *full)
{
    char name[TILE_PATH], folder[TILES_PATH + 8];
    tile_path(full, name);
    snprintf(folder, sizeof folder, "%s/%s.p", s->dir, name);
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(folder);
}

static enum err sync_one(const char *path, int (*sync)(int fd), struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fault_sys(f, errno, path);
    enum err e = sync(fd) ? fault_sys(f, errno, path) : OK;
    close(fd);
    return e;
}

/* A few files one by one, each with the folders that name it; many at once, since a sync of each would cost more than all. */
static enum err bring_to_disk(struct shelf *s, struct fault *f)
{
    enum err e = OK;
    if (s->fresh_n > SHELF_FRESH)
        e = sync_one(s->dir, syncfs, f);
    else
        for (size_t i = 0; !e && i < s->fresh_n; i++) {
            char path[TILES_PATH + 8];
            snprintf(path, sizeof path, "%s/%s", s->dir, s->fresh[i]);
            e = sync_one(path, fsync, f);
            while (!e && strlen(path) > strlen(s->dir)) {
                *strrchr(path, '/') = 0;
                e = sync_one(path, fsync, f);
            }
        }
    if (!e)
        s->fresh_n = 0;
    return e;
}

/* ---- opening ---- */

static enum err read_row(struct shelf *s, unsigned level, uint64_t size, struct fault *f)
{
    struct buf b;
    struct tile_id id = tile_of(level, (size >> 8 * level) / TILE_WIDTH, size);
    if (!id.width || id.width == TILE_WIDTH)
        return OK;
    buf_init(&b, TILE_BYTES + 1);
    enum err e = tiles_read(s->dir, &id, &b, f);
    if (!e) {
        memcpy(s->row[level].hash, b.p, b.n);
        s->row[level].n = id.width;
        s->part[level] = id.width;
    }
    buf_free(&b);
    return e;
}

/* Its entries must be those of the hashes beside it. */
static enum err read_bundle(struct shelf *s, uint64_t size, struct fault *f)
{
    struct tile_id id = tile_of(TILE_ENTRIES, size / TILE_WIDTH, size);
    struct slice rest, entry;
    enum err e = OK;
    if (!id.width || id.width == TILE_WIDTH)
        return OK;
    if ((e = tiles_read(s->dir, &id, &s->bundle, f)))
        return e;
    rest = buf_view(&s->bundle);
    for (unsigned i = 0; !e && tile_entry(&rest, &entry); i++) {
        struct hash leaf = tree_leaf(entry);
        if (!hash_eq(&leaf, &s->row[0].hash[i]))
            e = fault_set(f, ERR_DAMAGED, "tile", SLICE("entries"), "");
    }
    s->part[TILE_ENTRIES] = id.width;
    return e;
}

static enum err read_all(struct shelf *s, uint64_t size, struct fault *f)
{
    struct tiles *t = tiles_new(s->dir, size);
    enum err e = t ? tiles_edge(t, &s->tree) : ERR_MEMORY;
    mem_free(t);
    for (unsigned level = 0; !e && level < TILE_LEVELS; level++)
        e = read_row(s, level, size, f);
    return e ? e : read_bundle(s, size, f);
}

enum err shelf_open(struct shelf *s, const char *dir, uint64_t size, struct fault *f)
{
    *s = (struct shelf){0};
    buf_init(&s->bundle, TILE_BUNDLE_MAX + 1);
    if (snprintf(s->dir, sizeof s->dir, "%s", dir) >= (int)sizeof s->dir)
        return fault_set(f, ERR_TOO_LONG, "--data", slice_str(dir), "want.short_path");
    if (mkdir(dir, 0700) && errno != EEXIST)
        return fault_sys(f, errno, dir);
    enum err e = size ? read_all(s, size, f) : OK;
    if (e)
        shelf_clear(s);
    return e;
}

void shelf_clear(struct shelf *s)
{
    tree_init(&s->tree);
    buf_reset(&s->bundle);
    for (unsigned level = 0; level < TILE_LEVELS; level++)
        s->row[level].n = 0;
    memset(s->part, 0, sizeof s->part);
    s->stale_n = s->fresh_n = 0;
}

void shelf_free(struct shelf *s)
{
    buf_free(&s->bundle);
}

/* ---- putting ---- */

static enum err write_full(struct shelf *s, unsigned level, uint64_t index, struct slice bytes, struct fault *f)
{
    struct tile_id id = {index, TILE_WIDTH, (uint8_t)level};
    enum err e = write_tile(s, &id, bytes, f);
    if (!e && s->part[level] && s->stale_n < sizeof s->stale / sizeof *s->stale)
        s->stale[s->stale_n++] = id;
    s->part[level] = 0;
    return e;
}

static struct slice row_bytes(const struct shelf *s, unsigned level)
{
    return slice_of((const char *)s->row[level].hash, 32 * (size_t)s->row[level].n);
}

/* A full tile is written, and its root goes one level up; which may fill the tile there. */
static enum err carry(struct shelf *s, const struct hash *leaf, const struct hash *whole, struct fault *f)
{
    struct hash up = *leaf;
    enum err e = OK;
    for (unsigned level = 0; !e && level < TILE_LEVELS; level++) {
        s->row[level].hash[s->row[level].n++] = up;
        if (s->row[level].n < TILE_WIDTH)
            break;
        e = write_full(s, level, (s->tree.size >> 8 * level) / TILE_WIDTH - 1, row_bytes(s, level), f);
        up = whole[level];
        s->row[level].n = 0;
    }
    return e;
}

enum err shelf_put(struct shelf *s, struct slice bytes, const struct hash *leaf, struct fault *f)
{
    struct hash whole[TILE_LEVELS]; /* roots of the tiles that this leaf fills */
    enum err e = OK;
    if (bytes.n > TILE_ENTRY_MAX)
        return fault_set(f, ERR_TOO_LONG, "record", SLICE(""), "");
    buf_u16(&s->bundle, (uint16_t)bytes.n);
    buf_slice(&s->bundle, bytes);
    if (s->bundle.err)
        return fault_set(f, s->bundle.err, "tile", SLICE(""), "");
    tree_append_whole(&s->tree, leaf, 8, whole);
    if (s->tree.size % TILE_WIDTH == 0) {
        e = write_full(s, TILE_ENTRIES, s->tree.size / TILE_WIDTH - 1, buf_view(&s->bundle), f);
        buf_reset(&s->bundle);
    }
    return e ? e : carry(s, leaf, whole, f);
}

static enum err write_part(struct shelf *s, unsigned level, unsigned width, struct slice bytes, struct fault *f)
{
    uint64_t at = level == TILE_ENTRIES ? s->tree.size : s->tree.size >> 8 * level;
    struct tile_id id = {at / TILE_WIDTH, (uint16_t)width, (uint8_t)level};
    enum err e = s->part[level] == width ? OK : write_tile(s, &id, bytes, f);
    if (!e)
        s->part[level] = width;
    return e;
}

enum err shelf_sync(struct shelf *s, struct fault *f)
{
    unsigned entries = (unsigned)(s->tree.size % TILE_WIDTH);
    enum err e = entries ? write_part(s, TILE_ENTRIES, entries, buf_view(&s->bundle), f) : OK;
    for (unsigned level = 0; !e && level < TILE_LEVELS; level++)
        if (s->row[level].n)
            e = write_part(s, level, s->row[level].n, row_bytes(s, level), f);
    if (!e)
        e = bring_to_disk(s, f);
    for (size_t i = 0; !e && i < s->stale_n; i++)
        drop_parts(s, &s->stale[i]);
    if (!e)
        s->stale_n = 0;
    return e;
}
