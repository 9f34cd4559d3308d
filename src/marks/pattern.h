/* A search pattern: what can still be read. Grammar (docs/formats/pattern.md):
 *   character      that character (folded; its look-alikes match too, at a cost)
 *   ?              one unreadable character
 *   [0OQ]          one of several; [0-9] and [A-F] are runs
 *   *              an unknown number of lost characters (0 or more), at either end or inside
 * Spaces, hyphens and other separators are dropped (a hyphen inside brackets between two digits or two letters is a run).
 * At most MARK_LONG_CHARS cells beside '*', at most PATTERN_TEXT_MAX bytes, at least one readable cell. A pattern without
 * '*' may be searched with errors too. */
#ifndef MARKS_PATTERN_H
#define MARKS_PATTERN_H
#include "domain/mark.h"
#include "base/err.h"

#define PATTERN_TEXT_MAX 200
#define PATTERN_CELLS 61 /* MARK_LONG_CHARS cells and the stars around them */

enum cell_kind { CELL_CHAR, CELL_ANY, CELL_SET, CELL_STAR };
struct cell {
    enum cell_kind kind;
    uint8_t cls, variant; /* CELL_CHAR */
    uint64_t set;         /* bit per class: CELL_CHAR one bit, CELL_SET one or more, CELL_ANY all */
    uint8_t variants[4];  /* CELL_SET: the first four characters named, class << 2 | variant, 0 past them (for ranking) */
};
#define PATTERN_ANY ((((uint64_t)1 << MARK_CLASSES) - 1) & ~(uint64_t)1)

struct pattern {
    size_t count;
    struct cell cells[PATTERN_CELLS];
    unsigned stars, anys, sets, chars; /* how many of each */
    struct mark_key key;               /* the folded key when there are only CELL_CHAR cells, at most 15; else length 0 */
    char text[PATTERN_TEXT_MAX + 1];   /* as typed */
};

/* ERR_MISSING (nothing readable), ERR_TOO_LONG, ERR_FORMAT (unclosed or empty bracket), ERR_ENCODING; field "pattern". */
enum err pattern_parse(struct slice text, struct pattern *out, struct fault *f);
/* Do the folded characters (class << 2 | variant) fit, no errors allowed? The definition that index and scan both answer to. */
bool pattern_fits_chars(const struct pattern *p, const uint8_t *chars, unsigned n);
bool pattern_fits(const struct pattern *p, const struct mark_key *k);
/* Optimal string alignment distance (substitution, deletion, insertion, adjacent transposition, no part edited twice) of
 * folded classes, for a pattern without stars; a cell matches each class of its set at no cost. Above `limit` (at most
 * PATTERN_LIMIT) returns limit + 1. */
#define PATTERN_LIMIT 30
unsigned pattern_distance_chars(const struct pattern *p, const uint8_t *chars, unsigned n, unsigned limit);
unsigned pattern_distance(const struct pattern *p, const struct mark_key *k, unsigned limit);
#endif
