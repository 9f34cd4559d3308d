#include "cli/cli.h"
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/banned.h"

static volatile sig_atomic_t stopped, hung_up; /* the only globals: a signal has nowhere else to say it came */

static void on_signal(int number)
{
    if (number == SIGHUP)
        hung_up = 1;
    else
        stopped = 1;
}

void cli_catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

bool cli_stopped(void *arg)
{
    return stopped;
}

void cli_catch_hang_up(void)
{
    struct sigaction a = {.sa_handler = on_signal};
    sigaction(SIGHUP, &a, NULL);
}

bool cli_hung_up(void)
{
    bool came = hung_up;
    hung_up = 0;
    return came;
}

static int wrong(const char *what, const char *value, const char *usage)
{
    fprintf(stderr, "athar: %s%s%s\n\n%s", what, *value ? ": " : "", value, usage);
    return EXIT_WRONG_USE;
}

static const struct option *find(const struct option *o, const char *arg, const char **value)
{
    for (; o->name; o++) {
        size_t n = strlen(o->name);
        if (strncmp(arg, o->name, n) != 0)
            continue;
        if (arg[n] == 0 || (arg[n] == '=' && o->text)) {
            *value = arg[n] ? arg + n + 1 : NULL;
            return o;
        }
    }
    return NULL;
}

/* Takes one argument (and its value); returns 0 or the exit code. */
static int take(int argc, char **argv, int *i, const struct option *table, struct words *w, const char *usage)
{
    const char *value, *arg = argv[*i];
    if (arg[0] != '-' || arg[1] == 0) {
        if (w->count == w->most)
            return wrong("one argument too many", arg, usage);
        w->word[w->count++] = arg;
        return 0;
    }
    const struct option *o = find(table, arg, &value);
    if (!o)
        return wrong("there is no such option", arg, usage);
    if (o->on) {
        *o->on = true;
        return 0;
    }
    if (!value && ++*i == argc)
        return wrong("a value is missing after", arg, usage);
    *o->text = value ? value : argv[*i];
    return 0;
}

int options_read(int argc, char **argv, const struct option *o, struct words *w, const char *usage, bool *help)
{
    bool rest = false;
    *help = false;
    for (int i = 1; i < argc; i++) {
        if (!rest && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            fputs(usage, stdout);
            *help = true;
            return 0;
        }
        if (!rest && strcmp(argv[i], "--") == 0) {
            rest = true;
            continue;
        }
        if (rest && w->count < w->most)
            w->word[w->count++] = argv[i];
        else {
            int code = take(argc, argv, &i, o, w, usage);
            if (code)
                return code;
        }
    }
    for (; o->name; o++)
        if (o->needed && !*o->text)
            return wrong("this option is needed", o->name, usage);
    return w->count < w->least ? wrong("an argument is missing", "", usage) : 0;
}

int say_fault(const struct app *a, const struct fault *f)
{
    struct buf b;
    struct fault shown = *f;
    if (shown.code == OK) /* refused without saying why: that is a fault of ours */
        shown.code = ERR_BUG;
    f = &shown;
    buf_init(&b, 1u << 16);
    if (a && a->lang)
        lang_fault(a->lang, f, &b);
    fprintf(stderr, "athar: %s\n", b.p ? b.p : err_name(f->code));
    buf_free(&b);
    return EXIT_REFUSED;
}

/* As POSIX has it: the first of these that is set; English when it names none of ours ("ar_EG.UTF-8", "fr", "C"). */
static const struct lang *terminal_language(const struct lang_set *all)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !(set && *set); i++)
        set = getenv(names[i]);
    struct slice tag = slice_str(set ? set : "");
    tag.n = strcspn(tag.n ? tag.p : "", ".@");
    const struct lang *l = lang_find(all, tag);
    return l ? l : lang_find(all, SLICE("en"));
}

struct app *cli_app(const char *dir, int *exit_code)
{
    struct app *a;
    struct fault f = {0};
    if (app_open(dir ? dir : "", &a, &f)) {
        *exit_code = say_fault(NULL, &f);
        return NULL;
    }
    a->lang = terminal_language(a->languages);
    return a;
}

static const char *data_of(const struct option *o)
{
    while (o->name && strcmp(o->name, "--data") != 0)
        o++;
    return o->name ? *o->text : NULL;
}

struct app *cli_open(int argc, char **argv, const struct option *o, struct words *w, const char *usage, int *exit_code)
{
    bool help;
    *exit_code = options_read(argc, argv, o, w, usage, &help);
    return *exit_code || help ? NULL : cli_app(data_of(o), exit_code);
}

int cli_end(struct app *a, enum err e, const struct fault *f)
{
    int code = e ? say_fault(a, f) : EXIT_DONE;
    app_close(a);
    return code;
}

int cli_end_text(struct app *a, enum err e, struct buf *out, const struct fault *f)
{
    if (!e && out->n)
        printf(SLICE_FMT "\n", SLICE_ARG(buf_view(out)));
    if (out->p)
        seal_wipe(out->p, out->cap);
    buf_free(out);
    return cli_end(a, e, f);
}

int cli_end_wrong(struct app *a, const char *what, const char *usage)
{
    if (*what)
        fprintf(stderr, "athar: %s\n\n", what);
    fputs(usage, stderr);
    app_close(a);
    return EXIT_WRONG_USE;
}

struct visitor cli_visitor(void)
{
    char who[96];
    const struct passwd *user = getpwuid(getuid());
    snprintf(who, sizeof who, "%s", user ? user->pw_name : "console");
    return visitor_everything(who, "terminal");
}

static bool progress_due(void)
{
    static int64_t last;
    int64_t now = time_mono_ns();
    if (!isatty(STDERR_FILENO) || now - last < 100000000)
        return false;
    last = now;
    return true;
}

void cli_progress(const char *what, uint64_t done, uint64_t all, int64_t nanos)
{
    if (!progress_due())
        return;
    double seconds = (double)nanos / 1e9, rate = seconds > 0 ? (double)done / seconds : 0;
    fprintf(stderr, "\r%s %llu", what, (unsigned long long)done);
    if (all)
        fprintf(stderr, " of %llu (%d %%)", (unsigned long long)all, (int)(100.0 * (double)done / (double)all));
    fprintf(stderr, ", %.0f a second", rate);
    if (all > done && rate > 0)
        fprintf(stderr, ", %.0f s left", (double)(all - done) / rate);
    fputs("   \033[K", stderr);
}

void cli_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}
