#include "ledger/receipt.h"
#include <sodium.h>
#include "base/cjson.h"
#include "ledger/publish.h"
#include "ledger/tiles.h"
#include "base/banned.h"

#define LINE "ATHAR1 "
#define PACKED_MAX 8192
#define BASE64 sodium_base64_VARIANT_ORIGINAL

/* ---- JSON ---- */

enum err receipt_json(const struct receipt *r, struct buf *out)
{
    struct slice text;
    struct checkpoint c;
    struct cj j;
    char code[sodium_base64_ENCODED_LEN(32, BASE64)];
    if (note_text(r->note, &text) || checkpoint_parse(text, &c) || r->proof.n > PROOF_MAX)
        return ERR_FORMAT;
    cj_open(&j, out);
    cj_obj(&j);
    cj_kstr(&j, "checkpoint", r->note);
    cj_kstr(&j, "origin", c.origin);
    cj_kint(&j, "position", (int64_t)r->position);
    cj_key(&j, "proof");
    cj_arr(&j);
    for (size_t i = 0; i < r->proof.n; i++) {
        sodium_bin2base64(code, sizeof code, r->proof.hash[i].b, 32, BASE64);
        cj_str(&j, slice_str(code));
    }
    cj_arr_end(&j);
    cj_khex(&j, "record", r->record.b, sizeof r->record.b);
    cj_kint(&j, "version", 1);
    cj_obj_end(&j);
    return out->err;
}

/* The one way to write 32 bytes: libsodium 1.0.18 takes some bytes above ASCII for digits. */
static bool read_hash(struct slice s, struct hash *out)
{
    char again[sodium_base64_ENCODED_LEN(32, BASE64)];
    size_t n;
    if (s.n != sizeof again - 1 || sodium_base642bin(out->b, sizeof out->b, s.p, s.n, NULL, &n, NULL, BASE64) || n != sizeof out->b)
        return false;
    sodium_bin2base64(again, sizeof again, out->b, 32, BASE64);
    return slice_is(s, again);
}

static enum err read_proof(const struct cj_value *list, struct receipt *out)
{
    if (!list || list->type != CJ_ARR || list->count > PROOF_MAX)
        return ERR_FORMAT;
    for (const struct cj_value *v = list->first; v; v = v->next)
        if (v->type != CJ_STR || !read_hash(v->s, &out->proof.hash[out->proof.n++]))
            return ERR_FORMAT;
    return OK;
}

static enum err read_json(struct arena *a, struct slice text, struct receipt *out)
{
    struct cj_value *v;
    struct slice signed_text;
    struct checkpoint c;
    struct receipt r = {0};
    enum err e = cj_parse(a, text, &v, NULL);
    if (e)
        return e;
    int64_t position = cj_get_int(v, "position", -1);
    r.note = cj_get_str(v, "checkpoint");
    r.position = (uint64_t)position;
    if (v->type != CJ_OBJ || v->count != 6 || cj_get_int(v, "version", 0) != 1 || position < 0 ||
        !hex_to(cj_get_str(v, "record"), r.record.b, sizeof r.record.b) || read_proof(cj_get(v, "proof"), &r) ||
        note_text(r.note, &signed_text) || checkpoint_parse(signed_text, &c) || !slice_eq(c.origin, cj_get_str(v, "origin")))
        return ERR_FORMAT;
    *out = r;
    return OK;
}

/* ---- base32 (RFC 4648 6), without padding ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static void to_base32(struct slice s, struct buf *out)
{
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < s.n; i++) {
        held = held << 8 | (uint8_t)s.p[i];
        for (bits += 8; bits >= 5; bits -= 5)
            buf_byte(out, (uint8_t)digits[held >> (bits - 5) & 31]);
    }
    if (bits)
        buf_byte(out, (uint8_t)digits[held << (5 - bits) & 31]);
}

/* Strict: what is left over in the last digit must be zero. */
static bool from_base32(struct slice s, struct buf *out)
{
    uint32_t held = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *digit = s.p[i] ? strchr(digits, s.p[i]) : NULL;
        if (!digit)
            return false;
        held = held << 5 | (uint32_t)(digit - digits);
        if ((bits += 5) >= 8)
            buf_byte(out, (uint8_t)(held >> (bits -= 8)));
    }
    return bits < 5 && (held & ((1u << bits) - 1)) == 0 && !out->err;
}

/* ---- the line ---- */

