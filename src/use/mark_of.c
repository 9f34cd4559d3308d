#include "use/mark_of.h"
#include "base/banned.h"

#define MARKS_SHOWN 20 /* firearms of one record */

enum err mark_of(struct desk *d, struct arena *a, const struct subject_id *subject, struct slice *out, struct fault *f)
{
    uint64_t position;
    return mark_at(d, a, subject, out, &position, f);
}

enum err mark_at(struct desk *d, struct arena *a, const struct subject_id *subject, struct slice *out, uint64_t *position, struct fault *f)
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
        if (!e && ev->mark_count) {
            *out = ev->mark[0].text;
            *position = at[i];
        }
    }
    return e;
}

enum err put_subjects(struct desk *d, const struct record *r, struct slice external, bool marks, struct cj *j, struct fault *f)
{
    enum err e = OK;
    struct arena one; /* of the firearm at hand */
    arena_init(&one, MARK_OF_MEMORY);
    cj_key(j, "subjects");
    cj_arr(j);
    for (size_t i = 0; i < r->h.subject_count && !e; i++) {
        struct slice mark = {0};
        if (r->h.subject[i].type != SUBJECT_ITEM)
            continue;
        cj_obj(j);
        cj_khex(j, "subject", r->h.subject[i].id.b, sizeof r->h.subject[i].id.b);
        cj_kstr_opt(j, "external_id", external);
        if (marks && i < MARKS_SHOWN)
            e = mark_of(d, &one, &r->h.subject[i].id, &mark, f);
        cj_kstr_opt(j, "mark", mark);
        cj_obj_end(j);
        arena_reset(&one);
    }
    cj_arr_end(j);
    arena_free(&one);
    return e;
}
