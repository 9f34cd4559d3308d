/* X3P files: what the standard says of points, what real files get wrong, what must be refused, and that written files read back. */
#include "ballistics/x3p.h"
#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/stat.h>
#include "x3p_help.h"

#define GRID_2X2 "<MatrixDimension><SizeX>2</SizeX><SizeY>2</SizeY><SizeZ>1</SizeZ></MatrixDimension>"
#define LINK "<DataLink><PointDataLink>bindata/data.bin</PointDataLink></DataLink>"
#define LINK_VALID \
    "<DataLink><PointDataLink>bindata/data.bin</PointDataLink><ValidPointsLink>bindata/valid.bin</ValidPointsLink></DataLink>"

/* A file of main.xml and up to two more members. */
static enum err read_with(struct slice xml, const char *xml_name, const struct zip_part *more, size_t n, struct x3p *x, struct fault *f)
{
    struct zip_part part[8] = {{xml_name, xml, 0, 0}};
    struct buf zip;
    for (size_t i = 0; i < n; i++)
        part[i + 1] = more[i];
    buf_init(&zip, 16u << 20);
    zip_make(&zip, part, n + 1);
    memset(f, 0, sizeof *f);
    enum err e = x3p_read(buf_view(&zip), x, f);
    buf_free(&zip);
    return e;
}

static enum err read_say(const struct xml_say *say, struct slice data, struct slice valid, struct x3p *x, struct fault *f)
{
    struct buf xml;
    buf_init(&xml, 1u << 20);
    xml_make(&xml, say);
    const struct zip_part more[] = {{"bindata/data.bin", data, 0, 0}, {"bindata/valid.bin", valid, 0, 0}};
    enum err e = read_with(buf_view(&xml), "main.xml", more, valid.n ? 2 : data.n ? 1 : 0, x, f);
    buf_free(&xml);
    return e;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1 + fabs(b));
}

/* ---- points ---- */

