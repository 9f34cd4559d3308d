/* A growing byte buffer with a maximum. Errors stick: after the first failure every append is a no-op and buf_err says why,
 * so a writer checks once at its end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/err.h"

struct buf {
    char *p; /* NUL-terminated after each append that succeeded; NULL while empty */
    size_t n, cap, max;
    bool lent;    /* p is the caller's room (buf_on) */
    enum err err; /* OK, ERR_MEMORY or ERR_TOO_LONG; a writer on top (cjson) sets others */
};

void buf_init(struct buf *b, size_t max_bytes);
/* Begins in `room` (an array of the caller, at least one byte, which outlives the buf): a short text needs no memory then. */
void buf_on(struct buf *b, char *room, size_t size, size_t max_bytes);
void buf_free(struct buf *b);
void buf_reset(struct buf *b); /* empty again, keeps the memory, clears the error */
void buf_slice(struct buf *b, struct slice s);
void buf_str(struct buf *b, const char *z);
void buf_u16(struct buf *b, uint16_t v); /* big-endian, as all numbers of our formats */
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_hex(struct buf *b, const uint8_t *p, size_t n);
void buf_dec(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool buf_grow(struct buf *b, size_t n); /* room for n bytes more at once; buf_room's own */

/* n writable bytes at the end (counted at once); NULL on failure. These three stand here because a record is written in some hundred
 * small pieces. */
static inline uint8_t *buf_room(struct buf *b, size_t n)
{
    if ((b->err || n >= b->cap - b->n) && !buf_grow(b, n)) /* cap 0: grows; else cap > b->n always */
        return NULL;
    uint8_t *at = (uint8_t *)b->p + b->n;
    b->n += n;
    b->p[b->n] = 0;
    return at;
}
static inline void buf_add(struct buf *b, const void *p, size_t n)
{
    uint8_t *at = n ? buf_room(b, n) : NULL;
    if (at)
        memcpy(at, p, n);
}
static inline void buf_byte(struct buf *b, uint8_t c)
{
    uint8_t *at = buf_room(b, 1);
    if (at)
        *at = c;
}
static inline struct slice buf_view(const struct buf *b)
{
    return slice_of(b->p, b->n);
}
#endif
