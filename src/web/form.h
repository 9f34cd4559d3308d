/* Names and values of a query or a posted form: application/x-www-form-urlencoded (WHATWG URL standard, 5.1), and the path of
 * a request. What is not well-formed is refused, never repaired: a bad %XX, a NUL byte, bytes that are not UTF-8. */
#ifndef WEB_FORM_H
#define WEB_FORM_H
#include "base/arena.h"
#include "base/buf.h"

#define FORM_FIELDS 64

struct form {
    size_t count;
    struct form_field {
        struct slice name, value;
    } field[FORM_FIELDS];
};

/* Decoded into the arena. ERR_FORMAT, ERR_ENCODING, ERR_TOO_LONG (more than FORM_FIELDS), ERR_EXISTS (a name twice: one
 * reader must not see another value than the next), ERR_MEMORY. */
enum err form_parse(struct arena *a, struct slice text, struct form *out, struct fault *f);
/* The value, white space trimmed, and what nobody sees (slice_bare) but of passwords; {NULL,0} when absent or empty. */
struct slice form_get(const struct form *form, const char *name);
/* Percent-decoding of a path. Refuses also a missing leading '/', empty or dot segments, and an encoded '/'. */
enum err form_path(struct arena *a, struct slice raw, struct slice *out, struct fault *f);
/* The value as it stands in a query: all but unreserved bytes (RFC 3986 2.3) become %XX. */

void form_quote(struct buf *out, struct slice s);
#endif
