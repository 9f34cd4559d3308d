/* The second factor beside a password: time codes (TOTP, RFC 6238: SHA-1, 30 seconds, 6 digits, one step of clock error either
 * way, no code twice), and printed codes, each used once, for people without a phone. Passkeys are in people/passkey.h. */
#ifndef PEOPLE_FACTOR_H
#define PEOPLE_FACTOR_H
#include "people/box.h"

#define TOTP_SEED 20
#define TOTP_STEP 30 /* seconds */
#define FACTOR_CODES 10
#define FACTOR_CODE 10 /* characters of a printed code: 50 bits, written XXXXX-XXXXX */
#define LINK_TEXT 26   /* characters of a sign-in link: 130 bits */

/* The code of one step (seconds since 1970 / 30) with `digits` digits. out: digits + 1 bytes. */
void totp_code(const uint8_t *seed, size_t n, int64_t step, unsigned digits, char *out);
/* The step whose code this is, within one step of now and later than `last`; 0 when none. now in milliseconds. code as typed: blanks and dashes left out,
 * digits of any keyboard (slice_digits). */
int64_t totp_check(const uint8_t seed[TOTP_SEED], struct slice code, int64_t now, int64_t last);
/* RFC 4648 base32 without padding, in groups of four for reading. out: at least n * 2 + 8 bytes. */
void base32_text(const uint8_t *p, size_t n, bool grouped, char *out);

/* Random bytes to a printed code: letters and digits that are not mistaken for each other (Crockford's 32). out: n + 1 bytes. */
void code_text(const uint8_t *random, size_t n, char *out);
/* As typed: blanks and dashes left out, digits of any keyboard, lower case and look-alikes (o 0, i l 1) taken for what they are. false when not n characters. */
bool code_read(struct slice typed, size_t n, char *out);
/* What is kept of a code. A link is found by its hash alone, so its account is not part of it. */
void code_hash(const struct box *b, int kind, const struct subject_id *account, const char *code, uint8_t out[32]);
#endif
