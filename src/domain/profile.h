/* A country's profile: code lists, record kinds (fields + effects), values. A JSON file in profiles/, named by the SHA-256 of
 * its bytes, activated by a record, cited by each record. docs/formats/profile.md. */
#ifndef DOMAIN_PROFILE_H
#define DOMAIN_PROFILE_H
#include "domain/effects.h"
#include "domain/form.h"
#include "domain/rights.h"

#define PROFILE_MAX (1u << 20)
#define PROFILE_KINDS 64
#define RETENTION_RULES 32

/* An effect as the profile writes it: {"do":"owner","from":"from","to":"to"}. */
struct effect_rule {
    enum effect_do what;
    bool set, lawful;
    char from[16], to[16]; /* body fields that name parties */
    char field[16];        /* body field that gives the code (EFFECT_CREATE "how", EFFECT_PLACE "country") */
    char code[16];         /* or the code itself */
    enum item_status status;
};
struct profile_kind {
    char name[33];
    char label[40]; /* message key */
    size_t rule_count;
    struct effect_rule rule[EVENT_EFFECTS];
    size_t needs_count;
    char needs[8][16]; /* body fields that must be given */
    struct form_asks form; /* what people are asked who enter it; count 0: it is not entered by hand */
};
/* How long a record of this kind keeps the data of the persons whom it names. The first rule that fits speaks. */
struct retention_rule {
    char kind[33];          /* or "*" */
    enum party_class cls;   /* PARTY_UNSAID: any */
    char from[33];          /* kind of the event of the same firearm or permit from which the term runs; empty: the record itself */
    int years;              /* 0 to 1000 */
    char basis[96];         /* the provision, or "assumed: ..." */
};
struct profile {
    struct hash hash;
    char name[32], language[8], country[3];
    double registered;  /* share of recovered guns that are registered at all: the prior of the search */
    int short_days;     /* time-to-crime called short below this many days */
    size_t retention_count;
    struct retention_rule retention[RETENTION_RULES];
    size_t kind_count;
    struct profile_kind kind[PROFILE_KINDS];
    struct profile_people people;
};
/* Every member must be known: ERR_FORMAT, ERR_UNKNOWN_CODE ... name its path ("kinds.sold.effects[0].do") in fault.field. */
enum err profile_parse(struct slice json, struct profile *out, struct fault *f);
const struct profile_kind *profile_kind(const struct profile *p, struct slice name);
/* An effect or a need of the kind names this role; a kind without effects takes any. Another role would do nothing. */
bool profile_role(const struct profile_kind *k, struct slice role);
#endif
