#include "use/log_file.h"
#include "base/file.h"
#include <stdio.h>
#include "base/banned.h"

enum err use_log_checkpoint(struct app *app, struct buf *out, struct fault *f)
{
    char dir[TILES_DIR], path[TILES_DIR + 16];
    log_folder(app->dir, dir);
    snprintf(path, sizeof path, "%s/checkpoint", dir);
    enum err e = file_read(path, out, NULL); /* no path of this computer in an answer */
    return e ? fault_set(f, e, "checkpoint", SLICE("checkpoint"), "") : OK;
}

enum err use_log_tile(struct app *app, struct slice path, struct buf *out, struct fault *f)
{
    char dir[TILES_DIR];
    struct tile_id id;
    log_folder(app->dir, dir);
    enum err e = tile_parse(path, &id) ? ERR_NOT_FOUND : tiles_read(dir, &id, out, NULL);
    return e ? fault_set(f, e, "tile", path, "") : OK;
}
