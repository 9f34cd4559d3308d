/* main.xml, read as a stream: nothing of it is kept but what the table names. Elements are known by their local names, because files come with
 * and without the namespace. A document type is refused before anything in it is read, so there are no entities but XML's own five. */
#include "ballistics/x3p_in.h"
#include <libxml/parser.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define DEPTH_MAX 16
#define PATH_MAX_BYTES 256
#define TEXT_MAX (64u << 10)
#define CHUNK (64 << 10)
#define NUMBER_MAX 63

enum kind {
    K_DATUM, K_FEATURE, K_AXIS_TYPE, K_DATA_TYPE, K_INCREMENT, K_OFFSET, K_ROTATION, K_TEXT, K_SIZE, K_LIST, K_DATA_LINK, K_DATA_SUM,
    K_VALID_LINK, K_VALID_SUM, K_CHECKSUM_FILE
};

static const struct element {
    const char *path; /* below the root */
    enum kind kind;
    int index; /* axis, text, size or place in the matrix */
} elements[] = {
    {"Record3/DataList/Datum", K_DATUM, 0},
    {"Record1/Revision", K_TEXT, X3P_REVISION},
    {"Record1/FeatureType", K_FEATURE, 0},
    {"Record1/Axes/CX/AxisType", K_AXIS_TYPE, X3P_X},
    {"Record1/Axes/CX/DataType", K_DATA_TYPE, X3P_X},
    {"Record1/Axes/CX/Increment", K_INCREMENT, X3P_X},
    {"Record1/Axes/CX/Offset", K_OFFSET, X3P_X},
    {"Record1/Axes/CY/AxisType", K_AXIS_TYPE, X3P_Y},
    {"Record1/Axes/CY/DataType", K_DATA_TYPE, X3P_Y},
    {"Record1/Axes/CY/Increment", K_INCREMENT, X3P_Y},
    {"Record1/Axes/CY/Offset", K_OFFSET, X3P_Y},
    {"Record1/Axes/CZ/AxisType", K_AXIS_TYPE, X3P_Z},
    {"Record1/Axes/CZ/DataType", K_DATA_TYPE, X3P_Z},
    {"Record1/Axes/CZ/Increment", K_INCREMENT, X3P_Z},
    {"Record1/Axes/CZ/Offset", K_OFFSET, X3P_Z},
    {"Record1/Axes/Rotation/r11", K_ROTATION, 0},
    {"Record1/Axes/Rotation/r12", K_ROTATION, 1},
    {"Record1/Axes/Rotation/r13", K_ROTATION, 2},
    {"Record1/Axes/Rotation/r21", K_ROTATION, 3},
    {"Record1/Axes/Rotation/r22", K_ROTATION, 4},
    {"Record1/Axes/Rotation/r23", K_ROTATION, 5},
    {"Record1/Axes/Rotation/r31", K_ROTATION, 6},
    {"Record1/Axes/Rotation/r32", K_ROTATION, 7},
    {"Record1/Axes/Rotation/r33", K_ROTATION, 8},
    {"Record2/Date", K_TEXT, X3P_DATE},
    {"Record2/Creator", K_TEXT, X3P_CREATOR},
    {"Record2/Instrument/Manufacturer", K_TEXT, X3P_MANUFACTURER},
    {"Record2/Instrument/Model", K_TEXT, X3P_MODEL},
    {"Record2/Instrument/Serial", K_TEXT, X3P_SERIAL},
    {"Record2/Instrument/Version", K_TEXT, X3P_VERSION},
    {"Record2/CalibrationDate", K_TEXT, X3P_CALIBRATION},
    {"Record2/ProbingSystem/Type", K_TEXT, X3P_PROBING},
    {"Record2/ProbingSystem/Identification", K_TEXT, X3P_IDENTIFICATION},
    {"Record2/Comment", K_TEXT, X3P_COMMENT},
    {"Record3/MatrixDimension/SizeX", K_SIZE, 0},
    {"Record3/MatrixDimension/SizeY", K_SIZE, 1},
    {"Record3/MatrixDimension/SizeZ", K_SIZE, 2},
    {"Record3/ListDimension", K_LIST, 0},
    {"Record3/DataLink/PointDataLink", K_DATA_LINK, 0},
    {"Record3/DataLink/MD5ChecksumPointData", K_DATA_SUM, 0},
    {"Record3/DataLink/ValidPointsLink", K_VALID_LINK, 0},
    {"Record3/DataLink/MD5ChecksumValidPoints", K_VALID_SUM, 0},
    {"Record4/ChecksumFile", K_CHECKSUM_FILE, 0},
    {"VendorSpecificID", K_TEXT, X3P_VENDOR},
};
#define ELEMENTS (sizeof elements / sizeof *elements)

