/* A log as a folder of tiles, read: subtree roots for proofs, the right edge, the checkpoint. Base and ledger's own base-only
 * files; no key, no database. Files of a folder: docs/formats/tiles.md. A struct tiles belongs to one thread. */
#ifndef LEDGER_TILES_H
#define LEDGER_TILES_H
#include "base/buf.h"
#include "ledger/proof.h"
#include "ledger/tile.h"
#include "ledger/tree.h"

#define TILES_DIR 560
#define TILES_PATH (TILES_DIR + TILE_PATH)

struct tiles {
    char dir[TILES_DIR];
    uint64_t size; /* of the log that is read: says which partial tiles there are */
    struct held {  /* the tile last read of each level */
        struct tile_id id;
        struct hash hash[TILE_WIDTH];
    } held[TILE_LEVELS];
};
/* NULL without memory. Freed by mem_free. */
struct tiles *tiles_new(const char *dir, uint64_t size);
/* A tile as bytes, appended. A narrower one than the folder's is cut from what is there: the full tile, or a wider part.
 * ERR_NOT_FOUND; ERR_DAMAGED when its length is not that of its width, or a bundle's entries are not. */
enum err tiles_read(const char *dir, const struct tile_id *t, struct buf *out, struct fault *f);
/* proof_node over them; arg: struct tiles. */
enum err tiles_node(void *arg, unsigned level, uint64_t index, struct hash *out);
/* The right edge of the log of t->size. What tiles_node gives. */
enum err tiles_edge(struct tiles *t, struct tree *out);
#endif
