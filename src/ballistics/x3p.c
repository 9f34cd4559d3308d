/* Reading a file: archive, main.xml, points, checksums, findings; and turning points into a surface. */
#include "ballistics/x3p_in.h"
#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include "base/banned.h"

#define MEMORY_MAX ((size_t)2 << 30)
#define FINDING_TEXT 200
#define SUM_FILE_MAX 4096

/* ---- findings ---- */

/* Bytes of an archive need not be text. */
static struct slice shown(struct x3p *x, struct slice s)
{
    s.n = s.n > FINDING_TEXT ? FINDING_TEXT : s.n;
    bool text = slice_utf8_fault(s) < 0;
    struct slice copy = arena_copy(&x->arena, s);
    for (size_t i = 0; i < copy.n; i++) {
        char *c = (char *)copy.p + i; /* ours: just copied */
        if ((uint8_t)*c < 0x20 || (!text && (uint8_t)*c >= 0x7f))
            *c = '?';
    }
    return copy;
}

void x3p_find(struct x3p *x, enum x3p_finding_code code, struct slice value, struct slice want)
{
    if (x->finding_count == X3P_FINDINGS)
        return;
    struct x3p_finding found = {code, shown(x, value), shown(x, want)};
    for (size_t i = 0; i < x->finding_count; i++)
        if (x->finding[i].code == code && slice_eq(x->finding[i].value, found.value))
            return;
    x->finding[x->finding_count++] = found;
}

bool x3p_has(const struct x3p *x, enum x3p_finding_code code)
{
    for (size_t i = 0; i < x->finding_count; i++)
        if (x->finding[i].code == code)
            return true;
    return false;
}

/* ---- members ---- */

/* A member's bytes on the heap. */
static enum err load(struct x3p_zip *z, size_t member, size_t max, uint8_t **out, struct slice *view, struct fault *f)
{
    uint64_t n = x3p_zip_size(z, member);
    if (n > max)
        return fault_set(f, ERR_TOO_LONG, "archive", SLICE(""), "want.x3p_member_size");
    *out = mem_alloc(n, 1);
    if (!*out)
        return fault_set(f, ERR_MEMORY, "archive", SLICE(""), "");
    *view = slice_of((char *)*out, n);
    return x3p_zip_read(z, member, *out, f);
}

static enum err make_sum(struct x3p *x, struct x3p_sum *sum, struct slice bytes, enum x3p_finding_code code, const char *what, struct fault *f)
{
    char said[33] = "", is[33] = "";
    enum err e = x3p_md5(bytes.p, bytes.n, sum->is, f);
    if (e)
        return e;
    sum->made = true;
    if (!sum->stated) {
        x3p_find(x, code == X3P_FOUND_SUM_XML ? X3P_FOUND_SUM_MISSING : X3P_FOUND_SUM_UNSTATED, slice_str(what), SLICE(""));
        return OK;
    }
    hex_of(sum->said, 16, said);
    hex_of(sum->is, 16, is);
    if (memcmp(sum->said, sum->is, 16) != 0)
        x3p_find(x, code, slice_of(is, 32), slice_of(said, 32));
    return OK;
}

/* md5checksum.hex comes as 32 digits alone, with either line end, or as md5sum writes it. */
static enum err read_sum_file(struct x3p *x, struct x3p_zip *z, struct fault *f)
{
    uint8_t *bytes = NULL;
    struct slice text;
    size_t member = x3p_zip_beside(z, "md5checksum.hex");
    if (member == X3P_NO_MEMBER || x3p_zip_size(z, member) > SUM_FILE_MAX)
        return OK;
    enum err e = load(z, member, SUM_FILE_MAX, &bytes, &text, f);
    if (!e && text.n >= 32)
        x->xml_sum.stated = hex_to(slice_of(text.p, 32), x->xml_sum.said, 16);
    mem_free(bytes);
    return e;
}

static enum err read_xml(struct x3p *x, struct x3p_zip *z, struct x3p_links *links, struct fault *f)
{
    uint8_t *bytes = NULL;
    struct slice xml;
    enum err e = read_sum_file(x, z, f);
    if (!e)
        e = load(z, x3p_zip_main(z), X3P_XML_MAX, &bytes, &xml, f);
    if (!e)
        e = make_sum(x, &x->xml_sum, xml, X3P_FOUND_SUM_XML, "main.xml", f);
    if (!e)
        e = x3p_xml_read(xml, x, links, f);
    mem_free(bytes);
    return e;
}

