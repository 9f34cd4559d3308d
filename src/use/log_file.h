/* Use case: a file of this office's public log (docs/formats/tiles.md), byte for byte. Needs no desk and no key. */
#ifndef USE_LOG_FILE_H
#define USE_LOG_FILE_H
#include "use/app.h"

/* "checkpoint". ERR_NOT_FOUND before there is one. */
enum err use_log_checkpoint(struct app *app, struct buf *out, struct fault *f);
/* "tile/L/N[.p/W]" or "tile/entries/N[.p/W]": who may read entries is the door's to know. ERR_NOT_FOUND for every path that is
 * none, too. */
enum err use_log_tile(struct app *app, struct slice path, struct buf *out, struct fault *f);
#endif
