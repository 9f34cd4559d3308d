/* Names and shapes of the tiles of a log (C2SP tlog-tiles): which files a log of some size has, and what stands in them. Base
 * only. A full tile has 256 hashes and never changes; a tile at level L + 1 holds the roots of full tiles at level L; a bundle
 * has the entries (records) of the level-0 tile of the same index. docs/formats/tiles.md has the table and a worked example. */
#ifndef LEDGER_TILE_H
#define LEDGER_TILE_H
#include "base/err.h"
#include "base/hash.h"

#define TILE_WIDTH 256u
#define TILE_BYTES (TILE_WIDTH * 32u)
#define TILE_LEVELS 8     /* 0 to 7: enough for 2^63 records */
#define TILE_ENTRIES 8    /* the "level" of bundles */
#define TILE_PATH 64      /* bytes of a path, with NUL: seven groups of digits at most */
#define TILE_ENTRY_MAX 65535u
#define TILE_BUNDLE_MAX (TILE_WIDTH * (2 + TILE_ENTRY_MAX))

struct tile_id {
    uint64_t index;
    uint16_t width; /* 1 to 256; 256 = full */
    uint8_t level;  /* 0 to 7, or TILE_ENTRIES */
};
/* "tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/000.p/3". */
void tile_path(const struct tile_id *t, char out[TILE_PATH]);
/* The one spelling of each path; ERR_FORMAT for every other, *out then not written. Levels past 7 and indexes past 2^55 are
 * refused: no log has them. */
enum err tile_parse(struct slice path, struct tile_id *out);
/* How many hashes (entries) tile `index` of this level has in a log of `size`: 0 when there is none. */
unsigned tile_width(unsigned level, uint64_t index, uint64_t size);
/* The tile of `index` as a log of `size` has it; width 0 = not there. */
struct tile_id tile_of(unsigned level, uint64_t index, uint64_t size);

/* The root of n (a power of two, at most 256) hashes side by side. */
struct hash tile_root(const struct hash *h, unsigned n);
/* Takes the next entry off a bundle: 2 bytes of length, big-endian, and the entry. false at its end and where it is damaged:
 * then bytes are left in *rest. Borrowed. */
bool tile_entry(struct slice *rest, struct slice *entry);
#endif