static void test_each_data_type(void **state)
{
    static const struct {
        const char *type, *more;
        struct slice data;
        double z[4];
    } cases[] = {
        {"I", "<Increment>1e-9</Increment><Offset>-5e-7</Offset>", {"\x00\x00\x01\x00\xff\xff\x00\x80", 8}, {-5e-7, -4.99e-7, -5.01e-7, -3.3268e-5}},
        {"L", "<Increment>1e-9</Increment>", {"\x00\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\xff\x00\x00\x01\x00", 16}, {0, 1e-9, -1e-9, 6.5536e-5}},
        {"F", "", {"\x00\x00\x00\x00\x00\x00\x80\x3c\x00\x00\x80\xbc\x00\x00\x00\x3c", 16}, {0, 0.015625, -0.015625, 0.0078125}},
        {"D", "", {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x90\x3f\0\0\0\0\0\0\x90\xbf\0\0\0\0\0\0\x80\x3f", 32}, {0, 0.015625, -0.015625, 0.0078125}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct x3p x;
        struct fault f;
        const struct xml_say say = {"SUR", "I", "D", "I", "D", cases[i].type, cases[i].more, GRID_2X2, LINK};
        assert_int_equal(read_say(&say, cases[i].data, SLICE(""), &x, &f), OK);
        for (size_t k = 0; k < 4; k++)
            assert_true(near(x3p_at(&x, X3P_Z, k), cases[i].z[k]));
        assert_true(near(x3p_at(&x, X3P_X, 3), 2e-6) && near(x3p_at(&x, X3P_Y, 3), 4e-6)); /* X fastest */
        assert_true(near(x3p_at(&x, X3P_X, 1), 2e-6) && near(x3p_at(&x, X3P_Y, 1), 0));
        assert_int_equal(x.missing, 0);
        x3p_free(&x);
    }
}

static void test_validity_bits(void **state)
{
    struct x3p x;
    struct fault f;
    const struct xml_say say = {"SUR", "I", "", "I", "", "I", "<Increment>1e-9</Increment>", GRID_2X2, LINK_VALID};
    assert_int_equal(read_say(&say, SLICE("\1\0\2\0\3\0\4\0"), SLICE("\xfd"), &x, &f), OK); /* bit 1 = 0: the second point */
    assert_int_equal(x.missing, 1);
    assert_true(near(x3p_at(&x, X3P_Z, 0), 1e-9) && isnan(x3p_at(&x, X3P_Z, 1)) && near(x3p_at(&x, X3P_Z, 3), 4e-9));
    assert_true(x3p_has(&x, X3P_FOUND_PADDING));
    x3p_free(&x);
}

static void test_absolute_axes_are_interleaved(void **state)
{
    struct x3p x;
    struct fault f;
    const struct xml_say say = {"PCL", "A", "I", "A", "L", "I", "<Increment>1e-6</Increment>", "<ListDimension>2</ListDimension>", LINK};
    assert_int_equal(read_say(&say, SLICE("\1\0\2\0\0\0\3\0" "\4\0\5\0\0\0\xfa\xff"), SLICE(""), &x, &f), OK);
    assert_true(near(x3p_at(&x, X3P_X, 0), 2e-6) && near(x3p_at(&x, X3P_Y, 0), 8e-6) && near(x3p_at(&x, X3P_Z, 0), 3e-6));
    assert_true(near(x3p_at(&x, X3P_X, 1), 8e-6) && near(x3p_at(&x, X3P_Y, 1), 2e-5) && near(x3p_at(&x, X3P_Z, 1), -6e-6));
    x3p_free(&x);
}

static void test_lists_in_the_xml(void **state)
{
    static const struct {
        struct xml_say say;
        uint64_t missing;
        double x1, y1, z0;
    } cases[] = {
        {{"SUR", "I", "", "I", "", "D", "", GRID_2X2, "<DataList><Datum>1e-3</Datum><Datum/><Datum> 2 </Datum><Datum>3</Datum></DataList>"}, 1, 2e-6, 0, 1e-3},
        {{"SUR", "I", "", "I", "", "I", "<Increment>.5</Increment>", GRID_2X2,
             "<DataList><Datum>7</Datum><Datum></Datum><Datum>2</Datum><Datum>3</Datum></DataList>"}, 1, 2e-6, 0, 3.5},
        {{"SUR", "I", "", "A", "I", "F", "", GRID_2X2, "<DataList><Datum>1;.25</Datum><Datum>2;2</Datum><Datum/><Datum>4;4</Datum></DataList>"}, 1, 2e-6, 8e-6, .25},
        {{"PCL", "A", "D", "A", "D", "D", "", "<ListDimension>2</ListDimension>", "<DataList><Datum>1e-6;2e-6;3e-6</Datum><Datum>4e-6;5e-6;6e-6</Datum></DataList>"},
            0, 4e-6, 5e-6, 3e-6},
        {{"PRF", "I", "", "I", "", "D", "", "<MatrixDimension><SizeX>2</SizeX><SizeY>1</SizeY><SizeZ>1</SizeZ></MatrixDimension>",
             "<DataList><Datum>1;1;1e-6</Datum><Datum>3;2;2e-6</Datum></DataList>"}, 0, 6e-6, 8e-6, 1e-6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct x3p x;
        struct fault f;
        assert_int_equal(read_say(&cases[i].say, SLICE(""), SLICE(""), &x, &f), OK);
        assert_int_equal(x.missing, cases[i].missing);
        assert_true(near(x3p_at(&x, X3P_X, 1), cases[i].x1) && near(x3p_at(&x, X3P_Y, 1), cases[i].y1) && near(x3p_at(&x, X3P_Z, 0), cases[i].z0));
        x3p_free(&x);
    }
}

/* ---- findings ---- */

static void test_oddities_are_told(void **state)
{
    struct x3p x;
    struct fault f;
    const struct slice xml = SLICE("<ISO5436><Record1><Revision>ISO5436-2000</Revision><FeatureType>SUR</FeatureType><Axes><CX><AxisType>I</AxisType>"
        "<Increment>6.25</Increment><Offset/></CX><CY><AxisType>I</AxisType><Increment>6.25</Increment></CY><CZ><AxisType>A</AxisType><DataType>D"
        "</DataType><Increment>1e-6</Increment></CZ></Axes></Record1><Record3>" GRID_2X2 "<DataLink><PointDataLink>data.bin</PointDataLink>"
        "<MD5ChecksumPointData>D41D8CD98F00B204E9800998ECF8427E</MD5ChecksumPointData></DataLink></Record3></ISO5436>");
    const struct zip_part more[] = {
        {"scan/md5checksum.hex", SLICE("d41d8cd98f00b204e9800998ecf8427e\r\n"), 0, 0}, /* the MD5 of nothing, RFC 1321 A.5 */
        {"scan/bindata/data.bin", {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf8\x7f\0\0\0\0\0\0\xf0\x7f\0\0\0\0\0\0\x10\x40", 32}, 0, 0},
        {"scan/bindata/mask.png", SLICE("x"), 0, 0},
        {"__MACOSX/scan/._main.xml", SLICE("x"), 0, 0},
    };
    static const enum x3p_finding_code want[] = {X3P_FOUND_ROOT_NAME, X3P_FOUND_NAMESPACE, X3P_FOUND_FOLDER, X3P_FOUND_JUNK, X3P_FOUND_MEMBER,
        X3P_FOUND_LINK, X3P_FOUND_REVISION, X3P_FOUND_SUM_XML, X3P_FOUND_SUM_DATA, X3P_FOUND_RECORD4, X3P_FOUND_INCREMENT_UNUSED,
        X3P_FOUND_UNITS_PITCH, X3P_FOUND_UNITS_HEIGHT, X3P_FOUND_INFINITE};
    assert_int_equal(read_with(xml, "scan/main.xml", more, 4, &x, &f), OK);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_true(x3p_has(&x, want[i]));
    assert_int_equal(x.missing, 2); /* NaN and infinity */
    assert_true(near(x3p_at(&x, X3P_Z, 3), 4)); /* not divided, not multiplied */
    struct surface s;
    assert_int_equal(x3p_surface(&x, X3P_AS_STATED, &s, &f), ERR_REFUSED);
    assert_string_equal(f.want, "want.x3p_units");
    assert_int_equal(x3p_surface(&x, X3P_MICROMETRES, &s, &f), OK);
    assert_true(near(s.dx, 6.25e-6) && near(s.z0 + (double)s.z[3], 4e-6) && isnan(s.z[1]));
    surface_free(&s);
    x3p_free(&x);
}

static void test_a_sound_file_has_no_findings(void **state)
{
    struct surface s;
    struct x3p x, again;
    struct fault f;
    struct buf b;
    assert_int_equal(surface_make(3, 2, 1e-6, 2e-6, &s, &f), OK);
    s.z0 = -7e-3;
    for (int i = 0; i < 5; i++)
        s.z[i] = (float)i * 1e-6f;
    assert_int_equal(x3p_of_surface(&s, &x, &f), OK);
    buf_init(&b, 1u << 20);
    assert_int_equal(x3p_write(&x, &b, &f), OK);
    assert_int_equal(x3p_read(buf_view(&b), &again, &f), OK);
    assert_int_equal(again.finding_count, 0);
    assert_int_equal(again.missing, 1);
    surface_free(&s);
    assert_int_equal(x3p_surface(&again, X3P_AS_STATED, &s, &f), OK);
    for (int i = 0; i < 5; i++)
        assert_true(fabs(s.z0 + (double)s.z[i] - (-7e-3 + i * 1e-6)) < 1e-12); /* a float alone would be 4e-10 off at 7 mm */
    assert_true(isnan(s.z[5]) && s.nx == 3 && s.ny == 2 && near(s.dy, 2e-6));
    surface_free(&s);
    x3p_free(&x);
    x3p_free(&again);
    buf_free(&b);
}

/* ---- refused ---- */

static void refuse(struct slice xml, const char *name, const struct zip_part *more, size_t n, enum err want, const char *key)
{
    struct x3p x;
    struct fault f;
    enum err e = read_with(xml, name, more, n, &x, &f);
    if (e == OK)
        x3p_free(&x);
    if (e != want || strcmp(f.want, key) != 0)
        print_message("%s: got %s, %s %s\n", key, err_name(e), f.want, f.value);
    assert_int_equal(e, want);
    assert_string_equal(f.want, key);
}

static void test_hostile_archives(void **state)
{
    struct buf xml;
    const struct slice data = {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16};
    const struct xml_say say = {"SUR", "I", "", "I", "", "F", "", GRID_2X2, LINK};
    buf_init(&xml, 1u << 20);
    xml_make(&xml, &say);
    const struct {
        struct zip_part part;
        enum err e;
        const char *key;
    } cases[] = {
        {{"../data.bin", data, 0, 0}, ERR_REFUSED, "want.x3p_member_name"},
        {{"bindata/../../data.bin", data, 0, 0}, ERR_REFUSED, "want.x3p_member_name"},
        {{"/bindata/data.bin", data, 0, 0}, ERR_REFUSED, "want.x3p_member_name"},
        {{"bindata\\data.bin", data, 0, 0}, ERR_REFUSED, "want.x3p_member_name"},
        {{"C:data.bin", data, 0, 0}, ERR_REFUSED, "want.x3p_member_name"},
        {{"bindata/data.bin", data, S_IFLNK | 0777, 0}, ERR_REFUSED, "want.x3p_no_symlink"},
        {{"main.xml", data, 0, 0}, ERR_FORMAT, "want.x3p_archive"},
        {{"MAIN.XML", data, 0, 0}, ERR_REFUSED, "want.x3p_member_once"},
        {{"other/main.xml", data, 0, 0}, ERR_REFUSED, "want.x3p_member_once"},
        {{"bindata/data.bin", data, 0, 900u << 20}, ERR_REFUSED, "want.x3p_member_size"},
        {{"bindata/data.bin", data, 0, 64u << 20}, ERR_REFUSED, "want.x3p_ratio"},
        {{"bindata/data.bin", {"\0\0\0\0", 4}, 0, 16}, ERR_DAMAGED, "want.x3p_unpack"},
        {{"bindata/data.bin", {"\0\0\0\0", 4}, 0, 0}, ERR_FORMAT, "want.x3p_data_size"},
        {{"bindata/other.bin", data, 0, 0}, ERR_FORMAT, "want.x3p_link"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(buf_view(&xml), "main.xml", &cases[i].part, 1, cases[i].e, cases[i].key);
    const struct zip_part twice[] = {{"a/data.bin", data, 0, 0}, {"b/data.bin", data, 0, 0}};
    refuse(buf_view(&xml), "main.xml", twice, 2, ERR_FORMAT, "want.x3p_link");
    buf_free(&xml);
    refuse(SLICE("x"), "other.xml", NULL, 0, ERR_FORMAT, "want.x3p_main");
    struct x3p x;
    struct fault f;
    assert_int_equal(x3p_read(SLICE("not an archive"), &x, &f), ERR_FORMAT);
    assert_int_equal(x3p_read(SLICE(""), &x, &f), ERR_FORMAT);
}

static void test_hostile_xml(void **state)
{
    static const struct {
        const char *xml;
        enum err e;
        const char *key;
    } cases[] = {
        {"<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><ISO5436_2>&c;</ISO5436_2>", ERR_REFUSED, "want.x3p_no_doctype"},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><ISO5436_2/>", ERR_REFUSED, "want.x3p_no_doctype"},
        {"<ISO5436_2>&undefined;</ISO5436_2>", ERR_FORMAT, "want.x3p_xml"},
        {"<ISO5436_2><Record1></ISO5436_2>", ERR_FORMAT, "want.x3p_xml"},
        {"<ISO5436_2>", ERR_FORMAT, "want.x3p_xml"},
        {"", ERR_FORMAT, "want.x3p_xml"},
        {"<gpx/>", ERR_FORMAT, "want.x3p_root"},
        {"<ISO5436_2><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></ISO5436_2>",
            ERR_REFUSED, "want.x3p_depth"},
        {"<ISO5436_2/>", ERR_MISSING, "want.x3p_axis"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(slice_str(cases[i].xml), "main.xml", NULL, 0, cases[i].e, cases[i].key);
}

static void test_values_out_of_bounds(void **state)
{
#define SIZES(x, y, z) "<MatrixDimension><SizeX>" x "</SizeX><SizeY>" y "</SizeY><SizeZ>" z "</SizeZ></MatrixDimension>"
#define LIST(text) "<DataList>" text "</DataList>"
    static const struct {
        const char *zt, *more, *dimension, *data;
        enum err e;
        const char *key;
    } cases[] = {
        {"D", "", SIZES("65536", "65536", "1"), LINK, ERR_RANGE, "want.x3p_size"},
        {"D", "", SIZES("4294967296", "4294967296", "4294967296"), LINK, ERR_RANGE, "want.x3p_size"},
        {"D", "", SIZES("0", "1", "1"), LINK, ERR_RANGE, "want.x3p_size"},
        {"D", "", SIZES("-1", "1", "1"), LINK, ERR_RANGE, "want.x3p_size"},
        {"D", "", SIZES("67108864", "1", "1"), LIST("<Datum/>"), ERR_FORMAT, "want.x3p_datum_count"}, /* nothing is set aside for them */
        {"D", "", GRID_2X2, LIST("<Datum>1</Datum>"), ERR_FORMAT, "want.x3p_datum_count"},
        {"D", "", GRID_2X2, LIST("<Datum>1</Datum><Datum/><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_datum_count"},
        {"D", "", GRID_2X2, LIST("<Datum>1;2</Datum><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_datum"},
        {"D", "", GRID_2X2, LIST("<Datum>1;2;3;4</Datum><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_datum"},
        {"D", "", GRID_2X2, LIST("<Datum>1</Datum><Datum>1;2;3</Datum><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_datum"},
        {"D", "", GRID_2X2, LIST("<Datum>0x10</Datum><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_number"},
        {"D", "", GRID_2X2, LIST("<Datum>1e999</Datum><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_number"},
        {"I", "", GRID_2X2, LIST("<Datum>32768</Datum><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_number"},
        {"I", "", GRID_2X2, LIST("<Datum>1.5</Datum><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_number"},
        {"F", "", GRID_2X2, LIST("<Datum>1e39</Datum><Datum/><Datum/><Datum/>"), ERR_FORMAT, "want.x3p_number"},
        {"X", "", GRID_2X2, LINK, ERR_UNKNOWN_CODE, "want.x3p_type"},
        {"", "", GRID_2X2, LINK, ERR_MISSING, "want.x3p_type"},
        {"D", "<Increment>1</Increment><Increment>2</Increment>", GRID_2X2, LINK, ERR_EXISTS, "want.x3p_once"},
        {"D", "<Increment>1<b/></Increment>", GRID_2X2, LINK, ERR_FORMAT, "want.x3p_leaf"},
        {"D", "<Increment>nan</Increment>", GRID_2X2, LINK, ERR_FORMAT, "want.x3p_number"},
        {"D", "", GRID_2X2 "<ListDimension>4</ListDimension>", LINK, ERR_FORMAT, "want.x3p_dimension"},
        {"D", "", GRID_2X2, "", ERR_FORMAT, "want.x3p_data"},
        {"D", "", GRID_2X2, "<DataLink><PointDataLink>../../etc/passwd</PointDataLink></DataLink>", ERR_REFUSED, "want.x3p_member_name"},
        {"D", "", GRID_2X2, "<DataLink><PointDataLink>http://example.org/data.bin</PointDataLink></DataLink>", ERR_REFUSED, "want.x3p_member_name"},
        {"D", "", GRID_2X2, "<DataLink><PointDataLink>data.bin</PointDataLink><MD5ChecksumPointData>12</MD5ChecksumPointData></DataLink>", ERR_FORMAT,
            "want.x3p_md5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf xml;
        const struct xml_say say = {"SUR", "I", "", "I", "", cases[i].zt, cases[i].more, cases[i].dimension, cases[i].data};
        buf_init(&xml, 1u << 20);
        xml_make(&xml, &say);
        refuse(buf_view(&xml), "main.xml", NULL, 0, cases[i].e, cases[i].key);
        buf_free(&xml);
    }
}

/* ---- written files ---- */

static void check_equal(const struct x3p *a, const struct x3p *b)
{
    assert_int_equal(a->feature, b->feature);
    assert_int_equal(a->points, b->points);
    assert_int_equal(a->missing, b->missing);
    assert_memory_equal(a->size, b->size, sizeof a->size);
    assert_int_equal(a->is_list, b->is_list);
    assert_int_equal(a->valid != NULL, b->valid != NULL);
    if (a->valid)
        assert_memory_equal(a->valid, b->valid, (a->points + 7) / 8);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(a->axis[i].absolute, b->axis[i].absolute);
        assert_int_equal(a->axis[i].type, b->axis[i].type);
        assert_true(a->axis[i].increment == b->axis[i].increment && a->axis[i].offset == b->axis[i].offset);
        assert_int_equal(a->value[i] != NULL, b->value[i] != NULL);
        if (a->value[i] && !a->is_inline)
            assert_memory_equal(a->value[i], b->value[i], a->points * x3p_type_size(x3p_column_type(a, (enum x3p_axis_name)i)));
        for (uint64_t k = 0; k < a->points; k++) {
            double p = x3p_at(a, (enum x3p_axis_name)i, k), q = x3p_at(b, (enum x3p_axis_name)i, k);
            assert_true(p == q || (isnan(p) && isnan(q)));
        }
    }
    for (int i = 0; i < X3P_TEXTS; i++)
        assert_true(slice_eq(a->text[i], b->text[i]));
    assert_memory_equal(a->rotation, b->rotation, sizeof a->rotation);
}

static void write_and_read(struct x3p *x)
{
    struct x3p again;
    struct fault f = {0};
    struct buf b, twice;
    buf_init(&b, 1u << 20);
    buf_init(&twice, 1u << 20);
    assert_int_equal(x3p_write(x, &b, &f), OK);
    assert_int_equal(x3p_write(x, &twice, &f), OK);
    assert_int_equal(b.n, twice.n);
    assert_memory_equal(b.p, twice.p, b.n);
    assert_int_equal(x3p_read(buf_view(&b), &again, &f), OK);
    check_equal(x, &again);
    assert_false(x3p_has(&again, X3P_FOUND_SUM_XML) || x3p_has(&again, X3P_FOUND_SUM_DATA) || x3p_has(&again, X3P_FOUND_SUM_VALID));
    x3p_free(&again);
    buf_free(&b);
    buf_free(&twice);
}

/* 7 points of every type, in every way to write them, with odd bits: NaN with a payload, -0, the ends of each range. */
static void test_written_files_read_back(void **state)
{
    static const char *const types[] = {"I", "L", "F", "D"};
    static const char *const lists[] = {"SUR", "PRF", "PCL"};
    char data[7 * 24];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 37 + (i % 8 == 7 ? 0x7f : 0x80));
    for (size_t t = 0; t < 4; t++)
        for (size_t l = 0; l < 3; l++)
            for (int mask = 0; mask < 2; mask++) {
                static const size_t size[] = {2, 4, 4, 8};
                struct x3p x;
                struct fault f;
                const char *axis = l == 2 ? "A" : "I";
                const struct xml_say say = {lists[l], axis, types[t], axis, types[t], types[t], "<Increment>3e-9</Increment><Offset>1e-7</Offset>",
                    l == 2 ? "<ListDimension>7</ListDimension>" : SIZES("7", "1", "1"), mask ? LINK_VALID : LINK};
                struct slice bytes = slice_of(data, 7 * size[t] * (l == 2 ? 3 : 1));
                assert_int_equal(read_say(&say, bytes, mask ? SLICE("\x5b") : SLICE(""), &x, &f), OK);
                assert_int_equal(x3p_set_text(&x, X3P_COMMENT, SLICE("a < b & \"c\" > d,\r\n\xd8\xa3\xd8\xab\xd8\xb1")), OK);
                assert_int_equal(x3p_set_text(&x, X3P_SERIAL, SLICE("0O 1I")), OK);
                x.has_rotation = true;
                for (int r = 0; r < 9; r++)
                    x.rotation[r] = r / 7.0;
                write_and_read(&x);
                x3p_free(&x);
            }
}

static void test_written_lists_read_back(void **state)
{
    const struct xml_say says[] = {
        {"SUR", "I", "", "I", "", "F", "", GRID_2X2, LIST("<Datum>0.1</Datum><Datum/><Datum>3e38</Datum><Datum>-0</Datum>")},
        {"SUR", "I", "", "I", "", "I", "", GRID_2X2, LIST("<Datum>-32768</Datum><Datum/><Datum>32767</Datum><Datum>0</Datum>")},
        {"PCL", "A", "D", "A", "L", "D", "", GRID_2X2, LIST("<Datum>1e-6;5;1e-300</Datum><Datum/><Datum>1;2;.3</Datum><Datum>3;4;5</Datum>")},
        {"PRF", "I", "", "I", "I", "D", "", GRID_2X2, LIST("<Datum>1;2;3</Datum><Datum>3;4;5</Datum><Datum>6;7;8</Datum><Datum>9;9;9</Datum>")},
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        struct x3p x;
        struct fault f;
        assert_int_equal(read_say(&says[i], SLICE(""), SLICE(""), &x, &f), OK);
        write_and_read(&x);
        x3p_free(&x);
    }
}

/* ---- memory ---- */

static void test_every_request_for_memory_may_fail(void **state)
{
    struct buf xml, zip;
    buf_init(&xml, 1u << 20);
    buf_init(&zip, 1u << 20);
    const struct xml_say say = {"PCL", "A", "I", "A", "I", "I", "", "<ListDimension>2</ListDimension>", LINK_VALID};
    xml_make(&xml, &say);
    const struct zip_part part[] = {{"main.xml", buf_view(&xml), 0, 0}, {"bindata/data.bin", {"\1\0\2\0\3\0\4\0\5\0\6\0", 12}, 0, 0},
        {"bindata/valid.bin", SLICE("\1"), 0, 0}};
    zip_make(&zip, part, 3);
    uint64_t n;
    for (n = 1;; n++) {
        struct x3p x;
        struct fault f;
        mem_test_fail_at(n);
        enum err e = x3p_read(buf_view(&zip), &x, &f);
        mem_test_fail_at(0);
        if (e == OK) {
            x3p_free(&x);
            break;
        }
        assert_int_equal(e, ERR_MEMORY);
    }
    assert_true(n > 4);
    buf_free(&xml);
    buf_free(&zip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_data_type),
        cmocka_unit_test(test_validity_bits),
        cmocka_unit_test(test_absolute_axes_are_interleaved),
        cmocka_unit_test(test_lists_in_the_xml),
        cmocka_unit_test(test_oddities_are_told),
        cmocka_unit_test(test_a_sound_file_has_no_findings),
        cmocka_unit_test(test_hostile_archives),
        cmocka_unit_test(test_hostile_xml),
        cmocka_unit_test(test_values_out_of_bounds),
        cmocka_unit_test(test_written_files_read_back),
        cmocka_unit_test(test_written_lists_read_back),
        cmocka_unit_test(test_every_request_for_memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
