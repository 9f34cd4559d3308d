#include "base/embed.h"

#include "base/banned.h"

struct slice embed_get(const char *name)
{
    for (const struct embed *e = embed_files; e->name; e++)
        if (strcmp(e->name, name) == 0)
            return slice_of((const char *)e->data, e->n);
    return slice_of(NULL, 0);
}
