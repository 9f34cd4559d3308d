#include "base/mem.h"
#include "base/arena.h"

#include <stdlib.h>
#include "base/banned.h"

#define MEM_GROW_FIRST 16

static _Thread_local uint64_t requests, fail_at;

void mem_test_fail_at(uint64_t n)
{
    requests = 0;
    fail_at = n;
}

uint64_t mem_test_requests(void)
{
    return requests;
}

void *mem_resize(void *old, size_t n)
{
    requests++;
    if (fail_at && requests >= fail_at)
        return NULL;
    return realloc(old, n);
}

void *mem_alloc(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    bytes = bytes ? bytes : 1;
    void *p = mem_resize(NULL, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

bool mem_grow_raw(void *p_array, size_t *cap, size_t need, size_t max, size_t size)
{
    if (need <= *cap)
        return true;
    if (need > max)
        return false;
    size_t next = *cap ? *cap : MEM_GROW_FIRST;
    while (next < need && next <= max / 2)
        next *= 2;
    if (next < need || next > max)
        next = max;
    size_t bytes;
    if (__builtin_mul_overflow(next, size, &bytes))
        return false;
    void *p;
    memcpy(&p, p_array, sizeof p);
    p = mem_resize(p, bytes ? bytes : 1);
    if (!p)
        return false;
    memcpy(p_array, &p, sizeof p);
    *cap = next;
    return true;
}

bool mem_grow(void *p_array, size_t *cap, size_t need, size_t max, size_t size)
{
    size_t before = *cap;
    char *p;
    if (!mem_grow_raw(p_array, cap, need, max, size))
        return false;
    memcpy(&p, p_array, sizeof p);
    if (*cap > before)
        memset(p + before * size, 0, (*cap - before) * size);
    return true;
}

void mem_free(void *p)
{
    free(p);
}
