/* Use case: derived tables and index made anew, and their digests. */
#ifndef USE_REBUILD_H
#define USE_REBUILD_H
#include "use/app.h"

/* out: "table rows digest" lines (docs/formats/dump.md). */
enum err use_rebuild(struct app *app, const struct settle *s, struct buf *out, struct fault *f);
enum err use_digest(struct app *app, struct buf *out, struct fault *f);
#endif
