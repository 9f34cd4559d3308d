/* The counter of the persons who ask: requests listed with their terms, one shown with what can be done next, the
 * answer as a document, and the letter by which somebody at home reads his answer. */
#include "use/request_in.h"
#include "people/access.h"
#include "people/factor.h"
#include "use/once.h"
#include "use/party.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define LETTER_DAYS 60
#define LETTER_GROUP 5
#define CODE_LETTER 3

/* ---- loading ---- */

static int by_position(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void take(struct counter *c, const struct act *a)
{
    if (a->kind == ACT_PERSON_ASKED) {
        request_begin(&c->request[c->n++], a, &c->profile->people);
        return;
    }
    for (size_t i = 0; i < c->n; i++)
        if (request_step(&c->request[i], a, &c->profile->people))
            return;
}

static enum err load(struct counter *c, struct fault *f)
{
    struct subject_id list = act_requests();
    struct store *s = c->desk->store;
    uint64_t *at;
    size_t count = 0;
    enum err e = store_begin(s, f);
    if (e)
        return e;
    e = store_subject_positions(s, &c->desk->arena, &list, &at, &count, f);
    c->request = e ? NULL : arena_array(&c->desk->arena, count + 1, sizeof *c->request);
    if (!e && !c->request)
        e = fault_set(f, ERR_MEMORY, "requests", SLICE(""), "");
    if (!e && count)
        qsort(at, count, sizeof *at, by_position);
    for (size_t i = 0; !e && i < count; i++) {
        struct act a;
        if (!(e = act_read(s, &c->desk->arena, at[i], &a, f)))
            take(c, &a);
    }
    store_rollback(s);
    return e;
}

static enum err open_counter(struct counter *c, struct app *app, const struct people_ask *in, struct fault *f)
{
    *c = (struct counter){.app = app, .in = in};
    enum err e = app_people(app, &c->people, f);
    if (e || (e = desk_take(app, &c->desk, f)))
        return e;
    c->profile = store_profile(c->desk->store);
    return load(c, f);
}

static void close_counter(struct counter *c)
{
    if (c->desk)
        desk_give(c->app, c->desk);
}

/* Of the own office; one of another is none of ours. Who decides appeals sees them all. */
static bool ours(const struct counter *c, const struct person_request *r)
{
    return visitor_may(c->in->who, RIGHT_APPEALS) || slice_is(r->asked.office, c->in->who->office);
}

static struct person_request *find(struct counter *c, struct slice id)
{
    struct hash h;
    for (size_t i = 0; i < c->n && hex_to(id, h.b, sizeof h.b); i++)
        if (hash_eq(&c->request[i].asked.record, &h) && ours(c, &c->request[i]))
            return &c->request[i];
    return NULL;
}

/* ---- showing ---- */

void request_put_time(struct cj *j, const char *member, int64_t ms)
{
    char day[11];
    time_day(ms, day);
    if (ms)
        cj_kstr(j, member, slice_str(day));
}

static void put_head(struct counter *c, const struct person_request *r, struct cj *j)
{
    int64_t now = people_now(c->people);
    cj_khex(j, "id", r->asked.record.b, 32);
    request_put_time(j, "asked", r->asked.recorded);
    cj_kstr(j, "state", slice_str(request_state_word(r->state)));
    words_label(j, c->in->lang, "state_label", "request_state.", slice_str(request_state_word(r->state)));
    words_label(j, c->in->lang, "channel_label", "request_channel.", r->asked.channel);
    request_put_time(j, "due", r->due);
    if (r->due && r->due < now && (r->state == REQUEST_OF_ASKED || r->state == REQUEST_OF_APPEALED))
        cj_kbool(j, "overdue", true);
    cj_kstr_opt(j, "office", r->asked.office);
}

static int by_due(const void *a, const void *b)
{
    const struct person_request *x = *(const struct person_request *const *)a,
                                *y = *(const struct person_request *const *)b;
    bool open_x = x->state == REQUEST_OF_ASKED || x->state == REQUEST_OF_APPEALED,
         open_y = y->state == REQUEST_OF_ASKED || y->state == REQUEST_OF_APPEALED;
    return open_x != open_y ? (open_x ? -1 : 1) : x->due < y->due ? -1 : x->due > y->due;
}

DOOR_FN(door_requests)
{
    struct counter c;
    size_t n = 0;
    enum err e = open_counter(&c, app, in, f);
    const struct person_request **list = e ? NULL : arena_array(&c.desk->arena, c.n + 1, sizeof *list);
    if (!e && !list)
        e = fault_set(f, ERR_MEMORY, "requests", SLICE(""), "");
    for (size_t i = 0; !e && i < c.n; i++)
        if (ours(&c, &c.request[i]))
            list[n++] = &c.request[i];
    if (!e) {
        if (n)
            qsort(list, n, sizeof *list, by_due);
        cj_obj(out->out);
        cj_kint(out->out, "count", (int64_t)n);
        cj_kbool(out->out, "may_ask", visitor_may(in->who, RIGHT_PERSON_REQUESTS));
        cj_kbool(out->out, "by_letter", slice_is(ask_field(in, "channel"), "letter"));
        cj_key(out->out, "requests");
        cj_arr(out->out);
        for (size_t i = 0; i < n; i++) {
            cj_obj(out->out);
            put_head(&c, list[i], out->out);
            cj_obj_end(out->out);
        }
        cj_arr_end(out->out);
        cj_obj_end(out->out);
        e = out->out->out->err;
    }
    close_counter(&c);
    return e;
}

/* His words and ours are shown to who handles the request: he is who he says he is. */
static void put_step(struct counter *c, const struct act *a, struct cj *j)
{
    cj_obj(j);
    words_label(j, c->in->lang, "label", "kind.", slice_str(act_kind_name(a->kind)));
    request_put_time(j, "on", a->recorded);
    words_label(j, c->in->lang, "outcome_label", "request_outcome.", a->outcome);
    cj_kstr_opt(j, "text", a->text);
    cj_khex(j, "record", a->record.b, 32);
    cj_obj_end(j);
}

static void put_next(struct counter *c, const struct person_request *r, struct cj *j)
{
    const struct visitor *who = c->in->who;
    bool handles = visitor_may(who, RIGHT_PERSON_REQUESTS), late = r->due && people_now(c->people) > r->due;
    struct subject_id me = ask_account(c->in);
    cj_kbool(j, "may_answer", handles && request_follows(r->state, ACT_PERSON_ANSWERED));
    cj_kbool(j, "may_appeal", handles && request_follows(r->state, ACT_APPEALED) && !late);
    cj_kbool(j, "may_state", handles);
    cj_kbool(j, "may_decide",
        visitor_may(who, RIGHT_APPEALS) && request_follows(r->state, ACT_APPEAL_DECIDED) &&
            !subject_eq(&me, &r->answered_by));
    cj_kbool(j, "may_read", handles && r->state != REQUEST_OF_REFUSED);
    cj_kbool(j, "may_letter", handles && r->state == REQUEST_OF_ANSWERED);
    put_once(c->people, j);
}

static enum err put_request(struct counter *c, const struct person_request *r, struct cj *j)
{
    cj_obj(j);
    put_head(c, r, j);
    cj_kstr_opt(j, "name", r->asked.name);
    cj_kstr_opt(j, "document", r->asked.document);
    cj_kstr_opt(j, "text", r->asked.text);
    put_next(c, r, j);
    cj_key(j, "steps");
    cj_arr(j);
    for (size_t i = 0; i < r->step_count; i++)
        put_step(c, &r->step[i], j);
    cj_arr_end(j);
    cj_obj_end(j);
    return j->out->err;
}

DOOR_FN(door_request)
{
    struct counter c;
    enum err e = open_counter(&c, app, in, f);
    struct person_request *r = e ? NULL : find(&c, in->id);
    if (!e)
        e = r ? put_request(&c, r, out->out) : fault_set(f, ERR_NOT_FOUND, "request", in->id, "want.request");
    close_counter(&c);
    return e;
}

/* ---- asking ---- */

/* By the number of a document, which the officer has seen or the letter copies; who is not on record is told so by the
 * answer. */
static enum err who_asks(struct counter *c, struct slice document, struct subject_id *out, struct fault *f)
{
    struct subject_id hit[2];
    size_t n = 0;
    enum err e = store_begin(c->desk->store, f);
    if (!e)
        e = store_document(c->desk->store, document, hit, 2, &n, f);
    store_rollback(c->desk->store);
    if (n)
        *out = hit[0];
    else
        people_random(c->people, out->b, sizeof out->b);
    return e;
}

/* The same words of the same person at this office, to which nothing has been done yet: the button twice, or Back and once more. */
static const struct person_request *asked_before(const struct counter *c, const struct act *a)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct person_request *r = &c->request[i];
        const struct act *was = &r->asked;
        if (r->state == REQUEST_OF_ASKED && !r->step_count && slice_eq(was->office, a->office) && slice_eq(was->name, a->name) &&
            slice_eq(was->document, a->document) && slice_eq(was->channel, a->channel) && slice_eq(was->text, a->text))
            return r;
    }
    return NULL;
}

