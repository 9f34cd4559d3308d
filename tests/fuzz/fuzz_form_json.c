/* Objects of texts, a line each: whatever is sent, each line is a form or has a fault that says what would be accepted, lines stand in their order, and
 * no text holds a NUL. */
#include "web/form_json.h"
#include <stdlib.h>

#define MOST 500

static void check(const struct json_line *l)
{
    if (!l->form && (!l->fault.code || !l->fault.field[0] || !l->fault.want[0]))
        abort();
    for (size_t i = 0; l->form && i < l->form->count; i++) {
        if (slice_nul(l->form->field[i].value) >= 0 || slice_utf8_fault(l->form->field[i].value) >= 0)
            abort();
        for (size_t k = 0; k < i; k++)
            if (slice_eq(l->form->field[i].name, l->form->field[k].name))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a;
    struct json_line *line = NULL;
    size_t count = 0, lines = 1;
    struct fault f = {0};
    if (n > 256u << 10)
        return 0;
    arena_init(&a, 16u << 20);
    for (size_t i = 0; i < n; i++)
        lines += data[i] == '\n';
    enum err e = form_json_lines(&a, slice_of((const char *)data, n), MOST, &line, &count, &f);
    if (e ? !f.want[0] && e != ERR_MEMORY : !count || count > MOST || count > lines)
        abort();
    for (size_t i = 0; !e && i < count; i++) {
        check(&line[i]);
        if (line[i].number > lines || (i && line[i].number <= line[i - 1].number))
            abort();
    }
    arena_free(&a);
    return 0;
}
