/* Making proofs about a log (RFC 6962 2.1.1, 2.1.2) from the roots of its perfect subtrees, wherever they are kept: in memory,
 * in tiles, in another office's copy. ledger/check.h checks them. */
#ifndef LEDGER_PROOF_H
#define LEDGER_PROOF_H
#include "ledger/check.h"

/* The root of leaves [index << level, (index + 1) << level), all of which the log has. Level 0: the leaf. */
typedef enum err (*proof_node)(void *arg, unsigned level, uint64_t index, struct hash *out);

struct proof {
    size_t n;
    struct hash hash[PROOF_MAX];
};
/* That leaf `index` is in the log of `size`. ERR_RANGE unless index < size < 2^63; else what `node` gives. */
enum err proof_inclusion(uint64_t index, uint64_t size, proof_node node, void *arg, struct proof *out);
/* That the log of `first` begins the log of `second`. ERR_RANGE unless first <= second < 2^63. Empty when first is 0 or second. */
enum err proof_consistency(uint64_t first, uint64_t second, proof_node node, void *arg, struct proof *out);
/* The root of the log's first `size` leaves; of none SHA-256(""). */
enum err proof_root(uint64_t size, proof_node node, void *arg, struct hash *out);
#endif
