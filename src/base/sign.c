#include "base/sign.h"
#include <sodium.h>
#include "base/banned.h"

void sign_key_of(const uint8_t seed[SIGN_SEED], struct sign_key *out)
{
    crypto_sign_seed_keypair(out->pub, out->secret, seed);
}

void sign_forget(struct sign_key *k)
{
    sodium_memzero(k, sizeof *k);
}

void sign_make(const struct sign_key *k, struct slice message, uint8_t out[SIGN_BYTES])
{
    crypto_sign_detached(out, NULL, (const uint8_t *)message.p, message.n, k->secret);
}

bool sign_check(const uint8_t pub[SIGN_PUBLIC], struct slice message, const uint8_t sig[SIGN_BYTES])
{
    return crypto_sign_verify_detached(sig, (const uint8_t *)message.p, message.n, pub) == 0;
}
