#include "keys/segment.h"
#include "base/banned.h"

#define BOUND (16 + 4 * 5) /* store, number, version, frame, keys, page: before the ids */

static void put(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void segment_heading(const uint8_t store[16], uint32_t number, uint32_t version, uint8_t out[SEGMENT_HEADING])
{
    memcpy(out, "ATHRSEG2", 8);
    memcpy(out + 8, store, 16);
    put(out + 24, number);
    put(out + 28, version);
}

void segment_mark(uint64_t end, uint8_t out[SEGMENT_MARK])
{
    memcpy(out, "ATKSYNC2", 8);
    put(out + 8, (uint32_t)(end >> 32));
    put(out + 12, (uint32_t)end);
}

static uint32_t pages(uint32_t n)
{
    return (n + SEGMENT_PAGE - 1) / SEGMENT_PAGE;
}

uint64_t frame_bytes(uint32_t n)
{
    return FRAME_HEADING + (uint64_t)n * (16 + SEAL_KEY) + (uint64_t)pages(n) * SEAL_TAG;
}

uint64_t frame_page_at(const struct key_frame *f, uint32_t p)
{
    return f->at + FRAME_HEADING + (uint64_t)f->n * 16 + (uint64_t)p * PAGE_BYTES(SEGMENT_PAGE);
}

uint32_t frame_page_keys(const struct key_frame *f, uint32_t p)
{
    return p + 1 < pages(f->n) ? SEGMENT_PAGE : f->n - p * SEGMENT_PAGE;
}

struct bound { /* what a page is bound to */
    uint8_t nonce[SEAL_NONCE];
    uint8_t data[BOUND + SEGMENT_PAGE * 16];
    size_t n;
};

static void bind(struct bound *b, const uint8_t store[16], const struct key_segment *s, const struct key_frame *f, uint32_t p)
{
    memcpy(b->nonce, f->nonce, sizeof f->nonce);
    put(b->nonce + 20, p);
    memcpy(b->data, store, 16);
    put(b->data + 16, s->number);
    put(b->data + 20, s->version);
    put(b->data + 24, f->seq);
    put(b->data + 28, f->n);
    put(b->data + 32, p);
    b->n = BOUND;
}

void frame_write(const uint8_t store[16], const struct key_segment *s, uint32_t seq, const uint8_t nonce[20], const struct key_entry *entries,
    uint32_t n, struct buf *out)
{
    struct key_frame f = {.n = n, .seq = seq};
    memcpy(f.nonce, nonce, sizeof f.nonce);
    buf_str(out, "ATKF");
    buf_u32(out, n);
    buf_u32(out, seq);
    buf_add(out, nonce, sizeof f.nonce);
    for (uint32_t i = 0; i < n; i++)
        buf_add(out, entries[i].id.b, 16);
    for (uint32_t p = 0; p < pages(n); p++) {
        uint8_t plain[SEGMENT_PAGE * SEAL_KEY];
        struct bound b;
        uint32_t k = frame_page_keys(&f, p);
        bind(&b, store, s, &f, p);
        for (uint32_t i = 0; i < k; i++) {
            memcpy(b.data + b.n, entries[p * SEGMENT_PAGE + i].id.b, 16);
            b.n += 16;
            memcpy(plain + i * SEAL_KEY, entries[p * SEGMENT_PAGE + i].key, SEAL_KEY);
        }
        uint8_t *to = buf_room(out, PAGE_BYTES(k));
        if (to)
            seal_box(s->key, b.nonce, slice_of((const char *)b.data, b.n), slice_of((const char *)plain, (size_t)k * SEAL_KEY), to);
        seal_wipe(plain, sizeof plain);
    }
}

enum err frame_parse(const uint8_t heading[FRAME_HEADING], uint64_t at, uint32_t seq, struct key_frame *out)
{
    struct key_frame f = {.at = at, .n = get(heading + 4), .seq = get(heading + 8)};
    if (memcmp(heading, "ATKF", 4) != 0 || !f.n || f.n > SEGMENT_KEYS || f.seq != seq)
        return ERR_DAMAGED;
    memcpy(f.nonce, heading + 12, sizeof f.nonce);
    *out = f;
    return OK;
}

enum err frame_page_open(const uint8_t store[16], const struct key_segment *s, const struct key_frame *f, uint32_t p,
    const struct subject_id *ids, const uint8_t *sealed, uint8_t *out_keys)
{
    struct bound b;
    uint32_t k = frame_page_keys(f, p);
    bind(&b, store, s, f, p);
    memcpy(b.data + b.n, ids, (size_t)k * 16);
    return seal_open(s->key, b.nonce, slice_of((const char *)b.data, b.n + (size_t)k * 16),
        slice_of((const char *)sealed, PAGE_BYTES(k)), out_keys);
}

int key_entry_order(const void *a, const void *b)
{
    return memcmp(((const struct key_entry *)a)->id.b, ((const struct key_entry *)b)->id.b, 16);
}
