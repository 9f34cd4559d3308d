/* What has been entered in this process lately: an entry that comes twice at once is one, also before its derived rows are there. Used by the
 * writer's thread alone. */
#ifndef USE_ENTER_H
#define USE_ENTER_H
#include "domain/record.h"

#define ENTERED_KEPT 1024
struct entered {
    struct {
        uint8_t claim[16], digest[16];
        struct hash record;
        uint64_t position; /* where it was written; there still only if its group was committed */
        struct subject_id item[2]; /* firearms that it is about; none: zeros */
        uint8_t permit[16];        /* begin of the SHA-256 of the number of a permit that is issued; else zeros */
    } last[ENTERED_KEPT];
    size_t n; /* ever */
};
#endif
