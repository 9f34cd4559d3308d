#include "use/rebuild.h"
#include "base/banned.h"

enum err use_rebuild(struct app *app, const struct settle *s, struct buf *out, struct fault *f)
{
    struct store *w;
    struct log l;
    enum err e = store_open(app->dir, STORE_WRITE, &w, f);
    if (e)
        return e;
    if (!(e = log_open(&l, w, f)) && !(e = app_settle(app, w, true, s, f)))
        e = store_dump_digest(w, out, f);
    store_close(w);
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
