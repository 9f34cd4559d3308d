/* A file as `athar ballistics info` shows it. */
#include "ballistics/x3p_in.h"
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

static const struct {
    const char *name, *key;
    bool warning;
} findings[X3P_FINDING_CODES] = {
#define X3P_FINDING_ROW(code, key, warning) {#key, "x3p." #key, warning},
    X3P_FINDING_TABLE(X3P_FINDING_ROW)
#undef X3P_FINDING_ROW
};

bool x3p_is_warning(enum x3p_finding_code code)
{
    return findings[code].warning;
}

const char *x3p_finding_name(enum x3p_finding_code code)
{
    return findings[code].name;
}

void x3p_finding_say(const struct lang *l, const struct x3p_finding *found, struct buf *out)
{
    lang_text(l, out, findings[found->code].key, lang_s("value", found->value), lang_s("want", found->want));
}

/* Metres need more digits than a fixed number of decimals gives: written so that the same double is read. */
static void put_value(struct cj *j, double v)
{
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    for (int digits = 1; digits < 17; digits++) {
        char shorter[40];
        double back;
        snprintf(shorter, sizeof shorter, "%.*g", digits, v);
        if (x3p_number(slice_str(shorter), &back) && back == v) {
            memcpy(text, shorter, sizeof text);
            break;
        }
    }
    cj_raw(j, slice_str(text));
}

static void put_double(struct cj *j, const char *key, double v)
{
    cj_key(j, key);
    put_value(j, v);
}

static void put_axis(struct cj *j, const struct x3p *x, int a)
{
    static const char *const names[] = {"x", "y", "z"};
    static const char *const types[] = {"", "I", "L", "F", "D"};
    const struct x3p_axis *axis = &x->axis[a];
    cj_key(j, names[a]);
    cj_obj(j);
    cj_kstr(j, "axis", axis->absolute ? SLICE("A") : SLICE("I"));
    cj_kstr_opt(j, "type", slice_str(types[axis->type]));
    if (axis->has_increment)
        put_double(j, "increment", axis->increment);
    if (axis->has_offset)
        put_double(j, "offset", axis->offset);
    cj_kbool(j, "listed", x->value[a] != NULL);
    cj_obj_end(j);
}

static void put_sum(struct cj *j, const char *name, const struct x3p_sum *s)
{
    if (!s->made && !s->stated)
        return;
    cj_key(j, name);
    cj_obj(j);
    if (s->stated)
        cj_khex(j, "stated", s->said, 16);
    cj_khex(j, "actual", s->is, 16);
    if (s->stated)
        cj_kbool(j, "ok", memcmp(s->said, s->is, 16) == 0);
    cj_obj_end(j);
}

static void put_findings(struct cj *j, const struct x3p *x, const struct lang *l)
{
    struct buf text;
    buf_init(&text, 4096);
    cj_key(j, "findings");
    cj_arr(j);
    for (size_t i = 0; i < x->finding_count; i++) {
        const struct x3p_finding *found = &x->finding[i];
        buf_reset(&text);
        x3p_finding_say(l, found, &text);
        cj_obj(j);
        cj_kstr(j, "code", slice_str(findings[found->code].name));
        cj_kstr(j, "level", findings[found->code].warning ? SLICE("warning") : SLICE("note"));
        cj_kstr_opt(j, "value", found->value);
        cj_kstr_opt(j, "want", found->want);
        cj_kstr(j, "text", buf_view(&text));
        cj_obj_end(j);
    }
    cj_arr_end(j);
    buf_free(&text);
}

static void put_texts(struct cj *j, const struct x3p *x)
{
    static const char *const names[X3P_TEXTS] = {"revision", "date", "creator", "manufacturer", "model", "serial", "version", "calibration",
        "probing", "identification", "comment", "vendor"};
    for (int i = 0; i < X3P_TEXTS; i++)
        cj_kstr_opt(j, names[i], x->text[i]);
}

void x3p_json(const struct x3p *x, const struct lang *l, struct cj *j)
{
    static const char *const features[] = {"SUR", "PRF", "PCL"};
    cj_obj(j);
    cj_kstr(j, "feature", slice_str(features[x->feature]));
    cj_kint(j, "size_x", (int64_t)x->size[0]);
    cj_kint(j, "size_y", (int64_t)x->size[1]);
    cj_kint(j, "size_z", (int64_t)x->size[2]);
    cj_kbool(j, "list", x->is_list);
    cj_kbool(j, "inline", x->is_inline);
    cj_kint(j, "points", (int64_t)x->points);
    cj_kint(j, "missing", (int64_t)x->missing);
    if (x->missing < x->points) {
        put_double(j, "z_min", x->least);
        put_double(j, "z_max", x->most);
    }
    cj_key(j, "axes");
    cj_obj(j);
    for (int a = 0; a < 3; a++)
        put_axis(j, x, a);
    cj_obj_end(j);
    if (x->has_rotation) {
        cj_key(j, "rotation");
        cj_arr(j);
        for (int i = 0; i < 9; i++)
            put_value(j, x->rotation[i]);
        cj_arr_end(j);
    }
    cj_key(j, "checksums");
    cj_obj(j);
    put_sum(j, "main_xml", &x->xml_sum);
    put_sum(j, "data_bin", &x->data_sum);
    put_sum(j, "valid_bin", &x->valid_sum);
    cj_obj_end(j);
    put_texts(j, x);
    put_findings(j, x, l);
    cj_obj_end(j);
}
