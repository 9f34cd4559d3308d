#include "people/passkey.h"
#include "base/cbor.h"
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include "base/banned.h"

enum { ES256 = -7, EDDSA = -8, RS256 = -257 }; /* IANA, COSE algorithms */
enum { FLAG_PRESENT = 1, FLAG_VERIFIED = 4, FLAG_CREDENTIAL = 0x40, FLAG_EXTENSIONS = 0x80 };

static enum err refuse(struct fault *f, const char *what)
{
    return fault_set(f, ERR_REFUSED, "passkey", slice_str(what), "say.passkey");
}

/* ---- what the browser collected (5.8.1) ---- */

static bool member_is(const json_t *o, const char *name, struct slice want)
{
    const char *s = json_string_value(json_object_get(o, name));
    return s && slice_eq(slice_of(s, json_string_length(json_object_get(o, name))), want);
}

static bool client_data_holds(const struct passkey_asked *asked, struct slice client_data, const char *type)
{
    json_t *o = client_data.n && client_data.n <= PASSKEY_DATA_MAX ? json_loadb(client_data.p, client_data.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const json_t *cross = json_object_get(o, "crossOrigin");
    bool holds = json_is_object(o) && member_is(o, "type", slice_str(type)) && member_is(o, "challenge", asked->challenge) &&
        member_is(o, "origin", asked->origin) && (!cross || json_is_false(cross)) && !json_object_get(o, "topOrigin");
    json_decref(o);
    return holds;
}

/* ---- authenticator data (6.1) ---- */

struct data {
    uint8_t flags;
    uint32_t counter;
    struct slice id, key; /* of a new credential */
};

static bool read_credential(struct slice *rest, struct data *out)
{
    if (rest->n < 18) /* AAGUID, length of the id */
        return false;
    size_t n = (size_t)(uint8_t)rest->p[16] << 8 | (uint8_t)rest->p[17];
    if (!n || n > PASSKEY_ID_MAX || n > rest->n - 18)
        return false;
    out->id = slice_of(rest->p + 18, n);
    struct cbor c = {slice_of(rest->p + 18 + n, rest->n - 18 - n), false};
    out->key = cbor_any(&c);
    *rest = c.rest;
    return !c.bad;
}

/* Whole, for this host, with somebody there who proved himself to the device. */
static bool read_data(struct slice s, struct slice host, bool credential, struct data *out)
{
    struct hash h = hash_of(host.p, host.n);
    *out = (struct data){0};
    if (s.n < 37 || s.n > PASSKEY_DATA_MAX || memcmp(s.p, h.b, 32) != 0)
        return false;
    out->flags = (uint8_t)s.p[32];
    for (size_t i = 33; i < 37; i++)
        out->counter = out->counter << 8 | (uint8_t)s.p[i];
    struct slice rest = slice_of(s.p + 37, s.n - 37);
    if (credential != !!(out->flags & FLAG_CREDENTIAL) || (credential && !read_credential(&rest, out)))
        return false;
    if (out->flags & FLAG_EXTENSIONS) {
        struct cbor c = {rest, false};
        cbor_any(&c);
        if (c.bad)
            return false;
        rest = c.rest;
    }
    return !rest.n && (out->flags & FLAG_PRESENT) && (out->flags & FLAG_VERIFIED);
}

/* ---- keys (RFC 9052 7, RFC 9053 7, RFC 8230 4) ---- */

struct cose {
    int64_t kty, alg, crv;
    struct slice x, y, n, e;
};

/* Members that such a key has, each once; others make it none that we know. */
static bool read_cose(struct slice s, struct cose *out)
{
    struct cbor c = {s, false};
    unsigned seen = 0;
    *out = (struct cose){0};
    for (size_t pairs = cbor_map(&c); pairs && !c.bad; pairs--) {
        int64_t label = cbor_int(&c);
        unsigned bit = label >= -3 && label <= 3 ? 1u << (label + 3) : 0;
        if (!bit || (seen & bit))
            return false;
        seen |= bit;
        if (label == 1)
            out->kty = cbor_int(&c);
        else if (label == 3)
            out->alg = cbor_int(&c);
        else if (label == -1 && out->kty == 3)
            out->n = cbor_bytes(&c);
        else if (label == -1)
            out->crv = cbor_int(&c);
        else if (label == -2 && out->kty == 3)
            out->e = cbor_bytes(&c);
        else if (label == -2)
            out->x = cbor_bytes(&c);
        else if (label == -3)
            out->y = cbor_bytes(&c);
        else
            return false;
    }
    return !c.bad && !c.rest.n;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *b)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_CTX *ctx = params ? EVP_PKEY_CTX_new_from_name(NULL, type, NULL) : NULL;
    if (!ctx || EVP_PKEY_fromdata_init(ctx) <= 0 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *point_key(const struct cose *c)
{
    uint8_t point[65] = {4};
    memcpy(point + 1, c->x.p, 32);
    memcpy(point + 33, c->y.p, 32);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
        OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        key = from_params("EC", b);
    OSSL_PARAM_BLD_free(b);
    return key;
}

static EVP_PKEY *rsa_key(const struct cose *c)
{
    BIGNUM *n = BN_bin2bn((const uint8_t *)c->n.p, (int)c->n.n, NULL), *e = BN_bin2bn((const uint8_t *)c->e.p, (int)c->e.n, NULL);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (n && e && b && BN_num_bits(n) >= 2048 && BN_is_odd(n) && BN_is_word(e, 65537) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e))
        key = from_params("RSA", b);
    OSSL_PARAM_BLD_free(b);
    BN_free(n);
    BN_free(e);
    return key;
}

/* NULL for a key that we do not know, or that is none (a point beside the curve). The caller frees it. */
static EVP_PKEY *read_key(struct slice s, int64_t *alg)
{
    struct cose c;
    if (!read_cose(s, &c))
        return NULL;
    *alg = c.alg;
    if (c.kty == 2 && c.alg == ES256 && c.crv == 1 && c.x.n == 32 && c.y.n == 32)
        return point_key(&c);
    if (c.kty == 1 && c.alg == EDDSA && c.crv == 6 && c.x.n == 32 && !c.y.p)
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)c.x.p, 32);
    if (c.kty == 3 && c.alg == RS256 && c.n.n >= 256 && c.n.n <= 512 && c.e.n == 3 && !c.y.p)
        return rsa_key(&c);
    return NULL;
}

