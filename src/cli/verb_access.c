#include "cli/cli.h"
#include "use/access.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar access verify --data DIR\n"
    "       athar access prune  --data DIR [--days N]\n"
    "       athar access totals --data DIR\n"
    "\n"
    "The log of openings: who read whose names, why and when. As JSON.\n"
    "\n"
    "  verify  every entry is what it was, none is left out, and the whole is what the register's log has anchored; anchors what is new\n"
    "  prune   removes entries older than the profile's term (or N days, if that is longer); what is left can still be verified\n"
    "  totals  openings by month and purpose, without who and whom: to be published\n";

struct given {
    struct app *app;
    const char *days;
    struct cj *out;
};

static enum err verify(const struct given *g, struct fault *f)
{
    enum err e = use_access_verify(g->app, g->out, f);
    return e ? e : use_access_anchor(g->app, NULL, f);
}

static enum err prune(const struct given *g, struct fault *f)
{
    uint64_t days = 0;
    if (*g->days && (!slice_u64(slice_str(g->days), 36500, &days) || !days))
        return fault_set(f, ERR_RANGE, "--days", slice_str(g->days), "want.days");
    return use_access_prune(g->app, (int64_t)days, g->out, f);
}

static enum err totals(const struct given *g, struct fault *f)
{
    return use_access_totals(g->app, g->app->lang, 12, g->out, f);
}

static const struct {
    const char *name;
    enum err (*run)(const struct given *g, struct fault *f);
} acts[] = {{"verify", verify}, {"prune", prune}, {"totals", totals}};

int verb_access(int argc, char **argv)
{
    const char *dir = NULL;
    struct given g = {.days = ""};
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--days", &g.days, NULL, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    struct buf out;
    struct cj j;
    size_t i = 0;
    int code;
    if (!(g.app = cli_open(argc, argv, o, &w, usage, &code)))
        return code;
    while (i < sizeof acts / sizeof *acts && strcmp(acts[i].name, w.word[0]) != 0)
        i++;
    if (i == sizeof acts / sizeof *acts)
        return cli_end_wrong(g.app, "", usage);
    buf_init(&out, 1u << 20);
    cj_open_loose(&j, &out);
    g.out = &j;
    return cli_end_text(g.app, acts[i].run(&g, &f), &out, &f);
}
