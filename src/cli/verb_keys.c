#include "base/file.h"
#include "cli/cli.h"
#include "use/keys.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar keys status  --data DIR\n"
    "       athar keys master  --data DIR (--file PATH | --passphrase FILE | --module M --token LABEL)\n"
    "       athar keys shares  --data DIR --need T --of N [--only] [--escrow PUBLICKEY] > SHARES\n"
    "       athar keys backup  --data DIR --days N FILE\n"
    "       athar keys restore --data DIR FILE [--shares SHARES]\n"
    "       athar keys unlock  --data DIR SHARES\n"
    "       athar keys escrow-new > KEYPAIR\n"
    "       athar keys escrow-open --secret KEYPAIR SEALED > SHARES\n"
    "\n"
    "The keys of a register, which lie beside its database (DIR/keystore): without them nobody reads a mark or a name.\n"
    "\n"
    "  master   what opens the store from now on: a file (default, or an absolute path, such as on a stick), the passphrase in FILE (later\n"
    "           programs read it from the file that ATHAR_PASSPHRASE_FILE names), or a PKCS#11 token (PIN: ATHAR_PIN_FILE)\n"
    "  shares   N shares of which any T open a locked register; print each for its keeper and keep none here. --only takes earlier sets\n"
    "           away. --escrow seals T of them to an escrow's public key: what is written is for the escrow alone\n"
    "  backup   a copy that opens as the store does now and is refused after N days: it still holds persons who are erased meanwhile\n"
    "  restore  the store as it was backed up; who was erased since is erased again\n"
    "  unlock   opens what `athar lock` locked, with the shares in file SHARES, one a line (- is standard input)\n";

struct asked {
    const char *dir, *file, *passphrase, *module, *token, *need, *of, *escrow, *days, *shares, *secret;
    bool only;
};

static enum err read_text(const char *path, struct buf *out, struct fault *f)
{
    buf_init(out, 1u << 16);
    return path ? file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, out, f) : OK;
}

static void wipe(struct buf *b)
{
    if (b->p)
        seal_wipe(b->p, b->cap);
    buf_free(b);
}

static enum err status(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    struct cj j;
    cj_open_loose(&j, out);
    enum err e = use_keys_status(a, &j, f);
    buf_byte(out, '\n');
    return e;
}

static enum err master(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    struct use_master_in in = {slice_str(q->file), slice_str(q->passphrase), slice_str(q->module), slice_str(q->token)};
    return use_keys_master(a, &in, f);
}

static enum err shares(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    struct use_shares_in in = {slice_str(q->need), slice_str(q->of), q->only, slice_str(q->escrow)};
    return use_keys_shares(a, &in, out, f);
}

static enum err backup(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    return use_keys_backup(a, word, slice_str(q->days), f);
}

static enum err restore(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    struct buf text;
    enum err e = read_text(q->shares, &text, f);
    if (!e)
        e = use_keys_restore(a, word, buf_view(&text), f);
    wipe(&text);
    return e;
}

static enum err unlock(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    struct buf text;
    enum err e = read_text(word, &text, f);
    if (!e)
        e = use_unlock(a, buf_view(&text), f);
    wipe(&text);
    return e;
}

static enum err escrow_new(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    return use_escrow_new(out, f);
}

static enum err escrow_open(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f)
{
    struct buf sealed, secret;
    buf_init(&secret, 4096);
    enum err e = read_text(word, &sealed, f);
    if (!e && !(e = read_text(q->secret, &secret, f)))
        e = use_escrow_open(buf_view(&sealed), buf_view(&secret), out, f);
    wipe(&secret);
    wipe(&sealed);
    return e;
}

static const struct act {
    const char *name;
    enum err (*run)(struct app *a, const struct asked *q, const char *word, struct buf *out, struct fault *f);
    int words;     /* beside the name */
    bool register_; /* needs --data */
} acts[] = {
    {"status", status, 0, true}, {"master", master, 0, true}, {"shares", shares, 0, true}, {"backup", backup, 1, true},
    {"restore", restore, 1, true}, {"unlock", unlock, 1, true}, {"escrow-new", escrow_new, 0, false}, {"escrow-open", escrow_open, 1, false},
};

static const struct act *find(const char *name)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(name, acts[i].name) == 0)
            return &acts[i];
    return NULL;
}

int verb_keys(int argc, char **argv)
{
    struct asked q = {.dir = NULL, .file = "", .passphrase = "", .module = "", .token = "", .need = "", .of = "", .escrow = "", .days = ""};
    const struct option o[] = {{"--data", &q.dir, NULL, false}, {"--file", &q.file, NULL, false}, {"--passphrase", &q.passphrase, NULL, false},
        {"--module", &q.module, NULL, false}, {"--token", &q.token, NULL, false}, {"--need", &q.need, NULL, false}, {"--of", &q.of, NULL, false},
        {"--only", NULL, &q.only, false}, {"--escrow", &q.escrow, NULL, false}, {"--days", &q.days, NULL, false},
        {"--shares", &q.shares, NULL, false}, {"--secret", &q.secret, NULL, false}, {0}};
    struct words w = {.least = 1, .most = 2};
    struct fault f = {0};
    struct buf out;
    bool help;
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    const struct act *act = find(w.word[0]);
    if (!act || w.count != 1 + act->words || act->register_ != (q.dir != NULL)) {
        fprintf(stderr, "athar: 'keys %s' is not used like that\n\n%s", w.word[0], usage);
        return EXIT_WRONG_USE;
    }
    struct app *a = cli_app(q.dir, &code);
    if (!a)
        return code;
    buf_init(&out, 1u << 20);
    if (act->run(a, &q, w.word[1], &out, &f))
        code = say_fault(a, &f);
    else if (out.n)
        fwrite(out.p, 1, out.n, stdout);
    wipe(&out);
    app_close(a);
    return code;
}

static const char lock_usage[] =
    "usage: athar lock --data DIR\n"
    "\n"
    "Makes the register unreadable at once: every way to its keys but share sets is taken away and overwritten, and programs that run, the\n"
    "server among them, forget theirs. It asks nothing and needs no key. Only a quorum of shares opens the register again\n"
    "(`athar keys unlock`); without a share set it is refused.\n";

int verb_lock(int argc, char **argv)
{
    const char *dir = NULL;
    const struct option o[] = {{"--data", &dir, NULL, true}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, lock_usage, &code);
    if (!a)
        return code;
    if (use_lock(a, &f))
        code = say_fault(a, &f);
    else
        puts("Locked. A quorum of shares opens it: athar keys unlock.");
    app_close(a);
    return code;
}
