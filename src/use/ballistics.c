#include "use/ballistics_in.h"
#include "ballistics/tile.h"
#include "base/arena.h"
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

enum err use_ballistics_open(const char *dir, struct use_ballistics **out, struct fault *f)
{
    struct use_ballistics *u = mem_alloc(1, sizeof *u);
    enum err e = u ? OK : fault_set(f, ERR_MEMORY, "dir", SLICE(""), "");
    if (!e && strlen(dir) >= sizeof u->dir)
        e = fault_set(f, ERR_TOO_LONG, "dir", slice_str(dir), "");
    if (!e) {
        memcpy(u->dir, dir, strlen(dir) + 1);
        e = compare_new(&compare_standard, &u->compare, f);
    }
    if (e)
        mem_free(u);
    else
        *out = u;
    return e;
}

void use_ballistics_close(struct use_ballistics *u)
{
    if (!u)
        return;
    compare_free(u->compare);
    mem_free(u);
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

struct side { /* one of a pair, read */
    struct surface surface;
    struct x3p meta;
    struct hash sha;
    bool open;
};

static enum err side_read(const struct collection *c, const char *key, struct slice file, struct side *out, struct fault *f)
{
    enum err e = file.n ? collection_surface(c, file, &out->surface, &out->meta, &out->sha, f) : fault_set(f, ERR_MISSING, key, SLICE(""), "want.collection_file");
    out->open = !e;
    return e;
}

static void side_end(struct side *s)
{
    if (!s->open)
        return;
    surface_free(&s->surface);
    x3p_free(&s->meta);
}

static void put_side(struct cj *j, const struct collection *c, const struct lang *l, const char *key, struct slice file, const struct side *s)
{
    cj_key(j, key);
    cj_obj(j);
    cj_kstr(j, "file", file);
    cj_kint(j, "nx", s->surface.nx);
    cj_kint(j, "ny", s->surface.ny);
    cj_kint(j, "points", (int64_t)s->meta.points);
    cj_kint(j, "missing", (int64_t)s->meta.missing);
    cj_key(j, "pitch_um");
    cj_double(j, s->surface.dx * 1e6, 3);
    cj_kstr_opt(j, "instrument", s->meta.text[X3P_MODEL]);
    cj_kstr_opt(j, "measured", day_of(s->meta.text[X3P_DATE]));
    put_findings(j, l, &s->meta);
    put_classes(j, l, collection_find(c, file));
    cj_obj_end(j);
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

/* Told only with a conclusion; a surface that shows too little for the program does not keep the examiner from hers. */
static enum err put_result(struct cj *j, const struct use_ballistics *u, const struct use_pair_in *in, const struct side *a, const struct side *b, struct fault *f)
{
    struct compare_result *r;
    struct fault why = {0};
    if (!in->conclusion.n)
        return OK;
    enum err e = pair_compare(u, &a->surface, &b->surface, &r, &why);
    if (e == ERR_MEMORY) {
        *f = why;
        return e;
    }
    if (e) {
        words_text(j, in->lang, "no_result", "pair.no_result", NULL, 0);
        return OK;
    }
    cj_key(j, "result");
    pair_json(u, in->lang, r, &a->surface, &b->surface, j);
    mem_free(r);
    return OK;
}

static enum err put_pair(struct cj *j, const struct use_ballistics *u, const struct collection *c, const struct use_pair_in *in, struct side side[2],
    struct fault *f)
{
    enum err e = side_read(c, "a", in->a, &side[0], f);
    if (!e)
        e = side_read(c, "b", in->b, &side[1], f);
    if (e)
        return e;
    cj_obj(j);
    put_side(j, c, in->lang, "a", in->a, &side[0]);
    put_side(j, c, in->lang, "b", in->b, &side[1]);
    e = put_conclusion(j, in, f);
    if (!e)
        e = put_result(j, u, in, &side[0], &side[1], f);
    cj_obj_end(j);
    return e;
}

enum err use_pair(const struct use_ballistics *u, const struct use_pair_in *in, struct cj *j, struct fault *f)
{
    struct collection c;
    struct side side[2] = {{.open = false}, {.open = false}};
    enum err e = collection_open(u->dir, &c, f);
    if (e)
        return e;
    e = put_pair(j, u, &c, in, side, f);
    side_end(&side[0]);
    side_end(&side[1]);
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

/* ---- the printed page ---- */

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

static struct report_side report_side_of(struct slice file, const struct side *s, const struct buf *classes)
{
    return (struct report_side){file, s->meta.text[X3P_MODEL], day_of(s->meta.text[X3P_DATE]), buf_view(classes), &s->surface, s->meta.points,
        s->meta.missing, s->sha};
}

/* With what the program counted, when the examiner has concluded and it could be counted. */
static enum err print_pair(const struct use_ballistics *u, const struct use_pair_in *in, struct report *r, const struct side side[2], struct buf *out,
    struct fault *f)
{
    struct picture_cell cell[2][COMPARE_CELLS_MAX];
    struct compare_result *counted = NULL;
    struct report_result told;
    struct buf sentence, parameters;
    double width = compare_settings_of(u->compare)->cell;
    buf_init(&sentence, 1u << 14);
    buf_init(&parameters, 1u << 14);
    if (in->conclusion.n && !pair_compare(u, &side[0].surface, &side[1].surface, &counted, NULL)) {
        pair_sentence(u, in->lang, counted, &sentence, &parameters);
        size_t n = pair_cells(counted, width, &side[0].surface, false, cell[0]);
        pair_cells(counted, width, &side[1].surface, true, cell[1]);
        told = (struct report_result){buf_view(&sentence), buf_view(&parameters), cell[0], cell[1], n};
        r->result = &told;
    }
    enum err e = report_pdf(r, in->lang, out, f);
    mem_free(counted);
    buf_free(&sentence);
    buf_free(&parameters);
    return e;
}

static enum err print_read(const struct use_ballistics *u, const struct collection *c, const struct use_pair_in *in, struct side side[2], struct buf *out,
    struct fault *f)
{
    struct report r = {.now = time_now()};
    struct buf conclusion, a, b;
    enum err e = side_read(c, "a", in->a, &side[0], f);
    if (!e)
        e = side_read(c, "b", in->b, &side[1], f);
    if (e)
        return e;
    buf_init(&conclusion, 1u << 12);
    buf_init(&a, 1u << 16);
    buf_init(&b, 1u << 16);
    class_words(collection_find(c, in->a), in->lang, &a);
    class_words(collection_find(c, in->b), in->lang, &b);
    r.side[0] = report_side_of(in->a, &side[0], &a);
    r.side[1] = report_side_of(in->b, &side[1], &b);
    e = conclusion_words(in, &conclusion, f);
    r.conclusion = buf_view(&conclusion);
    if (!e)
        e = print_pair(u, in, &r, side, out, f);
    buf_free(&conclusion);
    buf_free(&a);
    buf_free(&b);
    return e;
}

enum err use_pair_pdf(const struct use_ballistics *u, const struct use_pair_in *in, struct buf *out, struct fault *f)
{
    struct collection c;
    struct side side[2] = {{.open = false}, {.open = false}};
    enum err e = collection_open(u->dir, &c, f);
    if (e)
        return e;
    e = print_read(u, &c, in, side, out, f);
    side_end(&side[0]);
    side_end(&side[1]);
    collection_close(&c);
    return e;
}
