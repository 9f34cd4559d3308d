#include "ballistics/correct.h"
#include "ballistics/collection_in.h"
#include <stdio.h>
#include "base/banned.h"

#define READ_MEMORY ((size_t)32 << 20)

enum err correct_path(const struct collection *c, struct slice file, char *out, size_t n, struct fault *f)
{
    char name[300];
    if (snprintf(name, sizeof name, SLICE_FMT ".mask", SLICE_ARG(file)) >= (int)sizeof name)
        return fault_set(f, ERR_TOO_LONG, "file", file, "");
    return collection_path(c, slice_str(name), out, n, f);
}

enum err correct_find(const struct collection *c, struct arena *a, struct slice file, const struct hash *sha, struct mask **out, struct mask_entry *entry,
    struct fault *f)
{
    char path[COLLECTION_PATH];
    struct mask_entry *all;
    size_t n = 0;
    *out = NULL;
    enum err e = correct_path(c, file, path, sizeof path, f);
    if (!e)
        e = mask_file_read(path, a, &all, &n, f);
    const struct mask_entry *last = e ? NULL : mask_in_force(all, n, sha);
    if (!last)
        return e;
    if (entry)
        *entry = *last;
    *out = arena_alloc(a, sizeof **out);
    return *out ? mask_parse(last->shapes, *out, f) : fault_set(f, ERR_MEMORY, "mask", SLICE(""), "");
}

static enum err copy_of(const struct surface *s, struct surface *out, struct fault *f)
{
    enum err e = surface_make(s->nx, s->ny, s->dx, s->dy, out, f);
    if (!e)
        memcpy(out->z, s->z, surface_points(s) * sizeof *s->z);
    return e;
}

/* *out: corrected by hand. A scan that came prepared has no circles to be found, so that those drawn are cut here. */
static enum err by_hand(const struct surface *s, const struct mask *mask, bool prepared, struct surface *out, struct surface_steps *steps, struct fault *f)
{
    uint64_t removed;
    enum err e = copy_of(s, out, f);
    if (e)
        return e;
    e = mask_apply(mask, prepared, out, &removed, f);
    if (e)
        surface_free(out);
    else
        surface_step_add(steps, STEP_HAND, (double[]){(double)mask->shapes}, 1, removed);
    return e;
}

enum err correct_prepare(const struct surface *s, const struct mask *mask, size_t last, struct surface *out, struct surface_steps *steps, struct fault *f)
{
    struct surface corrected;
    bool prepared = surface_is_prepared(s);
    if (!last || (prepared && !mask))
        return copy_of(s, out, f);
    if (!mask)
        return surface_prepare_part(s, &surface_breech_face, last, out, steps, f);
    enum err e = by_hand(s, mask, prepared, &corrected, steps, f);
    if (e)
        return e;
    if (prepared || steps->count >= last) {
        *out = corrected;
        return OK;
    }
    struct surface_recipe r = mask_recipe(mask, &surface_breech_face, s);
    e = surface_prepare_part(&corrected, &r, last, out, steps, f);
    surface_free(&corrected);
    return e;
}

enum err correct_surface(const struct collection *c, struct slice file, struct surface *out, struct fault *f)
{
    struct surface measured;
    struct surface_steps steps = {0};
    struct hash sha;
    struct mask *mask;
    struct arena a;
    enum err e = collection_surface(c, file, &measured, NULL, &sha, f);
    if (e)
        return e;
    arena_init(&a, READ_MEMORY);
    if (!(e = correct_find(c, &a, file, &sha, &mask, NULL, f)))
        e = correct_prepare(&measured, mask, SURFACE_STEPS_MAX, out, &steps, f);
    arena_free(&a);
    surface_free(&measured);
    return e;
}

struct hash correct_key(const struct collection *c, const struct specimen *s)
{
    struct hash both[2] = {s->sha};
    struct mask_entry entry;
    struct mask *mask;
    struct arena a;
    arena_init(&a, READ_MEMORY);
    bool corrected = !correct_find(c, &a, s->file, &s->sha, &mask, &entry, NULL) && mask;
    arena_free(&a);
    if (!corrected)
        return s->sha;
    both[1] = entry.id;
    return hash_of(both, sizeof both);
}
