/* The head of a key store: which ways lead to its master key (slots), and, sealed under the master key, the register's own keys
 * and the list of segments with a key for each. Pure: bytes in, bytes out. Layout and worked bytes: docs/formats/keys.md. */
#ifndef KEYS_HEAD_H
#define KEYS_HEAD_H
#include "base/buf.h"
#include "base/seal.h"
#include "domain/record.h"

#define KEY_SLOTS 8
#define KEY_SLOT_MAX 600     /* bytes of a slot's own data */
#define KEY_SEGMENTS 262144
#define KEY_HEAD_MAX (32u << 20)

/* The register's own keys. */
struct keys {
    struct key_id register_id;
    uint8_t reg[SEAL_KEY];    /* bodies of records */
    uint8_t import[SEAL_KEY]; /* subject ids and claims of imported rows; never rotated */
    uint8_t blind[SEAL_KEY];  /* tokens of outside numbers and of documents */
    uint8_t index[SEAL_KEY];  /* the index snapshot */
    uint8_t log[SEAL_KEY];    /* seed of the key that signs the log's checkpoints */
};

enum key_slot_type { KEY_SLOT_FILE = 1, KEY_SLOT_PASSPHRASE, KEY_SLOT_TOKEN, KEY_SLOT_QUORUM, KEY_SLOT_TYPES };
/* One way to the master key: a key pair whose secret half the slot's holder has; the master key is sealed to the public half, so
 * that a fresh master reaches every holder without asking any. */
struct key_slot {
    uint8_t type;       /* enum key_slot_type */
    uint8_t pub[32];    /* X25519 */
    uint8_t master[80]; /* the master key as a sealed box (libsodium crypto_box_seal) */
    uint16_t n;
    uint8_t data[KEY_SLOT_MAX]; /* as the type says: slot.h */
};
struct key_head {
    uint8_t store[16]; /* random: which store this is; segments and backups bear it */
    uint64_t generation;
    bool locked;
    size_t slot_count;
    struct key_slot slot[KEY_SLOTS];
    struct slice body; /* nonce and sealed body; borrowed */
};
struct key_segment {
    uint32_t number, version, count; /* count and length of a closed segment; length 0: the last one, which grows */
    uint64_t length;
    uint8_t key[SEAL_KEY];
};
struct key_body {
    struct keys keys;
    uint32_t next; /* number of the next segment */
    size_t segment_count, segment_cap;
    struct key_segment *segment; /* owned */
};
/* Strict: ERR_DAMAGED for whatever head_write would not write. */
enum err head_parse(struct slice bytes, struct key_head *out);
void head_write(const struct key_head *h, struct buf *out);
/* ERR_KEY when the master key is another's; ERR_DAMAGED when what is inside is not of the form; ERR_MEMORY. */
enum err body_open(const struct key_head *h, const uint8_t master[SEAL_KEY], struct key_body *out);
/* Nonce and sealed body into out: what head.body points at when the head is written. */
enum err body_seal(const struct key_head *h, const struct key_body *b, const uint8_t master[SEAL_KEY], struct buf *out);
void body_free(struct key_body *b); /* wipes */
#endif
