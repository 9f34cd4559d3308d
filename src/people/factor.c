#include "people/factor.h"
#include <liboath/oath.h>
#include <sodium.h>
#include "base/banned.h"

void totp_code(const uint8_t *seed, size_t n, int64_t step, unsigned digits, char *out)
{
    if (oath_hotp_generate((const char *)seed, n, (uint64_t)step, digits, false, OATH_HOTP_DYNAMIC_TRUNCATION, out) != OATH_OK)
        *out = 0;
}

#define CODE_TYPED 128 /* bytes, with whatever stands between the characters */

static bool between(char c)
{
    return c == ' ' || c == '-' || c == '\t' || c == '\n' || c == '\r';
}

int64_t totp_check(const uint8_t seed[TOTP_SEED], struct slice code, int64_t now, int64_t last)
{
    int64_t at = now / 1000 / TOTP_STEP, found = 0;
    char want[8], given[CODE_TYPED];
    size_t n = 0;
    if (code.n > sizeof given)
        return 0;
    struct slice typed = slice_digits(code, given);
    for (size_t i = 0; i < typed.n; i++) /* devices show 123 456 */
        if (!between(typed.p[i]))
            given[n++] = typed.p[i];
    if (n != 6)
        return 0;
    for (int64_t step = at - 1; step <= at + 1; step++) { /* all three, whatever fits */
        totp_code(seed, TOTP_SEED, step, 6, want);
        if (*want && sodium_memcmp(want, given, 6) == 0 && step > last)
            found = step;
    }
    sodium_memzero(want, sizeof want);
    sodium_memzero(given, sizeof given);
    return found;
}

void base32_text(const uint8_t *p, size_t n, bool grouped, char *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    unsigned have = 0, written = 0;
    for (size_t i = 0; i < n || have; i++) {
        if (i < n) {
            bits = bits << 8 | p[i];
            have += 8;
        } else {
            bits <<= 5 - have % 5;
            have += (5 - have % 5) % 5;
        }
        while (have >= 5) {
            have -= 5;
            if (grouped && written && written % 4 == 0)
                *out++ = ' ';
            *out++ = alphabet[bits >> have & 31];
            written++;
        }
    }
    *out = 0;
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void code_text(const uint8_t *random, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = crockford[random[i] & 31];
    out[n] = 0;
}

static char plain(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 32);
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

bool code_read(struct slice typed, size_t n, char *out)
{
    size_t have = 0;
    char flat[CODE_TYPED];
    if (typed.n > sizeof flat)
        return false;
    typed = slice_digits(typed, flat);
    for (size_t i = 0; i < typed.n; i++) {
        char c = plain(typed.p[i]);
        if (between(c))
            continue;
        if (!c || !strchr(crockford, c) || have == n)
            return false;
        out[have++] = c;
    }
    out[have] = 0;
    return have == n;
}

void code_hash(const struct box *b, int kind, const struct subject_id *account, const char *code, uint8_t out[32])
{
    struct slice whose = kind == CODE_LINK ? SLICE("link") : slice_of((const char *)account->b, sizeof account->b);
    box_mac(b, kind == CODE_LINK ? "link" : "code", whose, slice_str(code), out);
}
