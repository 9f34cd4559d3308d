/* A listed term as the reader calls it: types and countries have a name in each language (data/lang, CLDR), makes and calibres one for all. */
#ifndef TRACE_TERM_WORDS_H
#define TRACE_TERM_WORDS_H
#include "base/buf.h"
#include "domain/terms.h"

struct lang;
/* The key of a code's text: "type." and "PISTOL" give "type.pistol". Cut to `size`. */
void term_key(char *key, size_t size, const char *prefix, const char *code);
/* Without a language: the label of the list. */
void term_words(const struct lang *l, enum term_list list, unsigned number, struct buf *out);
#endif
