/* A form that makes a secret (a link, a token, codes) does it once: its page carries a number, and a second press with the same number, which makes the browser throw
 * away the first answer, gets the first one's answer again. What a form makes is nowhere else to be read, so without this the secret would be lost, or two would be made. */
#ifndef USE_ONCE_H
#define USE_ONCE_H
#include "use/people_in.h"

#define ONCE_BYTES 16
#define ONCE_SHOWN 120000 /* ms for which an answer is kept to be shown again; then it is wiped, and the form is refused: ERR_EXISTS */

/* In the memory of this process alone; the oldest of ONCE_MANY is forgotten for a new one. */
#define ONCE_MANY 1024
struct once;
void once_free(struct once *o); /* wipes */
/* Wipes the answers that are older than ONCE_SHOWN. Called a few times a second, as app_watch is. */
void once_tidy(struct once *o, int64_t now);

/* Runs `act`, or gives the answer that the same person's form of this number and address had, filled in alike. Two at a time: the second waits for the first. A form without a number (a
 * program's) is done as it comes; what failed may be sent again. Only what could be done is remembered. */
enum err once_do(struct app *app, const struct people_ask *in, struct people_answer *out, people_door_fn act, struct fault *f);
/* The member "once": a new number for the page's forms. */
void put_once(struct people *p, struct cj *j);
/* Did the form come with a number? */
bool once_given(const struct people_ask *in);
#endif
