/* Writing a file: main.xml, data.bin, valid.bin, md5checksum.hex, in this order, with one fixed time, so that equal points give equal bytes. */
#include "ballistics/x3p_in.h"
#include <math.h>
#include <zip.h>
#include "base/banned.h"

#define DOS_DATE ((0 << 9) | (1 << 5) | 1) /* 1980-01-01, the first day of the format */

static const char type_letters[] = {0, 'I', 'L', 'F', 'D'};

struct parts { /* members; alive until the archive is closed */
    struct buf xml, data, valid, sum;
};

/* ---- main.xml ---- */

static void escaped(struct buf *b, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&':
            buf_str(b, "&amp;");
            break;
        case '<':
            buf_str(b, "&lt;");
            break;
        case '>':
            buf_str(b, "&gt;");
            break;
        case '\r': /* a parser would make it a line feed */
            buf_str(b, "&#13;");
            break;
        default:
            buf_byte(b, (uint8_t)s.p[i]);
        }
    }
}

static void element(struct buf *b, const char *name, struct slice text)
{
    buf_printf(b, "<%s>", name);
    escaped(b, text);
    buf_printf(b, "</%s>\n", name);
}

static void element_opt(struct buf *b, const char *name, struct slice text)
{
    if (text.n)
        element(b, name, text);
}

static void element_number(struct buf *b, const char *name, double v)
{
    buf_printf(b, "<%s>%.17g</%s>\n", name, v, name);
}

static void write_axis(struct buf *b, const char *name, const struct x3p_axis *a)
{
    buf_printf(b, "<%s>\n", name);
    element(b, "AxisType", a->absolute ? SLICE("A") : SLICE("I"));
    if (a->type != X3P_NO_TYPE)
        element(b, "DataType", slice_of(&type_letters[a->type], 1));
    if (a->has_increment)
        element_number(b, "Increment", a->increment);
    if (a->has_offset)
        element_number(b, "Offset", a->offset);
    buf_printf(b, "</%s>\n", name);
}

static void write_record1(struct buf *b, const struct x3p *x)
{
    static const char *const features[] = {"SUR", "PRF", "PCL"};
    buf_str(b, "<Record1>\n");
    element(b, "Revision", x->text[X3P_REVISION]);
    element(b, "FeatureType", slice_str(features[x->feature]));
    buf_str(b, "<Axes>\n");
    write_axis(b, "CX", &x->axis[X3P_X]);
    write_axis(b, "CY", &x->axis[X3P_Y]);
    write_axis(b, "CZ", &x->axis[X3P_Z]);
    if (x->has_rotation) {
        buf_str(b, "<Rotation>\n");
        for (int i = 0; i < 9; i++)
            buf_printf(b, "<r%d%d>%.17g</r%d%d>\n", i / 3 + 1, i % 3 + 1, x->rotation[i], i / 3 + 1, i % 3 + 1);
        buf_str(b, "</Rotation>\n");
    }
    buf_str(b, "</Axes>\n</Record1>\n");
}

/* The schema orders Record2 and asks for its parts; a file without any of them has none. */
static void write_record2(struct buf *b, const struct x3p *x)
{
    bool any = false;
    for (int i = X3P_DATE; i <= X3P_COMMENT; i++)
        any |= x->text[i].n > 0;
    if (!any)
        return;
    buf_str(b, "<Record2>\n");
    element(b, "Date", x->text[X3P_DATE]);
    element_opt(b, "Creator", x->text[X3P_CREATOR]);
    buf_str(b, "<Instrument>\n");
    element(b, "Manufacturer", x->text[X3P_MANUFACTURER]);
    element(b, "Model", x->text[X3P_MODEL]);
    element(b, "Serial", x->text[X3P_SERIAL]);
    element(b, "Version", x->text[X3P_VERSION]);
    buf_str(b, "</Instrument>\n");
    element(b, "CalibrationDate", x->text[X3P_CALIBRATION]);
    buf_str(b, "<ProbingSystem>\n");
    element(b, "Type", x->text[X3P_PROBING]);
    element(b, "Identification", x->text[X3P_IDENTIFICATION]);
    buf_str(b, "</ProbingSystem>\n");
    element_opt(b, "Comment", x->text[X3P_COMMENT]);
    buf_str(b, "</Record2>\n");
}

