#include "cli/cli.h"
#include "use/init.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar init --data DIR [--profile NAME] [--origin NAME] [--db URL] [--keys FOLDER]\n"
    "       athar init --data DIR --join --db URL --keys FOLDER\n"
    "\n"
    "Makes a new register in DIR, which must not hold one.\n"
    "\n"
    "  --profile NAME  a country's profile (generic unless given)\n"
    "  --origin NAME   the name of this office's log, such as register.example/capital\n"
    "  --db URL        keep the records in this PostgreSQL database, which must be empty: postgresql://user@host/name.\n"
    "                  The directory keeps the keys and where the database is\n"
    "  --keys FOLDER   keep the keys there, for several directories (machines) of one database to share\n"
    "  --join          DIR becomes another directory of the register that is in this database, with the keys of FOLDER: one made by\n"
    "                  --keys, or the register's first directory\n";

int verb_init(int argc, char **argv)
{
    const char *dir = NULL, *profile = "", *origin = "", *db = "", *keys = "";
    bool join = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--profile", &profile, NULL, false}, {"--origin", &origin, NULL, false}, {"--db", &db, NULL, false},
        {"--keys", &keys, NULL, false}, {"--join", NULL, &join, false}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    struct use_init_in in = {slice_str(profile), slice_str(origin), slice_str(db), slice_str(keys), join};
    if (use_init(a, &in, &f))
        code = say_fault(a, &f);
    else if (join)
        printf("%s is another directory of the register in this database. Its keys stay in %s.\n", dir, keys);
    else
        printf("A new register is in %s. Its keys are in %s/keystore: keep a copy apart from the data.\n", dir, *keys ? keys : dir);
    app_close(a);
    return code;
}
