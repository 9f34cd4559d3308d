/* Who a request comes from, as the doors and the use cases know it. */
#ifndef PEOPLE_VISITOR_H
#define PEOPLE_VISITOR_H
#include "domain/rights.h"

enum visitor_state { VISITOR_NOBODY, VISITOR_FACTOR, VISITOR_ENROL, VISITOR_OPEN, VISITOR_LOCKED };
struct visitor {
    enum visitor_state state;
    uint8_t account[16], session[32]; /* zeros: no account (console, or nobody signs in here) */
    char login[97], name[97], office[97];
    rights rights;                    /* none but in VISITOR_OPEN */
    enum names_rule names;
    uint64_t enters;                  /* bit n: may enter kind n of the profile */
    char purpose[32], case_no[97];    /* of the case at hand; "" = none stated */
    bool machine;                     /* came with a token */
    uint8_t ended[16];                /* VISITOR_NOBODY: whose session it was that has run out; gives no right */
    bool glass;                       /* names are open in an emergency */
    int64_t glass_until;              /* until then; 0 = not */
    const char *door;                 /* "page" "api" "pdf" "terminal": for the log of openings */
};
static inline bool visitor_may(const struct visitor *v, enum right r)
{
    return v->state == VISITOR_OPEN && (v->rights & RIGHT_BIT(r)) != 0;
}
/* Everything, names included: at the terminal of the machine that holds the keys, or where nobody signs in. */
static inline struct visitor visitor_everything(const char *who, const char *door)
{
    struct visitor v = {.state = VISITOR_OPEN, .rights = RIGHT_BIT(RIGHTS_COUNT) - 1, .enters = UINT64_MAX, .names = NAMES_ALL, .door = door};
    size_t n = strlen(who) < sizeof v.login ? strlen(who) : sizeof v.login - 1;
    memcpy(v.login, who, n);
    return v;
}
#endif
