/* Protection orders: whose permits are suspended and whose firearms are to be surrendered, and which of these are not in the State's hands
 * yet. An order is a record on the list entry_orders; one that was lifted names it no more. docs/formats/entry.md. */
#ifndef USE_ORDERS_H
#define USE_ORDERS_H
#include "entry/entry.h"
#include "use/app.h"

struct order {
    struct hash record;
    struct subject_id party;
    struct slice case_no, office, kind; /* in the arena */
    struct when happened;
    bool lifted;
};
/* All orders, the newest first; the desk's store is within a transaction. */
enum err orders_load(struct desk *d, struct order **out, size_t *n, struct fault *f);
/* Is an order in force for this person? */
enum err orders_against(struct desk *d, const struct subject_id *party, bool *out, struct fault *f);
#endif
