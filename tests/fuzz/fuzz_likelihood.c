/* A table of likelihood ratios from anybody: taken whole, then never outside its own bounds and never falling as the score rises; or refused. */
#include "ballistics/likelihood.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct compare_result r = {.cells = 144, .cells_reverse = 144};
    const struct likelihood_side s = {SLICE("Ruger"), SLICE("9x19"), 6.25e-6}, side[2] = {s, s};
    struct likelihood_model *m;
    struct fault f = {0};
    double last = -1e300;
    if (likelihood_parse(slice_of((const char *)data, n), &m, &f))
        return 0;
    for (r.score = 0; r.score < 300; r.score = r.score * 1.3 + 0.1) {
        struct likelihood v;
        likelihood_of(m, &compare_standard, &r, side, &v);
        must(!v.given || (isfinite(v.log10) && v.log10 >= last - 1e-9 * (1 + fabs(last)) && v.lower <= v.log10 && v.log10 <= v.upper));
        last = v.given ? v.log10 : last;
    }
    likelihood_close(m);
    return 0;
}
