#include "cli/cli.h"
#include "use/account.h"
#include <unistd.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar account add   --data DIR LOGIN --role ROLE [--name NAME] [--office OFFICE] [--password-stdin]\n"
    "       athar account list  --data DIR [--json]\n"
    "       athar account role  --data DIR LOGIN --give ROLE | --take ROLE\n"
    "       athar account reset --data DIR LOGIN\n"
    "       athar account close --data DIR LOGIN\n"
    "       athar account token --data DIR LOGIN --name NAME [--days DAYS] [--scope RIGHT,...] [--kinds KIND,...]\n"
    "\n"
    "Accounts of the people who use the register through its pages. What is done here is recorded as done at the console; it\n"
    "works beside a running server.\n"
    "\n"
    "  add    makes an account and shows a link that signs it in once; with --password-stdin the password is read instead\n"
    "  role   gives or takes a role of the profile: administrator, licensing_officer, police_officer, analyst, laboratory,\n"
    "         store_keeper, statistician, auditor, reviewer ...\n"
    "  reset  throws away password, second factors and sessions, and shows a new link\n"
    "  close  the account signs in no more; its records stay\n"
    "  token  for an account of a machine (role peer, data_service, dealer_system ...): a token for the API, shown once; 90 days unless\n"
    "         given, with all rights of its roles unless given. It enters the kinds of records that are named, and none where none is\n";

struct given {
    struct app *app;
    struct slice login;
    const char *role, *name, *office, *give, *take, *days, *scope, *kinds;
    bool from_stdin, json;
};

static void say_link(const char *link)
{
    if (*link)
        printf("It signs in once, within 72 hours, at the path  /sign-in/%s\n", link);
}

/* One line, without its end. */
static enum err read_password(char *out, size_t size, struct fault *f)
{
    if (!fgets(out, (int)size, stdin))
        *out = 0;
    size_t n = strlen(out);
    if (n && out[n - 1] == '\n')
        out[--n] = 0;
    return n ? OK : fault_set(f, ERR_MISSING, "password", SLICE(""), "say.password");
}

static enum err add(const struct given *g, struct fault *f)
{
    char password[400] = "", link[ACCOUNT_LINK] = "";
    struct account_new n = {g->login, slice_str(g->name), slice_str(g->office), slice_str(g->role), SLICE("")};
    enum err e = g->from_stdin ? read_password(password, sizeof password, f) : OK;
    n.password = slice_str(password);
    if (!e && !(e = use_account_add(g->app, &n, link, f))) {
        printf("The account " SLICE_FMT " is made.\n", SLICE_ARG(g->login));
        say_link(link);
    }
    seal_wipe(password, sizeof password);
    return e;
}

static enum err list(const struct given *g, struct fault *f)
{
    struct buf out;
    struct cj j;
    buf_init(&out, 16u << 20);
    cj_open_loose(&j, &out);
    enum err e = use_account_list(g->app, g->app->lang, &j, f);
    if (!e)
        printf(SLICE_FMT "\n", SLICE_ARG(buf_view(&out)));
    buf_free(&out);
    return e;
}

static enum err role(const struct given *g, struct fault *f)
{
    bool give = *g->give != 0;
    if (give == (*g->take != 0))
        return fault_set(f, ERR_USAGE, "--give, --take", SLICE(""), "want.give_take");
    return use_account_role(g->app, g->login, slice_str(give ? g->give : g->take), give, f);
}

static enum err reset(const struct given *g, struct fault *f)
{
    char link[ACCOUNT_LINK];
    enum err e = use_account_reset(g->app, g->login, link, f);
    if (!e)
        say_link(link);
    return e;
}

static enum err shut(const struct given *g, struct fault *f)
{
    return use_account_close(g->app, g->login, f);
}

static enum err token(const struct given *g, struct fault *f)
{
    char text[ACCOUNT_TOKEN];
    uint64_t days = 0;
    slice_u64(slice_str(g->days), 100000, &days);
    const struct token_new n = {g->login, slice_str(g->name), slice_str(g->scope), slice_str(g->kinds), (int)days};
    enum err e = use_account_token(g->app, &n, text, f);
    if (!e)
        printf("%s\n", text);
    seal_wipe(text, sizeof text);
    return e;
}

static const struct {
    const char *name;
    enum err (*run)(const struct given *g, struct fault *f);
    int words; /* with the act itself */
} acts[] = {{"add", add, 2}, {"list", list, 1}, {"role", role, 2}, {"reset", reset, 2}, {"close", shut, 2}, {"token", token, 2}};

int verb_account(int argc, char **argv)
{
    const char *dir = NULL;
    struct given g = {.role = "", .name = "", .office = "", .give = "", .take = "", .days = "90", .scope = "", .kinds = ""};
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--role", &g.role, NULL, false}, {"--name", &g.name, NULL, false},
        {"--office", &g.office, NULL, false}, {"--give", &g.give, NULL, false}, {"--take", &g.take, NULL, false}, {"--days", &g.days, NULL, false}, {"--scope", &g.scope, NULL, false}, {"--kinds", &g.kinds, NULL, false},
        {"--password-stdin", NULL, &g.from_stdin, false}, {"--json", NULL, &g.json, false}, {0}};
    struct words w = {.least = 1, .most = 2};
    struct fault f = {0};
    size_t i = 0;
    int code;
    if (!(g.app = cli_open(argc, argv, o, &w, usage, &code)))
        return code;
    while (i < sizeof acts / sizeof *acts && strcmp(acts[i].name, w.word[0]) != 0)
        i++;
    if (i == sizeof acts / sizeof *acts || acts[i].words != w.count)
        return cli_end_wrong(g.app, "", usage);
    g.login = slice_str(w.count > 1 ? w.word[1] : "");
    return cli_end(g.app, acts[i].run(&g, &f), &f);
}
