/* Signed notes and the checkpoints in them (C2SP signed-note, tlog-checkpoint, tlog-cosignature). Base only: a checkpoint is
 * checked without the register. docs/formats/checkpoint.md has the lines and a worked example. */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H
#include "base/buf.h"
#include "base/hash.h"
#include "base/sign.h"

#define NOTE_MAX 65536
#define NOTE_NAME 96        /* bytes of a key's name */
#define NOTE_SIGNATURES 64  /* lines that are looked at; a note with more is refused */
enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 }; /* 0x06, ML-DSA-44, has its place in the key's text; not checked yet */

struct note_key {
    char name[NOTE_NAME + 1];
    uint8_t type; /* enum note_type */
    uint32_t id;  /* first 4 bytes of SHA-256(name, 0x0A, type, public key) */
    uint8_t pub[SIGN_PUBLIC];
};
/* ERR_FORMAT when the name is empty, too long, not UTF-8, or has a blank, a '+' or a control character. */
enum err note_key_of(const char *name, enum note_type type, const uint8_t pub[SIGN_PUBLIC], struct note_key *out);
/* "name+hhhhhhhh+base64(type, public key)". ERR_FORMAT, also when the id in it is not the key's; ERR_UNKNOWN_CODE for another type. */
enum err note_key_parse(struct slice text, struct note_key *out);
void note_key_write(const struct note_key *k, struct buf *out);

struct note_found {
    struct slice text;      /* what is signed, with its last newline; borrowed */
    uint64_t valid;         /* bit i: keys[i] has signed it */
    int64_t seconds[64];    /* of cosignatures, POSIX time; 0 for others */
};
/* Takes a note apart and checks the signatures of the keys given (at most 64). Signatures of other keys are passed over.
 * ERR_FORMAT: no note. ERR_KEY: a given key's signature fails, or none of them has signed. *out then not written. */
enum err note_check(struct slice note, const struct note_key *keys, size_t n, struct note_found *out);
/* The text of a note, signatures not looked at. ERR_FORMAT: no note. */
enum err note_text(struct slice note, struct slice *text);
/* text (ending in a newline), an empty line, one signature line. ERR_FORMAT when the text could not be a note's. */
enum err note_sign(struct slice text, const struct note_key *name, const struct sign_key *key, struct buf *out);
/* A cosignature line of a witness for a note's text, to be put after its other signatures. */
enum err note_cosign(struct slice text, const struct note_key *name, const struct sign_key *key, int64_t seconds, struct buf *out);

struct checkpoint {
    struct slice origin; /* borrowed */
    uint64_t size;
    struct hash root;
};
/* Origin, size, root, and possibly further lines that are not read. ERR_FORMAT: an empty origin, a size with a leading zero or
 * past 2^63 - 1, a root that is not 32 bytes, an empty further line, no newline at the end. */
enum err checkpoint_parse(struct slice text, struct checkpoint *out);
void checkpoint_write(const struct checkpoint *c, struct buf *out);
#endif
