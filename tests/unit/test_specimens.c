/* Collections, tiles, pictures and the printed page of a comparison. */
#include "ballistics/collection.h"
#include "ballistics/report.h"
#include "ballistics/tile.h"
#include "base/file.h"

#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* The font libraries keep their tables to the end of the process. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libcairo\n";
}

/* ---- a folder ---- */

static void put_file(const char *dir, const char *name, struct slice bytes)
{
    char path[600];
    struct fault f;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_int_equal(file_replace(path, bytes, 0644, &f), OK);
}

static void put_scan(const char *dir, const char *name, uint32_t side, double pitch, float add)
{
    struct surface s;
    struct x3p x;
    struct fault f;
    struct buf b;
    assert_int_equal(surface_make(side, side, pitch, pitch, &s, &f), OK);
    for (size_t i = 0; i < surface_points(&s); i++)
        s.z[i] = i % 3 ? (float)(i % 17) * 1e-7f + add : NAN;
    assert_int_equal(x3p_of_surface(&s, &x, &f), OK);
    buf_init(&b, 16u << 20);
    assert_int_equal(x3p_write(&x, &b, &f), OK);
    put_file(dir, name, buf_view(&b));
    buf_free(&b);
    x3p_free(&x);
    surface_free(&s);
}

static void make_folder(char *dir)
{
    memcpy(dir, "/tmp/athar-scans-XXXXXX", 24);
    assert_non_null(mkdtemp(dir));
    put_scan(dir, "a.x3p", 100, 6.25e-6, 0);
    put_scan(dir, "b 2.x3p", 100, 6.25e-6, 1e-6f);
    put_scan(dir, "coarse.x3p", 100, 6e-5, 0);
    put_scan(dir, "few.x3p", 20, 6.25e-6, 0);
    put_scan(dir, "micro.x3p", 100, 6.25, 0);
    put_file(dir, "broken.x3p", SLICE("PK"));
    put_file(dir, "notes.txt", SLICE("not a scan"));
}

