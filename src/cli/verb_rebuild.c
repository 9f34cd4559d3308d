#include "cli/cli.h"
#include "use/rebuild.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar rebuild --data DIR [--digest]\n"
    "\n"
    "Makes all derived tables and the index anew from the records. Prints the digest of each table; equal registers have equal\n"
    "digests.\n"
    "\n"
    "  --digest  only print the digests of the tables as they are\n";

static void progress(void *arg, uint64_t done, uint64_t all)
{
    cli_progress("records", done, all, time_mono_ns() - *(int64_t *)arg);
}

int verb_rebuild(int argc, char **argv)
{
    const char *dir = NULL;
    bool digest = false;
    int64_t begun = time_mono_ns();
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--digest", NULL, &digest, false}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    struct buf out;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    buf_init(&out, 1u << 16);
    struct settle s = {.progress = progress, .arg = &begun};
    enum err e = digest ? use_digest(a, &out, &f) : use_rebuild(a, &s, &out, &f);
    cli_progress_end();
    if (e)
        code = say_fault(a, &f);
    else
        fputs(out.p, stdout);
    buf_free(&out);
    app_close(a);
    return code;
}
