/* Reckoning with all ways at once, and what one cell says of one character. Inside of the ranker. */
#ifndef MARKS_RANK_LANES_H
#define MARKS_RANK_LANES_H
#include "marks/rank.h"

static inline struct rank_lanes lanes_of(float w)
{
    rank_four v = {w, w, w, w};
    return (struct rank_lanes){{v, v}};
}

static inline struct rank_lanes times(struct rank_lanes a, struct rank_lanes b)
{
    return (struct rank_lanes){{a.h[0] * b.h[0], a.h[1] * b.h[1]}};
}

static inline float lanes_sum(struct rank_lanes a)
{
    rank_four v = a.h[0] + a.h[1];
    return (v[0] + v[1]) + (v[2] + v[3]);
}

static inline bool fits(const struct rank_read *r, unsigned i, uint8_t b)
{
    return r->set[i] >> (b >> 2) & 1;
}

static inline float kept(const struct rank_read *r, unsigned i, uint8_t b)
{
    return r->keep[i][b & 3];
}

static inline unsigned twin(const struct rank_read *r, unsigned i, uint8_t b)
{
    uint8_t apart = r->byte[i] ^ b;
    return apart && apart < 4;
}
#endif
