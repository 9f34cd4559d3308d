/* One event's effects applied to an item's state, and what cannot be true of it named. */
#include "domain/item_apply.h"
#include "base/banned.h"

const struct party_ref *item_party(struct item_holder h)
{
    return h.since && h.party >= 0 ? &h.since->party[h.party] : NULL;
}

struct subject_id item_holder_id(struct item_holder h)
{
    const struct party_ref *p = item_party(h);
    return p ? p->id : (struct subject_id){{0}};
}

static bool is(struct item_holder h, const struct subject_id *who)
{
    struct subject_id id = item_holder_id(h);
    return !subject_none(&id) && subject_eq(&id, who);
}

static enum party_class class_of(struct item_holder h)
{
    const struct party_ref *p = item_party(h);
    return p ? p->cls : PARTY_UNSAID;
}

static size_t owner_of(const struct item_now *now, const struct subject_id *who)
{
    size_t i = 0;
    while (i < now->owner_count && !is(now->owner[i], who))
        i++;
    return i;
}

bool item_holds(const struct item_now *now, const struct subject_id *who)
{
    return owner_of(now, who) < now->owner_count || is(now->possessor, who) || is(now->custodian, who);
}

static void clash(struct item_walk *w, enum item_clash_kind kind, const struct event *now, const struct event *before,
    struct item_holder a, struct item_holder b)
{
    if (w->clash_count < ITEM_CLASHES)
        w->clash[w->clash_count++] = (struct item_clash){kind, now, before, a, b};
}

/* ---- ownership ---- */

static void add_owner(struct item_now *now, struct item_holder h)
{
    if (now->owner_count < ITEM_OWNERS)
        now->owner[now->owner_count++] = h;
}

static void drop_owner(struct item_now *now, size_t i)
{
    memmove(&now->owner[i], &now->owner[i + 1], (now->owner_count - i - 1) * sizeof now->owner[0]);
    now->owner_count--;
}

static bool any_owner_named(const struct item_now *now)
{
    for (size_t i = 0; i < now->owner_count; i++)
        if (item_party(now->owner[i]))
            return true;
    return false;
}

bool party_trades(enum party_class c)
{
    return c == PARTY_MAKER || c == PARTY_IMPORTER || c == PARTY_DEALER || c == PARTY_CARRIER;
}

static bool claims(const struct event *e)
{
    enum item_status s = event_status(e);
    return event_has(e, EFFECT_CREATE) || (s != STATUS_NONE && s != STATUS_LICIT && s != STATUS_EXPORTED);
}

static void claim_owner(struct item_walk *w, const struct event *e, const struct effect *x, bool first)
{
    struct item_now *now = &w->now;
    struct item_holder claimed = {e, x->to};
    if (x->to < 0 || owner_of(now, &e->party[x->to].id) < now->owner_count)
        return; /* says nothing new: the gun registered again */
    if (now->owner_count && now->made == e)
        return; /* made after it was owned, which has its own contradiction */
    if (!first) {
        add_owner(now, claimed);
        return;
    }
    struct item_holder standing = now->owner_count ? now->owner[now->owner_count - 1] : (struct item_holder){NULL, -1};
    bool import = event_has(e, EFFECT_PLACE);
    if (any_owner_named(now) && !party_trades(class_of(standing)) && !now->abroad && !import)
        clash(w, CLASH_TWO_OWNERS, e, standing.since, standing, claimed); /* both stay: neither record outranks the other */
    else
        now->owner_count = 0;
    add_owner(now, claimed);
}

bool item_may_pass(const struct item_now *now, const struct party_ref *giver)
{
    if (!any_owner_named(now) || item_holds(now, &giver->id) || now->abroad)
        return true;
    if (party_is_state(giver->cls) && (now->state_hands || now->state_owned))
        return true; /* forfeited arms and State stock: offices act for one owner */
    enum party_class owner = class_of(now->owner[now->owner_count - 1]);
    return (owner == PARTY_MAKER || owner == PARTY_IMPORTER) && party_trades(giver->cls);
}

static void check_giver(struct item_walk *w, const struct event *e, const struct effect *x)
{
    struct item_now *now = &w->now;
    const struct party_ref *giver = &e->party[x->from];
    struct item_holder g = {e, x->from};
    bool missing = now->status == STATUS_STOLEN || now->status == STATUS_LOST;
    bool insurer = x->to >= 0 && e->party[x->to].cls == PARTY_OTHER; /* title passes to who paid for the loss */
    if (!item_may_pass(now, giver) && !event_has(e, EFFECT_CREATE))
        clash(w, CLASH_NOT_HOLDER, e, now->owner[now->owner_count - 1].since, g, now->owner[now->owner_count - 1]);
    else if (missing && !insurer && event_after(e, now->status_by))
        clash(w, CLASH_PASSED_MISSING, e, now->status_by, g, (struct item_holder){NULL, -1});
}

