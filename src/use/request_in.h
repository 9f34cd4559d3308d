/* Inside of the counter: what its pages (request.c) and its answer (request_answer.c) share. */
#ifndef USE_REQUEST_IN_H
#define USE_REQUEST_IN_H
#include "use/people_in.h"
#include "use/request.h"

struct counter { /* one call of a door */
    struct app *app;
    const struct people_ask *in;
    struct people *people;
    struct desk *desk;
    const struct profile *profile;
    struct person_request *request;
    size_t n;
};

/* A day, left out when ms is 0; the words of a code, left out when it has none. */
void request_put_time(struct cj *j, const char *member, int64_t ms);
/* Whom the request is about, as the register knows him by now: who was on record under no such document when he asked may be since. */
enum err request_party(struct counter *c, const struct person_request *r, struct subject_id *out, struct fault *f);
/* What is held about him that may be told, how much may not and why, and where the profile allows who looked at it. */
enum err request_tell(struct counter *c, const struct person_request *r, struct cj *j, struct fault *f);
#endif
