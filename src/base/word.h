/* Eight bytes looked at in one word, the first of them lowest. For readers and writers of text. */
#ifndef BASE_WORD_H
#define BASE_WORD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t word_load(const char *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The n < 8 bytes at p, and `fill` in place of the others. */
static inline uint64_t word_load_few(const char *p, size_t n, uint8_t fill)
{
    uint64_t w = n ? WORD_EACH(fill) << (8 * n) : WORD_EACH(fill);
    unsigned shift = 0;
    for (size_t part = 4; part; part /= 2) {
        if (!(n & part))
            continue;
        uint64_t some = 0;
        for (size_t i = 0; i < part; i++)
            some |= (uint64_t)(uint8_t)p[i] << (8 * i);
        w |= some << shift;
        shift += (unsigned)(8 * part);
        p += part;
    }
    return w;
}

/* The top bit of each byte that is zero, or below n (n <= 0x80). The lowest bit set is exact; those above it may be borrowed. */
static inline uint64_t word_zero(uint64_t w)
{
    return (w - WORD_EACH(1)) & ~w & WORD_EACH(0x80);
}
static inline uint64_t word_less(uint64_t w, uint8_t n)
{
    return (w - WORD_EACH(n)) & ~w & WORD_EACH(0x80);
}
static inline uint64_t word_high(uint64_t w)
{
    return w & WORD_EACH(0x80);
}
/* Of a mask as these give it: bytes before the first that it marks; 8 when none. */
static inline size_t word_first(uint64_t mask)
{
    return mask ? (size_t)(__builtin_ctzll(mask) / 8) : 8;
}

/* Are all bytes from 1 to 127? */
static inline bool word_all_ascii(const char *p, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t w = word_load(p + i);
        if (word_high(w) | word_less(w, 1))
            return false;
    }
    uint64_t w = word_load_few(p + i, n - i, ' ');
    return !(word_high(w) | word_less(w, 1));
}
#endif
