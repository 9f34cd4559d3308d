/* A name of any bytes: folding it ends, and folding what came out changes nothing of the letters it kept. What hands and clipboards add around it goes once. */
#include "lang/name.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct name_folder *n;
    struct buf b;
    if (!n && !(n = name_folder_new(NULL)))
        abort();
    buf_init(&b, 1u << 20);
    name_fold(n, slice_of((const char *)data, size), &b);
    if (!b.err && (!b.n || b.p[0] != ' ' || b.p[b.n - 1] != ' ' || slice_utf8_fault(buf_view(&b)) >= 0))
        abort();
    buf_free(&b);
    char *digits = malloc(size + 1);
    struct slice bare = slice_bare(slice_of((const char *)data, size)), again = slice_bare(bare);
    if (!digits || slice_digits(bare, digits).n > bare.n || !slice_eq(bare, again))
        abort();
    free(digits);
    return 0;
}
