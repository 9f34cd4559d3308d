/* The words of mark texts: data/marks/vocabulary.txt, read once. For read*.c only; the file's form is in
 * docs/formats/vocabulary.md. */
#ifndef MARKS_VOCABULARY_H
#define MARKS_VOCABULARY_H
#include "base/slice.h"

/* What a word says. The order is that of the names in vocabulary.c. */
enum word_class {
    WORD_OTHER, /* in no list */
    WORD_REMOVED, WORD_GROUND, WORD_PUNCHED, WORD_POINTS, WORD_DRILLED, WORD_WELDED, WORD_OVERSTAMPED, WORD_ALTERED, WORD_HUMAN,
    WORD_ORIGINAL, WORD_DIFFERENT, WORD_TRACE, WORD_WORN, WORD_CORRODED, WORD_ILLEGIBLE, WORD_LEGIBLE, WORD_POSSIBLE, WORD_HAVE, WORD_NONE, WORD_UNKNOWN,
    WORD_RECOVERED, WORD_EXAM, WORD_OBTAINED, WORD_PARTIAL, WORD_ONLY, WORD_PART, WORD_BEFORE, WORD_FIRST, WORD_LAST, WORD_REST, WORD_DIGIT, WORD_NUMBER, WORD_NOT,
    WORD_WITHOUT, WORD_JOIN, WORD_BUT, WORD_PROBABLE, WORD_MAYBE, WORD_STOP, WORD_REFERENCE, WORD_THING, WORD_ITEM, WORD_PROPERTY,
    /* places, in the order of read_places[] */
    WORD_FRAME, WORD_SLIDE, WORD_BOLT, WORD_BARREL, WORD_CYLINDER, WORD_STOCK, WORD_PLACE_OTHER,
    WORD_WHOLE_ABSENT, WORD_WHOLE_NONE, WORD_WHOLE_UNKNOWN, WORD_CLASSES
};

/* The class of a folded word (no accents, lower case); misspellings count when `loose`. WORD_OTHER when it is in no list. */
enum word_class vocabulary_word(const char *word, size_t n, bool loose);
/* The class WORD_WHOLE_* of a whole text, folded and without spaces; WORD_OTHER when it is none. */
enum word_class vocabulary_whole(const char *text, size_t n);
/* The place code of a class ("FRAME"), "" when it is no place. */
const char *vocabulary_place(enum word_class c);
#endif
