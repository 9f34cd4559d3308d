#include "cli/cli.h"
#include "cli/watch.h"
#include "marks/read.h"
#include "trace/term_words.h"
#include "use/access.h"
#include "use/account.h"
#include "use/ballistics.h"
#include "use/health.h"
#include "use/import.h"
#include "use/log_file.h"
#include "use/search.h"
#include "use/trace.h"
#include "web/web.h"
#include <unistd.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar serve --data DIR [--ballistics DIR] [--listen HOST:PORT | --listen unix:PATH] [--open]\n"
    "                   [--name HOST,...] [--tls-cert FILE --tls-key FILE] [--trusted-proxy ADDRESS,...]\n"
    "                   [--metrics HOST:PORT] [--log json]\n"
    "\n"
    "Serves the pages and the API until it is stopped (Ctrl-C), to those who have an account (athar account). While a register has\n"
    "no account at all, everybody on this computer sees it; the first one ends that. Import may run beside it.\n"
    "\n"
    "  --ballistics DIR    a folder of X3P files to look at and compare (athar ballistics enrol --dir DIR)\n"
    "  --listen HOST:PORT  127.0.0.1:8080 unless given; an address of this computer, or with TLS any; or unix:PATH for a proxy\n"
    "  --name HOST,...     the names by which browsers reach it, for example register.example; others are not answered\n"
    "  --tls-cert FILE     certificate chain, the server's own first, PEM; read anew at SIGHUP, as is\n"
    "  --tls-key FILE      its private key, PEM\n"
    "  --trusted-proxy ... addresses of proxies that say whom a request comes from; \"unix\" for who opens the socket file\n"
    "  --metrics HOST:PORT numbers for Prometheus at /metrics, on a loopback address of their own\n"
    "  --log json          a line a request on standard error, without personal data\n"
    "  --open              nobody signs in and everybody on this computer sees everything: for demonstrations and measuring\n";

#define ASK_EVERY 60000000000 /* ns between questions to witnesses */
#define PAGE_LIMIT 1000 /* candidates on one page */

/* ---- the use cases as the doors ask for them ---- */

static enum err search(void *app, const struct search_ask *in, struct cj *out, struct fault *f)
{
    struct use_search_in q = {in->lang, in->pattern, in->make, in->model, in->calibre, in->type, in->country, in->year, in->limit,
        SLICE(""), PAGE_LIMIT};
    return use_search(app, &q, out, f);
}

static struct use_trace_in trace_in(const struct trace_ask *in)
{
    return (struct use_trace_in){in->lang, in->id, in->as_of, in->known, in->who};
}

static enum err trace(void *app, const struct trace_ask *in, struct cj *out, struct fault *f)
{
    struct use_trace_in t = trace_in(in);
    return use_trace(app, &t, out, f);
}

static enum err trace_pdf(void *app, const struct trace_ask *in, struct buf *out, struct fault *f)
{
    struct use_trace_in t = trace_in(in);
    return use_trace_pdf(app, &t, out, f);
}

static enum err record(void *app, const struct record_ask *in, struct cj *out, struct fault *f)
{
    return use_record(app, &(struct use_record_in){in->lang, in->id, in->who}, out, f);
}

static enum err imports(void *app, const struct lang *l, struct cj *out, struct fault *f)
{
    return use_imports(app, l, out, f);
}

static enum err marks_read(void *app, struct slice text, struct cj *out, struct fault *f)
{
    struct mark_reading r;
    struct buf line;
    if (text.n > MARK_TEXT_MAX)
        return fault_set(f, ERR_TOO_LONG, "text", text, "want.mark_length");
    buf_init(&line, 1u << 20);
    mark_read(text, &r);
    mark_reading_json(text, &r, &line);
    cj_raw(out, buf_view(&line));
    enum err e = line.err;
    buf_free(&line);
    return e;
}

static enum err health(void *app, struct cj *out, struct fault *f)
{
    return use_health(app, out, f);
}

static enum err log_checkpoint(void *app, struct buf *out, struct fault *f)
{
    return use_log_checkpoint(app, out, f);
}

static enum err log_tile(void *app, struct slice path, struct buf *out, struct fault *f)
{
    return use_log_tile(app, path, out, f);
}

