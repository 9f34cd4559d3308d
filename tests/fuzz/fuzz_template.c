/* Template text before a NUL byte, JSON values after it: compiling and rendering must end, within their limits. With values of the plain kind a page
 * must never hold an unescaped '<' that its template did not have. */
#include "web/template.h"
#include <stdlib.h>

static struct slice source(void *arg, struct slice name)
{
    const struct slice *text = arg;
    return slice_is(name, "page") || slice_is(name, "p") ? *text : slice_of(NULL, 0);
}

static void render(const struct template *t, const struct node *v, struct slice text)
{
    const struct node *const values[] = {v};
    struct buf out;
    buf_init(&out, 1 << 20);
    enum err e = template_render(t, values, 1, &out);
    bool raw = memmem(text.p, text.n, "{{{", 3) || memchr(text.p, '&', text.n) || memchr(text.p, '=', text.n);
    if (!e && !raw && !memchr(text.p, '<', text.n) && out.n && memchr(out.p, '<', out.n))
        abort();
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a;
    struct template *t;
    struct node *v;
    struct fault f;
    const uint8_t *nul = n && n < 20000 ? memchr(data, 0, n) : NULL;
    if (!nul)
        return 0;
    struct slice text = slice_of((const char *)data, (size_t)(nul - data));
    arena_init(&a, 4 << 20);
    if (node_parse(&a, slice_of((const char *)nul + 1, n - text.n - 1), &v, &f) == OK && template_compile("page", source, &text, NULL, &t, &f) == OK) {
        render(t, v, text);
        template_free(t);
    }
    arena_free(&a);
    return 0;
}
