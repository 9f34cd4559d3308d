/* Any bytes as a mark's text: the answer is within its bounds and can be written as JSON. */
#include "marks/read.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct mark_reading r;
    struct buf out;
    mark_read(text, &r);
    if (r.serial_count > READ_SERIALS || (unsigned)r.status >= MARK_STATUS_COUNT)
        abort();
    for (size_t i = 0; i < r.serial_count; i++) {
        struct slice s = slice_str(r.serials[i].text);
        if (s.n >= READ_SERIAL_TEXT || s.n == 0 || slice_utf8_fault(s) >= 0)
            abort();
    }
    buf_init(&out, 8 * size + 8192);
    if (slice_nul(text) < 0) {
        mark_reading_json(text, &r, &out);
        if (out.err != OK)
            abort();
    }
    buf_free(&out);
    return 0;
}
