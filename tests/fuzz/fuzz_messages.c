/* A message text: compiling refuses or yields what renders in a left-to-right and a right-to-left language; in HTML no argument brings markup. */
#include "lang/message.h"
#include <stdlib.h>

static struct lang_set *languages(void)
{
    static struct lang_set *set;
    struct fault f;
    if (!set && lang_load(&set, &f))
        abort();
    return set;
}

static void render(const struct message_part *parts, const char *tag, enum lang_form form)
{
    const struct lang_arg args[] = {lang_n("n", -3), lang_z("a", "<i>"), lang_z("d", "2024-03-03")};
    struct buf out;
    buf_init(&out, 1 << 20);
    message_render(lang_find(languages(), slice_str(tag)), form, &out, parts, args, 3);
    if (form == LANG_HTML && out.n && memmem(out.p, out.n, "<i>", 3))
        abort();
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena a;
    struct message_part *parts;
    struct fault f;
    if (n > 4000)
        return 0;
    arena_init(&a, 32 << 20);
    struct slice text = arena_copy(&a, slice_of((const char *)data, n));
    if (text.p && message_compile(&a, text, &parts, &f) == OK) {
        render(parts, "en", LANG_PLAIN);
        render(parts, "ar", LANG_HTML);
    }
    arena_free(&a);
    return 0;
}
