/* Words in results: a message key together with its sentence in the reader's language, a code with its label. */
#ifndef USE_WORDS_H
#define USE_WORDS_H
#include "base/cjson.h"
#include "domain/effects.h"
#include "lang/lang.h"

/* "name": {"key": key, "text": sentence} with up to n arguments; without a name when name is NULL. */
void words_note(struct cj *j, const struct lang *l, const char *name, const char *key, const struct lang_arg *args, size_t n);
void words_note_tone(struct cj *j, const struct lang *l, const char *name, const char *key, const char *tone);
/* The sentence alone. */
void words_text(struct cj *j, const struct lang *l, const char *name, const char *key, const struct lang_arg *args, size_t n);
/* Member `member`: the words of this code, message `prefix` + code. Nothing when the code is empty or the reader's language has no words for it (a code
 * of another country's profile): pages then show the code. */
void words_label(struct cj *j, const struct lang *l, const char *member, const char *prefix, struct slice code);
/* "make": code and "make_label": words; unlisted text as label; unknown and none in words; nothing when not asked. */
void words_term(struct cj *j, const struct lang *l, enum term_list list, const char *name, const struct term_text *t);
void words_item(struct cj *j, const struct lang *l, const struct item_description *d);
/* "type_label": a type by its label in English, as a request for a list keeps it, in the reader's words. Nothing when text is empty. */
void words_type(struct cj *j, const struct lang *l, struct slice text);
/* "status": {key, text, tone, code}. */
void words_status(struct cj *j, const struct lang *l, enum item_status s, bool contradiction);
const char *status_tone(enum item_status s);
#endif
