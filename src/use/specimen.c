/* One specimen: what is known of it, each step of its preparation, and the corrections of its mask that people made by hand. */
#include "use/ballistics_in.h"
#include "ballistics/collection_in.h"
#include "base/arena.h"
#include "base/time.h"
#include "use/words.h"
#include <stdio.h>
#include "base/banned.h"

#define PICTURE_SIDE 560
#define LIGHT 315.0
#define LIGHT_HEIGHT 35.0

/* ---- reading ---- */

enum err side_corrections(struct collection *c, struct slice file, struct mask_entry **out, size_t *n, struct fault *f)
{
    char path[COLLECTION_PATH];
    enum err e = correct_path(c, file, path, sizeof path, f);
    return e ? e : mask_file_read(path, &c->arena, out, n, f);
}

enum err side_read(struct collection *c, const char *key, struct slice file, struct side *out, struct fault *f)
{
    *out = (struct side){.file = file};
    enum err e = file.n ? collection_surface(c, file, &out->surface, &out->meta, &out->sha, f) : fault_set(f, ERR_MISSING, key, SLICE(""), "want.collection_file");
    out->open = !e;
    return e ? e : correct_find(c, &c->arena, file, &out->sha, &out->mask, &out->corrected, f);
}

void side_end(struct side *s)
{
    if (!s->open)
        return;
    surface_free(&s->surface);
    x3p_free(&s->meta);
}

/* ---- words ---- */

static void micrometres(char out[32], double v)
{
    snprintf(out, 32, "%.4g", v);
}

/* Circles from the corner, as pictures and corrections have them; all lengths in micrometres. */
static void step_values(const struct surface_step *s, const struct surface *of, char text[SURFACE_STEP_VALUES][32])
{
    bool circle = s->kind == STEP_RING || s->kind == STEP_HOLE;
    for (int i = 0; i < SURFACE_STEP_VALUES; i++) {
        double v = s->value[i];
        if (circle)
            v = (v + (i == 0 ? of->dx / 2 : i == 1 ? of->dy / 2 : 0)) * 1e6;
        else if (s->kind == STEP_LOW_PASS || s->kind == STEP_HIGH_PASS)
            v = i == 0 ? v * 1e6 : v;
        else if (s->kind == STEP_OUTLIERS)
            v = i == 1 ? v * 1e6 : v;
        else if (s->kind == STEP_PLANE || s->kind == STEP_SPHERE)
            v = i == (s->kind == STEP_PLANE ? 2 : 3) ? v * 1e6 : v;
        micrometres(text[i], v);
    }
}

static void put_step(struct cj *j, const struct lang *l, size_t number, const struct surface_step *s, const struct surface *of)
{
    char key[40], v[SURFACE_STEP_VALUES][32];
    step_values(s, of, v);
    const struct lang_arg args[] = {lang_z("a", v[0]), lang_z("b", v[1]), lang_z("c", v[2]), lang_z("d", v[3]), lang_n("removed", (int64_t)s->removed)};
    cj_obj(j);
    cj_kint(j, "n", (int64_t)number);
    cj_kstr(j, "step", slice_str(surface_step_name(s->kind)));
    snprintf(key, sizeof key, "prepare.%s", surface_step_name(s->kind));
    words_text(j, l, "label", key, NULL, 0);
    snprintf(key, sizeof key, "prepare.%s_how", surface_step_name(s->kind));
    words_text(j, l, "words", key, args, 5);
    cj_kint(j, "removed", (int64_t)s->removed);
    cj_obj_end(j);
}

void put_corrected(struct cj *j, const struct lang *l, const struct mask_entry *e)
{
    static const struct hash none;
    char at[25];
    if (hash_eq(&e->id, &none))
        return;
    time_text(e->at, at);
    cj_key(j, "corrected");
    cj_obj(j);
    cj_kstr(j, "at", slice_str(at));
    cj_kstr(j, "who", e->who);
    cj_khex(j, "id", e->id.b, sizeof e->id.b);
    cj_obj_end(j);
}

