#include "cli/cli.h"
#include "use/copy.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar copy --data DIR --to NEW [--db URL]\n"
    "\n"
    "Copies a register into another directory: every record at its position, the profiles and the keys. Derived tables are made anew\n"
    "and must come to the same digests. NEW appears when all is there; an interrupted copy goes on when it is started again.\n"
    "\n"
    "  --db URL  keep the copy's records in this PostgreSQL database, which must be empty: postgresql://user@host/name\n";

struct since {
    int64_t begun;
};

static void progress(void *arg, const char *what, uint64_t done, uint64_t all)
{
    cli_progress(what, done, all, time_mono_ns() - ((const struct since *)arg)->begun);
}

static bool stop(void *arg)
{
    return cli_stopped(NULL);
}

static void say_done(const char *to, const struct use_copy_out *out)
{
    char root[65] = "";
    hex_of(out->root.b, sizeof out->root.b, root);
    root[64] = 0;
    printf("%s holds the same %llu records.\nroot %s\n", to, (unsigned long long)out->size, root);
}

int verb_copy(int argc, char **argv)
{
    const char *dir = NULL, *to = NULL, *db = "";
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--to", &to, NULL, true}, {"--db", &db, NULL, false}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    struct since since = {time_mono_ns()};
    struct use_copy_out out = {0};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    cli_catch_signals();
    struct use_copy_in in = {.to = to, .db = slice_str(db), .progress = progress, .stop = stop, .arg = &since};
    enum err e = use_copy(a, &in, &out, &f);
    cli_progress_end();
    if (e)
        code = say_fault(a, &f);
    else
        say_done(to, &out);
    app_close(a);
    return code;
}
