/* Corrections of masks as typed: refused with the line, or printed and read again the same. */
#include "ballistics/mask.h"
#include "base/arena.h"
#include <stdlib.h>
#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct mask m, again;
    struct buf first, second;
    if (mask_parse(slice_of((const char *)data, n), &m, NULL))
        return 0;
    buf_init(&first, 1u << 20);
    buf_init(&second, 1u << 20);
    mask_print(&m, &first);
    if (first.err || mask_parse(buf_view(&first), &again, NULL))
        abort();
    mask_print(&again, &second);
    if (!slice_eq(buf_view(&first), buf_view(&second)))
        abort();
    buf_free(&first);
    buf_free(&second);
    return 0;
}
