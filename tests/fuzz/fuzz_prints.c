/* A file of prints from anybody: refused, or whole, its prints to be found, and none of them harmful to screen with whatever numbers it holds. */
#include "ballistics/prints.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* The fuzzer cannot make a sum that is right: it is set where the head is whole, so that the rest is looked at. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct screen *s;
    struct prints *p;
    struct buf b;
    struct fault f = {0};
    if (!s)
        must(screen_new(&s, NULL) == OK);
    buf_init(&b, (size_t)64 << 20);
    buf_add(&b, data, n);
    if (b.n >= 64) {
        struct hash sum = hash_of(b.p + 64, b.n - 64);
        memcpy(b.p + 32, sum.b, sizeof sum.b);
    }
    enum err e = prints_take(&b, s, &p, &f);
    must(e == OK || e == ERR_DAMAGED || e == ERR_NOT_FOUND);
    if (!e) {
        for (size_t i = 0; i < prints_count(p); i++) {
            struct hash h;
            memcpy(h.b, data + 64 + 32 * i, sizeof h.b);
            must(prints_has(p, &h));
            prints_find(p, &h);
        }
        prints_close(p);
    }
    buf_free(&b);
    return 0;
}
