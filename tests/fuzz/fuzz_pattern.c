/* Patterns from outside: parsing keeps its bounds, and what fits has distance nought. First byte: how much of the input
 * is the pattern; the rest is the mark. */
#include <stdlib.h>
#include "marks/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct pattern p;
    struct fault f;
    uint8_t c[MARK_LONG_CHARS];
    if (!n)
        return 0;
    size_t split = data[0] < n - 1 ? data[0] : n - 1;
    struct slice text = slice_of((const char *)data + 1 + split, n - 1 - split);
    unsigned chars = mark_chars(text, false, c);
    struct mark_key keys[MARK_KEYS];
    mark_keys(text, keys, NULL);
    if (pattern_parse(slice_of((const char *)data + 1, split), &p, &f) != OK)
        return 0;
    if (p.count > PATTERN_CELLS || p.count - p.stars > MARK_LONG_CHARS || p.chars + p.sets == 0)
        abort();
    bool fits = pattern_fits_chars(&p, c, chars);
    if (!p.stars && fits != (pattern_distance_chars(&p, c, chars, 2) == 0))
        abort();
    return 0;
}
