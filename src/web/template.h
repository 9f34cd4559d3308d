/* Templates: Mustache (the required part of the specification: interpolation, sections, inverted sections, comments, partials, set delimiters) compiled once
 * into a flat program, and rendered over values (web/value.h). {{x}} is escaped for HTML; {{{x}}} and {{&x}} are not, and no page uses them
 * for anything but markup that the server made (type NODE_RAW).
 *
 * Beyond Mustache, when a language is given (docs/howto/add-a-page.md):
 *   {{t.key}}                      the text of that key, looked up when the template is compiled; without markup of its own in an attribute
 *   {{t.key n=count who=item.make}}   the same with arguments taken from the values
 *   {{id x}}     an identifier, in <bdi dir="ltr">         {{say x}}   text from a record, in <bdi>
 *   {{.x}}       x of the innermost value only (Mustache looks outwards when it is absent)
 *   {{#x?}}      a section shown once when x is there, without entering it (a heading above a list)
 *   {{date x}}   a date of the register, worded            {{number x}}  a whole number, grouped
 *   {{url x}}    as it stands in a query: bytes that are not unreserved as %XX
 * A program is never changed after compiling and is shared by threads. */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H
#include "lang/lang.h"
#include "base/node.h"

#define TEMPLATE_DEPTH 32 /* sections and partials within each other */

/* The source of a partial (or of a page), {NULL,0} when there is none: nothing is shown then, as Mustache wants. */
typedef struct slice (*template_source)(void *arg, struct slice name);

struct template;
/* `lang` may be NULL: plain Mustache. ERR_FORMAT (field: the template's name; line; what stands there), ERR_NOT_FOUND (no such template, or a
 * text key that the language does not have), ERR_MEMORY. */
enum err template_compile(const char *name, template_source source, void *arg, const struct lang *lang, struct template **out, struct fault *f);
void template_free(struct template *t);

/* Values are looked up in `values[count-1]` first and `values[0]` last. Nesting past TEMPLATE_DEPTH ends in ERR_RANGE. */
enum err template_render(const struct template *t, const struct node *const *values, size_t count, struct buf *out);
#endif
