#include "ballistics/candidates.h"
#include "ballistics/correct.h"
#include "ballistics/share.h"
#include "ballistics/surface_prepare.h"
#include "base/arena.h"
#include "base/time.h"

#include <stdlib.h>
#include "base/banned.h"

struct search {
    const struct candidates_ask *ask;
    struct screen_query *query;
    struct compare_side *side;
    struct mate_candidate *item;
    const float **print; /* of each, before they are put in order */
    size_t count;
};

/* ---- class ---- */

/* As the specimen is corrected now; while that is not enrolled yet, as it was measured. */
static const float *print_of(const struct search *s, const struct specimen *x)
{
    struct hash key = correct_key(s->ask->collection, x);
    const float *print = prints_find(s->ask->prints, &key);
    return print ? print : prints_find(s->ask->prints, &x->sha);
}

static enum err list(struct search *s, struct candidates *out, struct fault *f)
{
    const struct candidates_ask *ask = s->ask;
    const struct collection *c = ask->collection;
    s->item = mem_alloc(c->count + 1, sizeof *s->item);
    s->print = mem_alloc(c->count + 1, sizeof *s->print);
    if (!s->item || !s->print)
        return fault_set(f, ERR_MEMORY, "screen", SLICE(""), "");
    for (uint32_t i = 0; i < c->count; i++) {
        const struct specimen *x = &c->item[i];
        enum class_match m = collection_match(x, ask->class);
        bool self = hash_eq(&x->sha, &ask->query_sha);
        if (self)
            continue;
        out->unfit += x->unfit.code != OK;
        out->excluded += !x->unfit.code && m == CLASS_NO && ask->rule == CLASS_FILTER;
        if (x->unfit.code || (m == CLASS_NO && ask->rule == CLASS_FILTER))
            continue;
        const float *print = print_of(s, x);
        out->without_print += !print;
        if (!print)
            continue;
        s->print[s->count] = print;
        s->item[s->count++] = (struct mate_candidate){.specimen = i, .match = m};
    }
    out->screened = s->count;
    return OK;
}

/* ---- sieve ---- */

static void *screen_begin(void *arg)
{
    const struct search *s = arg;
    return screen_work_new(s->ask->screen);
}

static void screen_end(void *work)
{
    screen_work_free(work);
}

static bool stop(void *arg)
{
    const struct search *s = arg;
    return s->ask->stop && s->ask->stop(s->ask->arg);
}

static void screen_job(void *arg, size_t i, void *work)
{
    const struct search *s = arg;
    struct mate_candidate *c = &s->item[i];
    screen_run(s->ask->screen, s->query, s->print[i], work, &c->screen);
}

static int contradicts(const struct mate_candidate *c)
{
    return c->match == CLASS_NO;
}

static int by_screen(const void *x, const void *y)
{
    const struct mate_candidate *a = x, *b = y;
    if (contradicts(a) != contradicts(b))
        return contradicts(a) - contradicts(b);
    if (a->screen.score != b->screen.score)
        return a->screen.score > b->screen.score ? -1 : 1;
    return a->specimen < b->specimen ? -1 : a->specimen > b->specimen;
}

static enum err sieve(struct search *s, const struct surface *query, struct fault *f)
{
    const struct share share = {screen_job, screen_begin, screen_end, stop, s, s->count, s->ask->threads};
    enum err e = screen_query_new(s->ask->screen, query, &s->query, f);
    if (!e)
        e = share_run(&share, f);
    if (!e && s->count)
        qsort(s->item, s->count, sizeof *s->item, by_screen);
    for (size_t i = 0; !e && i < s->count; i++)
        s->item[i].screen_rank = (uint32_t)i + 1;
    return e;
}

/* ---- cells ---- */

static void *cells_begin(void *arg)
{
    const struct search *s = arg;
    return compare_work_new(s->ask->compare);
}

static void cells_end(void *work)
{
    compare_work_free(work);
}

static void cells_job(void *arg, size_t i, void *work)
{
    const struct search *s = arg;
    const struct collection *all = s->ask->collection;
    struct mate_candidate *c = &s->item[i];
    struct surface surface;
    struct compare_side *side;
    struct compare_result r;
    enum err e = correct_surface(all, all->item[c->specimen].file, &surface, &c->fault);
    if (e)
        return;
    e = compare_side_new(s->ask->compare, &surface, &side, &c->fault);
    surface_free(&surface);
    if (e)
        return;
    compare_run(s->ask->compare, s->side, side, work, &r);
    compare_side_free(side);
    c->cells = compare_cells_told(&r);
    c->cmc = r.cmc;
    c->cmc_high = r.cmc_high;
    c->close = r.close;
    c->score = r.score;
    c->theta = r.theta;
    c->dx = r.dx;
    c->dy = r.dy;
}

static int by_score(const void *x, const void *y)
{
    const struct mate_candidate *a = x, *b = y;
    int fault = (a->fault.code != OK) - (b->fault.code != OK);
    if (fault)
        return fault;
    if (contradicts(a) != contradicts(b))
        return contradicts(a) - contradicts(b);
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->screen_rank < b->screen_rank ? -1 : 1;
}

static enum err cells(struct search *s, struct fault *f)
{
    s->count = s->count < s->ask->best ? s->count : s->ask->best;
    const struct share share = {cells_job, cells_begin, cells_end, stop, s, s->count, s->ask->threads};
    enum err e = share_run(&share, f);
    if (!e && s->count)
        qsort(s->item, s->count, sizeof *s->item, by_score);
    return e;
}

/* ---- all three ---- */

static enum err run(struct search *s, struct candidates *out, struct fault *f)
{
    struct surface ready = {0};
    struct surface_steps steps = {0};
    const struct surface *query = s->ask->query;
    enum err e = OK;
    if (!surface_is_prepared(query)) {
        e = surface_prepare(query, &surface_breech_face, &ready, &steps, f);
        query = &ready;
    }
    if (!e)
        e = compare_side_new(s->ask->compare, query, &s->side, f);
    if (!e)
        e = list(s, out, f);
    int64_t begun = time_mono_ns();
    if (!e)
        e = sieve(s, query, f);
    out->nanos_screen = time_mono_ns() - begun;
    if (!e)
        e = cells(s, f);
    out->nanos_compare = time_mono_ns() - begun - out->nanos_screen;
    if (query == &ready)
        surface_free(&ready);
    return e;
}

enum err candidates_find(const struct candidates_ask *ask, struct candidates *out, struct fault *f)
{
    struct search s = {.ask = ask};
    struct candidates found = {0};
    enum err e = run(&s, &found, f);
    screen_query_free(s.query);
    compare_side_free(s.side);
    mem_free(s.print);
    if (e) {
        mem_free(s.item);
        return e;
    }
    found.item = s.item;
    found.count = s.count;
    *out = found;
    return OK;
}

void candidates_end(struct candidates *c)
{
    mem_free(c->item);
    memset(c, 0, sizeof *c);
}
