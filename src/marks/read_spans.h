/* Which atoms of a text are serial numbers. For read*.c only. */
#ifndef MARKS_READ_SPANS_H
#define MARKS_READ_SPANS_H
#include "marks/read_lex.h"

#define SPANS_MAX 16

struct span {
    uint16_t first, last;       /* atoms */
    unsigned characters, signs; /* readable and unreadable */
    bool gap_before, gap_after; /* characters are said to be lost at that end */
};
struct spans {
    struct span span[SPANS_MAX];
    size_t count;
    bool things; /* a number stood there that is something else: a calibre, a seal, a quantity */
};
void read_spans(struct lexed *x, struct spans *out);
/* Upper case, separators kept, '?' and '*'; at most cap-1 bytes, never half a character. */
void read_span_text(const struct lexed *x, const struct span *s, char *out, size_t cap);
#endif
