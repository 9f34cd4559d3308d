/* What is due for surrender: for each protection order in force, the firearms that the person still holds and the State does not. Without
 * names: those are opened at the firearm. */
#include "store/erase.h"
#include "use/mark_of.h"
#include "use/orders.h"
#include "use/people_in.h"
#include "base/banned.h"

#define HELD_MAX 4000
#define MARKS_READ 500 /* firearms whose records are opened for their mark */

static enum err put_mark(struct desk *d, struct arena *one, const struct subject_id *subject, struct cj *j, struct fault *f)
{
    struct slice mark;
    enum err e = mark_of(d, one, subject, &mark, f);
    if (!e)
        cj_kstr_opt(j, "mark", mark);
    arena_reset(one);
    return e;
}

static void put_label(struct cj *j, const char *member, enum term_list list, unsigned number)
{
    struct term t = term_by_number(list, number);
    if (t.answer == TERM_LISTED)
        cj_kstr(j, member, slice_str(term_label(list, number)));
}

static void put_firearm(struct desk *d, const struct subject_id *subject, const struct item_row *row, struct cj *j)
{
    const struct item_description *x = &row->state.description;
    cj_khex(j, "subject", subject->b, sizeof subject->b);
    put_label(j, "make_label", TERM_MAKE, x->make.number);
    put_label(j, "calibre_label", TERM_CALIBRE, x->calibre.number);
}

static enum err put_firearms(struct desk *d, const struct order *o, struct cj *j, int64_t *due, struct fault *f)
{
    struct holding_seen *held = arena_array(&d->arena, HELD_MAX, sizeof *held);
    size_t n = 0;
    struct arena one; /* of the firearm at hand */
    arena_init(&one, MARK_OF_MEMORY);
    enum err e = held ? store_holdings(d->store, &o->party, held, HELD_MAX, &n, f) : fault_set(f, ERR_MEMORY, "orders", SLICE(""), "");
    cj_key(j, "firearms");
    cj_arr(j);
    for (size_t i = 0; !e && i < n; i++) {
        struct item_row row;
        bool found = false;
        if (!held[i].current || held[i].role > 2)
            continue;
        if ((e = store_item(d->store, &held[i].subject, &row, &found, f)) || !found || row.state.state_hands)
            continue;
        ++*due;
        cj_obj(j);
        put_firearm(d, &held[i].subject, &row, j);
        e = *due > MARKS_READ ? OK : put_mark(d, &one, &held[i].subject, j, f);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    arena_free(&one);
    return e;
}

static enum err put_order(struct desk *d, const struct order *o, struct cj *j, int64_t *due, struct fault *f)
{
    cj_obj(j);
    cj_khex(j, "record", o->record.b, 32);
    cj_kstr_opt(j, "happened", slice_str(o->happened.text));
    cj_kstr_opt(j, "case_no", o->case_no);
    cj_kstr_opt(j, "office", o->office);
    enum err e = put_firearms(d, o, j, due, f);
    cj_obj_end(j);
    return e;
}

DOOR_FN(door_surrenders)
{
    struct desk *d;
    struct order *o;
    size_t n = 0;
    int64_t due = 0;
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    if (!(e = store_begin(d->store, f)) && !(e = orders_load(d, &o, &n, f))) {
        cj_obj(out->out);
        cj_key(out->out, "orders");
        cj_arr(out->out);
        for (size_t i = 0; !e && i < n; i++)
            if (!o[i].lifted)
                e = put_order(d, &o[i], out->out, &due, f);
        cj_arr_end(out->out);
        cj_kint(out->out, "due", due);
        cj_obj_end(out->out);
        e = e ? e : out->out->out->err;
    }
    store_rollback(d->store);
    desk_give(app, d);
    return e;
}
