/* X3P files: surfaces, profiles and point clouds of measuring instruments (ISO 5436-2:2012, ISO 25178-72:2017 with Amd 1:2020): a ZIP
 * archive of main.xml, its MD5 in md5checksum.hex, and mostly bindata/data.bin and bindata/valid.bin. docs/formats/x3p.md.
 *
 * What the reader promises: a file is read as it states itself or refused with the reason. What is odd but readable is a *finding*: told, never
 * silently repaired; heights in micrometres are told and not divided. Hostile input is refused: archives that unpack past their
 * stated size or X3P_UNPACKED_MAX, document types and entities, sizes whose product overflows, members or links outside the archive,
 * symbolic links, encrypted members, two members of one name. No network, no file but the one given. */
#ifndef BALLISTICS_X3P_H
#define BALLISTICS_X3P_H
#include "ballistics/surface.h"
#include "base/cjson.h"
#include "lang/lang.h"

#define X3P_FILE_MAX ((size_t)512 << 20)    /* the archive */
#define X3P_XML_MAX ((size_t)128 << 20)     /* main.xml: a DataList may stand in it */
#define X3P_UNPACKED_MAX ((size_t)640 << 20) /* any one member */
#define X3P_MEMBERS 256
#define X3P_FINDINGS 32

enum x3p_feature { X3P_SUR, X3P_PRF, X3P_PCL };
enum x3p_type { X3P_NO_TYPE, X3P_INT16, X3P_INT32, X3P_FLOAT32, X3P_FLOAT64 }; /* I, L, F, D */
enum x3p_axis_name { X3P_X, X3P_Y, X3P_Z };

struct x3p_axis {
    bool absolute;      /* A; else incremental (I) */
    enum x3p_type type;
    double increment;   /* of integers and of unlisted positions; 1 when not stated */
    double offset;      /* 0 when not stated */
    bool has_increment, has_offset;
};

/* Record 2 and what else is text: as written, NUL-terminated, in the file's arena; {NULL,0} when absent. */
enum x3p_text {
    X3P_REVISION, X3P_DATE, X3P_CREATOR, X3P_MANUFACTURER, X3P_MODEL, X3P_SERIAL, X3P_VERSION, X3P_CALIBRATION, X3P_PROBING,
    X3P_IDENTIFICATION, X3P_COMMENT, X3P_VENDOR, X3P_TEXTS
};

/* code, warning (else a note) */
#define X3P_FINDING_TABLE(X)                                                                                           \
    X(ROOT_NAME, root_name, false)             /* the root is ISO5436 */                                               \
    X(NAMESPACE, namespace, false)             /* the root's namespace is absent or another */                         \
    X(FOLDER, folder, false)                   /* the members stand in a folder of the archive */                      \
    X(JUNK, junk, false)                       /* members that an operating system left */                             \
    X(MEMBER, member, false)                   /* a member that was not read (region masks, vendor's extras) */        \
    X(LINK, link, true)                        /* the link names another path than the member has */                   \
    X(TIMES, times, false)                     /* archive times that no calendar has */                                \
    X(REVISION, revision, false)               /* another text than the standard's */                                  \
    X(SUM_XML, sum_xml, true)                  /* main.xml is not what md5checksum.hex says */                         \
    X(SUM_DATA, sum_data, true)                /* nor data.bin what main.xml says */                                   \
    X(SUM_VALID, sum_valid, true)              /* nor valid.bin */                                                     \
    X(SUM_MISSING, sum_missing, true)          /* no checksum of main.xml, or not of the form */                       \
    X(SUM_UNSTATED, sum_unstated, false)       /* none of a binary member */                                           \
    X(RECORD4, record4, false)                 /* Record4 or its ChecksumFile is absent or empty */                    \
    X(INCREMENT_UNUSED, increment_unused, false) /* an increment other than 1 on heights that are not integers */      \
    X(OFFSET_FLOAT, offset_float, false)       /* an offset on values that are not integers: added */                  \
    X(UNITS_PITCH, units_pitch, true)          /* points further than 1 mm apart: the unit is in doubt */            \
    X(UNITS_HEIGHT, units_height, true)        /* heights that span more than 0.1 m */                                 \
    X(INFINITE, infinite, true)                /* values that are not finite: taken as missing */                      \
    X(PADDING, padding, false)                 /* bits set in valid.bin past the last point */                         \
    X(NOTHING, nothing, true)                  /* no point was measured */

