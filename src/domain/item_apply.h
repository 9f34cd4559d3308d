/* Inside the item fold: one event's effects applied to the state. Included by item*.c only. */
#ifndef DOMAIN_ITEM_APPLY_H
#define DOMAIN_ITEM_APPLY_H
#include "domain/item.h"

void item_apply(struct item_walk *w, const struct event *e);
/* Whether the giver may pass it on without contradiction, be it not the owner on record. */
bool item_may_pass(const struct item_now *now, const struct party_ref *giver);
#endif
