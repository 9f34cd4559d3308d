/* The effects: the small closed vocabulary that C knows. A profile's record kind is fields + effects + conditions; an event
 * is what one record says once its kind's effects are resolved against its body. Pure.
 *
 * Everything that reads a life (derive, the custody line) reads events and never kinds: a country may rename its kinds. */
#ifndef DOMAIN_EFFECTS_H
#define DOMAIN_EFFECTS_H
#include "domain/record.h"
#include "domain/mark.h"
#include "domain/terms.h"

enum effect_do {
    EFFECT_CREATE,     /* the subject begins to exist in the register; code = how: MADE IMPORTED KNOWN */
    EFFECT_DESCRIBE,   /* make, model, calibre, type, country, year as this record has them */
    EFFECT_MARK,       /* marks observed */
    EFFECT_OWNER,      /* ownership passes: from -> to (either may be none: unknown); set=false ends it */
    EFFECT_POSSESSOR,  /* lawful possession: loan, lease, issue; set=false ends it (possession returns to the owner) */
    EFFECT_CUSTODIAN,  /* holds it for another: repairer, store, court, police; set=false ends it */
    EFFECT_FOUND_WITH, /* the person it was found with; not a role in law */
    EFFECT_STATUS,     /* code below */
    EFFECT_PLACE,      /* leaves for or comes from a country: code = ISO 3166 alpha-2; set=true enters, false leaves */
    EFFECT_FIT, EFFECT_REMOVE, /* essential part fitted to, removed from the item */
    EFFECT_GRANT, EFFECT_END,  /* permit granted, ended */
    EFFECT_LINK,       /* two subjects belong together (case, exhibit, permit) */
    EFFECT_SAME_AS,    /* two items are one gun, by a named person; set=false takes it back */
    EFFECT_QTY_IN, EFFECT_QTY_OUT,
    EFFECT_HOLD,       /* a legal hold on the subject, by its case: nobody concerned is erased; set=false lifts it */
    EFFECT_ERASE,      /* the party's key was destroyed */
    EFFECT_SUSPEND,    /* permits are suspended and firearms to be surrendered, by an order; set=false lifts it */
    EFFECT_SUPERSEDE,  /* the records named in the header are replaced by this one (corrected) or struck out (cancelled) */
    EFFECT_COUNT
};
const char *effect_code(enum effect_do e); /* "create", "owner" ... the words of profiles */
bool effect_of(struct slice code, enum effect_do *out);

enum item_status { /* registry facts 11, legal_status */
    STATUS_NONE, STATUS_LICIT, STATUS_EXPORTED, STATUS_LOST, STATUS_STOLEN, STATUS_RECOVERED, STATUS_SEIZED, STATUS_FOUND,
    STATUS_SURRENDERED, STATUS_DEACTIVATED, STATUS_DESTROYED, STATUS_HANDED_IN, STATUS_COUNT
};
const char *item_status_code(enum item_status s); /* "LICIT" "STOLEN" ...; message key "status." + lower case */
bool item_status_of(struct slice code, enum item_status *out);

enum party_class { PARTY_UNSAID, PARTY_PERSON, PARTY_DEALER, PARTY_MAKER, PARTY_IMPORTER, PARTY_REPAIRER, PARTY_CARRIER,
    PARTY_STATE, PARTY_POLICE, PARTY_ARMY, PARTY_CUSTOMS, PARTY_COURT, PARTY_STORE, PARTY_LABORATORY, PARTY_OTHER, PARTY_CLASSES };
const char *party_class_code(enum party_class c); /* "PERSON" ... */
bool party_class_of(struct slice code, enum party_class *out);
bool party_is_state(enum party_class c); /* possession by the State has its own tone */

/* A party as this record names it. name is "" when its section cannot be opened (no key, erased, not permitted). */
struct party_ref {
    struct subject_id id; /* none: not named */
    struct slice role;    /* the body field that names it: "to", "from", "with", "by" ... */
    enum party_class cls;
    struct slice name, document, address, country;
};
struct effect {
    enum effect_do what;
    bool set;
    bool lawful;              /* a holding in law (sale, loan) rather than a fact (found with) */
    int from, to;             /* numbers of parties in event.party, or -1 */
    enum item_status status;  /* EFFECT_STATUS */
    char code[16];            /* EFFECT_CREATE, EFFECT_PLACE */
    struct subject_id other;  /* EFFECT_LINK, EFFECT_SAME_AS, EFFECT_FIT ... */
};
struct term_text { /* a described attribute: its code when listed and its text as read */
    enum term_answer answer;
    uint16_t number;
    struct slice code, text;
};
struct item_description {
    struct term_text make, calibre, type, country;
    struct slice model;
    int year; /* 0 = not said */
    bool state_owned; /* property of police, army or another State body ("patrimoniada") */
};
struct event_mark {
    struct slice kind, place, text; /* kind "SERIAL" unless said; text as read */
    enum mark_status status;
    struct slice cause, method, recovery;
    size_t serial_count;
    const struct slice *serial;     /* upper case, '?' and '*' for unreadable */
};
struct external_id {
    struct slice source, id;
};

#define EVENT_PARTIES 12
#define EVENT_EFFECTS 16
/* One record of one item, opened. Slices borrow the arena it was opened in. */
struct event {
    struct hash record;
    uint64_t position;         /* in this node's log */
    int64_t received;          /* when this node had it (own: = recorded), milliseconds: the --known axis */
    struct slice kind;         /* as the profile calls it */
    struct slice label;        /* message key of the kind */
    struct when happened, discovered;
    int64_t recorded;
    struct slice origin, office, actor;
    struct slice source;       /* imported from, "" for own entries */
    struct slice place, country, case_no, permit, how;
    struct slice circumstances, note; /* free text: sealed in a section of its own, "" when that was not opened */
    struct slice opinion;             /* what somebody makes of the facts: sealed apart from them */
    bool told;                        /* there is free text, opened or not */
    struct slice until; /* last day that a permit is valid */
    struct slice basis, term, key; /* of an erasure: legal basis, term that ran out, mark of the key (keys/keys.h) */
    size_t party_count, effect_count, mark_count, id_count;
    struct party_ref party[EVENT_PARTIES];
    struct effect effect[EVENT_EFFECTS];
    bool describes;
    struct item_description item;
    const struct event_mark *mark;
    const struct external_id *id;
    size_t supersedes_count;
    const struct hash *supersedes;
    bool struck;               /* superseded or cancelled by a later record: kept for the story, without effect */
};
/* The order of a subject's life: start of happened, its end, recorded, record id. For qsort over struct event *. */
int event_order(const struct event *a, const struct event *b);
#endif
