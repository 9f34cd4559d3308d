/* A strict reader of the CBOR that authenticators write (RFC 8949 with the canonical form of CTAP 2.1, 6): definite lengths, each written in the
 * fewest bytes, no tags, no floating point, integers within 63 bits, at most CBOR_DEPTH deep. It borrows; what it is asked for and does not find makes
 * it bad, and a bad reader finds nothing more. */
#ifndef BASE_CBOR_H
#define BASE_CBOR_H
#include "base/slice.h"

#define CBOR_DEPTH 4

struct cbor {
    struct slice rest;
    bool bad;
};
/* Number of pairs; 0 when it is bad. */
size_t cbor_map(struct cbor *c);
int64_t cbor_int(struct cbor *c);
struct slice cbor_bytes(struct cbor *c);
struct slice cbor_text(struct cbor *c);
/* Any one value; what it spans. */
struct slice cbor_any(struct cbor *c);
/* Is the next value a text (else, of what this reads, an integer or bytes)? */
bool cbor_at_text(const struct cbor *c);
#endif
