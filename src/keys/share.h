/* Secret sharing: a secret of up to 32 bytes in n shares of which any t give it back and t - 1 say nothing of it.
 * Source: A. Shamir, How to share a secret, CACM 22 (1979) 612, byte by byte over GF(2^8) with the polynomial of AES
 * (FIPS 197 4.2, x^8 + x^4 + x^3 + x + 1); the secret stands at x = 0, shares at x = 1 to n. Multiplication uses no table and no
 * branch on secret bytes. A share is printed as text with the id of its set and a checksum: docs/formats/keys.md. */
#ifndef KEYS_SHARE_H
#define KEYS_SHARE_H
#include "base/err.h"

#define SHARE_SECRET 32
#define SHARES_MAX 32
#define SHARE_TEXT 96 /* "ATHAR-" and 18 groups of 4, with NUL */

struct share {
    uint8_t set[4]; /* which set it is of: shares of two sets are never mixed */
    uint8_t need;   /* t, 1 to SHARES_MAX */
    uint8_t x;      /* 1 to 255 */
    uint8_t y[SHARE_SECRET];
};
/* Product in GF(2^8); the same time for all values. */
uint8_t share_product(uint8_t a, uint8_t b);
/* The value at `at` of the polynomial through n points: x[i] all different, y[i] of `size` bytes each at y + i * size. */
void share_at(const uint8_t *x, const uint8_t *y, size_t n, size_t size, uint8_t at, uint8_t *out);
/* n shares of the secret, any `need` of which give it back. random: (need - 1) * SHARE_SECRET fresh bytes, wiped by the caller.
 * ERR_RANGE unless 1 <= need <= n <= SHARES_MAX. */
enum err share_split(const uint8_t secret[SHARE_SECRET], const uint8_t set[4], unsigned need, unsigned n, const uint8_t *random,
    struct share *out, struct fault *f);
/* The secret of at least `need` shares of one set. ERR_MISSING with fewer, ERR_CONFLICT when they are of different sets or one
 * stands twice with different bytes. A share that was altered (its checksum held) gives another secret: the caller compares. */
enum err share_join(const struct share *s, size_t n, uint8_t out[SHARE_SECRET], struct fault *f);
void share_text(const struct share *s, char out[SHARE_TEXT]);
/* Reads what share_text printed, also in lower case, with O for 0 and I or L for 1, blanks and hyphens anywhere. ERR_FORMAT when
 * it is not of the form or the checksum does not hold. */
enum err share_read(struct slice text, struct share *out, struct fault *f);
#endif
