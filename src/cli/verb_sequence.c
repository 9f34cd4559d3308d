#include "cli/cli.h"
#include "use/sequence.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar sequence --data DIR\n"
    "\n"
    "For a register in a PostgreSQL database that several processes write to: stands for election, and while elected gives each record\n"
    "that they commit its place in the log. Run one on each machine; the others take over when it ends. Runs until it is told to end.\n";

static bool stop(void *arg)
{
    return cli_stopped(NULL);
}

static void elected(void *arg)
{
    puts("Elected.");
    fflush(stdout);
}

int verb_sequence(int argc, char **argv)
{
    const char *dir = NULL;
    const struct option o[] = {{"--data", &dir, NULL, true}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    cli_catch_signals();
    struct use_sequence_in in = {.stop = stop, .elected = elected};
    if (use_sequence(a, &in, &f))
        code = say_fault(a, &f);
    app_close(a);
    return code;
}
