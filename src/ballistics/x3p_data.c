/* The points: columns of typed values, from data.bin or from the list in main.xml. */
#include "ballistics/x3p_in.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include "base/banned.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "data.bin is little-endian and read as it lies");

size_t x3p_type_size(enum x3p_type t)
{
    static const size_t sizes[] = {0, 2, 4, 4, 8};
    return sizes[t];
}

static bool is_integer(enum x3p_type t)
{
    return t == X3P_INT16 || t == X3P_INT32;
}

enum x3p_type x3p_column_type(const struct x3p *x, enum x3p_axis_name axis)
{
    const struct x3p_axis *a = &x->axis[axis];
    if (axis == X3P_Z || a->absolute)
        return a->type;
    return a->type == X3P_INT16 ? X3P_INT16 : X3P_INT32; /* a listed incremental axis counts its increments */
}

bool x3p_in_binary(const struct x3p *x, int axis)
{
    return axis == X3P_Z || x->axis[axis].absolute;
}

size_t x3p_record_size(const struct x3p *x)
{
    size_t n = 0;
    for (int a = 0; a < 3; a++)
        if (x3p_in_binary(x, a))
            n += x3p_type_size(x3p_column_type(x, (enum x3p_axis_name)a));
    return n;
}

enum err x3p_count(struct x3p *x, struct fault *f)
{
    static const char *const names[] = {"Record1/Axes/CX/DataType", "Record1/Axes/CY/DataType", "Record1/Axes/CZ/DataType"};
    uint64_t n = 1;
    for (int i = 0; i < 3; i++)
        if (__builtin_mul_overflow(n, x->size[i], &n) || n > SURFACE_POINTS_MAX)
            return fault_set(f, ERR_RANGE, "Record3/MatrixDimension", SLICE(""), "want.x3p_size");
    for (int a = 0; a < 3; a++)
        if (x3p_in_binary(x, a) && x->axis[a].type == X3P_NO_TYPE)
            return fault_set(f, ERR_MISSING, names[a], SLICE(""), "want.x3p_type");
    x->points = n;
    return OK;
}

void *x3p_column(struct x3p *x, int axis, struct fault *f)
{
    x->value[axis] = arena_array(&x->arena, x->points, x3p_type_size(x3p_column_type(x, (enum x3p_axis_name)axis)));
    if (!x->value[axis])
        fault_set(f, ERR_MEMORY, "points", SLICE(""), "");
    return x->value[axis];
}

/* ---- data.bin ---- */

enum err x3p_columns(struct x3p *x, const uint8_t *bytes, struct fault *f)
{
    size_t record = x3p_record_size(x), at = 0;
    for (int a = 0; a < 3; a++) {
        if (!x3p_in_binary(x, a))
            continue;
        size_t n = x3p_type_size(x3p_column_type(x, (enum x3p_axis_name)a));
        char *to = x3p_column(x, a, f);
        if (!to)
            return ERR_MEMORY;
        if (n == record)
            memcpy(to, bytes, x->points * n);
        else
            for (uint64_t i = 0; i < x->points; i++)
                memcpy(to + i * n, bytes + i * record + at, n);
        at += n;
    }
    return OK;
}

/* ---- DataList ---- */

static enum err list_begin(struct x3p *x, const struct x3p_links *l, struct fault *f)
{
    for (int a = 0; a < 3; a++)
        if (!l->has_axis[a])
            return fault_set(f, ERR_MISSING, "Record1/Axes", SLICE(""), "want.x3p_axis");
    if (l->has_matrix == l->has_list)
        return fault_set(f, ERR_FORMAT, "Record3", SLICE(""), "want.x3p_dimension");
    enum err e = x3p_count(x, f);
    if (e)
        return e;
    if (x->points > l->xml_bytes / (sizeof "<Datum/>" - 1)) /* no room for so many: nothing is set aside for them */
        return fault_set(f, ERR_FORMAT, "Record3/DataList", SLICE(""), "want.x3p_datum_count");
    x->is_inline = true;
    x->valid = arena_array(&x->arena, (x->points + 7) / 8, 1);
    return x->valid ? OK : fault_set(f, ERR_MEMORY, "points", SLICE(""), "");
}

