/* What is typed into forms: each line "name=value". Whatever it is, each bad field is named once with a field and what would be accepted, and
 * what is taken can be written. */
#include <stdlib.h>
#include "base/embed.h"
#include "entry/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice value_of(const void *arg, const char *name)
{
    const struct slice *all = arg;
    struct slice rest = *all;
    while (rest.n) {
        const char *end = memchr(rest.p, '\n', rest.n);
        struct slice line = slice_of(rest.p, end ? (size_t)(end - rest.p) : rest.n);
        size_t n = strlen(name);
        if (line.n > n && memcmp(line.p, name, n) == 0 && line.p[n] == '=')
            return slice_trim(slice_of(line.p + n + 1, line.n - n - 1));
        rest = end ? slice_of(end + 1, rest.n - line.n - 1) : slice_of(NULL, 0);
    }
    return slice_of(NULL, 0);
}

static void check(const struct entry *x)
{
    struct buf out;
    buf_init(&out, RECORD_MAX);
    for (size_t i = 0; i < x->problem_count; i++) {
        if (!x->problem[i].field[0] || !x->problem[i].want[0])
            abort();
        for (size_t k = 0; k < i; k++)
            if (strcmp(x->problem[i].field, x->problem[k].field) == 0)
                abort();
    }
    if (!x->problem_count && (body_write_text(&x->ev, &out) || (buf_reset(&out), body_write_opinion(&x->ev, &out))))
        abort();
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct profile p; /* read once: a fuzzer has one thread */
    static struct entry x;
    struct slice text = slice_of((const char *)data, size);
    struct arena a;
    if (!p.kind_count && profile_parse(embed_get("profiles/generic.json"), &p, NULL))
        abort();
    if (!size)
        return 0;
    const struct profile_kind *k = &p.kind[data[0] % p.kind_count];
    const struct entry_ask ask = {value_of, &text};
    arena_init(&a, 1u << 22);
    if (k->form.count && !entry_read(&a, &p, k, &ask, size % 3 ? ENTRY_ALL : size % FORM_STEPS_MAX, 1700000000000, &x))
        check(&x);
    arena_free(&a);
    return 0;
}