static enum err ask(struct counter *c, struct people_answer *out, struct fault *f)
{
    const struct people_ask *in = c->in;
    struct hash record;
    char hex[65] = "";
    struct act a = {.kind = ACT_PERSON_ASKED,
        .by = ask_account(in),
        .name = ask_field(in, "name"),
        .document = ask_field(in, "document"),
        .channel = ask_field(in, "channel"),
        .office = slice_str(in->who->office),
        .text = ask_field(in, "text")};
    if (!a.name.n || !a.document.n)
        return fault_set(
            f, ERR_MISSING, a.name.n ? "document" : "name", SLICE(""), a.name.n ? "want.document" : "want.name");
    if (!slice_is(a.channel, "counter") && !slice_is(a.channel, "letter"))
        return fault_set(f, a.channel.n ? ERR_UNKNOWN_CODE : ERR_MISSING, "channel", a.channel, "want.channel");
    if (slice_is(a.channel, "counter") && !slice_is(ask_field(in, "seen"), "yes"))
        return fault_set(f, ERR_MISSING, "seen", SLICE(""), "say.document_seen");
    const struct person_request *before = asked_before(c, &a);
    enum err e = before ? OK : who_asks(c, a.document, &a.about, f);
    if (e || (!before && (e = app_act(c->app, &a, 1, &record, f))))
        return e;
    hex_of(before ? before->asked.record.b : record.b, 32, hex);
    snprintf(out->go, sizeof out->go, "/requests/%s", hex);
    return OK;
}

