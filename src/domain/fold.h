/* Letters without case and accent: the folding under every table of words (makes, calibres, vocabulary). Not the folding of
 * serial numbers, which goes by the shape of the glyph (domain/mark.h). Pure. */
#ifndef DOMAIN_FOLD_H
#define DOMAIN_FOLD_H
#include "base/slice.h"

/* The code point at *at, which moves past it. Bytes that are not UTF-8 are read as Latin-1, one by one. Needs *at < s.n. */
uint32_t fold_next(struct slice s, size_t *at);
/* 'a'..'z' for a Latin letter of any case with any accent, '0'..'9' for a digit of any script that Unicode calls Arabic,
 * Arabic-Indic or Persian, 0 for anything else. A letter that is written with two (ß, æ, œ) gives its first. */
char fold_letter(uint32_t cp);
/* Lower case of Greek and Cyrillic letters; other code points unchanged. */
uint32_t fold_lower(uint32_t cp);
/* Combining accents and characters that print nothing (U+0300..036F, U+200B..200F, U+FEFF, U+00AD). */
bool fold_ignorable(uint32_t cp);

/* Words in lower case, one space between, without punctuation: "Smith & Wesson S.A." -> "smith wesson s a". Cyrillic and
 * Greek letters stay (lower case, UTF-8), and Arabic ones (without vowel signs; alef, ya, ta marbuta and hamza carriers one letter each; words of
 * their own beside other letters and figures). With `decimal`, a point or comma between digits stays, as a point. At most cap-1
 * bytes and a NUL; returns the length. */
size_t fold_words(struct slice s, bool decimal, char *out, size_t cap);
/* The same without spaces. In and out may be the same memory. */
size_t fold_compact(const char *words, size_t n, char *out);
/* FNV-1a, 64 bits. Stable for ever: numbers made from it stand in stored files. */
uint64_t fold_hash(const char *p, size_t n);
/* Optimal string alignment distance of two byte strings (at most 63 long), at most limit + 1. */
unsigned fold_distance(const char *a, size_t an, const char *b, size_t bn, unsigned limit);
#endif
