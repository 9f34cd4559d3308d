/* A filter over the ids of a segment: says of most that they are not in it without reading the file. Whoever records a new person asks every
 * segment for him; without filters that is some reads a frame, some thousand in a country. Made for a segment that was searched in vain a few times,
 * from the ids in the clear; it grows with the segment's frames. 16 bits an id, 6 of them set: one in a thousand passes that is not there. Ids are
 * random or keyed hashes, so their own bits serve; an id that somebody chose costs a search. */
#include "keys/keys_in.h"
#include "base/banned.h"

#define VAIN 8 /* searches */
#define BITS 20
#define PROBES 6
#define FILTER_BYTES ((size_t)1 << (BITS - 3))

static uint32_t probe(const struct subject_id *id, size_t n)
{
    size_t bit = n * BITS, at = bit / 8;
    uint32_t v = (uint32_t)id->b[at] | (uint32_t)id->b[at + 1] << 8 | (uint32_t)id->b[at + 2] << 16;
    return v >> bit % 8 & ((1u << BITS) - 1);
}

static void note(uint8_t *filter, const struct subject_id *id)
{
    for (size_t n = 0; n < PROBES; n++)
        filter[probe(id, n) / 8] |= (uint8_t)(1u << probe(id, n) % 8);
}

static bool passes(const uint8_t *filter, const struct subject_id *id)
{
    for (size_t n = 0; n < PROBES; n++)
        if (!(filter[probe(id, n) / 8] >> probe(id, n) % 8 & 1))
            return false;
    return true;
}

static enum err add_frame(struct key_store *k, size_t i, size_t frame, struct fault *f)
{
    const struct key_frame *fr = &k->segment[i].frame[frame];
    for (uint32_t p = 0; p * SEGMENT_PAGE < fr->n; p++) {
        struct subject_id ids[SEGMENT_PAGE];
        enum err e = page_ids(k, i, fr, p, ids, f);
        if (e)
            return e;
        for (uint32_t n = 0; n < frame_page_keys(fr, p); n++)
            note(k->segment[i].filter, &ids[n]);
    }
    return OK;
}

bool segment_may_hold(struct key_store *k, size_t i, const struct subject_id *id, enum err *why, struct fault *f)
{
    struct segment_open *o = &k->segment[i];
    *why = OK;
    if (!o->filter && (o->vain < VAIN || !(o->filter = mem_alloc(FILTER_BYTES, 1))))
        return true;
    while (!*why && o->filtered < o->frames)
        if (!(*why = add_frame(k, i, o->filtered, f)))
            o->filtered++;
    return !*why && passes(o->filter, id);
}
