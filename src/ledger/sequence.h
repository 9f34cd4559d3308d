/* Several writers of one database. They commit records side by side into a staging table; one elected process, the sequencer,
 * gives them dense positions in batches and writes the tree. The election is the lease of store/lease.h: whoever holds the store open
 * for writing is the sequencer, an import too.
 *
 * Invariants:
 * 1. A batch is in the log whole or not at all, once, at consecutive positions; its answer is committed with it.
 * 2. A writer is told a position only after that commit.
 * 3. A batch that was decided on heads goes in only while the derived tables cover the whole log and its subjects' heads are
 *    those that its records cite (compare and set); a batch that another one of the same round got ahead of waits a round.
 * 4. Nothing goes in that could not be opened again.
 *
 *   batch     | staged | sequenced      | who acts
 *   written   | rows   | -              | the sequencer's next round
 *   taken     | -      | first position | the writer: acknowledged
 *   refused   | -      | below 0        | the writer: decides anew, or has a fault
 *   again     | rows   | has an answer  | the next round removes the rows: staged twice by a writer whose answer was lost */
#ifndef LEDGER_SEQUENCE_H
#define LEDGER_SEQUENCE_H
#include "ledger/log.h"

#define SEQUENCE_BATCH 256 /* records of a batch */

struct sequence_batch {
    uint8_t id[16]; /* random; the same when tried again */
    const struct slice *bytes;
    size_t n;
    int64_t received;
    bool decided;   /* compare and set */
};
/* Writes the batch (store opened with STORE_STAGE) and waits for its positions, at most wait_ms. ERR_CONFLICT: the heads had
 * moved; ERR_FORMAT: a record that this register does not take; ERR_BUSY: no sequencer answered: the batch stays, and the call can be
 * made again with the same id. */
enum err sequence_write(struct store *s, const struct sequence_batch *b, int wait_ms, uint64_t *first, struct fault *f);

/* One round: what is staged gets its positions; then rows are derived. *taken = records. */
enum err sequence_round(struct log *l, int64_t now, size_t *taken, struct fault *f);
/* The same while the tables lag (an import): only batches that were not decided on heads; nothing is derived. */
enum err sequence_aside(struct log *l, int64_t now, size_t *taken, struct fault *f);
/* Forgets answers of more than a day ago. */
enum err sequence_tidy(struct log *l, int64_t now, struct fault *f);
#endif
