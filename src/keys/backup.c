#include "keys/backup.h"
#include "base/banned.h"

static uint64_t number(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | (uint8_t)p[i];
    return v;
}

static const char *next(struct slice *s, uint64_t n)
{
    if (s->n < n)
        return NULL;
    const char *p = s->p;
    *s = slice_of(p + n, s->n - (size_t)n);
    return p;
}

/* Length of 8 bytes, then so many. */
static bool next_run(struct slice *s, struct slice *out)
{
    const char *p = next(s, 8);
    uint64_t n = p ? number(p, 8) : 0;
    const char *bytes = p ? next(s, n) : NULL;
    if (!bytes)
        return false;
    *out = slice_of(bytes, (size_t)n);
    return true;
}

bool backup_next(struct slice *rest, struct backup_file *out)
{
    const char *p = next(rest, 8);
    if (!p)
        return false;
    *out = (struct backup_file){.number = (uint32_t)number(p, 4), .version = (uint32_t)number(p + 4, 4)};
    return next_run(rest, &out->bytes);
}

enum err backup_parse(struct slice bytes, struct key_backup *out)
{
    struct slice rest = bytes;
    struct backup_file file;
    const char *p = next(&rest, BACKUP_FIXED);
    *out = (struct key_backup){0};
    if (!p || memcmp(p, "ATHRKBK2", 8) != 0 || rest.n < BACKUP_TAG || p[44] || p[45] || p[46] || p[47])
        return ERR_DAMAGED;
    memcpy(out->store, p + 8, sizeof out->store);
    out->made = (int64_t)number(p + 24, 8);
    out->expires = (int64_t)number(p + 32, 8);
    out->file_count = (uint32_t)number(p + 40, 4);
    rest.n -= BACKUP_TAG;
    out->tag = (const uint8_t *)rest.p + rest.n;
    out->body = slice_of(bytes.p, bytes.n - BACKUP_TAG);
    if (!next_run(&rest, &out->head) || !next_run(&rest, &out->erased))
        return ERR_DAMAGED;
    out->files = rest;
    for (uint32_t i = 0; i < out->file_count; i++)
        if (!backup_next(&rest, &file))
            return ERR_DAMAGED;
    return rest.n ? ERR_DAMAGED : OK;
}
