/* Folding of persons' names for search. The same name in other letters, cases and accents folds to the same words; a name in a script
 * that is not Latin folds to its own letters and, beside them, to its Latin transcription, so that it is found from either.
 *
 *   Latin      no case, no accents ("Kertész-Móricz" -> "kertesz moricz"); ß ss, æ ae, ø o, ł l ...
 *   Cyrillic, Greek  lower case, without accents; and transcribed (ICU Any-Latin)
 *   Arabic     without vowel signs and tatweel; alef, ya, ta marbuta and hamza carriers one letter each, without the article; and transcribed. The transcription of
 *              unvowelled Arabic has no short vowels: "Muhammad" does not find محمد, another spelling in Arabic does
 *   Chinese    the characters; and pinyin without tones. Two characters are enough for a search
 *
 * Source: Unicode NFKC_Casefold (UAX 31, UAX 44), ICU transliterators "Any-Latin; Latin-ASCII". */
#ifndef LANG_NAME_H
#define LANG_NAME_H
#include "base/buf.h"

#define NAME_FOLD 1 /* version: whatever keeps folded names keeps it too */

/* Appends a blank, then each word and a blank. Thread-safe; a folder belongs to one thread. */
struct name_folder;
struct name_folder *name_folder_new(struct fault *f);
void name_folder_free(struct name_folder *n);
void name_fold(struct name_folder *n, struct slice name, struct buf *out);
/* The query's words, without the transcription; what is matched against folded names. */
void name_fold_query(struct name_folder *n, struct slice query, struct buf *out);
/* A folded word of Han, Kana or Hangul: written without blanks, so it is looked for anywhere. */
bool name_is_unspaced(struct slice word);
#endif