/* ---- the page ---- */

static void put_facts(struct cj *j, const struct side *s)
{
    const struct surface *z = &s->surface;
    cj_kstr(j, "file", s->file);
    cj_khex(j, "sha256", s->sha.b, sizeof s->sha.b);
    cj_kint(j, "nx", z->nx);
    cj_kint(j, "ny", z->ny);
    cj_kint(j, "points", (int64_t)s->meta.points);
    cj_kint(j, "missing", (int64_t)s->meta.missing);
    cj_key(j, "pitch_um");
    cj_double(j, z->dx * 1e6, 3);
    cj_key(j, "width_um");
    cj_double(j, z->nx * z->dx * 1e6, 1);
    cj_key(j, "depth_um");
    cj_double(j, z->ny * z->dy * 1e6, 1);
    cj_kstr_opt(j, "instrument", s->meta.text[X3P_MODEL]);
    cj_kstr_opt(j, "measured", measured_day(s->meta.text[X3P_DATE]));
}

/* What each step did; a scan that came prepared has at most that of the hand. Where preparing fails the reason stands in place of the steps. */
static void put_steps(struct cj *j, const struct lang *l, const struct side *s)
{
    struct surface ready;
    struct surface_steps steps = {0};
    struct fault why = {0};
    cj_kbool(j, "prepared", surface_is_prepared(&s->surface));
    if (correct_prepare(&s->surface, s->mask, SURFACE_STEPS_MAX, &ready, &steps, &why)) {
        struct buf b;
        buf_init(&b, 1u << 14);
        lang_fault(l, &why, &b);
        cj_kstr(j, "unprepared", buf_view(&b));
        buf_free(&b);
    } else {
        surface_free(&ready);
    }
    cj_key(j, "steps");
    cj_arr(j);
    for (size_t i = 0; i < steps.count; i++)
        put_step(j, l, i + 1, &steps.step[i], &s->surface);
    cj_arr_end(j);
}

/* The circles as the program finds them, in the form of a correction: where a person begins. */
static void put_found(struct cj *j, const struct side *s)
{
    struct surface cut;
    struct surface_steps steps = {0};
    char text[200] = "";
    if (surface_is_prepared(&s->surface) || surface_prepare_part(&s->surface, &surface_breech_face, 2, &cut, &steps, NULL))
        return;
    surface_free(&cut);
    for (size_t i = 0; i < steps.count; i++) {
        double dx = s->surface.dx / 2, dy = s->surface.dy / 2;
        const double *at = steps.step[i].value;
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s %.1f %.1f %.1f", n ? "\n" : "", surface_step_name(steps.step[i].kind), (at[0] + dx) * 1e6, (at[1] + dy) * 1e6,
            at[2] * 1e6);
    }
    cj_kstr_opt(j, "found", slice_str(text));
}

