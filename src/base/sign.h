/* Ed25519 signatures (RFC 8032, PureEdDSA) through libsodium. Deterministic: the same key and message give the same bytes. */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H
#include "base/slice.h"

#define SIGN_SEED 32
#define SIGN_PUBLIC 32
#define SIGN_BYTES 64

struct sign_key {
    uint8_t secret[64]; /* libsodium's form: seed, then public key; wiped by sign_forget */
    uint8_t pub[SIGN_PUBLIC];
};
/* seed: 32 random bytes, which are all there is to keep. */
void sign_key_of(const uint8_t seed[SIGN_SEED], struct sign_key *out);
void sign_forget(struct sign_key *k);
void sign_make(const struct sign_key *k, struct slice message, uint8_t out[SIGN_BYTES]);
/* false for any other message, key or signature, also for keys of small order and signatures out of range. */
bool sign_check(const uint8_t pub[SIGN_PUBLIC], struct slice message, const uint8_t sig[SIGN_BYTES]);
#endif