DOOR_FN(door_request_new)
{
    struct counter c;
    enum err e = open_counter(&c, app, in, f);
    if (!e)
        e = ask(&c, out, f);
    close_counter(&c);
    return e;
}

/* ---- doing ---- */

static const struct {
    const char *what;
    enum act_kind kind;
    enum right right;
    const char *outcome;
    bool text; /* reasons, a statement: needed */
} doings[] = {{"answer", ACT_PERSON_ANSWERED, RIGHT_PERSON_REQUESTS, "all", false},
    {"refuse", ACT_PERSON_REFUSED, RIGHT_PERSON_REQUESTS, "", true},
    {"statement", ACT_STATEMENT, RIGHT_PERSON_REQUESTS, "", true},
    {"appeal", ACT_APPEALED, RIGHT_PERSON_REQUESTS, "", true},
    {"keep", ACT_APPEAL_DECIDED, RIGHT_APPEALS, "kept", true},
    {"change", ACT_APPEAL_DECIDED, RIGHT_APPEALS, "changed", true}};

static enum err do_one(
    struct counter *c, const struct person_request *r, size_t i, struct people_answer *out, struct fault *f)
{
    const struct people_ask *in = c->in;
    struct person_request after = *r;
    char hex[65] = "";
    struct act a = {.kind = doings[i].kind,
        .by = ask_account(in),
        .about = r->asked.about,
        .request = r->asked.record,
        .office = slice_str(in->who->office),
        .outcome = slice_str(doings[i].outcome),
        .text = ask_field(in, "text"),
        .recorded = people_now(c->people)};
    if (!visitor_may(in->who, doings[i].right))
        return fault_set(f, ERR_REFUSED, "what", ask_field(in, "what"), "say.forbidden");
    if (doings[i].text && a.text.n < 3)
        return fault_set(f, ERR_MISSING, "text", a.text, "say.request_reason");
    if (!request_step(&after, &a, &c->profile->people))
        return fault_set(f, ERR_CONFLICT, "what", ask_field(in, "what"), "say.request_state");
    enum err e = app_act(c->app, &a, 1, NULL, f);
    hex_of(r->asked.record.b, 32, hex);
    snprintf(out->go, sizeof out->go, "/requests/%s", hex);
    return e;
}

