/* Signs that nobody sees: controls, signs of direction, joiners, fillers. In a number that is compared sign by sign they make two of one, and a sign of
 * direction makes a text look like another. They are refused with their place, never taken out: what the writer saw is not known.
 * Source: Unicode 15, general categories Cc, Cf, Zl, Zp, property Default_Ignorable_Code_Point, noncharacters (23.7); UTR 36, 3. Format signs that are
 * drawn (U+0600 and the like) are no hidden ones. */
#ifndef BASE_HIDDEN_H
#define BASE_HIDDEN_H
#include "base/err.h"

enum hidden_may { /* what a text may hold of them */
    HIDDEN_NONE = 0,
    HIDDEN_JOINS = 1,  /* joiners and variation selectors beside a sign that is not ASCII: Persian, Kurdish, Indic, Mongolian and Han names */
    HIDDEN_BREAKS = 2, /* tab and line breaks */
    HIDDEN_TURNS = 4   /* signs of direction, but for overrides; soft hyphens and the like */
};
#define HIDDEN_WORDS HIDDEN_JOINS
#define HIDDEN_ADDRESS (HIDDEN_JOINS | HIDDEN_BREAKS)
#define HIDDEN_FREE (HIDDEN_JOINS | HIDDEN_BREAKS | HIDDEN_TURNS)

/* Offset of the first sign that s (UTF-8) must not hold, or -1; *out_sign (which may be NULL) its code point. */
ptrdiff_t hidden_find(struct slice s, unsigned may, uint32_t *out_sign);
/* ERR_FORMAT when there is one; the fault's value shows it, and others near it, in its place: "AB[U+202E]12". */
enum err hidden_refuse(struct slice s, unsigned may, const char *field, struct fault *f);
#endif
