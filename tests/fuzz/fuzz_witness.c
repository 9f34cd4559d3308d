/* The body of an add-checkpoint: what is taken is written again byte for byte. */
#include "ledger/witness.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct witness_request r;
    struct slice s = slice_of((const char *)data, n);
    struct buf again;
    buf_init(&again, WITNESS_BODY_MAX);
    if (witness_parse(s, &r) == OK) {
        witness_write(&r, &again);
        if (r.n > 63 || !slice_eq(s, buf_view(&again)))
            abort();
    }
    buf_free(&again);
    return 0;
}
