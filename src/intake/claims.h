/* Private to src/intake: what earlier imports read (claim -> digest), and how often a key came up in this file. Both are open
 * addressing tables in memory, since every row asks and keys are random. */
#ifndef INTAKE_CLAIMS_H
#define INTAKE_CLAIMS_H
#include "store/store.h"

struct claims {
    struct claim_row *slot; /* subject none and claim zero = empty */
    size_t n, cap;
};
enum err claims_load(struct claims *c, struct store *s, struct fault *f);
void claims_free(struct claims *c);
const struct claim_row *claims_find(const struct claims *c, const uint8_t claim[16]);

struct counted {
    struct seen_key {
        uint64_t hash;
        uint64_t count;
    } *slot;
    size_t n, cap;
    uint8_t seed[16];
};
/* How often this key came before (0 the first time); counts it. UINT64_MAX without memory. */
uint64_t counted_next(struct counted *c, struct slice key);
void counted_free(struct counted *c);
#endif
