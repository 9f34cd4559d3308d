/* May this visitor read the names of this firearm's holders, and the entry that must be durable before he does. The one place where the
 * names rule of a role is applied. */
#ifndef USE_OPENING_H
#define USE_OPENING_H
#include "people/people.h"
#include "use/app.h"

/* A message key: "names.open", or why they stay closed: "names.no_right", "names.no_purpose", "names.not_own". */
const char *opening_judge(struct desk *d, const struct visitor *who, const struct subject_id *item, const struct event *events, size_t n);
/* What this visitor reads once names are open: flags of store_event. */
unsigned opening_shows(const struct visitor *who);
/* Writes the entry and returns when it is durable. Without it nothing may be opened. */
enum err opening_log(struct app *a, const struct visitor *who, const struct subject_id *item, struct fault *f);
#endif
