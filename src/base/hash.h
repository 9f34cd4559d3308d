/* SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), by OpenSSL on a state of ours: no context on the heap, nothing fetched
 * (bench/bench_base.c). None of these can fail, but for hash_begin without memory. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "base/slice.h"

struct hash {
    uint8_t b[32];
};

struct hash hash_of(const void *p, size_t n);
/* SHA-256 over prefix byte and data: 0x00 leaf (RFC 6962 2.1). */
struct hash hash_prefixed(uint8_t prefix, const void *p, size_t n);
/* SHA-256(0x01 || left || right). */
struct hash hash_node(const struct hash *left, const struct hash *right);
void hash_hmac(const uint8_t key[32], const void *p, size_t n, uint8_t out[32]);
/* HMAC with a key that serves many messages: made ready once, each costs two blocks less. Ready, it is as secret as the key. */
struct hash_key {
    uint64_t inner[14], outer[14]; /* OpenSSL's states after K ^ ipad and after K ^ opad */
};
void hash_key_ready(const uint8_t key[32], struct hash_key *out);
void hash_keyed(const struct hash_key *k, const void *p, size_t n, uint8_t out[32]);
bool hash_eq(const struct hash *a, const struct hash *b);

/* Streaming; state on the heap, freed by done or drop. NULL without memory. */
struct hash_stream;
struct hash_stream *hash_begin(void);
void hash_add(struct hash_stream *s, const void *p, size_t n);
struct hash hash_done(struct hash_stream *s);
void hash_drop(struct hash_stream *s);
#endif
