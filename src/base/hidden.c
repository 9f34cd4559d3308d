#include "base/hidden.h"
#include "base/word.h"
#include <stdio.h>
#include "base/banned.h"

enum { NEVER, JOIN, BREAK, TURN };

static const struct {
    uint32_t first, last;
    int kind;
} hidden[] = { /* ascending; noncharacters at the end of each plane are found by their number */
    {0x00, 0x08, NEVER}, {0x09, 0x0A, BREAK}, {0x0B, 0x0C, NEVER}, {0x0D, 0x0D, BREAK}, {0x0E, 0x1F, NEVER}, {0x7F, 0x9F, NEVER}, {0xAD, 0xAD, TURN},
    {0x34F, 0x34F, JOIN}, {0x61C, 0x61C, TURN}, {0x115F, 0x1160, NEVER}, {0x17B4, 0x17B5, JOIN}, {0x180B, 0x180D, JOIN}, {0x180E, 0x180E, TURN},
    {0x180F, 0x180F, JOIN}, {0x200B, 0x200B, TURN}, {0x200C, 0x200D, JOIN}, {0x200E, 0x200F, TURN}, {0x2028, 0x2029, BREAK}, {0x202A, 0x202C, TURN},
    {0x202D, 0x202E, NEVER}, {0x2060, 0x206F, TURN}, {0x3164, 0x3164, NEVER}, {0xFDD0, 0xFDEF, NEVER}, {0xFE00, 0xFE0F, JOIN}, {0xFEFF, 0xFEFF, TURN},
    {0xFFA0, 0xFFA0, NEVER}, {0xFFF0, 0xFFFB, NEVER}, {0x13430, 0x1343F, NEVER}, {0x1BCA0, 0x1BCA3, NEVER}, {0x1D173, 0x1D17A, NEVER},
    {0xE0000, 0xE00FF, NEVER}, {0xE0100, 0xE01EF, JOIN}, {0xE01F0, 0xE0FFF, NEVER},
};

static int kind_of(uint32_t c)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden && hidden[i].first <= c; i++)
        if (c <= hidden[i].last)
            return hidden[i].kind;
    return (c & 0xFFFE) == 0xFFFE ? NEVER : -1;
}

/* One sign at p of well-formed UTF-8; a byte that is not of it stands for itself. Returns its bytes. */
static size_t take(const uint8_t *p, size_t n, uint32_t *out)
{
    size_t k = p[0] < 0xC2 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (k == 1 || k > n) {
        *out = p[0];
        return 1;
    }
    *out = p[0] & (0x7F >> k);
    for (size_t i = 1; i < k; i++)
        *out = *out << 6 | (p[i] & 0x3F);
    return k;
}

static bool beside_letters(struct slice s, size_t at, size_t took)
{
    return (at && (uint8_t)s.p[at - 1] >= 0x80) || (at + took < s.n && (uint8_t)s.p[at + took] >= 0x80);
}

static bool allowed(int kind, unsigned may, struct slice s, size_t at, size_t took)
{
    if (kind == JOIN)
        return (may & HIDDEN_JOINS) && ((may & HIDDEN_TURNS) || beside_letters(s, at, took));
    return kind < 0 || (kind == BREAK && (may & HIDDEN_BREAKS)) || (kind == TURN && (may & HIDDEN_TURNS));
}

/* Bytes before the first that is no printable ASCII; at most n. */
static size_t printable(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t w = n - i < 8 ? word_load_few(p + i, n - i, ' ') : word_load(p + i);
        uint64_t stop = word_high(w) | word_less(w, 0x20) | word_zero(w ^ WORD_EACH(0x7F));
        if (stop)
            return i + word_first(stop);
    }
    return n;
}

ptrdiff_t hidden_find(struct slice s, unsigned may, uint32_t *out_sign)
{
    for (size_t at = printable(s.p, s.n), took; at < s.n; at += took + printable(s.p + at + took, s.n - at - took)) {
        uint32_t c;
        took = take((const uint8_t *)s.p + at, s.n - at, &c);
        if (allowed(kind_of(c), may, s, at, took))
            continue;
        if (out_sign)
            *out_sign = c;
        return (ptrdiff_t)at;
    }
    return -1;
}

#define BEFORE 40 /* bytes shown before it */

enum err hidden_refuse(struct slice s, unsigned may, const char *field, struct fault *f)
{
    char shown[sizeof f->value + 16] = "";
    ptrdiff_t first = hidden_find(s, may, NULL);
    size_t n = 0, at, took;
    if (first < 0)
        return OK;
    for (at = first > BEFORE ? (size_t)first - BEFORE : 0; at && ((uint8_t)s.p[at] & 0xC0) == 0x80;)
        at++;
    if (at)
        n = (size_t)snprintf(shown, sizeof shown, "\u2026");
    for (; at < s.n && n + 16 < sizeof shown; at += took) {
        uint32_t c;
        took = take((const uint8_t *)s.p + at, s.n - at, &c);
        if (kind_of(c) < 0)
            memcpy(shown + n, s.p + at, took);
        n += kind_of(c) < 0 ? took : (size_t)snprintf(shown + n, sizeof shown - n, "[U+%04X]", c);
    }
    if (at < s.n)
        n += (size_t)snprintf(shown + n, sizeof shown - n, "\u2026");
    return fault_set(f, ERR_FORMAT, field, slice_of(shown, n), "want.no_hidden");
}
