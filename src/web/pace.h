/* How fast one client may ask: a bucket an address (IPv6: a network of 64 bits), PACE_BURST requests at once and PACE_RATE a second for ever. Who asks
 * faster is told to wait; nobody else is. In memory, PACE_ROWS rows: where an address finds no row of its own, the one that asked longest ago
 * gives way, with its bucket nearly full again. */
#ifndef WEB_PACE_H
#define WEB_PACE_H
#include "web/via.h"

#define PACE_RATE 50
#define PACE_BURST 500
#define PACE_ROWS 8192

struct pace;
struct pace *pace_new(void); /* NULL without memory */
void pace_free(struct pace *p);
/* Seconds to wait, 0 = go on. now in milliseconds of a clock that does not jump. Any thread. */
int pace_take(struct pace *p, const struct via_address *a, int64_t now);
#endif
