/* A growing byte buffer with a maximum. Errors stick: after the first failure every append is a no-op and buf_err says why,
 * so a writer checks once at its end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/err.h"

struct buf {
    char *p; /* NUL-terminated after each append that succeeded; NULL while empty */
    size_t n, cap, max;
    enum err err; /* OK, ERR_MEMORY or ERR_TOO_LONG; a writer on top (cjson) sets others */
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_free(struct buf *b);
void buf_reset(struct buf *b); /* empty again, keeps the memory, clears the error */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_slice(struct buf *b, struct slice s);
void buf_str(struct buf *b, const char *z);
void buf_byte(struct buf *b, uint8_t c);
void buf_u16(struct buf *b, uint16_t v); /* big-endian, as all numbers of our formats */
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_hex(struct buf *b, const uint8_t *p, size_t n);
void buf_dec(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* n writable bytes at the end (counted at once); NULL on failure. */
uint8_t *buf_room(struct buf *b, size_t n);
static inline struct slice buf_view(const struct buf *b)
{
    return slice_of(b->p, b->n);
}
#endif
