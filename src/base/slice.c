#include "base/slice.h"
#include "base/word.h"

#include "base/banned.h"

int slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c == 0)
        return a.n < b.n ? -1 : a.n > b.n;
    return c < 0 ? -1 : 1;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice s)
{
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    return s;
}

bool slice_word(struct slice *rest, struct slice *out)
{
    size_t from = 0, to;
    while (from < rest->n && (rest->p[from] == ' ' || rest->p[from] == ','))
        from++;
    for (to = from; to < rest->n && rest->p[to] != ' ' && rest->p[to] != ',';)
        to++;
    if (from == to)
        return false;
    *out = slice_of(rest->p + from, to - from);
    *rest = slice_of(rest->p + to, rest->n - to);
    return true;
}

/* Bytes of one such sign at p: U+00A0, U+061C, U+200B to U+200F, U+202A to U+202C, U+202F, U+2060 to U+2069, U+FEFF; 0 when it is another. Overrides
 * (U+202D, U+202E) are none: without one the text is not what its writer saw. */
static size_t unseen(const uint8_t *p, size_t n)
{
    if (n >= 2 && ((p[0] == 0xc2 && p[1] == 0xa0) || (p[0] == 0xd8 && p[1] == 0x9c)))
        return 2;
    if (n < 3)
        return 0;
    bool mark = p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0x8b && p[2] <= 0x8f) || (p[2] >= 0xaa && p[2] <= 0xac) || p[2] == 0xaf);
    bool isolate = p[0] == 0xe2 && p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xa9;
    return mark || isolate || (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) ? 3 : 0;
}

struct slice slice_bare_ends(struct slice s)
{
    size_t before;
    do {
        size_t k;
        s = slice_trim(s);
        before = s.n;
        const uint8_t *p = (const uint8_t *)s.p;
        if ((k = unseen(p, s.n)))
            s = slice_of(s.p + k, s.n - k);
        else if ((s.n >= 3 && unseen(p + s.n - 3, 3) == 3) || (s.n >= 2 && unseen(p + s.n - 2, 2) == 2))
            s.n -= s.n >= 3 && unseen(p + s.n - 3, 3) == 3 ? 3 : 2;
    } while (s.n != before);
    return s;
}

bool slice_starts(struct slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

/* U+0660 to U+0669 are D9 A0 to D9 A9, U+06F0 to U+06F9 are DB B0 to DB B9. */
struct slice slice_digits(struct slice s, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t lead = (uint8_t)s.p[i], next = i + 1 < s.n ? (uint8_t)s.p[i + 1] : 0, zero = lead == 0xd9 ? 0xa0 : 0xb0;
        bool digit = (lead == 0xd9 || lead == 0xdb) && next >= zero && next <= zero + 9;
        out[n++] = digit ? (char)('0' + next - zero) : s.p[i];
        i += digit;
    }
    return slice_of(out, n);
}

bool slice_u64(struct slice s, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned char)s.p[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, digit, &v) || v > max)
            return false;
    }
    *out = v;
    return true;
}

static bool between(uint8_t c, uint8_t low, uint8_t high)
{
    return c >= low && c <= high;
}

/* Length of the well-formed sequence that begins here with a byte >= 80, or 0. Unicode 15, table 3-7: the lead byte gives
 * the length and, for E0, ED, F0 and F4, narrower bounds of the second byte; all else is 80..BF. */
static size_t utf8_sequence(const uint8_t *p, size_t n)
{
    uint8_t lead = p[0];
    if (between(lead, 0xC2, 0xDF))
        return n >= 2 && between(p[1], 0x80, 0xBF) ? 2 : 0;
    if (between(lead, 0xE0, 0xEF)) {
        uint8_t low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
        return n >= 3 && between(p[1], low, high) && between(p[2], 0x80, 0xBF) ? 3 : 0;
    }
    if (between(lead, 0xF0, 0xF4)) {
        uint8_t low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
        return n >= 4 && between(p[1], low, high) && between(p[2], 0x80, 0xBF) && between(p[3], 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

ptrdiff_t slice_utf8_fault(struct slice s)
{
    const uint8_t *p = (const uint8_t *)s.p;
    size_t i = 0;
    while (i < s.n) {
        if (i + 8 <= s.n && !word_high(word_load(s.p + i))) {
            i += 8;
        } else if (p[i] < 0x80) {
            i++;
        } else {
            size_t length = utf8_sequence(p + i, s.n - i);
            if (length == 0)
                return (ptrdiff_t)i;
            i += length;
        }
    }
    return -1;
}

ptrdiff_t slice_nul(struct slice s)
{
    const char *at = s.n ? memchr(s.p, 0, s.n) : NULL;
    return at ? at - s.p : -1;
}

void hex_of(const uint8_t *bytes, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digit[bytes[i] >> 4];
        out[2 * i + 1] = digit[bytes[i] & 15];
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_to(struct slice s, uint8_t *out, size_t n)
{
    if (s.n % 2 || s.n / 2 != n)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (hex_digit(s.p[i]) < 0)
            return false;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(hex_digit(s.p[2 * i]) << 4 | hex_digit(s.p[2 * i + 1]));
    return true;
}