static bool choice(void *app, const struct lang *l, const char *field, size_t n, struct buf *out)
{
    static const struct {
        const char *field;
        enum term_list list;
    } lists[] = {{"make", TERM_MAKE}, {"calibre", TERM_CALIBRE}, {"type", TERM_TYPE}, {"country", TERM_COUNTRY}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (strcmp(field, lists[i].field) == 0 && n < term_count(lists[i].list)) {
            term_words(l, lists[i].list, term_nth(lists[i].list, n), out);
            return true;
        }
    return false;
}

/* The index is loaded before the first request, not during it. */
static enum err warm(struct app *a, struct fault *f)
{
    struct buf b;
    struct cj j;
    buf_init(&b, 4096);
    cj_open_loose(&j, &b);
    enum err e = use_health(a, &j, f);
    buf_free(&b);
    return e;
}

static void tell(const struct app *a, const char *key)
{
    struct buf b;
    buf_init(&b, 4096);
    lang_plain(a->lang, &b, key);
    fprintf(stderr, "athar: %.*s\n", (int)b.n, b.p ? b.p : "");
    buf_free(&b);
}

/* While nobody can sign in the register stands open to this computer, as after init; said, since it should not stay so. */
static enum err look_for_accounts(struct app *a, bool *open, struct fault *f)
{
    bool any = true;
    enum err e = *open ? OK : use_account_any(a, &any, f);
    if (!e)
        *open = *open || !any;
    return e;
}

/* The first account was made: from now on people sign in. */
static bool account_made(struct app *a)
{
    bool any = false;
    return !use_account_any(a, &any, NULL) && any;
}

/* One line that says where: the tests and systemd wait for it. */
static void say_ready(const struct http_front *front, unsigned port)
{
    if (!http_front_outward(front))
        printf("Athar is ready at http://127.0.0.1:%u/\n", port);
    else if (front->tls_cert)
        printf("Athar is ready at https://" SLICE_FMT ":%u/\n", SLICE_ARG(front->name), port);
    else if (port)
        printf("Athar is ready for its proxy at 127.0.0.1:%u\n", port);
    else
        printf("Athar is ready for its proxy at " SLICE_FMT "\n", SLICE_ARG(front->listen));
    fflush(stdout);
}

/* What others reach needs people who sign in. */
static enum err judge_open(const struct http_front *front, bool open, struct fault *f)
{
    return open && http_front_outward(front) ? fault_set(f, ERR_REFUSED, "--listen", front->listen, "want.account_first") : OK;
}

static void run(struct app *a, struct web *w, bool open, bool until_account, struct watch *watch)
{
    struct fault f = {0};
    int64_t anchor = 0;
    for (int64_t next = 0; !cli_stopped(NULL); usleep(100000)) {
        app_watch(a);
        watch_beat(watch);
        if (time_mono_ns() >= next) {
            cli_ask_witnesses(a);
            next = time_mono_ns() + ASK_EVERY;
        }
        if (!open && time_mono_ns() >= anchor) {
            use_access_anchor(a, NULL, NULL); /* what fails now is anchored the next time */
            anchor = time_mono_ns() + (int64_t)ACCESS_ANCHOR_MINUTES * 60000000000;
        }
        if (cli_hung_up() && web_reload(w, &f))
            say_fault(a, &f); /* the certificate that was read before stays */
        if (until_account && account_made(a)) {
            tell(a, "say.account_made");
            break;
        }
    }
}

static int serve(struct app *a, struct use_ballistics *u, const struct http_front *front, bool open, struct watch *watch)
{
    struct fault f = {0};
    struct web *w;
    const bool asked = open;
    if (http_front_check(front, &f) || look_for_accounts(a, &open, &f) || judge_open(front, open, &f))
        return say_fault(a, &f);
    const struct web_service service = {a, search, trace, trace_pdf, record, imports, marks_read, health, log_checkpoint, log_tile, choice,
        u ? exam_door : NULL, u, open ? NULL : people_door_visitor, open ? NULL : people_door_machine, open ? NULL : people_door, open ? NULL : people_door_mark};
    const struct web_config config = {.front = *front, .service = &service, .languages = a->languages, .told = watch_told, .arg = watch};
    if (warm(a, &f) || web_start(&config, &w, &f))
        return say_fault(a, &f);
    if (open && !asked)
        tell(a, "say.no_account_yet");
    say_ready(front, web_port(w));
    watch_ready(watch);
    run(a, w, open, open && !asked, watch);
    web_stop(w);
    if (!open)
        use_access_anchor(a, NULL, NULL);
    return EXIT_DONE;
}

int verb_serve(int argc, char **argv)
{
    const char *dir = NULL, *scans = NULL, *listen = "127.0.0.1:8080", *names = NULL, *proxies = NULL;
    struct http_front front = {0};
    struct watch_config watching = {0};
    struct watch *watch = NULL;
    bool open = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--ballistics", &scans, NULL, false}, {"--listen", &listen, NULL, false},
        {"--name", &names, NULL, false}, {"--tls-cert", &front.tls_cert, NULL, false}, {"--tls-key", &front.tls_key, NULL, false},
        {"--trusted-proxy", &proxies, NULL, false}, {"--metrics", &watching.metrics, NULL, false}, {"--log", &watching.log, NULL, false},
        {"--open", NULL, &open, false}, {0}};
    struct words w = {.most = 0};
    struct use_ballistics *u = NULL;
    struct fault f = {0};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    front.listen = slice_str(listen);
    front.name = slice_str(names);
    front.trusted_proxy = slice_str(proxies);
    cli_catch_signals();
    cli_catch_hang_up();
    watching.app = a;
    if ((scans && use_ballistics_open(a, scans, &u, &f)) || watch_start(&watching, &watch, &f))
        code = say_fault(a, &f);
    else
        code = serve(a, u, &front, open, watch);
    watch_stop(watch);
    use_ballistics_close(u);
    app_close(a);
    return code;
}
