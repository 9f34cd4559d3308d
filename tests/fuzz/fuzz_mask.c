/* Corrections of masks as typed: refused with the line, or printed and read again the same. As kept (what begins with a brace): a chain, or damaged. */
#include "ballistics/mask.h"
#include "base/arena.h"
#include <stdlib.h>
#include "base/banned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void kept(struct slice text)
{
    struct arena a;
    struct mask_entry *e;
    size_t n;
    arena_init(&a, (size_t)64 << 20);
    if (!mask_entries(&a, text, &e, &n))
        for (size_t i = 1; i < n; i++)
            if (!hash_eq(&e[i].previous, &e[i - 1].id))
                abort();
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct mask m, again;
    struct buf first, second;
    if (n && data[0] == '{') {
        kept(slice_of((const char *)data, n));
        return 0;
    }
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