static void pass_owner(struct item_walk *w, const struct event *e, const struct effect *x, bool first)
{
    struct item_now *now = &w->now;
    struct item_holder taker = {e, x->to};
    size_t share = now->owner_count;
    if (x->from >= 0) {
        if (first)
            check_giver(w, e, x);
        share = owner_of(now, &e->party[x->from].id);
        if (x->to >= 0 && share < now->owner_count && subject_eq(&e->party[x->from].id, &e->party[x->to].id))
            return; /* a permit renewed, a record repeated */
    }
    if (x->to >= 0 && owner_of(now, &e->party[x->to].id) < now->owner_count && x->from < 0)
        return;
    if (share < now->owner_count)
        drop_owner(now, share);
    else if (first)
        now->owner_count = 0;
    add_owner(now, taker);
    now->order = NULL; /* it was over what that person held */
    now->possessor = (struct item_holder){NULL, -1};
    if (!now->state_hands)
        now->custodian = (struct item_holder){NULL, -1};
}

static void end_owner(struct item_now *now, const struct event *e, const struct effect *x)
{
    size_t i = x->from >= 0 ? owner_of(now, &e->party[x->from].id) : now->owner_count;
    if (i < now->owner_count)
        drop_owner(now, i);
    else
        now->owner_count = 0;
}

static void apply_owner(struct item_walk *w, const struct event *e, const struct effect *x, bool first)
{
    struct item_now *now = &w->now;
    if (!x->set)
        end_owner(now, e, x);
    else if (!x->lawful && x->to >= 0)
        now->found_with = (struct item_holder){e, x->to};
    else if (claims(e) && x->from < 0)
        claim_owner(w, e, x, first);
    else
        pass_owner(w, e, x, first);
    if (x->set && x->to >= 0 && e->party[x->to].cls != PARTY_UNSAID)
        now->state_owned = party_is_state(e->party[x->to].cls);
}

/* ---- possession, custody, status ---- */

static void apply_possessor(struct item_walk *w, const struct event *e, const struct effect *x)
{
    struct item_now *now = &w->now;
    if (!x->set) {
        now->possessor = (struct item_holder){NULL, -1};
        return;
    }
    if (!x->lawful) {
        now->found_with = (struct item_holder){e, x->to};
        return;
    }
    if (x->from >= 0)
        check_giver(w, e, x);
    bool home = x->to >= 0 && owner_of(now, &e->party[x->to].id) < now->owner_count;
    now->possessor = home ? (struct item_holder){NULL, -1} : (struct item_holder){e, x->to};
}

static void apply_custodian(struct item_now *now, const struct event *e, const struct effect *x)
{
    bool state_release = !x->set && now->state_hands;
    now->custodian = x->set ? (struct item_holder){e, x->to} : (struct item_holder){NULL, -1};
    if (state_release)
        now->state_hands = false;
}

static void clear_possession(struct item_now *now, const struct event *e)
{
    now->possessor = (struct item_holder){NULL, -1};
    if (now->custodian.since != e)
        now->custodian = (struct item_holder){NULL, -1};
}

static void into_state_hands(struct item_now *now, const struct event *e)
{
    clear_possession(now, e);
    if (!now->custodian.since)
        now->custodian = (struct item_holder){e, -1};
    if (now->found_with.since != e)
        now->found_with = (struct item_holder){NULL, -1};
    now->state_hands = true;
    now->abroad = false;
}

static void lawful_again(struct item_now *now, const struct event *e)
{
    if (now->state_hands && now->custodian.since != e)
        now->custodian = (struct item_holder){NULL, -1};
    now->state_hands = false;
    now->found_with = (struct item_holder){NULL, -1};
    if (event_has(e, EFFECT_CREATE))
        now->abroad = false;
}

static void destroyed(struct item_walk *w, const struct event *e)
{
    struct item_now *now = &w->now;
    if (now->destroyed && event_after(e, now->destroyed))
        clash(w, CLASH_DESTROYED_TWICE, e, now->destroyed, (struct item_holder){NULL, -1}, (struct item_holder){NULL, -1});
    clear_possession(now, NULL);
    now->owner_count = 0;
    now->state_hands = false;
    if (!now->destroyed)
        now->destroyed = e;
}

/* A late registration says that the register knows the item, not that it came back: a stolen gun registered again at the
 * incident of its recovery was still stolen. */
