#include "use/rebuild.h"
#include "base/banned.h"

enum err use_rebuild(struct app *app, const struct settle *s, struct buf *out, struct fault *f)
{
    struct log l;
    enum err e = log_start_anew(app->dir, &l, f);
    if (e)
        return e;
    if (!(e = app_settle(app, l.store, true, s, f)))
        e = store_dump_digest(l.store, out, f);
    log_end(&l);
    return e;
}

enum err use_digest(struct app *app, struct buf *out, struct fault *f)
{
    struct desk *d;
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    if (!(e = store_begin(d->store, f)))
        e = store_dump_digest(d->store, out, f);
    store_rollback(d->store);
    desk_give(app, d);
    return e;
}