struct reading {
    struct x3p *x;
    struct x3p_links *links;
    struct fault *f;
    enum err e;
    xmlParserCtxtPtr ctxt;
    size_t xml_bytes;
    int depth;
    bool rooted;
    char path[PATH_MAX_BYTES];
    size_t path_n;
    size_t name_n[DEPTH_MAX]; /* length of the path above each open element */
    const struct element *now; /* whose text is gathered */
    bool seen[ELEMENTS];
    struct buf text;
};

static void stop(struct reading *r, enum err e)
{
    if (!r->e)
        r->e = e;
    xmlStopParser(r->ctxt);
}

bool x3p_number(struct slice s, double *out)
{
    char z[NUMBER_MAX + 1], *end;
    s = slice_trim(s);
    if (!s.n || s.n > NUMBER_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("0123456789+-.eE", s.p[i]) || !s.p[i])
            return false;
    memcpy(z, s.p, s.n);
    z[s.n] = 0;
    double v = strtod(z, &end);
    if (*end || end == z || v - v != 0)
        return false;
    *out = v;
    return true;
}

/* ---- one element's text ---- */

static enum err take_number(struct reading *r, struct slice text, double *out, bool *has)
{
    if (!text.n) /* an empty element says nothing: <Offset/> is met in real files */
        return OK;
    if (!x3p_number(text, out))
        return fault_set(r->f, ERR_FORMAT, r->now->path, text, "want.x3p_number");
    *has = true;
    return OK;
}

static enum err take_code(struct reading *r, struct slice text, const char *const *codes, const char *want, int *out)
{
    for (int i = 0; codes[i]; i++)
        if (slice_is(text, codes[i])) {
            *out = i;
            return OK;
        }
    return fault_set(r->f, ERR_UNKNOWN_CODE, r->now->path, text, want);
}

static enum err take_feature(struct reading *r, struct slice text)
{
    static const char *const codes[] = {"SUR", "PRF", "PCL", NULL};
    int i = 0;
    enum err e = take_code(r, text, codes, "want.x3p_feature", &i);
    r->x->feature = (enum x3p_feature)i;
    return e;
}

static enum err take_axis_type(struct reading *r, struct slice text)
{
    static const char *const codes[] = {"I", "A", NULL};
    int i = 0;
    enum err e = take_code(r, text, codes, "want.x3p_axis", &i);
    r->x->axis[r->now->index].absolute = i == 1;
    r->links->has_axis[r->now->index] = true;
    return e;
}

static enum err take_data_type(struct reading *r, struct slice text)
{
    static const char *const codes[] = {"", "I", "L", "F", "D", NULL};
    int i = 0;
    enum err e = take_code(r, text, codes, "want.x3p_type", &i);
    r->x->axis[r->now->index].type = (enum x3p_type)i;
    return e;
}

static enum err take_size(struct reading *r, struct slice text, uint64_t *out)
{
    uint64_t v;
    if (!slice_u64(text, SURFACE_POINTS_MAX, &v) || !v)
        return fault_set(r->f, ERR_RANGE, r->now->path, text, "want.x3p_size");
    *out = v;
    return OK;
}

static enum err take_text(struct reading *r, struct slice text, struct slice *out)
{
    *out = text.n ? arena_copy(&r->x->arena, text) : (struct slice){NULL, 0};
    return text.n && !out->p ? fault_set(r->f, ERR_MEMORY, r->now->path, SLICE(""), "") : OK;
}

static enum err take_sum(struct reading *r, struct slice text, struct x3p_sum *sum)
{
    if (!text.n)
        return OK;
    if (!hex_to(text, sum->said, 16))
        return fault_set(r->f, ERR_FORMAT, r->now->path, text, "want.x3p_md5");
    sum->stated = true;
    return OK;
}

