#include "keys/head.h"
#include "base/arena.h"
#include <stddef.h>
#include "base/banned.h"

static const char magic[8] = "ATHRKEY2";
#define FIXED 40          /* bytes before the slots */
#define SLOT_FIXED 115    /* type, length, public key, sealed master */
#define SEGMENT_BYTES 52
#define SEALED_TO 24      /* magic and store: the additional data of the body */

static const struct line {
    const char *name;
    size_t offset, size;
} lines[] = {
    {"register_id", offsetof(struct keys, register_id), sizeof(struct key_id)},
    {"register", offsetof(struct keys, reg), SEAL_KEY},
    {"import", offsetof(struct keys, import), SEAL_KEY},
    {"blind", offsetof(struct keys, blind), SEAL_KEY},
    {"index", offsetof(struct keys, index), SEAL_KEY},
    {"log", offsetof(struct keys, log), SEAL_KEY},
};
#define LINES (sizeof lines / sizeof lines[0])

static uint64_t number(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

/* The next n bytes, or NULL past the end. */
static const char *next(struct slice *s, size_t n)
{
    if (s->n < n)
        return NULL;
    const char *p = s->p;
    *s = slice_of(p + n, s->n - n);
    return p;
}

/* ---- the clear part ---- */

static enum err parse_slot(struct slice *rest, struct key_slot *out)
{
    const char *p = next(rest, 3);
    size_t n = p ? (size_t)number(p + 1, 2) : 0;
    if (!p || n < SLOT_FIXED - 3 || n > SLOT_FIXED - 3 + KEY_SLOT_MAX || p[0] < 1 || p[0] >= KEY_SLOT_TYPES)
        return ERR_DAMAGED;
    out->type = (uint8_t)p[0];
    if (!(p = next(rest, n)))
        return ERR_DAMAGED;
    memcpy(out->pub, p, sizeof out->pub);
    memcpy(out->master, p + sizeof out->pub, sizeof out->master);
    out->n = (uint16_t)(n - (SLOT_FIXED - 3));
    memcpy(out->data, p + SLOT_FIXED - 3, out->n);
    return OK;
}

enum err head_parse(struct slice bytes, struct key_head *out)
{
    struct slice rest = bytes;
    const char *p = next(&rest, FIXED);
    if (!p || memcmp(p, magic, sizeof magic) != 0 || ((uint8_t)p[32] & ~1u) || (uint8_t)p[33] > KEY_SLOTS || p[34] || p[35])
        return ERR_DAMAGED;
    *out = (struct key_head){.generation = number(p + 24, 8), .locked = p[32] & 1, .slot_count = (size_t)p[33]};
    memcpy(out->store, p + 8, sizeof out->store);
    size_t body = (size_t)number(p + 36, 4);
    for (size_t i = 0; i < out->slot_count; i++)
        if (parse_slot(&rest, &out->slot[i]))
            return ERR_DAMAGED;
    if (rest.n != body || body < SEAL_NONCE + SEAL_TAG)
        return ERR_DAMAGED;
    out->body = rest;
    return OK;
}

void head_write(const struct key_head *h, struct buf *out)
{
    buf_add(out, magic, sizeof magic);
    buf_add(out, h->store, sizeof h->store);
    buf_u64(out, h->generation);
    buf_byte(out, h->locked);
    buf_byte(out, (uint8_t)h->slot_count);
    buf_u16(out, 0);
    buf_u32(out, (uint32_t)h->body.n);
    for (size_t i = 0; i < h->slot_count; i++) {
        const struct key_slot *s = &h->slot[i];
        buf_byte(out, s->type);
        buf_u16(out, (uint16_t)(SLOT_FIXED - 3 + s->n));
        buf_add(out, s->pub, sizeof s->pub);
        buf_add(out, s->master, sizeof s->master);
        buf_add(out, s->data, s->n);
    }
    buf_slice(out, h->body);
}

/* ---- the sealed part ---- */

static enum err parse_keys(struct slice *rest, struct keys *out)
{
    const char *p = next(rest, 1);
    if (!p || *p != (char)LINES)
        return ERR_DAMAGED;
    for (size_t i = 0; i < LINES; i++) {
        size_t name = strlen(lines[i].name);
        if (!(p = next(rest, 2 + name + lines[i].size)) || (size_t)p[0] != name || memcmp(p + 1, lines[i].name, name) != 0 ||
            (size_t)p[1 + name] != lines[i].size)
            return ERR_DAMAGED;
        memcpy((uint8_t *)out + lines[i].offset, p + 2 + name, lines[i].size);
    }
    return OK;
}

static enum err parse_segments(struct slice *rest, struct key_body *out)
{
    const char *p = next(rest, 8);
    size_t n = p ? (size_t)number(p + 4, 4) : 0;
    if (!p || n > KEY_SEGMENTS || rest->n != n * SEGMENT_BYTES)
        return ERR_DAMAGED;
    out->next = (uint32_t)number(p, 4);
    if (!mem_grow(&out->segment, &out->segment_cap, n + 1, KEY_SEGMENTS + 1, sizeof *out->segment))
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        struct key_segment *s = &out->segment[i];
        p = next(rest, SEGMENT_BYTES);
        *s = (struct key_segment){.number = (uint32_t)number(p, 4), .version = (uint32_t)number(p + 4, 4),
            .count = (uint32_t)number(p + 8, 4), .length = number(p + 12, 8)};
        memcpy(s->key, p + 20, sizeof s->key);
        if (s->number >= out->next || (i && s->number <= out->segment[i - 1].number) || (!s->length && i + 1 < n))
            return ERR_DAMAGED;
    }
    out->segment_count = n;
    return OK;
}

