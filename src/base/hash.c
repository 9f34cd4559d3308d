/* The fetched algorithm lives for the process, the context for its thread: both are set up once and then only read.
 * A system without SHA-256, or without memory for the one context of a thread, cannot keep a register: abort. */
#include "base/hash.h"
#include "base/mem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/banned.h"

#define HMAC_BLOCK 64

struct hash_stream {
    EVP_MD_CTX *ctx;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static pthread_key_t ctx_key; /* only so that the context is freed when its thread ends */
static _Thread_local EVP_MD_CTX *thread_ctx;

static void ctx_free(void *ctx)
{
    EVP_MD_CTX_free(ctx);
}

static void setup(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!sha256 || pthread_key_create(&ctx_key, ctx_free) != 0)
        abort();
}

static void must(bool ok)
{
    if (!ok)
        abort();
}

static EVP_MD_CTX *ctx_new(void)
{
    must(pthread_once(&once, setup) == 0);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx && EVP_DigestInit_ex2(ctx, sha256, NULL) == 1)
        return ctx;
    EVP_MD_CTX_free(ctx);
    return NULL;
}

/* This thread's context, ready for a new message. */
static EVP_MD_CTX *ctx_ready(void)
{
    if (!thread_ctx) {
        thread_ctx = ctx_new();
        must(thread_ctx && pthread_setspecific(ctx_key, thread_ctx) == 0);
        return thread_ctx;
    }
    must(EVP_DigestInit_ex2(thread_ctx, NULL, NULL) == 1);
    return thread_ctx;
}

static void add(EVP_MD_CTX *ctx, const void *p, size_t n)
{
    must(n == 0 || EVP_DigestUpdate(ctx, p, n) == 1);
}

static struct hash finish(EVP_MD_CTX *ctx)
{
    struct hash h;
    must(EVP_DigestFinal_ex(ctx, h.b, NULL) == 1);
    return h;
}

struct hash hash_of(const void *p, size_t n)
{
    EVP_MD_CTX *ctx = ctx_ready();
    add(ctx, p, n);
    return finish(ctx);
}

struct hash hash_prefixed(uint8_t prefix, const void *p, size_t n)
{
    EVP_MD_CTX *ctx = ctx_ready();
    add(ctx, &prefix, 1);
    add(ctx, p, n);
    return finish(ctx);
}

struct hash hash_node(const struct hash *left, const struct hash *right)
{
    uint8_t node[65] = {0x01};
    memcpy(node + 1, left->b, 32);
    memcpy(node + 33, right->b, 32);
    return hash_of(node, sizeof node);
}

/* RFC 2104 2: H(K ^ opad, H(K ^ ipad, text)), K padded with zeros to the block. */
void hash_hmac(const uint8_t key[32], const void *p, size_t n, uint8_t out[32])
{
    uint8_t pad[HMAC_BLOCK];
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < 32; i++)
        pad[i] ^= key[i];
    EVP_MD_CTX *ctx = ctx_ready();
    add(ctx, pad, sizeof pad);
    add(ctx, p, n);
    struct hash inner = finish(ctx);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5C;
    ctx = ctx_ready();
    add(ctx, pad, sizeof pad);
    add(ctx, inner.b, sizeof inner.b);
    struct hash outer = finish(ctx);
    memcpy(out, outer.b, 32);
    OPENSSL_cleanse(pad, sizeof pad);
    OPENSSL_cleanse(&inner, sizeof inner);
}

bool hash_eq(const struct hash *a, const struct hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

struct hash_stream *hash_begin(void)
{
    struct hash_stream *s = mem_resize(NULL, sizeof *s);
    if (!s)
        return NULL;
    s->ctx = ctx_new();
    if (s->ctx)
        return s;
    free(s);
    return NULL;
}

void hash_add(struct hash_stream *s, const void *p, size_t n)
{
    add(s->ctx, p, n);
}

struct hash hash_done(struct hash_stream *s)
{
    struct hash h = finish(s->ctx);
    hash_drop(s);
    return h;
}

void hash_drop(struct hash_stream *s)
{
    if (!s)
        return;
    EVP_MD_CTX_free(s->ctx);
    free(s);
}
