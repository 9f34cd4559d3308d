/* Passkeys: WebAuthn (W3C, levels 2 and 3) registration and sign-in, judged on the server. Attestation is not asked for and not looked at: what kind of
 * device it is decides nothing here. User verification (PIN, finger) is required, so that a passkey is two factors in one. ES256, EdDSA (Ed25519) and
 * RS256.
 *
 * Read by base/cbor.h and verified by OpenSSL, rather than by libfido2: of CBOR only two small maps are read, so that the reader is shorter than what
 * would call the library, and is fuzzed; libfido2 brings drivers of devices (udev, HID) into a server that has none.
 *
 * A challenge is 16 random bytes, the time until which it counts, and an HMAC of both and of the browser session it was shown to: nothing is kept until
 * it is used, so that strangers can ask for as many as they like. Used once: its hash is kept from the transaction that takes it until it would have
 * expired. docs/formats/accounts.md. */
#ifndef PEOPLE_PASSKEY_H
#define PEOPLE_PASSKEY_H
#include "people/box.h"

#define PASSKEY_CHALLENGE 56 /* bytes: 16 random, 8 time, 32 HMAC */
#define PASSKEY_TEXT 75      /* characters of it in base64url */
#define PASSKEY_MINUTES 10
#define PASSKEYS_MAX 8       /* of an account */
#define PASSKEY_DATA_MAX 4096 /* bytes of each part that a browser sends */

/* What a browser has to answer to. */
struct passkey_asked {
    struct slice challenge; /* base64url, as it was shown */
    struct slice origin;    /* scheme://host[:port] of the page */
    struct slice host;      /* the relying party's id */
};
/* As the browser sent it, in bytes. */
struct passkey_answer {
    struct slice client_data, data, signature; /* data: attestation object at registration, authenticator data at sign-in */
};

/* A new credential, checked as 7.1 of the standard says. out: id, id_n, public_key, public_n, counter; the rest is the caller's. ERR_REFUSED. */
enum err passkey_register(const struct passkey_asked *asked, const struct passkey_answer *answer, struct passkey *out, struct fault *f);
/* An assertion by a known credential, as 7.2 says; a counter that did not grow (where there is one) is refused: the key was copied. ERR_REFUSED. */
enum err passkey_verify(const struct passkey_asked *asked, const struct passkey_answer *answer, const struct passkey *known, int64_t *out_counter,
    struct fault *f);

/* binder: 32 bytes of the session. out: PASSKEY_TEXT + 1. */
void passkey_challenge(const struct box *b, const uint8_t random[16], const uint8_t binder[32], int64_t now, char *out);
/* Was this shown to the same session, and not too long ago? out_until: when it expires. */
bool passkey_challenge_holds(const struct box *b, struct slice text, const uint8_t binder[32], int64_t now, int64_t *out_until);
/* Does the signature of the answer hold, by the key alone? */
bool passkey_signature_holds(const struct passkey *known, const struct passkey_answer *a);
/* base64url without padding, strictly; false when it is none, or more than `most` bytes. The bytes live in the arena. */
bool passkey_bytes(struct arena *a, struct slice text, size_t most, struct slice *out);
#endif
