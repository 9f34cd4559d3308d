/* How far a JSON string goes before something in it needs looking at: eight bytes at a time. For readers and writers of strings. */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte that is zero, or below n (n <= 0x80). The lowest bit set is exact; those above it may be borrowed. */
static inline uint64_t json_zero(uint64_t w)
{
    return (w - JSON_EACH(1)) & ~w & JSON_EACH(0x80);
}

static inline uint64_t json_less(uint64_t w, uint8_t n)
{
    return (w - JSON_EACH(n)) & ~w & JSON_EACH(0x80);
}

static inline uint64_t json_special(uint64_t w)
{
    return json_less(w, 0x20) | json_zero(w ^ JSON_EACH('"')) | json_zero(w ^ JSON_EACH('\\'));
}

/* Bytes before the first that is below 0x20, a quote or a backslash, or (stop_high 0x80) not ASCII; at most n. */
static inline size_t json_plain(const char *p, size_t n, uint8_t stop_high)
{
    size_t i = 0;
    for (uint64_t w; i + 8 <= n; i += 8) {
        memcpy(&w, p + i, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        w = __builtin_bswap64(w);
#endif
        uint64_t stop = json_special(w) | (w & JSON_EACH(stop_high));
        if (stop)
            return i + (size_t)(__builtin_ctzll(stop) / 8);
    }
    for (; i < n; i++) {
        uint8_t c = (uint8_t)p[i];
        if (c < 0x20 || c == '"' || c == '\\' || c & stop_high)
            break;
    }
    return i;
}
#endif
