#include "cli/cli.h"
#include "ledger/witness.h"
#include "use/witness_ask.h"
#include "web/http.h"
#include <unistd.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar witness --dir DIR [--name NAME] [--log VKEY] [--listen HOST:PORT]\n"
    "\n"
    "A witness for other offices' logs: remembers each one's newest checkpoint, cosigns the next only when it continues it, and keeps\n"
    "what was refused in DIR/incidents. Without --listen it only sets up and prints its public key.\n"
    "\n"
    "  --dir DIR           its key and what it has seen; made when missing\n"
    "  --name NAME         of its key, such as witness.example/capital; needed once\n"
    "  --log VKEY          a log to watch, by its public key; kept in DIR/logs\n"
    "  --listen HOST:PORT  where it answers POST /add-checkpoint\n";

static const char ask_usage[] =
    "usage: athar witness-ask --data DIR\n"
    "\n"
    "Shows this office's newest checkpoint to the witnesses of DIR/witnesses (lines: public key, blank, address) and keeps their\n"
    "cosignatures. import and serve do it by themselves. Exit 0: all have cosigned; 1: one has not.\n";

/* ---- the witness ---- */

struct keeper {
    struct witness *w;
    const struct app *app; /* texts and clock */
};

static void report(const struct keeper *k, const struct witness_reply *r)
{
    static const char *const keys[] = {[WITNESS_FORK] = "witness.saw_fork", [WITNESS_BAD_PROOF] = "witness.saw_bad_proof", [WITNESS_IO] = "witness.cannot_keep"};
    struct buf b;
    buf_init(&b, 4096);
    lang_text(k->app->lang, &b, keys[r->told], lang_n("known", (int64_t)r->known), lang_n("size", (int64_t)r->size));
    fprintf(stderr, "athar: %s\n", b.p ? b.p : keys[r->told]);
    buf_free(&b);
}

static void handle(void *arg, struct http_request *in, struct http_response *out)
{
    const struct keeper *k = arg;
    struct witness_reply r;
    out->type = "text/plain; charset=utf-8";
    if (in->method != HTTP_POST || !slice_is(in->path, "/add-checkpoint")) {
        out->status = slice_is(in->path, "/add-checkpoint") ? 405 : 404;
        return;
    }
    witness_add(k->w, in->body, k->app->clock(k->app->arg) / 1000, &out->body, &r);
    out->status = r.status;
    out->type = r.type;
    if (r.told != WITNESS_NOTHING)
        report(k, &r);
}

static int serve(const struct keeper *k, const char *listen)
{
    struct http_server *s;
    struct fault f = {0};
    const struct http_config config = {.front.listen = slice_str(listen), .handler = handle, .arg = (void *)(uintptr_t)k};
    if (http_start(&config, &s, &f))
        return say_fault(k->app, &f);
    printf("http://127.0.0.1:%u/\n", http_port(s));
    fflush(stdout);
    cli_catch_signals();
    while (!cli_stopped(NULL))
        usleep(100000);
    http_stop(s);
    return EXIT_DONE;
}

static void print_key(const struct witness *w)
{
    struct buf b;
    buf_init(&b, 1024);
    note_key_write(witness_key(w), &b);
    printf("%s\n", b.p ? b.p : "");
    fflush(stdout);
    buf_free(&b);
}

int verb_witness(int argc, char **argv)
{
    const char *dir = NULL, *name = "", *log = NULL, *listen = NULL;
    const struct option o[] = {{"--dir", &dir, NULL, true}, {"--name", &name, NULL, false}, {"--log", &log, NULL, false},
        {"--listen", &listen, NULL, false}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    struct keeper k = {0};
    bool help;
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    struct app *a = cli_app("", &code);
    if (!a)
        return code;
    k.app = a;
    if (witness_init(dir, name, a->random, a->arg, &f) || (log && witness_watch(dir, slice_str(log), &f)) || witness_open(dir, &k.w, &f))
        code = say_fault(a, &f);
    else {
        print_key(k.w);
        code = listen ? serve(&k, listen) : EXIT_DONE;
    }
    witness_close(k.w);
    app_close(a);
    return code;
}

/* ---- the log's side ---- */

struct answers {
    const struct app *app;
    FILE *to;
    bool quiet; /* what went well is not told */
    size_t bad;
};

static void on_answer(void *arg, const struct witness_answer *w)
{
    struct answers *s = arg;
    struct buf b;
    s->bad += w->said != SAID_COSIGNED;
    if (s->quiet && w->said == SAID_COSIGNED)
        return;
    buf_init(&b, 4096);
    lang_text(s->app->lang, &b, witness_said_key(w->said), lang_z("witness", w->name), lang_z("url", w->url), lang_n("status", w->status),
        lang_n("known", (int64_t)w->known));
    fprintf(s->to, "%s\n", b.p ? b.p : w->name);
    buf_free(&b);
}

void cli_ask_witnesses(struct app *a)
{
    struct answers s = {a, stderr, true, 0};
    struct fault f = {0};
    size_t asked;
    if (use_witness_ask(a, on_answer, &s, &asked, &f))
        say_fault(a, &f);
}

int verb_witness_ask(int argc, char **argv)
{
    const char *dir = NULL;
    const struct option o[] = {{"--data", &dir, NULL, true}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    size_t asked = 0;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, ask_usage, &code);
    if (!a)
        return code;
    struct answers s = {a, stdout, false, 0};
    if (use_witness_ask(a, on_answer, &s, &asked, &f))
        code = say_fault(a, &f);
    else if (!asked)
        code = (fault_set(&f, ERR_MISSING, "witnesses", SLICE(""), "want.witness_line"), say_fault(a, &f));
    else if (s.bad)
        code = EXIT_REFUSED;
    app_close(a);
    return code;
}
