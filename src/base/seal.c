#include "base/seal.h"

#include <sodium.h>
#include "base/banned.h"

_Static_assert(SEAL_KEY == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(SEAL_NONCE == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
_Static_assert(SEAL_TAG == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

static const unsigned char *bytes(struct slice s)
{
    return (const unsigned char *)(s.p ? s.p : "");
}

enum err seal_init(void)
{
    return sodium_init() < 0 ? ERR_IO : OK;
}

void seal_box(const uint8_t key[SEAL_KEY], const uint8_t nonce[SEAL_NONCE], struct slice ad, struct slice plain, uint8_t *out)
{
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, bytes(plain), plain.n, bytes(ad), ad.n, NULL, nonce, key);
}

enum err seal_open(const uint8_t key[SEAL_KEY], const uint8_t nonce[SEAL_NONCE], struct slice ad, struct slice sealed, uint8_t *out)
{
    if (sealed.n < SEAL_TAG)
        return ERR_DAMAGED;
    int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, bytes(sealed), sealed.n, bytes(ad), ad.n, nonce, key);
    return rc == 0 ? OK : ERR_KEY;
}

void seal_random(void *out, size_t n)
{
    randombytes_buf(out, n);
}

void seal_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}
