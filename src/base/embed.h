/* Files of data/, profiles/, schema/ and web/ compiled into the program (tools/embed.py), named by their path from the root. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H
#include "base/slice.h"

struct embed {
    const char *name;
    const unsigned char *data; /* n bytes and one NUL */
    size_t n;
};
extern const struct embed embed_files[]; /* sorted by path; ends with a NULL name */

/* The bytes of the file, or {NULL,0} when there is none of that name. */
struct slice embed_get(const char *name);
#endif
