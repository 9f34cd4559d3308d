/* Forms by which people enter records: the fields that C knows, and how a profile's kind asks for them, step by step
 * ("form": [["mark!", "make"], ["happened!", "to"]]; "!" = must be answered). docs/formats/entry.md. Pure. */
#ifndef DOMAIN_FORM_H
#define DOMAIN_FORM_H
#include "domain/terms.h"

enum form_type {
    FORM_TEXT,    /* one line */
    FORM_AREA,    /* free text: sealed in a section that needs the right to names */
    FORM_MARK,    /* as stamped; kept as typed */
    FORM_DATE,    /* base/time.h: a day, a month, a year, an interval */
    FORM_YEAR,
    FORM_TERM,    /* a list of makes, calibres ...; what is not in it stays as written */
    FORM_CHOICE,  /* one of `choice` */
    FORM_FIREARM, /* id or number in another register */
    FORM_RECORD,  /* id of a record */
    FORM_PERMIT,  /* number of a permit */
    FORM_PURPOSE, /* of the profile's list */
    FORM_PARTY    /* a person or body: name, and beside it X_who, X_document, X_class, X_address */
};
enum form_word { FIELD_FIREARM, FIELD_OTHER, FIELD_RECORD, FIELD_MARK, FIELD_MARK_STATE, FIELD_MARK_PLACE, FIELD_MAKE, FIELD_MODEL, FIELD_CALIBRE,
    FIELD_TYPE, FIELD_COUNTRY, FIELD_YEAR, FIELD_HOW, FIELD_METHOD, FIELD_CLASS, FIELD_HAPPENED, FIELD_DISCOVERED, FIELD_UNTIL, FIELD_ABROAD,
    FIELD_PLACE, FIELD_CIRCUMSTANCES, FIELD_OPINION, FIELD_NOTE, FIELD_REASON, FIELD_PERMIT, FIELD_PURPOSE, FIELD_CASE, FIELD_TO, FIELD_FROM,
    FIELD_WITH, FIELD_BY, FIELD_OWNER, FIELD_CUSTODIAN, FIELD_SUSPECT, FIELD_VICTIM, FIELD_WITNESS, FIELD_PARTY, FIELD_COUNT };

struct field_kind {
    const char *word; /* in profiles and as the name of the input; message key "enter.f." + word, hint "enter.h." + word */
    enum form_type type;
    unsigned max;     /* bytes */
    enum term_list list;
    const char *const *choice; /* codes, NULL-terminated; message key "enter.c." + word + "." + code */
    bool holder;      /* a party who may be said to be the holder on record */
};
const struct field_kind *field_kind(enum form_word w);
bool form_word_of(struct slice word, enum form_word *out);

#define FORM_FIELDS_MAX 32
#define FORM_STEPS_MAX 6
struct form_asks { /* of one kind */
    size_t count, steps;
    struct form_asked {
        uint8_t word, step;
        bool must;
    } field[FORM_FIELDS_MAX];
};
/* NULL when the form does not ask for it. */
const struct form_asked *form_asked(const struct form_asks *f, enum form_word w);
#endif
