/* An examiner's conclusion about two specimens, as the body of a record of the register's log: docs/formats/conclusion.md. Pure.
 *
 * 1. A conclusion is never changed; who thinks otherwise later enters another one, which names the one before.
 * 2. It says what its examiner had been shown of the program's count when it was entered.
 * 3. The words are the AFTE range of conclusions (AFTE Journal 24 (1992) 3: 336-340), with two changes: what is seen on a screen is a lead at most and never an
 *    identification, and one may also put off: more work. */
#ifndef BALLISTICS_CONCLUSION_H
#define BALLISTICS_CONCLUSION_H
#include "base/cjson.h"
#include "base/hash.h"
#include "domain/record.h"

#define CONCLUSION_KIND "specimens_concluded"
#define CONCLUSION_NOTE 4000u /* bytes */

/* What of the program's count its examiner had seen: nothing; that one specimen stood in a ranked list for the other; the count and the cells. */
enum conclusion_shown { SHOWN_SURFACES, SHOWN_LIST, SHOWN_COUNT, SHOWN_KINDS };

struct conclusion {
    const char *code;           /* one of conclusion_code */
    enum conclusion_shown shown;
    struct slice file[2];       /* left and right, as the collection named them */
    struct hash sha[2];         /* of the files */
    struct hash mask[2];        /* of the corrections in force (mask.h); zeros: the mask as found */
    struct subject_id by;       /* account; none: a register where nobody signs in */
    struct slice office, case_no, note, settings; /* settings: of the comparison, in words of the program */
    struct hash previous;       /* the same examiner's last one about the pair; zeros: none */
    /* filled by reading a record */
    struct hash record;
    int64_t recorded;
};

/* The conclusions one may come to, code by code; NULL past the last. Message keys "conclusion." and "conclusion_means." + code. */
const char *conclusion_code(size_t i);
const char *conclusion_known(struct slice code); /* NULL: none of them */
const char *conclusion_shown_name(enum conclusion_shown s);
enum err conclusion_write(const struct conclusion *c, struct buf *out);
/* Texts borrow from v. ERR_DAMAGED. */
enum err conclusion_read(const struct cj_value *v, struct conclusion *out);
#endif
