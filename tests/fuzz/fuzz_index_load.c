/* Index snapshots from outside. The checksum would stop nearly every input, so the input is sealed anew first; when its
 * first bit is set it is given as it is. What is believed must answer as the plain scan does. */
#include <stdlib.h>
#include "base/arena.h"
#include "base/hash.h"
#include "marks/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct bytes {
    const uint8_t *p;
    size_t n;
};

static enum err take(void *arg, void *p, size_t n)
{
    struct bytes *b = arg;
    if (n > b->n)
        return ERR_DAMAGED;
    memcpy(p, b->p, n);
    b->p += n;
    b->n -= n;
    return OK;
}

static void ask(struct index *ix, const char *z)
{
    struct index_view *v = index_acquire(ix);
    struct pattern p;
    struct hits got, want;
    hits_init(&got, 0);
    hits_init(&want, 0);
    if (pattern_parse(slice_str(z), &p, NULL) == OK) {
        for (unsigned t = 0; t < 3; t++)
            index_tier(v, &p, t, &got);
        index_scan(v, &p, 2, &want);
        if (got.count != want.count)
            abort();
    }
    hits_free(&got);
    hits_free(&want);
    index_release(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct index *ix = index_new();
    uint8_t *copy = mem_alloc(n + 32, 1);
    struct bytes b = {data, n};
    if (!ix || !copy)
        abort();
    if (n && !(data[0] & 0x80)) {
        memcpy(copy, data, n);
        struct hash h = hash_of(copy, n);
        memcpy(copy + n, h.b, 32);
        b = (struct bytes){copy, n + 32};
    }
    if (index_load(ix, take, &b, 1) == OK) {
        ask(ix, "AB1");
        ask(ix, "1?");
        ask(ix, "*1");
        ask(ix, "A*");
    }
    index_free(ix);
    mem_free(copy);
    return 0;
}
