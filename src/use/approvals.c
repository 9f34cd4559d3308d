/* The second pair of eyes: what was asked for (a role, a list of holders), and who decides it. */
#include "use/people_in.h"
#include <stdio.h>
#include "base/banned.h"

#define DECIDED_SHOWN 50 /* the newest */

static void put_when(struct cj *j, const char *member, int64_t ms)
{
    char text[25];
    time_text(ms, text);
    if (ms > 0)
        cj_kstr(j, member, slice_str(text));
}

static void put_who(struct cj *j, const char *member, const struct roster *r, const struct subject_id *id)
{
    const struct account *x = roster_find(r, id);
    if (x)
        cj_kstr(j, member, x->login);
}

/* What waits for the reader comes first; of what is decided the newest are shown. */
enum approval_group { GROUP_MINE, GROUP_WAITS, GROUP_DECIDED, GROUPS };

static enum approval_group group_of(const struct request *q, const struct subject_id *reader)
{
    return q->state != REQUEST_WAITS ? GROUP_DECIDED : request_may_judge(q, reader) ? GROUP_MINE : GROUP_WAITS;
}

static void put_request(struct cj *j, const struct lang *l, const struct profile_people *profile, const struct roster *r, const struct request *q,
    const struct subject_id *reader)
{
    static const char *const states[] = {[REQUEST_WAITS] = "waits", [REQUEST_APPROVED] = "approved", [REQUEST_REFUSED] = "refused",
        [REQUEST_DONE] = "approved"};
    char role[ACT_TEXT + 1], purpose[ROLE_NAME];
    snprintf(role, sizeof role, SLICE_FMT, SLICE_ARG(q->act.role));
    cj_obj(j);
    cj_khex(j, "id", q->act.record.b, sizeof q->act.record.b);
    put_when(j, "asked", q->act.recorded);
    put_who(j, "by", r, &q->act.by);
    put_who(j, "account", r, &q->act.account);
    if (q->act.kind == ACT_LIST_ASKED) {
        put_key(j, l, "role_label", "approvals.", "list");
        cj_kstr_opt(j, "area", q->act.area);
        cj_kstr_opt(j, "make", q->act.make);
        cj_kstr_opt(j, "calibre", q->act.calibre);
        cj_kstr_opt(j, "type", q->act.type);
        words_type(j, l, q->act.type);
        cj_kstr_opt(j, "case_no", q->act.case_no);
        if (purpose_known(profile, q->act.purpose)) {
            snprintf(purpose, sizeof purpose, SLICE_FMT, SLICE_ARG(q->act.purpose));
            put_key(j, l, "purpose_label", "purpose.", purpose);
        }
        cj_kint(j, "approvals", (int64_t)q->approvals);
        cj_kbool(j, "counts", q->state == REQUEST_WAITS);
    } else {
        cj_kstr(j, "role", q->act.role);
        put_key(j, l, "role_label", "role_name.", role);
    }
    cj_kstr_opt(j, "reason", q->act.reason);
    cj_kstr(j, "state", slice_str(states[q->state]));
    put_key(j, l, "state_label", "approval_state.", states[q->state]);
    put_who(j, "judged_by", r, &q->judged_by);
    cj_kbool(j, "mine_to_judge", group_of(q, reader) == GROUP_MINE);
    cj_obj_end(j);
}

/* Members of the group's name and its name with "_count". */
static void put_group(const struct people_ask *in, struct people *p, const struct roster *r, enum approval_group g, struct cj *j)
{
    static const char *const names[GROUPS][2] = {{"mine", "mine_count"}, {"waits", "waits_count"}, {"decided", "decided_count"}};
    struct subject_id reader = ask_account(in);
    int64_t count = 0;
    cj_key(j, names[g][0]);
    cj_arr(j);
    for (size_t i = r ? r->request_count : 0; i > 0; i--)
        if (group_of(&r->request[i - 1], &reader) == g && (++count <= DECIDED_SHOWN || g != GROUP_DECIDED))
            put_request(j, in->lang, people_profile(p), r, &r->request[i - 1], &reader);
    cj_arr_end(j);
    cj_kint(j, names[g][1], count);
    if (g == GROUP_DECIDED && count > DECIDED_SHOWN)
        cj_kint(j, "decided_shown", DECIDED_SHOWN);
}

DOOR_FN(door_approvals)
{
    struct people *p;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    const struct roster *r = people_roster(p);
    cj_obj(out->out);
    for (enum approval_group g = 0; g < GROUPS; g++)
        put_group(in, p, r, g, out->out);
    cj_obj_end(out->out);
    people_release(p);
    return out->out->out->err;
}

/* The approval and what it allows are one transaction: nothing approved is left undone, nothing is done twice. */
DOOR_FN(door_approve)
{
    struct people *p;
    struct hash id;
    struct slice what = ask_field(in, "what");
    struct subject_id by = ask_account(in);
    struct act acts[2] = {{.by = by, .reason = ask_field(in, "reason")}, {.kind = ACT_ROLE_GIVEN}};
    char role[ACT_TEXT + 1] = "";
    bool yes = slice_is(what, "approve"), there, may = false, list = false;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    if (!yes && !slice_is(what, "refuse"))
        return fault_set(f, ERR_FORMAT, "what", what, "want.approve_refuse");
    if (!yes && !acts[0].reason.n) /* refusals carry reasons */
        return fault_set(f, ERR_MISSING, "reason", SLICE(""), "say.reason");
    if (!hex_to(in->id, id.b, sizeof id.b))
        return fault_set(f, ERR_NOT_FOUND, "request", in->id, "");
    const struct roster *r = people_roster(p);
    const struct request *q = r ? roster_request(r, &id) : NULL;
    if ((there = q && q->state == REQUEST_WAITS)) {
        may = request_may_judge(q, &by);
        list = q->act.kind == ACT_LIST_ASKED;
        acts[0].account = acts[1].account = q->act.account;
        acts[1].by = q->act.by;
        snprintf(role, sizeof role, SLICE_FMT, SLICE_ARG(q->act.role));
    }
    people_release(p);
    if (!there)
        return fault_set(f, ERR_NOT_FOUND, "request", in->id, "");
    if (!may)
        return fault_set(f, ERR_REFUSED, "request", SLICE(""), "say.other_judge");
    acts[0].kind = yes ? ACT_APPROVED : ACT_REFUSED;
    acts[0].request = acts[1].request = id;
    acts[1].role = slice_str(role);
    answer_go(out, SLICE(""), "/approvals");
    return app_act(app, acts, yes && !list ? 2 : 1, NULL, f);
}
