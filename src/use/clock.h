/* Use case: the clock of this computer was ahead, records carry times that are to come, and it is right again: a record says so, after which the log goes on.
 * Nothing is changed of what was recorded: whoever reads it finds, at that place, that the times before it were wrong, by whom that was said, and why. */
#ifndef USE_CLOCK_H
#define USE_CLOCK_H
#include "use/app.h"

/* Kind of that record, of no profile; its only subject is the list athar:clock. `athar verify --derived` names each, and takes it for no fault of the clock. */
#define CLOCK_KIND "clock_corrected"

struct use_clock_in {
    struct slice reason, actor; /* reason: needed; actor: empty: the office */
};
/* {record, behind}: seconds that the clock was behind the newest record. ERR_REFUSED: it is not behind. */
enum err use_clock(struct app *app, const struct use_clock_in *in, struct cj *out, struct fault *f);
#endif
