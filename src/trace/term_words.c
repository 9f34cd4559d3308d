#include "trace/term_words.h"
#include <ctype.h>
#include "lang/lang.h"
#include "base/banned.h"

void term_key(char *key, size_t size, const char *prefix, const char *code)
{
    size_t n = strnlen(prefix, size - 1), i = 0;
    memcpy(key, prefix, n);
    for (; code[i] && n + i < size - 1; i++)
        key[n + i] = (char)tolower((unsigned char)code[i]);
    key[n + i] = 0;
}

void term_words(const struct lang *l, enum term_list list, unsigned number, struct buf *out)
{
    char key[40];
    if (l && list == TERM_TYPE) {
        term_key(key, sizeof key, "type.", term_by_number(list, number).code);
        if (lang_has(l, key)) {
            lang_plain(l, out, key);
            return;
        }
    }
    if (l && list == TERM_COUNTRY && strcmp(lang_tag(l), "en") != 0)
        lang_country(l, out, slice_str(term_by_number(list, number).code));
    else
        buf_str(out, term_label(list, number));
}
