/* Text into HTML. */
#ifndef LANG_HTML_H
#define LANG_HTML_H
#include "base/buf.h"

/* & < > " ' become references: right in element content and in quoted attributes (never in scripts, styles or unquoted attributes,
 * which no template has). */
void html_escape(struct buf *out, struct slice s);
#endif
