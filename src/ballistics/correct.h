/* A specimen as people corrected it by hand: the correction in force, the surface it leaves, and what a print is kept under. Wherever a specimen of a
 * collection is compared for an examiner, on whichever side, it is this surface that is compared. */
#ifndef BALLISTICS_CORRECT_H
#define BALLISTICS_CORRECT_H
#include "ballistics/collection.h"
#include "ballistics/mask.h"

/* Where the corrections of FILE are kept. ERR_TOO_LONG; errors of collection_path. */
enum err correct_path(const struct collection *c, struct slice file, char *out, size_t n, struct fault *f);
/* The correction in force of FILE with these bytes, in the arena; *out NULL: there is none, or it says as found. entry may be NULL. Errors of mask_file_read and
 * mask_parse. */
enum err correct_find(const struct collection *c, struct arena *a, struct slice file, const struct hash *sha, struct mask **out, struct mask_entry *entry,
    struct fault *f);
/* A surface after `last` steps: corrected by hand (mask may be NULL), then by the standard recipe unless it came prepared. */
enum err correct_prepare(const struct surface *s, const struct mask *mask, size_t last, struct surface *out, struct surface_steps *steps, struct fault *f);
/* A specimen read, verified, corrected and prepared. *out is freed with surface_free. Errors of collection_surface and of the above. */
enum err correct_surface(const struct collection *c, struct slice file, struct surface *out, struct fault *f);
/* What its print is kept under (prints.h): the SHA-256 of the scan where nothing is corrected, else the SHA-256 of that and of the correction's id. A file
 * of corrections that cannot be read counts as none here: correct_surface says so. */
struct hash correct_key(const struct collection *c, const struct specimen *s);
#endif