static bool listed_valid(const struct x3p *x, uint64_t i)
{
    for (int a = 0; a < 3; a++)
        if (x->value[a] && !isfinite(x3p_raw(x, (enum x3p_axis_name)a, i)))
            return false;
    return x3p_is_valid(x, i);
}

static void write_list(struct buf *b, const struct x3p *x)
{
    buf_str(b, "<DataList>\n");
    for (uint64_t i = 0; i < x->points && !b->err; i++) {
        const char *join = "";
        if (!listed_valid(x, i)) {
            buf_str(b, "<Datum/>\n");
            continue;
        }
        buf_str(b, "<Datum>");
        for (int a = 0; a < 3; a++)
            if (x->value[a]) {
                buf_printf(b, "%s%.17g", join, x3p_raw(x, (enum x3p_axis_name)a, i));
                join = ";";
            }
        buf_str(b, "</Datum>\n");
    }
    buf_str(b, "</DataList>\n");
}

static enum err write_sum(struct buf *b, const char *name, const struct buf *bytes, struct fault *f)
{
    uint8_t sum[16];
    char hex[33];
    enum err e = x3p_md5(bytes->p ? bytes->p : "", bytes->n, sum, f);
    hex_of(sum, 16, hex);
    element(b, name, slice_of(hex, 32));
    return e;
}

static enum err write_link(struct buf *b, const struct x3p *x, const struct parts *p, struct fault *f)
{
    buf_str(b, "<DataLink>\n");
    element(b, "PointDataLink", SLICE("bindata/data.bin"));
    enum err e = write_sum(b, "MD5ChecksumPointData", &p->data, f);
    if (x->valid && !e) {
        element(b, "ValidPointsLink", SLICE("bindata/valid.bin"));
        e = write_sum(b, "MD5ChecksumValidPoints", &p->valid, f);
    }
    buf_str(b, "</DataLink>\n");
    return e;
}

static enum err write_record3(struct buf *b, const struct x3p *x, const struct parts *p, struct fault *f)
{
    enum err e = OK;
    buf_str(b, "<Record3>\n");
    if (x->is_list)
        buf_printf(b, "<ListDimension>%llu</ListDimension>\n", (unsigned long long)x->size[0]);
    else
        buf_printf(b, "<MatrixDimension>\n<SizeX>%llu</SizeX>\n<SizeY>%llu</SizeY>\n<SizeZ>%llu</SizeZ>\n</MatrixDimension>\n",
            (unsigned long long)x->size[0], (unsigned long long)x->size[1], (unsigned long long)x->size[2]);
    if (x->is_inline)
        write_list(b, x);
    else
        e = write_link(b, x, p, f);
    buf_str(b, "</Record3>\n");
    return e;
}

static enum err write_xml(const struct x3p *x, struct parts *p, struct fault *f)
{
    struct buf *b = &p->xml;
    buf_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:ISO5436_2 xmlns:p=\"" X3P_NAMESPACE "\">\n");
    write_record1(b, x);
    write_record2(b, x);
    enum err e = write_record3(b, x, p, f);
    buf_str(b, "<Record4>\n<ChecksumFile>md5checksum.hex</ChecksumFile>\n</Record4>\n");
    element_opt(b, "VendorSpecificID", x->text[X3P_VENDOR]);
    buf_str(b, "</p:ISO5436_2>\n");
    if (!e && b->err)
        e = fault_set(f, b->err, "main.xml", SLICE(""), "");
    return e;
}

/* ---- points ---- */

static enum err write_data(const struct x3p *x, struct parts *p, struct fault *f)
{
    size_t record = x3p_record_size(x), at = 0;
    char *to = (char *)buf_room(&p->data, x->points * record);
    for (int a = 0; a < 3 && to; a++) {
        size_t n = x3p_type_size(x3p_column_type(x, (enum x3p_axis_name)a));
        if (!x3p_in_binary(x, a))
            continue;
        if (!x->value[a])
            return fault_set(f, ERR_RANGE, "Axes", SLICE(""), "want.x3p_datum");
        for (uint64_t i = 0; i < x->points; i++)
            memcpy(to + i * record + at, (const char *)x->value[a] + i * n, n);
        at += n;
    }
    if (x->valid)
        buf_add(&p->valid, x->valid, (x->points + 7) / 8);
    return p->data.err || p->valid.err ? fault_set(f, ERR_MEMORY, "data.bin", SLICE(""), "") : OK;
}

