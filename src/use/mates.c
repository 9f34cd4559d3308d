/* A specimen looked for in its collection, for the examiner's page: an order of candidates and nothing of what was counted of them, but for pairs about which the
 * visitor has concluded. (use/screen.h is the tool of the command line, which tells all.) */
#include "use/ballistics_in.h"
#include "ballistics/candidates.h"
#include "base/arena.h"
#include "use/words.h"
#include <stdio.h>
#include "base/banned.h"

#define BEST 60u     /* compared in full */
#define SHOWN 40u
#define THREADS 2u

struct search {
    const struct use_ballistics *u;
    const struct use_mates_in *in;
    struct collection *c;
    struct side query;
    struct prints *prints;
    struct candidates found;
    struct desk *desk;
};

/* ---- searching ---- */

static enum err find(struct search *x, struct fault *f)
{
    struct surface corrected;
    struct surface_steps steps = {0};
    const struct specimen *s = collection_find(x->c, x->query.file);
    struct slice class[CLASS_FIELDS] = {{NULL, 0}};
    class[CLASS_CALIBRE] = s->class[CLASS_CALIBRE];
    class[CLASS_FIRING_PIN] = s->class[CLASS_FIRING_PIN];
    enum err e = correct_prepare(&x->query.surface, x->query.mask, SURFACE_STEPS_MAX, &corrected, &steps, f);
    if (e)
        return e;
    const struct candidates_ask ask = {x->c, x->prints, x->u->screen, x->u->compare, &corrected, x->query.sha, class, CLASS_FILTER, BEST, THREADS, NULL, NULL};
    e = candidates_find(&ask, &x->found, f);
    surface_free(&corrected);
    return e;
}

static enum err open_search(struct search *x, struct fault *f)
{
    enum err e = x->c->enrolled ? OK : fault_set(f, ERR_NOT_FOUND, "dir", SLICE(""), "want.prints");
    if (!e)
        e = side_read(x->c, "file", x->in->file, &x->query, f);
    if (!e && (e = prints_open(x->u->dir, x->u->screen, &x->prints, f)) == ERR_NOT_FOUND)
        fault_set(f, e, "dir", SLICE(""), "want.prints");
    if (!e)
        e = find(x, f);
    return e ? e : desk_take(x->u->app, &x->desk, f);
}

/* ---- telling ---- */

/* The visitor's last conclusion about the query and this specimen; NULL: none. */
static const struct conclusion *concluded(struct search *x, const struct specimen *s)
{
    struct conclusion *all;
    size_t n;
    struct subject_id by = examiner_of(x->in->who);
    if (examination_list(x->desk->store, &x->desk->arena, &x->query.sha, &s->sha, &all, &n, NULL))
        return NULL;
    return examination_own(all, n, &by);
}

static void put_candidate(struct cj *j, struct search *x, const struct mate_candidate *m, size_t rank)
{
    const struct specimen *s = &x->c->item[m->specimen];
    const struct conclusion *own = concluded(x, s);
    cj_obj(j);
    cj_kint(j, "rank", (int64_t)rank);
    cj_kstr(j, "file", s->file);
    if (m->match == CLASS_OPEN)
        cj_kbool(j, "class_open", true);
    put_classes(j, x->in->lang, s);
    if (own) {
        char key[48], score[24];
        snprintf(key, sizeof key, "conclusion.%s", own->code);
        words_text(j, x->in->lang, "conclusion", key, NULL, 0);
        snprintf(score, sizeof score, "%.3g", m->score);
        cj_kstr(j, "score", slice_str(score));
        cj_kint(j, "cmc", m->cmc);
        cj_kint(j, "cells", m->cells);
    }
    cj_obj_end(j);
}

static void put_some(struct cj *j, const char *key, uint64_t n)
{
    if (n)
        cj_kint(j, key, (int64_t)n);
}

static void put_search(struct cj *j, struct search *x)
{
    size_t rank = 0;
    cj_obj(j);
    cj_kstr(j, "query", x->query.file);
    cj_kint(j, "count", (int64_t)x->c->count);
    cj_kint(j, "screened", (int64_t)x->found.screened);
    put_some(j, "excluded", x->found.excluded);
    put_some(j, "unfit", x->found.unfit);
    put_some(j, "without_print", x->found.without_print);
    cj_key(j, "candidates");
    cj_arr(j);
    for (size_t i = 0; i < x->found.count && rank < SHOWN; i++)
        if (!x->found.item[i].fault.code)
            put_candidate(j, x, &x->found.item[i], ++rank);
    cj_arr_end(j);
    cj_kint(j, "shown", (int64_t)rank);
    cj_obj_end(j);
}

static enum err tell(struct cj *j, struct search *x, struct fault *f)
{
    enum err e = store_begin(x->desk->store, f);
    if (!e)
        put_search(j, x);
    store_rollback(x->desk->store);
    return e;
}

enum err use_mates(const struct use_ballistics *u, const struct use_mates_in *in, struct cj *j, struct fault *f)
{
    struct collection c;
    struct search x = {.u = u, .in = in, .c = &c};
    enum err e = collection_open(u->dir, &c, f);
    if (e)
        return e;
    e = open_search(&x, f);
    if (!e)
        e = tell(j, &x, f);
    if (x.desk)
        desk_give(u->app, x.desk);
    candidates_end(&x.found);
    prints_close(x.prints);
    side_end(&x.query);
    collection_close(&c);
    return e;
}
