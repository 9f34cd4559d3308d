/* Invented surfaces for tests: smooth random textures on a ring, turned and shifted exactly (the texture is a function of the place). */
#ifndef TESTS_TEXTURE_H
#define TESTS_TEXTURE_H
#include "ballistics/surface.h"
#include <math.h>

#define TEXTURE_WAVES 60
struct texture {
    double kx[TEXTURE_WAVES], ky[TEXTURE_WAVES], phase[TEXTURE_WAVES];
};

static inline double texture_draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* Waves of 80 to 400 um in all directions. */
static inline void texture_make(struct texture *t, uint64_t seed)
{
    for (int i = 0; i < TEXTURE_WAVES; i++) {
        double k = 2 * M_PI / (80e-6 + 320e-6 * texture_draw(&seed)), a = 2 * M_PI * texture_draw(&seed);
        t->kx[i] = k * cos(a);
        t->ky[i] = k * sin(a);
        t->phase[i] = 2 * M_PI * texture_draw(&seed);
    }
}

static inline double texture_height(const struct texture *t, double x, double y)
{
    double z = 0;
    for (int i = 0; i < TEXTURE_WAVES; i++)
        z += cos(t->kx[i] * x + t->ky[i] * y + t->phase[i]);
    return z * 1.6e-7;
}

/* A ring of radii 0.6 and 1.7 mm whose texture is that of t turned by degrees (X towards Y) and then shifted. */
static inline struct surface texture_ring(const struct texture *t, uint32_t n, double pitch, double degrees, double dx, double dy)
{
    struct surface s;
    double a = degrees * M_PI / 180, mid = (n - 1) * pitch / 2;
    if (surface_make(n, n, pitch, pitch, &s, NULL))
        return (struct surface){0};
    for (uint32_t j = 0; j < n; j++)
        for (uint32_t i = 0; i < n; i++) {
            double x = i * pitch - mid, y = j * pitch - mid, r = hypot(x, y);
            if (r < 0.6e-3 || r > 1.7e-3)
                continue;
            double u = x - dx, v = y - dy;
            s.z[(size_t)j * n + i] = (float)texture_height(t, cos(a) * u + sin(a) * v, cos(a) * v - sin(a) * u);
        }
    return s;
}
#endif
