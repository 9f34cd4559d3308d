/* Who looked at whom: the log of openings for auditors, the sample for reviewers, totals by purpose. */
#include "use/people_in.h"
#include "people/access.h"
#include <stdio.h>
#include "base/banned.h"

#define SHOWN 200
#define DAY_MS ((int64_t)86400000)

static void put_when(struct cj *j, const char *member, int64_t ms)
{
    char text[25];
    time_text(ms, text);
    cj_kstr(j, member, slice_str(text));
}

static void put_purpose(struct cj *j, const struct lang *l, struct slice purpose)
{
    char code[32];
    snprintf(code, sizeof code, SLICE_FMT, SLICE_ARG(purpose));
    if (!*code)
        return;
    cj_kstr(j, "purpose", purpose);
    put_key(j, l, "purpose_label", "purpose.", code);
}

static void put_door(struct cj *j, const struct lang *l, struct slice door)
{
    char key[64];
    snprintf(key, sizeof key, "opening_door." SLICE_FMT, SLICE_ARG(door));
    cj_kstr_opt(j, "door", door);
    if (door.n && lang_has(l, key))
        words_text(j, l, "door_label", key, NULL, 0);
}

static void put_opening(struct cj *j, const struct lang *l, const struct opening_row *x)
{
    static const char *const reviews[] = {NULL, "waits", "proper", "improper"};
    cj_obj(j);
    cj_kint(j, "position", (int64_t)x->position);
    put_when(j, "at", x->o.at);
    cj_khex(j, "account", x->o.account.b, sizeof x->o.account.b);
    cj_khex(j, "subject", x->o.subject.b, sizeof x->o.subject.b);
    cj_kbool(j, "pruned", x->pruned);
    cj_kstr_opt(j, "who", x->o.who);
    cj_kstr_opt(j, "office", x->o.office);
    put_door(j, l, x->o.door);
    cj_kstr_opt(j, "case_no", x->o.case_no);
    put_purpose(j, l, x->o.purpose);
    if (x->o.glass)
        cj_kbool(j, "emergency", true);
    if (x->review > 0 && x->review < 4) {
        cj_kstr(j, "review", slice_str(reviews[x->review]));
        put_key(j, l, "review_label", "review_state.", reviews[x->review]);
    }
    cj_obj_end(j);
}

static enum err put_list(struct people *p, const struct people_ask *in, enum access_order order, const struct subject_id *id, struct cj *j,
    struct fault *f)
{
    struct arena a;
    size_t n = 0;
    arena_init(&a, 8u << 20);
    struct opening_row *rows = arena_array(&a, SHOWN, sizeof *rows);
    enum err e = rows ? access_list(people_box(p), &a, order, id, SHOWN, rows, &n, f) : ERR_MEMORY;
    cj_kint(j, "shown", (int64_t)n);
    cj_key(j, "openings");
    cj_arr(j);
    for (size_t i = 0; i < n && !e; i++)
        put_opening(j, in->lang, &rows[i]);
    cj_arr_end(j);
    arena_free(&a);
    return e;
}

/* Who opened most in the last day; those past the profile's limit are marked. */
static enum err put_busy(struct people *p, struct cj *j, struct fault *f)
{
    struct access_total t[20];
    size_t n = 0;
    enum err e = access_by_account(people_box(p), people_now(p) - DAY_MS, t, 20, &n, f);
    const struct roster *r = people_roster(p);
    cj_key(j, "by_account");
    cj_arr(j);
    for (size_t i = 0; i < n && !e; i++) {
        const struct account *x = r ? roster_find(r, &t[i].account) : NULL;
        cj_obj(j);
        cj_khex(j, "account", t[i].account.b, sizeof t[i].account.b);
        if (x)
            cj_kstr(j, "who", x->login);
        cj_kint(j, "count", t[i].count);
        cj_kbool(j, "too_many", t[i].count >= people_profile(p)->busy_openings);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    people_release(p);
    return e;
}

static enum err put_totals(struct people *p, const struct people_ask *in, struct cj *j, struct fault *f)
{
    struct access_total t[PURPOSES_MAX + 1];
    size_t n = 0;
    enum err e = access_by_purpose(people_box(p), people_now(p) - 30 * DAY_MS, INT64_MAX, t, PURPOSES_MAX + 1, &n, f);
    cj_key(j, "by_purpose");
    cj_arr(j);
    for (size_t i = 0; i < n && !e; i++) {
        cj_obj(j);
        put_purpose(j, in->lang, slice_str(t[i].purpose));
        cj_kint(j, "count", t[i].count);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    return e;
}

static void put_limit(struct people *p, struct cj *j)
{
    cj_kint(j, "busy_limit", people_profile(p)->busy_openings);
}

DOOR_FN(door_openings)
{
    struct people *p;
    struct subject_id id = {0};
    struct slice account = ask_field(in, "account"), subject = ask_field(in, "subject");
    enum access_order order = account.n ? ACCESS_OF_ACCOUNT : subject.n ? ACCESS_OF_SUBJECT : ACCESS_NEWEST;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    if (order != ACCESS_NEWEST && !hex_to(account.n ? account : subject, id.b, sizeof id.b))
        return fault_set(f, ERR_FORMAT, account.n ? "account" : "subject", account.n ? account : subject, "want.subject_id");
    cj_obj(out->out);
    cj_kstr_opt(out->out, "of_account", account);
    cj_kstr_opt(out->out, "of_subject", subject);
    put_limit(p, out->out);
    if (!(e = put_list(p, in, order, &id, out->out, f)) && !(e = put_busy(p, out->out, f)))
        e = put_totals(p, in, out->out, f);
    cj_obj_end(out->out);
    return e ? e : out->out->out->err;
}

DOOR_FN(door_review)
{
    struct people *p;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    cj_obj(out->out);
    e = put_list(p, in, ACCESS_TO_REVIEW, NULL, out->out, f);
    cj_obj_end(out->out);
    return e ? e : out->out->out->err;
}

DOOR_FN(door_judge)
{
    struct people *p;
    struct subject_id reviewer = ask_account(in);
    struct slice what = ask_field(in, "what");
    uint64_t position;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    if (!slice_u64(in->id, INT64_MAX, &position))
        return fault_set(f, ERR_NOT_FOUND, "opening", in->id, "");
    if (!slice_is(what, "proper") && !slice_is(what, "improper"))
        return fault_set(f, ERR_FORMAT, "what", what, "want.proper_improper");
    answer_go(out, SLICE(""), "/review");
    return access_judge(people_box(p), position, &reviewer, slice_is(what, "proper"), f);
}
