/* Persons who ask what is held about them: the request, the answer or the refusal with its reason, a statement of correction, an appeal and its
 * decision, each a record on the list act_requests and sealed under the person's own key. Pure folding; the doors are in use/request.c.
 *
 * | state    | means                                     | goes on by                                   | due within (profile) |
 * | ASKED    | he was identified and waits               | answered, refused                            | answer_days          |
 * | ANSWERED | the answer was given                      | appealed                                     | appeal_days to appeal |
 * | REFUSED  | he was told why not                       | appealed                                     | appeal_days to appeal |
 * | APPEALED | another than who answered has to decide   | decided: KEPT, or CHANGED and answered anew  | decide_days          |
 * | KEPT     | the appeal was not followed; its reason says where he can turn | nothing                 |                      |
 * A statement of correction may be added in any state and changes none. An act that the state does not allow does nothing. */
#ifndef USE_REQUEST_H
#define USE_REQUEST_H
#include "people/act.h"
#include "domain/rights.h"

enum request_state { REQUEST_OF_ASKED, REQUEST_OF_ANSWERED, REQUEST_OF_REFUSED, REQUEST_OF_APPEALED, REQUEST_OF_KEPT, REQUEST_OF_STATES };
const char *request_state_word(enum request_state s);
#define REQUEST_STEPS 24
struct person_request {
    struct act asked;
    enum request_state state;
    int64_t since, due;        /* due: until when the office, or in ANSWERED and REFUSED the person, may act; 0 = no term */
    struct subject_id answered_by;
    size_t step_count;
    struct act step[REQUEST_STEPS];
};
/* Does this act follow in this state? Statements always do. */
bool request_follows(enum request_state s, enum act_kind k);
/* Acts in the order of the log. Slices borrow theirs. */
void request_begin(struct person_request *r, const struct act *asked, const struct profile_people *p);
/* false: it is of another request, or does not follow. */
bool request_step(struct person_request *r, const struct act *a, const struct profile_people *p);
#endif
