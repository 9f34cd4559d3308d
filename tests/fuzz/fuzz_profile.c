/* A profile is read within its tables or refused with a field and what is wanted. */
#include "domain/profile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct profile p;
    struct fault f = {0};
    enum err e = profile_parse(slice_of((const char *)data, n), &p, &f);
    if (e != f.code || (e && !*f.want))
        abort();
    for (size_t i = 0; !e && i < p.kind_count; i++)
        if (profile_kind(&p, slice_str(p.kind[i].name)) != &p.kind[i] || p.kind[i].rule_count > EVENT_EFFECTS)
            abort();
    return 0;
}
