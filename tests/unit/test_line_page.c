/* What the printed page and the terminal must show, whatever the life: the caution, one page, the same bytes again. */
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <unistd.h>
#include "base/file.h"
#include "base/mem.h"
#include "lang/lang.h"
#include "lang/paper.h"
#include "scenario/life.h"
#include "trace/line.h"

static struct lang_set *langs;
static const char caution[] = "Candidate, not identification. Confirm all marks with the record owner before acting on a person.";

/* The font libraries keep their tables to the end of the process. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libcairo\n";
}

static void print(const char *events, const char *lang, bool pdf, struct buf *out)
{
    struct life l;
    struct arena a;
    struct fault f;
    const struct line *line;
    json_t *root = json_pack("{s:o}", "events", json_loads(events, 0, NULL));
    assert_non_null(root);
    life_open(&l, root);
    struct line_input in = {.event = l.event, .count = l.count, .profile = &l.profile, .as_of = INT64_MAX, .known = INT64_MAX,
        .now = time_from_civil(2024, 6, 1)};
    arena_init(&a, 32u << 20);
    assert_int_equal(line_build(&a, &in, &line, &f), OK);
    buf_init(out, 8u << 20);
    if (pdf)
        assert_int_equal(line_pdf(line, lang_find(langs, slice_str(lang)), out, &f), OK);
    else
        line_text(line, lang_find(langs, slice_str(lang)), 80, false, out);
    assert_int_equal(out->err, OK);
    arena_free(&a);
    life_close(&l);
}

/* The page's words in reading order, by another program. */
static void words_of(const struct buf *pdf, struct buf *out)
{
    char name[] = "/tmp/athar-page-XXXXXX", command[128];
    int fd = mkstemp(name);
    struct fault f;
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, pdf->p, pdf->n, &f), OK);
    close(fd);
    snprintf(command, sizeof command, "pdftotext -raw %s -", name);
    FILE *p = popen(command, "r");
    buf_init(out, 1u << 20);
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, p)) > 0;)
        buf_add(out, chunk, n);
    assert_int_equal(pclose(p), 0);
    unlink(name);
}

static size_t count_of(const struct buf *b, const char *what)
{
    size_t n = 0;
    for (const char *p = b->p; (p = memmem(p, b->n - (size_t)(p - b->p), what, strlen(what))); p++)
        n++;
    return n;
}

static void check_page(const char *events, const char *lang, const char *const *must, size_t n)
{
    struct buf first, again, words;
    print(events, lang, true, &first);
    print(events, lang, true, &again);
    assert_int_equal(first.n, again.n);
    assert_memory_equal(first.p, again.p, first.n); /* same line, language and clock: same bytes */
    assert_int_equal(count_of(&first, "/Type /Page %"), 1);
    words_of(&first, &words);
    for (size_t i = 0; i < n; i++)
        if (!strstr(words.p, must[i]))
            fail_msg("the page does not say “%s”:\n%s", must[i], words.p);
    buf_free(&first);
    buf_free(&again);
    buf_free(&words);
}

#define SALE(year, from, to) "{\"kind\":\"sold\",\"happened\":\"" year "\",\"from\":\"" from "\",\"to\":\"" to "\"}"

static void pages(void **state)
{
    static const char *const nothing[] = {caution, "Nothing is recorded about this firearm."};
    static const char *const life[] = {caution, "TLB71835", "Last lawful holder: Ana Lima", "Point of diversion (proposed)", "Whom to ask next"};
    check_page("[]", "en", nothing, 2);
    check_page("[" SALE("1993-04-02", "DEALER Loja", "Ana Lima") ",{\"kind\":\"seized\",\"happened\":\"2001\",\"with\":\"Zed\",\"mark\":\"TLB71835\"}]", "en", life, 5);
    check_page("[" SALE("1993-04-02", "Иван", "أحمد") "]", "ar", NULL, 0);
}

/* Sixty sales do not fit: the page says how many steps are left out, and which. */
static void long_life(void **state)
{
    char events[16384] = "[";
    for (int i = 0; i < 60; i++) {
        char one[160];
        snprintf(one, sizeof one, "%s{\"kind\":\"sold\",\"happened\":\"%d-06-01\",\"from\":\"P%d\",\"to\":\"P%d\"}", i ? "," : "", 1960 + i, i, i + 1);
        strncat(events, one, sizeof events - strlen(events) - 1);
    }
    strncat(events, "]", 2);
    static const char *const must[] = {caution, "steps are left out here (numbers ", "Passed from P59 to P60", "Passed from P0 to P1"};
    check_page(events, "en", must, 4);
}