static bool registers_again(const struct item_now *now, const struct event *e)
{
    return event_has(e, EFFECT_CREATE) && !event_creates(e, "IMPORTED") && now->status > STATUS_EXPORTED;
}

static void apply_status(struct item_walk *w, const struct event *e, enum item_status s)
{
    struct item_now *now = &w->now;
    if (s == STATUS_LICIT && registers_again(now, e))
        return;
    switch (s) {
    case STATUS_LICIT:
        lawful_again(now, e);
        break;
    case STATUS_RECOVERED: case STATUS_SEIZED: case STATUS_FOUND: case STATUS_SURRENDERED: case STATUS_HANDED_IN:
        into_state_hands(now, e);
        break;
    case STATUS_LOST: case STATUS_STOLEN:
        clear_possession(now, NULL);
        now->state_hands = false;
        break;
    case STATUS_EXPORTED:
        clear_possession(now, e);
        now->state_hands = false;
        now->abroad = true;
        break;
    case STATUS_DESTROYED:
        destroyed(w, e);
        break;
    default:
        break;
    }
    now->status = s;
    now->status_by = e;
}

/* ---- what it is ---- */

static void take_term(struct term_text *to, const struct term_text *from)
{
    bool says = from->answer == TERM_LISTED || from->answer == TERM_UNLISTED;
    if (from->answer != TERM_NOT_ASKED && (says || to->answer == TERM_NOT_ASKED))
        *to = *from;
}

static void describe(struct item_now *now, const struct event *e)
{
    const struct item_description *d = &e->item;
    take_term(&now->description.make, &d->make);
    take_term(&now->description.calibre, &d->calibre);
    take_term(&now->description.type, &d->type);
    take_term(&now->description.country, &d->country);
    if (d->model.n)
        now->description.model = d->model;
    if (d->year)
        now->description.year = d->year;
    if (d->state_owned)
        now->state_owned = true;
}

static void create(struct item_walk *w, const struct event *e, const struct effect *x)
{
    struct item_now *now = &w->now;
    struct item_holder none = {NULL, -1};
    if (!now->created)
        now->created = e;
    if (strcmp(x->code, "MADE") != 0)
        return;
    if (now->made && event_after(e, now->made)) {
        clash(w, CLASH_MADE_TWICE, e, now->made, none, none);
        now->made = e;
    } else if (now->last && event_after(e, now->last)) {
        clash(w, CLASH_BEFORE_MADE, e, now->last, none, none);
    }
    if (!now->made)
        now->made = e;
}

/* ---- one event ---- */

static bool handles(const struct event *e)
{
    return event_has(e, EFFECT_OWNER) || event_has(e, EFFECT_POSSESSOR) || event_has(e, EFFECT_FOUND_WITH) ||
        event_has(e, EFFECT_PLACE) || (event_has(e, EFFECT_STATUS) && event_status(e) != STATUS_DESTROYED);
}

static void apply_effect(struct item_walk *w, const struct event *e, const struct effect *x, bool first_owner)
{
    switch (x->what) {
    case EFFECT_CREATE:
        create(w, e, x);
        break;
    case EFFECT_OWNER:
        apply_owner(w, e, x, first_owner);
        break;
    case EFFECT_POSSESSOR:
        apply_possessor(w, e, x);
        break;
    case EFFECT_CUSTODIAN:
        apply_custodian(&w->now, e, x);
        break;
    case EFFECT_FOUND_WITH:
        w->now.found_with = (struct item_holder){e, x->to};
        break;
    case EFFECT_STATUS:
        apply_status(w, e, x->status);
        break;
    case EFFECT_SUSPEND:
        w->now.order = x->set ? e : NULL;
        break;
    case EFFECT_PLACE:
        w->now.abroad = !x->set;
        break;
    default:
        break; /* marks, parts, permits and links change no holding */
    }
}

void item_apply(struct item_walk *w, const struct event *e)
{
    struct item_holder none = {NULL, -1};
    bool seen_owner = false;
    if (w->now.destroyed && handles(e) && event_after(e, w->now.destroyed)) {
        clash(w, CLASH_AFTER_DESTROYED, e, w->now.destroyed, none, none);
        w->now.destroyed = NULL; /* named once: from here on it exists again */
    }
    for (size_t i = 0; i < e->effect_count; i++) {
        apply_effect(w, e, &e->effect[i], !seen_owner);
        seen_owner |= e->effect[i].what == EFFECT_OWNER;
    }
    if (e->describes)
        describe(&w->now, e);
    w->now.last = e;
}