/* Signature lines of a note as they stand: name, then base64 of key id and signature. */
static bool next_signature(struct slice *rest, struct slice *name, uint8_t *code, size_t max, size_t *n)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    if (!end || !slice_starts(*rest, "\xe2\x80\x94 "))
        return false;
    struct slice line = slice_of(rest->p + 4, (size_t)(end - rest->p) - 4);
    const char *space = line.n ? memchr(line.p, ' ', line.n) : NULL;
    *rest = slice_of(end + 1, rest->n - (size_t)(end + 1 - rest->p));
    if (!space)
        return false;
    *name = slice_of(line.p, (size_t)(space - line.p));
    if (sodium_base642bin(code, max, space + 1, line.n - name->n - 1, NULL, n, NULL, BASE64))
        *n = 0; /* of a kind we have no place for */
    return true;
}

static void pack_signature(struct slice name, const uint8_t *code, size_t n, struct buf *out)
{
    buf_byte(out, (uint8_t)n);
    buf_byte(out, (uint8_t)name.n);
    buf_slice(out, name);
    buf_add(out, code, n);
}

/* The log's own first, by its length; then those of witnesses. */
static enum err pack_signatures(struct slice rest, struct slice origin, struct buf *out)
{
    uint8_t code[128];
    struct slice name;
    struct buf more;
    size_t n, own = 0, others = 0;
    buf_init(&more, PACKED_MAX);
    while (rest.n && next_signature(&rest, &name, code, sizeof code, &n))
        if (n == 4 + SIGN_BYTES && slice_eq(name, origin)) {
            own++;
            buf_add(out, code, n);
        } else if (n == 12 + SIGN_BYTES && name.n <= NOTE_NAME) {
            others++;
            pack_signature(name, code, n, &more);
        }
    buf_byte(out, (uint8_t)others);
    buf_slice(out, buf_view(&more));
    enum err e = rest.n || own != 1 || others > RECEIPT_SIGNERS ? ERR_FORMAT : more.err;
    buf_free(&more);
    return e;
}

static enum err pack(const struct receipt *r, struct buf *out)
{
    struct slice text;
    struct checkpoint c;
    struct buf plain;
    if (r->note.n > NOTE_MAX || note_text(r->note, &text) || checkpoint_parse(text, &c) || c.origin.n > NOTE_NAME || r->proof.n > PROOF_MAX)
        return ERR_FORMAT;
    buf_init(&plain, NOTE_MAX);
    checkpoint_write(&c, &plain);
    bool further = !slice_eq(buf_view(&plain), text);
    buf_free(&plain);
    if (further)
        return ERR_FORMAT;
    buf_add(out, r->record.b, sizeof r->record.b);
    buf_u64(out, r->position);
    buf_u64(out, c.size);
    buf_add(out, c.root.b, sizeof c.root.b);
    buf_byte(out, (uint8_t)r->proof.n);
    for (size_t i = 0; i < r->proof.n; i++)
        buf_add(out, r->proof.hash[i].b, 32);
    buf_byte(out, (uint8_t)c.origin.n);
    buf_slice(out, c.origin);
    enum err e = pack_signatures(slice_of(text.p + text.n + 1, r->note.n - text.n - 1), c.origin, out);
    return e ? e : out->err;
}

enum err receipt_line(const struct receipt *r, struct buf *out)
{
    struct buf packed;
    buf_init(&packed, PACKED_MAX);
    enum err e = pack(r, &packed);
    if (!e) {
        buf_str(out, LINE);
        to_base32(buf_view(&packed), out);
        e = out->err;
    }
    buf_free(&packed);
    return e;
}

static bool take(struct slice *from, size_t n, struct slice *out)
{
    if (from->n < n)
        return false;
    *out = slice_of(from->p, n);
    *from = slice_of(from->p + n, from->n - n);
    return true;
}

static bool take_u64(struct slice *from, uint64_t *out)
{
    struct slice s;
    if (!take(from, 8, &s))
        return false;
    *out = 0;
    for (size_t i = 0; i < 8; i++)
        *out = *out << 8 | (uint8_t)s.p[i];
    return *out <= INT64_MAX;
}

static bool take_hash(struct slice *from, struct hash *out)
{
    struct slice s;
    if (!take(from, sizeof out->b, &s))
        return false;
    memcpy(out->b, s.p, sizeof out->b);
    return true;
}

/* One byte of count, then so many bytes. */
static bool take_counted(struct slice *from, struct slice *out)
{
    struct slice n;
    return take(from, 1, &n) && take(from, (uint8_t)n.p[0], out);
}

static void put_signature(struct slice name, struct slice code, struct buf *note)
{
    char text[sodium_base64_ENCODED_LEN(12 + SIGN_BYTES, BASE64)];
    sodium_bin2base64(text, sizeof text, (const uint8_t *)code.p, code.n, BASE64);
    buf_printf(note, "\xe2\x80\x94 " SLICE_FMT " %s\n", SLICE_ARG(name), text);
}

