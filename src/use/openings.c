/* Who looked at whom: the log of openings for auditors, the sample for reviewers, totals by purpose. */
#include "use/opening_whom.h"
#include "use/people_in.h"
#include "people/access.h"
#include <stdio.h>
#include "base/banned.h"

#define SHOWN 100    /* a page */
#define COUNTED 10000 /* no further */
#define REVIEWED 200
#define OFFICES 500
#define NO_PURPOSE "none" /* as the filter names it */
#define DAY_MS ((int64_t)86400000)

static void put_when(struct cj *j, const char *member, int64_t ms)
{
    char text[25];
    time_text(ms, text);
    cj_kstr(j, member, slice_str(text));
}

static void put_opening(struct cj *j, const struct lang *l, struct whom_book *whom, const struct opening_row *x)
{
    static const char *const reviews[] = {NULL, "waits", "proper", "improper"};
    cj_obj(j);
    cj_kint(j, "position", (int64_t)x->position);
    put_when(j, "at", x->o.at);
    cj_khex(j, "account", x->o.account.b, sizeof x->o.account.b);
    cj_khex(j, "subject", x->o.subject.b, sizeof x->o.subject.b);
    if (!x->pruned)
        whom_put(whom, &x->o.subject, j);
    cj_kbool(j, "pruned", x->pruned);
    cj_kstr_opt(j, "who", x->o.who);
    cj_kstr_opt(j, "office", x->o.office);
    cj_kstr_opt(j, "door", x->o.door);
    words_label(j, l, "door_label", "opening_door.", x->o.door);
    cj_kstr_opt(j, "case_no", x->o.case_no);
    cj_kstr_opt(j, "purpose", x->o.purpose);
    words_label(j, l, "purpose_label", "purpose.", x->o.purpose);
    if (x->o.glass)
        cj_kbool(j, "emergency", true);
    if (x->review > 0 && x->review < 4) {
        cj_kstr(j, "review", slice_str(reviews[x->review]));
        put_key(j, l, "review_label", "review_state.", reviews[x->review]);
    }
    cj_obj_end(j);
}

static enum err put_rows(struct app *app, const struct people_ask *in, const struct opening_row *rows, size_t n, struct cj *j)
{
    struct whom_book *whom = whom_open(app, in->who, in->lang, n);
    cj_kint(j, "shown", (int64_t)n);
    cj_key(j, "openings");
    cj_arr(j);
    for (size_t i = 0; i < n; i++)
        put_opening(j, in->lang, whom, &rows[i]);
    cj_arr_end(j);
    whom_close(whom);
    return j->out->err;
}

/* ---- which ones are asked for ---- */

struct wanted {
    struct opening_filter filter;
    struct opening_place before;
    struct subject_id account, subject;
    int64_t since, until;
    bool after_place, any;
};

static enum err read_id(struct slice text, const char *field, struct subject_id *id, const struct subject_id **out, struct fault *f)
{
    if (!text.n)
        return OK;
    if (!hex_to(text, id->b, sizeof id->b))
        return fault_set(f, ERR_FORMAT, field, text, "want.party_id");
    *out = id;
    return OK;
}

static enum err by_number(struct app *app, struct slice text, struct subject_id *out, struct fault *f)
{
    struct desk *d;
    enum err e = desk_take(app, &d, f);
    if (e)
        return e;
    if (!(e = store_begin(d->store, f)))
        e = store_firearm(d->store, text, out, f);
    store_rollback(d->store);
    desk_give(app, d);
    return e;
}

/* Firearm or person by the id; a firearm also by its number in another register, for who may be told what firearm an id is. */
static enum err read_subject(struct app *app, const struct people_ask *in, struct wanted *w, struct fault *f)
{
    struct slice text = ask_field(in, "subject");
    struct fault g = {0};
    enum err e = read_id(text, "subject", &w->subject, &w->filter.subject, f);
    if (!e || !whom_may(in->who))
        return e;
    w->filter.subject = &w->subject;
    e = by_number(app, text, &w->subject, &g);
    if (!e || (err_who(e) == ERR_CALLER && e != ERR_SEVERAL))
        return e ? fault_set(f, ERR_FORMAT, "subject", text, "want.subject") : OK;
    *f = g;
    return fault_set(f, e, "subject", slice_str(g.value), "want.subject");
}