static void drop_folder(const char *dir)
{
    static const char *const names[] = {"a.x3p", "b 2.x3p", "coarse.x3p", "few.x3p", "micro.x3p", "broken.x3p", "notes.txt", "specimens.csv",
        COLLECTION_FILE};
    char path[600];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

static struct enrol_counts enrol(const char *dir, enum x3p_unit unit)
{
    struct enrol_counts n;
    struct fault f = {0};
    const struct enrol_ask ask = {.dir = dir, .unit = unit};
    assert_int_equal(collection_enrol(&ask, &n, &f), OK);
    return n;
}

static void test_enrolment_reads_once_and_says_what_is_unfit(void **state)
{
    char dir[64];
    struct collection c;
    struct fault f = {0};
    make_folder(dir);
    put_file(dir, "specimens.csv", SLICE("file,calibre,lands,land_width_um,note\na.x3p,9mm Luger,6,1800,x\nb 2.x3p,unknown,,,\ngone.x3p,9x19,6,,\n"));
    struct enrol_counts n = enrol(dir, X3P_AS_STATED);
    assert_true(n.files == 6 && n.added == 2 && n.unfit == 4 && n.unmatched == 1);
    n = enrol(dir, X3P_AS_STATED);
    assert_true(n.unchanged == 6 && n.added == 0);
    assert_int_equal(collection_open(dir, &c, &f), OK);
    assert_true(c.enrolled && c.count == 6);
    assert_string_equal(collection_find(&c, SLICE("coarse.x3p"))->unfit.want, "want.fit_pitch");
    assert_string_equal(collection_find(&c, SLICE("few.x3p"))->unfit.want, "want.fit_points");
    assert_string_equal(collection_find(&c, SLICE("micro.x3p"))->unfit.want, "want.x3p_units");
    assert_string_equal(collection_find(&c, SLICE("broken.x3p"))->unfit.want, "want.x3p_archive");
    assert_null(collection_find(&c, SLICE("notes.txt")));
    const struct specimen *a = collection_find(&c, SLICE("a.x3p"));
    assert_true(a->points == 10000 && a->missing == 3334 && a->nx == 100 && fabs(a->pitch - 6.25e-6) < 1e-12);
    assert_true(slice_is(a->class[CLASS_CALIBRE], "9mm Luger") && slice_is(a->class[CLASS_LAND_WIDTH], "1800"));
    collection_close(&c);
    n = enrol(dir, X3P_MICROMETRES); /* only what was unfit is read again */
    assert_true(n.unchanged == 2 && n.added == 1 && n.unfit == 3);
    drop_folder(dir);
}

static void test_what_was_enrolled_is_believed_only_while_the_bytes_are_the_same(void **state)
{
    char dir[64];
    struct collection c;
    struct surface s;
    struct fault f = {0};
    struct hash sha;
    make_folder(dir);
    enrol(dir, X3P_MICROMETRES);
    assert_int_equal(collection_open(dir, &c, &f), OK);
    assert_int_equal(collection_surface(&c, SLICE("micro.x3p"), &s, NULL, &sha, &f), OK);
    assert_true(fabs(s.dx - 6.25e-6) < 1e-12); /* as the person said */
    surface_free(&s);
    assert_int_equal(collection_surface(&c, SLICE("few.x3p"), &s, NULL, NULL, &f), ERR_REFUSED);
    assert_int_equal(collection_surface(&c, SLICE("../a.x3p"), &s, NULL, NULL, &f), ERR_NOT_FOUND);
    put_scan(dir, "a.x3p", 100, 6.25e-6, 2e-6f);
    assert_int_equal(collection_surface(&c, SLICE("a.x3p"), &s, NULL, NULL, &f), ERR_DAMAGED);
    collection_close(&c);
    put_file(dir, COLLECTION_FILE, SLICE("{\"specimens\":[{\"file\":\"../x\"}],\"version\":1}"));
    assert_int_equal(collection_open(dir, &c, &f), ERR_DAMAGED);
    drop_folder(dir);
}

static void test_class_excludes_only_what_contradicts(void **state)
{
    static const struct {
        enum class_field field;
        const char *is, *asked;
        enum class_match want;
    } cases[] = {
        {CLASS_CALIBRE, "9mm Luger", "9x19", CLASS_YES},
        {CLASS_CALIBRE, ".45 ACP", "9x19", CLASS_NO},
        {CLASS_CALIBRE, "unknown", "9x19", CLASS_OPEN},
        {CLASS_CALIBRE, "", "9x19", CLASS_OPEN},
        {CLASS_CALIBRE, "9x19", "", CLASS_YES},
        {CLASS_FIRING_PIN, "Rectangular", "rectangular", CLASS_YES},
        {CLASS_FIRING_PIN, "none seen", "rectangular", CLASS_OPEN},
        {CLASS_LANDS, "6", "5", CLASS_NO},
        {CLASS_LAND_WIDTH, "1800", "1900", CLASS_YES}, /* within 10 % */
        {CLASS_LAND_WIDTH, "1800", "2100", CLASS_NO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct specimen s = {0};
        struct slice ask[CLASS_FIELDS] = {{NULL, 0}};
        s.class[cases[i].field] = slice_str(cases[i].is);
        ask[cases[i].field] = slice_str(cases[i].asked);
        assert_int_equal(collection_match(&s, ask), cases[i].want);
    }
}

static void test_a_table_with_a_wrong_column_changes_nothing(void **state)
{
    char dir[64], path[600];
    struct enrol_counts n;
    struct fault f = {0};
    make_folder(dir);
    put_file(dir, "specimens.csv", SLICE("file,caliber\na.x3p,9x19\n"));
    const struct enrol_ask ask = {.dir = dir};
    assert_int_equal(collection_enrol(&ask, &n, &f), ERR_UNKNOWN_COLUMN);
    assert_string_equal(f.value, "caliber");
    snprintf(path, sizeof path, "%s/%s", dir, COLLECTION_FILE);
    assert_int_equal(access(path, F_OK), -1);
    drop_folder(dir);
}

/* ---- tiles ---- */

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static double be_float(const uint8_t *p)
{
    uint32_t bits = be32(p);
    float v;
    memcpy(&v, &bits, 4);
    return (double)v;
}

static size_t unpack(const struct buf *packed, uint8_t *out, size_t cap)
{
    z_stream z = {.next_in = (Bytef *)packed->p, .avail_in = (uInt)packed->n, .next_out = out, .avail_out = (uInt)cap};
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    size_t n = z.total_out;
    inflateEnd(&z);
    return n;
}

/* Decoded as docs/formats/surface-tile.md says. */
static void check_tile(const struct surface *s, const uint8_t *b)
{
    size_t n = surface_points(s);
    double step = be_float(b + 16), least = be_float(b + 20);
    int64_t q = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t code = b[28 + i] | (uint32_t)b[28 + n + i] << 8;
        if (!code) {
            assert_true(isnan(s->z[i]));
            continue;
        }
        code--;
        q += code & 1 ? -(int64_t)((code + 1) / 2) : (int64_t)(code / 2);
        assert_true(fabs(least + step * (double)q - (double)s->z[i] * 1e6) <= step * 0.51 + 1e-6);
    }
}

static void test_a_tile_decodes_to_the_heights(void **state)
{
    struct surface s;
    struct buf b;
    static uint8_t plain[200000];
    assert_int_equal(surface_make(201, 173, 3e-6, 4e-6, &s, NULL), OK);
    srand(5);
    for (size_t i = 0; i < surface_points(&s); i++)
        s.z[i] = i % 5 ? (float)((rand() % 40001) - 20000) * 1e-9f : NAN;
    s.z[7] = 4e-4f; /* a spike: the step grows, differences use all 16 bits */
    s.z[8] = -4e-4f;
    buf_init(&b, 4u << 20);
    assert_int_equal(tile_write(&s, &b, NULL), OK);
    size_t n = unpack(&b, plain, sizeof plain);
    assert_int_equal(n, 28 + 2 * surface_points(&s));
    assert_memory_equal(plain, "ATHT\0\xc9\0\xad", 8);
    assert_true(fabs(be_float(plain + 8) - 3) < 1e-6 && fabs(be_float(plain + 12) - 4) < 1e-6 && be32(plain + 24) == 1);
    check_tile(&s, plain);
    buf_free(&b);
    surface_free(&s);
}

static void test_a_pair_of_tiles_stays_below_a_megabyte_and_a_half(void **state)
{
    struct surface s;
    struct buf b;
    assert_int_equal(surface_make(1231, 1223, 3e-6, 3e-6, &s, NULL), OK);
    srand(6);
    for (size_t i = 0; i < surface_points(&s); i++) /* noise over the full range: nothing to compress */
        s.z[i] = (float)rand() * 1e-13f;
    buf_init(&b, 4u << 20);
    assert_int_equal(tile_write(&s, &b, NULL), OK);
    assert_true(b.n * 2 < 1500000);
    buf_free(&b);
    surface_free(&s);
}

static void test_fewer_points_are_means(void **state)
{
    struct surface s, r;
    assert_int_equal(surface_make(5, 2, 1e-6, 1e-6, &s, NULL), OK);
    const float z[] = {1, 2, NAN, NAN, 7, 3, 2, NAN, 8, NAN};
    memcpy(s.z, z, sizeof z);
    assert_int_equal(surface_reduce(&s, 2, &r, NULL), OK);
    assert_true(r.nx == 3 && r.ny == 1 && fabs(r.dx - 2e-6) < 1e-15);
    assert_true(r.z[0] == 2 && isnan(r.z[1]) && r.z[2] == 7); /* one of four is too few, one of two is not */
    surface_free(&s);
    surface_free(&r);
}

/* ---- pictures and the page ---- */

static void slope(struct surface *s)
{
    assert_int_equal(surface_make(64, 48, 1e-6, 1e-6, s, NULL), OK);
    for (size_t i = 0; i < surface_points(s); i++)
        s->z[i] = (float)(i % 64) * 1e-7f; /* rises to the right */
}

static unsigned shade_at(const struct picture_ask *ask)
{
    struct surface s;
    cairo_surface_t *image;
    slope(&s);
    assert_int_equal(picture_make(&s, ask, &image, NULL), OK);
    cairo_surface_flush(image);
    int x = cairo_image_surface_get_width(image) / 2, y = cairo_image_surface_get_height(image) / 2;
    unsigned v = cairo_image_surface_get_data(image)[y * cairo_image_surface_get_stride(image) + 4 * x];
    cairo_surface_destroy(image);
    surface_free(&s);
    return v;
}

static void test_a_slope_is_bright_where_it_faces_the_light(void **state)
{
    struct picture_ask ask = {.side = 64, .light = 270, .height = 35}; /* it faces left, where the light is */
    unsigned facing = shade_at(&ask), away;
    ask.light = 90;
    away = shade_at(&ask);
    ask.light = 0;
    assert_true(facing > 180 && away < 100 && shade_at(&ask) > away && shade_at(&ask) < facing);
    ask.turn = 180; /* turned round, it faces right */
    ask.light = 90;
    assert_true(abs((int)shade_at(&ask) - (int)facing) < 3);
}

static void test_the_printed_page(void **state)
{
    struct lang_set *langs;
    struct surface s;
    struct buf first, again;
    struct fault f = {0};
    assert_int_equal(lang_load(&langs, &f), OK);
    slope(&s);
    const struct picture_cell cell[] = {{2e-5, 2e-5, 1e-5, 3, 1, true}};
    const struct report_result told = {SLICE("18 of 27 cells agree."), SLICE("25 um"), SLICE("No ratio."), SLICE("Ten slides."), cell, cell, 1};
    const struct report_conclusion concluded = {SLICE("Lead"), SLICE("striae at the upper edge"), SLICE("an examiner, 3 March 2026")};
    struct report r = {.conclusion = &concluded, .conclusions = 1, .result = &told, .now = 1700000000000};
    r.side[0] = (struct report_side){.file = SLICE("case 12 a.x3p"), .surface = &s, .points = 3072};
    r.side[1] = (struct report_side){.file = SLICE("test fire.x3p"), .surface = &s, .points = 3072};
    for (size_t i = 0; i < lang_count(langs); i++) {
        buf_init(&first, 8u << 20);
        buf_init(&again, 8u << 20);
        assert_int_equal(report_pdf(&r, lang_at(langs, i), &first, &f), OK);
        assert_int_equal(report_pdf(&r, lang_at(langs, i), &again, &f), OK);
        assert_int_equal(first.n, again.n);
        assert_memory_equal(first.p, again.p, first.n);
        assert_non_null(memmem(first.p, first.n, "/Count 1", 8)); /* one page */
        buf_free(&first);
        buf_free(&again);
    }
    surface_free(&s);
    lang_unload(langs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enrolment_reads_once_and_says_what_is_unfit),
        cmocka_unit_test(test_what_was_enrolled_is_believed_only_while_the_bytes_are_the_same),
        cmocka_unit_test(test_class_excludes_only_what_contradicts),
        cmocka_unit_test(test_a_table_with_a_wrong_column_changes_nothing),
        cmocka_unit_test(test_a_tile_decodes_to_the_heights),
        cmocka_unit_test(test_a_pair_of_tiles_stays_below_a_megabyte_and_a_half),
        cmocka_unit_test(test_fewer_points_are_means),
        cmocka_unit_test(test_a_slope_is_bright_where_it_faces_the_light),
        cmocka_unit_test(test_the_printed_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
