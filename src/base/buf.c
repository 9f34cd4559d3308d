#include "base/buf.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define BUF_FIRST 64

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf){.max = max_bytes < SIZE_MAX / 4 ? max_bytes : SIZE_MAX / 4};
}

void buf_on(struct buf *b, char *room, size_t size, size_t max_bytes)
{
    buf_init(b, max_bytes);
    b->p = room;
    b->cap = size - 1 < b->max ? size : b->max + 1;
    b->lent = true;
    room[0] = 0;
}

void buf_free(struct buf *b)
{
    if (!b->lent)
        free(b->p);
    buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->err = OK;
    if (b->p)
        b->p[0] = 0;
}

static bool fail(struct buf *b, enum err err)
{
    b->err = err;
    return false;
}

/* Room for n more bytes and a NUL. cap counts the NUL, max does not. */
bool buf_grow(struct buf *b, size_t n)
{
    if (b->err)
        return false;
    if (n > b->max || b->n > b->max - n)
        return fail(b, ERR_TOO_LONG);
    size_t cap = b->cap ? b->cap * 2 : BUF_FIRST;
    if (cap < b->n + n + 1)
        cap = b->n + n + 1;
    if (cap > b->max + 1)
        cap = b->max + 1;
    char *p = mem_resize(b->lent ? NULL : b->p, cap);
    if (!p)
        return fail(b, ERR_MEMORY);
    if (b->lent)
        memcpy(p, b->p, b->n);
    b->lent = false;
    b->p = p;
    b->p[b->n] = 0;
    b->cap = cap;
    return true;
}

void buf_slice(struct buf *b, struct slice s)
{
    buf_add(b, s.p, s.n);
}

void buf_str(struct buf *b, const char *z)
{
    buf_slice(b, slice_str(z));
}

static void big_endian(struct buf *b, uint64_t v, size_t bytes)
{
    uint8_t *at = buf_room(b, bytes);
    for (size_t i = 0; at && i < bytes; i++)
        at[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
}

void buf_u16(struct buf *b, uint16_t v)
{
    big_endian(b, v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
    big_endian(b, v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
    big_endian(b, v, 8);
}

void buf_hex(struct buf *b, const uint8_t *p, size_t n)
{
    uint8_t *at = n <= SIZE_MAX / 2 ? buf_room(b, 2 * n) : NULL;
    if (at)
        hex_of(p, n, (char *)at);
}

void buf_dec(struct buf *b, int64_t v)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (v < 0)
        digits[--at] = '-';
    buf_add(b, digits + at, sizeof digits - at);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *at = n < 0 ? NULL : (char *)buf_room(b, (size_t)n);
    if (!at)
        return;
    va_start(args, fmt);
    vsnprintf(at, (size_t)n + 1, fmt, args);
    va_end(args);
}
