/* athar ballistics compare, rank, matrix: the tools of validation. They read files and no register. */
#include "ballistics/batch.h"
#include "ballistics/likelihood.h"
#include "base/arena.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/verb_ballistics.h"
#include <unistd.h>
#include "base/banned.h"

#define OPTIONS_TEXT                                                                                                   \
    "  --pitch UM   working pitch: 25 (unless given), 12.5 or 6.25 micrometres\n"                                     \
    "  --turn DEG   search from -DEG to +DEG; 180 (unless given) is the full turn\n"                                  \
    "  --prepare W  auto (unless given): level, mask and filter surfaces that are not yet; always; never\n"

static const char compare_usage[] = "usage: athar ballistics compare A.x3p B.x3p [--json] [--make M] [--calibre C] [--pitch UM] [--turn DEG] [--prepare W]\n"
                                    "\n"
                                    "Compares two breech-face impressions by congruent matching cells, both ways. A score is a lead for an\n"
                                    "examiner with a microscope, never an identification.\n"
                                    "\n"
                                    "  --make M     make of the firearm or firearms, known or supposed from class characteristics; for the\n"
                                    "  --calibre C  likelihood ratio, which is only given where the known pairs it was learned from speak\n" OPTIONS_TEXT;
static const char rank_usage[] = "usage: athar ballistics rank QUERY.x3p --dir DIR [--json] [--limit N] [--pitch UM] [--turn DEG] [--prepare W]\n"
                                 "\n"
                                 "Compares one surface with every *.x3p of a folder but itself; best first.\n"
                                 "\n" OPTIONS_TEXT;
static const char matrix_usage[] = "usage: athar ballistics matrix --dir DIR [--pitch UM] [--turn DEG] [--prepare W] > PAIRS.csv\n"
                                   "\n"
                                   "Compares all pairs of the *.x3p of a folder: columns a, b, cmc, score.\n"
                                   "\n" OPTIONS_TEXT;

struct asked {
    const char *dir, *pitch, *turn, *prepare, *limit, *make, *calibre;
    bool json;
    struct batch_settings set;
};

/* ---- options ---- */

static bool one_of(const char *text, const char *const *list, size_t n, size_t *out)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

static int wrong(const char *option, const char *value, const char *usage)
{
    fprintf(stderr, "athar: %s cannot be %s\n\n%s", option, value, usage);
    return EXIT_WRONG_USE;
}

static int settings_read(struct asked *q, const char *usage)
{
    static const char *const pitches[] = {"25", "12.5", "6.25"}, *const ways[] = {"auto", "always", "never"};
    size_t i = 0;
    uint64_t turn = 180;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    q->set = (struct batch_settings){.compare = compare_standard, .threads = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores};
    if (q->pitch && !one_of(q->pitch, pitches, 3, &i))
        return wrong("--pitch", q->pitch, usage);
    q->set.compare.points = 16u << i;
    if (q->turn && !slice_u64(slice_str(q->turn), 180, &turn))
        return wrong("--turn", q->turn, usage);
    q->set.compare.turn = (double)turn;
    i = 0;
    if (q->prepare && !one_of(q->prepare, ways, 3, &i))
        return wrong("--prepare", q->prepare, usage);
    q->set.prepare = (enum batch_prepare)i;
    return 0;
}

/* ---- compare ---- */

static void micrometres(struct cj *j, const char *key, double metres)
{
    cj_key(j, key);
    cj_double(j, metres * 1e6, 3);
}

static void number(struct cj *j, const char *key, double v, int decimals)
{
    cj_key(j, key);
    cj_double(j, v, decimals);
}

static void cell_json(struct cj *j, const struct compare_cell *c)
{
    cj_obj(j);
    cj_kint(j, "column", c->column);
    cj_kint(j, "row", c->row);
    cj_kbool(j, "congruent", c->original);
    cj_kbool(j, "high", c->high);
    cj_kbool(j, "close", c->close);
    number(j, "r", (double)c->r, 4);
    number(j, "theta", (double)c->theta, 3);
    micrometres(j, "ax", (double)c->ax);
    micrometres(j, "ay", (double)c->ay);
    micrometres(j, "bx", (double)c->bx);
    micrometres(j, "by", (double)c->by);
    cj_obj_end(j);
}

static void result_json(struct cj *j, const struct compare_result *r, const struct compare_settings *set, double millis)
{
    cj_obj(j);
    cj_kint(j, "cmc", r->cmc_forward);
    cj_kint(j, "cmc_reverse", r->cmc_back);
    cj_kint(j, "cmc_high", r->cmc_high);
    cj_kint(j, "close", r->close);
    number(j, "score", r->score, 4);
    number(j, "sum_r", r->cmc_r, 4);
    number(j, "theta", r->theta, 3);
    micrometres(j, "dx", r->dx);
    micrometres(j, "dy", r->dy);
    micrometres(j, "cell", set->cell);
    micrometres(j, "pitch", set->cell / set->points);
    cj_kint(j, "cells_a", r->cells);
    cj_kint(j, "cells_b", r->cells_reverse);
    cj_key(j, "cells");
    cj_arr(j);
    for (uint32_t i = 0; i < r->cells; i++)
        cell_json(j, &r->cell[i]);
    cj_arr_end(j);
    number(j, "millis", millis, 2);
}

