#include "keys/share.h"
#include "base/hash.h"
#include "base/seal.h"
#include <stdio.h>
#include "base/banned.h"

/* ---- the field ---- */

uint8_t share_product(uint8_t a, uint8_t b)
{
    unsigned x = a, product = 0;
    for (int bit = 0; bit < 8; bit++) {
        product ^= x & (0u - (unsigned)(b >> bit & 1));
        x = x << 1 ^ (0x11bu & (0u - (x >> 7 & 1)));
    }
    return (uint8_t)product;
}

/* a^254 = a^-1; 0 gives 0. */
static uint8_t inverse(uint8_t a)
{
    uint8_t power = a, out = 1;
    for (int i = 0; i < 7; i++) { /* 254 = 2 + 4 + ... + 128 */
        power = share_product(power, power);
        out = share_product(out, power);
    }
    return out;
}

void share_at(const uint8_t *x, const uint8_t *y, size_t n, size_t size, uint8_t at, uint8_t *out)
{
    memset(out, 0, size);
    for (size_t i = 0; i < n; i++) {
        uint8_t weight = 1; /* Lagrange: product of (at - x[k]) / (x[i] - x[k]) */
        for (size_t k = 0; k < n; k++)
            if (k != i)
                weight = share_product(weight, share_product((uint8_t)(at ^ x[k]), inverse((uint8_t)(x[i] ^ x[k]))));
        for (size_t b = 0; b < size; b++)
            out[b] ^= share_product(weight, y[i * size + b]);
    }
}

/* ---- splitting and joining ---- */

enum err share_split(const uint8_t secret[SHARE_SECRET], const uint8_t set[4], unsigned need, unsigned n, const uint8_t *random,
    struct share *out, struct fault *f)
{
    if (need < 1 || need > n || n > SHARES_MAX)
        return fault_set(f, ERR_RANGE, "shares", SLICE(""), "want.shares");
    for (unsigned i = 0; i < n; i++) {
        struct share *s = &out[i];
        *s = (struct share){.need = (uint8_t)need, .x = (uint8_t)(i + 1)};
        memcpy(s->set, set, sizeof s->set);
        for (size_t b = 0; b < SHARE_SECRET; b++) { /* Horner, from the highest coefficient down */
            uint8_t v = 0;
            for (unsigned k = need - 1; k > 0; k--)
                v = (uint8_t)(share_product(v, s->x) ^ random[(k - 1) * SHARE_SECRET + b]);
            s->y[b] = (uint8_t)(share_product(v, s->x) ^ secret[b]);
        }
    }
    return OK;
}

/* Adds a share that is not there yet. */
static enum err take(const struct share *s, uint8_t *x, uint8_t *y, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        if (x[i] == s->x)
            return memcmp(y + i * SHARE_SECRET, s->y, SHARE_SECRET) == 0 ? OK : ERR_CONFLICT;
    if (*n == SHARES_MAX)
        return OK;
    x[*n] = s->x;
    memcpy(y + *n * SHARE_SECRET, s->y, SHARE_SECRET);
    ++*n;
    return OK;
}

enum err share_join(const struct share *s, size_t n, uint8_t out[SHARE_SECRET], struct fault *f)
{
    uint8_t x[SHARES_MAX], y[SHARES_MAX * SHARE_SECRET];
    size_t have = 0;
    for (size_t i = 0; i < n; i++)
        if (memcmp(s[i].set, s[0].set, sizeof s->set) != 0 || s[i].need != s[0].need || take(&s[i], x, y, &have))
            return fault_set(f, ERR_CONFLICT, "shares", SLICE(""), "want.shares_of_one_set");
    if (!n)
        return fault_set(f, ERR_MISSING, "shares", SLICE(""), "want.more_shares");
    if (have < s[0].need) {
        char got[24];
        int len = snprintf(got, sizeof got, "%zu/%u", have, s[0].need);
        return fault_set(f, ERR_RANGE, "shares", slice_of(got, (size_t)len), "want.more_shares");
    }
    share_at(x, y, s[0].need, SHARE_SECRET, 0, out);
    seal_wipe(y, sizeof y);
    return OK;
}

/* ---- as text ---- */

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's base 32 */
#define PACKED 45 /* bytes: version, set, need, x, y, checksum of 6 */
#define CHECKED (PACKED - 6)

static void pack(const struct share *s, uint8_t out[PACKED])
{
    out[0] = 1;
    memcpy(out + 1, s->set, 4);
    out[5] = s->need;
    out[6] = s->x;
    memcpy(out + 7, s->y, SHARE_SECRET);
    struct hash h = hash_prefixed(0x73, out, CHECKED);
    memcpy(out + CHECKED, h.b, PACKED - CHECKED);
}

void share_text(const struct share *s, char out[SHARE_TEXT])
{
    uint8_t p[PACKED];
    char *to = out;
    pack(s, p);
    memcpy(to, "ATHAR", 5);
    to += 5;
    for (int i = 0; i < PACKED * 8 / 5; i++) {
        unsigned bit = (unsigned)i * 5, pair = (unsigned)p[bit / 8] << 8 | (bit / 8 + 1 < PACKED ? p[bit / 8 + 1] : 0);
        if (i % 4 == 0)
            *to++ = '-';
        *to++ = digits[pair >> (11 - bit % 8) & 31];
    }
    *to = 0;
    seal_wipe(p, sizeof p);
}

static int digit(char c)
{
    char up = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    up = up == 'O' ? '0' : up == 'I' || up == 'L' ? '1' : up;
    const char *at = up ? strchr(digits, up) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool read_digits(struct slice text, uint8_t out[PACKED])
{
    unsigned bits = 0, n = 0;
    size_t done = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        int d = digit(c);
        if (d < 0 || done == PACKED)
            return false;
        bits = bits << 5 | (unsigned)d;
        n += 5;
        if (n >= 8) {
            n -= 8;
            out[done++] = (uint8_t)(bits >> n);
            bits &= (1u << n) - 1;
        }
    }
    return done == PACKED && n == 0;
}

enum err share_read(struct slice text, struct share *out, struct fault *f)
{
    uint8_t p[PACKED], again[PACKED];
    struct share s = {0};
    struct slice t = slice_trim(text);
    if (t.n >= 5 && (memcmp(t.p, "ATHAR", 5) == 0 || memcmp(t.p, "athar", 5) == 0))
        t = slice_of(t.p + 5, t.n - 5);
    if (!read_digits(t, p) || p[0] != 1)
        return fault_set(f, ERR_FORMAT, "share", SLICE(""), "want.share_text");
    memcpy(s.set, p + 1, 4);
    s.need = p[5];
    s.x = p[6];
    memcpy(s.y, p + 7, SHARE_SECRET);
    pack(&s, again);
    if (memcmp(p, again, PACKED) != 0 || !s.need || s.need > SHARES_MAX || !s.x)
        return fault_set(f, ERR_FORMAT, "share", SLICE(""), "want.share_text");
    *out = s;
    seal_wipe(p, sizeof p);
    seal_wipe(again, sizeof again);
    return OK;
}
