/* Ways to the master key of a key store. Each is a key pair (X25519); what the slot keeps tells how its holder comes to the
 * secret half. Own data of each type, in bytes (docs/formats/keys.md):
 *
 *   file        length of a path 1, path (empty: DIR/keystore/master), nonce 24, sealed secret 48; the file's 32 bytes open it
 *   passphrase  salt 16, passes 4, KiB 4, nonce 24, sealed secret 48; Argon2id of the passphrase opens it
 *   token       length 1, path of the PKCS#11 module, length 1, label of the token, label of the key 16, question 32, nonce 24, sealed
 *               secret 48; SHA-256 of the question as the token's AES key enciphers it (CBC, zero IV) opens it
 *   quorum      set 4, need 1, of 1; the secret is in shares (share.h)
 */
#ifndef KEYS_SLOT_H
#define KEYS_SLOT_H
#include "keys/head.h"
#include "keys/share.h"

#define KEY_PASSES 3           /* of Argon2id, unless the caller says otherwise: libsodium's "moderate" */
#define KEY_PASS_KIB (256 << 10)

/* What a holder brings. Empty slices: not at hand. */
struct key_ask {
    struct slice passphrase, pin;
};
/* From the files that ATHAR_PASSPHRASE_FILE and ATHAR_PIN_FILE name (a line's end is not part of it), into `room`, which the caller
 * wipes. Not there: empty. */
void key_ask_environment(struct key_ask *out, struct buf *room);

/* New slots for this master key. path, module, label: at most 250 bytes. */
enum err slot_file(const char *store_dir, struct slice path, const uint8_t master[SEAL_KEY], struct key_slot *out, struct fault *f);
enum err slot_passphrase(struct slice passphrase, uint32_t passes, uint32_t kib, const uint8_t master[SEAL_KEY], struct key_slot *out,
    struct fault *f);
enum err slot_token(struct slice module, struct slice token, struct slice pin, const uint8_t master[SEAL_KEY], struct key_slot *out,
    struct fault *f);
/* n shares are written to `shares`, which the caller wipes once they are handed out. */
enum err slot_quorum(unsigned need, unsigned n, const uint8_t master[SEAL_KEY], struct key_slot *out, struct share *shares, struct fault *f);

/* The slot's secret half. ERR_NOT_FOUND when what it needs is not at hand, ERR_KEY when it is the wrong one. Never for a quorum. */
enum err slot_secret(const char *store_dir, const struct key_slot *s, const struct key_ask *ask, uint8_t out[SEAL_KEY], struct fault *f);
/* Does this secret belong to the slot? Then the master key. ERR_KEY else. */
enum err slot_master(const struct key_slot *s, const uint8_t secret[SEAL_KEY], uint8_t out[SEAL_KEY]);
/* The slot from now on leads to this master key. */
void slot_wrap(struct key_slot *s, const uint8_t master[SEAL_KEY]);
bool slot_is_set(const struct key_slot *s, const uint8_t set[4]);
/* Path of a file slot's file. */
void slot_path(const char *store_dir, const struct key_slot *s, char *out, size_t size);

/* token.c: SHA-256 of what the token makes of the question. make: the key is made first. */
enum err token_answer(const char *module, const char *token, struct slice pin, const uint8_t label[16], const uint8_t question[32], bool make,
    uint8_t out[SEAL_KEY], struct fault *f);
#endif
