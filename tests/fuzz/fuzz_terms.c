/* Any bytes as a make, calibre, type or country, with any type beside it. */
#include "domain/terms.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    enum term_list list = (enum term_list)(data[0] % TERM_LISTS);
    struct slice text = slice_of((const char *)data + 2, size - 2);
    struct term t = term_read(list, text, data[1]);
    struct taurus_date d;
    if (t.answer == TERM_LISTED && term_by_code(list, slice_str(t.code)).number != t.number)
        abort();
    if (t.answer != TERM_LISTED && t.code[0])
        abort();
    if (term_taurus_date(text, &d) && (d.month < 1 || d.month > 12 || d.year < 1981 || d.year > 2019))
        abort();
    term_model_hash(text);
    term_serial_warning(t.number, text, 1990 + data[1]);
    return 0;
}
