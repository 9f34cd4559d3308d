#include "ballistics/x3p.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/verb_ballistics.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar ballistics info FILE.x3p [--json] [--copy FILE]\n"
    "\n"
    "Reads an X3P file (ISO 25178-72) and says what it holds: size, pitch, heights, missing points, checksums, instrument, and what is odd\n"
    "about it. A file that is hostile or cannot be read is refused with the reason.\n"
    "\n"
    "  --json       the result as JSON\n"
    "  --copy FILE  write the points again as a file of the standard's form; they read back equal\n";

static void line(const struct lang *l, const char *key, const struct lang_arg *args, size_t n)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    lang_put(l, LANG_PLAIN, &b, key, args, n);
    printf("%s\n", b.p ? b.p : "");
    buf_free(&b);
}

static void print_sizes(const struct lang *l, const struct x3p *x)
{
    char pitch[64], low[40], high[40];
    snprintf(pitch, sizeof pitch, "%.6g x %.6g", x->axis[X3P_X].increment, x->axis[X3P_Y].increment);
    snprintf(low, sizeof low, "%.6g", x->least);
    snprintf(high, sizeof high, "%.6g", x->most);
    const struct lang_arg sizes[] = {lang_n("x", (int64_t)x->size[0]), lang_n("y", (int64_t)x->size[1]), lang_n("z", (int64_t)x->size[2]),
        lang_n("points", (int64_t)x->points), lang_n("missing", (int64_t)x->missing)};
    line(l, x->is_list ? "info.list" : "info.grid", sizes, 5);
    if (!x->is_list)
        line(l, "info.pitch", (struct lang_arg[]){lang_z("pitch", pitch)}, 1);
    if (x->missing < x->points)
        line(l, "info.heights", (struct lang_arg[]){lang_z("low", low), lang_z("high", high)}, 2);
}

static void print_info(const struct lang *l, const struct x3p *x)
{
    print_sizes(l, x);
    line(l, "info.instrument", (struct lang_arg[]){lang_s("maker", x->text[X3P_MANUFACTURER]), lang_s("model", x->text[X3P_MODEL]),
        lang_s("date", x->text[X3P_DATE])}, 3);
    for (size_t i = 0; i < x->finding_count; i++) {
        struct buf b;
        buf_init(&b, 1u << 16);
        lang_plain(l, &b, x3p_is_warning(x->finding[i].code) ? "info.warning" : "info.note");
        buf_byte(&b, ' ');
        x3p_finding_say(l, &x->finding[i], &b);
        printf("  %s\n", b.p ? b.p : "");
        buf_free(&b);
    }
}

static enum err print_json(const struct lang *l, const struct x3p *x, struct fault *f)
{
    struct buf b;
    struct cj j;
    buf_init(&b, 1u << 20);
    cj_open_loose(&j, &b);
    x3p_json(x, l, &j);
    enum err e = b.err ? fault_set(f, b.err, "json", SLICE(""), "") : OK;
    if (!e)
        puts(b.p);
    buf_free(&b);
    return e;
}

static enum err copy(const struct x3p *x, const char *path, struct fault *f)
{
    struct buf b;
    buf_init(&b, X3P_FILE_MAX);
    enum err e = x3p_write(x, &b, f);
    if (!e)
        e = file_replace(path, buf_view(&b), 0644, f);
    buf_free(&b);
    return e;
}

static enum err show(const struct lang *l, const char *path, bool json, const char *to, struct fault *f)
{
    struct x3p x;
    enum err e = x3p_read_file(path, &x, f);
    if (e)
        return e;
    if (to)
        e = copy(&x, to, f);
    if (!e && json)
        e = print_json(l, &x, f);
    else if (!e)
        print_info(l, &x);
    x3p_free(&x);
    return e;
}

int ballistics_info(int argc, char **argv)
{
    const char *to = NULL;
    bool json = false, help;
    const struct option o[] = {{"--json", NULL, &json, false}, {"--copy", &to, NULL, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    if (show(a->lang, w.word[0], json, to, &f))
        code = say_fault(a, &f);
    app_close(a);
    return code;
}
