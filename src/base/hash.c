/* OpenSSL's SHA256_* work on a state of ours, on the stack, with the processor's instructions as EVP has them. Through EVP each hash of a
 * short message costs 50 to 100 ns more (dispatch, parameters, a context on the heap), and an import hashes some forty times a firearm.
 * They are called deprecated since OpenSSL 3.0, which is about providers, not about their results. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"
#include "base/mem.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include "base/banned.h"

#define HMAC_BLOCK 64

struct hash_stream {
    SHA256_CTX ctx;
};

static void add(SHA256_CTX *ctx, const void *p, size_t n)
{
    if (n)
        SHA256_Update(ctx, p, n);
}

static struct hash finish(SHA256_CTX *ctx)
{
    struct hash h;
    SHA256_Final(h.b, ctx);
    return h;
}

struct hash hash_of(const void *p, size_t n)
{
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    add(&ctx, p, n);
    return finish(&ctx);
}

struct hash hash_prefixed(uint8_t prefix, const void *p, size_t n)
{
    SHA256_CTX ctx;
    SHA256_Init(&ctx);
    add(&ctx, &prefix, 1);
    add(&ctx, p, n);
    return finish(&ctx);
}

struct hash hash_node(const struct hash *left, const struct hash *right)
{
    uint8_t node[65] = {0x01};
    memcpy(node + 1, left->b, 32);
    memcpy(node + 33, right->b, 32);
    return hash_of(node, sizeof node);
}

_Static_assert(sizeof(((struct hash_key *)0)->inner) == sizeof(SHA256_CTX), "state");

/* RFC 2104 2: H(K ^ opad, H(K ^ ipad, text)), K padded with zeros to the block. */
void hash_key_ready(const uint8_t key[32], struct hash_key *out)
{
    uint8_t pad[HMAC_BLOCK];
    SHA256_CTX ctx;
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < 32; i++)
        pad[i] ^= key[i];
    SHA256_Init(&ctx);
    add(&ctx, pad, sizeof pad);
    memcpy(out->inner, &ctx, sizeof ctx);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5C;
    SHA256_Init(&ctx);
    add(&ctx, pad, sizeof pad);
    memcpy(out->outer, &ctx, sizeof ctx);
    OPENSSL_cleanse(pad, sizeof pad);
    OPENSSL_cleanse(&ctx, sizeof ctx);
}

void hash_keyed(const struct hash_key *k, const void *p, size_t n, uint8_t out[32])
{
    SHA256_CTX ctx;
    memcpy(&ctx, k->inner, sizeof ctx);
    add(&ctx, p, n);
    struct hash h = finish(&ctx);
    memcpy(&ctx, k->outer, sizeof ctx);
    add(&ctx, h.b, sizeof h.b);
    h = finish(&ctx);
    memcpy(out, h.b, 32);
    OPENSSL_cleanse(&h, sizeof h);
    OPENSSL_cleanse(&ctx, sizeof ctx);
}

void hash_hmac(const uint8_t key[32], const void *p, size_t n, uint8_t out[32])
{
    struct hash_key k;
    hash_key_ready(key, &k);
    hash_keyed(&k, p, n, out);
    OPENSSL_cleanse(&k, sizeof k);
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

struct hash_stream *hash_begin(void)
{
    struct hash_stream *s = mem_resize(NULL, sizeof *s);
    if (s)
        SHA256_Init(&s->ctx);
    return s;
}

void hash_add(struct hash_stream *s, const void *p, size_t n)
{
    add(&s->ctx, p, n);
}

struct hash hash_done(struct hash_stream *s)
{
    struct hash h = finish(&s->ctx);
    hash_drop(s);
    return h;
}

void hash_drop(struct hash_stream *s)
{
    free(s);
}
