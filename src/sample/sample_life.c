/* A firearm's life as a register knows it: some fully, some only from the day an office first saw the gun. Dates are in order,
 * but for a stated share of contradictions; what would lie after the register's last day has not happened. */
#include "sample/sample_parts.h"

#include "base/time.h"
#include "base/banned.h"

#define DAY_MS 86400000
#define FIRST_OFFICE_DAY (-3653) /* 1960-01-01: nothing is imported or registered before */
#define OPENING_DAY 10227        /* 1998-01-01: stock found in the offices was entered on this day */

/* Shares of 10,000 */
enum {
    CONTRADICTED = 30,
    MADE_KNOWN = 5500,
    IMPORTED_KNOWN = 6000,
    TRANSFERRED = 3400,
    LOANED = 250,
    RETURNED = 9000,
    STOLEN = 220,
    LOST = 60,
    EXPORTED = 50,
    RECOVERED = 90,
    FOUND_AGAIN = 3800,
    DESTROYED_AFTER = 3000,
    DESTROYED = 60,
};

enum kind { KIND_CIVIL, KIND_LATE, KIND_OPENING, KIND_POLICE, KIND_SHOP, KIND_ABROAD, KIND_COUNT };
static const uint32_t kind_share[KIND_COUNT] = {5000, 1700, 1000, 1200, 600, 500};

static enum kind pick_kind(struct rng *r)
{
    uint32_t at = rng_below(r, 10000);
    size_t k = 0;
    while (k + 1 < KIND_COUNT && at >= kind_share[k])
        at -= kind_share[k++];
    return (enum kind)k;
}

static void set_day(struct sample *s, struct life *l, enum life_day d, int32_t day)
{
    if (day == NO_DAY || day > SAMPLE_LAST_DAY)
        return;
    l->day[d] = day;
    uint32_t chance = rng_below(&s->rng, 1000), coarse = d == DAY_MADE ? 400 : 20;
    l->coarse[d] = chance >= coarse ? 0 : chance * 3 < coarse ? 1 : 2;
}

/* A day between low and high after `from`, near ones more often; NO_DAY when it is not to be. */
static int32_t after(struct rng *r, int32_t from, int32_t low, int32_t high, uint32_t share)
{
    if (from == NO_DAY || !rng_chance(r, share))
        return NO_DAY;
    int32_t a = rng_between(r, low, high), b = rng_between(r, low, high);
    return from + (a < b ? a : b);
}

/* ---- how the register came to know the gun ---- */
static int32_t made_day(struct sample *s, struct life *l)
{
    const struct sample_model *m = l->model;
    int32_t span = m->last_year - m->first_year + 1;
    int32_t a = (int32_t)rng_below(&s->rng, (uint32_t)span), b = (int32_t)rng_below(&s->rng, (uint32_t)span);
    l->year = m->first_year + (a > b ? a : b);
    l->month = rng_between(&s->rng, 1, 12);
    return (int32_t)(time_from_civil(l->year, l->month, rng_between(&s->rng, 1, 28)) / DAY_MS);
}

/* Imported and registered on its way from the factory. */
static int32_t arrive(struct sample *s, struct life *l, int32_t made)
{
    set_day(s, l, DAY_MADE, after(&s->rng, made, 0, 0, MADE_KNOWN));
    int32_t came = made + rng_between(&s->rng, 15, 400);
    if (came < FIRST_OFFICE_DAY)
        came = rng_between(&s->rng, FIRST_OFFICE_DAY, OPENING_DAY);
    set_day(s, l, DAY_IMPORTED, after(&s->rng, came, 0, 0, IMPORTED_KNOWN));
    came += rng_between(&s->rng, 1, 60);
    if (came > SAMPLE_LAST_DAY)
        came = SAMPLE_LAST_DAY;
    set_day(s, l, DAY_REGISTERED, came);
    return came;
}

static int32_t arrive_late(struct sample *s, struct life *l, int32_t made)
{
    int32_t first = made > FIRST_OFFICE_DAY ? made : FIRST_OFFICE_DAY;
    int32_t day = first < SAMPLE_LAST_DAY ? rng_between(&s->rng, first, SAMPLE_LAST_DAY) : SAMPLE_LAST_DAY;
    l->has_make = rng_chance(&s->rng, 6000);
    l->has_model = l->has_make && rng_chance(&s->rng, 6500);
    l->has_year = rng_chance(&s->rng, 2000);
    set_day(s, l, DAY_REGISTERED, day);
    return day;
}

