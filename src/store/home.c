#include "store/home.h"
#include "base/file.h"
#include <libpq-fe.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

enum err path_of(const char *dir, const char *name, char *out, size_t size, struct fault *f)
{
    int n = snprintf(out, size, "%s/%s", dir, name);
    return n < 0 || (size_t)n >= size ? fault_set(f, ERR_TOO_LONG, "--data", slice_str(dir), "want.short_path") : OK;
}

enum err home_shared(struct slice db, struct home *out, struct fault *f)
{
    struct home p = {.verbs = &engine_pg, .shared = true};
    if (db.n >= sizeof p.where || (!slice_starts(db, "postgresql://") && !slice_starts(db, "postgres://")) || slice_nul(db) >= 0)
        return fault_set(f, ERR_FORMAT, "--db", SLICE(""), "want.database_url");
    memcpy(p.where, db.p, db.n);
    PQconninfoOption *parts = PQconninfoParse(p.where, NULL);
    if (!parts)
        return fault_set(f, ERR_FORMAT, "--db", SLICE(""), "want.database_url");
    for (const PQconninfoOption *o = parts; o->keyword; o++)
        if (strcmp(o->keyword, "dbname") == 0)
            snprintf(p.name, sizeof p.name, "%s", o->val ? o->val : "");
    PQconninfoFree(parts);
    *out = p;
    return OK;
}

static enum err read_note(const char *path, struct home *out, struct fault *f)
{
    struct buf text;
    buf_init(&text, HOME_MAX);
    enum err e = file_read(path, &text, f);
    if (!e)
        e = home_shared(slice_trim(buf_view(&text)), out, f);
    buf_free(&text);
    return e;
}

enum err home_find(const char *dir, struct home *out, struct fault *f)
{
    char path[HOME_MAX];
    enum err e = path_of(dir, "database", path, sizeof path, f);
    if (!e && access(path, F_OK) == 0)
        return read_note(path, out, f);
    *out = (struct home){.verbs = &engine_sqlite};
    if (!e && !(e = path_of(dir, "register.db", out->where, sizeof out->where, f)) && access(out->where, F_OK) != 0)
        e = fault_set(f, ERR_NOT_FOUND, "--data", slice_str(dir), "want.register");
    return e;
}

enum err home_note(const char *dir, const struct home *p, struct fault *f)
{
    char path[HOME_MAX];
    struct buf text;
    enum err e = path_of(dir, "database", path, sizeof path, f);
    buf_init(&text, HOME_MAX + 1);
    buf_str(&text, p->where);
    buf_byte(&text, '\n');
    if (!e)
        e = text.err ? text.err : file_replace(path, buf_view(&text), 0600, f);
    buf_free(&text);
    return e;
}