static enum err read_points(struct x3p *x, struct x3p_zip *z, const struct x3p_links *links, struct fault *f)
{
    uint8_t *bytes = NULL;
    struct slice data;
    size_t member;
    enum err e = x3p_count(x, f);
    if (!e)
        e = x3p_zip_link(z, x, links->data, &member, f);
    if (e)
        return e;
    char size[48];
    snprintf(size, sizeof size, "%llu / %llu", (unsigned long long)x3p_zip_size(z, member), (unsigned long long)(x->points * x3p_record_size(x)));
    if (x3p_zip_size(z, member) != x->points * x3p_record_size(x)) /* at most 2^26 * 24 */
        return fault_set(f, ERR_FORMAT, "data.bin", slice_str(size), "want.x3p_data_size");
    e = load(z, member, X3P_UNPACKED_MAX, &bytes, &data, f);
    if (!e)
        e = make_sum(x, &x->data_sum, data, X3P_FOUND_SUM_DATA, "data.bin", f);
    if (!e)
        e = x3p_columns(x, bytes, f);
    mem_free(bytes);
    return e;
}

static enum err read_valid(struct x3p *x, struct x3p_zip *z, const struct x3p_links *links, struct fault *f)
{
    size_t member, n = (x->points + 7) / 8;
    enum err e = x3p_zip_link(z, x, links->valid, &member, f);
    if (e)
        return e;
    if (x3p_zip_size(z, member) != n)
        return fault_set(f, ERR_FORMAT, "valid.bin", SLICE(""), "want.x3p_valid_size");
    x->valid = arena_alloc(&x->arena, n);
    if (!x->valid)
        return fault_set(f, ERR_MEMORY, "valid.bin", SLICE(""), "");
    e = x3p_zip_read(z, member, x->valid, f);
    if (!e)
        e = make_sum(x, &x->valid_sum, slice_of((char *)x->valid, n), X3P_FOUND_SUM_VALID, "valid.bin", f);
    if (!e && x->points % 8 && x->valid[n - 1] >> (x->points % 8)) {
        x3p_find(x, X3P_FOUND_PADDING, SLICE(""), SLICE(""));
        x->valid[n - 1] &= (uint8_t)((1u << (x->points % 8)) - 1);
    }
    return e;
}

/* ---- the whole ---- */

static enum err read_all(struct x3p *x, struct x3p_zip *z, struct fault *f)
{
    struct x3p_links links = {0};
    enum err e = read_xml(x, z, &links, f);
    if (!e && !links.has_data)
        e = x3p_datum_end(x, &links, f);
    if (!e && links.has_data)
        e = read_points(x, z, &links, f);
    if (!e && links.has_data && links.has_valid)
        e = read_valid(x, z, &links, f);
    if (e)
        return e;
    if (!links.has_record4)
        x3p_find(x, X3P_FOUND_RECORD4, SLICE(""), SLICE("md5checksum.hex"));
    if (!slice_is(x->text[X3P_REVISION], X3P_REVISION_TEXT))
        x3p_find(x, X3P_FOUND_REVISION, x->text[X3P_REVISION], SLICE(X3P_REVISION_TEXT));
    x3p_measure(x);
    x3p_zip_rest(z, x);
    return OK;
}

static void begin(struct x3p *x)
{
    memset(x, 0, sizeof *x);
    arena_init(&x->arena, MEMORY_MAX);
    for (int i = 0; i < 3; i++) {
        x->size[i] = 1;
        x->axis[i].increment = 1;
    }
}

enum err x3p_read(struct slice bytes, struct x3p *out, struct fault *f)
{
    struct x3p x;
    struct x3p_zip *z = NULL;
    begin(&x);
    enum err e = bytes.n > X3P_FILE_MAX ? fault_set(f, ERR_TOO_LONG, "archive", SLICE(""), "want.x3p_file_size") : x3p_zip_open(bytes, &x, &z, f);
    if (!e)
        e = read_all(&x, z, f);
    x3p_zip_close(z);
    if (e)
        x3p_free(&x);
    else
        *out = x;
    return e;
}

