#include "cli/cli.h"
#include "marks/read.h"
#include <stdlib.h>
#include "base/banned.h"

static const char usage[] =
    "usage: athar marks read < TEXTS > LINES.jsonl\n"
    "\n"
    "Reads what police files say of a mark: one free text a line in, one JSON line out {text, status, serials, place, cause,\n"
    "method, recovery}. Statuses: docs/reading-marks.md.\n";

static int read_lines(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) >= 0) {
        struct mark_reading r;
        struct buf b;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            n--;
        buf_init(&b, 1u << 20);
        mark_read(slice_of(line, (size_t)n), &r);
        mark_reading_json(slice_of(line, (size_t)n), &r, &b);
        puts(b.p ? b.p : "{}");
        buf_free(&b);
    }
    free(line);
    return EXIT_DONE;
}

int verb_marks(int argc, char **argv)
{
    const struct option o[] = {{0}};
    struct words w = {.least = 1, .most = 1};
    bool help;
    int code = options_read(argc, argv, o, &w, usage, &help);
    if (code || help)
        return code;
    if (strcmp(w.word[0], "read") != 0) {
        fprintf(stderr, "athar: there is no 'marks %s'\n\n%s", w.word[0], usage);
        return EXIT_WRONG_USE;
    }
    return read_lines();
}
