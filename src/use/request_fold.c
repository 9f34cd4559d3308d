#include "use/request.h"
#include "base/banned.h"

#define DAY_MS ((int64_t)86400000)

static const char *const words[REQUEST_OF_STATES] = {"asked", "answered", "refused", "appealed", "kept"};

const char *request_state_word(enum request_state s)
{
    return words[s];
}

bool request_follows(enum request_state s, enum act_kind k)
{
    switch (k) {
    case ACT_STATEMENT:
        return true;
    case ACT_PERSON_ANSWERED:
    case ACT_PERSON_REFUSED:
        return s == REQUEST_OF_ASKED;
    case ACT_APPEALED:
        return s == REQUEST_OF_ANSWERED || s == REQUEST_OF_REFUSED;
    case ACT_APPEAL_DECIDED:
        return s == REQUEST_OF_APPEALED;
    default:
        return false;
    }
}

static void enter_state(struct person_request *r, enum request_state s, int64_t at, const struct profile_people *p)
{
    const int days[REQUEST_OF_STATES] = {p->answer_days, p->appeal_days, p->appeal_days, p->decide_days, 0};
    r->state = s;
    r->since = at;
    r->due = days[s] ? at + days[s] * DAY_MS : 0;
}

void request_begin(struct person_request *r, const struct act *asked, const struct profile_people *p)
{
    *r = (struct person_request){.asked = *asked};
    enter_state(r, REQUEST_OF_ASKED, asked->recorded, p);
}

bool request_step(struct person_request *r, const struct act *a, const struct profile_people *p)
{
    if (!hash_eq(&a->request, &r->asked.record) || !request_follows(r->state, a->kind) || r->step_count == REQUEST_STEPS)
        return false;
    if (a->kind == ACT_APPEALED && a->recorded > r->due) /* too late */
        return false;
    if (a->kind == ACT_APPEAL_DECIDED && subject_eq(&a->by, &r->answered_by)) /* nobody decides over himself */
        return false;
    r->step[r->step_count++] = *a;
    if (a->kind == ACT_PERSON_ANSWERED || a->kind == ACT_PERSON_REFUSED) {
        r->answered_by = a->by;
        enter_state(r, a->kind == ACT_PERSON_ANSWERED ? REQUEST_OF_ANSWERED : REQUEST_OF_REFUSED, a->recorded, p);
    } else if (a->kind == ACT_APPEALED) {
        enter_state(r, REQUEST_OF_APPEALED, a->recorded, p);
    } else if (a->kind == ACT_APPEAL_DECIDED) { /* changed: he is to be answered anew */
        enter_state(r, slice_is(a->outcome, "changed") ? REQUEST_OF_ASKED : REQUEST_OF_KEPT, a->recorded, p);
    }
    return true;
}
