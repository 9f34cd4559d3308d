#include "ledger/tile.h"

#include <stdio.h>
#include "base/banned.h"

#define INDEX_BITS 55 /* 2^63 records are 2^55 tiles */

/* Groups of three digits, all but the last after an 'x'. */
static size_t put_index(uint64_t index, char *out, size_t room)
{
    unsigned group[8];
    size_t n = 0, at = 0;
    do {
        group[n++] = (unsigned)(index % 1000);
        index /= 1000;
    } while (index && n < 8);
    while (n-- > 0)
        at += (size_t)snprintf(out + at, room - at, n ? "x%03u/" : "%03u", group[n]);
    return at;
}

void tile_path(const struct tile_id *t, char out[TILE_PATH])
{
    size_t at = t->level == TILE_ENTRIES ? (size_t)snprintf(out, TILE_PATH, "tile/entries/") : (size_t)snprintf(out, TILE_PATH, "tile/%u/", t->level);
    at += put_index(t->index, out + at, TILE_PATH - at);
    if (t->width < TILE_WIDTH)
        snprintf(out + at, TILE_PATH - at, ".p/%u", t->width);
}

static bool take(struct slice *s, const char *prefix)
{
    if (!slice_starts(*s, prefix))
        return false;
    size_t n = strlen(prefix);
    *s = slice_of(s->p + n, s->n - n);
    return true;
}

static bool take_group(struct slice *s, uint64_t *index)
{
    uint64_t group;
    if (s->n < 3 || !slice_u64(slice_of(s->p, 3), 999, &group) || *index > ((uint64_t)1 << INDEX_BITS) / 1000)
        return false;
    *index = *index * 1000 + group;
    *s = slice_of(s->p + 3, s->n - 3);
    return true;
}

/* Only bounds what is read: that it is the one spelling is seen by writing it again. */
enum err tile_parse(struct slice path, struct tile_id *out)
{
    struct tile_id t = {.width = TILE_WIDTH};
    struct slice rest = path;
    uint64_t width;
    char again[TILE_PATH];
    if (path.n >= TILE_PATH || !take(&rest, "tile/"))
        return ERR_FORMAT;
    if (take(&rest, "entries/"))
        t.level = TILE_ENTRIES;
    else if (rest.n > 2 && rest.p[0] >= '0' && rest.p[0] < '0' + TILE_LEVELS && rest.p[1] == '/') {
        t.level = (uint8_t)(rest.p[0] - '0');
        rest = slice_of(rest.p + 2, rest.n - 2);
    } else
        return ERR_FORMAT;
    while (take(&rest, "x"))
        if (!take_group(&rest, &t.index) || !take(&rest, "/"))
            return ERR_FORMAT;
    if (!take_group(&rest, &t.index) || t.index >= (uint64_t)1 << INDEX_BITS)
        return ERR_FORMAT;
    if (take(&rest, ".p/")) {
        if (!slice_u64(rest, TILE_WIDTH - 1, &width) || !width)
            return ERR_FORMAT;
        t.width = (uint16_t)width;
    } else if (rest.n)
        return ERR_FORMAT;
    tile_path(&t, again);
    if (!slice_is(path, again))
        return ERR_FORMAT;
    *out = t;
    return OK;
}

unsigned tile_width(unsigned level, uint64_t index, uint64_t size)
{
    uint64_t n = level == TILE_ENTRIES ? size : size >> (8 * level); /* hashes at this level */
    if (index >= n / TILE_WIDTH + (n % TILE_WIDTH != 0))
        return 0;
    return n / TILE_WIDTH > index ? TILE_WIDTH : (unsigned)(n % TILE_WIDTH);
}

struct tile_id tile_of(unsigned level, uint64_t index, uint64_t size)
{
    return (struct tile_id){index, (uint16_t)tile_width(level, index, size), (uint8_t)level};
}

struct hash tile_root(const struct hash *h, unsigned n)
{
    struct hash at[TILE_WIDTH / 2];
    if (n == 1)
        return *h;
    for (unsigned i = 0; i < n / 2; i++)
        at[i] = hash_node(&h[2 * i], &h[2 * i + 1]);
    for (n /= 2; n > 1; n /= 2)
        for (unsigned i = 0; i < n / 2; i++)
            at[i] = hash_node(&at[2 * i], &at[2 * i + 1]);
    return at[0];
}

bool tile_entry(struct slice *rest, struct slice *entry)
{
    if (rest->n < 2)
        return false;
    size_t n = (size_t)(uint8_t)rest->p[0] << 8 | (uint8_t)rest->p[1];
    if (rest->n - 2 < n)
        return false;
    *entry = slice_of(rest->p + 2, n);
    *rest = slice_of(rest->p + 2 + n, rest->n - 2 - n);
    return true;
}