/* The axes that a Datum of n values holds. */
static bool axes_of(const struct x3p *x, int n, bool in[3])
{
    int least = 1 + x->axis[X3P_X].absolute + x->axis[X3P_Y].absolute;
    for (int a = 0; a < 3; a++)
        in[a] = n == 3 || x3p_in_binary(x, a);
    return n == least || n == 3;
}

static enum err list_columns(struct x3p *x, struct x3p_links *l, int n, struct fault *f)
{
    bool in[3];
    if (!axes_of(x, n, in))
        return fault_set(f, ERR_FORMAT, "Record3/DataList/Datum", SLICE(""), "want.x3p_datum");
    for (int a = 0; a < 3; a++)
        if (in[a] && !x3p_column(x, a, f))
            return ERR_MEMORY;
    l->listed = n;
    return OK;
}

static bool put_integer(void *column, enum x3p_type t, uint64_t i, double v)
{
    double most = t == X3P_INT16 ? INT16_MAX : INT32_MAX;
    if (v != floor(v) || v > most || v < -most - 1)
        return false;
    if (t == X3P_INT16)
        ((int16_t *)column)[i] = (int16_t)v;
    else
        ((int32_t *)column)[i] = (int32_t)v;
    return true;
}

static bool put(struct x3p *x, int axis, uint64_t i, double v)
{
    enum x3p_type t = x3p_column_type(x, (enum x3p_axis_name)axis);
    if (is_integer(t))
        return put_integer(x->value[axis], t, i, v);
    if (t == X3P_FLOAT32 && fabs(v) > (double)FLT_MAX)
        return false;
    if (t == X3P_FLOAT32)
        ((float *)x->value[axis])[i] = (float)v;
    else
        ((double *)x->value[axis])[i] = v;
    return true;
}

static int split(struct slice text, struct slice part[3])
{
    int n = 0;
    for (;;) {
        const char *end = memchr(text.p, ';', text.n);
        if (n == 3)
            return 4;
        part[n++] = slice_of(text.p, end ? (size_t)(end - text.p) : text.n);
        if (!end)
            return n;
        text = slice_of(end + 1, text.n - (size_t)(end + 1 - text.p));
    }
}

static enum err put_all(struct x3p *x, const struct slice part[3], uint64_t i, struct fault *f)
{
    int k = 0;
    for (int a = 0; a < 3; a++) {
        double v;
        if (!x->value[a])
            continue;
        if (!x3p_number(part[k], &v) || !put(x, a, i, v))
            return fault_set(f, ERR_FORMAT, "Record3/DataList/Datum", part[k], "want.x3p_number");
        k++;
    }
    return OK;
}

enum err x3p_datum(struct x3p *x, struct x3p_links *l, struct slice text, struct fault *f)
{
    struct slice part[3];
    enum err e = l->datum_count ? OK : list_begin(x, l, f);
    if (e)
        return e;
    uint64_t i = l->datum_count++;
    if (i >= x->points)
        return fault_set(f, ERR_FORMAT, "Record3/DataList", SLICE(""), "want.x3p_datum_count");
    if (!text.n)
        return OK;
    int n = split(text, part);
    if (!l->listed)
        e = list_columns(x, l, n, f);
    else if (n != l->listed)
        e = fault_set(f, ERR_FORMAT, "Record3/DataList/Datum", text, "want.x3p_datum");
    if (!e)
        e = put_all(x, part, i, f);
    if (!e)
        x->valid[i / 8] |= (uint8_t)(1u << (i % 8));
    return e;
}

/* Missing points of a float column are NaN, as in data.bin; integers keep the bits. */
enum err x3p_datum_end(struct x3p *x, struct x3p_links *l, struct fault *f)
{
    bool all = true;
    enum err e = l->listed ? OK : list_columns(x, l, 1 + x->axis[X3P_X].absolute + x->axis[X3P_Y].absolute, f);
    if (e)
        return e;
    for (uint64_t i = 0; i < x->points; i++) {
        if (x3p_is_valid(x, i))
            continue;
        all = false;
        for (int a = 0; a < 3; a++)
            if (x->value[a] && !is_integer(x3p_column_type(x, (enum x3p_axis_name)a)))
                put(x, a, i, NAN);
    }
    if (all || !is_integer(x->axis[X3P_Z].type))
        x->valid = NULL;
    return OK;
}

