/* Terms: makes, models, calibres, types and countries as people write them, and the codes they mean. The tables are data
 * files (data/terms/) compiled in; the synonyms are of our own making. A text that is in no table keeps its text and gets
 * the honest answer "not in list". Pure.
 *
 * Four answers that are not a value: UNKNOWN (cannot be found out), NONE (none seen), UNLISTED (not in list, the text says
 * what), and absent (not asked). */
#ifndef DOMAIN_TERMS_H
#define DOMAIN_TERMS_H
#include "base/slice.h"

enum term_list { TERM_MAKE, TERM_CALIBRE, TERM_TYPE, TERM_COUNTRY, TERM_LISTS };
enum term_answer { TERM_NOT_ASKED, TERM_UNKNOWN, TERM_NONE, TERM_UNLISTED, TERM_LISTED };

#define TERM_CODE_MAX 24
struct term {
    enum term_answer answer;
    uint16_t number;           /* stable number for attribute words: listed 1..0x7fff; UNLISTED 0x8000 | 15-bit hash of the
                                  folded text (makes; for other lists UNLISTED is 0); 0 otherwise */
    char code[TERM_CODE_MAX];  /* "TAURUS", "9X19", "PISTOL", "BR"; "" unless LISTED */
};

/* Reads free text ("Taurus Forjas S.A.", "9mm para", "38 SPL", "revólver", "Brasil", "بندقية صيد") in five languages. `type_hint` is a
 * type number or 0: ".32" means another calibre on a shotgun than on a revolver. Never fails. */
struct term term_read(enum term_list list, struct slice text, unsigned type_hint);
/* By code ("TAURUS") or by number; answer UNLISTED / NOT_ASKED when there is none. */
struct term term_by_code(enum term_list list, struct slice code);
struct term term_by_number(enum term_list list, unsigned number);
/* Label in the field's standard words ("9x19 mm Parabellum"); the code itself when there is no better. */
const char *term_label(enum term_list list, unsigned number);
size_t term_count(enum term_list list);
/* The number of entry n (0 to term_count - 1) in the order of the list; numbers have gaps. 0 past the end. */
unsigned term_nth(enum term_list list, size_t n);
/* ISO 3166-1 alpha-2 country of a listed make, "" when unknown or many. */
const char *term_make_country(unsigned make);
/* 16-bit hash of a model's folded text; 0 for empty. Stable for ever: it stands in stored index snapshots. */
uint16_t term_model_hash(struct slice model);
/* True when calibre and type cannot belong together (a 12 gauge revolver): a warning, never a refusal. */
bool term_incompatible(unsigned type, unsigned calibre);

/* Taurus two-letter rule: serial = two letters + digits, or three letters + digits (letters 2 and 3). First letter = year,
 * second = month, 1981-2019. Restated as arithmetic; confidence in percent (100 for two letters, less for three).
 * False when the serial is not of the form. Source: facts 3, checked on 2,295 and 6,205 rows. */
struct taurus_date {
    int year, month, confidence;
};
bool term_taurus_date(struct slice serial, struct taurus_date *out);
/* A grammar warning key for lang ("warn.serial_make") when serial and make, or serial and year (0 = not known), disagree,
 * else NULL. */
const char *term_serial_warning(unsigned make, struct slice serial, int year);
#endif
