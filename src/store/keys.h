/* The keys of a data directory, in DIR/keys (mode 0600), outside the database: whoever has the database file alone reads no
 * mark and no name. The key store of its own (keys per person that can be destroyed, shares, hardware) takes this file's
 * place; until then a person's key is computed from the person root key. docs/formats/keys.md. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H
#include "domain/record.h"

struct keys {
    struct key_id register_id;
    uint8_t reg[SEAL_KEY];         /* bodies of records */
    uint8_t person_root[SEAL_KEY]; /* HMAC with the party's id gives the party's key */
    uint8_t import[SEAL_KEY];      /* subject ids and claims of imported rows; never rotated */
    uint8_t blind[SEAL_KEY];       /* tokens of outside numbers */
    uint8_t index[SEAL_KEY];       /* the index snapshot */
};

/* Writes a new key file; ERR_EXISTS when there is one. random: fills bytes. */
enum err keys_create(const char *path, void (*random)(void *arg, void *out, size_t n), void *arg, struct fault *f);
enum err keys_load(const char *path, struct keys *out, struct fault *f);
void keys_person(const struct keys *k, const struct subject_id *party, uint8_t out[SEAL_KEY]);
/* First 16 bytes of HMAC(key, label || 0 || length of a || a || length of b || b || n), numbers of 8 bytes, big-endian. */
void keys_token(const uint8_t key[SEAL_KEY], const char *label, struct slice a, struct slice b, uint64_t n, uint8_t out[16]);
#endif
