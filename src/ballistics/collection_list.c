/* The enrolled list as canonical JSON. */
#include "ballistics/collection_in.h"
#include <math.h>
#include "base/banned.h"

#define VERSION 1

/* ---- writing: keys in byte order ---- */

static void put_unfit(struct cj *j, const struct fault *f)
{
    if (!f->code)
        return;
    cj_key(j, "unfit");
    cj_obj(j);
    cj_kstr(j, "code", slice_str(err_name(f->code)));
    cj_kstr(j, "field", slice_str(f->field));
    cj_kstr(j, "value", slice_str(f->value));
    cj_kstr(j, "want", slice_str(f->want));
    cj_obj_end(j);
}

static void put_classes(struct cj *j, const struct specimen *s)
{
    static const enum class_field sorted[CLASS_FIELDS] = {CLASS_AMMUNITION, CLASS_CALIBRE, CLASS_FIRING_PIN, CLASS_GROOVE_WIDTH, CLASS_LAND_WIDTH,
        CLASS_LANDS, CLASS_MAKE, CLASS_TWIST};
    cj_key(j, "class");
    cj_obj(j);
    for (int i = 0; i < CLASS_FIELDS; i++)
        cj_kstr_opt(j, class_names[sorted[i]], s->class[sorted[i]]);
    cj_obj_end(j);
}

/* Whole picometres; what no scan has is cut to what the format holds. */
static int64_t picometres(double metres)
{
    return llround(fmin(fmax(metres, -1e3), 1e3) * 1e12);
}

static void put_specimen(struct cj *j, const struct specimen *s)
{
    cj_obj(j);
    put_classes(j, s);
    cj_kstr(j, "file", s->file);
    cj_kstr_opt(j, "instrument", s->instrument);
    cj_kstr_opt(j, "measured", s->measured);
    cj_kint(j, "missing", (int64_t)s->missing);
    cj_kint(j, "nx", s->nx);
    cj_kint(j, "ny", s->ny);
    cj_kint(j, "pitch_pm", picometres(s->pitch));
    cj_kint(j, "points", (int64_t)s->points);
    cj_khex(j, "sha256", s->sha.b, 32);
    cj_kint(j, "span_pm", picometres(s->span));
    put_unfit(j, &s->unfit);
    cj_kstr(j, "unit", s->unit == X3P_MICROMETRES ? SLICE("um") : SLICE("m"));
    cj_kint(j, "warnings", (int64_t)s->warnings);
    cj_obj_end(j);
}

void collection_print(const struct collection *c, struct buf *out)
{
    struct cj j;
    cj_open(&j, out);
    cj_obj(&j);
    cj_key(&j, "specimens");
    cj_arr(&j);
    for (size_t i = 0; i < c->count; i++)
        put_specimen(&j, &c->item[i]);
    cj_arr_end(&j);
    cj_kint(&j, "version", VERSION);
    cj_obj_end(&j);
}

/* ---- reading ---- */

static void copy_z(char *to, size_t n, struct slice s)
{
    s.n = s.n < n ? s.n : n - 1;
    if (s.n)
        memcpy(to, s.p, s.n);
    to[s.n] = 0;
}

static void get_unfit(const struct cj_value *v, struct fault *out)
{
    struct slice name = cj_get_str(v, "code");
    if (!v)
        return;
    out->code = ERR_REFUSED;
    for (int code = 0; code < ERR_COUNT; code++)
        if (slice_is(name, err_name((enum err)code)))
            out->code = (enum err)code;
    copy_z(out->field, sizeof out->field, cj_get_str(v, "field"));
    copy_z(out->value, sizeof out->value, cj_get_str(v, "value"));
    copy_z(out->want, sizeof out->want, cj_get_str(v, "want"));
}

static enum err get_specimen(struct collection *c, const struct cj_value *v, struct fault *f)
{
    struct slice file = cj_get_str(v, "file"), sha = cj_get_str(v, "sha256");
    int64_t points = cj_get_int(v, "points", -1), missing = cj_get_int(v, "missing", -1), nx = cj_get_int(v, "nx", -1), ny = cj_get_int(v, "ny", -1);
    bool path = !file.n || file.p[0] == '.' || memchr(file.p, '/', file.n) || slice_nul(file) >= 0;
    if (path || points < 0 || missing < 0 || nx < 0 || ny < 0 || nx > UINT32_MAX || ny > UINT32_MAX)
        return fault_set(f, ERR_DAMAGED, COLLECTION_FILE, file, "want.collection_list");
    struct specimen *s = collection_add(c, file, f);
    if (!s)
        return ERR_MEMORY;
    if (!hex_to(sha, s->sha.b, 32) || (c->count > 1 && slice_cmp(s[-1].file, s->file) >= 0))
        return fault_set(f, ERR_DAMAGED, COLLECTION_FILE, file, "want.collection_list");
    const struct cj_value *classes = cj_get(v, "class");
    for (int i = 0; i < CLASS_FIELDS; i++)
        s->class[i] = cj_get_str(classes, class_names[i]);
    s->instrument = cj_get_str(v, "instrument");
    s->measured = cj_get_str(v, "measured");
    s->unit = slice_is(cj_get_str(v, "unit"), "um") ? X3P_MICROMETRES : X3P_AS_STATED;
    s->points = (uint64_t)points;
    s->missing = (uint64_t)missing;
    s->warnings = (uint64_t)cj_get_int(v, "warnings", 0);
    s->nx = (uint32_t)nx;
    s->ny = (uint32_t)ny;
    s->pitch = (double)cj_get_int(v, "pitch_pm", 0) * 1e-12;
    s->span = (double)cj_get_int(v, "span_pm", 0) * 1e-12;
    get_unfit(cj_get(v, "unfit"), &s->unfit);
    return OK;
}

enum err collection_parse(struct collection *c, struct slice json, struct fault *f)
{
    struct cj_value *root;
    enum err e = cj_parse(&c->arena, json, &root, f);
    if (e == ERR_FORMAT || (!e && cj_get_int(root, "version", 0) != VERSION))
        return fault_set(f, ERR_DAMAGED, COLLECTION_FILE, SLICE(""), "want.collection_list");
    const struct cj_value *list = e ? NULL : cj_get(root, "specimens");
    for (const struct cj_value *v = list ? list->first : NULL; v && !e; v = v->next)
        e = get_specimen(c, v, f);
    return e;
}
