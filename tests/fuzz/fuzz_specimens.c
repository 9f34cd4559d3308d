/* The list that enrolling made, as anybody may have changed it: taken whole, its names inside the folder, and printed again as it was; or refused. */
#include "ballistics/collection_in.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct collection c, again;
    struct fault f = {0};
    struct buf b;
    must(collection_begin("/nowhere", &c, &f) == OK && collection_begin("/nowhere", &again, &f) == OK);
    buf_init(&b, (size_t)64 << 20);
    if (collection_parse(&c, slice_of((const char *)data, n), &f) == OK) {
        for (size_t i = 0; i < c.count; i++)
            must(c.item[i].file.n && !memchr(c.item[i].file.p, '/', c.item[i].file.n) && collection_find(&c, c.item[i].file) == &c.item[i]);
        collection_print(&c, &b);
        must(!b.err && collection_parse(&again, buf_view(&b), &f) == OK && again.count == c.count);
    }
    buf_free(&b);
    collection_close(&c);
    collection_close(&again);
    return 0;
}
