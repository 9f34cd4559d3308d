/* What the database server of a shared register is set to. */
#include "store/store_inner.h"
#include <stdio.h>
#include "base/banned.h"

static const struct statement by_name = {"SELECT convert_to(setting, 'UTF8') FROM pg_settings WHERE name = convert_from($1, 'UTF8')"};

enum err store_server_setting(struct store *s, const char *name, char *out, size_t size, struct fault *f)
{
    struct value in = V_SLICE(slice_str(name)), v[1];
    struct rows *r;
    bool found;
    if (!s->home.shared)
        return fault_set(f, ERR_REFUSED, "--data", slice_str(s->dir), "want.shared_database");
    enum err e = engine_one(s->engine, &by_name, &in, 1, v, 1, &found, &r, f);
    if (e || !found)
        return e ? e : fault_set(f, ERR_NOT_FOUND, name, SLICE(""), "");
    snprintf(out, size, SLICE_FMT, SLICE_ARG(v[0].b));
    s->engine->verbs->stop(r);
    return OK;
}
