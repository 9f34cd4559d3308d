#include "cli/cli.h"
#include "use/verify.h"
#include <stdlib.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar verify --data DIR [--derived] [--key VKEY] [--threads N] [--json]\n"
    "\n"
    "Is the register what it was? Hashes every record, in the log and in the database, holds the tree against the signed checkpoint\n"
    "and against what witnesses have signed, and names what is wrong and where. Changes nothing, needs no secret key. Exit 0: nothing\n"
    "is wrong; 1: something is.\n"
    "\n"
    "  --derived    instead: makes all derived tables anew, aside, and compares them; looks at the clock of each record. Needs the\n"
    "               register's keys, and that nobody writes meanwhile\n"
    "  --key VKEY   the log's public key as you were given it; without, the one that lies beside the log is believed\n"
    "  --threads N  2 unless given\n"
    "  --json       the result as JSON\n";

struct said {
    struct app *app;
    bool json;
    uint64_t n;
    struct cj j;
    struct buf out;
};

#define SAID_MAX 200 /* things named one by one; all are counted */

static void on_found(void *arg, const char *key, const char *where, uint64_t position)
{
    struct said *s = arg;
    struct buf b;
    if (s->n++ >= SAID_MAX)
        return;
    buf_init(&b, 4096);
    lang_text(s->app->lang, &b, key, lang_z("where", where), lang_n("position", (int64_t)position));
    if (s->json) {
        cj_obj(&s->j);
        cj_kstr(&s->j, "what", slice_str(key));
        cj_kstr(&s->j, "where", slice_str(where));
        cj_kint(&s->j, "position", (int64_t)position);
        cj_kstr(&s->j, "text", buf_view(&b));
        cj_obj_end(&s->j);
    } else
        printf("%s\n", b.p ? b.p : key);
    buf_free(&b);
}

static void say_log(const struct said *s, const struct use_verify_out *r)
{
    char when[25];
    struct buf b;
    buf_init(&b, 4096);
    lang_text(s->app->lang, &b, r->log.wrong ? "verify.bad" : "verify.good", lang_n("size", (int64_t)r->log.size), lang_n("wrong", (int64_t)r->log.wrong),
        lang_n("beyond", r->log.rows > r->log.size ? (int64_t)(r->log.rows - r->log.size) : 0), lang_z("key", r->key));
    if (r->log.cosigned) {
        buf_byte(&b, ' ');
        time_text(r->log.cosigned_at * 1000, when);
        lang_text(s->app->lang, &b, "verify.witnessed", lang_z("witness", r->log.cosigned_by), lang_n("size", (int64_t)r->log.cosigned),
            lang_z("when", when));
    } else {
        buf_byte(&b, ' ');
        lang_plain(s->app->lang, &b, "verify.unwitnessed");
    }
    printf("%s\n", b.p ? b.p : "");
    buf_free(&b);
}

static void json_log(struct said *s, const struct use_verify_out *r)
{
    struct cj *j = &s->j;
    cj_kint(j, "wrong", (int64_t)r->log.wrong);
    cj_kint(j, "size", (int64_t)r->log.size);
    cj_khex(j, "root", r->log.root.b, sizeof r->log.root.b);
    cj_kint(j, "rows", (int64_t)r->log.rows);
    cj_kstr(j, "key", slice_str(r->key));
    cj_kint(j, "cosigned", (int64_t)r->log.cosigned);
    cj_kstr_opt(j, "witness", slice_str(r->log.cosigned_by));
}

static enum err verify_log(struct said *s, const struct use_verify_in *in, bool *wrong, struct fault *f)
{
    struct use_verify_out r;
    enum err e = use_verify(s->app, in, &r, f);
    *wrong = !e && r.log.wrong;
    if (s->json)
        cj_arr_end(&s->j);
    if (!e && s->json)
        json_log(s, &r);
    else if (!e)
        say_log(s, &r);
    return e;
}

static enum err verify_derived(struct said *s, const struct use_verify_in *in, bool *wrong, struct fault *f)
{
    struct use_derived_out r;
    struct buf b;
    enum err e = use_verify_derived(s->app, in, &r, f);
    *wrong = !e && r.wrong;
    if (s->json)
        cj_arr_end(&s->j);
    if (!e && s->json) {
        cj_kint(&s->j, "wrong", (int64_t)r.wrong);
        cj_kint(&s->j, "records", (int64_t)r.records);
        cj_kstr_opt(&s->j, "tables", slice_str(r.wrong_tables));
    } else if (!e) {
        buf_init(&b, 4096);
        lang_text(s->app->lang, &b, r.wrong ? "verify.derived_bad" : "verify.derived_good", lang_n("records", (int64_t)r.records),
            lang_n("wrong", (int64_t)r.wrong));
        printf("%s\n", b.p ? b.p : "");
        buf_free(&b);
    }
    return e;
}

static int run(struct said *s, const struct use_verify_in *in, bool derived)
{
    struct fault f = {0};
    bool wrong = false;
    buf_init(&s->out, 1u << 20);
    cj_open_loose(&s->j, &s->out);
    cj_obj(&s->j);
    cj_key(&s->j, "found");
    cj_arr(&s->j);
    enum err e = (derived ? verify_derived : verify_log)(s, in, &wrong, &f);
    cj_obj_end(&s->j);
    if (!e && s->json)
        printf("%s\n", s->out.p);
    buf_free(&s->out);
    return e ? say_fault(s->app, &f) : wrong ? EXIT_REFUSED : EXIT_DONE;
}

int verb_verify(int argc, char **argv)
{
    const char *dir = NULL, *key = "", *threads = "2";
    bool derived = false, json = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--key", &key, NULL, false}, {"--threads", &threads, NULL, false},
        {"--derived", NULL, &derived, false}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    uint64_t n;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    struct said s = {.app = a, .json = json};
    if (!slice_u64(slice_str(threads), 64, &n) || !n)
        code = (fault_set(&f, ERR_RANGE, "--threads", slice_str(threads), "want.threads"), say_fault(a, &f));
    else {
        struct use_verify_in in = {slice_str(key), (int)n, on_found, &s};
        code = run(&s, &in, derived);
    }
    app_close(a);
    return code;
}