DOOR_FN(door_request_do)
{
    struct counter c;
    struct slice what = ask_field(in, "what");
    size_t i = 0, all = sizeof doings / sizeof *doings;
    enum err e = open_counter(&c, app, in, f);
    struct person_request *r = e ? NULL : find(&c, in->id);
    while (i < all && !slice_is(what, doings[i].what))
        i++;
    if (!e && !r)
        e = fault_set(f, ERR_NOT_FOUND, "request", in->id, "want.request");
    if (!e && i == all)
        e = fault_set(f, ERR_UNKNOWN_CODE, "what", what, "want.request_what");
    if (!e)
        e = do_one(&c, r, i, out, f);
    close_counter(&c);
    return e;
}

/* ---- the answer ---- */

static enum err put_answer(struct counter *c, const struct person_request *r, struct cj *j, struct fault *f)
{
    cj_obj(j);
    put_head(c, r, j);
    request_put_time(j, "made", people_now(c->people));
    cj_kstr_opt(j, "name", r->asked.name);
    cj_kstr_opt(j, "document", r->asked.document);
    cj_kint(j, "appeal_days", c->profile->people.appeal_days);
    cj_key(j, "steps");
    cj_arr(j);
    for (size_t i = 0; i < r->step_count; i++)
        put_step(c, &r->step[i], j);
    cj_arr_end(j);
    enum err e = r->state == REQUEST_OF_REFUSED ? OK : request_tell(c, r, j, f);
    if (r->state == REQUEST_OF_REFUSED)
        cj_kbool(j, "refused", true);
    cj_obj_end(j);
    return e ? e : j->out->err;
}

/* That his data are opened is logged under the person himself. */
static enum err log_reading(struct counter *c, const struct person_request *r, struct slice purpose, struct fault *f)
{
    struct opening o = {.at = people_now(c->people),
        .who = slice_str(c->in->who->login),
        .office = r->asked.office,
        .door = SLICE("page"),
        .purpose = purpose,
        .case_no = SLICE("")};
    enum err e = request_party(c, r, &o.subject, f);
    if (e)
        return e;
    memcpy(o.account.b, c->in->who->account, sizeof o.account.b);
    return access_write(people_box(c->people), &o, f);
}

DOOR_FN(door_request_answer)
{
    struct counter c;
    enum err e = open_counter(&c, app, in, f);
    struct person_request *r = e ? NULL : find(&c, in->id);
    if (!e && !r)
        e = fault_set(f, ERR_NOT_FOUND, "request", in->id, "want.request");
    if (!e && !(e = log_reading(&c, r, SLICE("complaint"), f)))
        e = put_answer(&c, r, out->out, f);
    close_counter(&c);
    return e;
}

/* ---- the letter ---- */

struct letter {
    uint8_t hash[32];
    struct subject_id request; /* first half of its record's id */
    int64_t expires, now;
    bool found;
};

static enum err put_letter(void *arg, struct engine *e, struct fault *f)
{
    const struct letter *l = arg;
    enum err err = code_clear(e, &l->request, CODE_LETTER, f); /* the newest counts */
    return err ? err : code_put(e, l->hash, &l->request, CODE_LETTER, l->expires, f);
}

