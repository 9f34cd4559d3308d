#include "ballistics/surface.h"
#include "base/arena.h"

#include <math.h>
#include "base/banned.h"

void surface_init(struct surface *s)
{
    memset(s, 0, sizeof *s);
}

static bool pitch_fits(double pitch)
{
    return isfinite(pitch) && pitch > 0;
}

enum err surface_make(uint32_t nx, uint32_t ny, double dx, double dy, struct surface *out, struct fault *f)
{
    size_t n = (size_t)nx * ny;
    if (!nx || !ny || nx > SURFACE_SIDE_MAX || ny > SURFACE_SIDE_MAX || n > SURFACE_POINTS_MAX)
        return fault_set(f, ERR_RANGE, "size", SLICE(""), "want.surface_size");
    if (!pitch_fits(dx) || !pitch_fits(dy))
        return fault_set(f, ERR_RANGE, "pitch", SLICE(""), "want.surface_pitch");
    float *z = mem_alloc(n, sizeof *z);
    if (!z)
        return fault_set(f, ERR_MEMORY, "surface", SLICE(""), "");
    for (size_t i = 0; i < n; i++)
        z[i] = NAN;
    *out = (struct surface){.nx = nx, .ny = ny, .dx = dx, .dy = dy, .z = z};
    return OK;
}

void surface_free(struct surface *s)
{
    if (!s)
        return;
    mem_free(s->z);
    surface_init(s);
}
