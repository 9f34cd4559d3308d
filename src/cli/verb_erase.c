#include "cli/cli.h"
#include "use/erase.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar erase --data DIR PARTY-ID --basis TEXT [--term TEXT] [--case NUMBER] [--by NAME]\n"
    "       athar erase --data DIR --again\n"
    "\n"
    "Destroys the key of a person: what any record, and any copy of the database, says of him can never be read again. The records stay and\n"
    "the proofs hold; a record says that it was done, when and on which legal basis. It cannot be taken back.\n"
    "\n"
    "  PARTY-ID      32 hexadecimal digits, as `athar party` and the JSON of `athar trace` show them\n"
    "  --basis TEXT  the provision under which the data must go\n"
    "  --term TEXT   the term that ran out, such as 30 years after destruction\n"
    "  --again       after a backup of the register or of its keys was restored: erasures that it has undone are done again\n";

static const char hold_usage[] =
    "usage: athar hold --data DIR SUBJECT-ID --case NUMBER [--item] [--lift] [--note TEXT] [--by NAME]\n"
    "\n"
    "A legal hold: while it stands nobody whom it names, and nobody who held a firearm that it names, is erased.\n"
    "\n"
    "  SUBJECT-ID  32 hexadecimal digits: a person, or with --item a firearm\n"
    "  --lift      the hold of this case ends\n";

static enum err again(struct app *a, struct buf *b, struct fault *f)
{
    uint64_t n;
    enum err e = use_erase_again(a, &n, f);
    if (!e)
        buf_printf(b, "{\"erased\":%llu}", (unsigned long long)n);
    return e;
}

int verb_erase(int argc, char **argv)
{
    const char *dir = NULL, *basis = "", *term = "", *case_no = "", *by = "";
    bool redo = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--basis", &basis, NULL, false}, {"--term", &term, NULL, false},
        {"--case", &case_no, NULL, false}, {"--by", &by, NULL, false}, {"--again", NULL, &redo, false}, {0}};
    struct words w = {.most = 1};
    struct fault f = {0};
    struct buf b;
    struct cj j;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    if (w.count != !redo)
        return cli_end_wrong(a, "PARTY-ID, or --again, is missing or one too many", usage);
    buf_init(&b, 1u << 16);
    cj_open_loose(&j, &b);
    struct use_erase_in in = {slice_str(w.word[0]), slice_str(basis), slice_str(term), slice_str(case_no), slice_str(by)};
    return cli_end_text(a, redo ? again(a, &b, &f) : use_erase(a, &in, &j, &f), &b, &f);
}

int verb_hold(int argc, char **argv)
{
    const char *dir = NULL, *case_no = "", *note = "", *by = "";
    bool item = false, lift = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--case", &case_no, NULL, true}, {"--note", &note, NULL, false},
        {"--by", &by, NULL, false}, {"--item", NULL, &item, false}, {"--lift", NULL, &lift, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    struct buf b;
    struct cj j;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, hold_usage, &code);
    if (!a)
        return code;
    buf_init(&b, 1u << 16);
    cj_open_loose(&j, &b);
    struct use_hold_in in = {slice_str(w.word[0]), slice_str(case_no), slice_str(note), slice_str(by), item, lift};
    return cli_end_text(a, use_hold(a, &in, &j, &f), &b, &f);
}
