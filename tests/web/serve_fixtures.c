/* The web door over fixed results: serve_fixtures FOLDER [HOST:PORT]. Prints "listening PORT" and serves until its input ends. The pages are tested
 * against it in every state, also those that a small register does not have. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "ballistics/picture.h"
#include "ballistics/tile.h"
#include "base/file.h"
#include "base/seal.h"
#include "base/time.h"
#include "web/web.h"

struct folder {
    const char *path;
};

static enum err give(struct folder *folder, const char *name, struct cj *out, struct fault *f)
{
    char path[600];
    struct buf json;
    snprintf(path, sizeof path, "%s/%s.json", folder->path, name);
    buf_init(&json, 1u << 20);
    enum err e = file_read(path, &json, f);
    if (!e)
        cj_raw(out, buf_view(&json));
    buf_free(&json);
    return e;
}

static enum err search(void *app, const struct search_ask *in, struct cj *out, struct fault *f)
{
    if (!in->pattern.n || slice_is(in->pattern, "*"))
        return fault_set(f, ERR_MISSING, "pattern", in->pattern, "want.pattern_any");
    if (memchr(in->pattern.p, '[', in->pattern.n) && !memchr(in->pattern.p, ']', in->pattern.n))
        return fault_set(f, ERR_FORMAT, "pattern", in->pattern, "a bracket that closes");
    uint64_t year;
    if (in->year.n && !slice_u64(in->year, 2199, &year))
        return fault_set(f, ERR_FORMAT, "year", in->year, "want.year");
    return give(app, slice_starts(in->pattern, "ZZZ") ? "search_none" : "search", out, f);
}

/* The troubles of a server, each at an address. */
static enum err trouble(struct slice id, struct fault *f)
{
    static const struct {
        const char *id;
        enum err e;
    } troubles[] = {{"absent", ERR_NOT_FOUND}, {"busy", ERR_BUSY}, {"full", ERR_NO_ROOM}, {"locked", ERR_LOCKED}, {"broken", ERR_IO}, {"moved", ERR_CONFLICT}};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (slice_is(id, troubles[i].id))
            return fault_set(f, troubles[i].e, "id", id, "");
    return OK;
}

static enum err trace(void *app, const struct trace_ask *in, struct cj *out, struct fault *f)
{
    struct when w;
    if (in->as_of.n && when_parse(in->as_of, "as_of", &w, f))
        return f->code;
    if (trouble(in->id, f))
        return f->code;
    return give(app, slice_starts(in->id, "bb") ? "trace_clash" : slice_starts(in->id, "cc") ? "trace_loan" : "trace", out, f);
}

static enum err trace_pdf(void *app, const struct trace_ask *in, struct buf *out, struct fault *f)
{
    buf_str(out, "%PDF-1.5\n");
    return out->err;
}

static enum err record(void *app, const struct record_ask *in, struct cj *out, struct fault *f)
{
    return slice_is(in->id, "absent") ? fault_set(f, ERR_NOT_FOUND, "id", in->id, "") : give(app, "record", out, f);
}

static enum err imports(void *app, const struct lang *l, struct cj *out, struct fault *f)
{
    return give(app, "imports", out, f);
}

static enum err marks_read(void *app, struct slice text, struct cj *out, struct fault *f)
{
    return text.n ? give(app, "marks_read", out, f) : fault_set(f, ERR_MISSING, "text", text, "want.json_text");
}

static enum err health(void *app, struct cj *out, struct fault *f)
{
    return give(app, "health", out, f);
}

