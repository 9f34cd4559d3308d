#include "use/keys.h"
#include "base/file.h"
#include "use/erase.h"
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define DAY_MS 86400000
#define SHARES_TEXT 8192

/* ---- what it is ---- */

static const char *const slot_names[] = {
    [KEY_SLOT_FILE] = "file", [KEY_SLOT_PASSPHRASE] = "passphrase", [KEY_SLOT_TOKEN] = "token", [KEY_SLOT_QUORUM] = "quorum"};

static void put_status(const struct keys_status *s, bool open, struct cj *out)
{
    cj_obj(out);
    cj_kint(out, "generation", (int64_t)s->generation);
    cj_kbool(out, "locked", s->locked);
    cj_kbool(out, "old", s->old);
    if (open)
        cj_kint(out, "persons", (int64_t)s->persons);
    cj_kint(out, "segments", (int64_t)s->segments);
    cj_kint(out, "bytes", (int64_t)s->bytes);
    cj_kint(out, "erased", (int64_t)s->erased);
    cj_key(out, "slots");
    cj_arr(out);
    for (size_t i = 0; i < s->slot_count; i++) {
        cj_obj(out);
        cj_kstr(out, "type", slice_str(slot_names[s->slot[i].type]));
        cj_kstr_opt(out, "where", slice_str(s->slot[i].where));
        if (s->slot[i].type == KEY_SLOT_QUORUM) {
            cj_kint(out, "need", s->slot[i].need);
            cj_kint(out, "of", s->slot[i].of);
        }
        cj_obj_end(out);
    }
    cj_arr_end(out);
    cj_obj_end(out);
}

enum err use_keys_status(struct app *app, struct cj *out, struct fault *f)
{
    struct key_store *k = NULL;
    struct keys_status s;
    struct fault none = {0};
    enum err e = keys_open(app->dir, KEYS_READ, &k, &none); /* locked, or its holder is not here: said without persons */
    e = e == ERR_DAMAGED || e == ERR_MEMORY ? fault_set(f, e, none.field, slice_str(none.value), none.want) : OK;
    if (!e)
        e = keys_status(app->dir, k, &s, f);
    if (!e)
        put_status(&s, k != NULL, out);
    keys_close(k);
    return e ? e : out->out->err;
}

/* ---- slots ---- */

static enum err read_secret(struct slice path, struct buf *out, struct slice *text, struct fault *f)
{
    char name[512];
    snprintf(name, sizeof name, SLICE_FMT, SLICE_ARG(path));
    buf_init(out, 4096);
    enum err e = file_read(name, out, f);
    *text = buf_view(out);
    while (text->n && (text->p[text->n - 1] == '\n' || text->p[text->n - 1] == '\r'))
        text->n--;
    return e;
}

static void wipe(struct buf *b)
{
    if (b->p)
        seal_wipe(b->p, b->cap);
    buf_free(b);
}

static enum err make_slot(struct key_store *k, const struct use_master_in *in, struct key_slot *out, struct fault *f)
{
    struct buf room;
    struct key_ask ask = {0};
    struct slice text;
    enum err e;
    if (in->file.n)
        return slot_file(keys_dir(k), slice_is(in->file, "default") ? SLICE("") : in->file, keys_master(k), out, f);
    if (in->passphrase.n) {
        if (!(e = read_secret(in->passphrase, &room, &text, f)))
            e = slot_passphrase(text, KEY_PASSES, KEY_PASS_KIB, keys_master(k), out, f);
    } else {
        key_ask_environment(&ask, &room);
        e = ask.pin.n ? slot_token(in->module, in->token, ask.pin, keys_master(k), out, f) : fault_set(f, ERR_MISSING, "PIN", SLICE(""), "want.pin_file");
    }
    wipe(&room);
    return e;
}

