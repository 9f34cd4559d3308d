#include "cli/cli.h"
#include "use/restore.h"
#include "base/file.h"
#include "base/banned.h"

struct since {
    struct app *app;
    int64_t begun;
};

static void progress(void *arg, const char *what, uint64_t done, uint64_t all)
{
    cli_progress(what, done, all, time_mono_ns() - ((const struct since *)arg)->begun);
}

static bool stop(void *arg)
{
    return cli_stopped(NULL);
}

/* A sentence on out, from the message file. */
static void tell(FILE *out, const struct app *a, const char *key, const struct lang_arg *args, size_t n)
{
    struct buf b;
    buf_init(&b, 8192);
    lang_put(a->lang, LANG_PLAIN, &b, key, args, n);
    buf_byte(&b, '\n');
    if (b.p)
        fwrite(b.p, 1, b.n, out);
    buf_free(&b);
}

#define TELL(out, app, key, ...)                                                                   \
    do {                                                                                           \
        const struct lang_arg args_[] = {__VA_ARGS__};                                             \
        tell(out, app, key, args_, sizeof args_ / sizeof *args_);                                  \
    } while (0)

/* ---- backup ---- */

static const char backup_usage[] =
    "usage: athar backup --data DIR [--keys FILE --days N] [--anew] [--json] TARGET\n"
    "\n"
    "Copies the register into the folder TARGET, beside whatever reads and writes it; a second run adds only what is new. Killed at any moment,\n"
    "TARGET is the backup that it was, and the same command goes on. The keys are not in it: FILE, on another medium, gets them, and is\n"
    "refused after N days, because it still holds persons who are erased meanwhile.\n"
    "\n"
    "  --anew  write the whole log again: parts of TARGET were found damaged (athar restore --check)\n"
    "  --json  say what was done as JSON\n";

static void backup_json(const struct use_backup_out *o)
{
    struct buf b;
    struct cj j;
    char when[25];
    buf_init(&b, 4096);
    cj_open_loose(&j, &b);
    cj_obj(&j);
    cj_kint(&j, "size", (int64_t)o->size);
    cj_kint(&j, "added", (int64_t)(o->size - o->before));
    cj_kint(&j, "waiting", (int64_t)o->waiting);
    cj_kint(&j, "files", (int64_t)o->files);
    cj_kint(&j, "bytes", (int64_t)o->bytes);
    cj_kint(&j, "left_out", (int64_t)o->left);
    time_text(o->made, when);
    cj_kstr(&j, "made", slice_str(when));
    cj_kbool(&j, "log_key", o->key_sealed);
    if (o->keys_expire) {
        time_text(o->keys_expire, when);
        cj_kstr(&j, "keys_expire", slice_str(when));
    }
    cj_obj_end(&j);
    buf_byte(&b, '\n');
    if (b.p)
        fwrite(b.p, 1, b.n, stdout);
    buf_free(&b);
}

static void backup_text(const struct app *a, const struct use_backup_in *in, const struct use_backup_out *o)
{
    char when[25], until[25];
    time_text(o->made, when);
    time_text(o->keys_expire, until);
    TELL(stdout, a, "backup.done", lang_n("size", (int64_t)o->size), lang_z("target", in->target), lang_n("added", (int64_t)(o->size - o->before)),
        lang_n("files", (int64_t)o->files), lang_n("bytes", (int64_t)o->bytes), lang_z("when", when));
    if (o->waiting)
        TELL(stdout, a, "backup.waiting", lang_n("waiting", (int64_t)o->waiting));
    if (o->left)
        TELL(stderr, a, "backup.left", lang_n("left", (int64_t)o->left));
    if (!o->key_sealed)
        tell(stderr, a, "backup.no_log_key", NULL, 0);
    if (o->keys_expire)
        TELL(stdout, a, "backup.keys", lang_z("keys", in->keys), lang_z("when", until));
    else
        tell(stdout, a, "backup.no_keys", NULL, 0);
}

int verb_backup(int argc, char **argv)
{
    const char *dir = NULL, *days = "";
    struct since since = {NULL, time_mono_ns()};
    struct use_backup_in in = {.progress = progress, .stop = stop, .arg = &since};
    struct use_backup_out out;
    bool json = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--keys", &in.keys, NULL, false}, {"--days", &days, NULL, false},
        {"--anew", NULL, &in.anew, false}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, backup_usage, &code);
    if (!a)
        return code;
    cli_catch_signals();
    in.target = w.word[0];
    in.days = slice_str(days);
    enum err e = use_backup(a, &in, &out, &f);
    cli_progress_end();
    if (!e && json)
        backup_json(&out);
    else if (!e)
        backup_text(a, &in, &out);
    return cli_end(a, e, &f);
}

/* ---- restore ---- */

