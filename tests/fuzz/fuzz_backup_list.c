/* The page and the list of a backup: what is taken is written back the same. */
#include "backup/list.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct list l;
    struct list_page p;
    struct buf out;
    buf_init(&out, 1u << 20);
    if (list_parse(text, &l) == OK) {
        list_write(&l, &out);
        if (!out.err && out.n != size) /* digits may have been in upper case */
            abort();
        list_free(&l);
    }
    buf_reset(&out);
    if (list_page_parse(text, &p) == OK) {
        list_page_write(&p, &out);
        if (!out.err && out.n != size)
            abort();
    }
    buf_free(&out);
    return 0;
}
