/* The log of openings as a whole: anchored in the register's log, so that nobody winds it back unseen; verified; pruned by rule; counted for
 * publication. */
#ifndef USE_ACCESS_H
#define USE_ACCESS_H
#include "use/app.h"

#define ACCESS_ANCHOR_MINUTES 15 /* how often a server anchors what is new */
#define ACCESS_SMALL 5           /* smaller counts are published as "fewer than" */
/* Records size and root of the openings, unless the newest record says them already. *anchored (may be NULL): was there something new? */
enum err use_access_anchor(struct app *app, bool *anchored, struct fault *f);
/* {size, root, anchors, newest_anchor}. ERR_DAMAGED as access_verify. */
enum err use_access_verify(struct app *app, struct cj *out, struct fault *f);
/* Removes entries older than `days` (0: the profile's term; less than that is ERR_REFUSED), after anchoring; the leaves stay. {removed, before}. */
enum err use_access_prune(struct app *app, int64_t days, struct cj *out, struct fault *f);
/* {months: [{month, total, purposes: [{purpose, purpose_label, count | fewer_than}]}]}: the last `months` whole months and the one under way,
 * without who or whom; small counts are not told. */
enum err use_access_totals(struct app *app, const struct lang *l, int months, struct cj *out, struct fault *f);
#endif
