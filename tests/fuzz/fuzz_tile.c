/* A tile's path and a bundle of entries: whatever comes, what is taken is written back the same. */
#include "base/buf.h"
#include "ledger/tile.h"

#include <stdlib.h>

static void path(struct slice s)
{
    struct tile_id id;
    char again[TILE_PATH];
    if (tile_parse(s, &id))
        return;
    tile_path(&id, again);
    if (!slice_is(s, again) || !id.width || id.width > TILE_WIDTH || id.level > TILE_ENTRIES)
        abort();
}

static void bundle(struct slice s)
{
    struct slice rest = s, entry;
    struct buf again;
    buf_init(&again, s.n + 1);
    while (tile_entry(&rest, &entry)) {
        buf_u16(&again, (uint16_t)entry.n);
        buf_slice(&again, entry);
    }
    if (again.n + rest.n != s.n || (again.n && memcmp(again.p, s.p, again.n) != 0))
        abort();
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice s = slice_of((const char *)data, n);
    path(s);
    bundle(s);
    return 0;
}
