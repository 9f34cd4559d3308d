#include "cli/cli.h"
#include "use/clock.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar clock --data DIR --reason TEXT [--by NAME]\n"
    "\n"
    "The clock of this computer was ahead, records carry times that are still to come, and so nothing can be recorded until then. When the clock\n"
    "is right again, this records that it was wrong, and the log goes on from the present. No record is changed: that their times were wrong\n"
    "stands behind them, and `athar verify --derived` names the place. Refused while the clock is not behind the newest record.\n"
    "\n"
    "  --reason TEXT  how the clock came to be ahead, and how that was found\n";

int verb_clock(int argc, char **argv)
{
    const char *dir = NULL, *reason = "", *by = "";
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--reason", &reason, NULL, true}, {"--by", &by, NULL, false}, {0}};
    struct words w = {0};
    struct fault f = {0};
    struct buf b;
    struct cj j;
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    buf_init(&b, 4096);
    cj_open_loose(&j, &b);
    const struct use_clock_in in = {slice_str(reason), slice_str(by)};
    return cli_end_text(a, use_clock(a, &in, &j, &f), &b, &f);
}
