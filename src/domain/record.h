/* The record: the unit of the register. Clear header + 16-byte random salt + sealed sections, immutable, named by the
 * RFC 6962 leaf hash of its exact bytes. docs/formats/record.md has the offset table and worked bytes. Pure: sealing keys
 * come from the caller. Multi-byte numbers are big-endian. */
#ifndef DOMAIN_RECORD_H
#define DOMAIN_RECORD_H
#include "base/buf.h"
#include "base/hash.h"
#include "base/seal.h"
#include "base/time.h"

#define RECORD_MAX 60000
#define RECORD_SUBJECTS 32
#define RECORD_HEADS 16
#define RECORD_SUPERSEDES 24
#define RECORD_SECTIONS 16
#define RECORD_SALT 16

struct subject_id {
    uint8_t b[16];
};
struct key_id {
    uint8_t b[16];
};
enum subject_type { SUBJECT_ITEM = 1, SUBJECT_PARTY = 2, SUBJECT_PERMIT = 3, SUBJECT_REGISTER = 4,
    SUBJECT_ACCOUNT = 5, SUBJECT_CASE = 6, SUBJECT_SPECIMENS = 7, SUBJECT_TYPES = 8 };
/* TEXT: free text, which may name anybody; OPINION: what somebody makes of the facts. Both are opened only to who may read names. */
enum section_kind { SECTION_BODY = 1, SECTION_PERSON = 2, SECTION_TEXT = 3, SECTION_OPINION = 4 };

struct record_subject {
    enum subject_type type;
    struct subject_id id;
};
/* All slices borrowed. Texts: origin, actor, office up to 96 bytes, kind and purpose up to 48. */
struct record_header {
    struct slice origin, kind;
    struct hash profile;
    size_t subject_count;
    struct record_subject subject[RECORD_SUBJECTS];
    struct when happened, discovered; /* discovered may be unknown */
    int64_t recorded;                 /* the writer's UTC clock, milliseconds */
    struct slice actor, office, purpose;
    size_t supersedes_count;
    struct hash supersedes[RECORD_SUPERSEDES];
    size_t head_count; /* subject heads this was decided on */
    struct hash head[RECORD_HEADS];
};
struct record_section {
    enum section_kind kind;
    struct key_id key;
    const uint8_t *nonce;
    struct slice sealed; /* with its tag */
};
/* A parsed record: borrows the bytes. */
struct record {
    struct slice bytes;
    struct record_header h;
    struct slice header_bytes; /* offset 0 to the end of the salt: the first part of the additional data */
    size_t section_count;
    struct record_section section[RECORD_SECTIONS];
};

/* One section to be sealed. */
struct record_plain {
    enum section_kind kind;
    struct key_id key_id;
    const uint8_t *key; /* SEAL_KEY bytes */
    struct slice plain;
};
/* Appends the record's bytes to out. `random` gives salt and nonces: RECORD_SALT + n * SEAL_NONCE bytes, fresh.
 * ERR_TOO_LONG past RECORD_MAX or a text past its limit; ERR_BUG without a subject or with one twice; out unchanged then. */
enum err record_encode(const struct record_header *h, const struct record_plain *plain, size_t n, const uint8_t *random,
    struct buf *out, struct fault *f);
size_t record_random_need(size_t sections);
/* Strict: every length in bounds, no trailing byte, known version, types and section kinds, each subject once, texts UTF-8,
 * times canonical, recorded within the years 1970 to 9999: what record_encode would write of it is the same bytes.
 * ERR_DAMAGED otherwise. Whether sections open only their keys can tell. */
enum err record_parse(struct slice bytes, struct record *out);
/* Opens section i into out (sealed.n - SEAL_TAG bytes). ERR_KEY when the key does not fit. */
enum err record_open(const struct record *r, size_t i, const uint8_t key[SEAL_KEY], uint8_t *out);
struct hash record_id(struct slice bytes);
bool subject_eq(const struct subject_id *a, const struct subject_id *b);
bool subject_none(const struct subject_id *a);
#endif
