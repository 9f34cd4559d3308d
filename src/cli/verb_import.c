#include "base/file.h"
#include "cli/cli.h"
#include "use/import.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar import --data DIR --map MAP.json FILE.csv [--json]\n"
    "\n"
    "Reads a table into the register. Rows read before are skipped, changed rows replace what they said, rows that cannot be\n"
    "used go to a file with line, field, value and reason. It can be stopped at any moment and run again.\n"
    "\n"
    "  --map MAP.json  how a row becomes records (docs/formats/mapping.md; maps/ holds some)\n"
    "  FILE.csv        the table, or - for standard input\n"
    "  --json          the counts as JSON\n";

static void progress(void *arg, const char *phase, uint64_t done, uint64_t all, const struct intake_counts *c)
{
    if (c && c->bytes_all)
        cli_progress("rows", c->rows, c->bytes ? (uint64_t)((double)c->rows * (double)c->bytes_all / (double)c->bytes) : 0, c->nanos);
    else
        cli_progress(phase, done, all, c ? c->nanos : 0);
}

static void say_counts(const struct use_import_out *r)
{
    const struct intake_counts *c = &r->counts;
    double s = (double)c->nanos / 1e9;
    printf("%llu rows in %.1f s (%.0f a second): %llu added, %llu changed, %llu unchanged, %llu rejected. %llu records written.\n",
        (unsigned long long)c->rows, s, s > 0 ? (double)c->rows / s : 0.0, (unsigned long long)c->added, (unsigned long long)c->changed,
        (unsigned long long)c->unchanged, (unsigned long long)c->rejected, (unsigned long long)c->records);
    if (r->rejects[0])
        printf("Rejected rows, with reasons: %s\n", r->rejects);
}

static void say_json(const struct use_import_out *r)
{
    struct buf b;
    struct cj j;
    buf_init(&b, 1u << 16);
    cj_open_loose(&j, &b);
    import_json(r, &j);
    puts(b.p ? b.p : "{}");
    buf_free(&b);
}

/* What was written is said also when the rest failed. */
static enum err run(struct app *a, struct use_import_in *in, const char *map, bool json, struct fault *f)
{
    struct use_import_out out = {0};
    struct buf text;
    buf_init(&text, MAP_MAX);
    enum err e = file_read(map, &text, f);
    if (e == ERR_NOT_FOUND)
        fault_set(f, e, "--map", slice_str(map), "want.file");
    in->map = buf_view(&text);
    if (!e)
        e = use_import(a, in, &out, f);
    cli_progress_end();
    buf_free(&text);
    if (!e || out.counts.records) {
        if (json)
            say_json(&out);
        else
            say_counts(&out);
    }
    return e;
}

int verb_import(int argc, char **argv)
{
    const char *dir = NULL, *map = NULL;
    bool json = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--map", &map, NULL, true}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    cli_catch_signals();
    struct use_import_in in = {.file = w.word[0], .map_name = slice_str(map), .progress = progress, .stop = cli_stopped};
    struct fault f = {0};
    enum err e = run(a, &in, map, json, &f);
    cli_ask_witnesses(a);
    return cli_end(a, e, &f);
}
