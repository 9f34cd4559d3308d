#include "use/ballistics.h"
#include "ballistics/report.h"
#include "ballistics/tile.h"
#include "use/words.h"
#include <stdio.h>
#include <time.h>
#include "base/banned.h"

#define PICTURE_SIDE 560
#define LIGHT_HEIGHT 35.0

static const char *const conclusions[] = {"lead", "exclusion", "inconclusive", "more_work", "unsuitable"};

const char *conclusion_code(size_t i)
{
    return i < sizeof conclusions / sizeof *conclusions ? conclusions[i] : NULL;
}

/* Instruments write their local time without its zone: only the day is certain. */
static struct slice day_of(struct slice when)
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
    cj_kstr_opt(j, "measured", day_of(s->measured));
}

static void put_classes(struct cj *j, const struct lang *l, const struct specimen *s)
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

enum err use_specimens(const char *dir, const struct use_specimens_in *in, struct cj *j, struct fault *f)
{
    struct collection c;
    int64_t shown = 0, open = 0;
    enum err e = collection_open(dir, &c, f);
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

/* ---- a pair ---- */

static void put_findings(struct cj *j, const struct lang *l, const struct x3p *x)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    cj_key(j, "findings");
    cj_arr(j);
    for (size_t i = 0; i < x->finding_count; i++) {
        if (!x3p_is_warning(x->finding[i].code))
            continue;
        buf_reset(&b);
        x3p_finding_say(l, &x->finding[i], &b);
        cj_str(j, buf_view(&b));
    }
    cj_arr_end(j);
    buf_free(&b);
}

static enum err put_side(struct cj *j, const struct collection *c, const struct lang *l, const char *key, struct slice file, struct fault *f)
{
    struct surface s;
    struct x3p x;
    enum err e = file.n ? collection_surface(c, file, &s, &x, NULL, f) : fault_set(f, ERR_MISSING, key, SLICE(""), "want.collection_file");
    if (e)
        return e;
    cj_key(j, key);
    cj_obj(j);
    cj_kstr(j, "file", file);
    cj_kint(j, "nx", s.nx);
    cj_kint(j, "ny", s.ny);
    cj_kint(j, "points", (int64_t)x.points);
    cj_kint(j, "missing", (int64_t)x.missing);
    cj_key(j, "pitch_um");
    cj_double(j, s.dx * 1e6, 3);
    cj_kstr_opt(j, "instrument", x.text[X3P_MODEL]);
    cj_kstr_opt(j, "measured", day_of(x.text[X3P_DATE]));
    put_findings(j, l, &x);
    put_classes(j, l, collection_find(c, file));
    cj_obj_end(j);
    surface_free(&s);
    x3p_free(&x);
    return OK;
}

static enum err conclusion_words(const struct use_pair_in *in, struct buf *out, struct fault *f)
{
    char key[40];
    if (!in->conclusion.n)
        return OK;
    for (size_t i = 0; conclusion_code(i); i++)
        if (slice_is(in->conclusion, conclusion_code(i))) {
            snprintf(key, sizeof key, "conclusion.%s", conclusion_code(i));
            lang_plain(in->lang, out, key);
            return OK;
        }
    return fault_set(f, ERR_UNKNOWN_CODE, "conclusion", in->conclusion, "want.conclusion");
}

static enum err put_conclusion(struct cj *j, const struct use_pair_in *in, struct fault *f)
{
    struct buf b;
    buf_init(&b, 1u << 12);
    enum err e = conclusion_words(in, &b, f);
    cj_kstr_opt(j, "conclusion", e ? SLICE("") : in->conclusion);
    cj_kstr_opt(j, "conclusion_text", buf_view(&b));
    buf_free(&b);
    return e;
}

enum err use_pair(const char *dir, const struct use_pair_in *in, struct cj *j, struct fault *f)
{
    struct collection c;
    enum err e = collection_open(dir, &c, f);
    if (e)
        return e;
    cj_obj(j);
    e = put_side(j, &c, in->lang, "a", in->a, f);
    if (!e)
        e = put_side(j, &c, in->lang, "b", in->b, f);
    if (!e)
        e = put_conclusion(j, in, f);
    cj_obj_end(j);
    collection_close(&c);
    return e;
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

enum err use_tile(const char *dir, struct slice file, struct buf *out, struct fault *f)
{
    struct surface s;
    enum err e = with_surface(dir, file, &s, f);
    if (e)
        return e;
    e = tile_write(&s, out, f);
    surface_free(&s);
    return e;
}

enum err use_picture(const char *dir, const struct use_picture_in *in, struct buf *out, struct fault *f)
{
    struct surface s;
    const struct picture_ask ask = {.side = PICTURE_SIDE, .light = in->light, .height = LIGHT_HEIGHT, .turn = in->turn};
    enum err e = with_surface(dir, in->file, &s, f);
    if (e)
        return e;
    e = picture_png(&s, &ask, out, f);
    surface_free(&s);
    return e;
}

/* ---- the printed page ---- */

struct printed { /* what a side of the page stands on */
    struct surface surface;
    struct x3p meta;
    struct buf classes;
    bool open;
};

static void class_words(const struct specimen *s, const struct lang *l, struct buf *out)
{
    for (int i = 0; i < CLASS_FIELDS; i++) {
        char key[40];
        if (!s->class[i].n)
            continue;
        if (out->n)
            buf_str(out, "; ");
        snprintf(key, sizeof key, "class.%s", class_names[i]);
        lang_plain(l, out, key);
        buf_str(out, ": ");
        buf_slice(out, s->class[i]);
    }
}

static enum err print_side(const struct collection *c, const struct lang *l, struct slice file, struct printed *p, struct report_side *out, struct fault *f)
{
    struct hash sha;
    enum err e = collection_surface(c, file, &p->surface, &p->meta, &sha, f);
    if (e)
        return e;
    p->open = true;
    class_words(collection_find(c, file), l, &p->classes);
    *out = (struct report_side){file, p->meta.text[X3P_MODEL], day_of(p->meta.text[X3P_DATE]), buf_view(&p->classes), &p->surface, p->meta.points, p->meta.missing,
        sha};
    return OK;
}

static void print_end(struct printed *p)
{
    buf_free(&p->classes);
    if (!p->open)
        return;
    surface_free(&p->surface);
    x3p_free(&p->meta);
}

enum err use_pair_pdf(const char *dir, const struct use_pair_in *in, struct buf *out, struct fault *f)
{
    struct collection c;
    struct printed a = {.open = false}, b = {.open = false};
    struct report r = {.now = time_now()};
    struct buf conclusion;
    enum err e = collection_open(dir, &c, f);
    if (e)
        return e;
    buf_init(&a.classes, 1u << 16);
    buf_init(&b.classes, 1u << 16);
    buf_init(&conclusion, 1u << 12);
    e = conclusion_words(in, &conclusion, f);
    if (!e)
        e = print_side(&c, in->lang, in->a, &a, &r.side[0], f);
    if (!e)
        e = print_side(&c, in->lang, in->b, &b, &r.side[1], f);
    r.conclusion = buf_view(&conclusion);
    if (!e)
        e = report_pdf(&r, in->lang, out, f);
    buf_free(&conclusion);
    print_end(&a);
    print_end(&b);
    collection_close(&c);
    return e;
}
