/* Errors: one table of codes; a result says who is wrong and whether trying again can help. A fault carries what a person
 * needs to mend it: the field, the value as given, and what would be accepted. Libraries never print; doors do. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include "base/slice.h"

enum err_who { ERR_NOBODY, ERR_CALLER, ERR_PEER, ERR_ENVIRONMENT, ERR_US };

/* code, who is wrong, worth trying again, message key in data/lang */
#define ERR_TABLE(X)                                                                                                   \
    X(OK, ERR_NOBODY, false, "err.ok")                                                                                 \
    X(ERR_USAGE, ERR_CALLER, false, "err.usage")             /* a command or request that is not of the form */        \
    X(ERR_MISSING, ERR_CALLER, false, "err.missing")         /* a needed field is empty */                             \
    X(ERR_FORMAT, ERR_CALLER, false, "err.format")           /* a value not of the form */                             \
    X(ERR_RANGE, ERR_CALLER, false, "err.range")             /* a value outside its range */                           \
    X(ERR_TOO_LONG, ERR_CALLER, false, "err.too_long")       /* longer than the stated maximum */                      \
    X(ERR_ENCODING, ERR_CALLER, false, "err.encoding")       /* not UTF-8, or a NUL byte */                            \
    X(ERR_UNKNOWN_CODE, ERR_CALLER, false, "err.code")       /* not in the code list */                                \
    X(ERR_UNKNOWN_COLUMN, ERR_CALLER, false, "err.column")   /* a mapping names a column that the file lacks */        \
    X(ERR_NOT_FOUND, ERR_CALLER, false, "err.not_found")     /* no such subject, record, page */                       \
    X(ERR_SEVERAL, ERR_CALLER, false, "err.several")         /* one is meant, several fit */                           \
    X(ERR_EXISTS, ERR_CALLER, false, "err.exists")           /* already there */                                       \
    X(ERR_REFUSED, ERR_CALLER, false, "err.refused")         /* a rule says no */                                      \
    X(ERR_CONFLICT, ERR_CALLER, true, "err.conflict")        /* heads moved; decide again */                           \
    X(ERR_BUSY, ERR_ENVIRONMENT, true, "err.busy")           /* another process owns it now */                         \
    X(ERR_LOST, ERR_ENVIRONMENT, true, "err.lost")           /* the connection to the database broke or cannot be had */\
    X(ERR_NO_ROOM, ERR_ENVIRONMENT, true, "err.no_room")     /* disk full or quota */                                  \
    X(ERR_IO, ERR_ENVIRONMENT, true, "err.io")               /* the system refused a file or socket operation */       \
    X(ERR_MEMORY, ERR_ENVIRONMENT, true, "err.memory")       /* no memory */                                           \
    X(ERR_CLOCK, ERR_ENVIRONMENT, true, "err.clock")         /* the clock runs against the log */                      \
    X(ERR_DAMAGED, ERR_ENVIRONMENT, false, "err.damaged")    /* stored bytes fail their check */                       \
    X(ERR_KEY, ERR_ENVIRONMENT, false, "err.key")            /* a key is missing or does not open the section */       \
    X(ERR_LOCKED, ERR_ENVIRONMENT, false, "err.locked")      /* the key store is locked: a quorum opens it */          \
    X(ERR_INTERRUPTED, ERR_CALLER, true, "err.interrupted")  /* stopped by signal; what was committed stays */         \
    X(ERR_BUG, ERR_US, false, "err.bug")                     /* should not happen: report it */

enum err {
#define ERR_ENUM(code, who, again, key) code,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

#define FAULT_FIELD 64

/* Room for what a person typed (cut with an ellipsis when longer). All strings NUL-terminated. */
struct fault {
    enum err code;
    int sys;         /* errno, or 0 */
    int64_t line;    /* line of a file, from 1; 0 = none */
    char field[FAULT_FIELD]; /* field, column or option as the user knows it */
    char value[128]; /* what was given, cut; control bytes shown as '?' */
    char want[192];  /* what would be accepted, a message key of data/lang ("want.date") or plain text */
};

/* Fills *f (which may be NULL) and returns code, so that a caller writes: return fault_set(f, ERR_FORMAT, "year", v, "want.year"); */
enum err fault_set(struct fault *f, enum err code, const char *field, struct slice value, const char *want);
/* A path as a field shows it: one that is too long without its beginning, since the file's name is at the end. Answers path, or out. */
const char *fault_path(const char *path, char out[FAULT_FIELD]);
/* The same for errno: ERR_NO_ROOM for ENOSPC/EDQUOT/EFBIG, ERR_MEMORY for ENOMEM, else ERR_IO. `what` names the file or act. */
enum err fault_sys(struct fault *f, int sys, const char *what);

enum err_who err_who(enum err code);
bool err_again(enum err code);
const char *err_key(enum err code);
const char *err_name(enum err code);
#endif
