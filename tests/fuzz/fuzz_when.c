/* A time, as in a file and as typed, or a pattern, NUL and a date: what is read has bounds in order and a canonical text that reads the same again. What a file
 * may hold may be typed. */
#include "base/time.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void check(const struct when *w)
{
    struct when again;
    must(w->start < w->end && memchr(w->text, 0, sizeof w->text) != NULL);
    must(when_parse(slice_str(w->text), "x", &again, NULL) == OK);
    must(when_cmp(w, &again) == 0 && slice_eq(slice_str(w->text), slice_str(again.text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice s = slice_of((const char *)data, n);
    struct when w;
    struct fault f;
    bool strict = when_parse(s, "x", &w, &f) == OK;
    if (strict)
        check(&w);
    bool typed = when_typed(s, "x", &w, &f) == OK;
    if (typed)
        check(&w);
    must(typed || !strict);
    ptrdiff_t nul = slice_nul(s);
    if (nul >= 0 && when_pattern(slice_of(s.p + nul + 1, n - (size_t)nul - 1), slice_of(s.p, (size_t)nul), "x", &w, &f) == OK)
        check(&w);
    if (when_pattern(s, SLICE("EXCEL"), "x", &w, &f) == OK)
        check(&w);
    return 0;
}
