#include "cli/cli.h"
#include "cli/verb_ballistics.h"
#include "use/ballistics.h"
#include "use/screen.h"
#include <unistd.h>
#include "base/banned.h"

static const char enrol_usage[] =
    "usage: athar ballistics enrol --dir DIR [--table FILE.csv] [--unit um] [--json]\n"
    "\n"
    "Reads the X3P files of a folder once: size, pitch, missing points, SHA-256, and whether each can be compared; an unfit scan is listed with the\n"
    "reason. Then makes the print of each breech face, which screening looks at (prints.athar.bin). Files that have not changed are not read again.\n"
    "\n"
    "  --table FILE  class characteristics, a column each: file, make, calibre, firing_pin, lands, twist, land_width_um,\n"
    "                groove_width_um, ammunition, note; DIR/specimens.csv unless given\n"
    "  --unit um     files whose unit is in doubt are in micrometres: you know it, the program does not guess\n"
    "  --json        the counts as JSON\n";

static const char list_usage[] =
    "usage: athar ballistics list --dir DIR [--make M] [--calibre C] [--firing-pin F] [--lands N] [--twist T] [--land-width UM] [--groove-width UM]\n"
    "                             [--ammunition A] [--json]\n"
    "\n"
    "The specimens of a folder that a class characteristic does not exclude. What is not known of a specimen excludes nothing; widths agree\n"
    "within 10 %.\n";


struct watch {
    int64_t begun;
};

static void progress(void *arg, uint64_t done, uint64_t all)
{
    const struct watch *w = arg;
    cli_progress("scan", done, all, time_mono_ns() - w->begun);
}

static int say_wrong(const char *text, const char *usage)
{
    fprintf(stderr, "athar: %s\n\n%s", text, usage);
    return EXIT_WRONG_USE;
}

static void progress_prints(void *arg, uint64_t done, uint64_t all)
{
    const struct watch *w = arg;
    cli_progress("print", done, all, time_mono_ns() - w->begun);
}

static enum err make_prints(const char *dir, struct prints_counts *out, struct fault *f)
{
    struct watch w = {time_mono_ns()};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct prints_ask ask = {.threads = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores, .progress = progress_prints, .stop = cli_stopped, .arg = &w};
    enum err e = use_prints(dir, &ask, out, f);
    cli_progress_end();
    return e;
}

static void print_counts(const struct lang *l, const struct enrol_counts *n, const struct prints_counts *p, bool json)
{
    struct buf b;
    buf_init(&b, 1u << 16);
    if (json)
        buf_printf(&b, "{\"files\":%llu,\"added\":%llu,\"unchanged\":%llu,\"unfit\":%llu,\"unmatched\":%llu,\"prints\":{\"made\":%llu,\"kept\":%llu,\"none\":%llu}}", (unsigned long long)n->files,
            (unsigned long long)n->added, (unsigned long long)n->unchanged, (unsigned long long)n->unfit, (unsigned long long)n->unmatched,
            (unsigned long long)p->made, (unsigned long long)p->kept, (unsigned long long)p->none);
    else
        lang_text(l, &b, "enrol.done", lang_n("files", (int64_t)n->files), lang_n("added", (int64_t)n->added),
            lang_n("unchanged", (int64_t)n->unchanged), lang_n("unfit", (int64_t)n->unfit), lang_n("unmatched", (int64_t)n->unmatched));
    if (!json) {
        buf_byte(&b, ' ');
        lang_text(l, &b, "enrol.prints", lang_n("made", (int64_t)p->made), lang_n("kept", (int64_t)p->kept), lang_n("none", (int64_t)p->none));
    }
    puts(b.p ? b.p : "");
    buf_free(&b);
}

/* The reasons of those that cannot be compared. */
static void print_unfit(const struct lang *l, const char *dir)
{
    struct collection c;
    if (collection_open(dir, &c, NULL))
        return;
    for (size_t i = 0; i < c.count; i++) {
        struct buf b;
        if (!c.item[i].unfit.code)
            continue;
        buf_init(&b, 1u << 16);
        lang_fault(l, &c.item[i].unfit, &b);
        printf("  %.*s: %s\n", SLICE_ARG(c.item[i].file), b.p ? b.p : "");
        buf_free(&b);
    }
    collection_close(&c);
}

