#include "cli/cli.h"
#include "use/retain.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar retain --data DIR [--do] [--by NAME]\n"
    "\n"
    "Shows, as JSON, whose personal data have outlived every term of the profile's retention rules, and which legal holds keep them all the\n"
    "same. With --do their keys are destroyed, each with a record of the basis. Records and proofs stay whole.\n";

int verb_retain(int argc, char **argv)
{
    const char *dir = NULL, *by = "";
    bool do_it = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--do", NULL, &do_it, false}, {"--by", &by, NULL, false}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    struct buf b;
    struct cj j;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    buf_init(&b, (size_t)16 << 20);
    cj_open_loose(&j, &b);
    struct use_retain_in in = {do_it, slice_str(by)};
    return cli_end_text(a, use_retain(a, &in, &j, &f), &b, &f);
}
