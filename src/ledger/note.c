#include "ledger/note.h"
#include <sodium.h>
#include <string.h>
#include "base/banned.h"

#define DASH "\xe2\x80\x94 "
#define SIGNATURE_MAX 128 /* bytes under the base64 of one line: id, time, signature; longer ones are of other keys */
#define BASE64 sodium_base64_VARIANT_ORIGINAL

/* ---- text ---- */

/* UTF-8 without control characters but the newline. */
static bool is_text(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((uint8_t)s.p[i] < 0x20 && s.p[i] != '\n') || s.p[i] == 0x7f)
            return false;
    return slice_utf8_fault(s) < 0;
}

/* The line up to the newline, which is taken too; false without one. */
static bool next_line(struct slice *rest, struct slice *line)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    if (!end)
        return false;
    *line = slice_of(rest->p, (size_t)(end - rest->p));
    *rest = slice_of(end + 1, rest->n - line->n - 1);
    return true;
}

/* Strict: the one way to write these bytes. libsodium 1.0.18 takes some bytes above ASCII for digits: they are refused before. */
static bool from_base64(struct slice s, uint8_t *out, size_t max, size_t *n)
{
    const char *end;
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] >= 0x80)
            return false;
    return sodium_base642bin(out, max, s.p, s.n, NULL, n, &end, BASE64) == 0 && end == s.p + s.n;
}

static void to_base64(const uint8_t *p, size_t n, struct buf *out)
{
    char text[sodium_base64_ENCODED_LEN(SIGNATURE_MAX, BASE64)];
    sodium_bin2base64(text, sizeof text, p, n, BASE64);
    buf_add(out, text, strlen(text));
}

static void put32(uint32_t v, uint8_t out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}
static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- keys ---- */

static bool is_name(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ' || s.p[i] == '+' || s.p[i] == '\n')
            return false;
    return s.n && s.n <= NOTE_NAME && is_text(s);
}

static uint32_t key_id(struct slice name, uint8_t type, const uint8_t pub[SIGN_PUBLIC])
{
    uint8_t all[NOTE_NAME + 2 + SIGN_PUBLIC];
    memcpy(all, name.p, name.n);
    all[name.n] = '\n';
    all[name.n + 1] = type;
    memcpy(all + name.n + 2, pub, SIGN_PUBLIC);
    struct hash h = hash_of(all, name.n + 2 + SIGN_PUBLIC);
    return get32(h.b);
}

static enum err make_key(struct slice name, uint8_t type, const uint8_t pub[SIGN_PUBLIC], struct note_key *out)
{
    if (!is_name(name))
        return ERR_FORMAT;
    *out = (struct note_key){.type = type, .id = key_id(name, type, pub)};
    memcpy(out->name, name.p, name.n);
    memcpy(out->pub, pub, SIGN_PUBLIC);
    return OK;
}

enum err note_key_of(const char *name, enum note_type type, const uint8_t pub[SIGN_PUBLIC], struct note_key *out)
{
    return make_key(slice_str(name), (uint8_t)type, pub, out);
}

enum err note_key_parse(struct slice text, struct note_key *out)
{
    uint8_t id[4], key[1 + SIGN_PUBLIC];
    size_t n;
    struct note_key k;
    const char *plus = text.n ? memchr(text.p, '+', text.n) : NULL;
    size_t name_n = plus ? (size_t)(plus - text.p) : 0;
    if (!plus || text.n < name_n + 10 || plus[9] != '+' || !hex_to(slice_of(plus + 1, 8), id, sizeof id) ||
        !from_base64(slice_of(plus + 10, text.n - name_n - 10), key, sizeof key, &n) || n != sizeof key)
        return ERR_FORMAT;
    if (key[0] != NOTE_ED25519 && key[0] != NOTE_COSIGNATURE)
        return ERR_UNKNOWN_CODE;
    enum err e = make_key(slice_of(text.p, name_n), key[0], key + 1, &k);
    if (e || k.id != get32(id))
        return ERR_FORMAT;
    *out = k;
    return OK;
}

void note_key_write(const struct note_key *k, struct buf *out)
{
    uint8_t key[1 + SIGN_PUBLIC] = {k->type};
    memcpy(key + 1, k->pub, SIGN_PUBLIC);
    buf_printf(out, "%s+%08x+", k->name, k->id);
    to_base64(key, sizeof key, out);
}

/* ---- notes ---- */

struct signature {
    struct slice name;
    uint8_t bytes[SIGNATURE_MAX]; /* after the id */
    size_t n;
    uint32_t id;
};

static bool read_signature(struct slice line, struct signature *out)
{
    uint8_t bytes[4 + SIGNATURE_MAX];
    size_t n, dash = sizeof DASH - 1;
    if (line.n < dash || memcmp(line.p, DASH, dash) != 0)
        return false;
    line = slice_of(line.p + dash, line.n - dash);
    const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
    if (!space)
        return false;
    out->name = slice_of(line.p, (size_t)(space - line.p));
    struct slice code = slice_of(space + 1, line.n - out->name.n - 1);
    if (!is_name(out->name))
        return false;
    if (code.n > sodium_base64_ENCODED_LEN(sizeof bytes, BASE64)) { /* of a kind we do not know */
        out->n = 0;
        out->id = 0;
        return true;
    }
    if (!from_base64(code, bytes, sizeof bytes, &n) || n < 5)
        return false;
    out->id = get32(bytes);
    out->n = n - 4;
    memcpy(out->bytes, bytes + 4, out->n);
    return true;
}

