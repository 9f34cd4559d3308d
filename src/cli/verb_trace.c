#include "base/file.h"
#include "cli/cli.h"
#include "use/trace.h"
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar trace --data DIR ID [--as-of DATE] [--known DATE] [--json | --pdf FILE]\n"
    "\n"
    "Shows a firearm's whole life, its last lawful holder, where the lawful chain broke and whom to ask next.\n"
    "\n"
    "  ID            the number that a source gave the firearm, or the subject id of a search result\n"
    "  --as-of DATE  what had happened up to that day\n"
    "  --known DATE  what this register knew on that day\n"
    "  --json        the result as JSON\n"
    "  --pdf FILE    one page to print\n";

static unsigned terminal_width(void)
{
    struct winsize w;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

static enum err print_line(struct app *a, const struct use_trace_in *in, bool json, struct buf *out, struct fault *f)
{
    struct cj j;
    struct trace_paper paper = {out, terminal_width(), isatty(STDOUT_FILENO)};
    cj_open_loose(&j, out);
    enum err e = json ? use_trace(a, in, &j, f) : use_trace_text(a, in, &paper, f);
    if (!e) {
        fwrite(out->p, 1, out->n, stdout);
        if (json)
            putchar('\n');
    }
    return e;
}

static enum err write_pdf(struct app *a, const struct use_trace_in *in, const char *path, struct buf *out, struct fault *f)
{
    enum err e = use_trace_pdf(a, in, out, f);
    return e ? e : file_replace(path, buf_view(out), 0600, f);
}

int verb_trace(int argc, char **argv)
{
    const char *dir = NULL, *as_of = "", *known = "", *pdf = NULL;
    bool json = false;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--as-of", &as_of, NULL, false}, {"--known", &known, NULL, false},
        {"--pdf", &pdf, NULL, false}, {"--json", NULL, &json, false}, {0}};
    struct words w = {.least = 1, .most = 1};
    struct fault f = {0};
    struct buf out;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    buf_init(&out, (size_t)64 << 20);
    struct visitor who = cli_visitor();
    struct use_trace_in in = {a->lang, slice_str(w.word[0]), slice_str(as_of), slice_str(known), &who};
    enum err e = pdf ? write_pdf(a, &in, pdf, &out, &f) : print_line(a, &in, json, &out, &f);
    buf_free(&out);
    return cli_end(a, e, &f);
}
