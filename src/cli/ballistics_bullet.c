#include "ballistics/bullet.h"
#include "ballistics/x3p.h"
#include "base/arena.h"
#include "base/cjson.h"
#include "cli/cli.h"
#include "cli/verb_ballistics.h"
#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar ballistics bullet A B [--profile x|y] [--json]\n"
    "\n"
    "Compares two bullets by their land engraved areas. A and B are folders that hold one X3P file for each land, in the order of their names around the\n"
    "bullet, 3 to 12 of them; or one file each, for a single pair of lands. Each land of A is compared with each of B; the phase is the offset at\n"
    "which all lands agree best. Decide on all lands of a bullet, never on one; a result is a lead, never an identification.\n"
    "\n"
    "  --profile x|y  the profile across the striae runs along x (unless given) or y of the scan\n"
    "  --json         the result as JSON\n";

struct lands {
    char name[BULLET_LANDS_MAX][256];
    size_t count;
    struct bullet_signature *signature[BULLET_LANDS_MAX];
};
struct two {
    struct lands a, b;
    struct bullet_match match[BULLET_LANDS_MAX][BULLET_LANDS_MAX];
    struct bullet_phase phase; /* lands 0: a single pair */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static enum err list_lands(const char *dir, struct lands *out, struct fault *f)
{
    DIR *d = opendir(dir);
    enum err e = OK;
    if (!d)
        return fault_set(f, ERR_NOT_FOUND, "bullet", slice_str(dir), "");
    for (struct dirent *entry; !e && (entry = readdir(d));) {
        size_t n = strlen(entry->d_name);
        if (n < 5 || n >= sizeof out->name[0] || entry->d_name[0] == '.' || strcasecmp(entry->d_name + n - 4, ".x3p") != 0)
            continue;
        if (out->count == BULLET_LANDS_MAX)
            e = fault_set(f, ERR_RANGE, "bullet", slice_str(dir), "want.bullet_lands");
        else
            memcpy(out->name[out->count++], entry->d_name, n + 1);
    }
    closedir(d);
    qsort(out->name, out->count, sizeof out->name[0], by_name);
    return e;
}

static enum err read_land(const char *path, bool across_y, struct bullet_signature **out, struct fault *f)
{
    struct x3p x;
    struct surface s;
    struct bullet_signature *sign = mem_alloc(1, sizeof *sign);
    if (!sign)
        return fault_set(f, ERR_MEMORY, "bullet", SLICE(""), "");
    enum err e = x3p_read_file(path, &x, f);
    if (!e) {
        e = x3p_surface(&x, X3P_AS_STATED, &s, f);
        x3p_free(&x);
    }
    if (!e) {
        e = bullet_signature(&s, across_y, sign, f);
        surface_free(&s);
    }
    if (e)
        mem_free(sign);
    else
        *out = sign;
    return e;
}

static enum err read_bullet(const char *path, bool across_y, struct lands *out, struct fault *f)
{
    struct stat st;
    char file[1300];
    bool folder = !stat(path, &st) && S_ISDIR(st.st_mode);
    enum err e = folder ? list_lands(path, out, f) : OK;
    if (!folder) {
        const char *slash = strrchr(path, '/');
        snprintf(out->name[0], sizeof out->name[0], "%s", slash ? slash + 1 : path);
        out->count = 1;
    }
    for (size_t i = 0; i < out->count && !e; i++) {
        if (folder && snprintf(file, sizeof file, "%s/%s", path, out->name[i]) >= (int)sizeof file)
            e = fault_set(f, ERR_TOO_LONG, "bullet", slice_str(path), "");
        if (!e)
            e = read_land(folder ? file : path, across_y, &out->signature[i], f);
    }
    return e;
}

static enum err compare_two(struct two *t, struct fault *f)
{
    enum err e = OK;
    if (t->a.count != t->b.count || !t->a.count)
        return fault_set(f, ERR_RANGE, "lands", SLICE(""), "want.bullet_lands");
    for (size_t i = 0; i < t->a.count; i++)
        for (size_t k = 0; k < t->b.count && !e; k++)
            e = bullet_compare(t->a.signature[i], t->b.signature[k], &t->match[i][k], f);
    if (!e && t->a.count > 1)
        e = bullet_phase((const struct bullet_signature *const *)t->a.signature, (const struct bullet_signature *const *)t->b.signature, t->a.count,
            &t->phase, f);
    return e;
}

static void number(struct cj *j, const char *key, double v, int decimals)
{
    cj_key(j, key);
    cj_double(j, v, decimals);
}

static void put_pairs(struct cj *j, const struct two *t)
{
    cj_key(j, "pairs");
    cj_arr(j);
    for (size_t i = 0; i < t->a.count; i++)
        for (size_t k = 0; k < t->b.count; k++) {
            cj_obj(j);
            cj_kstr(j, "a", slice_str(t->a.name[i]));
            cj_kstr(j, "b", slice_str(t->b.name[k]));
            number(j, "r", t->match[i][k].r, 4);
            number(j, "shift_um", t->match[i][k].shift * 1e6, 1);
            cj_obj_end(j);
        }
    cj_arr_end(j);
}

static void put_result(struct cj *j, const struct app *a, const struct two *t)
{
    struct buf note;
    buf_init(&note, 1u << 12);
    lang_plain(a->lang, &note, t->phase.lands ? "bullet.note" : "bullet.note_one");
    cj_obj(j);
    cj_kint(j, "lands", (int64_t)t->a.count);
    if (t->phase.lands) {
        cj_kint(j, "phase", (int64_t)t->phase.best);
        number(j, "r", t->phase.mean[t->phase.best], 4);
        number(j, "lead", t->phase.lead, 2);
        cj_key(j, "phases");
        cj_arr(j);
        for (size_t i = 0; i < t->phase.lands; i++)
            cj_double(j, t->phase.mean[i], 4);
        cj_arr_end(j);
    }
    put_pairs(j, t);
    cj_kstr(j, "note", buf_view(&note));
    cj_obj_end(j);
    buf_free(&note);
}

static void print_result(const struct app *a, const struct two *t)
{
    struct buf note;
    buf_init(&note, 1u << 12);
    for (size_t i = 0; i < t->phase.lands; i++)
        printf("phase %zu: mean r %.2f%s\n", i, t->phase.mean[i], i == t->phase.best ? "  best" : "");
    if (t->phase.lands)
        printf("The best stands %.1f standard deviations above the others.\n", t->phase.lead);
    else
        printf("r %.2f at a shift of %.0f um\n", t->match[0][0].r, t->match[0][0].shift * 1e6);
    lang_plain(a->lang, &note, t->phase.lands ? "bullet.note" : "bullet.note_one");
    puts(note.p);
    buf_free(&note);
}

static int told(const struct app *a, const struct two *t, bool json)
{
    struct buf b;
    struct cj j;
    struct fault f = {0};
    int code = EXIT_DONE;
    if (!json) {
        print_result(a, t);
        return EXIT_DONE;
    }
    buf_init(&b, 1u << 20);
    cj_open_loose(&j, &b);
    put_result(&j, a, t);
    if (b.err) {
        fault_set(&f, b.err, "json", SLICE(""), "");
        code = say_fault(a, &f);
    } else {
        puts(b.p);
    }
    buf_free(&b);
    return code;
}

static void lands_end(struct lands *l)
{
    for (size_t i = 0; i < l->count; i++)
        mem_free(l->signature[i]);
}

static int run(const struct app *a, const char *const path[2], bool across_y, bool json)
{
    struct fault f = {0};
    struct two *t = mem_alloc(1, sizeof *t);
    enum err e = t ? read_bullet(path[0], across_y, &t->a, &f) : fault_set(&f, ERR_MEMORY, "bullet", SLICE(""), "");
    if (!e)
        e = read_bullet(path[1], across_y, &t->b, &f);
    if (!e)
        e = compare_two(t, &f);
    int code = e ? say_fault(a, &f) : told(a, t, json);
    if (t) {
        lands_end(&t->a);
        lands_end(&t->b);
    }
    mem_free(t);
    return code;
}

int ballistics_bullet(int argc, char **argv)
{
    const char *profile = NULL;
    bool json = false, help;
    const struct option o[] = {{"--profile", &profile, NULL, false}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.least = 2, .most = 2};
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    if (profile && strcmp(profile, "x") != 0 && strcmp(profile, "y") != 0) {
        fprintf(stderr, "athar: --profile takes x or y\n\n%s", usage);
        return EXIT_WRONG_USE;
    }
    struct app *a = cli_app(NULL, &code);
    if (!a)
        return code;
    code = run(a, w.word, profile && profile[0] == 'y', json);
    app_close(a);
    return code;
}
