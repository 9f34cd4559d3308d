/* Between the files of the X3P reader. */
#ifndef BALLISTICS_X3P_IN_H
#define BALLISTICS_X3P_IN_H
#include "ballistics/x3p.h"

#define X3P_NAMESPACE "http://www.opengps.eu/2008/ISO5436_2"
#define X3P_REVISION_TEXT "ISO5436 - 2000"
#define X3P_DATUM_MAX 256

/* What main.xml says besides x itself. */
struct x3p_links {
    bool has_axis[3], has_matrix, has_list, has_data, has_valid, has_record4;
    struct slice data, valid;
    size_t xml_bytes; /* bounds how many points a list in it can have */
    uint64_t datum_count;
    int listed; /* values a Datum has; 0 until the first that is not empty */
};

/* Adds a finding, once a code and value; past X3P_FINDINGS it is dropped. Texts are copied, cut to 200 bytes. */
void x3p_find(struct x3p *x, enum x3p_finding_code code, struct slice value, struct slice want);

/* ---- x3p_zip.c: the archive ---- */
#define X3P_RATIO_MAX 250 /* of unpacked to packed size, past X3P_SMALL: scans of real steel do not come near */
#define X3P_SMALL ((size_t)16 << 20)
struct x3p_zip;
/* Judges every member's name, kind and size before anything is unpacked. `bytes` must outlive it. */
enum err x3p_zip_open(struct slice bytes, struct x3p *x, struct x3p_zip **out, struct fault *f);
void x3p_zip_close(struct x3p_zip *z);
#define X3P_NO_MEMBER SIZE_MAX
/* main.xml. */
size_t x3p_zip_main(const struct x3p_zip *z);
/* What a link of main.xml names: relative to it, or (with a finding) the one member of that base name. ERR_REFUSED when it leads out of the
 * archive, ERR_FORMAT when nothing has that name. */
enum err x3p_zip_link(const struct x3p_zip *z, struct x3p *x, struct slice link, size_t *out, struct fault *f);
/* A member of main.xml's folder, or X3P_NO_MEMBER. */
size_t x3p_zip_beside(const struct x3p_zip *z, const char *base);
uint64_t x3p_zip_size(const struct x3p_zip *z, size_t member);
/* The member's bytes, exactly x3p_zip_size of them, into `to`. ERR_DAMAGED when it unpacks to fewer or more, or its CRC-32 differs. */
enum err x3p_zip_read(struct x3p_zip *z, size_t member, void *to, struct fault *f);
/* Notes the members that nobody asked for. */
void x3p_zip_rest(const struct x3p_zip *z, struct x3p *x);
enum err x3p_md5(const void *p, size_t n, uint8_t out[16], struct fault *f);

/* ---- x3p_xml.c ---- */
enum err x3p_xml_read(struct slice xml, struct x3p *x, struct x3p_links *links, struct fault *f);
/* A whole decimal number and nothing else. */
bool x3p_number(struct slice s, double *out);

/* ---- x3p_data.c: points ---- */
/* The number of points from the sizes: ERR_RANGE past SURFACE_POINTS_MAX. */
enum err x3p_count(struct x3p *x, struct fault *f);
/* The end of the list: what a Datum did not give is missing. */
enum err x3p_datum_end(struct x3p *x, struct x3p_links *links, struct fault *f);
/* One Datum of the list. */
enum err x3p_datum(struct x3p *x, struct x3p_links *links, struct slice text, struct fault *f);
/* Which axes data.bin holds: the absolute ones and Z. Bytes a point takes there. */
bool x3p_in_binary(const struct x3p *x, int axis);
size_t x3p_record_size(const struct x3p *x);
/* Columns from the bytes of data.bin, points * record size of them. */
enum err x3p_columns(struct x3p *x, const uint8_t *bytes, struct fault *f);
void *x3p_column(struct x3p *x, int axis, struct fault *f);
bool x3p_is_valid(const struct x3p *x, uint64_t i);
/* A stored value, integers too; NaN-preserving. */
double x3p_raw(const struct x3p *x, enum x3p_axis_name axis, uint64_t i);
/* Missing points and range, and the findings that follow from them. */
void x3p_measure(struct x3p *x);
#endif
