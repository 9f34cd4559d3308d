/* The fields of a form as a JSON object of texts, {"mark": "A71835", ...}, and many of them as lines (NDJSON, JSON Lines): one object a line, LF or CR LF
 * at its end, empty lines passed over. What is not well-formed is refused, never repaired: another type than text, a name twice, a NUL character. */
#ifndef WEB_FORM_JSON_H
#define WEB_FORM_JSON_H
#include "web/form.h"

/* Into the arena. ERR_FORMAT names the member, or "body"; ERR_TOO_LONG: more than FORM_FIELDS; ERR_MEMORY. */
enum err form_json(struct arena *a, struct slice text, struct form *out, struct fault *f);

struct json_line {
    size_t number;           /* counted from 1, empty ones too */
    const struct form *form; /* NULL: it could not be read, as the fault says */
    struct fault fault;
};
/* Each line is read alone. ERR_MISSING ("body"): there is none; ERR_TOO_LONG: more than max that are not empty; ERR_MEMORY. */
enum err form_json_lines(struct arena *a, struct slice body, size_t max, struct json_line **out, size_t *n, struct fault *f);
#endif
