/* What every engine shares: statements with no row, and with one. */
#include "store/engine.h"
#include "base/banned.h"

enum err engine_run(struct engine *e, const struct statement *s, const struct value *in, size_t n, struct fault *f)
{
    struct rows *r;
    bool more;
    enum err err = e->verbs->start(e, s, in, n, &r, f);
    if (err)
        return err;
    err = e->verbs->next(r, NULL, 0, &more, f);
    e->verbs->stop(r);
    return err;
}

enum err engine_one(struct engine *e, const struct statement *s, const struct value *in, size_t n, struct value *out,
    size_t out_n, bool *found, struct rows **rows, struct fault *f)
{
    struct rows *r;
    enum err err = e->verbs->start(e, s, in, n, &r, f);
    if (err)
        return err;
    err = e->verbs->next(r, out, out_n, found, f);
    if (err || !*found) {
        e->verbs->stop(r);
        r = NULL;
    }
    *rows = r;
    return err;
}
