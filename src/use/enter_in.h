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

/* A second press of the button, or an answer that was lost. */
struct before {
    struct hash record;
    uint8_t digest[16]; /* of what was typed then */
    bool found;
};
struct recording {
    struct entering *x;
    struct hash record;
    uint64_t position;
    bool again; /* was recorded before */
};

/* ---- enter.c ---- */
/* Takes a desk; enter_close is called also after an error. */
enum err enter_open(struct entering *x, struct app *app, const struct people_ask *in, struct fault *f);
void enter_close(struct entering *x);
/* What the API was sent: may he, of which kind, under which key, and all fields. */
enum err enter_take(struct entering *x, struct fault *f);
/* Read, found and judged. *out_write: it is to be recorded now; else it was before (r->again), or problems stay in the entry. ERR_REFUSED ("warned"):
 * there are warnings that were not confirmed. ERR_EXISTS: its key was used with other words. */
enum err enter_prepare(struct entering *x, struct recording *r, bool *out_write, struct fault *f);
/* The writer's job for it (a writer_fn; arg: the recording). ERR_CONFLICT: what it was decided on moved; to be prepared again. */
enum err enter_write(void *arg, struct log *log, struct fault *f);
/* The two, until it is recorded, as often as what it was decided on moved. Errors of both. */
enum err enter_record(struct entering *x, struct recording *r, struct fault *f);
/* Members of the answer into the object that is open; the status. */
int enter_put_recorded(const struct recording *r, struct cj *j);

/* ---- enter_still.c: of the writer's thread ---- */
/* Was it written lately under this claim, by this process, and is it there? */
enum err entered_find(const struct entering *x, struct log *log, const uint8_t claim[16], struct hash *record, uint8_t digest[16], bool *found, struct fault *f);
void entered_note(struct app *a, const uint8_t claim[16], const struct recording *r);
/* ERR_CONFLICT ("firearm", "permit", "document"): what it was decided on has moved. l: may be NULL. */
enum err entered_still(const struct entered *l, const struct entry *x, struct log *log, struct fault *f);

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
/* The list "problems", with the step of the form where there is one. */
void enter_put_problems(struct cj *j, const struct lang *l, const struct profile_kind *k, const struct fault *problem, size_t n);
enum err enter_put_list(struct entering *x, struct cj *j, struct fault *f);
bool enter_may(const struct visitor *who, const struct profile *p, const struct profile_kind *k);
/* Names of the inputs of one field: the word itself, and for a party its parts; at most ENTER_PARTS. Returns how many. */
#define ENTER_PARTS 5
size_t enter_inputs(const struct field_kind *d, char out[ENTER_PARTS][48]);
/* Is this an input of a field of the kind's form? */
bool enter_asks(const struct profile_kind *kind, struct slice name);
#endif
