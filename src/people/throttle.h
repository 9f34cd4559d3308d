/* Slowing down who guesses, without a lever against others: failures are counted by account and source together, by source, and by
 * account; each has its own delay, and a browser that the account has signed in from before is subject to the first only. There is no
 * count that locks an account: a stranger who fails for ever slows his own source, and makes other strangers wait at most
 * THROTTLE_ACCOUNT_MAX seconds between two tries at that account, or THROTTLE_SOURCE_MAX where they share his address.
 *
 * In memory, THROTTLE_ROWS rows; when full, the row that failed longest ago gives way. Unknown accounts are counted as known ones are. */
#ifndef PEOPLE_THROTTLE_H
#define PEOPLE_THROTTLE_H
#include "base/err.h"

#define THROTTLE_ROWS 16384
#define THROTTLE_PAIR_FREE 3     /* failures before the first delay */
#define THROTTLE_PAIR_MAX 900    /* seconds: doubled from 1 with each failure */
#define THROTTLE_SOURCE_FREE 50  /* an office behind one address makes that many mistakes */
#define THROTTLE_SOURCE_MAX 30
#define THROTTLE_ACCOUNT_FREE 10
#define THROTTLE_ACCOUNT_MAX 30
#define THROTTLE_FORGET 3600     /* seconds without a failure after which a row counts no more */

struct throttle;
struct throttle *throttle_new(void); /* NULL without memory */
void throttle_free(struct throttle *t);
/* Seconds to wait before this try may be judged, 0 = now. now in milliseconds. */
int64_t throttle_wait(struct throttle *t, struct slice account, struct slice source, bool known_device, int64_t now);
void throttle_failed(struct throttle *t, struct slice account, struct slice source, int64_t now);
/* How many tries failed since the start. */
uint64_t throttle_failures(struct throttle *t);
/* A proven sign-in clears its pair. */
void throttle_passed(struct throttle *t, struct slice account, struct slice source);
#endif
