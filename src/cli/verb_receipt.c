#include "base/file.h"
#include "cli/cli.h"
#include "use/receipt.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar receipt --data DIR RECORD [--line | --png FILE.png]\n"
    "\n"
    "The receipt of a record: that it stands at its place in this office's log, checked by anybody with athar check-receipt and the\n"
    "office's public key. As JSON unless said otherwise.\n"
    "\n"
    "  RECORD      its id, or its position in the log\n"
    "  --line      one line of capitals and digits\n"
    "  --png FILE  that line as a DataMatrix to print\n";

static const char check_usage[] =
    "usage: athar check-receipt FILE --key VKEY [--witness VKEY] [--record FILE] [--log FOLDER]\n"
    "\n"
    "Does the receipt hold? Needs no register and no network. Exit 0: it does; 1: it does not.\n"
    "\n"
    "  FILE            a receipt in either form; - for standard input\n"
    "  --key VKEY      the office's public key, as you were given it\n"
    "  --witness VKEY  the public key of a witness that must have cosigned it\n"
    "  --record FILE   the bytes of the record that it should be a receipt of\n"
    "  --log FOLDER    the office's public log (DIR/log or a copy): does it continue what the receipt names?\n";

static enum err give(struct app *a, const char *record, bool line, const char *png, struct buf *out, struct fault *f)
{
    enum err e = use_receipt(a, slice_str(record), line || png ? RECEIPT_LINE : RECEIPT_JSON, out, f);
    if (!e && png)
        return receipt_png(buf_view(out), png, f);
    if (!e)
        printf("%s\n", out->p);
    return e;
}

int verb_receipt(int argc, char **argv)
{
    const char *dir = NULL, *png = NULL;
    bool line = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--png", &png, NULL, false}, {"--line", NULL, &line, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    struct buf out;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    buf_init(&out, 2 * RECEIPT_MAX);
    if (give(a, w.word[0], line, png, &out, &f))
        code = say_fault(a, &f);
    buf_free(&out);
    app_close(a);
    return code;
}

/* ---- checking ---- */

struct asked {
    const char *file, *key, *witness, *record, *log;
};

static enum err read_key(const char *text, const char *option, enum note_type type, struct note_key *out, struct fault *f)
{
    if (note_key_parse(slice_trim(slice_str(text)), out) == OK && out->type == type)
        return OK;
    return fault_set(f, ERR_FORMAT, option, slice_str(text), type == NOTE_ED25519 ? "want.vkey" : "want.vkey_witness");
}

static enum err same_record(const char *path, const struct receipt *r, struct fault *f)
{
    struct buf b;
    buf_init(&b, 1u << 17);
    enum err e = file_read(path, &b, f);
    struct hash id = e ? (struct hash){0} : hash_prefixed(0x00, b.p, b.n);
    if (!e && !hash_eq(&id, &r->record))
        e = fault_set(f, ERR_DAMAGED, "--record", slice_str(path), "want.record_of_receipt");
    buf_free(&b);
    return e;
}

static void say_receipt(const struct app *a, const struct receipt *r, const struct checkpoint *c, const struct note_found *found, const char *witness)
{
    struct buf b;
    char hex[65] = "", when[25];
    buf_init(&b, 4096);
    hex_of(r->record.b, sizeof r->record.b, hex);
    hex[64] = 0;
    lang_text(a->lang, &b, "receipt.holds", lang_z("record", hex), lang_n("position", (int64_t)r->position), lang_s("origin", c->origin),
        lang_n("size", (int64_t)c->size));
    if (found->valid & 2) {
        buf_byte(&b, ' ');
        time_text(found->seconds[1] * 1000, when);
        lang_text(a->lang, &b, "receipt.witnessed", lang_z("witness", witness), lang_z("when", when));
    }
    printf("%s\n", b.p ? b.p : "");
    buf_free(&b);
}

static enum err check(const struct app *a, const struct asked *q, struct arena *mem, struct fault *f)
{
    struct buf b;
    struct receipt *r = arena_alloc(mem, sizeof *r);
    struct note_key keys[2];
    struct note_found found;
    struct checkpoint c;
    enum err e = read_key(q->key, "--key", NOTE_ED25519, &keys[0], f);
    if (!e && q->witness)
        e = read_key(q->witness, "--witness", NOTE_COSIGNATURE, &keys[1], f);
    if (e)
        return e;
    buf_init(&b, 1u << 16);
    if (!(e = file_read(strcmp(q->file, "-") == 0 ? "/dev/stdin" : q->file, &b, f)) && (e = receipt_parse(mem, buf_view(&b), r)))
        fault_set(f, e, "FILE", slice_str(q->file), "want.receipt");
    if (!e && (e = receipt_check(r, keys, q->witness ? 2 : 1, &found, &c)))
        fault_set(f, e, "FILE", slice_str(q->file), e == ERR_KEY ? "want.receipt_key" : "want.receipt_proof");
    if (!e && q->witness && !(found.valid & 2))
        e = fault_set(f, ERR_KEY, "--witness", slice_str(q->witness), "want.receipt_witness");
    if (!e && q->record)
        e = same_record(q->record, r, f);
    if (!e && q->log)
        e = receipt_in_log(r, &c, q->log, &keys[0], f);
    if (!e)
        say_receipt(a, r, &c, &found, q->witness ? keys[1].name : "");
    buf_free(&b);
    return e;
}

int verb_check_receipt(int argc, char **argv)
{
    struct asked q = {0};
    const struct option o[] = {{"--key", &q.key, NULL, true}, {"--witness", &q.witness, NULL, false}, {"--record", &q.record, NULL, false},
        {"--log", &q.log, NULL, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    struct arena mem;
    bool help;
    int code = options_read(argc, argv, o, &w, check_usage, &help);
    if (code || help)
        return code;
    struct app *a = cli_app("", &code); /* for its texts alone: no directory is opened */
    if (!a)
        return code;
    q.file = w.word[0];
    arena_init(&mem, 4u << 20);
    if (check(a, &q, &mem, &f))
        code = say_fault(a, &f);
    arena_free(&mem);
    app_close(a);
    return code;
}