static void steps_json(struct cj *j, const char *key, const struct surface_steps *s)
{
    cj_key(j, key);
    surface_steps_json(s, j);
}

static int put_json(struct buf *b, const struct app *a)
{
    struct fault f = {0};
    int code = EXIT_DONE;
    if (b->err) {
        fault_set(&f, b->err, "json", SLICE(""), "");
        code = say_fault(a, &f);
    } else {
        puts(b->p);
    }
    buf_free(b);
    return code;
}

static void print_result(const struct compare_result *r, const struct likelihood *v)
{
    printf("Congruent cells: %u of %u, the other way %u of %u (original rule); %u by the high rule.\n", r->cmc_forward, r->cells, r->cmc_back,
        r->cells_reverse, r->cmc_high);
    printf("Score %.2f; pose: turn %.1f degrees, shift %.0f and %.0f um.\n", r->score, r->theta, r->dx * 1e6, r->dy * 1e6);
    if (v->given)
        printf("Likelihood ratio 10^%.2f (10^%.2f to 10^%.2f); --json says what it means and where it ends.\n", v->log10, v->lower, v->upper);
    puts("A score is a lead for an examiner with a microscope, never an identification.");
}

struct two {
    struct compare *compare;
    struct compare_side *side[2];
    struct compare_work *work;
    struct surface_steps steps[2];
    struct compare_result result;
    struct likelihood_model *model;
    struct likelihood likelihood;
};

static void two_weigh(const struct asked *q, struct two *t)
{
    struct likelihood_side side[2];
    for (int i = 0; i < 2; i++)
        side[i] = (struct likelihood_side){slice_str(q->make), slice_str(q->calibre), compare_side_pitch(t->side[i])};
    likelihood_of(t->model, &q->set.compare, &t->result, side, &t->likelihood);
}

static enum err two_run(const struct asked *q, const char *const path[2], struct two *t, struct fault *f)
{
    enum err e = compare_new(&q->set.compare, &t->compare, f);
    for (int i = 0; !e && i < 2; i++)
        e = batch_side(t->compare, path[i], q->set.prepare, &t->side[i], &t->steps[i], f);
    if (!e && !(t->work = compare_work_new(t->compare)))
        e = fault_set(f, ERR_MEMORY, "compare", SLICE(""), "");
    if (!e)
        e = likelihood_open(&t->model, f);
    if (!e) {
        compare_run(t->compare, t->side[0], t->side[1], t->work, &t->result);
        two_weigh(q, t);
    }
    compare_work_free(t->work);
    compare_side_free(t->side[0]);
    compare_side_free(t->side[1]);
    compare_free(t->compare);
    return e;
}

static int compare_files(const struct app *a, const struct asked *q, const char *const path[2])
{
    struct two *t = mem_alloc(1, sizeof *t);
    struct fault f = {0};
    int64_t begun = time_mono_ns();
    int code = EXIT_DONE;
    enum err e = t ? two_run(q, path, t, &f) : fault_set(&f, ERR_MEMORY, "compare", SLICE(""), "");
    if (e) {
        code = say_fault(a, &f);
    } else if (!q->json) {
        print_result(&t->result, &t->likelihood);
    } else {
        struct buf b;
        struct cj j;
        buf_init(&b, 1u << 20);
        cj_open_loose(&j, &b);
        result_json(&j, &t->result, &q->set.compare, (double)(time_mono_ns() - begun) / 1e6);
        number(&j, "millis_compare", (double)t->result.nanos / 1e6, 2);
        steps_json(&j, "prepared_a", &t->steps[0]);
        steps_json(&j, "prepared_b", &t->steps[1]);
        cj_key(&j, "lr");
        likelihood_json(t->model, a->lang, &t->likelihood, &j);
        cj_obj_end(&j);
        code = put_json(&b, a);
    }
    likelihood_close(t ? t->model : NULL);
    mem_free(t);
    return code;
}

int ballistics_compare(int argc, char **argv)
{
    struct asked q = {0};
    bool help;
    const struct option o[] = {{"--json", NULL, &q.json, false}, {"--make", &q.make, NULL, false}, {"--calibre", &q.calibre, NULL, false}, {"--pitch", &q.pitch, NULL, false}, {"--turn", &q.turn, NULL, false},
        {"--prepare", &q.prepare, NULL, false}, {0}};
    struct words w = {.least = 2, .most = 2};
    int code = options_read(argc, argv, o, &w, compare_usage, &help);
    if (code || help || (code = settings_read(&q, compare_usage)))
        return code;
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    code = compare_files(a, &q, w.word);
    app_close(a);
    return code;
}

