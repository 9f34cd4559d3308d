/* Between the files of the use case "enter something". */
#ifndef USE_ENTER_IN_H
#define USE_ENTER_IN_H
#include "entry/entry.h"
#include "people/draft.h"
#include "use/people_in.h"

struct entering {
    struct app *app;
    const struct people_ask *in;
    struct people *people;
    struct desk *desk;
    struct draft draft;    /* what was typed so far: of the pages from accounts.db, of the API in memory only */
    const struct profile *profile;
    const struct profile_kind *kind;
    struct entry *entry;
    struct buf warnings;   /* JSON list */
    size_t warning_count;
    char warned[33];       /* names the warnings: what is recorded was confirmed in sight of these */
};

/* ---- enter_judge.c ---- */
/* The index where the entry states a mark; taken outside of a reading of the store, given back always. */
struct enter_index {
    struct index_view *view;
};
enum err enter_index_take(struct entering *x, struct enter_index *ix, struct fault *f);
void enter_index_give(struct enter_index *ix);
/* Inside a reading of the store, after entry_find: fills warnings and adds problems that are refusals. */
enum err enter_judge(struct entering *x, const struct enter_index *ix, struct fault *f);

/* ---- enter_page.c ---- */
/* The form of one step, as typed, with the problems of the entry (may be NULL). */
enum err enter_put_form(struct entering *x, size_t step, struct cj *j);
/* "Check your answers": each with its step, the warnings, and the problems that are left. */
enum err enter_put_check(struct entering *x, struct cj *j);
enum err enter_put_list(struct entering *x, struct cj *j, struct fault *f);
bool enter_may(const struct visitor *who, const struct profile *p, const struct profile_kind *k);
/* Names of the inputs of one field: the word itself, and for a party its parts; at most ENTER_PARTS. Returns how many. */
#define ENTER_PARTS 5
size_t enter_inputs(const struct field_kind *d, char out[ENTER_PARTS][48]);
#endif
