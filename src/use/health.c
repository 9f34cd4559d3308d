#include "use/health.h"
#include "base/banned.h"

enum err use_health(struct app *app, struct cj *out, struct fault *f)
{
    struct desk *d;
    struct index_view *v;
    const struct ranker *r;
    uint64_t size, items;
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    e = store_begin(d->store, f);
    if (!e)
        e = store_count(d->store, &items, f);
    store_rollback(d->store);
    if (!e && !(e = app_index(app, d, &v, &r, &size, f))) {
        cj_obj(out);
        cj_kstr(out, "status", SLICE("ok"));
        cj_kstr(out, "version", SLICE("0.1.0"));
        cj_kint(out, "log_size", (int64_t)size);
        cj_kint(out, "firearms", (int64_t)items);
        cj_kint(out, "marks", (int64_t)index_count(v));
        cj_obj_end(out);
        index_release(v);
    }
    desk_give(app, d);
    return e;
}