static const char restore_usage[] =
    "usage: athar restore TARGET --data DIR [--keys FILE [--master FILE] [--shares FILE]] [--key VKEY] [--known FILE] [--db URL] [--replace] [--accept-loss]\n"
    "       athar restore TARGET --data DIR --check [--key VKEY]\n"
    "\n"
    "Makes a data directory of a backup: verifies all of it against the signed log, builds the register beside DIR and puts it in place when it is\n"
    "whole. Stop the server first. An interrupted restore goes on when it is started again; DIR is as it was until the last step.\n"
    "\n"
    "  --keys FILE    the backup of the key store; without it the key store of DIR is kept. Who was erased since is erased again\n"
    "  --master FILE  the copy of DIR/keystore/master that was kept apart, where nothing else opens the keys\n"
    "  --shares FILE  share set of a quorum, one a line, instead (- is standard input)\n"
    "  --key VKEY     the log's public key, as the office gave it away on paper\n"
    "  --known FILE   a checkpoint or a receipt that somebody kept: the backup must reach as far\n"
    "  --db URL       keep the records in this PostgreSQL database, which must be empty\n"
    "  --replace      a register is in DIR: move it aside\n"
    "  --accept-loss  a longer log is known, and what came after this backup cannot be had any more\n"
    "  --check        only verify the backup\n";

static void on_found(void *arg, const char *key, const char *where, uint64_t position)
{
    const struct since *s = arg;
    cli_progress_end();
    TELL(stderr, s->app, key, lang_z("where", where), lang_n("position", (int64_t)position));
}

static void on_witness(void *arg, const struct witness_answer *x)
{
    const struct since *s = arg;
    TELL(stderr, s->app, witness_said_key(x->said), lang_z("witness", x->name), lang_z("url", x->url), lang_n("status", x->status),
        lang_n("known", (int64_t)x->known));
}

static void say_key(const struct app *a, const struct use_restore_out *o, const char *when)
{
    struct buf key;
    buf_init(&key, 1024);
    note_key_write(&o->key, &key);
    TELL(stdout, a, "backup.whole", lang_z("when", when), lang_n("size", (int64_t)o->size), lang_z("key", key.p ? key.p : ""));
    buf_free(&key);
    if (!o->key_given)
        tell(stdout, a, "backup.self", NULL, 0);
}

static void restore_text(const struct app *a, const struct use_restore_in *in, const struct use_restore_out *o)
{
    char when[25];
    time_text(o->made, when);
    say_key(a, o, when);
    if (in->check)
        return;
    TELL(stdout, a, "restore.done", lang_z("dir", a->dir), lang_n("size", (int64_t)o->size), lang_z("when", when));
    if (o->known > o->size)
        TELL(stdout, a, "restore.lost", lang_n("known", (int64_t)o->known), lang_n("lost", (int64_t)(o->known - o->size)));
    if (o->erased)
        TELL(stdout, a, "restore.erased", lang_n("erased", (int64_t)o->erased));
    if (o->witnesses)
        TELL(stdout, a, "restore.witnesses", lang_n("reached", (int64_t)o->reached), lang_n("witnesses", (int64_t)o->witnesses));
    if (*o->aside)
        TELL(stdout, a, "restore.aside", lang_z("aside", o->aside));
    tell(stdout, a, "restore.signed_out", NULL, 0);
}

static enum err read_shares(const char *path, struct buf *out, struct fault *f)
{
    buf_init(out, 1u << 16);
    return path ? file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, out, f) : OK;
}

static int restore(struct app *a, struct use_restore_in *in, const char *shares)
{
    struct use_restore_out out = {0};
    struct fault f = {0};
    struct buf text;
    int code = EXIT_DONE;
    enum err e = read_shares(shares, &text, &f);
    in->shares = buf_view(&text);
    if (!e)
        e = use_restore(a, in, &out, &f);
    cli_progress_end();
    if (text.p)
        seal_wipe(text.p, text.cap);
    buf_free(&text);
    if (e)
        return say_fault(a, &f);
    if (out.wrong) {
        TELL(stderr, a, "backup.wrong", lang_n("wrong", (int64_t)out.wrong));
        code = EXIT_REFUSED;
    } else
        restore_text(a, in, &out);
    return code;
}

int verb_restore(int argc, char **argv)
{
    const char *dir = NULL, *key = "", *db = "", *shares = NULL;
    struct since since = {NULL, time_mono_ns()};
    struct use_restore_in in = {.found = on_found, .witness = on_witness, .progress = progress, .stop = stop, .arg = &since};
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--keys", &in.keys, NULL, false}, {"--master", &in.master, NULL, false},
        {"--shares", &shares, NULL, false}, {"--key", &key, NULL, false}, {"--known", &in.known, NULL, false}, {"--db", &db, NULL, false},
        {"--replace", NULL, &in.replace, false}, {"--accept-loss", NULL, &in.accept_loss, false}, {"--check", NULL, &in.check, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, restore_usage, &code);
    if (!a)
        return code;
    cli_catch_signals();
    since.app = a;
    in.target = w.word[0];
    in.key = slice_str(key);
    in.db = slice_str(db);
    code = restore(a, &in, shares);
    app_close(a);
    return code;
}
