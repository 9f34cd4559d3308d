/* A collection: a folder of X3P files, and what is known of each specimen: class characteristics, size, quality, and the SHA-256 of the file it
 * was enrolled from. docs/formats/collection.md.
 *
 * 1. A scan is read whole at enrolment; one that is unfit stays in the list with the reason and is never compared.
 * 2. What was enrolled is believed only while the file's bytes have the SHA-256 they had then.
 * 3. A class characteristic excludes only where it contradicts: unknown, none seen and not asked never hide a specimen. */
#ifndef BALLISTICS_COLLECTION_H
#define BALLISTICS_COLLECTION_H
#include "ballistics/x3p.h"
#include "base/hash.h"

#define COLLECTION_FILE "specimens.athar.json" /* in the folder: what was enrolled; made anew by enrolling */
#define COLLECTION_TABLE "specimens.csv"       /* in the folder, optional: class characteristics by file name */
#define COLLECTION_MAX 100000u
#define COLLECTION_POINTS_LEAST 4096u /* measured points below which nothing can be compared */
#define COLLECTION_PITCH_MOST 50e-6   /* metres: coarser scans do not show toolmarks */

enum class_field { CLASS_MAKE, CLASS_CALIBRE, CLASS_FIRING_PIN, CLASS_LANDS, CLASS_TWIST, CLASS_LAND_WIDTH, CLASS_GROOVE_WIDTH, CLASS_AMMUNITION, CLASS_FIELDS };
extern const char *const class_names[CLASS_FIELDS]; /* columns of the table: "make", "calibre", ... "land_width_um" */

struct specimen {
    struct slice file;                /* name in the folder, "case 12 a.x3p" */
    struct slice class[CLASS_FIELDS]; /* as written; {NULL,0} = not asked */
    struct slice instrument, measured;
    struct hash sha;
    enum x3p_unit unit;               /* what the person who enrolled said of the file */
    uint64_t points, missing, warnings;
    uint32_t nx, ny;
    double pitch, span;               /* metres; heights from least to most */
    struct fault unfit;               /* code OK when the scan can be compared */
};
struct collection {
    struct arena arena; /* owns all texts and items */
    char dir[512];
    bool enrolled;
    struct specimen *item; /* by file name, bytes ascending */
    size_t count, cap;
};
/* The enrolled list, or, where nobody enrolled, the names of the X3P files alone. ERR_IO, ERR_DAMAGED (the list is not of the form), ERR_MEMORY. */
enum err collection_open(const char *dir, struct collection *out, struct fault *f);
void collection_close(struct collection *c);
/* By exact file name; NULL when there is none. */
const struct specimen *collection_find(const struct collection *c, struct slice file);
/* Reads and verifies (2). ERR_NOT_FOUND, ERR_REFUSED (unfit), ERR_DAMAGED (changed since it was enrolled), errors of x3p_read and x3p_surface. *meta (may be
 * NULL) gets the file's findings and texts, x3p_free; *sha (may be NULL) the SHA-256 of its bytes. */
enum err collection_surface(const struct collection *c, struct slice file, struct surface *out, struct x3p *meta, struct hash *sha,
    struct fault *f);

struct enrol_ask {
    const char *dir, *table;  /* table NULL: COLLECTION_TABLE when it is there */
    enum x3p_unit unit;       /* for files whose unit is in doubt */
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    bool (*stop)(void *arg);
    void *arg;
};
struct enrol_counts {
    uint64_t files, added, unchanged, unfit;
    uint64_t unmatched; /* rows of the table whose file is not there */
};
/* Reads what is new or changed and writes the list anew, whole or not at all. ERR_INTERRUPTED, ERR_UNKNOWN_COLUMN and other faults of the table. */
enum err collection_enrol(const struct enrol_ask *ask, struct enrol_counts *counts, struct fault *f);

enum class_match { CLASS_NO, CLASS_OPEN, CLASS_YES }; /* contradicts; not known; agrees */
/* Against what was asked (empty = not asked): makes and calibres by what they mean, widths within 10 % (the usual tolerance of land widths), the rest by text. The least
 * of all fields; CLASS_YES when nothing was asked. */
enum class_match collection_match(const struct specimen *s, const struct slice ask[CLASS_FIELDS]);
#endif
