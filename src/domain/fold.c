#include "domain/fold.h"

#include "base/banned.h"

/* Base letters of U+00C0..U+017F; '.' where there is none. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
                            "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static size_t utf8_length(struct slice s, size_t at)
{
    uint8_t c = (uint8_t)s.p[at];
    size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (n == 0 || at + n > s.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if (((uint8_t)s.p[at + i] & 0xC0) != 0x80)
            return 0;
    return n;
}

/* Overlong forms, halves of surrogate pairs and what lies past Unicode are bytes, not characters. */
static bool is_scalar(uint32_t cp, size_t n)
{
    static const uint32_t least_of[] = {0, 0, 0x80, 0x800, 0x10000};
    return cp >= least_of[n] && cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
}

uint32_t fold_next(struct slice s, size_t *at)
{
    static const uint8_t lead[] = {0xFF, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = utf8_length(s, *at);
    uint32_t byte = (uint8_t)s.p[*at], cp = byte;
    if (n > 1) {
        cp &= lead[n];
        for (size_t i = 1; i < n; i++)
            cp = cp << 6 | ((uint8_t)s.p[*at + i] & 0x3F);
        if (!is_scalar(cp, n)) {
            cp = byte;
            n = 1;
        }
    }
    *at += n ? n : 1;
    return cp;
}

char fold_letter(uint32_t cp)
{
    if (cp < 0x80) {
        if (cp >= 'A' && cp <= 'Z')
            return (char)(cp + 32);
        return (cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9') ? (char)cp : 0;
    }
    if (cp >= 0xC0 && cp <= 0x17F)
        return latin[cp - 0xC0] == '.' ? 0 : latin[cp - 0xC0];
    if (cp >= 0x0660 && cp <= 0x0669)
        return (char)('0' + cp - 0x0660);
    if (cp >= 0x06F0 && cp <= 0x06F9)
        return (char)('0' + cp - 0x06F0);
    if (cp == 0x1E9E)
        return 's';
    if (cp >= 0x0218 && cp <= 0x021B) /* comma below: Romanian s and t */
        return cp < 0x021A ? 's' : 't';
    return 0;
}

uint32_t fold_lower(uint32_t cp)
{
    if (cp >= 0x0410 && cp <= 0x042F)
        return cp + 32;
    if (cp >= 0x0400 && cp <= 0x040F)
        return cp + 80;
    if (cp >= 0x0391 && cp <= 0x03A9)
        return cp + 32;
    return cp;
}

bool fold_ignorable(uint32_t cp)
{
    return (cp >= 0x0300 && cp <= 0x036F) || (cp >= 0x200B && cp <= 0x200F) || cp == 0xFEFF || cp == 0xAD;
}

/* An Arabic letter as people write it for another (alef, ya, ta marbuta, hamza carriers, Persian kaf); 0: none. */
static uint32_t arabic_letter(uint32_t cp)
{
    static const struct {
        uint16_t from, to;
    } alike[] = {{0x0622, 0x0627}, {0x0623, 0x0627}, {0x0625, 0x0627}, {0x0671, 0x0627}, {0x0624, 0x0648}, {0x0626, 0x064A}, {0x0649, 0x064A},
        {0x06CC, 0x064A}, {0x0629, 0x0647}, {0x06A9, 0x0643}};
    if (!((cp >= 0x0621 && cp <= 0x063A) || (cp >= 0x0641 && cp <= 0x064A) || (cp >= 0x0671 && cp <= 0x06D3)))
        return 0;
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
        if (alike[i].from == cp)
            return alike[i].to;
    return cp;
}

/* Vowel signs and tatweel: written or not as one likes. */
static bool arabic_sign(uint32_t cp)
{
    return cp == 0x0640 || cp == 0x0670 || (cp >= 0x064B && cp <= 0x065F);
}

static size_t put_two(char *out, uint32_t cp)
{
    out[0] = (char)(0xC0 | cp >> 6);
    out[1] = (char)(0x80 | (cp & 0x3F));
    return 2;
}

static bool digit_at(struct slice s, size_t at)
{
    return at < s.n && s.p[at] >= '0' && s.p[at] <= '9';
}

size_t fold_words(struct slice s, bool decimal, char *out, size_t cap)
{
    size_t n = 0, at = 0;
    bool gap = false, was_arabic = false;
    while (at < s.n && n + 4 < cap) {
        uint32_t cp = fold_next(s, &at), arabic = arabic_letter(cp);
        char c = fold_letter(cp);
        uint32_t low = arabic ? arabic : fold_lower(cp);
        bool other = arabic || (!c && low >= 0x03B1 && low < 0x0530);
        if (fold_ignorable(cp) || arabic_sign(cp))
            continue;
        if (decimal && (cp == '.' || cp == ',') && n && !gap && out[n - 1] >= '0' && out[n - 1] <= '9' &&
            digit_at(s, at))
            c = '.';
        if (decimal && cp == 0xD7)
            c = 'x';
        if (!c && !other) {
            gap = n > 0;
            continue;
        }
        if (gap || (n && was_arabic != (arabic != 0))) /* a figure and its unit written together */
            out[n++] = ' ';
        gap = false;
        was_arabic = arabic != 0;
        if (other)
            n += put_two(out + n, low);
        else
            out[n++] = c;
    }
    out[n] = 0;
    return n;
}

size_t fold_compact(const char *words, size_t n, char *out)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (words[i] != ' ')
            out[m++] = words[i];
    out[m] = 0;
    return m;
}

uint64_t fold_hash(const char *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)p[i]) * 0x100000001b3u;
    return h;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned fold_distance(const char *a, size_t an, const char *b, size_t bn, unsigned limit)
{
    uint8_t rows[3][64];
    uint8_t *before = rows[0], *last = rows[1], *row = rows[2];
    if (an > 63 || bn > 63 || an + limit < bn || bn + limit < an)
        return limit + 1;
    for (size_t j = 0; j <= bn; j++)
        last[j] = (uint8_t)j;
    for (size_t i = 1; i <= an; i++) {
        unsigned best = row[0] = (uint8_t)i;
        for (size_t j = 1; j <= bn; j++) {
            unsigned d = least(last[j - 1] + (a[i - 1] != b[j - 1]), least(last[j], row[j - 1]) + 1u);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d = least(d, before[j - 2] + 1u);
            row[j] = (uint8_t)d;
            best = least(best, d);
        }
        if (best > limit)
            return limit + 1;
        uint8_t *t = before;
        before = last;
        last = row;
        row = t;
    }
    return least(last[bn], limit + 1);
}
