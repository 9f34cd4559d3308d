/* Bits of a word. The compiler's own count is a call where the processor's instruction for it may not be counted on. */
#ifndef BASE_BITS_H
#define BASE_BITS_H
#include <stdint.h>

static inline unsigned bits_set(uint64_t v)
{
#ifdef __POPCNT__
    return (unsigned)__builtin_popcountll(v);
#else
    v -= v >> 1 & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(v * 0x0101010101010101u >> 56);
#endif
}
#endif
