#include "store/upgrade.h"
#include <stdio.h>
#include "base/banned.h"

unsigned upgrade_known(const struct upgrade *u)
{
    return UPGRADE_FIRST + (unsigned)u->steps;
}

static enum err judge(const struct upgrade *u, struct slice text, unsigned *out, struct fault *f)
{
    uint64_t version;
    if (!text.p)
        return fault_set(f, ERR_NOT_FOUND, u->what, SLICE(""), "want.register");
    if (!slice_u64(text, UINT32_MAX, &version) || version < UPGRADE_FIRST)
        return fault_set(f, ERR_DAMAGED, u->what, text, "want.schema");
    *out = (unsigned)version;
    return version > upgrade_known(u) ? fault_set(f, ERR_REFUSED, u->what, text, "want.newer_program") : OK;
}

enum err upgrade_version(const struct upgrade *u, struct engine *e, unsigned *out, struct fault *f)
{
    struct arena a;
    struct slice text;
    arena_init(&a, 1u << 16);
    enum err err = u->get(e, &a, "schema", &text, f);
    if (!err)
        err = judge(u, text, out, f);
    arena_free(&a);
    return err;
}

static enum err put_number(const struct upgrade *u, struct engine *e, unsigned version, struct fault *f)
{
    char text[16];
    int n = snprintf(text, sizeof text, "%u", version);
    return u->put(e, "schema", slice_of(text, (size_t)n), f);
}

static enum err run_script(const struct upgrade *u, struct engine *e, const char *name, struct fault *f)
{
    struct slice sql = u->script(name);
    return sql.p ? e->verbs->script(e, sql.p, f) : fault_set(f, ERR_BUG, u->what, slice_str(name), "");
}

static enum err run_step(const struct upgrade *u, struct engine *e, unsigned to, struct fault *f)
{
    const struct upgrade_step *s = &u->step[to - UPGRADE_FIRST - 1];
    const char *name = u->shared ? s->postgres : s->sqlite;
    enum err err = u->shared && name ? run_script(u, e, name, f) : OK;
    if (err || (err = e->verbs->begin(e, f)))
        return err;
    if (!u->shared && name)
        err = run_script(u, e, name, f);
    if (!err && !(err = put_number(u, e, to, f)))
        return e->verbs->commit(e, f);
    e->verbs->rollback(e);
    return err;
}

enum err upgrade_run(const struct upgrade *u, struct engine *e, struct fault *f)
{
    unsigned have;
    enum err err = upgrade_version(u, e, &have, f);
    while (!err && have < upgrade_known(u))
        err = run_step(u, e, ++have, f);
    return err;
}