static enum err log_checkpoint(void *app, struct buf *out, struct fault *f)
{
    buf_str(out, "register.example/north\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    return out->err;
}

static enum err log_tile(void *app, struct slice path, struct buf *out, struct fault *f)
{
    return fault_set(f, ERR_NOT_FOUND, "tile", path, "");
}

static bool choice(void *app, const struct lang *l, const char *field, size_t n, struct buf *out)
{
    static const char *const makes[] = {"Beretta", "Colt", "Glock", "Rossi", "Taurus", "<script>alert(1)</script>"};
    if (strcmp(field, "make") != 0 || n >= sizeof makes / sizeof *makes)
        return false;
    buf_str(out, makes[n]);
    return true;
}

/* ---- two invented breech faces: rings of waves ---- */

static struct slice asked(const struct exam_ask *in, const char *name)
{
    return in->field(in->form, name);
}

static enum err specimens(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    return give(arg, "specimens", out->json, f);
}

/* About "told.x3p" the examiner has concluded. */
static enum err pair(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    if (!asked(in, "a").n || !asked(in, "b").n)
        return fault_set(f, ERR_MISSING, "a", SLICE(""), "want.collection_file");
    if (slice_is(asked(in, "a"), "absent"))
        return fault_set(f, ERR_NOT_FOUND, "file", asked(in, "a"), "want.collection_file");
    return give(arg, slice_is(asked(in, "b"), "told.x3p") ? "pair_concluded" : "pair", out->json, f);
}

static enum err conclude(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    if (trouble(asked(in, "note"), f))
        return f->code;
    return asked(in, "conclusion").n ? fault_set(f, ERR_BUSY, "dir", SLICE(""), "") : fault_set(f, ERR_MISSING, "conclusion", SLICE(""), "want.conclusion");
}

static enum err ring(struct slice file, struct surface *s, struct fault *f)
{
    double phase = file.n ? file.p[0] % 7 : 0;
    enum err e = surface_make(240, 230, 15e-6, 15e-6, s, f);
    for (size_t i = 0; !e && i < surface_points(s); i++) {
        double x = (double)(i % s->nx) - 120, y = (double)(i / s->nx) - 115, r = hypot(x, y);
        if (r > 45 && r < 105)
            s->z[i] = (float)(2e-6 * sin(x / 3 + phase) * cos(y / 17 + x / 11));
    }
    return e;
}

static enum err tile(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    struct surface s;
    enum err e = ring(asked(in, "file"), &s, f);
    if (e)
        return e;
    e = tile_write(&s, out->bytes, f);
    surface_free(&s);
    out->type = "application/octet-stream";
    out->packed = true;
    return e;
}

static enum err draw(struct slice file, struct exam_answer *out, struct fault *f)
{
    struct surface s;
    const struct picture_ask ask = {.side = 480, .light = 315, .height = 35};
    enum err e = ring(file, &s, f);
    if (e)
        return e;
    e = picture_png(&s, &ask, out->bytes, f);
    surface_free(&s);
    out->type = "image/png";
    return e;
}

static enum err picture(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    return draw(asked(in, "file"), out, f);
}

static enum err pair_picture(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    return draw(asked(in, asked(in, "side").n ? "b" : "a"), out, f);
}

static enum err pair_pdf(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    buf_str(out->bytes, "%PDF-1.5\n");
    out->type = "application/pdf";
    return out->bytes->err;
}

static enum err profile(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    buf_str(out->bytes, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    out->type = "image/svg+xml";
    return out->bytes->err;
}

static enum err specimen(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    return give(arg, "specimen", out->json, f);
}

static enum err mates(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    return give(arg, "mates", out->json, f);
}

static enum err correct(void *arg, const struct exam_ask *in, struct exam_answer *out, struct fault *f)
{
    return fault_set(f, ERR_FORMAT, "shapes", asked(in, "shapes"), "want.mask_line");
}

static const exam_fn exam[EXAM_ACTS] = {[EXAM_SPECIMENS] = specimens, [EXAM_PAIR] = pair, [EXAM_CONCLUDE] = conclude, [EXAM_PAIR_PDF] = pair_pdf,
    [EXAM_PAIR_PICTURE] = pair_picture, [EXAM_PICTURE] = picture, [EXAM_TILE] = tile, [EXAM_SPECIMEN] = specimen, [EXAM_PROFILE] = profile, [EXAM_MATES] = mates,
    [EXAM_STEP] = picture, [EXAM_CORRECT] = correct};

int main(int argc, char **argv)
{
    struct folder folder = {argc > 1 ? argv[1] : "tests/web/fixtures"};
    const struct web_service service = {&folder, search, trace, trace_pdf, record, imports, marks_read, health, log_checkpoint, log_tile,
        choice, exam, &folder, NULL, NULL, NULL, NULL};
    struct lang_set *languages = NULL;
    struct web *web = NULL;
    struct fault f = {0};
    struct web_config config = {{.listen = slice_str(argc > 2 ? argv[2] : "127.0.0.1:0")}, 2, &service, NULL};
    enum err e = seal_init();
    if (!e)
        e = lang_load(&languages, &f);
    config.languages = languages;
    if (!e)
        e = web_start(&config, &web, &f);
    if (e) {
        fprintf(stderr, "%s: %s line %d: %s (%s)\n", err_name(e), f.field, (int)f.line, f.value, f.want);
        lang_unload(languages);
        return 1;
    }
    printf("listening %u\n", web_port(web));
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0)
        continue;
    web_stop(web);
    lang_unload(languages);
    return 0;
}
