/* Chance for invented data: xoshiro256** (Blackman and Vigna 2018, public domain algorithm), seeded by splitmix64. Integer
 * arithmetic only, so that equal seeds give equal data everywhere. Not for keys or nonces: those are base/seal.h's. */
#ifndef USE_SAMPLE_RNG_H
#define USE_SAMPLE_RNG_H
#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

static inline uint64_t rng_splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline void rng_seed(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = rng_splitmix(&seed);
}

static inline uint64_t rng_rotl(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s, result = rng_rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotl(s[3], 45);
    return result;
}

/* 0 .. n-1; n below 2^32. The bias of the multiplication is below n / 2^32. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}
/* low .. high, both included. */
static inline int32_t rng_between(struct rng *r, int32_t low, int32_t high)
{
    return low + (int32_t)rng_below(r, (uint32_t)(high - low + 1));
}
/* True `share` times in 10,000. */
static inline bool rng_chance(struct rng *r, uint32_t share)
{
    return rng_below(r, 10000) < share;
}
#endif
