/* An X3P file: read within its bounds or refused; what was read can be shown, made a surface, and written, and reads back the same.
 * What does not begin as an archive does is main.xml and, after a NUL, data.bin, packed here: so the checksums of the archive do not stand in the way. */
#include "ballistics/x3p.h"
#include "../x3p_help.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define POINTS_TRIED 20000 /* writing more only costs time */

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void same(const struct x3p *a, const struct x3p *b)
{
    must(a->points == b->points && a->missing == b->missing && a->feature == b->feature && a->is_list == b->is_list);
    for (int axis = 0; axis < 3; axis++)
        for (uint64_t i = 0; i < a->points; i++) {
            double p = x3p_at(a, (enum x3p_axis_name)axis, i), q = x3p_at(b, (enum x3p_axis_name)axis, i);
            must(p == q || (p != p && q != q) || (a->is_inline && axis != X3P_Z)); /* a list loses the place of a missing point */
        }
}

static void write_and_read(const struct x3p *x)
{
    struct x3p again;
    struct fault f;
    struct buf b;
    buf_init(&b, (size_t)64 << 20);
    if (x3p_write(x, &b, &f) == OK) {
        must(x3p_read(buf_view(&b), &again, &f) == OK);
        same(x, &again);
        x3p_free(&again);
    }
    buf_free(&b);
}

static void show(const struct x3p *x)
{
    struct lang_set *languages;
    struct fault f;
    struct buf b;
    struct cj j;
    must(lang_load(&languages, &f) == OK);
    buf_init(&b, 1u << 20);
    cj_open_loose(&j, &b);
    x3p_json(x, lang_find(languages, SLICE("en")), &j);
    must(!b.err || b.err == ERR_TOO_LONG);
    buf_free(&b);
    lang_unload(languages);
}

static void take_and_try(const uint8_t *data, size_t n)
{
    struct x3p x;
    struct fault f = {0};
    struct surface s;
    if (x3p_read(slice_of((const char *)data, n), &x, &f) != OK)
        return;
    must(x.points > 0 && x.points <= SURFACE_POINTS_MAX && x.missing <= x.points);
    if (x3p_surface(&x, X3P_MICROMETRES, &s, &f) == OK)
        surface_free(&s);
    if (x.finding_count)
        show(&x);
    if (x.points <= POINTS_TRIED)
        write_and_read(&x);
    x3p_free(&x);
}

static void pack_and_try(struct slice s)
{
    struct buf zip;
    ptrdiff_t nul = slice_nul(s);
    struct slice xml = nul < 0 ? s : slice_of(s.p, (size_t)nul), rest = nul < 0 ? slice_of("", 0) : slice_of(s.p + nul + 1, s.n - (size_t)nul - 1);
    const struct zip_part part[] = {{"main.xml", xml, 0, 0}, {"bindata/data.bin", rest, 0, 0},
        {"bindata/valid.bin", slice_of(rest.p, rest.n ? 1 : 0), 0, 0}};
    buf_init(&zip, (size_t)16 << 20);
    zip_make(&zip, part, 3);
    take_and_try((const uint8_t *)zip.p, zip.n);
    buf_free(&zip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n >= 2 && data[0] == 'P' && data[1] == 'K')
        take_and_try(data, n);
    else
        pack_and_try(slice_of((const char *)data, n));
    return 0;
}
