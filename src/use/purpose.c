/* Why names are read: a purpose of the profile's list and the number of a case that is open, stated once for all that is done on it. And the
 * emergency in which there is none yet. */
#include "use/people_in.h"
#include <stdio.h>
#include "base/banned.h"

#define GLASS_MINUTES 30

static bool firearm(struct slice text, struct subject_id *out)
{
    return hex_to(text, out->b, sizeof out->b);
}

DOOR_FN(door_purpose_show)
{
    struct people *p;
    struct cj *j = out->out;
    struct slice typed = ask_field(in, "purpose");
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    const struct profile_people *profile = people_profile(p);
    cj_obj(j);
    cj_kstr_opt(j, "purpose", slice_str(in->who->purpose));
    cj_kstr_opt(j, "case_no", slice_str(in->who->case_no));
    cj_kbool(j, "glass", in->who->glass);
    cj_kbool(j, "may_open", visitor_may(in->who, RIGHT_CASE_OPEN));
    cj_kbool(j, "may_break", visitor_may(in->who, RIGHT_BREAK_GLASS));
    cj_key(j, "purposes");
    cj_arr(j);
    for (size_t i = 0; i < profile->purpose_count; i++) {
        cj_obj(j);
        cj_kstr(j, "code", slice_str(profile->purpose[i]));
        put_key(j, in->lang, "label", "purpose.", profile->purpose[i]);
        cj_kbool(j, "chosen", slice_is(typed.n ? typed : slice_str(in->who->purpose), profile->purpose[i]));
        cj_obj_end(j);
    }
    cj_arr_end(j);
    cj_obj_end(j);
    return j->out->err;
}

enum err case_of_office(struct app *app, struct slice case_no, struct slice office, bool *out, struct fault *f)
{
    struct desk *d;
    struct act *acts = NULL;
    size_t n = 0;
    enum err e = desk_take(app, &d, f);
    *out = false;
    if (e)
        return e;
    if (!(e = store_begin(d->store, f)))
        e = act_case(d->store, &d->arena, case_no, &acts, &n, f);
    store_rollback(d->store);
    for (size_t i = 0; i < n && !e; i++)
        *out = *out || slice_eq(acts[i].office, office);
    desk_give(app, d);
    return e;
}

/* The case is there, in this office; or is opened now, or named for this firearm now, by a record. */
static enum err settle_case(struct app *app, const struct people_ask *in, const struct act *wanted, bool open, struct fault *f)
{
    struct desk *d;
    struct act *acts = NULL;
    bool ours = false, named = subject_none(&wanted->about);
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    size_t n = 0;
    if (!(e = store_begin(d->store, f)))
        e = act_case(d->store, &d->arena, wanted->case_no, &acts, &n, f);
    store_rollback(d->store);
    for (size_t i = 0; i < n && !e; i++) {
        ours = ours || slice_eq(acts[i].office, wanted->office);
        named = named || subject_eq(&acts[i].about, &wanted->about);
    }
    desk_give(app, d);
    if (e || (ours && named))
        return e;
    if (!ours && (!open || !visitor_may(in->who, RIGHT_CASE_OPEN))) /* one of another office is none of ours: the same answer */
        return fault_set(f, ERR_NOT_FOUND, "case", wanted->case_no, "say.open_case");
    if (n && !ours)
        return fault_set(f, ERR_NOT_FOUND, "case", wanted->case_no, "say.open_case");
    if (ours && !visitor_may(in->who, RIGHT_CASE_OPEN))
        return OK;
    return app_act(app, wanted, 1, NULL, f);
}

DOOR_FN(door_purpose)
{
    struct people *p;
    struct session s;
    struct slice purpose = ask_field(in, "purpose"), case_no = ask_field(in, "case");
    struct act wanted = {.kind = ACT_CASE_OPENED, .account = ask_account(in), .by = ask_account(in), .office = slice_str(in->who->office),
        .case_no = case_no, .purpose = purpose};
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    if (!purpose_known(people_profile(p), purpose))
        return fault_set(f, purpose.n ? ERR_UNKNOWN_CODE : ERR_MISSING, "purpose", purpose, "say.purpose");
    if (!case_no.n)
        return fault_set(f, ERR_MISSING, "case", case_no, "say.open_case");
    if (case_no.n > ACT_TEXT)
        return fault_set(f, ERR_TOO_LONG, "case", case_no, "want.act_text");
    if (!firearm(ask_field(in, "firearm"), &wanted.about))
        wanted.about = (struct subject_id){0};
    if ((e = settle_case(app, in, &wanted, slice_is(ask_field(in, "open"), "yes"), f)) || (e = own_session(p, in, &s, f)))
        return e;
    snprintf(s.purpose, sizeof s.purpose, SLICE_FMT, SLICE_ARG(purpose));
    snprintf(s.case_no, sizeof s.case_no, SLICE_FMT, SLICE_ARG(case_no));
    s.glass = 0;
    answer_go(out, ask_field(in, "next"), "/");
    return people_change(p, &s, f);
}

/* Said to all in the log before anything opens; reviewers get every opening that follows. */
DOOR_FN(door_glass)
{
    struct people *p;
    struct session s;
    struct act a = {.kind = ACT_GLASS_BROKEN, .account = ask_account(in), .by = ask_account(in), .office = slice_str(in->who->office),
        .reason = ask_field(in, "reason")};
    if (a.reason.n < 10)
        return fault_set(f, a.reason.n ? ERR_RANGE : ERR_MISSING, "reason", a.reason, "say.glass_reason");
    enum err e = app_people(app, &p, f);
    if (e || (e = own_session(p, in, &s, f)) || (e = app_act(app, &a, 1, NULL, f)))
        return e;
    s.glass = people_now(p) + GLASS_MINUTES * 60000;
    answer_go(out, ask_field(in, "next"), "/");
    return people_change(p, &s, f);
}
