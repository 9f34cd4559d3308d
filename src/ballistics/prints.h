/* The prints of a collection (screen.h), made at enrolment and kept in one file beside the scans: docs/formats/prints.md.
 *
 * 1. A print belongs to the bytes of a scan, by their SHA-256, and to the correction in force when it was made (correct_key); a scan that has changed
 *    has none. Below, `scan` is that key.
 * 2. The file carries its own SHA-256 and the recipe its prints were made by; with another recipe, or damaged, it is made anew.
 * 3. A scan that cannot be prepared as a breech face (a bullet, no ring to be found) has a print of zeros, so that it is not tried again. */
#ifndef BALLISTICS_PRINTS_H
#define BALLISTICS_PRINTS_H
#include "ballistics/collection.h"
#include "ballistics/screen.h"

#define PRINTS_FILE "prints.athar.bin"

struct prints;
struct prints_ask {
    const struct collection *collection; /* enrolled */
    const struct screen *screen;
    unsigned threads;
    void (*progress)(void *arg, uint64_t done, uint64_t all); /* by one thread at a time */
    bool (*stop)(void *arg);
    void *arg;
};
struct prints_counts {
    uint64_t made, kept, none; /* none: fit, but not to be prepared (3) */
};
/* Writes the file anew with a print for each fit scan, whole or not at all. ERR_INTERRUPTED, ERR_IO, ERR_MEMORY. */
enum err prints_make(const struct prints_ask *ask, struct prints_counts *out, struct fault *f);
/* ERR_NOT_FOUND: there is none (or of another recipe); ERR_DAMAGED; ERR_MEMORY. Held in memory whole. */
enum err prints_open(const char *dir, const struct screen *s, struct prints **out, struct fault *f);
/* The same from bytes, which are taken over on success. */
enum err prints_take(struct buf *bytes, const struct screen *s, struct prints **out, struct fault *f);
void prints_close(struct prints *p);
size_t prints_count(const struct prints *p);
/* NULL: none of these bytes, or (3). */
const float *prints_find(const struct prints *p, const struct hash *scan);
/* True also for (3). */
bool prints_has(const struct prints *p, const struct hash *scan);
/* Any prints as the bytes of a file; sha ascending. */
void prints_print(const struct screen *s, const struct hash *scan, const float *const *print, size_t n, struct buf *out);
#endif
