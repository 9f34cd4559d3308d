/* The head of a request, judged byte by byte (RFC 9112): what two readers could read differently is refused, so that nothing can be smuggled
 * past a proxy that stands before this server. The library is lenient where the standard lets it be: bare LF, folded lines, blanks
 * before a colon, NUL, a header twice. It parses inside its buffer and only puts zeros there: for ' ' around the address, for ':' after a name,
 * for CR and LF at an end of line. These bytes are what is judged here, so that nothing is believed that the library made of them.
 *
 * Refused: a method or a field name with other than token characters; more or less than one blank in the first line; any other end of line than CR
 * LF; folded lines; control characters, NUL and bare CR; HTTP versions other than 1.0 and 1.1; more than HEAD_FIELDS fields; twice
 * what may stand once, or under a name that differs from it only by an underscore (gateways that turn headers into variables take these for the same);
 * Host missing; Transfer-Encoding in any form (there is one way to say where a body ends: Content-Length); Content-Length that is no plain
 * number, or with a GET or HEAD; Upgrade is ignored, as there is nothing to upgrade to.
 * Not to be seen here: an end of line as a bare LF followed by a line of nothing but NUL; a line that begins with NUL before the request, which the library skips as
 * it skips an empty one. No proxy passes on either.
 *
 * Pure. Fuzzed by tests/fuzz/fuzz_head.c; the probes of tests/web/front.py go through the running server. */
#ifndef WEB_HEAD_H
#define WEB_HEAD_H
#include "base/slice.h"

#define HEAD_FIELDS 64

struct head {
    size_t count;
    struct head_field {
        struct slice name, value; /* as sent, without the blanks around */
    } field[HEAD_FIELDS];
    uint64_t body; /* Content-Length; 0 when there is none */
};
/* raw: n bytes from the method to the last end of line, with the zeros as said above. address: where the address begins in it, and the bytes it had
 * before they were decoded in place; version: where the version begins. NULL when well; else why not, and the status to answer. */
const char *head_read(const char *raw, size_t n, size_t address, size_t address_n, size_t version, struct head *out, int *status);
/* First field of that name (any case), {NULL,0} when there is none. */
struct slice head_get(const struct head *h, const char *name);
/* The value of a cookie (RFC 6265 5.4), {NULL,0} when there is none, or it is there twice. */
struct slice head_cookie(const struct head *h, const char *name);
#endif