/* What a cosignature signs: its own heading, then the note's text. */
static void cosigned(struct slice text, uint64_t seconds, struct buf *out)
{
    buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)seconds);
    buf_add(out, text.p, text.n);
}

static bool holds(const struct note_key *k, const struct signature *s, struct slice text, int64_t *seconds)
{
    uint64_t at = 0;
    if (k->type == NOTE_ED25519)
        return s->n == SIGN_BYTES && sign_check(k->pub, text, s->bytes);
    if (s->n != 8 + SIGN_BYTES)
        return false;
    for (int i = 0; i < 8; i++)
        at = at << 8 | s->bytes[i];
    struct buf b;
    buf_init(&b, NOTE_MAX + 64);
    cosigned(text, at, &b);
    bool good = at <= INT64_MAX && !b.err && sign_check(k->pub, buf_view(&b), s->bytes + 8);
    buf_free(&b);
    if (good)
        *seconds = (int64_t)at;
    return good;
}

/* The text ends at the last empty line. */
static bool split(struct slice note, struct slice *text, struct slice *signatures)
{
    for (size_t i = note.n; i-- > 1;)
        if (note.p[i] == '\n' && note.p[i - 1] == '\n') {
            *text = slice_of(note.p, i);
            *signatures = slice_of(note.p + i + 1, note.n - i - 1);
            return true;
        }
    return false;
}

static enum err weigh(struct slice rest, const struct note_key *keys, size_t n, struct note_found *out)
{
    struct signature s;
    struct slice line;
    size_t lines = 0;
    while (rest.n) {
        if (++lines > NOTE_SIGNATURES || !next_line(&rest, &line) || !read_signature(line, &s))
            return ERR_FORMAT;
        for (size_t i = 0; i < n; i++) {
            if (keys[i].id != s.id || !slice_is(s.name, keys[i].name) || out->valid >> i & 1)
                continue;
            if (!holds(&keys[i], &s, out->text, &out->seconds[i]))
                return ERR_KEY;
            out->valid |= (uint64_t)1 << i;
        }
    }
    return lines == 0 ? ERR_FORMAT : out->valid ? OK : ERR_KEY;
}

enum err note_check(struct slice note, const struct note_key *keys, size_t n, struct note_found *out)
{
    struct note_found found = {0};
    struct slice signatures;
    if (note.n > NOTE_MAX || n > 64 || !is_text(note) || !split(note, &found.text, &signatures))
        return ERR_FORMAT;
    enum err e = weigh(signatures, keys, n, &found);
    if (!e)
        *out = found;
    return e;
}

enum err note_text(struct slice note, struct slice *text)
{
    struct slice signatures;
    return note.n <= NOTE_MAX && is_text(note) && split(note, text, &signatures) ? OK : ERR_FORMAT;
}

static bool can_be_signed(struct slice text)
{
    return text.n && text.n <= NOTE_MAX - 512 && text.p[text.n - 1] == '\n' && is_text(text);
}

static void put_line(const struct note_key *name, const uint8_t *sig, size_t n, struct buf *out)
{
    uint8_t all[4 + 8 + SIGN_BYTES];
    put32(name->id, all);
    memcpy(all + 4, sig, n);
    buf_printf(out, DASH "%s ", name->name);
    to_base64(all, 4 + n, out);
    buf_byte(out, '\n');
}

enum err note_sign(struct slice text, const struct note_key *name, const struct sign_key *key, struct buf *out)
{
    uint8_t sig[SIGN_BYTES];
    if (!can_be_signed(text))
        return ERR_FORMAT;
    sign_make(key, text, sig);
    buf_add(out, text.p, text.n);
    buf_byte(out, '\n');
    put_line(name, sig, sizeof sig, out);
    return out->err;
}

enum err note_cosign(struct slice text, const struct note_key *name, const struct sign_key *key, int64_t seconds, struct buf *out)
{
    uint8_t sig[8 + SIGN_BYTES];
    struct buf b;
    if (!can_be_signed(text) || seconds <= 0 || name->type != NOTE_COSIGNATURE)
        return ERR_FORMAT;
    for (int i = 0; i < 8; i++)
        sig[i] = (uint8_t)((uint64_t)seconds >> (56 - 8 * i));
    buf_init(&b, NOTE_MAX + 64);
    cosigned(text, (uint64_t)seconds, &b);
    enum err e = b.err;
    if (!e)
        sign_make(key, buf_view(&b), sig + 8);
    buf_free(&b);
    if (!e)
        put_line(name, sig, sizeof sig, out);
    return e ? e : out->err;
}

/* ---- checkpoints ---- */

enum err checkpoint_parse(struct slice text, struct checkpoint *out)
{
    struct slice size, root, more;
    struct checkpoint c = {0};
    size_t n;
    if (!is_text(text) || !next_line(&text, &c.origin) || !c.origin.n || !next_line(&text, &size) || !next_line(&text, &root))
        return ERR_FORMAT;
    if (!size.n || (size.n > 1 && size.p[0] == '0') || !slice_u64(size, INT64_MAX, &c.size))
        return ERR_FORMAT;
    if (!from_base64(root, c.root.b, sizeof c.root.b, &n) || n != sizeof c.root.b)
        return ERR_FORMAT;
    while (text.n)
        if (!next_line(&text, &more) || !more.n)
            return ERR_FORMAT;
    *out = c;
    return OK;
}

void checkpoint_write(const struct checkpoint *c, struct buf *out)
{
    buf_printf(out, SLICE_FMT "\n%llu\n", SLICE_ARG(c->origin), (unsigned long long)c->size);
    to_base64(c->root.b, sizeof c->root.b, out);
    buf_byte(out, '\n');
}