static enum err take_link(struct reading *r, struct slice text, struct slice *out, bool *has)
{
    *has = text.n > 0;
    return take_text(r, text, out);
}

static enum err take(struct reading *r, struct slice text)
{
    struct x3p *x = r->x;
    struct x3p_links *l = r->links;
    int i = r->now->index;
    switch (r->now->kind) {
    case K_DATUM:
        return x3p_datum(x, l, text, r->f);
    case K_FEATURE:
        return take_feature(r, text);
    case K_AXIS_TYPE:
        return take_axis_type(r, text);
    case K_DATA_TYPE:
        return take_data_type(r, text);
    case K_INCREMENT:
        return take_number(r, text, &x->axis[i].increment, &x->axis[i].has_increment);
    case K_OFFSET:
        return take_number(r, text, &x->axis[i].offset, &x->axis[i].has_offset);
    case K_ROTATION:
        return take_number(r, text, &x->rotation[i], &x->has_rotation);
    case K_TEXT:
        return take_text(r, text, &x->text[i]);
    case K_SIZE:
        l->has_matrix = true;
        return take_size(r, text, &x->size[i]);
    case K_LIST:
        x->is_list = l->has_list = true;
        return take_size(r, text, &x->size[0]);
    case K_DATA_LINK:
        return take_link(r, text, &l->data, &l->has_data);
    case K_DATA_SUM:
        return take_sum(r, text, &x->data_sum);
    case K_VALID_LINK:
        return take_link(r, text, &l->valid, &l->has_valid);
    case K_VALID_SUM:
        return take_sum(r, text, &x->valid_sum);
    case K_CHECKSUM_FILE:
        l->has_record4 = text.n > 0;
        return OK;
    }
    return OK;
}

/* ---- elements ---- */

static void open_root(struct reading *r, const char *name, const char *uri)
{
    bool old = strcmp(name, "ISO5436") == 0;
    r->rooted = true;
    if (!old && strcmp(name, "ISO5436_2") != 0) {
        stop(r, fault_set(r->f, ERR_FORMAT, "main.xml", slice_str(name), "want.x3p_root"));
        return;
    }
    if (old)
        x3p_find(r->x, X3P_FOUND_ROOT_NAME, slice_str(name), SLICE("ISO5436_2"));
    if (!uri || strcmp(uri, X3P_NAMESPACE) != 0)
        x3p_find(r->x, X3P_FOUND_NAMESPACE, slice_str(uri), SLICE(X3P_NAMESPACE));
}

static const struct element *element_of(const struct reading *r)
{
    for (size_t i = 0; i < ELEMENTS; i++)
        if (slice_eq(slice_of(r->path, r->path_n), slice_str(elements[i].path)))
            return &elements[i];
    return NULL;
}

/* Appends a name to the path; one that does not fit is of no known element and leaves a path that fits none. */
static void path_push(struct reading *r, const char *name)
{
    size_t n = strlen(name);
    r->name_n[r->depth] = r->path_n;
    if (r->path_n + n + 1 >= sizeof r->path)
        n = 0;
    if (r->path_n || r->depth > 1)
        r->path[r->path_n++] = '/';
    memcpy(r->path + r->path_n, name, n);
    r->path_n += n;
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns_count, const xmlChar **ns,
    int attributes, int defaulted, const xmlChar **attribute)
{
    struct reading *r = arg;
    if (r->e)
        return;
    if (r->now)
        stop(r, fault_set(r->f, ERR_FORMAT, r->now->path, slice_str((const char *)name), "want.x3p_leaf"));
    else if (r->depth == 0)
        open_root(r, (const char *)name, (const char *)uri);
    else if (r->depth == DEPTH_MAX || r->path_n + 2 >= sizeof r->path)
        stop(r, fault_set(r->f, ERR_REFUSED, "main.xml", slice_str((const char *)name), "want.x3p_depth"));
    else
        path_push(r, (const char *)name);
    r->depth++;
    r->now = r->e ? NULL : element_of(r);
    buf_reset(&r->text);
    if (!r->now || r->now->kind == K_DATUM)
        return;
    if (r->seen[r->now - elements])
        stop(r, fault_set(r->f, ERR_EXISTS, r->now->path, SLICE(""), "want.x3p_once"));
    r->seen[r->now - elements] = true;
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reading *r = arg;
    if (r->e)
        return;
    if (r->now) {
        enum err e = r->text.err ? fault_set(r->f, r->text.err, r->now->path, SLICE(""), "want.x3p_text") : take(r, slice_trim(buf_view(&r->text)));
        if (e)
            stop(r, e);
    }
    r->now = NULL;
    r->depth--;
    if (r->depth > 0)
        r->path_n = r->name_n[r->depth];
}