static int32_t arrive_opening(struct sample *s, struct life *l, int32_t made)
{
    l->stock = STOCK_UNKNOWN;
    l->has_holder = rng_chance(&s->rng, 7000);
    l->has_year = rng_chance(&s->rng, 3000);
    l->has_model = rng_chance(&s->rng, 8000);
    int32_t day = made > OPENING_DAY ? made + 200 : OPENING_DAY;
    set_day(s, l, DAY_REGISTERED, day > SAMPLE_LAST_DAY ? SAMPLE_LAST_DAY : day);
    return l->day[DAY_REGISTERED];
}

/* The day from which somebody holds the gun, or NO_DAY. */
static int32_t begin(struct sample *s, struct life *l, enum kind kind, int32_t made)
{
    int32_t day = NO_DAY;
    switch (kind) {
    case KIND_LATE: return arrive_late(s, l, made);
    case KIND_OPENING: return arrive_opening(s, l, made);
    case KIND_POLICE:
        l->stock = STOCK_POLICE;
        return arrive(s, l, made);
    case KIND_SHOP:
        l->stock = STOCK_DEALER;
        l->has_holder = false;
        arrive(s, l, made);
        return NO_DAY;
    default:
        day = after(&s->rng, arrive(s, l, made), 5, 900, 9000);
        set_day(s, l, DAY_SOLD, day);
        l->has_holder = l->day[DAY_SOLD] != NO_DAY;
        l->stock = l->has_holder ? STOCK_CIVIL : STOCK_DEALER;
        return l->day[DAY_SOLD];
    }
}

/* ---- what befell it ---- */
static int32_t latest(const struct life *l)
{
    int32_t day = NO_DAY;
    for (size_t i = 0; i < DAY_COUNT; i++)
        day = l->day[i] > day ? l->day[i] : day;
    return day;
}

static void live(struct sample *s, struct life *l, int32_t held)
{
    struct rng *r = &s->rng;
    if (l->stock != STOCK_POLICE)
        set_day(s, l, DAY_TRANSFERRED, after(r, held, 200, 9000, TRANSFERRED));
    set_day(s, l, DAY_LOANED, after(r, held, 100, 3000, LOANED));
    if (l->day[DAY_LOANED] <= l->day[DAY_TRANSFERRED])
        l->day[DAY_LOANED] = NO_DAY;
    set_day(s, l, DAY_RETURNED, after(r, l->day[DAY_LOANED], 3, 120, RETURNED));
    set_day(s, l, DAY_STOLEN, after(r, latest(l), 20, 5000, STOLEN));
    if (l->day[DAY_STOLEN] == NO_DAY)
        set_day(s, l, DAY_LOST, after(r, latest(l), 20, 5000, LOST));
}

static void end(struct sample *s, struct life *l, enum kind kind)
{
    struct rng *r = &s->rng;
    bool gone = l->day[DAY_STOLEN] != NO_DAY || l->day[DAY_LOST] != NO_DAY;
    if (!gone)
        set_day(s, l, DAY_EXPORTED, after(r, latest(l), 30, 4000, kind == KIND_ABROAD ? 10000 : EXPORTED));
    set_day(s, l, DAY_RECOVERED, after(r, latest(l), 5, 2500, gone ? FOUND_AGAIN : RECOVERED));
    bool seen = l->day[DAY_RECOVERED] != NO_DAY;
    if ((gone || l->day[DAY_EXPORTED] != NO_DAY) && !seen)
        return;
    set_day(s, l, DAY_DESTROYED, after(r, latest(l), 90, 1500, seen ? DESTROYED_AFTER : DESTROYED));
}

/* Things that cannot both be true, as registers hold them. */
static void contradict(struct sample *s, struct life *l)
{
    static const struct {
        enum life_day first, then;
    } pair[] = {{DAY_DESTROYED, DAY_RECOVERED}, {DAY_DESTROYED, DAY_TRANSFERRED}, {DAY_EXPORTED, DAY_LOANED}, {DAY_TRANSFERRED, DAY_SOLD}};
    size_t i = rng_below(&s->rng, sizeof pair / sizeof *pair);
    int32_t day = latest(l) - rng_between(&s->rng, 30, 2000);
    l->day[pair[i].first] = day;
    set_day(s, l, pair[i].then, day + rng_between(&s->rng, 10, 700));
    l->has_holder = true;
}

void sample_life(struct sample *s, struct life *out)
{
    *out = (struct life){.has_make = true, .has_model = true, .has_year = true, .has_holder = true};
    for (size_t i = 0; i < DAY_COUNT; i++)
        out->day[i] = NO_DAY;
    out->model = &s->model[pick_one(&s->pick_model, &s->rng)];
    int32_t made = made_day(s, out);
    enum kind kind = pick_kind(&s->rng);
    live(s, out, begin(s, out, kind, made));
    end(s, out, kind);
    if (rng_chance(&s->rng, CONTRADICTED))
        contradict(s, out);
}