static void terminal(void **state)
{
    struct buf out;
    print("[" SALE("1993-04-02", "DEALER Loja", "Ana Lima") ",{\"kind\":\"stolen\",\"happened\":\"2001\"}]", "en", false, &out);
    assert_non_null(strstr(out.p, "Reported stolen from Ana Lima, 2001; not seen since."));
    assert_non_null(strstr(out.p, "\nCandidate, not identification. Confirm all marks with the record owner before"));
    assert_null(strchr(out.p, '\033')); /* no colours unless asked for */
    for (const char *p = out.p, *end; *p; p = end + 1) {
        end = strchr(p, '\n');
        assert_non_null(end);
        assert_true(end - p <= 80); /* ASCII here: bytes are columns */
    }
    buf_free(&out);
}

enum form { JSON, TEXT, PDF };

static enum err answer(const struct line_input *in, enum form form, struct buf *out)
{
    struct arena a;
    struct fault f;
    struct cj j;
    const struct line *line;
    const struct lang *en = lang_find(langs, SLICE("en"));
    arena_init(&a, 32u << 20);
    enum err e = line_build(&a, in, &line, &f);
    if (!e && form == JSON) {
        cj_open_loose(&j, out);
        line_json(line, en, &j);
    } else if (!e && form == TEXT) {
        line_text(line, en, 80, false, out);
    } else if (!e) {
        e = line_pdf(line, en, out, &f);
    }
    arena_free(&a);
    return e ? e : out->err;
}

/* When the n-th request for memory fails, the answer is an error; it never lacks a part in silence. */
static void no_memory(void **state)
{
    struct life l;
    life_open(&l, json_loads("{\"events\":[" SALE("1993-04-02", "DEALER Loja", "Ana Lima") ",{\"kind\":\"stolen\",\"happened\":\"2001\"}]}", 0, NULL));
    struct line_input in = {.event = l.event, .count = l.count, .profile = &l.profile, .as_of = INT64_MAX, .known = INT64_MAX,
        .now = time_from_civil(2024, 6, 1)};
    for (enum form form = JSON; form <= PDF; form++) {
        struct buf whole;
        buf_init(&whole, 8u << 20);
        mem_test_fail_at(0);
        assert_int_equal(answer(&in, form, &whole), OK);
        uint64_t requests = mem_test_requests(), step = requests > 300 ? requests / 150 : 1;
        assert_true(requests > 0);
        for (uint64_t n = 1; n <= requests; n += step) {
            struct buf out;
            buf_init(&out, 8u << 20);
            mem_test_fail_at(n);
            enum err e = answer(&in, form, &out);
            mem_test_fail_at(0);
            if (e == OK)
                fail_msg("form %d: request %d of %d failed and nobody said so", (int)form, (int)n, (int)requests);
            buf_free(&out);
        }
        buf_free(&whole);
    }
    life_close(&l);
}

static int load(void **state)
{
    struct fault f;
    return lang_load(&langs, &f) == OK ? 0 : -1;
}

static int unload(void **state)
{
    lang_unload(langs);
    return 0;
}

/* The columns of a page that a short paragraph inks: the first and the last. */
static void ink_of(bool rtl, const char *text, int *first, int *last)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, (int)PAPER_WIDTH, 60);
    struct paper p = {.cr = cairo_create(s), .rtl = rtl};
    const struct paper_face face = {.size = 12};
    *first = (int)PAPER_WIDTH;
    *last = -1;
    paper_text(&p, true, PAPER_MARGIN, 10, PAPER_WIDTH - 2 * PAPER_MARGIN, 1, &face, slice_str(text));
    cairo_surface_flush(s);
    const unsigned char *row = cairo_image_surface_get_data(s);
    for (int y = 0; y < 60; y++, row += cairo_image_surface_get_stride(s))
        for (int x = 0; x < (int)PAPER_WIDTH; x++)
            if (row[x]) {
                *first = x < *first ? x : *first;
                *last = x > *last ? x : *last;
            }
    cairo_destroy(p.cr);
    cairo_surface_destroy(s);
}

static void test_paragraphs_begin_at_the_reading_side(void **state)
{
    int first, last;
    ink_of(false, "Steps", &first, &last);
    assert_in_range(first, (int)PAPER_MARGIN - 2, (int)PAPER_MARGIN + 4);
    ink_of(true, "الخطوات", &first, &last);
    assert_in_range(last, (int)(PAPER_WIDTH - PAPER_MARGIN) - 4, (int)(PAPER_WIDTH - PAPER_MARGIN) + 2);
    ink_of(true, "A 1", &first, &last); /* a serial stands there too */
    assert_in_range(last, (int)(PAPER_WIDTH - PAPER_MARGIN) - 4, (int)(PAPER_WIDTH - PAPER_MARGIN) + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paragraphs_begin_at_the_reading_side), cmocka_unit_test(pages), cmocka_unit_test(long_life), cmocka_unit_test(terminal), cmocka_unit_test(no_memory)};
    return cmocka_run_group_tests(tests, load, unload);
}
