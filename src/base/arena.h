/* An arena: memory of one request, job or imported file, freed at once. Nobody frees inside. Born with its maximum:
 * past it arena_alloc returns NULL (the caller answers ERR_MEMORY). Takes from the system about 4/3 of what was asked for and
 * one block of 256 KiB. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/slice.h"

#define ARENA_ALIGN ((size_t)16)
struct arena_block;
struct arena {
    struct arena_block *head, *spare; /* spare: blocks kept by a reset */
    char *at;                         /* the next byte of the head */
    size_t left;                      /* to be cut from there: what is left of the block, and of max; a multiple of 16 */
    size_t used, max;
};

void arena_init(struct arena *a, size_t max_bytes);
char *arena_cut_more(struct arena *a, size_t n); /* arena_cut's own */
/* n bytes, not zeroed, aligned to 16. NULL past the maximum or without memory. */
static inline char *arena_cut(struct arena *a, size_t n)
{
    if (!n || n > a->left)
        return arena_cut_more(a, n);
    char *p = a->at;
    n = (n + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    a->at += n;
    a->left -= n;
    a->used += n;
    return p;
}
/* The same, zeroed. n*size checked for overflow. */
static inline void *arena_alloc(struct arena *a, size_t n)
{
    char *p = arena_cut(a, n);
    return p ? memset(p, 0, n) : NULL;
}
void *arena_array(struct arena *a, size_t n, size_t size);
/* A NUL-terminated copy; {NULL,0} past the maximum. */
struct slice arena_copy(struct arena *a, struct slice s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Forgets all that was allocated and keeps its blocks (up to ARENA_KEEP bytes) for the next use, so that work in rounds does
 * not give memory back to the system and fetch it again. */
#define ARENA_KEEP ((size_t)64 << 20)
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

/* Long-lived memory: checked, zeroed; NULL without memory. mem_grow doubles *cap (elements of `size`) to hold `need`;
 * false without memory or past `max` elements, *p then unchanged. mem_free accepts NULL. */
void *mem_alloc(size_t n, size_t size);
bool mem_grow(void *p_array, size_t *cap, size_t need, size_t max, size_t size);
/* The same, the new elements not zeroed: for arrays of many millions whose every element is written before it is read. */
bool mem_grow_raw(void *p_array, size_t *cap, size_t need, size_t max, size_t size);
void mem_free(void *p);
#endif
