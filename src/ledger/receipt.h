/* A receipt: that a record stands at a place of an office's log, to be checked by anybody at any time with the office's public
 * key alone. As JSON, and as one line of capitals and digits that fits a printed DataMatrix. Base and ledger's base-only files.
 * docs/formats/receipt.md. */
#ifndef LEDGER_RECEIPT_H
#define LEDGER_RECEIPT_H
#include "base/arena.h"
#include "ledger/note.h"
#include "ledger/proof.h"

#define RECEIPT_MAX 16384  /* bytes of either form */
#define RECEIPT_SIGNERS 8  /* cosignatures that the line carries */

struct receipt {
    struct slice note; /* the checkpoint, with its signatures */
    uint64_t position;
    struct hash record;
    struct proof proof;
};
/* Canonical JSON. ERR_FORMAT when the note is no checkpoint. */
enum err receipt_json(const struct receipt *r, struct buf *out);
/* "ATHAR1 " and base32. ERR_FORMAT also when the note has what the line has no place for: further lines, more than RECEIPT_SIGNERS
 * cosignatures, a log key that is not named as the origin. Signatures of other types are left out. */
enum err receipt_line(const struct receipt *r, struct buf *out);
/* Either form; white space around it is passed over. Slices in the arena. ERR_FORMAT; ERR_MEMORY. */
enum err receipt_parse(struct arena *a, struct slice text, struct receipt *out);
/* Does it hold? keys[0]: of the log; others: of witnesses, whose cosignatures are told in *found. ERR_KEY: not signed by the log's
 * key, or a known witness's signature fails. ERR_DAMAGED: the proof does not show it. ERR_FORMAT. */
enum err receipt_check(const struct receipt *r, const struct note_key *keys, size_t n, struct note_found *found, struct checkpoint *c);
/* Is the log in this folder of tiles one that continues what the receipt's checkpoint `c` names, with the record at its place?
 * ERR_DAMAGED: it is another log, or was made anew or cut back. What tiles_node gives. key: of the log, for its checkpoint. */
enum err receipt_in_log(const struct receipt *r, const struct checkpoint *c, const char *dir, const struct note_key *key, struct fault *f);
#endif