/* The note as it was, from its packed parts. */
static bool unpack_note(struct slice *from, struct checkpoint *c, struct buf *note)
{
    struct slice code, name, count, n;
    if (!take_counted(from, &c->origin) || !c->origin.n || c->origin.n > NOTE_NAME || !take(from, 4 + SIGN_BYTES, &code))
        return false;
    checkpoint_write(c, note);
    buf_byte(note, '\n');
    put_signature(c->origin, code, note);
    if (!take(from, 1, &count) || (uint8_t)count.p[0] > RECEIPT_SIGNERS)
        return false;
    for (unsigned i = 0; i < (uint8_t)count.p[0]; i++) {
        if (!take(from, 1, &n) || (uint8_t)n.p[0] != 12 + SIGN_BYTES || !take_counted(from, &name) || !name.n || name.n > NOTE_NAME ||
            !take(from, 12 + SIGN_BYTES, &code))
            return false;
        put_signature(name, code, note);
    }
    return from->n == 0 && !note->err;
}

static enum err unpack(struct arena *a, struct slice packed, struct receipt *out)
{
    struct receipt r = {0};
    struct checkpoint c = {0};
    struct slice n, text;
    struct buf note;
    buf_init(&note, NOTE_MAX);
    bool good = take_hash(&packed, &r.record) && take_u64(&packed, &r.position) && take_u64(&packed, &c.size) && take_hash(&packed, &c.root) &&
        take(&packed, 1, &n) && (uint8_t)n.p[0] <= PROOF_MAX;
    for (r.proof.n = 0; good && r.proof.n < (uint8_t)n.p[0]; r.proof.n++)
        good = take_hash(&packed, &r.proof.hash[r.proof.n]);
    good = good && unpack_note(&packed, &c, &note) && note_text(buf_view(&note), &text) == OK && checkpoint_parse(text, &c) == OK;
    if (good)
        r.note = arena_copy(a, buf_view(&note));
    buf_free(&note);
    if (!good)
        return ERR_FORMAT;
    if (!r.note.p)
        return ERR_MEMORY;
    *out = r;
    return OK;
}

enum err receipt_parse(struct arena *a, struct slice text, struct receipt *out)
{
    struct buf packed;
    text = slice_trim(text);
    if (text.n > RECEIPT_MAX)
        return ERR_FORMAT;
    if (!slice_starts(text, LINE))
        return read_json(a, text, out);
    size_t head = sizeof LINE - 1;
    buf_init(&packed, PACKED_MAX);
    enum err e = from_base32(slice_of(text.p + head, text.n - head), &packed) ? unpack(a, buf_view(&packed), out) : ERR_FORMAT;
    buf_free(&packed);
    return e;
}

enum err receipt_check(const struct receipt *r, const struct note_key *keys, size_t n, struct note_found *found, struct checkpoint *c)
{
    enum err e = note_check(r->note, keys, n, found);
    if (!e && !(found->valid & 1))
        e = ERR_KEY;
    if (!e)
        e = checkpoint_parse(found->text, c);
    if (!e && !slice_is(c->origin, keys[0].name))
        e = ERR_KEY;
    return e ? e : check_inclusion(&r->record, r->position, c->size, &c->root, r->proof.hash, r->proof.n);
}

enum err receipt_in_log(const struct receipt *r, const struct checkpoint *c, const char *dir, const struct note_key *key, struct fault *f)
{
    struct buf note;
    struct checkpoint now;
    struct hash root, leaf;
    bool found = false;
    buf_init(&note, NOTE_MAX);
    enum err e = publish_read(dir, "checkpoint", key, &note, &now, &found, f);
    struct tiles *t = e || !found ? NULL : tiles_new(dir, now.size);
    if (!e && !found)
        e = fault_set(f, ERR_NOT_FOUND, "--log", slice_str(dir), "want.log_checkpoint");
    else if (!e && !t)
        e = fault_set(f, ERR_MEMORY, "--log", slice_str(dir), "");
    if (!e && now.size < c->size)
        e = ERR_DAMAGED;
    if (!e && !(e = proof_root(c->size, tiles_node, t, &root)) && !(e = tiles_node(t, 0, r->position, &leaf)) &&
        (!hash_eq(&root, &c->root) || !hash_eq(&leaf, &r->record)))
        e = ERR_DAMAGED;
    mem_free(t);
    buf_free(&note);
    return e == ERR_DAMAGED ? fault_set(f, e, "--log", slice_str(dir), "want.receipt_log") : e;
}