enum err body_open(const struct key_head *h, const uint8_t master[SEAL_KEY], struct key_body *out)
{
    struct buf clear, plain;
    struct slice sealed = slice_of(h->body.p + SEAL_NONCE, h->body.n - SEAL_NONCE);
    *out = (struct key_body){0};
    buf_init(&clear, SEALED_TO);
    buf_init(&plain, KEY_HEAD_MAX);
    buf_add(&clear, magic, sizeof magic);
    buf_add(&clear, h->store, sizeof h->store);
    uint8_t *p = buf_room(&plain, sealed.n - SEAL_TAG);
    enum err e = p && !clear.err ? seal_open(master, (const uint8_t *)h->body.p, buf_view(&clear), sealed, p) : ERR_MEMORY;
    struct slice rest = buf_view(&plain);
    if (!e && !(e = parse_keys(&rest, &out->keys)))
        e = parse_segments(&rest, out);
    if (plain.p)
        seal_wipe(plain.p, plain.n);
    buf_free(&plain);
    buf_free(&clear);
    if (e)
        body_free(out);
    return e;
}

static void write_body(const struct key_body *b, struct buf *out)
{
    buf_byte(out, LINES);
    for (size_t i = 0; i < LINES; i++) {
        buf_byte(out, (uint8_t)strlen(lines[i].name));
        buf_str(out, lines[i].name);
        buf_byte(out, (uint8_t)lines[i].size);
        buf_add(out, (const uint8_t *)&b->keys + lines[i].offset, lines[i].size);
    }
    buf_u32(out, b->next);
    buf_u32(out, (uint32_t)b->segment_count);
    for (size_t i = 0; i < b->segment_count; i++) {
        const struct key_segment *s = &b->segment[i];
        buf_u32(out, s->number);
        buf_u32(out, s->version);
        buf_u32(out, s->count);
        buf_u64(out, s->length);
        buf_add(out, s->key, sizeof s->key);
    }
}

enum err body_seal(const struct key_head *h, const struct key_body *b, const uint8_t master[SEAL_KEY], struct buf *out)
{
    struct buf plain, clear;
    uint8_t nonce[SEAL_NONCE];
    buf_init(&plain, KEY_HEAD_MAX);
    buf_init(&clear, SEALED_TO);
    buf_add(&clear, magic, sizeof magic);
    buf_add(&clear, h->store, sizeof h->store);
    write_body(b, &plain);
    seal_random(nonce, sizeof nonce);
    buf_add(out, nonce, sizeof nonce);
    uint8_t *p = plain.err || clear.err ? NULL : buf_room(out, plain.n + SEAL_TAG);
    if (p)
        seal_box(master, nonce, buf_view(&clear), buf_view(&plain), p);
    if (plain.p)
        seal_wipe(plain.p, plain.n);
    buf_free(&plain);
    buf_free(&clear);
    return p ? OK : ERR_MEMORY;
}

void body_free(struct key_body *b)
{
    if (b->segment)
        seal_wipe(b->segment, b->segment_cap * sizeof *b->segment);
    mem_free(b->segment);
    seal_wipe(&b->keys, sizeof b->keys);
    *b = (struct key_body){0};
}
