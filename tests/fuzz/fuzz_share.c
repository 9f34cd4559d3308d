/* A share as typed: what is taken prints to what reads back the same. */
#include "keys/share.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct share s, again;
    char text[SHARE_TEXT];
    if (share_read(slice_of((const char *)data, size), &s, NULL))
        return 0;
    share_text(&s, text);
    if (share_read(slice_str(text), &again, NULL) || memcmp(&s, &again, sizeof s) != 0)
        abort();
    return 0;
}
