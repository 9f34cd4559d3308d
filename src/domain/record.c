/* Encoding and strict parsing of records. docs/formats/record.md is the format; this file is its only reader and writer. */
#include "domain/record.h"
#include "base/banned.h"

#define MAGIC "ATHR"
#define VERSION 1
#define FIXED 8 /* magic, version, section count, header length */
#define TEXT_LONG 96
#define TEXT_SHORT 48
#define RECORDED_END 253402300800000 /* 10000-01-01 */

struct hash record_id(struct slice bytes)
{
    return hash_prefixed(0x00, bytes.p, bytes.n);
}

bool subject_eq(const struct subject_id *a, const struct subject_id *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool subject_none(const struct subject_id *a)
{
    static const struct subject_id none;
    return subject_eq(a, &none);
}

size_t record_random_need(size_t sections)
{
    return RECORD_SALT + sections * SEAL_NONCE;
}

/* ---- writing ---- */

static enum err put_text(struct buf *out, struct slice s, size_t max, const char *field, struct fault *f)
{
    if (s.n > max)
        return fault_set(f, ERR_TOO_LONG, field, s, "want.short_text");
    if (slice_utf8_fault(s) >= 0)
        return fault_set(f, ERR_ENCODING, field, s, "want.utf8");
    buf_byte(out, (uint8_t)s.n);
    buf_slice(out, s);
    return OK;
}

static void put_hashes(struct buf *out, const struct hash *h, size_t n)
{
    buf_byte(out, (uint8_t)n);
    for (size_t i = 0; i < n; i++)
        buf_add(out, h[i].b, sizeof h[i].b);
}

static void put_subjects(struct buf *out, const struct record_header *h)
{
    buf_byte(out, (uint8_t)h->subject_count);
    for (size_t i = 0; i < h->subject_count; i++) {
        buf_byte(out, (uint8_t)h->subject[i].type);
        buf_add(out, h->subject[i].id.b, sizeof h->subject[i].id.b);
    }
}

/* Each subject once, of a known type, and at least one: what a life is grouped by must not be counted twice. */
static bool subjects_hold(const struct record_header *h)
{
    for (size_t i = 0; i < h->subject_count; i++) {
        if (h->subject[i].type <= 0 || h->subject[i].type >= SUBJECT_TYPES)
            return false;
        for (size_t k = 0; k < i; k++)
            if (subject_eq(&h->subject[i].id, &h->subject[k].id))
                return false;
    }
    return h->subject_count > 0;
}

static bool recorded_holds(int64_t recorded)
{
    return recorded >= 0 && recorded < RECORDED_END;
}

static enum err put_header(struct buf *out, const struct record_header *h, struct fault *f)
{
    enum err e = put_text(out, h->origin, TEXT_LONG, "origin", f);
    if (!e)
        e = put_text(out, h->kind, TEXT_SHORT, "kind", f);
    if (e)
        return e;
    buf_add(out, h->profile.b, sizeof h->profile.b);
    put_subjects(out, h);
    if ((e = put_text(out, slice_str(h->happened.text), WHEN_TEXT_MAX, "happened", f)) ||
        (e = put_text(out, slice_str(h->discovered.text), WHEN_TEXT_MAX, "discovered", f)))
        return e;
    buf_u64(out, (uint64_t)h->recorded);
    if ((e = put_text(out, h->actor, TEXT_LONG, "actor", f)) || (e = put_text(out, h->office, TEXT_LONG, "office", f)) ||
        (e = put_text(out, h->purpose, TEXT_SHORT, "purpose", f)))
        return e;
    put_hashes(out, h->supersedes, h->supersedes_count);
    put_hashes(out, h->head, h->head_count);
    return out->err;
}

static void of_section(enum section_kind kind, const struct key_id *id, struct buf *ad)
{
    buf_byte(ad, (uint8_t)kind);
    buf_add(ad, id->b, sizeof id->b);
}

/* Additional data of a section: header and salt, then its kind and key id. */
static void additional(struct slice header, enum section_kind kind, const struct key_id *id, struct buf *ad)
{
    buf_reset(ad);
    buf_slice(ad, header);
    of_section(kind, id, ad);
}

/* ad begins with the header and salt, `header_len` bytes that all sections share. */
static enum err put_section(struct buf *out, size_t header_len, const struct record_plain *p, const uint8_t *nonce, struct buf *ad)
{
    buf_byte(out, (uint8_t)p->kind);
    buf_add(out, p->key_id.b, sizeof p->key_id.b);
    buf_add(out, nonce, SEAL_NONCE);
    buf_u32(out, (uint32_t)(p->plain.n + SEAL_TAG));
    uint8_t *room = buf_room(out, p->plain.n + SEAL_TAG);
    if (!room)
        return out->err;
    ad->n = header_len;
    of_section(p->kind, &p->key_id, ad);
    if (ad->err)
        return ad->err;
    seal_box(p->key, nonce, buf_view(ad), p->plain, room);
    return OK;
}

enum err record_encode(const struct record_header *h, const struct record_plain *plain, size_t n, const uint8_t *random,
    struct buf *out, struct fault *f)
{
    if (h->subject_count > RECORD_SUBJECTS || h->head_count > RECORD_HEADS || h->supersedes_count > RECORD_SUPERSEDES ||
        n > RECORD_SECTIONS)
        return fault_set(f, ERR_TOO_LONG, "record", h->kind, "want.record_parts");
    if (!subjects_hold(h))
        return fault_set(f, ERR_BUG, "subject", h->kind, "want.record_parts");
    if (!recorded_holds(h->recorded))
        return fault_set(f, ERR_RANGE, "recorded", SLICE(""), "want.clock_after_log");
    size_t from = out->n;
    struct buf ad;
    buf_init(&ad, RECORD_MAX);
    buf_str(out, MAGIC);
    buf_byte(out, VERSION);
    buf_byte(out, (uint8_t)n);
    buf_u16(out, 0);
    enum err e = put_header(out, h, f);
    if (e)
        goto done;
    size_t len = out->n - from - FIXED;
    out->p[from + 6] = (char)(len >> 8);
    out->p[from + 7] = (char)len;
    buf_add(out, random, RECORD_SALT);
    size_t header_len = out->n - from;
    if (!out->err && buf_room(&ad, header_len + 1 + sizeof plain->key_id.b)) /* all of it, once */
        memcpy(ad.p, out->p + from, header_len);
    e = out->err ? out->err : ad.err;
    for (size_t i = 0; i < n && !e; i++)
        e = put_section(out, header_len, &plain[i], random + RECORD_SALT + i * SEAL_NONCE, &ad);
    if (!e)
        e = out->err;
    if (!e && out->n - from > RECORD_MAX)
        e = fault_set(f, ERR_TOO_LONG, "record", h->kind, "want.record_size");
done:
    if (e && !out->err)
        out->n = from; /* nothing half-written stays */
    buf_free(&ad);
    return e;
}

/* ---- reading ---- */

struct cursor {
    const uint8_t *p, *end;
    bool bad;
};

static const uint8_t *take(struct cursor *c, size_t n)
{
    if (c->bad || (size_t)(c->end - c->p) < n) {
        c->bad = true;
        return NULL;
    }
    const uint8_t *at = c->p;
    c->p += n;
    return at;
}

static unsigned take_byte(struct cursor *c)
{
    const uint8_t *p = take(c, 1);
    return p ? *p : 0;
}

static uint64_t take_number(struct cursor *c, size_t n)
{
    const uint8_t *p = take(c, n);
    uint64_t v = 0;
    for (size_t i = 0; p && i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static struct slice take_text(struct cursor *c, size_t max)
{
    size_t n = take_byte(c);
    const uint8_t *p = n <= max ? take(c, n) : NULL;
    struct slice s = slice_of((const char *)p, p ? n : 0);
    if (!p || slice_utf8_fault(s) >= 0)
        c->bad = true;
    return s;
}

static void take_when(struct cursor *c, struct when *out)
{
    struct slice s = take_text(c, WHEN_TEXT_MAX - 1);
    if (c->bad || when_parse(s, "time", out, NULL) || !slice_is(s, out->text))
        c->bad = true;
}

static size_t take_hashes(struct cursor *c, struct hash *out, size_t max)
{
    size_t n = take_byte(c);
    if (n > max)
        c->bad = true;
    for (size_t i = 0; i < n && !c->bad; i++) {
        const uint8_t *p = take(c, sizeof out->b);
        if (p)
            memcpy(out[i].b, p, sizeof out->b);
    }
    return c->bad ? 0 : n;
}

static void take_subjects(struct cursor *c, struct record_header *h)
{
    size_t n = take_byte(c);
    if (n > RECORD_SUBJECTS)
        c->bad = true;
    for (size_t i = 0; i < n && !c->bad; i++) {
        unsigned type = take_byte(c);
        const uint8_t *p = take(c, sizeof h->subject[i].id.b);
        if (!p || type == 0 || type >= SUBJECT_TYPES) {
            c->bad = true;
            return;
        }
        h->subject[i].type = (enum subject_type)type;
        memcpy(h->subject[i].id.b, p, sizeof h->subject[i].id.b);
    }
    h->subject_count = c->bad ? 0 : n;
    c->bad = c->bad || !subjects_hold(h);
}

static void take_header(struct cursor *c, struct record_header *h)
{
    h->origin = take_text(c, TEXT_LONG);
    h->kind = take_text(c, TEXT_SHORT);
    const uint8_t *profile = take(c, sizeof h->profile.b);
    if (profile)
        memcpy(h->profile.b, profile, sizeof h->profile.b);
    take_subjects(c, h);
    take_when(c, &h->happened);
    take_when(c, &h->discovered);
    h->recorded = (int64_t)take_number(c, 8);
    c->bad = c->bad || !recorded_holds(h->recorded);
    h->actor = take_text(c, TEXT_LONG);
    h->office = take_text(c, TEXT_LONG);
    h->purpose = take_text(c, TEXT_SHORT);
    h->supersedes_count = take_hashes(c, h->supersedes, RECORD_SUPERSEDES);
    h->head_count = take_hashes(c, h->head, RECORD_HEADS);
}

static void take_section(struct cursor *c, struct record_section *s)
{
    s->kind = (enum section_kind)take_byte(c);
    const uint8_t *id = take(c, sizeof s->key.b);
    s->nonce = take(c, SEAL_NONCE);
    size_t n = take_number(c, 4);
    const uint8_t *sealed = n >= SEAL_TAG ? take(c, n) : NULL;
    if (!id || !sealed || s->kind < SECTION_BODY || s->kind > SECTION_OPINION) {
        c->bad = true;
        return;
    }
    memcpy(s->key.b, id, sizeof s->key.b);
    s->sealed = slice_of((const char *)sealed, n);
}

enum err record_parse(struct slice bytes, struct record *out)
{
    if (bytes.n < FIXED || bytes.n > RECORD_MAX)
        return ERR_DAMAGED;
    struct cursor c = {(const uint8_t *)bytes.p, (const uint8_t *)bytes.p + bytes.n, false};
    const uint8_t *fixed = take(&c, FIXED);
    if (!fixed || memcmp(fixed, MAGIC, 4) != 0 || fixed[4] != VERSION || fixed[5] > RECORD_SECTIONS)
        return ERR_DAMAGED;
    out->bytes = bytes;
    out->section_count = fixed[5];
    size_t len = (size_t)fixed[6] << 8 | fixed[7];
    const uint8_t *header = take(&c, len);
    if (!header)
        return ERR_DAMAGED;
    struct cursor h = {header, header + len, false};
    take_header(&h, &out->h);
    if (h.bad || h.p != h.end || !take(&c, RECORD_SALT))
        return ERR_DAMAGED;
    out->header_bytes = slice_of(bytes.p, FIXED + len + RECORD_SALT);
    for (size_t i = 0; i < out->section_count; i++)
        take_section(&c, &out->section[i]);
    return c.bad || c.p != c.end ? ERR_DAMAGED : OK;
}

enum err record_open(const struct record *r, size_t i, const uint8_t key[SEAL_KEY], uint8_t *out)
{
    const struct record_section *s = &r->section[i];
    struct buf ad;
    buf_init(&ad, RECORD_MAX);
    additional(r->header_bytes, s->kind, &s->key, &ad);
    enum err e = ad.err ? ad.err : seal_open(key, s->nonce, buf_view(&ad), s->sealed, out);
    buf_free(&ad);
    return e;
}