/* An officer by the name that he signs in with, also one whose account is closed. */
static enum err read_who(struct people *p, struct slice login, struct wanted *w, struct fault *f)
{
    if (!login.n)
        return OK;
    const struct roster *r = people_roster(p);
    const struct account *x = r ? roster_login(r, login) : NULL;
    if (x)
        w->account = x->id;
    people_release(p);
    w->filter.account = &w->account;
    return x ? OK : fault_set(f, ERR_NOT_FOUND, "who", login, "want.login");
}

static enum err read_purpose(struct people *p, struct slice purpose, struct wanted *w, struct fault *f)
{
    if (purpose.n && slice_is(purpose, NO_PURPOSE))
        w->filter.purpose = SLICE("");
    else if (purpose.n && !purpose_known(people_profile(p), purpose))
        return fault_set(f, ERR_UNKNOWN_CODE, "purpose", purpose, "want.choice");
    else if (purpose.n)
        w->filter.purpose = purpose;
    return OK;
}

/* Days (or months, years, moments) in UTC; the last one is meant whole. */
static enum err read_days(struct slice since, struct slice until, struct wanted *w, struct fault *f)
{
    struct when a, b;
    enum err e = when_typed(since, "first", &a, f);
    if (e || (e = when_typed(until, "last", &b, f)))
        return e;
    if (since.n && until.n && b.end <= a.start)
        return fault_set(f, ERR_RANGE, "last", until, "want.until_after");
    w->since = a.start;
    w->until = b.end;
    w->filter.from = since.n ? &w->since : NULL;
    w->filter.until = until.n ? &w->until : NULL;
    return OK;
}

/* "1700000000000-17": what the page before said of its last one. */
static enum err read_before(struct slice text, struct wanted *w, struct fault *f)
{
    const char *dash = text.n ? memchr(text.p, '-', text.n) : NULL;
    size_t n = dash ? (size_t)(dash - text.p) : 0;
    uint64_t at, position;
    if (!text.n)
        return OK;
    if (!dash || !slice_u64(slice_of(text.p, n), INT64_MAX, &at) || !slice_u64(slice_of(dash + 1, text.n - n - 1), INT64_MAX, &position))
        return fault_set(f, ERR_FORMAT, "before", text, "want.before");
    w->before = (struct opening_place){(int64_t)at, position};
    w->after_place = true;
    return OK;
}

static struct slice or_none(struct slice s)
{
    return s.n ? s : slice_of(NULL, 0);
}

/* The filter points into *w, which must stay where it is. */
static enum err read_wanted(struct app *app, struct people *p, const struct people_ask *in, struct wanted *w, struct fault *f)
{
    *w = (struct wanted){.filter = {.office = or_none(ask_field(in, "office")), .case_no = or_none(ask_field(in, "case"))}};
    enum err e = read_id(ask_field(in, "account"), "account", &w->account, &w->filter.account, f);
    if (e || (e = read_subject(app, in, w, f)) || (e = read_who(p, ask_field(in, "who"), w, f)) ||
        (e = read_purpose(p, ask_field(in, "purpose"), w, f)) || (e = read_days(ask_field(in, "first"), ask_field(in, "last"), w, f)))
        return e;
    const struct opening_filter *x = &w->filter;
    w->any = x->account || x->subject || x->purpose.p || x->office.p || x->case_no.p || x->from || x->until;
    return read_before(ask_field(in, "before"), w, f);
}

/* ---- what can be chosen ---- */

static void put_one_purpose(struct cj *j, const struct lang *l, const char *code, const char *key, struct slice asked)
{
    cj_obj(j);
    cj_kstr(j, "code", slice_str(code));
    words_text(j, l, "label", key, NULL, 0);
    if (slice_is(asked, code))
        cj_kbool(j, "chosen", true);
    cj_obj_end(j);
}

static void put_purposes(struct people *p, const struct people_ask *in, struct cj *j)
{
    const struct profile_people *x = people_profile(p);
    struct slice asked = ask_field(in, "purpose");
    char key[64];
    cj_key(j, "purposes");
    cj_arr(j);
    for (size_t i = 0; i < x->purpose_count; i++) {
        snprintf(key, sizeof key, "purpose.%s", x->purpose[i]);
        put_one_purpose(j, in->lang, x->purpose[i], key, asked);
    }
    put_one_purpose(j, in->lang, NO_PURPOSE, "openings.no_purpose", asked);
    cj_arr_end(j);
}

