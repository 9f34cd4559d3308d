/* athar sample: an invented national register on standard output. */
#include "cli/verb_sample.h"
#include "base/file.h"
#include "sample/sample.h"

#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define CHUNK ((size_t)1 << 20)
#define ROW_MAX 4096

static const char usage[] =
    "usage: athar sample --records N [--seed S] > FILE.csv\n"
    "\n"
    "Writes an invented national register: a header and N rows, one a firearm, with believable makers,\n"
    "serial numbers, holders and lives. The same N and S give the same bytes on every machine.\n"
    "\n"
    "  --records N  how many firearms, 1 to 400000000\n"
    "  --seed S     any number from 0 (1 unless given)\n";

static int refuse(const char *what, const char *value)
{
    fprintf(stderr, "athar sample: %s%s%s\n%s", what, *value ? ": " : "", value, usage);
    return 2;
}

static int say_fault(const struct fault *f)
{
    fprintf(stderr, "athar sample: %s %s %s %s\n", err_name(f->code), f->field, f->value, f->want);
    return 1;
}

static enum err write_rows(struct sample *s, struct fault *f)
{
    struct buf out;
    enum err e = OK;
    bool more = true;
    buf_init(&out, CHUNK + ROW_MAX);
    sample_header(&out);
    while (!e && more) {
        while (out.n < CHUNK && (more = sample_row(s, &out)))
            ;
        e = out.err ? fault_set(f, out.err, "row", slice_str(""), "") : file_write_all(STDOUT_FILENO, out.p, out.n, f);
        buf_reset(&out);
    }
    buf_free(&out);
    return e;
}

int verb_sample(int argc, char **argv)
{
    uint64_t records = 0, seed = 1;
    struct sample *s = NULL;
    struct fault f = {0};
    for (int i = 1; i < argc; i += 2) {
        bool is_records = !strcmp(argv[i], "--records"), is_seed = !strcmp(argv[i], "--seed");
        if (!strcmp(argv[i], "--help"))
            return fputs(usage, stdout) < 0;
        if (!is_records && !is_seed)
            return refuse("unknown option", argv[i]);
        uint64_t max = is_seed ? UINT64_MAX / 2 : SAMPLE_RECORDS_MAX;
        if (i + 1 == argc || !slice_u64(slice_str(argv[i + 1]), max, is_seed ? &seed : &records))
            return refuse("a number must follow", argv[i]);
    }
    if (records == 0)
        return refuse("--records is missing or 0", "");
    enum err e = sample_open(records, seed, &s, &f);
    if (!e)
        e = write_rows(s, &f);
    sample_close(s);
    return e ? say_fault(&f) : 0;
}
