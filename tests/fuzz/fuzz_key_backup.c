/* The backup of a key store, taken apart: every slice lies within it, and the files are as many as it says. */
#include "keys/backup.h"
#include <stdlib.h>

static void within(struct slice part, struct slice all)
{
    if (part.n && (part.p < all.p || part.p + part.n > all.p + all.n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = slice_of((const char *)data, size);
    struct key_backup b;
    struct backup_file file;
    struct key_head head;
    uint32_t n = 0;
    if (backup_parse(in, &b))
        return 0;
    within(b.head, in);
    within(b.erased, in);
    head_parse(b.head, &head);
    for (struct slice rest = b.files; backup_next(&rest, &file); n++)
        within(file.bytes, in);
    if (n != b.file_count)
        abort();
    return 0;
}
