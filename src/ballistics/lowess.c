#include "ballistics/lowess.h"
#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include "base/banned.h"

/* The line about place i over the window [first, last], at i. */
static float line_at(const float *z, const float *trust, size_t first, size_t last, size_t i)
{
    double reach = (double)(i - first > last - i ? i - first : last - i) + 1, w0 = 0, wx = 0, wz = 0, wxx = 0, wxz = 0;
    for (size_t k = first; k <= last; k++) {
        if (isnan(z[k]))
            continue;
        double x = (double)k - (double)i, d = fabs(x) / reach, t = 1 - d * d * d, w = t * t * t * (double)trust[k];
        w0 += w;
        wx += w * x;
        wz += w * (double)z[k];
        wxx += w * x * x;
        wxz += w * x * (double)z[k];
    }
    double det = w0 * wxx - wx * wx;
    if (w0 <= 0)
        return NAN;
    return (float)(det > 1e-9 * w0 * w0 ? (wxx * wz - wx * wxz) / det : wz / w0);
}

static void pass(const float *z, const float *trust, size_t n, size_t window, float *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t first = i > window / 2 ? i - window / 2 : 0;
        first = first + window > n ? n - window : first;
        out[i] = line_at(z, trust, first, first + window - 1, i);
    }
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Bisquare of the misfit over six median misfits. */
static void trust_from(const float *z, const float *fit, size_t n, float *trust, float *sorted)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(z[i]) && !isnan(fit[i]))
            sorted[m++] = fabsf(z[i] - fit[i]);
    if (!m)
        return;
    qsort(sorted, m, sizeof *sorted, by_value);
    float six = 6 * sorted[m / 2];
    for (size_t i = 0; i < n; i++) {
        float u = isnan(z[i]) || isnan(fit[i]) || !(six > 0) ? 0 : fabsf(z[i] - fit[i]) / six;
        trust[i] = u < 1 ? (1 - u * u) * (1 - u * u) : 0;
    }
}

enum err lowess(const float *z, size_t n, double span, unsigned robust_rounds, float *out, struct fault *f)
{
    size_t window = (size_t)(span * (double)n);
    float *trust = mem_alloc(2 * n, sizeof *trust);
    if (!trust)
        return fault_set(f, ERR_MEMORY, "land", SLICE(""), "");
    window = window < 3 ? 3 : window;
    window = window > n ? n : window;
    for (size_t i = 0; i < n; i++)
        trust[i] = 1;
    pass(z, trust, n, window, out);
    for (unsigned k = 0; k < robust_rounds; k++) {
        trust_from(z, out, n, trust, trust + n);
        pass(z, trust, n, window, out);
    }
    mem_free(trust);
    return OK;
}