enum x3p_finding_code {
#define X3P_FINDING_ENUM(code, key, warning) X3P_FOUND_##code,
    X3P_FINDING_TABLE(X3P_FINDING_ENUM)
#undef X3P_FINDING_ENUM
        X3P_FINDING_CODES
};
struct x3p_finding {
    enum x3p_finding_code code;
    struct slice value, want; /* what stands there, and what would be right; may be empty */
};

struct x3p_sum { /* an MD5 (RFC 1321), stated and of the bytes themselves */
    bool stated, made;
    uint8_t said[16], is[16];
};

struct x3p {
    struct arena arena; /* owns all that is pointed to */
    enum x3p_feature feature;
    struct x3p_axis axis[3];
    bool has_rotation;
    double rotation[9]; /* r11, r12 ... r33; Q = R P + T. Kept, not applied */
    struct slice text[X3P_TEXTS];
    bool is_list;       /* ListDimension; else MatrixDimension */
    bool is_inline;     /* points stood in main.xml */
    uint64_t size[3];   /* x, y, z (layers); of a list: its length, 1, 1 */
    uint64_t points;    /* their product; X fastest, then Y, then Z */
    void *value[3];     /* of each listed axis, in its column type (x3p_column_type), native byte order; NULL: not listed */
    uint8_t *valid;     /* bit i % 8 of byte i / 8 (lowest first): 1 = measured; NULL = all but NaN are */
    struct x3p_sum xml_sum, data_sum, valid_sum;
    size_t finding_count;
    struct x3p_finding finding[X3P_FINDINGS];
    uint64_t missing;   /* points without a height */
    double least, most; /* heights in metres as stated, 0 when all are missing */
};

/* Errors: ERR_FORMAT (no archive, no main.xml, XML or values not of the form, sizes that do not fit the data), ERR_REFUSED (hostile),
 * ERR_TOO_LONG, ERR_RANGE (no sensible size), ERR_DAMAGED (bytes that do not unpack to what the archive says), ERR_MEMORY. *out is
 * written on success only; x3p_free then. The bytes need not outlive the call. */
enum err x3p_read(struct slice bytes, struct x3p *out, struct fault *f);
enum err x3p_read_file(const char *path, struct x3p *out, struct fault *f);
void x3p_free(struct x3p *x);

/* Position or height of point i, in metres as stated: offset + increment * integer, or offset + value; NaN when missing. The position
 * of an unlisted axis comes from i. i < points. */
double x3p_at(const struct x3p *x, enum x3p_axis_name axis, uint64_t i);
/* The type of value[axis]: the axis' own; of a listed incremental axis X3P_INT16 or X3P_INT32. */
enum x3p_type x3p_column_type(const struct x3p *x, enum x3p_axis_name axis);
size_t x3p_type_size(enum x3p_type t);

enum x3p_unit { X3P_AS_STATED, X3P_MICROMETRES }; /* what a person says of the file; nothing is guessed */
/* The grid as a surface. ERR_REFUSED for a list, layers, or X and Y that are not incremental, and with X3P_AS_STATED for a file whose units are
 * in doubt (X3P_FOUND_UNITS_PITCH or _HEIGHT). Errors of surface_make. The surface owns its heights. */
enum err x3p_surface(const struct x3p *x, enum x3p_unit unit, struct surface *out, struct fault *f);
/* A file of a surface: float64 heights, missing = NaN. Texts may be set afterwards (x3p_set_text). */
enum err x3p_of_surface(const struct surface *s, struct x3p *out, struct fault *f);
enum err x3p_set_text(struct x3p *x, enum x3p_text which, struct slice text);

/* Appends the file. Binary (is_inline false): each value, the validity bits and the texts read back equal bit for bit, except that padding bits
 * become 0. Inline: measured points read back equal; of missing points only that they are missing. The same x gives the same
 * bytes. ERR_RANGE for an axis that cannot be written (inline without heights in X or Y where they are absolute). */
enum err x3p_write(const struct x3p *x, struct buf *out, struct fault *f);

bool x3p_has(const struct x3p *x, enum x3p_finding_code code);
bool x3p_is_warning(enum x3p_finding_code code);
const char *x3p_finding_name(enum x3p_finding_code code);   /* "sum_xml" */
void x3p_finding_say(const struct lang *l, const struct x3p_finding *found, struct buf *out);
/* One object: docs/formats/x3p.md, "athar ballistics info". */
void x3p_json(const struct x3p *x, const struct lang *l, struct cj *out);
#endif
