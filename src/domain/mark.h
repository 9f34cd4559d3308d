/* A mark: what is engraved, as read, and the key it is searched by. Pure: no I/O, no clock.
 *
 * Text is kept as read, in its own script. The KEY folds it for search: case, separators, digit scripts and look-alike
 * glyphs vanish, while a two-bit variant a character remembers which of the look-alikes stood there (0/O/Q/D), so that an
 * exact match still ranks above a look-alike. Folding is by glyph class, not by transliteration (Cyrillic В is B, not V).
 * Arabic-Indic and Persian digits fold by VALUE for the main key and by SHAPE for a second key (٥ looks like 0).
 * Source: facts "Look-alikes per script"; NCIC Gun File rules (O and 0; letters embedded between digits). */
#ifndef DOMAIN_MARK_H
#define DOMAIN_MARK_H
#include "base/buf.h"

#define MARK_CHARS 15       /* folded characters in a packed key */
#define MARK_LONG_CHARS 30  /* folded characters kept of any serial; longer ones are cut there (and set MARK_CUT) */
#define MARK_TEXT_MAX 512   /* bytes of one mark's text */

enum mark_status {
    MARK_CLEAR, MARK_PARTIAL, MARK_OBLITERATED, MARK_WORN, MARK_NONE_SEEN, MARK_RESTORED, MARK_ALTERED, MARK_ABSENT,
    MARK_UNKNOWN, MARK_STATUS_COUNT
};
const char *mark_status_code(enum mark_status s);             /* "CLEAR", "PARTIAL" ... */
bool mark_status_of(struct slice code, enum mark_status *out);

/* b[0] = number of characters 0..15; b[1..15] = class << 2 | variant, zero past the end. Sorting keys as 16 bytes after
 * masking with 0xFC groups look-alikes. Class 0 is "no character"; classes 1..MARK_CLASSES-1 are glyph classes.
 * A serial of more than 15 characters is two keys: the first 15, and a tail with b[0] = MARK_TAIL | count, which stands
 * right after it in every list of keys. */
struct mark_key {
    uint8_t b[16];
};
#define MARK_TAIL 0x80
#define MARK_CLASSES 48
#define MARK_CLASS_OTHER (MARK_CLASSES - 1) /* every glyph that has no class of its own; variant = low bits of the code point */

/* What folding noticed beside the key. */
enum { MARK_LONG = 1, MARK_NON_LATIN = 2, MARK_HAS_SHAPE_KEY = 4, MARK_UNREADABLE = 8, MARK_CUT = 16 };

/* Folds one serial (a '?' or '*' inside folds to nothing and sets MARK_UNREADABLE: partial marks go through a pattern
 * instead). `shape` gets the second key when MARK_HAS_SHAPE_KEY is set. Returns flags. Empty text gives length 0. */
unsigned mark_fold(struct slice text, struct mark_key *value, struct mark_key *shape);
/* The keys to index for one serial: value key [its tail], and when it differs the shape key [its tail]. At most
 * MARK_KEYS; returns how many (0 for a text without a character), *out_flags as mark_fold. Each becomes an index entry of the same row. */
#define MARK_KEYS 4
size_t mark_keys(struct slice text, struct mark_key out[MARK_KEYS], unsigned *out_flags);
/* All characters (class << 2 | variant) of a serial, at most MARK_LONG_CHARS; returns how many. */
unsigned mark_chars(struct slice text, bool by_shape, uint8_t out[MARK_LONG_CHARS]);
/* What one code point folds to: 0 to MARK_SPELL packed characters (a Roman numeral's code point or a ligature has several). */
#define MARK_SPELL 4
unsigned mark_spell(uint32_t codepoint, bool by_shape, uint8_t out[MARK_SPELL]);
/* Reads one code point at s.p[0] (s.n > 0); a byte that is not UTF-8 is read as Latin-1. Returns bytes taken. */
size_t mark_codepoint(struct slice s, uint32_t *out);
/* The glyph class (1..) and variant (0..3) of one code point, by value; class 0 for separators that fold to nothing. */
unsigned mark_class(uint32_t codepoint, bool by_shape, unsigned *variant);
/* The character shown for a class and variant ('0','O','Q','D' ...), '#' for OTHER. */
char mark_glyph(unsigned cls, unsigned variant);
/* NCIC: letters between digits ignored ("369J257" = "369257"). The key without them; same key when there are none. */
struct mark_key mark_without_embedded(const struct mark_key *k);

/* Attribute word of an index entry: what is known of the gun as evidence; 0 in a part means unknown.
 * bits 0-15 make code (domain/terms.h), 16-31 model hash, 32-41 calibre code, 42-46 type code, 47-54 country (index in the
 * ISO 3166 list, from 1), 55-62 year - 1850 (1..255), 63 set when the mark's script is not Latin. */
struct mark_attr {
    uint16_t make, model, calibre;
    uint8_t type, country;
    uint16_t year;
    bool non_latin;
};
uint64_t mark_attr_pack(struct mark_attr a);
struct mark_attr mark_attr_unpack(uint64_t w);
#endif
