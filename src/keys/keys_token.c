#include "base/buf.h"
#include "base/hash.h"
#include "keys/keys.h"
#include "base/banned.h"

void keys_token_ready(const struct hash_key *key, const char *label, struct slice a, struct slice b, uint64_t n, uint8_t out[16])
{
    uint8_t small[1024], mac[32];
    struct buf m;
    size_t label_n = strlen(label), need = label_n + a.n + b.n + 26;
    buf_init(&m, need);
    uint8_t *p = need <= sizeof small ? small : buf_room(&m, need), *q = p;
    if (!p) { /* no memory for a key of this length: cannot happen below RECORD_MAX */
        memset(out, 0, 16);
        return;
    }
    memcpy(q, label, label_n + 1);
    q += label_n + 1;
    for (int i = 0; i < 2; i++) { /* length before bytes: no two pairs give one message */
        struct slice s = i ? b : a;
        for (int k = 56; k >= 0; k -= 8)
            *q++ = (uint8_t)((uint64_t)s.n >> k);
        if (s.n)
            memcpy(q, s.p, s.n);
        q += s.n;
    }
    for (int k = 56; k >= 0; k -= 8)
        *q++ = (uint8_t)(n >> k);
    hash_keyed(key, p, (size_t)(q - p), mac);
    memcpy(out, mac, 16);
    buf_free(&m);
}

void keys_token(const uint8_t key[SEAL_KEY], const char *label, struct slice a, struct slice b, uint64_t n, uint8_t out[16])
{
    struct hash_key ready;
    hash_key_ready(key, &ready);
    keys_token_ready(&ready, label, a, b, n, out);
    seal_wipe(&ready, sizeof ready);
}

void keys_text_root(const uint8_t reg[SEAL_KEY], uint8_t root[SEAL_KEY])
{
    hash_hmac(reg, "athar text", 10, root);
}

void keys_text_under(const uint8_t root[SEAL_KEY], uint8_t (*person)[SEAL_KEY], size_t n, uint8_t out[SEAL_KEY])
{
    memcpy(out, root, SEAL_KEY);
    for (size_t i = 0; i < n; i++)
        hash_hmac(out, person[i], SEAL_KEY, out);
}

void keys_text(const uint8_t reg[SEAL_KEY], uint8_t (*person)[SEAL_KEY], size_t n, uint8_t out[SEAL_KEY])
{
    uint8_t root[SEAL_KEY];
    keys_text_root(reg, root);
    keys_text_under(root, person, n, out);
    seal_wipe(root, sizeof root);
}
