/* Conclusions about pairs of specimens, kept in the register's log (ballistics/conclusion.h): who concluded what, when, and what had been shown. */
#ifndef USE_EXAMINATION_H
#define USE_EXAMINATION_H
#include "ballistics/conclusion.h"
#include "use/app.h"

/* All conclusions about the two contents, in either order, as they were recorded, first to last; in the arena. ERR_CONFLICT: one content twice. */
enum err examination_list(struct store *s, struct arena *a, const struct hash *one, const struct hash *other, struct conclusion **out, size_t *n,
    struct fault *f);
/* The last one of this account (none: of whoever had no account); NULL: not concluded yet. */
const struct conclusion *examination_own(const struct conclusion *c, size_t n, const struct subject_id *by);
/* Appends it; when this returns it is durable. previous, and shown where an earlier one had opened the count, are filled in as of then. The same code and note
 * as this examiner's last one: nothing is added (a form sent twice). ERR_BUSY while another process writes, as the writer says. */
enum err examination_add(struct app *app, struct conclusion *c, struct fault *f);
#endif