static void on_text(void *arg, const xmlChar *text, int n)
{
    struct reading *r = arg;
    if (!r->e && r->now)
        buf_add(&r->text, text, (size_t)n);
}

static void on_doctype(void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    struct reading *r = arg;
    stop(r, fault_set(r->f, ERR_REFUSED, "main.xml", SLICE("<!DOCTYPE"), "want.x3p_no_doctype"));
}

static void quiet(void *arg, xmlErrorPtr error)
{
}

/* ---- the whole ---- */

static enum err parse(struct reading *r, struct slice xml)
{
    for (size_t at = 0; at < xml.n && !r->e; at += CHUNK) {
        int n = xml.n - at < CHUNK ? (int)(xml.n - at) : CHUNK;
        if (xmlParseChunk(r->ctxt, xml.p + at, n, at + CHUNK >= xml.n) && !r->e) {
            const xmlError *error = xmlCtxtGetLastError(r->ctxt);
            char line[32];
            struct slice where = slice_str(line);
            snprintf(line, sizeof line, "line %d", error ? error->line : 0);
            where.n = strlen(line);
            r->e = fault_set(r->f, ERR_FORMAT, "main.xml", where, "want.x3p_xml");
        }
    }
    if (!r->e && (r->depth || !r->rooted || !r->ctxt->wellFormed))
        r->e = fault_set(r->f, ERR_FORMAT, "main.xml", SLICE(""), "want.x3p_xml");
    return r->e;
}

static void xml_setup(void)
{
    xmlInitParser();
}

static enum err check(const struct x3p *x, const struct x3p_links *l, struct fault *f)
{
    static const char *const names[] = {"Record1/Axes/CX", "Record1/Axes/CY", "Record1/Axes/CZ"};
    for (int a = 0; a < 3; a++)
        if (!l->has_axis[a])
            return fault_set(f, ERR_MISSING, names[a], SLICE(""), "want.x3p_axis");
    if (l->has_matrix == l->has_list)
        return fault_set(f, ERR_FORMAT, "Record3", SLICE(""), "want.x3p_dimension");
    if (l->has_data == (l->datum_count > 0))
        return fault_set(f, ERR_FORMAT, "Record3", SLICE(""), "want.x3p_data");
    if (!l->has_data && l->datum_count != x->points)
        return fault_set(f, ERR_FORMAT, "Record3/DataList", SLICE(""), "want.x3p_datum_count");
    return OK;
}

enum err x3p_xml_read(struct slice xml, struct x3p *x, struct x3p_links *links, struct fault *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct reading r = {.x = x, .links = links, .f = f};
    xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC, .startElementNs = on_start, .endElementNs = on_end, .characters = on_text,
        .cdataBlock = on_text, .internalSubset = on_doctype, .serror = quiet};
    pthread_once(&once, xml_setup);
    links->xml_bytes = xml.n;
    r.ctxt = xmlCreatePushParserCtxt(&sax, &r, NULL, 0, NULL);
    if (!r.ctxt)
        return fault_set(f, ERR_MEMORY, "main.xml", SLICE(""), "");
    xmlCtxtUseOptions(r.ctxt, XML_PARSE_NONET);
    buf_init(&r.text, TEXT_MAX);
    parse(&r, xml);
    if (!r.e)
        r.e = check(x, links, f);
    buf_free(&r.text);
    if (r.ctxt->myDoc)
        xmlFreeDoc(r.ctxt->myDoc);
    xmlFreeParserCtxt(r.ctxt);
    return r.e;
}