/* Those that have accounts, each once; one that has none any more can be typed. */
static void put_offices(struct people *p, struct cj *j)
{
    const struct roster *r = people_roster(p);
    struct slice seen[OFFICES];
    size_t n = 0;
    cj_key(j, "offices");
    cj_arr(j);
    for (size_t i = 0; r && i < r->account_count && n < OFFICES; i++) {
        struct slice office = r->account[i].office;
        size_t k = 0;
        while (k < n && !slice_eq(seen[k], office))
            k++;
        if (!office.n || k < n)
            continue;
        seen[n++] = office;
        cj_str(j, office);
    }
    cj_arr_end(j);
    people_release(p);
}

static enum err put_found(struct app *app, struct people *p, const struct people_ask *in, const struct wanted *w, struct cj *j, struct fault *f)
{
    struct arena a;
    size_t n = 0;
    int64_t count = 0;
    char place[48];
    arena_init(&a, 8u << 20);
    struct opening_row *rows = arena_array(&a, SHOWN + 1, sizeof *rows);
    enum err e = rows ? access_count(people_box(p), &w->filter, COUNTED + 1, &count, f) : fault_set(f, ERR_MEMORY, "openings", SLICE(""), "");
    if (!e)
        e = access_find(people_box(p), &a, &w->filter, w->after_place ? &w->before : NULL, SHOWN + 1, rows, &n, f);
    if (!e) {
        cj_kint(j, "count", count > COUNTED ? COUNTED : count);
        if (count > COUNTED)
            cj_kbool(j, "uncounted", true);
        if (n > SHOWN) {
            snprintf(place, sizeof place, "%lld-%llu", (long long)rows[SHOWN - 1].o.at, (unsigned long long)rows[SHOWN - 1].position);
            cj_kstr(j, "older", slice_str(place));
        }
        e = put_rows(app, in, rows, n > SHOWN ? SHOWN : n, j);
    }
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
        cj_kstr_opt(j, "purpose", slice_str(t[i].purpose));
        words_label(j, in->lang, "purpose_label", "purpose.", slice_str(t[i].purpose));
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

/* By an account's id as by its name: the form shows the name. */
static void put_asked_who(struct people *p, const struct wanted *w, struct cj *j)
{
    const struct roster *r = people_roster(p);
    const struct account *x = r && w->filter.account ? roster_find(r, w->filter.account) : NULL;
    if (x)
        cj_kstr(j, "asked_who", x->login);
    people_release(p);
}

DOOR_FN(door_openings)
{
    struct people *p;
    struct wanted w;
    enum err e = app_people(app, &p, f);
    if (e || (e = read_wanted(app, p, in, &w, f)))
        return e;
    cj_obj(out->out);
    if (w.any)
        cj_kbool(out->out, "filtered", true);
    if (w.after_place)
        cj_kbool(out->out, "continued", true);
    put_asked_who(p, &w, out->out);
    put_limit(p, out->out);
    put_purposes(p, in, out->out);
    put_offices(p, out->out);
    if (!(e = put_found(app, p, in, &w, out->out, f)) && !(e = put_busy(p, out->out, f)))
        e = put_totals(p, in, out->out, f);
    cj_obj_end(out->out);
    return e ? e : out->out->out->err;
}

DOOR_FN(door_review)
{
    struct people *p;
    struct arena a;
    size_t n = 0;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    arena_init(&a, 8u << 20);
    struct opening_row *rows = arena_array(&a, REVIEWED + 1, sizeof *rows);
    e = rows ? access_to_review(people_box(p), &a, REVIEWED + 1, rows, &n, f) : fault_set(f, ERR_MEMORY, "openings", SLICE(""), "");
    cj_obj(out->out);
    if (!e && n > REVIEWED)
        cj_kbool(out->out, "more", true);
    if (!e)
        e = put_rows(app, in, rows, n > REVIEWED ? REVIEWED : n, out->out);
    cj_obj_end(out->out);
    arena_free(&a);
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