/* ---- a folder ---- */

/* What could not be compared, one line each on stderr: it stands in no result. */
static void say_refused(const struct app *a, const struct batch *b)
{
    for (size_t i = 0; i < batch_count(b); i++) {
        const struct batch_file *file = batch_at(b, i);
        if (file->side)
            continue;
        fprintf(stderr, "%s: ", file->name);
        say_fault(a, &file->fault);
    }
}

static int rank_print(const struct app *a, const struct batch *b, const struct batch_pair *pair, size_t count, bool json)
{
    struct buf out;
    struct cj j;
    buf_init(&out, (size_t)64 << 20);
    cj_open_loose(&j, &out);
    cj_arr(&j);
    for (size_t i = 0; i < count; i++) {
        const char *name = batch_at(b, pair[i].b)->name;
        cj_obj(&j);
        cj_kstr(&j, "file", slice_str(name));
        number(&j, "score", pair[i].score, 4);
        cj_kint(&j, "cmc", pair[i].cmc);
        cj_obj_end(&j);
        if (!json)
            printf("%5zu  %8.2f  %3u  %s\n", i + 1, pair[i].score, pair[i].cmc, name);
    }
    cj_arr_end(&j);
    if (json)
        return put_json(&out, a);
    buf_free(&out);
    return EXIT_DONE;
}

static int rank_files(const struct app *a, const struct asked *q, const char *query, uint64_t limit)
{
    struct fault f = {0};
    struct batch *b;
    struct batch_pair *pair = NULL;
    size_t count = 0;
    int code;
    enum err e = batch_open(q->dir, &q->set, &b, &f);
    if (e)
        return say_fault(a, &f);
    say_refused(a, b);
    if (batch_rank(b, query, &pair, &count, &f))
        code = say_fault(a, &f);
    else
        code = rank_print(a, b, pair, limit && limit < count ? (size_t)limit : count, q->json);
    mem_free(pair);
    batch_free(b);
    return code;
}

int ballistics_rank(int argc, char **argv)
{
    struct asked q = {0};
    uint64_t limit = 0;
    bool help;
    const struct option o[] = {{"--dir", &q.dir, NULL, true}, {"--json", NULL, &q.json, false}, {"--limit", &q.limit, NULL, false},
        {"--pitch", &q.pitch, NULL, false}, {"--turn", &q.turn, NULL, false}, {"--prepare", &q.prepare, NULL, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    int code = options_read(argc, argv, o, &w, rank_usage, &help);
    if (code || help || (code = settings_read(&q, rank_usage)))
        return code;
    if (q.limit && !slice_u64(slice_str(q.limit), BATCH_FILES_MAX, &limit))
        return wrong("--limit", q.limit, rank_usage);
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    code = rank_files(a, &q, w.word[0], limit);
    app_close(a);
    return code;
}

static void csv_cell(const char *s)
{
    if (!strpbrk(s, ",\"\r\n")) {
        fputs(s, stdout);
        return;
    }
    putchar('"');
    for (; *s; s++) {
        if (*s == '"')
            putchar('"');
        putchar(*s);
    }
    putchar('"');
}

static int matrix_files(const struct app *a, const struct asked *q)
{
    struct fault f = {0};
    struct batch *b;
    struct batch_pair *pair = NULL;
    size_t count = 0;
    int code = EXIT_DONE;
    enum err e = batch_open(q->dir, &q->set, &b, &f);
    if (e)
        return say_fault(a, &f);
    say_refused(a, b);
    if (batch_matrix(b, &pair, &count, &f))
        code = say_fault(a, &f);
    else
        puts("a,b,cmc,score");
    for (size_t i = 0; i < count; i++) {
        csv_cell(batch_at(b, pair[i].a)->name);
        putchar(',');
        csv_cell(batch_at(b, pair[i].b)->name);
        printf(",%u,%.4f\n", pair[i].cmc, pair[i].score);
    }
    mem_free(pair);
    batch_free(b);
    return code;
}

int ballistics_matrix(int argc, char **argv)
{
    struct asked q = {0};
    bool help;
    const struct option o[] = {{"--dir", &q.dir, NULL, true}, {"--pitch", &q.pitch, NULL, false}, {"--turn", &q.turn, NULL, false},
        {"--prepare", &q.prepare, NULL, false}, {0}};
    struct words w = {.least = 0, .most = 0};
    int code = options_read(argc, argv, o, &w, matrix_usage, &help);
    if (code || help || (code = settings_read(&q, matrix_usage)))
        return code;
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    code = matrix_files(a, &q);
    app_close(a);
    return code;
}
