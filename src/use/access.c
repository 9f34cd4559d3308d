#include "use/access.h"
#include "people/access.h"
#include "use/people_in.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define DAY_MS ((int64_t)86400000)
#define MONTHS_MAX 36

/* ---- anchors ---- */

static int by_position(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int by_size(const void *a, const void *b)
{
    const struct access_anchor *x = a, *y = b;
    return x->size < y->size ? -1 : x->size > y->size;
}

static enum err read_anchors(struct desk *d, struct access_anchor **out, size_t *n, struct fault *f)
{
    struct subject_id list = act_openings();
    uint64_t *at;
    size_t count = 0;
    *n = 0;
    enum err e = store_subject_positions(d->store, &d->arena, &list, &at, &count, f);
    *out = e ? NULL : arena_array(&d->arena, count + 1, sizeof **out);
    if (!e && !*out)
        e = fault_set(f, ERR_MEMORY, "openings", SLICE(""), "");
    if (!e && count)
        qsort(at, count, sizeof *at, by_position);
    for (size_t i = 0; !e && i < count; i++) {
        struct act a;
        if (!(e = act_read(d->store, &d->arena, at[i], &a, f)) && a.kind == ACT_ANCHORED)
            (*out)[(*n)++] = (struct access_anchor){a.size, a.root};
    }
    if (!e && *n)
        qsort(*out, *n, sizeof **out, by_size);
    return e;
}

static enum err last_anchor(struct app *app, struct access_anchor *out, struct fault *f)
{
    struct desk *d;
    struct access_anchor *all;
    size_t n = 0;
    *out = (struct access_anchor){0};
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    if (!(e = store_begin(d->store, f)) && !(e = read_anchors(d, &all, &n, f)) && n)
        *out = all[n - 1];
    store_rollback(d->store);
    desk_give(app, d);
    return e;
}

enum err use_access_anchor(struct app *app, bool *anchored, struct fault *f)
{
    struct people *p;
    struct access_anchor last;
    struct act a = {.kind = ACT_ANCHORED};
    if (anchored)
        *anchored = false;
    enum err e = app_people(app, &p, f);
    if (e || (e = access_tree(people_box(p), &a.size, &a.root, f)) || (e = last_anchor(app, &last, f)))
        return e;
    if (!a.size || (a.size == last.size && hash_eq(&a.root, &last.root)))
        return OK;
    if (anchored)
        *anchored = true;
    return app_act(app, &a, 1, NULL, f);
}

/* ---- verifying, pruning ---- */

static enum err verify(struct people *p, struct desk *d, struct cj *out, struct fault *f)
{
    struct access_anchor *anchor;
    size_t n = 0;
    uint64_t size;
    struct hash root;
    enum err e = store_begin(d->store, f);
    if (!e)
        e = read_anchors(d, &anchor, &n, f);
    store_rollback(d->store);
    if (e || (e = access_verify(people_box(p), anchor, n, &size, &root, f)))
        return e;
    cj_obj(out);
    cj_kint(out, "size", (int64_t)size);
    cj_khex(out, "root", root.b, sizeof root.b);
    cj_kint(out, "anchors", (int64_t)n);
    if (n)
        cj_kint(out, "anchored", (int64_t)anchor[n - 1].size);
    cj_obj_end(out);
    return out->out->err;
}

enum err use_access_verify(struct app *app, struct cj *out, struct fault *f)
{
    struct people *p;
    struct desk *d;
    enum err e = app_people(app, &p, f);
    if (e || (e = desk_take(app, &d, f)))
        return e;
    e = verify(p, d, out, f);
    desk_give(app, d);
    return e;
}

enum err use_access_prune(struct app *app, int64_t days, struct cj *out, struct fault *f)
{
    struct people *p;
    int64_t n = 0;
    char day[11];
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    const int64_t least = people_profile(p)->keep_openings;
    if (days && days < least)
        return fault_set(f, ERR_REFUSED, "--days", SLICE(""), "want.openings_term");
    int64_t before = people_now(p) - (days ? days : least) * DAY_MS;
    time_day(before, day);
    struct act a = {.kind = ACT_PRUNED, .reason = slice_str(day)};
    if ((e = use_access_anchor(app, NULL, f)) || (e = access_prune(people_box(p), before, &n, f)))
        return e;
    a.size = (uint64_t)n;
    if (n && (e = app_act(app, &a, 1, NULL, f)))
        return e;
    cj_obj(out);
    cj_kint(out, "removed", n);
    cj_kstr(out, "before", slice_str(day));
    cj_obj_end(out);
    return out->out->err;
}

/* ---- totals ---- */

static void put_count(struct cj *j, int64_t count)
{
    if (count < ACCESS_SMALL)
        cj_kint(j, "fewer_than", ACCESS_SMALL);
    else
        cj_kint(j, "count", count);
}

static enum err put_month(struct people *p, const struct lang *l, int year, int month, struct cj *j, struct fault *f)
{
    struct access_total t[PURPOSES_MAX + 1];
    size_t n = 0;
    int64_t total = 0;
    char name[16];
    enum err e = access_by_purpose(people_box(p), time_from_civil(year, month, 1), time_from_civil(month == 12 ? year + 1 : year, month % 12 + 1, 1), t,
        PURPOSES_MAX + 1, &n, f);
    snprintf(name, sizeof name, "%04d-%02d", year, month);
    cj_obj(j);
    cj_kstr(j, "month", slice_str(name));
    cj_key(j, "purposes");
    cj_arr(j);
    for (size_t i = 0; i < n && !e; i++) {
        total += t[i].count;
        cj_obj(j);
        cj_kstr_opt(j, "purpose", slice_str(t[i].purpose));
        if (*t[i].purpose)
            put_key(j, l, "purpose_label", "purpose.", t[i].purpose);
        put_count(j, t[i].count);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    if (total)
        put_count(j, total);
    else
        cj_kint(j, "count", 0);
    cj_obj_end(j);
    return e;
}

enum err use_access_totals(struct app *app, const struct lang *l, int months, struct cj *out, struct fault *f)
{
    struct people *p;
    int year, month, day;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    months = months < 0 ? 0 : months > MONTHS_MAX ? MONTHS_MAX : months;
    time_to_civil(people_now(p), &year, &month, &day);
    cj_obj(out);
    cj_kint(out, "small", ACCESS_SMALL);
    cj_key(out, "months");
    cj_arr(out);
    for (int i = 0; !e && i <= months; i++) {
        e = put_month(p, l, year, month, out, f);
        year -= month == 1;
        month = month == 1 ? 12 : month - 1;
    }
    cj_arr_end(out);
    cj_obj_end(out);
    return e ? e : out->out->err;
}

DOOR_FN(door_totals)
{
    return use_access_totals(app, in->lang, 12, out->out, f);
}
