#include "use/ballistics_in.h"
#include "ballistics/tile.h"
#include "base/arena.h"
#include "use/words.h"
#include <stdio.h>
#include <time.h>
#include "base/banned.h"

#define PICTURE_SIDE 560
#define LIGHT_HEIGHT 35.0

enum err use_ballistics_open(struct app *app, const char *dir, struct use_ballistics **out, struct fault *f)
{
    struct use_ballistics *u = mem_alloc(1, sizeof *u);
    enum err e = u ? OK : fault_set(f, ERR_MEMORY, "dir", SLICE(""), "");
    if (!e && strlen(dir) >= sizeof u->dir)
        e = fault_set(f, ERR_TOO_LONG, "dir", slice_str(dir), "");
    if (!e) {
        u->app = app;
        memcpy(u->dir, dir, strlen(dir) + 1);
        e = compare_new(&compare_standard, &u->compare, f);
    }
    if (!e)
        e = likelihood_open(&u->likelihood, f);
    if (!e)
        e = screen_new(&u->screen, f);
    if (e)
        use_ballistics_close(u);
    else
        *out = u;
    return e;
}

void use_ballistics_close(struct use_ballistics *u)
{
    if (!u)
        return;
    compare_free(u->compare);
    likelihood_close(u->likelihood);
    screen_free(u->screen);
    mem_free(u);
}

struct slice measured_day(struct slice when)
{
    return when.n > 10 && when.p[10] == 'T' ? slice_of(when.p, 10) : when;
}

/* ---- the list ---- */

static void put_reason(struct cj *j, const struct lang *l, const struct fault *unfit)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    lang_fault(l, unfit, &b);
    cj_kstr(j, "reason", buf_view(&b));
    buf_free(&b);
}

static void put_figures(struct cj *j, const struct specimen *s)
{
    if (!s->points)
        return;
    cj_kint(j, "nx", s->nx);
    cj_kint(j, "ny", s->ny);
    cj_kint(j, "points", (int64_t)s->points);
    cj_kint(j, "missing", (int64_t)s->missing);
    cj_key(j, "pitch_um");
    cj_double(j, s->pitch * 1e6, 3);
    cj_key(j, "span_um");
    cj_double(j, s->span * 1e6, 2);
    cj_kstr_opt(j, "instrument", s->instrument);
    cj_kstr_opt(j, "measured", measured_day(s->measured));
}

void put_classes(struct cj *j, const struct lang *l, const struct specimen *s)
{
    cj_key(j, "class");
    cj_arr(j);
    for (int i = 0; i < CLASS_FIELDS; i++) {
        char key[40];
        if (!s->class[i].n)
            continue;
        snprintf(key, sizeof key, "class.%s", class_names[i]);
        cj_obj(j);
        cj_kstr(j, "key", slice_str(class_names[i]));
        words_text(j, l, "label", key, NULL, 0);
        cj_kstr(j, "value", s->class[i]);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

static void put_specimen(struct cj *j, const struct lang *l, const struct specimen *s, enum class_match m)
{
    static const char *const matches[] = {"no", "open", "yes"};
    cj_obj(j);
    cj_kstr(j, "file", s->file);
    cj_kbool(j, "fit", s->unfit.code == OK);
    if (s->unfit.code)
        put_reason(j, l, &s->unfit);
    cj_kstr(j, "match", slice_str(matches[m]));
    if (m == CLASS_OPEN)
        cj_kbool(j, "class_open", true);
    put_figures(j, s);
    put_classes(j, l, s);
    cj_obj_end(j);
}

enum err use_specimens(const struct use_ballistics *u, const struct use_specimens_in *in, struct cj *j, struct fault *f)
{
    struct collection c;
    int64_t shown = 0, open = 0;
    enum err e = collection_open(u->dir, &c, f);
    if (e)
        return e;
    cj_obj(j);
    cj_kint(j, "count", (int64_t)c.count);
    cj_kbool(j, "enrolled", c.enrolled);
    cj_key(j, "specimens");
    cj_arr(j);
    for (size_t i = 0; i < c.count; i++) {
        enum class_match m = collection_match(&c.item[i], in->class);
        if (m == CLASS_NO)
            continue;
        put_specimen(j, in->lang, &c.item[i], m);
        shown++;
        open += m == CLASS_OPEN;
    }
    cj_arr_end(j);
    cj_kint(j, "shown", shown);
    cj_kint(j, "open", open);
    cj_obj_end(j);
    collection_close(&c);
    return OK;
}

/* ---- what the page draws ---- */

static enum err with_surface(const char *dir, struct slice file, struct surface *s, struct fault *f)
{
    struct collection c;
    enum err e = collection_open(dir, &c, f);
    if (e)
        return e;
    e = collection_surface(&c, file, s, NULL, NULL, f);
    collection_close(&c);
    return e;
}

enum err use_tile(const struct use_ballistics *u, struct slice file, struct buf *out, struct fault *f)
{
    struct surface s;
    enum err e = with_surface(u->dir, file, &s, f);
    if (e)
        return e;
    e = tile_write(&s, out, f);
    surface_free(&s);
    return e;
}

enum err use_picture(const struct use_ballistics *u, const struct use_picture_in *in, struct buf *out, struct fault *f)
{
    struct surface s;
    const struct picture_ask ask = {.side = PICTURE_SIDE, .light = in->light, .height = LIGHT_HEIGHT, .turn = in->turn};
    enum err e = with_surface(u->dir, in->file, &s, f);
    if (e)
        return e;
    e = picture_png(&s, &ask, out, f);
    surface_free(&s);
    return e;
}
