#include "keys/slot.h"
#include "base/file.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define TEXT_MAX 250
#define SEALED (SEAL_NONCE + SEAL_KEY + SEAL_TAG) /* nonce and secret half */

_Static_assert(sizeof ((struct key_slot *)0)->master == crypto_box_SEALBYTES + SEAL_KEY, "box");

/* ---- the key pair ---- */

void slot_wrap(struct key_slot *s, const uint8_t master[SEAL_KEY])
{
    if (crypto_box_seal(s->master, master, SEAL_KEY, s->pub))
        memset(s->master, 0, sizeof s->master); /* a public key of small order: never made here, leads nowhere */
}

enum err slot_master(const struct key_slot *s, const uint8_t secret[SEAL_KEY], uint8_t out[SEAL_KEY])
{
    uint8_t pub[32];
    if (crypto_scalarmult_base(pub, secret) || memcmp(pub, s->pub, sizeof pub) != 0)
        return ERR_KEY;
    return crypto_box_seal_open(out, s->master, sizeof s->master, s->pub, secret) ? ERR_KEY : OK;
}

/* A fresh pair; its secret half sealed under `key` at the end of data. */
static void pair_up(struct key_slot *s, const uint8_t key[SEAL_KEY], const uint8_t master[SEAL_KEY])
{
    uint8_t secret[SEAL_KEY], *p = s->data + s->n;
    crypto_box_keypair(s->pub, secret);
    seal_random(p, SEAL_NONCE);
    seal_box(key, p, slice_of((const char *)s->pub, sizeof s->pub), slice_of((const char *)secret, sizeof secret), p + SEAL_NONCE);
    s->n = (uint16_t)(s->n + SEALED);
    slot_wrap(s, master);
    seal_wipe(secret, sizeof secret);
}

static enum err open_pair(const struct key_slot *s, const uint8_t key[SEAL_KEY], uint8_t out[SEAL_KEY], struct fault *f)
{
    const uint8_t *p = s->data + s->n - SEALED;
    enum err e = seal_open(key, p, slice_of((const char *)s->pub, sizeof s->pub), slice_of((const char *)p + SEAL_NONCE, SEALED - SEAL_NONCE), out);
    return e ? fault_set(f, ERR_KEY, "keys", SLICE(""), "want.master_key") : OK;
}

static void put_text(struct key_slot *s, struct slice text)
{
    s->data[s->n++] = (uint8_t)text.n;
    if (text.n)
        memcpy(s->data + s->n, text.p, text.n);
    s->n = (uint16_t)(s->n + text.n);
}

/* The text at *at, which moves behind it; false when the slot is too short for it and `rest` bytes more. */
static bool get_text(const struct key_slot *s, size_t *at, size_t rest, char out[TEXT_MAX + 6])
{
    size_t n = *at < s->n ? s->data[*at] : 0;
    if (*at >= s->n || n > TEXT_MAX || *at + 1 + n + rest > s->n)
        return false;
    memcpy(out, s->data + *at + 1, n);
    out[n] = 0;
    *at += 1 + n;
    return strlen(out) == n;
}

static enum err damaged(struct fault *f)
{
    return fault_set(f, ERR_DAMAGED, "keys", SLICE(""), "want.key_store");
}

/* ---- file ---- */

void slot_path(const char *store_dir, const struct key_slot *s, char *out, size_t size)
{
    char path[TEXT_MAX + 6] = "";
    size_t at = 0;
    if (get_text(s, &at, SEALED, path) && *path)
        snprintf(out, size, "%s", path);
    else
        snprintf(out, size, "%s/master", store_dir);
}

enum err slot_file(const char *store_dir, struct slice path, const uint8_t master[SEAL_KEY], struct key_slot *out, struct fault *f)
{
    uint8_t key[SEAL_KEY];
    char where[600];
    if (path.n > TEXT_MAX || (path.n && path.p[0] != '/'))
        return fault_set(f, ERR_FORMAT, "--file", path, "want.absolute_path");
    *out = (struct key_slot){.type = KEY_SLOT_FILE};
    put_text(out, path);
    seal_random(key, sizeof key);
    pair_up(out, key, master);
    slot_path(store_dir, out, where, sizeof where);
    enum err e = file_replace(where, slice_of((const char *)key, sizeof key), 0600, f);
    seal_wipe(key, sizeof key);
    return e;
}

static enum err file_secret(const char *store_dir, const struct key_slot *s, uint8_t out[SEAL_KEY], struct fault *f)
{
    struct buf b;
    char path[600];
    if (s->n < SEALED + 1 || s->n != s->data[0] + 1 + SEALED)
        return damaged(f);
    slot_path(store_dir, s, path, sizeof path);
    buf_init(&b, 4096);
    enum err e = file_read(path, &b, f);
    if (!e)
        e = b.n == SEAL_KEY ? open_pair(s, (const uint8_t *)b.p, out, f) : fault_set(f, ERR_KEY, "keys", slice_str(path), "want.master_key");
    if (b.p)
        seal_wipe(b.p, b.n);
    buf_free(&b);
    return e;
}

/* ---- passphrase ---- */

