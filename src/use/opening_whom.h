/* What an opening was of, in words: the log has its id alone. */
#ifndef USE_OPENING_WHOM_H
#define USE_OPENING_WHOM_H
#include "use/app.h"
#include "base/cjson.h"
#include "people/visitor.h"

/* Looks each firearm up once. Without a desk (the keys are locked, say), and for who may read neither firearms nor records, it says nothing: the log is shown all the same. */
struct whom_book;
struct whom_book *whom_open(struct app *app, const struct visitor *who, const struct lang *l, size_t most);
void whom_close(struct whom_book *b);
/* Members of the opening's object: "firearm": {mark?, make_label?, calibre_label?, record?, may_open?}, or "person": true of who is no firearm. record: the position of the
 * record that has the mark, for who may read records; may_open: he may open the firearm. */
void whom_put(struct whom_book *b, const struct subject_id *subject, struct cj *j);
/* May he be told what a firearm's id stands for? */
bool whom_may(const struct visitor *who);
#endif