enum err x3p_read_file(const char *path, struct x3p *out, struct fault *f)
{
    struct buf bytes;
    buf_init(&bytes, X3P_FILE_MAX);
    enum err e = file_read(path, &bytes, f);
    if (!e)
        e = x3p_read(buf_view(&bytes), out, f);
    buf_free(&bytes);
    return e;
}

void x3p_free(struct x3p *x)
{
    arena_free(&x->arena);
    memset(x, 0, sizeof *x);
}

/* ---- surfaces ---- */

static enum err doubt(const struct x3p *x, struct fault *f)
{
    char text[80];
    snprintf(text, sizeof text, "%.6g m, %.6g m", x->axis[X3P_X].increment, x->most - x->least);
    return fault_set(f, ERR_REFUSED, "Increment", slice_str(text), "want.x3p_units");
}

static enum err may_be_surface(const struct x3p *x, enum x3p_unit unit, struct fault *f)
{
    if (x->is_list || x->feature == X3P_PCL)
        return fault_set(f, ERR_REFUSED, "FeatureType", SLICE("PCL"), "want.x3p_grid");
    if (x->size[2] != 1)
        return fault_set(f, ERR_REFUSED, "SizeZ", SLICE(""), "want.x3p_grid");
    if (x->axis[X3P_X].absolute || x->axis[X3P_Y].absolute)
        return fault_set(f, ERR_REFUSED, "AxisType", SLICE("A"), "want.x3p_grid");
    if (unit == X3P_AS_STATED && (x3p_has(x, X3P_FOUND_UNITS_PITCH) || x3p_has(x, X3P_FOUND_UNITS_HEIGHT)))
        return doubt(x, f);
    if (x->size[0] > SURFACE_SIDE_MAX || x->size[1] > SURFACE_SIDE_MAX)
        return fault_set(f, ERR_RANGE, "size", SLICE(""), "want.surface_size");
    return OK;
}

/* Heights lie upon an offset far greater than their span: it is taken off in double before they become float. */
enum err x3p_surface(const struct x3p *x, enum x3p_unit unit, struct surface *out, struct fault *f)
{
    double scale = unit == X3P_MICROMETRES ? 1e-6 : 1;
    enum err e = may_be_surface(x, unit, f);
    if (!e)
        e = surface_make((uint32_t)x->size[0], (uint32_t)x->size[1], fabs(x->axis[X3P_X].increment) * scale,
            fabs(x->axis[X3P_Y].increment) * scale, out, f);
    if (e)
        return e;
    double middle = x->least + (x->most - x->least) / 2;
    out->z0 = middle * scale;
    for (uint64_t i = 0; i < x->points; i++)
        out->z[i] = (float)((x3p_at(x, X3P_Z, i) - middle) * scale);
    return OK;
}

enum err x3p_of_surface(const struct surface *s, struct x3p *out, struct fault *f)
{
    struct x3p x;
    begin(&x);
    x.size[0] = s->nx;
    x.size[1] = s->ny;
    x.points = surface_points(s);
    x.axis[X3P_X] = (struct x3p_axis){.type = X3P_FLOAT64, .increment = s->dx, .has_increment = true};
    x.axis[X3P_Y] = (struct x3p_axis){.type = X3P_FLOAT64, .increment = s->dy, .has_increment = true};
    x.axis[X3P_Z].absolute = true;
    x.axis[X3P_Z].type = X3P_FLOAT64;
    double *z = x3p_column(&x, X3P_Z, f);
    if (!z || x3p_set_text(&x, X3P_REVISION, SLICE(X3P_REVISION_TEXT))) {
        x3p_free(&x);
        return fault_set(f, ERR_MEMORY, "surface", SLICE(""), "");
    }
    for (uint64_t i = 0; i < x.points; i++)
        z[i] = s->z0 + (double)s->z[i];
    x3p_measure(&x);
    *out = x;
    return OK;
}

enum err x3p_set_text(struct x3p *x, enum x3p_text which, struct slice text)
{
    x->text[which] = text.n ? arena_copy(&x->arena, text) : (struct slice){NULL, 0};
    return text.n && !x->text[which].p ? ERR_MEMORY : OK;
}
