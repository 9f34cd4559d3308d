#include "lang/html.h"
#include "base/banned.h"

static const char *const reference[256] = {['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};

void html_escape(struct buf *out, struct slice s)
{
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *r = reference[(uint8_t)s.p[i]];
        if (!r)
            continue;
        buf_add(out, s.p + from, i - from);
        buf_str(out, r);
        from = i + 1;
    }
    if (s.n > from)
        buf_add(out, s.p + from, s.n - from);
}
