/* An item's life folded into its present state. One fold serves the derived item row (store/derive) and the custody line
 * (trace/line), so that the two never disagree. Pure: a function of the SET of events; order of arrival changes nothing.
 *
 * Order. Events come sorted by event_order. Where dates leave the order open (two records of one day, a year against a day
 * of that year) the order is taken in which they make sense: creation, then holdings - each transfer after the one that
 * gave its giver the item -, then loss, then seizure, then release, then destruction. Nothing is called a contradiction
 * that another order within the stated dates would explain.
 *
 * Ownership passes (a transfer) or is claimed (a registration, a seizure that names the owner). A passage replaces the
 * giver's share; a claim against a standing owner is two owners at once, unless the register simply missed the sale: the
 * standing owner is unnamed, a maker, importer or dealer, or the item had left the country. Several owners named by one
 * record hold together. */
#ifndef DOMAIN_ITEM_H
#define DOMAIN_ITEM_H
#include "domain/effects.h"

#define ITEM_OWNERS 8  /* co-owners kept; more are counted as records, not as owners */
#define ITEM_CLASHES 4 /* contradictions one record can cause */

/* Someone as one record names them. since == NULL: nobody. party == -1: somebody whom the record does not name. */
struct item_holder {
    const struct event *since;
    int party;
};
/* What an item is, as the latest record that said each attribute has it, and where it stands now. */
struct item_now {
    enum item_status status;
    const struct event *status_by;  /* the record that decides it */
    size_t owner_count;
    struct item_holder owner[ITEM_OWNERS]; /* newest last */
    struct item_holder possessor, custodian, found_with;
    const struct event *created, *made, *destroyed, *last; /* NULL = none yet */
    const struct event *order;      /* a protection order in force: to be surrendered */
    bool state_owned;               /* property of police, army or another State body */
    bool state_hands;               /* seized, found, surrendered, handed in: the State holds it */
    bool abroad;                    /* exported and not seen to come back */
    struct item_description description;
};

enum item_clash_kind {
    CLASH_TWO_OWNERS,      /* a: owner on record, b: the one claimed */
    CLASH_NOT_HOLDER,      /* a: who gave it, b: owner on record */
    CLASH_PASSED_MISSING,  /* a: who gave it; stolen or lost at that time */
    CLASH_AFTER_DESTROYED, /* handled after its destruction */
    CLASH_DESTROYED_TWICE,
    CLASH_MADE_TWICE,
    CLASH_BEFORE_MADE,     /* `before` surely ended before `now`, the making */
    CLASH_KINDS
};
struct item_clash {
    enum item_clash_kind kind;
    const struct event *now, *before; /* the two records that cannot both be true */
    struct item_holder a, b;
};

/* ---- the walk: one event at a time, in the order of life ---- */
struct item_walk {
    const struct event *const *sorted;
    size_t n, base;     /* all before base are done */
    uint64_t taken;     /* bit i: sorted[base + i] is done */
    struct item_now now;
    struct item_clash clash[ITEM_CLASHES]; /* of the latest step */
    size_t clash_count;
};
void item_begin(struct item_walk *w, const struct event *const *sorted, size_t n);
/* The next event, its effects applied to w->now (a struck one has none); NULL at the end. */
const struct event *item_next(struct item_walk *w);

/* The party a holder stands for; NULL when not named. The id is none when not named. */
const struct party_ref *item_party(struct item_holder h);
struct subject_id item_holder_id(struct item_holder h);
bool item_holds(const struct item_now *now, const struct subject_id *who); /* owner, possessor or custodian */
/* e happened surely after f: no order within their dates puts it before. */
bool event_after(const struct event *e, const struct event *f);
bool event_has(const struct event *e, enum effect_do what);
bool event_creates(const struct event *e, const char *how); /* "MADE", "IMPORTED" */
/* Maker, importer, dealer, carrier: what they do among themselves a register commonly misses. */
bool party_trades(enum party_class c);
/* STATUS_NONE when the record sets none. */
enum item_status event_status(const struct event *e);

/* ---- the derived row ---- */
struct item_state {
    enum item_status status;
    struct hash status_record;                   /* zero: none */
    struct subject_id owner, possessor, custodian; /* none: nobody or not named; owner: the newest */
    int64_t first_happened, last_happened;       /* starts, of records in effect with a known date; TIME_UNKNOWN */
    unsigned contradictions, records;            /* records in effect */
    bool state_owned, state_hands, abroad;
    struct item_description description;         /* slices borrow the events */
};
/* `sorted` by event_order, after events_strike. */
void item_fold(const struct event *const *sorted, size_t n, struct item_state *out);

/* Marks every event that another of the set supersedes as struck, whatever their order; a record that was struck stays so
 * when its correction is itself corrected or cancelled. A correction that states no holdings of its own (make, marks) takes
 * over those of the record it replaces, with its parties and, if it has none, its date: call it before sorting. */
void events_strike(struct event *e, size_t n);
#endif
