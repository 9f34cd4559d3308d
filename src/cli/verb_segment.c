#include "cli/cli.h"
#include "use/segment.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar segment export --data DIR FOLDER\n"
    "       athar segment import --data DIR FOLDER [--key VKEY]\n"
    "\n"
    "An office's log as files, on whatever carries files. export writes FOLDER, or adds what is new to it. import verifies all of it\n"
    "and takes what is new into this register: in the office's own order, each record's bytes as they were.\n"
    "\n"
    "  --key VKEY  the office's public key as you were given it; needed the first time\n";

static void on_found(void *arg, const char *key, const char *where, uint64_t position)
{
    const struct app *a = arg;
    struct buf b;
    buf_init(&b, 4096);
    lang_text(a->lang, &b, key, lang_z("where", where), lang_n("position", (int64_t)position));
    printf("%s\n", b.p ? b.p : key);
    buf_free(&b);
}

static void say(const struct app *a, const char *key, const struct use_segment_out *r)
{
    struct buf b;
    buf_init(&b, 4096);
    lang_text(a->lang, &b, key, lang_z("origin", r->origin), lang_n("size", (int64_t)r->size), lang_n("added", (int64_t)r->added),
        lang_n("waiting", (int64_t)r->waiting), lang_n("wrong", (int64_t)r->wrong));
    printf("%s\n", b.p ? b.p : key);
    buf_free(&b);
}

static int import(struct app *a, const char *folder, const char *key)
{
    struct use_segment_out r;
    struct fault f = {0};
    const struct use_verify_in found = {.found = on_found, .arg = a};
    if (use_segment_import(a, folder, slice_str(key), &found, &r, &f))
        return say_fault(a, &f);
    say(a, r.wrong ? "segment.wrong" : "segment.taken", &r);
    return r.wrong ? EXIT_REFUSED : EXIT_DONE;
}

static int export(struct app *a, const char *folder)
{
    struct use_segment_out r;
    struct fault f = {0};
    if (use_segment_export(a, folder, &r, &f))
        return say_fault(a, &f);
    say(a, "segment.written", &r);
    return EXIT_DONE;
}

int verb_segment(int argc, char **argv)
{
    const char *dir = NULL, *key = "";
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--key", &key, NULL, false}, {0}};
    struct words w = {.least = 2, .most = 2};
    bool help;
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    bool out = strcmp(w.word[0], "export") == 0;
    if (!out && strcmp(w.word[0], "import") != 0) {
        fprintf(stderr, "athar: export or import: %s\n\n%s", w.word[0], usage);
        return EXIT_WRONG_USE;
    }
    struct app *a = cli_app(dir, &code);
    if (!a)
        return code;
    code = out ? export(a, w.word[1]) : import(a, w.word[1], key);
    app_close(a);
    return code;
}