static enum err peek_letter(void *arg, struct engine *e, struct fault *f)
{
    struct letter *l = arg;
    return code_peek(e, l->hash, l->now, &l->request, &l->found, f);
}

/* In groups, as it is read off paper, and the whole address where it is typed. */
static void put_letter_code(const struct people_ask *in, const char code[LINK_TEXT + 1], struct cj *j)
{
    char grouped[LINK_TEXT * 2], where[300];
    size_t n = 0;
    for (size_t i = 0; i < LINK_TEXT; i++) {
        if (i && i % LETTER_GROUP == 0)
            grouped[n++] = ' ';
        grouped[n++] = code[i];
    }
    snprintf(where, sizeof where, SLICE_FMT "/mine", SLICE_ARG(in->origin));
    cj_kstr(j, "code", slice_of(grouped, n));
    cj_kstr(j, "where", slice_str(where));
}

DOOR_FN(door_request_letter)
{
    struct counter c;
    uint8_t random[LINK_TEXT];
    char code[LINK_TEXT + 1];
    struct letter l;
    enum err e = open_counter(&c, app, in, f);
    struct person_request *r = e ? NULL : find(&c, in->id);
    if (!e && (!r || r->state != REQUEST_OF_ANSWERED))
        e = fault_set(f, ERR_NOT_FOUND, "request", in->id, "want.request_answered");
    if (!e) {
        people_random(c.people, random, sizeof random);
        code_text(random, LINK_TEXT, code);
        memcpy(l.request.b, r->asked.record.b, 16);
        code_hash(people_box(c.people), CODE_LETTER, &(struct subject_id){{0}}, code, l.hash);
        l.expires = people_now(c.people) + (int64_t)LETTER_DAYS * 86400000;
        e = box_write(people_box(c.people), put_letter, &l, f);
    }
    if (!e) {
        cj_obj(out->out);
        put_head(&c, r, out->out);
        cj_kstr_opt(out->out, "name", r->asked.name);
        put_letter_code(in, code, out->out);
        request_put_time(out->out, "until", l.expires);
        request_put_time(out->out, "made", people_now(c.people));
        cj_obj_end(out->out);
        e = out->out->out->err;
    }
    close_counter(&c);
    return e;
}

/* Somebody at home, with the code of his letter: his answer and nothing else. */
static enum err read_letter(struct counter *c, struct slice typed, struct people_answer *out, struct fault *f)
{
    struct letter l = {.now = people_now(c->people)};
    char code[LINK_TEXT + 1];
    static const struct subject_id none;
    enum err e = OK;
    if (code_read(typed, LINK_TEXT, code)) {
        code_hash(people_box(c->people), CODE_LETTER, &none, code, l.hash);
        e = box_read(people_box(c->people), peek_letter, &l, f);
    }
    struct person_request *r = NULL;
    for (size_t i = 0; !e && l.found && i < c->n; i++)
        if (memcmp(c->request[i].asked.record.b, l.request.b, 16) == 0)
            r = &c->request[i];
    if (!e && !r)
        return fault_set(f, ERR_REFUSED, "letter", SLICE(""), "say.letter");
    return e || (e = log_reading(c, r, SLICE("complaint"), f)) ? e : put_answer(c, r, out->out, f);
}

DOOR_FN(door_mine)
{
    struct counter c;
    struct people *p;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    int64_t now = people_now(p), wait = throttle_wait(people_throttle(p), SLICE("letter"), in->source, false, now);
    if (wait) {
        char text[24];
        snprintf(text, sizeof text, "%lld", (long long)wait);
        return fault_set(f, ERR_BUSY, "sign_in", slice_str(text), "say.wait_seconds");
    }
    if (!(e = open_counter(&c, app, in, f)))
        e = read_letter(&c, ask_field(in, "letter"), out, f);
    if (e == ERR_REFUSED)
        throttle_failed(people_throttle(p), SLICE("letter"), in->source, now);
    close_counter(&c);
    return e;
}
