/* Sealing: XChaCha20-Poly1305 (libsodium, draft-irtf-cfrg-xchacha-03), 24-byte random nonce, 16-byte tag. */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H
#include "base/err.h"

#define SEAL_KEY 32
#define SEAL_NONCE 24
#define SEAL_TAG 16

/* sodium_init once a process; ERR_ENVIRONMENT kinds when there is no randomness. Every program calls it first. */
enum err seal_init(void);
/* out: n + SEAL_TAG bytes. Never fails. */
void seal_box(const uint8_t key[SEAL_KEY], const uint8_t nonce[SEAL_NONCE], struct slice ad, struct slice plain, uint8_t *out);
/* out: sealed.n - SEAL_TAG bytes: the text when the tag holds; zeros and ERR_KEY when not. ERR_DAMAGED when shorter than a
 * tag (nothing written). */
enum err seal_open(const uint8_t key[SEAL_KEY], const uint8_t nonce[SEAL_NONCE], struct slice ad, struct slice sealed, uint8_t *out);
/* Random bytes of the system (never fails after seal_init). */
void seal_random(void *out, size_t n);
void seal_wipe(void *p, size_t n);
#endif
