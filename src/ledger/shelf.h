/* A folder of tiles, written: takes a log's records in order, writes each tile once it is full, and the parts of the tiles under
 * way when a checkpoint is due. Knows no key and no database. One writer a folder, one thread at a time.
 *
 * Invariants:
 * 1. A full tile is written once and not touched again, but to write the same bytes after a kill.
 * 2. Parts of a tile go only after the full tile is on disk.
 * 3. What shelf_sync returned OK for is on disk: whoever then names its size in a checkpoint names nothing that could be lost. */
#ifndef LEDGER_SHELF_H
#define LEDGER_SHELF_H
#include "ledger/tiles.h"

#define SHELF_FRESH 16
struct shelf {
    char dir[TILES_DIR];
    struct tree tree;   /* of all that was put */
    struct buf bundle;  /* entries of the level-0 tile under way */
    struct {
        struct hash hash[TILE_WIDTH];
        unsigned n;
    } row[TILE_LEVELS]; /* tiles under way */
    unsigned part[TILE_ENTRIES + 1]; /* widest part on disk of each tile under way, TILE_ENTRIES: of the bundle; 0 = none */
    struct tile_id stale[TILE_ENTRIES + 1]; /* parts that go at the next sync */
    size_t stale_n;
    char fresh[SHELF_FRESH][TILE_PATH]; /* written since the last sync; past that many the whole file system is synced */
    size_t fresh_n;
};
/* Goes on after the log's first `size` records, whose tiles the folder has. ERR_NOT_FOUND, ERR_DAMAGED, ERR_TOO_LONG when it has
 * not, or not whole: the shelf is then empty, to be filled from the first record. The edge is computed from the tiles: compare
 * tree_root(&s->tree) with what was signed. The folder is made when missing. */
enum err shelf_open(struct shelf *s, const char *dir, uint64_t size, struct fault *f);
void shelf_free(struct shelf *s);
void shelf_clear(struct shelf *s); /* back to no record; the folder is kept */
/* The next record. bytes: at most TILE_ENTRY_MAX; leaf: their record id, believed. */
enum err shelf_put(struct shelf *s, struct slice bytes, const struct hash *leaf, struct fault *f);
/* Writes the parts of tiles under way and brings all to disk. */
enum err shelf_sync(struct shelf *s, struct fault *f);
#endif
