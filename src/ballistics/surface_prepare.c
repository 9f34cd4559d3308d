#include "ballistics/surface_prepare.h"

#include <math.h>
#include "base/banned.h"

const struct surface_recipe surface_breech_face = {.ring = true, .hole = true, .ring_margin = 95e-6, .hole_margin = 160e-6, .outliers = 12,
    .low_pass = 16e-6, .high_pass = 500e-6, .sigma = SURFACE_SIGMA_ISO};
const struct surface_recipe surface_published = {.ring = true, .hole = true, .ring_margin = 95e-6, .hole_margin = 160e-6,
    .low_pass = 16e-6, .high_pass = 500e-6, .sigma = 0.159155 /* 1 / (2 pi) */, .filled = true};

void surface_step_add(struct surface_steps *s, enum surface_step_kind kind, const double *v, size_t n, uint64_t removed)
{
    if (s->count == SURFACE_STEPS_MAX)
        return;
    struct surface_step *step = &s->step[s->count++];
    *step = (struct surface_step){.kind = kind, .removed = removed};
    memcpy(step->value, v, n * sizeof *v);
}

static void cut(struct surface *s, enum surface_step_kind kind, const struct surface_circle *at, struct surface_steps *steps)
{
    uint64_t removed = surface_cut(s, at, kind == STEP_HOLE);
    surface_step_add(steps, kind, (double[]){at->x, at->y, at->radius}, 3, removed);
}

static enum err masks(struct surface *s, const struct surface_recipe *r, size_t last, struct surface_steps *steps, struct fault *f)
{
    struct surface_circle ring = r->ring_at, hole = r->hole_at;
    enum err e = r->ring ? surface_find_ring(s, &ring, f) : OK;
    if (!e && r->hole)
        e = surface_find_hole(s, &ring, &hole, f);
    if (e)
        return e;
    ring.radius -= r->ring ? r->ring_margin : 0;
    hole.radius += r->hole ? r->hole_margin : 0;
    if (ring.radius > 0 && steps->count < last)
        cut(s, STEP_RING, &ring, steps);
    if (hole.radius > 0 && steps->count < last)
        cut(s, STEP_HOLE, &hole, steps);
    return OK;
}

static enum err level(struct surface *s, const struct surface_recipe *r, struct surface_steps *steps, struct fault *f)
{
    double k[4];
    enum err e = r->sphere ? surface_level_sphere(s, k, f) : surface_level_plane(s, k, f);
    if (!e)
        surface_step_add(steps, r->sphere ? STEP_SPHERE : STEP_PLANE, k, r->sphere ? 4 : 3, 0);
    return e;
}

static enum err outliers(struct surface *s, const struct surface_recipe *r, struct surface_steps *steps, struct fault *f)
{
    double at;
    uint64_t removed;
    enum err e = r->outliers > 0 ? surface_outliers(s, r->outliers, &at, &removed, f) : OK;
    if (!e && r->outliers > 0)
        surface_step_add(steps, STEP_OUTLIERS, (double[]){r->outliers, at}, 2, removed);
    return e;
}

static enum err filters(struct surface *s, const struct surface_recipe *r, size_t last, struct surface_steps *steps, struct fault *f)
{
    enum err e = r->low_pass > 0 ? surface_gauss(s, r->low_pass, r->sigma, false, r->filled, f) : OK;
    if (!e && r->low_pass > 0)
        surface_step_add(steps, STEP_LOW_PASS, (double[]){r->low_pass, r->sigma}, 2, 0);
    if (e || r->high_pass <= 0 || steps->count >= last)
        return e;
    e = surface_gauss(s, r->high_pass, r->sigma, true, r->filled, f);
    if (!e)
        surface_step_add(steps, STEP_HIGH_PASS, (double[]){r->high_pass, r->sigma}, 2, 0);
    return e;
}

enum err surface_prepare_part(const struct surface *in, const struct surface_recipe *r, size_t last, struct surface *out, struct surface_steps *steps,
    struct fault *f)
{
    struct surface s;
    enum err e = surface_make(in->nx, in->ny, in->dx, in->dy, &s, f);
    if (e)
        return e;
    memcpy(s.z, in->z, surface_points(in) * sizeof *s.z);
    e = last ? masks(&s, r, last, steps, f) : OK;
    if (!e && steps->count < last)
        e = level(&s, r, steps, f);
    if (!e && steps->count < last)
        e = outliers(&s, r, steps, f);
    if (!e && steps->count < last)
        e = filters(&s, r, last, steps, f);
    if (e)
        surface_free(&s);
    else
        *out = s;
    return e;
}

enum err surface_prepare(const struct surface *in, const struct surface_recipe *r, struct surface *out, struct surface_steps *steps,
    struct fault *f)
{
    return surface_prepare_part(in, r, SURFACE_STEPS_MAX, out, steps, f);
}

/* ---- as JSON ---- */

/* A value that is a length is given in micrometres. */
struct shown {
    const char *name;
    bool length;
};
static const struct {
    const char *name;
    struct shown value[SURFACE_STEP_VALUES];
} kinds[STEP_KINDS] = {
    [STEP_RING] = {"ring", {{"x", true}, {"y", true}, {"radius", true}}},
    [STEP_HOLE] = {"hole", {{"x", true}, {"y", true}, {"radius", true}}},
    [STEP_PLANE] = {"plane", {{"slope_x", false}, {"slope_y", false}, {"height", true}}},
    [STEP_SPHERE] = {"sphere", {{"curvature", false}, {"slope_x", false}, {"slope_y", false}, {"height", true}}},
    [STEP_OUTLIERS] = {"outliers", {{"limit", false}, {"distance", true}}},
    [STEP_LOW_PASS] = {"low_pass", {{"cut_off", true}, {"sigma", false}}},
    [STEP_HIGH_PASS] = {"high_pass", {{"cut_off", true}, {"sigma", false}}},
    [STEP_HAND] = {"hand", {{"shapes", false}}},
};

const char *surface_step_name(enum surface_step_kind kind)
{
    return kinds[kind].name;
}

void surface_steps_json(const struct surface_steps *s, struct cj *out)
{
    cj_arr(out);
    for (size_t i = 0; i < s->count; i++) {
        const struct surface_step *step = &s->step[i];
        cj_obj(out);
        cj_kstr(out, "step", slice_str(kinds[step->kind].name));
        for (size_t k = 0; k < SURFACE_STEP_VALUES && kinds[step->kind].value[k].name; k++) {
            const struct shown *v = &kinds[step->kind].value[k];
            cj_key(out, v->name);
            cj_double(out, step->value[k] * (v->length ? 1e6 : 1), v->length ? 4 : 9);
        }
        cj_kint(out, "removed", (int64_t)step->removed);
        cj_obj_end(out);
    }
    cj_arr_end(out);
}
