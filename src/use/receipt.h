/* Use case: the receipt of a record, from the tiles and the newest checkpoint that covers it (a cosigned one when there is). */
#ifndef USE_RECEIPT_H
#define USE_RECEIPT_H
#include "ledger/receipt.h"
#include "use/app.h"

enum receipt_form { RECEIPT_JSON, RECEIPT_LINE };
/* record: its id, or its position in this node's log. ERR_NOT_FOUND: no such record, or no checkpoint names it yet. ERR_DAMAGED:
 * the database's record is not the log's. The receipt is checked before it is given. */
enum err use_receipt(struct app *app, struct slice record, enum receipt_form form, struct buf *out, struct fault *f);
/* A line as a printed DataMatrix (ISO/IEC 16022), written as a PNG file. ERR_TOO_LONG past 2,335 characters. */
enum err receipt_png(struct slice line, const char *path, struct fault *f);
#endif
