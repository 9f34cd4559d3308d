/* Checking proofs about a log, with nothing but what base/ gives: no key, no register, no database, so that a small program of
 * its own can do it. RFC 9162 2.1.3.2 (inclusion) and 2.1.4.2 (consistency); hashing as RFC 6962 2.1. Sizes are below 2^63.
 * docs/formats/tree.md has the rules and a worked proof. */
#ifndef LEDGER_CHECK_H
#define LEDGER_CHECK_H
#include "base/err.h"
#include "base/hash.h"

#define PROOF_MAX 64 /* hashes: an inclusion proof has at most 63, a consistency proof at most 64 */

/* Is `leaf` (record_id) at `index` of the log whose `size` records have this root? OK, or ERR_DAMAGED when the proof does not
 * show it: a wrong leaf, place, size, root, or a proof that is too long, too short or altered. */
enum err check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size, const struct hash *root, const struct hash *proof, size_t n);
/* Is the log of `first` records the beginning of the log of `second`? OK, or ERR_DAMAGED: a fork, a log that was cut back, or a
 * proof that does not show it. Of a log without records every log is a continuation; of two equal sizes the roots must be equal;
 * both take an empty proof only. */
enum err check_consistency(uint64_t first, const struct hash *first_root, uint64_t second, const struct hash *second_root,
    const struct hash *proof, size_t n);
#endif
