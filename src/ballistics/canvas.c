#include "ballistics/compare_in.h"
#include "ballistics/surface_resample.h"

#include <math.h>
#include "base/banned.h"

/* A margin of KERNEL_LANES at the end of each row and a row and a margin at the end: kernels read whole vectors. */
enum err canvas_new(size_t side, double pitch, struct canvas *out)
{
    size_t stride = (side + 2 * KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES;
    size_t n = (side + 2) * stride;
    struct canvas c = {.z = floats_new(n), .side = side, .stride = stride, .pitch = pitch};
    if (!c.z)
        return ERR_MEMORY;
    *out = c;
    return OK;
}

void canvas_free(struct canvas *c)
{
    floats_free(c->z);
    c->z = NULL;
}

static double mean_of(const struct surface *s)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < surface_points(s); i++)
        if (!isnan(s->z[i])) {
            sum += (double)s->z[i];
            n++;
        }
    return n ? sum / (double)n : 0;
}

/* Heights come in micrometres: float32 squares of metres would lie near the end of its range. */
static void take_row(struct canvas *c, const struct surface *s, size_t y, double mean)
{
    double mid = (double)(c->side - 1) / 2;
    for (size_t x = 0; x < c->side; x++) {
        float z = s->z[y * c->side + x], *to = &c->z[y * c->stride + x];
        *to = 0;
        if (isnan(z))
            continue;
        *to = (float)(((double)z - mean) * 1e6);
        *to = *to != 0 ? *to : KERNEL_TINY;
        c->energy += (double)*to * (double)*to;
        c->points++;
        double far = hypot((double)x - mid, (double)y - mid) + 1;
        c->radius = far > c->radius ? far : c->radius;
    }
}

enum err canvas_take(struct canvas *c, const struct surface *s, double x, double y, struct fault *f)
{
    struct surface r;
    struct resample to = {(uint32_t)c->side, (uint32_t)c->side, c->pitch, x, y};
    enum err e = surface_resample(s, &to, &r, f);
    if (e)
        return e;
    double mean = mean_of(&r);
    c->energy = c->radius = 0;
    c->points = 0;
    for (size_t j = 0; j < c->side; j++)
        take_row(c, &r, j, mean);
    surface_free(&r);
    return OK;
}

void canvas_turn(const struct kernels *k, const struct canvas *from, double degrees, struct canvas *to)
{
    double a = degrees * M_PI / 180, mid = (double)(from->side - 1) / 2;
    struct kernel_turn t = {from->z, to->z, from->side, from->stride, (float)cos(a), (float)sin(a)};
    for (size_t y = 0; y < from->side; y++) {
        double dy = (double)y - mid, half = from->radius * from->radius - dy * dy;
        memset(to->z + y * to->stride, 0, to->stride * sizeof(float));
        if (half <= 0)
            continue;
        double x0 = floor(mid - sqrt(half)), x1 = ceil(mid + sqrt(half));
        k->turn(&t, y, x0 < 0 ? 0 : (size_t)x0, x1 > mid * 2 ? from->side - 1 : (size_t)x1);
    }
}
