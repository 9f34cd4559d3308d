/* A mapping, NUL, a heading and a row with cells parted by commas: read, bound and applied within their bounds, or refused. */
#include "base/embed.h"
#include "intake/map.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define CELLS 16

static size_t split(struct slice s, struct slice out[CELLS])
{
    size_t count = 0;
    while (count < CELLS) {
        const char *comma = s.n ? memchr(s.p, ',', s.n) : NULL;
        size_t n = comma ? (size_t)(comma - s.p) : s.n;
        out[count++] = slice_of(s.p, n);
        if (!comma)
            break;
        s = slice_of(s.p + n + 1, s.n - n - 1);
    }
    return count;
}

static void apply(struct map *m, struct slice rest)
{
    struct slice heading[CELLS], cells[CELLS];
    struct fault f = {0};
    struct arena a;
    ptrdiff_t nul = slice_nul(rest);
    size_t head_n = split(slice_of(rest.p, nul < 0 ? rest.n : (size_t)nul), heading), n = 0;
    if (nul >= 0)
        n = split(slice_of(rest.p + nul + 1, rest.n - (size_t)nul - 1), cells);
    enum err e = map_bind(m, heading, head_n, &f);
    if (e != f.code)
        abort();
    arena_init(&a, 1u << 24);
    for (size_t i = 0; !e && i < m->value_count; i++)
        map_text(m->value[i], cells, n, &a);
    for (size_t i = 0; !e && i < m->record_count; i++)
        map_holds(m->record[i].condition, m->record[i].condition_count, cells, n, &a);
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct profile profile;
    struct slice s = slice_of((const char *)data, n);
    struct fault f = {0};
    struct map *m;
    if (!profile.kind_count && profile_parse(embed_get("profiles/generic.json"), &profile, NULL))
        abort();
    ptrdiff_t nul = slice_nul(s);
    size_t json = nul < 0 ? n : (size_t)nul;
    enum err e = map_parse(slice_of(s.p, json), &profile, &m, &f);
    if (e != f.code || (e && !*f.want))
        abort();
    if (e)
        return 0;
    apply(m, slice_of(s.p + json + (nul >= 0), n - json - (nul >= 0)));
    map_free(m);
    return 0;
}
