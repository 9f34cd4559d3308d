/* A mark's text cut into atoms: runs of letters, digits and signs for "unreadable", with what stands between them. For
 * read*.c only. */
#ifndef MARKS_READ_LEX_H
#define MARKS_READ_LEX_H
#include "domain/mark.h"
#include "marks/vocabulary.h"

#define ATOMS_MAX 96
#define ATOM_FOLD 32

/* Signs inside an atom, beside letters and digits. */
#define SIGN_ONE 0xE000 /* one unreadable character: ? * # _ and the º that stands between two digits */
#define SIGN_GAP 0xE001 /* a gap of unknown length: "..." */

enum atom_kind { ATOM_WORD, ATOM_CODE };
struct atom {
    uint16_t from, to;     /* code points of struct lexed */
    enum atom_kind kind;   /* letters only, or with digits or signs */
    enum word_class class; /* ATOM_WORD only */
    uint8_t fold_n, letters, digits, signs;
    bool upper;            /* no lower-case letter */
    bool spaced;           /* white space before */
    bool broken;           /* before it: a comma, full stop, semicolon, colon or parenthesis that ends a phrase */
    bool opened, closed;   /* before it: '(' or ')' */
    bool fenced;           /* before it: nothing but parentheses and spaces */
    bool ordinal;          /* after it: º or ª ("4º") */
    char joint;            /* the one character that stands between it and the atom before: '-' '.' '/' ' ', '(' or ')';
                              0 = several, or none before */
    char fold[ATOM_FOLD];  /* letters without case and accent, and digits */
};
struct lexed {
    uint32_t cp[MARK_TEXT_MAX + 1]; /* code points, signs replaced */
    size_t count;
    struct atom atom[ATOMS_MAX];
    size_t atoms;
    bool lower_case, upper_case;    /* some letter is */
};

void read_lex(struct slice text, struct lexed *out);
/* The upper-case form of a code point of Latin, Greek or Cyrillic. */
uint32_t read_upper(uint32_t cp);
#endif