enum err use_keys_master(struct app *app, const struct use_master_in *in, struct fault *f)
{
    struct store *s;
    struct key_slot slot;
    if ((in->file.n > 0) + (in->passphrase.n > 0) + (in->module.n > 0) != 1)
        return fault_set(f, ERR_USAGE, "master", SLICE(""), "want.one_master");
    enum err e = store_open(app->dir, STORE_WRITE, &s, f);
    if (e)
        return e;
    if (!(e = make_slot(store_key_store(s), in, &slot, f)))
        e = keys_set_master(store_key_store(s), &slot, f);
    store_close(s);
    return e;
}

/* ---- shares ---- */

static void put_shares(const struct share *s, size_t n, struct buf *out)
{
    char text[SHARE_TEXT];
    for (size_t i = 0; i < n; i++) {
        share_text(&s[i], text);
        buf_str(out, text);
        buf_byte(out, '\n');
    }
    seal_wipe(text, sizeof text);
}

/* "ATHAR-ESCROW", then the sealed box in lines of 64 hexadecimal digits. */
static enum err seal_to_escrow(const struct share *s, size_t n, const uint8_t pub[32], struct buf *out, struct fault *f)
{
    struct buf text;
    uint8_t sealed[SHARES_TEXT + crypto_box_SEALBYTES];
    buf_init(&text, SHARES_TEXT);
    put_shares(s, n, &text);
    enum err e = text.err;
    if (!e && crypto_box_seal(sealed, (const uint8_t *)text.p, text.n, pub))
        e = ERR_FORMAT;
    if (e)
        fault_set(f, e, "--escrow", SLICE(""), "want.escrow_key");
    buf_str(out, "ATHAR-ESCROW\n");
    for (size_t at = 0; !e && at < text.n + crypto_box_SEALBYTES; at += 32) {
        size_t left = text.n + crypto_box_SEALBYTES - at;
        buf_hex(out, sealed + at, left < 32 ? left : 32);
        buf_byte(out, '\n');
    }
    wipe(&text);
    return e;
}

enum err use_keys_shares(struct app *app, const struct use_shares_in *in, struct buf *out, struct fault *f)
{
    struct store *s;
    struct key_slot slot;
    struct share share[SHARES_MAX];
    uint8_t pub[32];
    uint64_t need, of;
    if (!slice_u64(in->of, SHARES_MAX, &of) || !slice_u64(in->need, of, &need) || !need)
        return fault_set(f, ERR_RANGE, "shares", in->need, "want.shares");
    if (in->escrow.n && !hex_to(in->escrow, pub, sizeof pub))
        return fault_set(f, ERR_FORMAT, "--escrow", in->escrow, "want.escrow_key");
    enum err e = store_open(app->dir, STORE_WRITE, &s, f);
    if (e)
        return e;
    if (!(e = slot_quorum((unsigned)need, (unsigned)of, keys_master(store_key_store(s)), &slot, share, f))) {
        if (in->escrow.n)
            e = seal_to_escrow(share, (size_t)need, pub, out, f);
        else
            put_shares(share, (size_t)of, out);
        if (!e) /* shown only once the store knows the set */
            e = out->err ? fault_set(f, out->err, "shares", SLICE(""), "") : keys_add_quorum(store_key_store(s), &slot, in->only, f);
    }
    seal_wipe(share, sizeof share);
    store_close(s);
    return e;
}

enum err use_escrow_new(struct buf *out, struct fault *f)
{
    uint8_t pub[32], secret[32];
    crypto_box_keypair(pub, secret);
    buf_str(out, "public ");
    buf_hex(out, pub, sizeof pub);
    buf_str(out, "\nsecret ");
    buf_hex(out, secret, sizeof secret);
    buf_byte(out, '\n');
    seal_wipe(secret, sizeof secret);
    return out->err ? fault_set(f, out->err, "escrow", SLICE(""), "") : OK;
}

static bool secret_of(struct slice text, uint8_t out[32])
{
    const char *at = memmem(text.p, text.n, "secret ", 7);
    struct slice hex = slice_trim(at ? slice_of(at + 7, text.n - (size_t)(at + 7 - text.p)) : text);
    return hex.n >= 64 && hex_to(slice_of(hex.p, 64), out, 32);
}

