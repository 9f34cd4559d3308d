/* How far a JSON string goes before something in it needs looking at: eight bytes at a time. For readers and writers of strings. */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H
#include "base/word.h"

static inline uint64_t json_special(uint64_t w)
{
    return word_less(w, 0x20) | word_zero(w ^ WORD_EACH('"')) | word_zero(w ^ WORD_EACH('\\'));
}

/* Bytes before the first that is below 0x20, a quote or a backslash, or (stop_high 0x80) not ASCII; at most n. */
static inline size_t json_plain(const char *p, size_t n, uint8_t stop_high)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t w = word_load(p + i), stop = json_special(w) | (w & WORD_EACH(stop_high));
        if (stop)
            return i + word_first(stop);
    }
    if (i == n)
        return n;
    uint64_t w = word_load_few(p + i, n - i, ' '), stop = json_special(w) | (w & WORD_EACH(stop_high));
    return stop ? i + word_first(stop) : n;
}
#endif
