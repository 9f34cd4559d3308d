/* Reading a mark's text as it stands in police files: prose, misspellings, two numbers in a field, and now and then a serial.
 * Pure function of the text and the vocabulary in data/marks/. Statuses: facts "Reading a mark's text: definitions". */
#ifndef MARKS_READ_H
#define MARKS_READ_H
#include "domain/mark.h"
#include "base/arena.h"

#define READ_SERIALS 8
#define READ_SERIAL_TEXT 64

enum read_cause { CAUSE_NOT_SAID, CAUSE_HUMAN, CAUSE_CORROSION, CAUSE_WEAR, CAUSE_COUNT };
enum read_method { METHOD_NOT_SAID, METHOD_GROUND, METHOD_PUNCHED, METHOD_OVERSTAMPED, METHOD_DRILLED, METHOD_WELDED, METHOD_COUNT };
enum read_recovery { RECOVERY_NOT_SAID, RECOVERY_TRIED, RECOVERY_FULL, RECOVERY_PART, RECOVERY_COUNT };

struct mark_serial {
    char text[READ_SERIAL_TEXT]; /* upper case, with separators, '?' and '*' for unreadable */
    char place[16];              /* FRAME SLIDE BARREL BOLT CYLINDER STOCK OTHER or "" */
    bool probable;               /* "provável" beside it */
};
struct mark_reading {
    enum mark_status status;
    enum read_cause cause;
    enum read_method method;
    enum read_recovery recovery;
    char place[16];
    size_t serial_count; /* first READ_SERIALS are kept */
    struct mark_serial serials[READ_SERIALS];
};

/* Never fails; text longer than MARK_TEXT_MAX is read up to there. Invalid UTF-8 is read as Latin-1. */
void mark_read(struct slice text, struct mark_reading *out);
const char *read_cause_code(enum read_cause c);       /* "" "HUMAN" "CORROSION" "WEAR" */
const char *read_method_code(enum read_method m);
const char *read_recovery_code(enum read_recovery r); /* "" "TRIED" "FULL" "PART" */
/* The JSON line of `athar marks read` {text,status,serials:[...],places:[...],place,cause,method,recovery,probable}. */
void mark_reading_json(struct slice text, const struct mark_reading *r, struct buf *out);
#endif
