#include "cli/cli.h"
#include "use/party.h"
#include <jansson.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar party --data DIR NAME|NUMBER [--limit N] [--json]\n"
    "\n"
    "Finds a person or firm by name, or by the exact number of a document.\n"
    "\n"
    "  NAME    words of the name or their beginnings, in any order, case and accents; Cyrillic, Greek, Arabic and Chinese names also\n"
    "          by their letters or their transcription; two Chinese characters are enough\n"
    "  NUMBER  as it is or without blanks and hyphens\n";

static const char *member(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static void print_party(const json_t *p)
{
    size_t i;
    json_t *g;
    printf("%s  %s  %s  %s\n", member(p, "id"), member(p, "name"), member(p, "document"), member(p, "address"));
    json_array_foreach(json_object_get(p, "firearms"), i, g)
        printf("    %s  %s%s%s%s\n", member(g, "subject"), member(g, "role"), *member(g, "since") ? " since " : "", member(g, "since"),
            json_is_true(json_object_get(g, "current")) ? "" : ", no longer");
}

static void print_result(const struct buf *b)
{
    size_t i;
    json_t *p, *v = json_loadb(b->p, b->n, 0, NULL);
    json_array_foreach(json_object_get(v, "parties"), i, p)
        print_party(p);
    printf("%lld fit, %lld shown.\n", (long long)json_integer_value(json_object_get(v, "count")),
        (long long)json_integer_value(json_object_get(v, "shown")));
    json_decref(v);
}

int verb_party(int argc, char **argv)
{
    const char *dir = NULL, *limit = "";
    bool json = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--limit", &limit, NULL, false}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    struct buf b;
    struct cj j;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    buf_init(&b, (size_t)64 << 20);
    cj_open_loose(&j, &b);
    struct use_party_in in = {a->lang, slice_str(w.word[0]), slice_str(limit)};
    enum err e = use_party(a, &in, &j, &f);
    if (!e && !json) {
        print_result(&b);
        b.n = 0;
    }
    return cli_end_text(a, e, &b, &f);
}
