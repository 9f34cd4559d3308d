/* Use case: is the register well, and how much does it hold. Anybody may ask, often: it costs a few reads. */
#ifndef USE_HEALTH_H
#define USE_HEALTH_H
#include "use/app.h"

#define HEALTH_TRY_MS 5000   /* between two tries whether there is room */
#define HEALTH_TRY (64 << 10) /* bytes */
#define HEALTH_FAILED_MS 60000 /* so long a write that failed is told, unless one succeeds */

/* An error: nothing can be read, and nothing written. OK: reads work, and the answer says whether writes do. */
enum err use_health(struct app *app, struct cj *out, struct fault *f);
/* Why a write would fail now: "" when nothing is known, else "no_room", "io", "locked", "stale" (a rebuild is asked for), "busy" (another process writes for
 * longer than writes wait), "lost", "memory", "clock", "damaged", "key" or "refused". s: of a desk, within store_begin. */
const char *use_write_fault(struct app *app, struct store *s);
#endif