static void put_number(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get_number(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Argon2id (RFC 9106) through libsodium: one lane. */
static enum err stretch(struct slice passphrase, const uint8_t *salt, uint32_t passes, uint32_t kib, uint8_t out[SEAL_KEY], struct fault *f)
{
    if (passes < 1 || passes > 64 || kib < 8 || kib > 4u << 20)
        return damaged(f);
    int rc = crypto_pwhash(out, SEAL_KEY, passphrase.p, passphrase.n, salt, passes, (size_t)kib << 10, crypto_pwhash_ALG_ARGON2ID13);
    return rc ? fault_set(f, ERR_MEMORY, "passphrase", SLICE(""), "") : OK;
}

enum err slot_passphrase(struct slice passphrase, uint32_t passes, uint32_t kib, const uint8_t master[SEAL_KEY], struct key_slot *out,
    struct fault *f)
{
    uint8_t key[SEAL_KEY];
    if (passphrase.n < 8 || passphrase.n > 1024)
        return fault_set(f, ERR_RANGE, "passphrase", SLICE(""), "want.passphrase");
    *out = (struct key_slot){.type = KEY_SLOT_PASSPHRASE, .n = 24};
    seal_random(out->data, 16);
    put_number(out->data + 16, passes);
    put_number(out->data + 20, kib);
    enum err e = stretch(passphrase, out->data, passes, kib, key, f);
    if (!e)
        pair_up(out, key, master);
    seal_wipe(key, sizeof key);
    return e;
}

static enum err passphrase_secret(const struct key_slot *s, struct slice passphrase, uint8_t out[SEAL_KEY], struct fault *f)
{
    uint8_t key[SEAL_KEY];
    if (!passphrase.n)
        return fault_set(f, ERR_NOT_FOUND, "passphrase", SLICE(""), "want.passphrase_file");
    if (s->n != 24 + SEALED)
        return damaged(f);
    enum err e = stretch(passphrase, s->data, get_number(s->data + 16), get_number(s->data + 20), key, f);
    if (!e)
        e = open_pair(s, key, out, f);
    seal_wipe(key, sizeof key);
    return e;
}

/* ---- token ---- */

enum err slot_token(struct slice module, struct slice token, struct slice pin, const uint8_t master[SEAL_KEY], struct key_slot *out,
    struct fault *f)
{
    uint8_t key[SEAL_KEY];
    char path[TEXT_MAX + 6], label[TEXT_MAX + 6];
    if (module.n > TEXT_MAX || token.n > TEXT_MAX || !module.n || !token.n)
        return fault_set(f, ERR_FORMAT, "--module", module, "want.token");
    snprintf(path, sizeof path, SLICE_FMT, SLICE_ARG(module));
    snprintf(label, sizeof label, SLICE_FMT, SLICE_ARG(token));
    *out = (struct key_slot){.type = KEY_SLOT_TOKEN};
    put_text(out, module);
    put_text(out, token);
    uint8_t *name = out->data + out->n;
    seal_random(name, 48); /* label of the key, question */
    out->n += 48;
    enum err e = token_answer(path, label, pin, name, name + 16, true, key, f);
    if (!e)
        pair_up(out, key, master);
    seal_wipe(key, sizeof key);
    return e;
}

static enum err token_secret(const struct key_slot *s, struct slice pin, uint8_t out[SEAL_KEY], struct fault *f)
{
    uint8_t key[SEAL_KEY];
    char path[TEXT_MAX + 6], label[TEXT_MAX + 6];
    size_t at = 0;
    if (!pin.n)
        return fault_set(f, ERR_NOT_FOUND, "PIN", SLICE(""), "want.pin_file");
    if (!get_text(s, &at, 49 + SEALED, path) || !get_text(s, &at, 48 + SEALED, label) || at + 48 + SEALED != s->n)
        return damaged(f);
    enum err e = token_answer(path, label, pin, s->data + at, s->data + at + 16, false, key, f);
    if (!e)
        e = open_pair(s, key, out, f);
    seal_wipe(key, sizeof key);
    return e;
}

/* ---- quorum ---- */

enum err slot_quorum(unsigned need, unsigned n, const uint8_t master[SEAL_KEY], struct key_slot *out, struct share *shares, struct fault *f)
{
    uint8_t secret[SEAL_KEY], random[SHARES_MAX * SHARE_SECRET];
    *out = (struct key_slot){.type = KEY_SLOT_QUORUM, .n = 6};
    crypto_box_keypair(out->pub, secret);
    seal_random(random, sizeof random);
    struct hash h = hash_of(out->pub, sizeof out->pub);
    memcpy(out->data, h.b, 4);
    out->data[4] = (uint8_t)need;
    out->data[5] = (uint8_t)n;
    enum err e = share_split(secret, out->data, need, n, random, shares, f);
    if (!e)
        slot_wrap(out, master);
    seal_wipe(secret, sizeof secret);
    seal_wipe(random, sizeof random);
    return e;
}

bool slot_is_set(const struct key_slot *s, const uint8_t set[4])
{
    return s->type == KEY_SLOT_QUORUM && s->n == 6 && memcmp(s->data, set, 4) == 0;
}

/* ---- holders ---- */

enum err slot_secret(const char *store_dir, const struct key_slot *s, const struct key_ask *ask, uint8_t out[SEAL_KEY], struct fault *f)
{
    switch (s->type) {
    case KEY_SLOT_FILE: return file_secret(store_dir, s, out, f);
    case KEY_SLOT_PASSPHRASE: return passphrase_secret(s, ask->passphrase, out, f);
    case KEY_SLOT_TOKEN: return token_secret(s, ask->pin, out, f);
    default: return fault_set(f, ERR_NOT_FOUND, "shares", SLICE(""), "want.more_shares");
    }
}

static struct slice line_of(const char *variable, struct buf *room)
{
    const char *path = getenv(variable);
    size_t from = room->n;
    if (!path || file_read(path, room, NULL))
        return SLICE("");
    struct slice s = slice_of(room->p + from, room->n - from);
    while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

void key_ask_environment(struct key_ask *out, struct buf *room)
{
    buf_init(room, 8192);
    if (!buf_room(room, 8192)) /* all it may hold, now: it does not move while slices point into it */
        return;
    buf_reset(room);
    out->passphrase = line_of("ATHAR_PASSPHRASE_FILE", room);
    out->pin = line_of("ATHAR_PIN_FILE", room);
}
