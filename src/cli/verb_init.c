#include "cli/cli.h"
#include "use/init.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar init --data DIR [--profile NAME] [--origin NAME] [--db URL]\n"
    "\n"
    "Makes a new register in DIR, which must not hold one.\n"
    "\n"
    "  --profile NAME  a country's profile (generic unless given)\n"
    "  --origin NAME   the name of this office's log, such as register.example/capital\n"
    "  --db URL        keep the records in this PostgreSQL database, which must be empty: postgresql://user@host/name.\n"
    "                  The directory keeps the keys and where the database is\n";

int verb_init(int argc, char **argv)
{
    const char *dir = NULL, *profile = "", *origin = "", *db = "";
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--profile", &profile, NULL, false}, {"--origin", &origin, NULL, false}, {"--db", &db, NULL, false},
        {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    bool help;
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    struct app *a = cli_app(dir, &code);
    if (!a)
        return code;
    struct use_init_in in = {slice_str(profile), slice_str(origin), slice_str(db)};
    if (use_init(a, &in, &f))
        code = say_fault(a, &f);
    else
        printf("A new register is in %s. Its keys are in %s/keystore: keep a copy apart from the data.\n", dir, dir);
    app_close(a);
    return code;
}
