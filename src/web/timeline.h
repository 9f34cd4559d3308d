/* The custody line drawn as SVG on the server: three lanes (owner; who else holds it lawfully; the State), unexplained gaps open with their length,
 * numbered steps above, contradictions red. Time runs in the reading direction of the language. Widths are percentages, so
 * that letters keep their size on every screen; colours come from the style sheet by class (tone-lawful, tone-state ...).
 * The list of steps on the page says the same in words, and after the drawing the same bands stand as a list, which the style sheet shows in its place where the screen is narrower. */
#ifndef WEB_TIMELINE_H
#define WEB_TIMELINE_H
#include "lang/lang.h"
#include "base/node.h"

/* `trace` is the firearm result of docs/api/shapes.md. Writes nothing when no step has a date. */
void timeline_svg(const struct node *trace, const struct lang *l, struct buf *out);
#endif