static enum err put_corrections(struct cj *j, struct collection *c, const struct side *s, struct fault *f)
{
    struct mask_entry *all;
    size_t n;
    enum err e = side_corrections(c, s->file, &all, &n, f);
    if (e)
        return e;
    if (n)
        cj_khex(j, "previous", all[n - 1].id.b, sizeof all[n - 1].id.b);
    cj_kstr_opt(j, "shapes", s->corrected.shapes);
    cj_key(j, "corrections");
    cj_arr(j);
    for (size_t i = n; i-- > 0;) {
        char at[25];
        time_text(all[i].at, at);
        cj_obj(j);
        cj_kstr(j, "at", slice_str(at));
        cj_kstr(j, "who", all[i].who);
        cj_kbool(j, "in_force", hash_eq(&all[i].id, &s->corrected.id));
        cj_kbool(j, "as_found", !all[i].shapes.n);
        cj_khex(j, "id", all[i].id.b, sizeof all[i].id.b);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    return OK;
}

enum err use_specimen(const struct use_ballistics *u, const struct use_specimen_in *in, struct cj *j, struct fault *f)
{
    struct collection c;
    struct side s = {.open = false};
    enum err e = collection_open(u->dir, &c, f);
    if (e)
        return e;
    e = side_read(&c, "file", in->file, &s, f);
    if (!e) {
        cj_obj(j);
        put_facts(j, &s);
        put_classes(j, in->lang, collection_find(&c, in->file));
        put_steps(j, in->lang, &s);
        put_found(j, &s);
        e = put_corrections(j, &c, &s, f);
        cj_obj_end(j);
    }
    side_end(&s);
    collection_close(&c);
    return e;
}

enum err use_step_picture(const struct use_ballistics *u, struct slice file, size_t step, struct buf *out, struct fault *f)
{
    struct collection c;
    struct side s = {.open = false};
    struct surface ready;
    struct surface_steps steps = {0};
    const struct picture_ask ask = {.side = PICTURE_SIDE, .light = LIGHT, .height = LIGHT_HEIGHT};
    enum err e = collection_open(u->dir, &c, f);
    if (e)
        return e;
    e = side_read(&c, "file", file, &s, f);
    if (!e)
        e = correct_prepare(&s.surface, s.mask, step, &ready, &steps, f);
    if (!e) {
        e = picture_png(&ready, &ask, out, f);
        surface_free(&ready);
    }
    side_end(&s);
    collection_close(&c);
    return e;
}

/* ---- correcting ---- */

/* What would leave nothing to compare is not kept: it would only be found out at the next comparison. */
static enum err try_mask(const struct use_ballistics *u, const struct side *s, const struct mask *m, struct fault *f)
{
    struct compare_side *ready;
    enum err e = pair_side(u, &s->surface, m, &ready, f);
    if (e == ERR_MEMORY)
        return e;
    if (e)
        return fault_set(f, ERR_REFUSED, "shapes", SLICE(""), "say.mask_leaves_nothing");
    compare_side_free(ready);
    return OK;
}

static enum err keep(const struct use_ballistics *u, struct collection *c, const struct use_correct_in *in, const struct side *s, struct slice shapes, struct fault *f)
{
    char path[COLLECTION_PATH];
    struct mask_entry entry = {.sha = s->sha, .by = examiner_of(in->who), .who = slice_str(in->who->login), .shapes = shapes,
        .at = u->app->clock(u->app->arg)};
    if (in->previous.n && !hex_to(in->previous, entry.previous.b, sizeof entry.previous.b))
        return fault_set(f, ERR_FORMAT, "previous", in->previous, "");
    enum err e = correct_path(c, in->file, path, sizeof path, f);
    return e ? e : mask_file_append(path, &entry, f);
}

static enum err correct(const struct use_ballistics *u, struct collection *c, const struct use_correct_in *in, struct mask *m, struct fault *f)
{
    struct side s = {.open = false};
    struct buf shapes;
    buf_init(&shapes, MASK_TEXT);
    enum err e = side_read(c, "file", in->file, &s, f);
    if (!e)
        e = mask_parse(in->shapes, m, f);
    if (!e && m->shapes)
        e = try_mask(u, &s, m, f);
    if (!e) {
        mask_print(m, &shapes);
        e = shapes.err ? fault_set(f, shapes.err, "shapes", SLICE(""), "want.short_text") : keep(u, c, in, &s, buf_view(&shapes), f);
    }
    side_end(&s);
    buf_free(&shapes);
    return e;
}

enum err use_correct(const struct use_ballistics *u, const struct use_correct_in *in, struct fault *f)
{
    struct collection c;
    struct mask *m = mem_alloc(1, sizeof *m);
    if (!m)
        return fault_set(f, ERR_MEMORY, "mask", SLICE(""), "");
    enum err e = collection_open(u->dir, &c, f);
    if (!e) {
        e = correct(u, &c, in, m, f);
        collection_close(&c);
    }
    mem_free(m);
    return e;
}
