/* A slice is a borrowed run of bytes: never owned, never NUL-terminated by promise, alive as long as what it points into. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *p;
    size_t n;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
#define SLICE_FMT "%.*s"
#define SLICE_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct slice slice_of(const char *p, size_t n)
{
    return (struct slice){p, n};
}
static inline struct slice slice_str(const char *z)
{
    return (struct slice){z, z ? strlen(z) : 0};
}
static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool slice_is(struct slice a, const char *z)
{
    return slice_eq(a, slice_str(z));
}
/* Byte order (the order of canonical JSON keys and of every ORDER BY): -1, 0, 1. */
int slice_cmp(struct slice a, struct slice b);
/* Without ASCII white space at both ends. */
struct slice slice_trim(struct slice s);
/* Without that, and without what nobody sees at both ends and copying off a page brings along: blanks that do not break, and signs of direction
 * but for overrides. */
struct slice slice_bare_ends(struct slice s); /* slice_bare's own */
static inline struct slice slice_bare(struct slice s)
{
    bool bare = !s.n || (s.p[0] > ' ' && s.p[0] < 0x7F && s.p[s.n - 1] > ' ' && s.p[s.n - 1] < 0x7F);
    return bare ? s : slice_bare_ends(s);
}
bool slice_starts(struct slice s, const char *prefix);
/* The next word of a list that blanks or commas separate, taken off `rest`; false when there is none. */
bool slice_word(struct slice *rest, struct slice *out);
/* A copy whose digits are 0 to 9 also where they were typed on an Arabic (٠ to ٩) or Persian (۰ to ۹) keyboard. out: room for s.n bytes; answers what it holds. */
struct slice slice_digits(struct slice s, char *out);
/* Decimal digits only, at most `max`; false (and *out unchanged) otherwise. */
bool slice_u64(struct slice s, uint64_t max, uint64_t *out);
/* Offset of the first byte that is not part of well-formed UTF-8 (Unicode 15, table 3-7), or -1 when all is well. */
ptrdiff_t slice_utf8_fault(struct slice s);
/* Offset of the first NUL byte, or -1. */
ptrdiff_t slice_nul(struct slice s);
/* 2n lower-case hexadecimal digits. unhex: false unless s is exactly 2n hexadecimal digits. */
void hex_of(const uint8_t *bytes, size_t n, char *out);
bool hex_to(struct slice s, uint8_t *out, size_t n);
#endif
