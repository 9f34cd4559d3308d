/* Which event comes next in a life, where dates leave it open. See item.h, "Order". */
#include "domain/item.h"
#include "domain/item_apply.h"
#include "base/banned.h"

#define WINDOW 64 /* events looked at together; a longer run of one uncertain stretch keeps the base order */

/* Ranks within an open order. */
enum { FIRST_MADE, FIRST_IMPORTED, FIRST_KNOWN, ENDING_LOAN, HOLDING, LOSS, SEIZURE, RELEASE, LAST };

bool event_has(const struct event *e, enum effect_do what)
{
    for (size_t i = 0; i < e->effect_count; i++)
        if (e->effect[i].what == what)
            return true;
    return false;
}

bool event_creates(const struct event *e, const char *how)
{
    for (size_t i = 0; i < e->effect_count; i++)
        if (e->effect[i].what == EFFECT_CREATE && strcmp(e->effect[i].code, how) == 0)
            return true;
    return false;
}

enum item_status event_status(const struct event *e)
{
    for (size_t i = e->effect_count; i-- > 0;)
        if (e->effect[i].what == EFFECT_STATUS)
            return e->effect[i].status;
    return STATUS_NONE;
}

bool event_after(const struct event *e, const struct event *f)
{
    return when_known(&e->happened) && when_known(&f->happened) && e->happened.start >= f->happened.end;
}

static int creation_rank(const struct event *e)
{
    return event_creates(e, "MADE") ? FIRST_MADE : event_creates(e, "IMPORTED") ? FIRST_IMPORTED : FIRST_KNOWN;
}

static bool ends_holding(const struct event *e)
{
    for (size_t i = 0; i < e->effect_count; i++)
        if ((e->effect[i].what == EFFECT_POSSESSOR || e->effect[i].what == EFFECT_CUSTODIAN) && !e->effect[i].set)
            return true;
    return false;
}

static int rank(const struct event *e, const struct item_now *now)
{
    if (event_has(e, EFFECT_CREATE))
        return creation_rank(e);
    switch (event_status(e)) {
    case STATUS_DESTROYED:
        return LAST;
    case STATUS_RECOVERED: case STATUS_SEIZED: case STATUS_FOUND: case STATUS_SURRENDERED: case STATUS_HANDED_IN:
        return SEIZURE;
    case STATUS_LOST: case STATUS_STOLEN: case STATUS_EXPORTED:
        return LOSS;
    case STATUS_DEACTIVATED:
        return RELEASE;
    default:
        break;
    }
    if (ends_holding(e)) /* a loan that runs ends before the next act; a release needs its seizure first */
        return !now->state_hands && (now->possessor.since || now->custodian.since) ? ENDING_LOAN : RELEASE;
    return HOLDING;
}

/* How badly the givers it names fit: 0 each holds the item, 1 may pass it on all the same, 2 neither. */
static int misfit(const struct event *e, const struct item_now *now)
{
    int worst = 0;
    for (size_t i = 0; i < e->effect_count; i++) {
        const struct effect *x = &e->effect[i];
        if ((x->what != EFFECT_OWNER && x->what != EFFECT_POSSESSOR) || x->from < 0 || !x->set)
            continue;
        const struct party_ref *giver = &e->party[x->from];
        int fit = item_holds(now, &giver->id) ? 0 : item_may_pass(now, giver) ? 1 : 2;
        if (fit > worst)
            worst = fit;
    }
    return worst;
}

static bool taken(const struct item_walk *w, size_t i)
{
    return w->taken >> (i - w->base) & 1;
}

/* Better is lower rank, then one that fits, then the base order. */
static size_t choose(const struct item_walk *w)
{
    int64_t open_until = INT64_MAX;
    size_t best = w->base;
    int best_score = INT32_MAX;
    for (size_t i = w->base; i < w->n && i < w->base + WINDOW; i++) {
        const struct event *e = w->sorted[i];
        if (taken(w, i))
            continue;
        if (e->happened.start >= open_until)
            break;
        if (e->struck)
            return i; /* has no effect: it stands where its date puts it */
        if (e->happened.end < open_until)
            open_until = e->happened.end;
        int score = rank(e, &w->now) * 4 + misfit(e, &w->now);
        if (score < best_score) {
            best_score = score;
            best = i;
        }
    }
    return best;
}

static void mark_taken(struct item_walk *w, size_t i)
{
    w->taken |= (uint64_t)1 << (i - w->base);
    while (w->taken & 1) {
        w->taken >>= 1;
        w->base++;
    }
}

void item_begin(struct item_walk *w, const struct event *const *sorted, size_t n)
{
    *w = (struct item_walk){.sorted = sorted, .n = n};
}

const struct event *item_next(struct item_walk *w)
{
    if (w->base >= w->n)
        return NULL;
    size_t i = choose(w);
    const struct event *e = w->sorted[i];
    mark_taken(w, i);
    w->clash_count = 0;
    if (!e->struck)
        item_apply(w, e);
    return e;
}
