/* Forms and paths: what is accepted must read the same after quoting it again. */
#include "web/form.h"
#include <stdlib.h>

static void again(struct arena *a, const struct form *form)
{
    struct form second;
    struct fault f;
    struct buf b;
    buf_init(&b, 1 << 22);
    for (size_t i = 0; i < form->count; i++) {
        buf_str(&b, i ? "&" : "");
        form_quote(&b, form->field[i].name);
        buf_str(&b, "=");
        form_quote(&b, form->field[i].value);
    }
    if (b.err || form_parse(a, buf_view(&b), &second, &f) || second.count != form->count)
        abort();
    for (size_t i = 0; i < form->count; i++)
        if (!slice_eq(form->field[i].name, second.field[i].name) || !slice_eq(form->field[i].value, second.field[i].value))
            abort();
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a;
    struct form form;
    struct slice path;
    struct fault f;
    arena_init(&a, 8 << 20);
    if (n < 100000 && form_parse(&a, slice_of((const char *)data, n), &form, &f) == OK)
        again(&a, &form);
    if (n < 100000 && form_path(&a, slice_of((const char *)data, n), &path, &f) == OK)
        if (!path.n || path.p[0] != '/' || memmem(path.p, path.n, "/../", 4))
            abort();
    arena_free(&a);
    return 0;
}