/* ---- reading ---- */

bool x3p_is_valid(const struct x3p *x, uint64_t i)
{
    return !x->valid || (x->valid[i / 8] >> (i % 8) & 1);
}

double x3p_raw(const struct x3p *x, enum x3p_axis_name axis, uint64_t i)
{
    const void *v = x->value[axis];
    switch (x3p_column_type(x, axis)) {
    case X3P_INT16:
        return ((const int16_t *)v)[i];
    case X3P_INT32:
        return ((const int32_t *)v)[i];
    case X3P_FLOAT32:
        return (double)((const float *)v)[i];
    case X3P_FLOAT64:
        return ((const double *)v)[i];
    case X3P_NO_TYPE:
        break;
    }
    return NAN;
}

static double unlisted(const struct x3p *x, enum x3p_axis_name axis, uint64_t i)
{
    if (x->is_list)
        return (double)i;
    return (double)(axis == X3P_X ? i % x->size[0] : i / x->size[0] % x->size[1]);
}

double x3p_at(const struct x3p *x, enum x3p_axis_name axis, uint64_t i)
{
    const struct x3p_axis *a = &x->axis[axis];
    if (axis == X3P_Z && !x3p_is_valid(x, i))
        return NAN;
    if (!x->value[axis])
        return a->offset + a->increment * unlisted(x, axis, i);
    double v = x3p_raw(x, axis, i);
    if (is_integer(x3p_column_type(x, axis)))
        v *= a->increment;
    v += a->offset;
    return isfinite(v) ? v : NAN;
}

#define PITCH_DOUBT 1e-3 /* metres: a toolmark is measured in micrometres */
#define SPAN_DOUBT 0.1

static void say_number(struct x3p *x, enum x3p_finding_code code, double v)
{
    char text[40];
    snprintf(text, sizeof text, "%.9g", v);
    x3p_find(x, code, slice_str(text), SLICE(""));
}

static void doubt_axes(struct x3p *x)
{
    static const char *const names[] = {"CX", "CY", "CZ"};
    for (int a = 0; a < 2; a++)
        if (x->feature != X3P_PCL && !x->axis[a].absolute && x->size[a] > 1 && fabs(x->axis[a].increment) > PITCH_DOUBT)
            say_number(x, X3P_FOUND_UNITS_PITCH, x->axis[a].increment);
    for (int a = 0; a < 3; a++) {
        bool listed = x->value[a] && !is_integer(x3p_column_type(x, (enum x3p_axis_name)a));
        if (listed && x->axis[a].offset != 0)
            x3p_find(x, X3P_FOUND_OFFSET_FLOAT, slice_str(names[a]), SLICE(""));
        if (listed && x->axis[a].has_increment && x->axis[a].increment != 1)
            x3p_find(x, X3P_FOUND_INCREMENT_UNUSED, slice_str(names[a]), SLICE(""));
    }
}

void x3p_measure(struct x3p *x)
{
    bool any = false, infinite = false;
    for (uint64_t i = 0; i < x->points; i++) {
        double z = x3p_at(x, X3P_Z, i);
        if (isnan(z)) {
            x->missing++;
            infinite |= x3p_is_valid(x, i) && isinf(x3p_raw(x, X3P_Z, i));
            continue;
        }
        x->least = any && x->least < z ? x->least : z;
        x->most = any && x->most > z ? x->most : z;
        any = true;
    }
    doubt_axes(x);
    if (x->most - x->least > SPAN_DOUBT)
        say_number(x, X3P_FOUND_UNITS_HEIGHT, x->most - x->least);
    if (infinite)
        x3p_find(x, X3P_FOUND_INFINITE, SLICE(""), SLICE(""));
    if (!any)
        x3p_find(x, X3P_FOUND_NOTHING, SLICE(""), SLICE(""));
}
