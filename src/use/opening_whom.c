#include "use/opening_whom.h"
#include "trace/term_words.h"
#include "use/mark_of.h"
#include "base/banned.h"

struct known {
    struct subject_id subject;
    bool there, firearm; /* there: it could be looked up */
    struct slice mark; /* in the desk's arena */
    uint64_t position;
    uint16_t make, calibre;
};
struct whom_book {
    struct app *app;
    struct desk *desk;
    struct arena one; /* of the firearm at hand */
    const struct visitor *who;
    const struct lang *lang;
    struct known *known;
    size_t n, most;
};

bool whom_may(const struct visitor *who)
{
    return visitor_may(who, RIGHT_FIREARM_READ) || visitor_may(who, RIGHT_RECORD_READ);
}

struct whom_book *whom_open(struct app *app, const struct visitor *who, const struct lang *l, size_t most)
{
    struct desk *d;
    if (!whom_may(who) || desk_take(app, &d, NULL))
        return NULL;
    struct whom_book *b = arena_alloc(&d->arena, sizeof *b);
    struct known *known = arena_array(&d->arena, most, sizeof *known);
    if (!b || !known || store_begin(d->store, NULL)) {
        store_rollback(d->store);
        desk_give(app, d);
        return NULL;
    }
    *b = (struct whom_book){.app = app, .desk = d, .who = who, .lang = l, .known = known, .most = most};
    arena_init(&b->one, MARK_OF_MEMORY);
    return b;
}

void whom_close(struct whom_book *b)
{
    struct app *app = b ? b->app : NULL;
    struct desk *d = b ? b->desk : NULL;
    if (!b)
        return;
    arena_free(&b->one);
    store_rollback(d->store);
    desk_give(app, d);
}

static void look_up(struct whom_book *b, struct known *k)
{
    struct item_row row;
    struct slice mark;
    k->there = !store_item(b->desk->store, &k->subject, &row, &k->firearm, NULL);
    if (!k->there || !k->firearm)
        return;
    k->make = row.state.description.make.number;
    k->calibre = row.state.description.calibre.number;
    if (!mark_at(b->desk, &b->one, &k->subject, &mark, &k->position, NULL) && mark.n)
        k->mark = arena_copy(&b->desk->arena, mark);
    arena_reset(&b->one);
}

static const struct known *find(struct whom_book *b, const struct subject_id *subject)
{
    for (size_t i = 0; i < b->n; i++)
        if (subject_eq(&b->known[i].subject, subject))
            return &b->known[i];
    if (b->n == b->most)
        return NULL;
    struct known *k = &b->known[b->n++];
    *k = (struct known){.subject = *subject};
    look_up(b, k);
    return k;
}

static void put_label(struct cj *j, const struct lang *l, const char *member, enum term_list list, uint16_t number)
{
    struct buf shown;
    if (term_by_number(list, number).answer != TERM_LISTED)
        return;
    buf_init(&shown, 1024);
    term_words(l, list, number, &shown);
    cj_kstr_opt(j, member, buf_view(&shown));
    buf_free(&shown);
}

void whom_put(struct whom_book *b, const struct subject_id *subject, struct cj *j)
{
    const struct known *k = b ? find(b, subject) : NULL;
    if (!k || !k->there)
        return;
    if (!k->firearm) {
        cj_kbool(j, "person", true);
        return;
    }
    cj_key(j, "firearm");
    cj_obj(j);
    cj_kstr_opt(j, "mark", k->mark);
    put_label(j, b->lang, "make_label", TERM_MAKE, k->make);
    put_label(j, b->lang, "calibre_label", TERM_CALIBRE, k->calibre);
    if (k->mark.n && visitor_may(b->who, RIGHT_RECORD_READ))
        cj_kint(j, "record", (int64_t)k->position);
    if (visitor_may(b->who, RIGHT_FIREARM_READ))
        cj_kbool(j, "may_open", true);
    cj_obj_end(j);
}