/* What may be listed only in main.xml has no place in data.bin. */
static bool fits_binary(const struct x3p *x)
{
    for (int a = 0; a < 2; a++)
        if (x->value[a] && !x3p_in_binary(x, a))
            return false;
    return true;
}

/* ---- archive ---- */

static bool add(zip_t *za, const char *name, const struct buf *bytes)
{
    zip_source_t *source = zip_source_buffer(za, bytes->p ? bytes->p : "", bytes->n, 0);
    zip_int64_t i = source ? zip_file_add(za, name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (i < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_file_set_dostime(za, (zip_uint64_t)i, 0, DOS_DATE, 0) == 0 && zip_set_file_compression(za, (zip_uint64_t)i, ZIP_CM_DEFLATE, 6) == 0;
}

static bool take_bytes(zip_source_t *source, struct buf *out)
{
    zip_stat_t st;
    if (zip_source_stat(source, &st) != 0 || zip_source_open(source) != 0)
        return false;
    uint8_t *to = buf_room(out, st.size);
    bool whole = to && zip_source_read(source, to, st.size) == (zip_int64_t)st.size;
    zip_source_close(source);
    return whole;
}

static bool add_all(zip_t *za, const struct x3p *x, const struct parts *p)
{
    bool ok = add(za, "main.xml", &p->xml);
    if (ok && !x->is_inline)
        ok = add(za, "bindata/data.bin", &p->data);
    if (ok && !x->is_inline && x->valid)
        ok = add(za, "bindata/valid.bin", &p->valid);
    return ok && add(za, "md5checksum.hex", &p->sum);
}

static enum err write_archive(const struct x3p *x, const struct parts *p, struct buf *out, struct fault *f)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    if (source)
        zip_source_keep(source); /* the bytes are read after the archive is closed */
    zip_t *za = source ? zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &error) : NULL;
    bool ok = za && add_all(za, x, p);
    if (za && (!ok || zip_close(za) != 0)) {
        zip_discard(za);
        ok = false;
    } else if (source && !za) {
        zip_source_free(source);
    }
    ok = ok && take_bytes(source, out);
    zip_source_free(source);
    zip_error_fini(&error);
    return ok ? OK : fault_set(f, out->err ? out->err : ERR_MEMORY, "archive", SLICE(""), "");
}

static enum err write_parts(const struct x3p *x, struct parts *p, struct fault *f)
{
    uint8_t sum[16];
    enum err e = x->is_inline ? OK : write_data(x, p, f);
    if (!e)
        e = write_xml(x, p, f);
    if (!e)
        e = x3p_md5(p->xml.p, p->xml.n, sum, f);
    if (e)
        return e;
    buf_hex(&p->sum, sum, 16);
    buf_str(&p->sum, " *main.xml\n");
    return p->sum.err ? fault_set(f, p->sum.err, "md5checksum.hex", SLICE(""), "") : OK;
}

enum err x3p_write(const struct x3p *x, struct buf *out, struct fault *f)
{
    struct parts p;
    if (!x->value[X3P_Z] || (!x->is_inline && !fits_binary(x)))
        return fault_set(f, ERR_RANGE, "Axes", SLICE(""), "want.x3p_datum");
    buf_init(&p.xml, X3P_XML_MAX);
    buf_init(&p.data, X3P_UNPACKED_MAX);
    buf_init(&p.valid, X3P_UNPACKED_MAX);
    buf_init(&p.sum, 64);
    enum err e = write_parts(x, &p, f);
    if (!e)
        e = write_archive(x, &p, out, f);
    buf_free(&p.xml);
    buf_free(&p.data);
    buf_free(&p.valid);
    buf_free(&p.sum);
    return e;
}
