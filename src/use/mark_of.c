#include "use/mark_of.h"
#include "base/banned.h"

enum err mark_of(struct desk *d, struct arena *a, const struct subject_id *subject, struct slice *out, struct fault *f)
{
    uint64_t *at;
    size_t n = 0;
    struct event *ev = arena_alloc(a, sizeof *ev);
    *out = slice_of(NULL, 0);
    enum err e = ev ? store_subject_positions(d->store, a, subject, &at, &n, f) : fault_set(f, ERR_MEMORY, "mark", SLICE(""), "");
    for (size_t i = 0; !e && !out->n && i < n && i < MARK_OF_RECORDS; i++) {
        struct slice bytes;
        int64_t received;
        e = store_read(d->store, a, at[i], &bytes, &received, f);
        if (!e)
            e = store_event(d->store, a, bytes, at[i], received, SHOW_BODY, ev, NULL, f);
        if (!e && ev->mark_count)
            *out = ev->mark[0].text;
    }
    return e;
}
