#include "trace/term_words.h"
#include <ctype.h>
#include <stdio.h>
#include "lang/lang.h"
#include "base/banned.h"

void term_words(const struct lang *l, enum term_list list, unsigned number, struct buf *out)
{
    const struct term t = term_by_number(list, number);
    char key[40];
    int n = snprintf(key, sizeof key, "type.%s", t.code);
    for (int i = 5; i < n; i++)
        key[i] = (char)tolower((unsigned char)key[i]);
    if (l && list == TERM_TYPE && lang_has(l, key))
        lang_plain(l, out, key);
    else if (l && list == TERM_COUNTRY && strcmp(lang_tag(l), "en") != 0)
        lang_country(l, out, slice_str(t.code));
    else
        buf_str(out, term_label(list, number));
}
