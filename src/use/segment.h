/* Use cases: an office's log as files, out of one register and into another (docs/formats/segment.md). A segment is a folder of tiles with its
 * checkpoint, the office's public key and the profiles that its records cite. */
#ifndef USE_SEGMENT_H
#define USE_SEGMENT_H
#include "use/app.h"
#include "use/verify.h"

struct use_segment_out {
    char origin[NOTE_NAME + 1];
    uint64_t size;    /* of the office's log, as the segment has it */
    uint64_t added;   /* records that came into this register */
    uint64_t waiting; /* records that are kept and proved, but whose key is not here: not opened, not derived */
    uint64_t wrong;   /* things that verifying found; then nothing was taken */
};
/* Writes or continues a segment of this register's own log. ERR_NOT_FOUND before the first checkpoint. */
enum err use_segment_export(struct app *app, const char *folder, struct use_segment_out *out, struct fault *f);
/* Verifies it, then takes in what is new: into DIR/origins, and its records, in their order, into this register's log. key: the office's public key;
 * may be empty when this register has taken a segment of that office before. A segment that does not continue what was taken is refused
 * (ERR_REFUSED, "log"): a fork, or an older copy. Stopped at any moment, it goes on. */
enum err use_segment_import(struct app *app, const char *folder, struct slice key, const struct use_verify_in *found, struct use_segment_out *out,
    struct fault *f);
/* The folder in which an office's log is kept. out: TILES_DIR bytes. */
void use_origin_folder(const char *dir, const char *origin, char out[TILES_DIR]);
#endif
