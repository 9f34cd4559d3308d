/* Blocks form a list; small requests are cut from the head, a request of more than a quarter of a block gets a block of its
 * own behind the head. So little is wasted: the memory taken is at most 4/3 of what was asked for plus one block. */
#include "base/arena.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define ARENA_BLOCK_MIN ((size_t)4 << 10)
#define ARENA_BLOCK_MAX ((size_t)256 << 10)

struct arena_block {
    struct arena_block *next;
    size_t size; /* a multiple of 16 */
    char data[];
};
_Static_assert(offsetof(struct arena_block, data) % ARENA_ALIGN == 0, "data is aligned");

void arena_init(struct arena *a, size_t max_bytes)
{
    *a = (struct arena){.max = max_bytes};
}

static struct arena_block *block_new(size_t size)
{
    struct arena_block *b = mem_resize(NULL, sizeof *b + size);
    if (b)
        *b = (struct arena_block){.size = size};
    return b;
}

/* The size of the next block to cut from grows with what has been used. */
static size_t block_size(const struct arena *a)
{
    size_t size = ARENA_BLOCK_MIN;
    while (size < a->used && size < ARENA_BLOCK_MAX)
        size *= 2;
    return size;
}

/* A kept block, when it is as large as the one that would be made. */
static struct arena_block *take_spare(struct arena *a, size_t size)
{
    struct arena_block *b = a->spare;
    if (!b || b->size < size)
        return NULL;
    a->spare = b->next;
    b->next = NULL;
    return b;
}

static void cut_from_head(struct arena *a, char *at)
{
    size_t room = (size_t)(a->head->data + a->head->size - at), allowed = (a->max - a->used) & ~(ARENA_ALIGN - 1);
    a->at = at;
    a->left = room < allowed ? room : allowed;
}

/* A block of its own for a large request, behind the head, which has room left. */
static char *cut_own(struct arena *a, size_t n)
{
    struct arena_block *b = block_new(n);
    if (!b)
        return NULL;
    a->used += n;
    if (!a->head) {
        a->head = b;
        cut_from_head(a, b->data + n);
        return b->data;
    }
    b->next = a->head->next;
    a->head->next = b;
    cut_from_head(a, a->at);
    return b->data;
}

char *arena_cut_more(struct arena *a, size_t n)
{
    if (n > a->max || n > SIZE_MAX / 4)
        return NULL;
    n = n ? (n + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1) : ARENA_ALIGN;
    if (n > a->max - a->used)
        return NULL;
    if (n > a->left) {
        size_t size = block_size(a);
        if (n > size / 4)
            return cut_own(a, n);
        struct arena_block *b = take_spare(a, size);
        if (!b)
            b = block_new(size);
        if (!b)
            return NULL;
        b->next = a->head;
        a->head = b;
        cut_from_head(a, b->data);
    }
    return arena_cut(a, n);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(n, size, &bytes) ? NULL : arena_alloc(a, bytes);
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    char *p = s.n < SIZE_MAX ? arena_cut(a, s.n + 1) : NULL;
    if (!p)
        return slice_of(NULL, 0);
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return slice_of(p, s.n);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (!p)
        return NULL;
    va_start(args, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    va_end(args);
    return p;
}

static void blocks_free(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_reset(struct arena *a)
{
    struct arena_block *rest = a->head ? a->head->next : NULL;
    size_t kept = 0;
    a->used = 0;
    if (!a->head)
        return;
    for (const struct arena_block *b = a->spare; b; b = b->next)
        kept += b->size;
    while (rest) {
        struct arena_block *next = rest->next;
        if (rest->size == ARENA_BLOCK_MAX && kept + rest->size <= ARENA_KEEP) {
            kept += rest->size;
            rest->next = a->spare;
            a->spare = rest;
        } else
            free(rest);
        rest = next;
    }
    a->head->next = NULL;
    cut_from_head(a, a->head->data);
}

void arena_free(struct arena *a)
{
    blocks_free(a->head);
    blocks_free(a->spare);
    *a = (struct arena){.max = a->max};
}
