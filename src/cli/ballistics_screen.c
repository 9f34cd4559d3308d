#include "cli/cli.h"
#include "cli/verb_ballistics.h"
#include "use/screen.h"
#include <jansson.h>
#include <unistd.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar ballistics screen QUERY.x3p --dir DIR [--best K] [--limit N] [--class filter|lower] [--make M] [--calibre C]\n"
    "                               [--firing-pin F] [--json]\n"
    "\n"
    "Looks for the mates of one breech face in an enrolled folder. Specimens whose class characteristics contradict what is asked are left out or\n"
    "put last; the others are put in an order by their prints, which enrolling has made; the first K are compared cell by cell. Each candidate\n"
    "comes with the reasons for its place. A candidate is a lead for an examiner with a microscope, never an identification.\n"
    "\n"
    "  --best K       compare so many of the order in full: 200 unless given, at most 5,000\n"
    "  --limit N      tell so many candidates; all unless given\n"
    "  --class RULE   filter (unless given): a contradiction leaves a specimen out; lower: it comes after all others\n"
    "  --calibre C    ask for it; unless given that of the query is asked for, when the query is in the folder itself; --firing-pin alike\n"
    "  --make M       ask for the make, known or supposed\n";

static int wrong(const char *option, const char *value)
{
    fprintf(stderr, "athar: %s cannot be %s\n\n%s", option, value, usage);
    return EXIT_WRONG_USE;
}

static bool stopped(void *arg)
{
    return cli_stopped(arg);
}

/* The same object laid out for a terminal. */
static void print_table(const struct buf *b)
{
    json_t *root = json_loadb(b->p, b->n, 0, NULL), *c, *why, *counts = json_object_get(root, "collection");
    size_t i, k;
    json_t *row;
    printf("%lld of %lld specimens screened; left out: %lld by class, %lld unfit, %lld without a print. %s\n",
        json_integer_value(json_object_get(counts, "screened")), json_integer_value(json_object_get(counts, "count")),
        json_integer_value(json_object_get(counts, "excluded")), json_integer_value(json_object_get(counts, "unfit")),
        json_integer_value(json_object_get(counts, "without_print")), json_string_value(json_object_get(root, "rule_text")));
    json_array_foreach(json_object_get(root, "candidates"), i, c) {
        printf("%4lld  %7.2f  %s\n", json_integer_value(json_object_get(c, "rank")), json_number_value(json_object_get(c, "score")),
            json_string_value(json_object_get(c, "file")));
        why = json_object_get(c, "why");
        json_array_foreach(why, k, row)
            printf("               %s\n", json_string_value(row));
    }
    json_array_foreach(json_object_get(root, "failed"), i, c)
        printf("      not compared: %s\n", json_string_value(json_object_get(c, "reason")));
    puts(json_string_value(json_object_get(root, "note")));
    json_decref(root);
}

static int run(const struct app *a, const struct use_screen_in *in, bool json)
{
    struct buf b;
    struct cj j;
    struct fault f = {0};
    int code = EXIT_DONE;
    buf_init(&b, (size_t)64 << 20);
    cj_open_loose(&j, &b);
    enum err e = use_screen(in, &j, &f);
    if (!e && b.err)
        e = fault_set(&f, b.err, "json", SLICE(""), "");
    if (e)
        code = say_fault(a, &f);
    else if (json)
        puts(b.p);
    else
        print_table(&b);
    buf_free(&b);
    return code;
}

static int read_numbers(const char *best, const char *limit, const char *rule, struct use_screen_in *in)
{
    uint64_t n = SCREEN_BEST;
    if (best && !slice_u64(slice_str(best), SCREEN_BEST_MAX, &n))
        return wrong("--best", best);
    in->best = (size_t)n;
    n = 0;
    if (limit && !slice_u64(slice_str(limit), SCREEN_BEST_MAX, &n))
        return wrong("--limit", limit);
    in->limit = (size_t)n;
    if (rule && strcmp(rule, "filter") != 0 && strcmp(rule, "lower") != 0)
        return wrong("--class", rule);
    in->rule = rule && strcmp(rule, "lower") == 0 ? CLASS_LOWER : CLASS_FILTER;
    return 0;
}

int ballistics_screen(int argc, char **argv)
{
    const char *best = NULL, *limit = NULL, *rule = NULL, *class[CLASS_FIELDS] = {NULL};
    struct use_screen_in in = {.stop = stopped};
    bool json = false, help;
    const struct option o[] = {{"--dir", &in.dir, NULL, true}, {"--best", &best, NULL, false}, {"--limit", &limit, NULL, false},
        {"--class", &rule, NULL, false}, {"--make", &class[CLASS_MAKE], NULL, false}, {"--calibre", &class[CLASS_CALIBRE], NULL, false},
        {"--firing-pin", &class[CLASS_FIRING_PIN], NULL, false}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help || (code = read_numbers(best, limit, rule, &in)))
        return code;
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    cli_catch_signals();
    in.lang = a->lang;
    in.path = w.word[0];
    in.threads = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores;
    for (int i = 0; i < CLASS_FIELDS; i++)
        in.class[i] = slice_str(class[i]);
    code = run(a, &in, json);
    app_close(a);
    return code;
}