/* Over authenticator data and the SHA-256 of the client data. */
bool passkey_signature_holds(const struct passkey *known, const struct passkey_answer *a)
{
    int64_t alg = 0;
    EVP_PKEY *key = read_key(slice_of((const char *)known->public_key, known->public_n), &alg);
    EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
    struct hash h = hash_of(a->client_data.p, a->client_data.n);
    uint8_t signed_[PASSKEY_DATA_MAX + sizeof h.b];
    size_t n = a->data.n <= PASSKEY_DATA_MAX ? a->data.n : 0;
    memcpy(signed_, a->data.p, n);
    memcpy(signed_ + n, h.b, sizeof h.b);
    bool holds = ctx && n && EVP_DigestVerifyInit(ctx, NULL, alg == EDDSA ? NULL : EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(ctx, (const uint8_t *)a->signature.p, a->signature.n, signed_, n + sizeof h.b) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return holds;
}

/* ---- registration and sign-in ---- */

/* The attestation object (6.5): three members, each once. */
static bool read_attestation(struct slice s, struct slice *data)
{
    struct cbor c = {s, false};
    unsigned seen = 0;
    if (s.n > PASSKEY_DATA_MAX || cbor_map(&c) != 3)
        return false;
    for (int i = 0; i < 3; i++) {
        struct slice name = cbor_text(&c);
        if (slice_is(name, "fmt") && ++seen)
            cbor_text(&c);
        else if (slice_is(name, "attStmt") && (seen += 16))
            cbor_any(&c);
        else if (slice_is(name, "authData") && (seen += 256))
            *data = cbor_bytes(&c);
    }
    return !c.bad && !c.rest.n && seen == 1 + 16 + 256;
}

enum err passkey_register(const struct passkey_asked *asked, const struct passkey_answer *answer, struct passkey *out, struct fault *f)
{
    struct slice bytes;
    struct data d;
    int64_t alg;
    if (!client_data_holds(asked, answer->client_data, "webauthn.create"))
        return refuse(f, "client data");
    if (!read_attestation(answer->data, &bytes) || !read_data(bytes, asked->host, true, &d))
        return refuse(f, "authenticator data");
    EVP_PKEY *key = d.key.n <= sizeof out->public_key ? read_key(d.key, &alg) : NULL;
    if (!key)
        return refuse(f, "key");
    EVP_PKEY_free(key);
    *out = (struct passkey){.id_n = d.id.n, .public_n = d.key.n, .counter = d.counter};
    memcpy(out->id, d.id.p, d.id.n);
    memcpy(out->public_key, d.key.p, d.key.n);
    return OK;
}

enum err passkey_verify(const struct passkey_asked *asked, const struct passkey_answer *answer, const struct passkey *known, int64_t *out_counter,
    struct fault *f)
{
    struct data d;
    if (!client_data_holds(asked, answer->client_data, "webauthn.get"))
        return refuse(f, "client data");
    if (!read_data(answer->data, asked->host, false, &d))
        return refuse(f, "authenticator data");
    if (!answer->signature.n || !passkey_signature_holds(known, answer))
        return refuse(f, "signature");
    if ((d.counter || known->counter) && d.counter <= known->counter)
        return refuse(f, "counter");
    *out_counter = d.counter;
    return OK;
}

/* ---- challenges ---- */

static void mac_of(const struct box *b, const uint8_t head[24], const uint8_t binder[32], uint8_t out[32])
{
    box_mac(b, "passkey challenge", slice_of((const char *)head, 24), slice_of((const char *)binder, 32), out);
}

void passkey_challenge(const struct box *b, const uint8_t random[16], const uint8_t binder[32], int64_t now, char *out)
{
    uint8_t all[PASSKEY_CHALLENGE];
    int64_t until = now + PASSKEY_MINUTES * 60000;
    memcpy(all, random, 16);
    for (int i = 0; i < 8; i++)
        all[16 + i] = (uint8_t)(until >> (56 - 8 * i));
    mac_of(b, all, binder, all + 24);
    sodium_bin2base64(out, PASSKEY_TEXT + 1, all, sizeof all, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool passkey_challenge_holds(const struct box *b, struct slice text, const uint8_t binder[32], int64_t now, int64_t *out_until)
{
    uint8_t all[PASSKEY_CHALLENGE], want[32];
    size_t n = 0;
    uint64_t until = 0;
    if (text.n != PASSKEY_TEXT || sodium_base642bin(all, sizeof all, text.p, text.n, NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) || n != sizeof all)
        return false;
    mac_of(b, all, binder, want);
    for (int i = 0; i < 8; i++)
        until = until << 8 | all[16 + i];
    *out_until = (int64_t)until;
    return sodium_memcmp(want, all + 24, 32) == 0 && (int64_t)until > now;
}

bool passkey_bytes(struct arena *a, struct slice text, size_t most, struct slice *out)
{
    size_t n = 0;
    uint8_t *p = text.n && text.n <= most * 4 / 3 + 4 ? arena_alloc(a, text.n) : NULL;
    bool well = p && !sodium_base642bin(p, text.n, text.p, text.n, NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) && n && n <= most;
    if (well)
        *out = slice_of((const char *)p, n);
    return well;
}
