#include "cli/cli.h"
#include "use/search.h"
#include <jansson.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar search --data DIR PATTERN [--make M --model M --calibre C --type T --country CC --year Y]\n"
    "                    [--errors 0..2] [--limit N] [--json]\n"
    "       athar search --data DIR --batch QUERIES.jsonl > RESULTS.jsonl\n"
    "\n"
    "Finds a firearm by what can still be read of its serial number:\n"
    "  ?      one character that cannot be read        [0OQ]  one of several\n"
    "  *      an unknown number of lost characters     spaces and hyphens do not matter\n"
    "What is known of the gun is evidence: a wrong make lowers the rank, it never hides the gun.\n"
    "\n"
    "  --errors N  wrong characters allowed for (2 unless given; none beside a *)\n"
    "  --limit N   best so many (50 unless given; 0 = all)\n"
    "  --batch F   one JSON object a line {qid, pattern, make?, model?, calibre?, type?, country?, year?, limit?, errors?};\n"
    "              - is standard input; one line out each {qid, ids, p_absent, micros}\n";

/* ---- one query ---- */

static const char *member(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static long long number(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

/* Text cut or padded to so many columns: characters, not bytes. */
static void column(const char *s, int width)
{
    int shown = 0;
    for (; *s && shown < width; shown++) {
        do
            putchar(*s++);
        while (((unsigned char)*s & 0xc0) == 0x80);
    }
    printf("%*s ", width - shown, "");
}

static void print_row(const json_t *c)
{
    size_t i;
    json_t *w;
    const char *id = member(c, "external_id");
    printf("%3lld  ", number(c, "rank"));
    column(member(json_object_get(c, "mark"), "text"), 16);
    column(member(c, "make_label"), 22);
    column(member(c, "model"), 14);
    column(member(c, "calibre_label"), 22);
    column(member(c, "country"), 3);
    puts(*id ? id : member(c, "id"));
    printf("     %s", member(json_object_get(c, "status"), "text"));
    json_array_foreach(json_object_get(c, "why"), i, w)
        printf("%s%s", i ? "; " : ". Why: ", member(w, "text"));
    putchar('\n');
}

static void print_notes(const char *head, const json_t *list)
{
    size_t i;
    json_t *n;
    json_array_foreach((json_t *)list, i, n)
        printf("%s%s\n", head, member(n, "text"));
}

static void print_table(const json_t *v)
{
    size_t i;
    json_t *c;
    puts(member(json_object_get(v, "verdict"), "text"));
    print_notes("Note: ", json_object_get(v, "warnings"));
    putchar('\n');
    json_array_foreach(json_object_get(v, "candidates"), i, c)
        print_row(c);
    printf("%s%lld fit, %lld shown; %lld microseconds.\n", i ? "\n" : "", number(v, "count"), number(v, "shown"), number(v, "micros"));
    print_notes("Searched: ", json_object_get(v, "searched"));
    print_notes("Not searched: ", json_object_get(v, "not_searched"));
    print_notes("Next: ", json_object_get(v, "next"));
}

/* The table is the JSON result, laid out. */
static void print_result(const struct buf *b, bool json)
{
    if (json) {
        puts(b->p);
        return;
    }
    json_t *v = json_loadb(b->p, b->n, 0, NULL);
    if (v)
        print_table(v);
    json_decref(v);
}

static int search_one(struct app *a, const struct use_search_in *in, bool json)
{
    struct buf b;
    struct cj j;
    struct fault f = {0};
    buf_init(&b, (size_t)256 << 20);
    cj_open_loose(&j, &b);
    enum err e = use_search(a, in, &j, &f);
    if (!e)
        print_result(&b, json);
    buf_free(&b);
    return e ? say_fault(a, &f) : EXIT_DONE;
}

/* ---- batches ---- */

static struct slice text_of(struct arena *a, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    if (json_is_string(v))
        return slice_of(json_string_value(v), json_string_length(v));
    if (json_is_integer(v))
        return slice_str(arena_printf(a, "%lld", (long long)json_integer_value(v)));
    return SLICE("");
}

static void put_qid(struct cj *j, const json_t *o)
{
    const json_t *v = json_object_get(o, "qid");
    if (json_is_integer(v))
        cj_kint(j, "qid", json_integer_value(v));
    else if (json_is_string(v))
        cj_kstr(j, "qid", slice_str(json_string_value(v)));
}

static void put_fault(struct cj *j, const struct app *a, const struct fault *f)
{
    struct buf b;
    buf_init(&b, 1u << 14);
    lang_fault(a->lang, f, &b);
    cj_kstr(j, "error", buf_view(&b));
    buf_free(&b);
}

static enum err answer(struct app *a, struct desk *d, const struct use_search_in *in, struct cj *j, struct fault *f)
{
    struct search_query *q = arena_alloc(&d->arena, sizeof *q);
    struct index_view *v;
    const struct ranker *ranker;
    struct search_result r;
    struct slice *ids;
    uint64_t size;
    size_t n;
    enum err e = q ? search_read(a, in, d, q, f) : ERR_MEMORY;
    if (e || (e = app_index(a, d, &v, &ranker, &size, f)))
        return e;
    q->reasons = false; /* nobody reads them here */
    if (!(e = search_run(v, ranker, q, d->scratch, &r, f)) && !(e = search_ids(d, &r, &ids, &n, f))) {
        cj_key(j, "ids");
        cj_arr(j);
        for (size_t i = 0; i < n; i++)
            cj_str(j, ids[i]);
        cj_arr_end(j);
        cj_key(j, "p_absent");
        cj_double(j, r.p_absent, 6);
        cj_key(j, "micros");
        cj_double(j, (double)r.nanos / 1000, 3);
    }
    index_release(v);
    return e;
}

static enum err batch_line(struct app *a, struct desk *d, const char *line, size_t n, struct cj *j)
{
    struct fault f = {0};
    json_error_t at;
    json_t *o = json_loadb(line, n, 0, &at);
    cj_obj(j);
    if (!json_is_object(o)) {
        fault_set(&f, ERR_FORMAT, "line", slice_str(at.text), "want.json");
        put_fault(j, a, &f);
    } else {
        struct arena *m = &d->arena;
        struct use_search_in in = {a->lang, text_of(m, o, "pattern"), text_of(m, o, "make"), text_of(m, o, "model"),
            text_of(m, o, "calibre"), text_of(m, o, "type"), text_of(m, o, "country"), text_of(m, o, "year"), text_of(m, o, "limit"),
            text_of(m, o, "errors")};
        put_qid(j, o);
        if (answer(a, d, &in, j, &f))
            put_fault(j, a, &f);
    }
    cj_obj_end(j);
    json_decref(o);
    return OK;
}

static int search_batch(struct app *a, const char *path)
{
    struct fault f = {0};
    struct desk *d;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!in) {
        fault_set(&f, ERR_NOT_FOUND, "--batch", slice_str(path), "want.file");
        return say_fault(a, &f);
    }
    enum err e = desk_take(a, &d, &f);
    while (!e && (n = getline(&line, &cap, in)) > 0) {
        struct buf b;
        struct cj j;
        buf_init(&b, (size_t)256 << 20);
        cj_open_loose(&j, &b);
        batch_line(a, d, line, (size_t)n, &j);
        puts(b.p ? b.p : "{}");
        buf_free(&b);
        arena_reset(&d->arena);
    }
    free(line);
    if (!e)
        desk_give(a, d);
    if (in != stdin)
        fclose(in);
    return e ? say_fault(a, &f) : EXIT_DONE;
}

int verb_search(int argc, char **argv)
{
    const char *dir = NULL, *make = "", *model = "", *calibre = "", *type = "", *country = "", *year = "", *limit = "", *errors = "",
               *batch = NULL;
    bool json = false, help;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--make", &make, NULL, false}, {"--model", &model, NULL, false},
        {"--calibre", &calibre, NULL, false}, {"--type", &type, NULL, false}, {"--country", &country, NULL, false},
        {"--year", &year, NULL, false}, {"--limit", &limit, NULL, false}, {"--errors", &errors, NULL, false},
        {"--batch", &batch, NULL, false}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.most = 1};
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    if (!batch && !w.count) {
        fprintf(stderr, "athar: a pattern is missing\n\n%s", usage);
        return EXIT_WRONG_USE;
    }
    struct app *a = cli_app(dir, &code);
    if (!a)
        return code;
    struct use_search_in in = {a->lang, slice_str(w.count ? w.word[0] : ""), slice_str(make), slice_str(model), slice_str(calibre),
        slice_str(type), slice_str(country), slice_str(year), slice_str(limit), slice_str(errors)};
    code = batch ? search_batch(a, batch) : search_one(a, &in, json);
    app_close(a);
    return code;
}
