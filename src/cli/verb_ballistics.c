#include "cli/cli.h"
#include "cli/verb_ballistics.h"
#include "base/banned.h"

static const struct sub_verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *does;
} subs[] = {
    {"info", ballistics_info, "read an X3P file and say what it holds and what is odd about it"},
    {"enrol", ballistics_enrol, "read a folder of scans once: figures, class characteristics, which are unfit and why"},
    {"list", ballistics_list, "the specimens of a folder, by class characteristics"},
    {"screen", ballistics_screen, "look for the mates of one breech face in an enrolled folder"},
    {"compare", ballistics_compare, "compare two breech faces by congruent matching cells"},
    {"bullet", ballistics_bullet, "compare two bullets by their land engraved areas"},
    {"rank", ballistics_rank, "compare one with all of a folder, best first"},
    {"matrix", ballistics_matrix, "compare all pairs of a folder"},
};

static int help(FILE *to)
{
    fputs("usage: athar ballistics SUB-VERB ...\n\n", to);
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++)
        fprintf(to, "  %-8s  %s\n", subs[i].name, subs[i].does);
    fputs("\n`athar ballistics SUB-VERB --help` says more.\n", to);
    return to == stdout ? EXIT_DONE : EXIT_WRONG_USE;
}

int verb_ballistics(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(stdout);
    for (size_t i = 0; i < sizeof subs / sizeof *subs; i++)
        if (strcmp(argv[1], subs[i].name) == 0)
            return subs[i].run(argc - 1, argv + 1);
    fprintf(stderr, "athar: there is no 'ballistics %s'\n\n", argv[1]);
    return help(stderr);
}