/* Hexadecimal digits behind the first line, line ends passed over. */
static bool sealed_bytes(struct slice text, uint8_t *out, size_t max, size_t *n)
{
    size_t digits = 0;
    *n = 0;
    if (!slice_starts(text, "ATHAR-ESCROW\n"))
        return false;
    for (size_t i = 13; i < text.n; i++) {
        char c = text.p[i];
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (c == '\n' || c == '\r')
            continue;
        if (v < 0 || digits / 2 == max)
            return false;
        out[digits / 2] = (uint8_t)(digits % 2 ? out[digits / 2] << 4 | v : v);
        digits++;
    }
    *n = digits / 2;
    return digits % 2 == 0;
}

enum err use_escrow_open(struct slice sealed, struct slice secret, struct buf *out, struct fault *f)
{
    uint8_t key[32], pub[32], bytes[SHARES_TEXT + crypto_box_SEALBYTES], plain[SHARES_TEXT];
    size_t n;
    if (!secret_of(secret, key))
        return fault_set(f, ERR_FORMAT, "secret", SLICE(""), "want.escrow_key");
    if (!sealed_bytes(sealed, bytes, sizeof bytes, &n) || n < crypto_box_SEALBYTES)
        return fault_set(f, ERR_FORMAT, "escrow", SLICE(""), "want.escrow_file");
    enum err e = OK;
    if (crypto_scalarmult_base(pub, key) || crypto_box_seal_open(plain, bytes, n, pub, key))
        e = fault_set(f, ERR_KEY, "escrow", SLICE(""), "want.escrow_file");
    else
        buf_add(out, plain, n - crypto_box_SEALBYTES);
    seal_wipe(key, sizeof key);
    seal_wipe(plain, sizeof plain);
    return e;
}

/* ---- backup, lock ---- */

enum err use_keys_backup(struct app *app, const char *path, struct slice days, struct fault *f)
{
    struct store *s;
    uint64_t n;
    int64_t now = app->clock(app->arg);
    if (!slice_u64(days, 3650, &n) || !n)
        return fault_set(f, ERR_RANGE, "--days", days, "want.backup_days");
    enum err e = store_open(app->dir, STORE_READ, &s, f);
    if (e)
        return e;
    e = keys_backup(store_key_store(s), path, now, now + (int64_t)n * DAY_MS, f);
    store_close(s);
    return e;
}

/* One share a line; lines without one (blank, or a heading) are passed over. */
enum err use_shares_read(struct slice text, struct share *out, size_t *n, struct fault *f)
{
    *n = 0;
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        struct slice line = slice_trim(slice_of(text.p, end ? (size_t)(end - text.p) : text.n));
        text = end ? slice_of(end + 1, text.n - (size_t)(end + 1 - text.p)) : SLICE("");
        if (!line.n || line.p[0] == '#')
            continue;
        enum err e = *n == SHARES_MAX ? fault_set(f, ERR_TOO_LONG, "shares", SLICE(""), "want.shares") : share_read(line, &out[*n], f);
        if (e)
            return e;
        ++*n;
    }
    return OK;
}

enum err use_keys_restore(struct app *app, const char *path, struct slice text, struct fault *f)
{
    struct share s[SHARES_MAX];
    size_t n;
    int lock;
    enum err e = use_shares_read(text, s, &n, f);
    if (!e && !(e = store_take_lock(app->dir, &lock, f))) {
        e = keys_restore(app->dir, path, app->clock(app->arg), s, n, f);
        close(lock);
    }
    seal_wipe(s, sizeof s);
    return e ? e : use_erase_again(app, NULL, f);
}

enum err use_lock(struct app *app, struct fault *f)
{
    return keys_lock(app->dir, f);
}

enum err use_unlock(struct app *app, struct slice text, struct fault *f)
{
    struct share s[SHARES_MAX];
    size_t n;
    enum err e = use_shares_read(text, s, &n, f);
    if (!e)
        e = keys_unlock(app->dir, s, n, f);
    seal_wipe(s, sizeof s);
    return e;
}