int ballistics_enrol(int argc, char **argv)
{
    const char *unit = NULL;
    bool json = false, help;
    struct watch w = {time_mono_ns()};
    struct enrol_ask ask = {.progress = progress, .stop = cli_stopped, .arg = &w};
    const struct option o[] = {{"--dir", &ask.dir, NULL, true}, {"--table", &ask.table, NULL, false}, {"--unit", &unit, NULL, false},
        {"--json", NULL, &json, false}, {0}};
    struct words words = {.most = 0};
    struct enrol_counts n;
    struct prints_counts prints;
    struct fault f = {0};
    int code = options_read(argc, argv, o, &words, enrol_usage, &help);
    if (code || help)
        return code;
    if (unit && strcmp(unit, "um") != 0)
        return say_wrong("--unit takes um", enrol_usage);
    ask.unit = unit ? X3P_MICROMETRES : X3P_AS_STATED;
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    cli_catch_signals();
    enum err e = collection_enrol(&ask, &n, &f);
    cli_progress_end();
    if (!e)
        e = make_prints(ask.dir, &prints, &f);
    if (e)
        code = say_fault(a, &f);
    else
        print_counts(a->lang, &n, &prints, json);
    if (!e && !json)
        print_unfit(a->lang, ask.dir);
    app_close(a);
    return code;
}

/* ---- list ---- */

static void print_rows(const struct lang *l, const char *dir, const struct use_specimens_in *in)
{
    struct collection c;
    size_t shown = 0;
    if (collection_open(dir, &c, NULL))
        return;
    for (size_t i = 0; i < c.count; i++) {
        const struct specimen *s = &c.item[i];
        enum class_match m = collection_match(s, in->class);
        if (m == CLASS_NO)
            continue;
        shown++;
        printf("%-32.*s %5u x %-5u %6.2f um  %2.0f %% missing  %-8.*s %s%s\n", SLICE_ARG(s->file), s->nx, s->ny, s->pitch * 1e6,
            s->points ? 100.0 * (double)s->missing / (double)s->points : 0, SLICE_ARG(s->class[CLASS_CALIBRE]), m == CLASS_OPEN ? "?" : "",
            s->unfit.code ? " unfit" : "");
    }
    struct buf b;
    buf_init(&b, 1u << 12);
    lang_text(l, &b, "list.count", lang_n("shown", (int64_t)shown), lang_n("count", (int64_t)c.count));
    puts(b.p ? b.p : "");
    buf_free(&b);
    collection_close(&c);
}

static enum err print_list(struct app *a, const char *dir, const struct use_specimens_in *in, bool json, struct fault *f)
{
    struct buf b;
    struct cj j;
    struct use_ballistics *u;
    enum err e = use_ballistics_open(a, dir, &u, f);
    if (e)
        return e;
    buf_init(&b, (size_t)64 << 20);
    cj_open_loose(&j, &b);
    e = use_specimens(u, in, &j, f);
    if (!e && json)
        puts(b.p ? b.p : "");
    else if (!e)
        print_rows(a->lang, dir, in);
    buf_free(&b);
    use_ballistics_close(u);
    return e;
}

int ballistics_list(int argc, char **argv)
{
    const char *dir = NULL, *class[CLASS_FIELDS] = {NULL};
    bool json = false, help;
    const struct option o[] = {{"--dir", &dir, NULL, true}, {"--make", &class[CLASS_MAKE], NULL, false}, {"--calibre", &class[CLASS_CALIBRE], NULL, false},
        {"--firing-pin", &class[CLASS_FIRING_PIN], NULL, false}, {"--lands", &class[CLASS_LANDS], NULL, false},
        {"--twist", &class[CLASS_TWIST], NULL, false}, {"--land-width", &class[CLASS_LAND_WIDTH], NULL, false},
        {"--groove-width", &class[CLASS_GROOVE_WIDTH], NULL, false}, {"--ammunition", &class[CLASS_AMMUNITION], NULL, false},
        {"--json", NULL, &json, false}, {0}};
    struct words words = {.most = 0};
    struct fault f = {0};
    int code = options_read(argc, argv, o, &words, list_usage, &help);
    if (code || help)
        return code;
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    struct use_specimens_in in = {.lang = a->lang};
    for (int i = 0; i < CLASS_FIELDS; i++)
        in.class[i] = slice_str(class[i]);
    if (print_list(a, dir, &in, json, &f))
        code = say_fault(a, &f);
    app_close(a);
    return code;
}
