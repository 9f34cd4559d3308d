/* A comparison on one page of A4, for the case file: both specimens pictured, what was done with which parameters, what is known of errors, and that a
 * result on a screen is only a lead. */
#ifndef BALLISTICS_REPORT_H
#define BALLISTICS_REPORT_H
#include "ballistics/picture.h"
#include "base/hash.h"
#include "lang/lang.h"

struct report_side {
    struct slice file, instrument, measured, classes, corrected; /* words ready to print; empty = not known */
    const struct surface *surface;
    uint64_t points, missing;
    struct hash sha; /* of the file */
};
struct report_result { /* what the program counted; told only with a conclusion */
    struct slice sentence, parameters, worth, limits; /* ready to print; worth: the likelihood ratio in words, and how far it reaches */
    const struct picture_cell *cell_a, *cell_b;
    size_t cells;
};
struct report_conclusion { /* words ready to print */
    struct slice code, note, by; /* what; the examiner's own words, may be empty; who, when, what had been shown, the record */
};
struct report {
    struct report_side side[2];
    const struct report_conclusion *conclusion;
    size_t conclusions, more; /* none: not concluded yet; more: that the page has no room for */
    const struct report_result *result; /* NULL: not told */
    int64_t now;
};
/* The same report, language and time give the same bytes. ERR_MEMORY; ERR_TOO_LONG of out. */
enum err report_pdf(const struct report *r, const struct lang *l, struct buf *out, struct fault *f);
#endif
