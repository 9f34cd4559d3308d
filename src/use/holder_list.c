/* Lists of holders by area or group of firearms: asked for with a purpose, a case and a reason, approved by two others, at most as long as the
 * profile says, and each person on it an entry of the log of openings, each time it is read. docs/formats/accounts.md "Lists of holders". */
#include "lang/name.h"
#include "people/access.h"
#include "store/erase.h"
#include "use/party.h"
#include "use/people_in.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define LIST_DAYS 7        /* that an approved list may be read */
#define LIST_PAGE 50       /* persons of one page: only these are shown, and logged as opened */
#define LIST_PAIRS 2000000 /* holdings that are looked through: more need a narrower question */

static void put_time(struct cj *j, const char *member, int64_t ms)
{
    char day[11];
    time_day(ms, day);
    if (ms)
        cj_kstr(j, member, slice_str(day));
}

/* ---- asking ---- */

static enum err read_group(struct act *a, const struct people_ask *in, struct fault *f)
{
    const struct {
        const char *name;
        enum term_list list;
        struct slice *to;
    } fields[] = {{"make", TERM_MAKE, &a->make}, {"calibre", TERM_CALIBRE, &a->calibre}, {"type", TERM_TYPE, &a->type}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct slice s = ask_field(in, fields[i].name);
        struct term t = term_read(fields[i].list, s, 0);
        if (s.n && t.answer != TERM_LISTED)
            return fault_set(f, ERR_UNKNOWN_CODE, fields[i].name, s, "want.listed_term");
        if (s.n)
            *fields[i].to = slice_str(term_label(fields[i].list, t.number));
    }
    return OK;
}

/* The same words again, while nobody has judged them: the button twice, or Back and once more. */
static bool asked_before(struct people *p, const struct act *a)
{
    const struct roster *r = people_roster(p);
    bool found = false;
    for (size_t i = 0; r && i < r->request_count && !found; i++) {
        const struct request *q = &r->request[i];
        const struct slice *was[] = {&q->act.area, &q->act.make, &q->act.calibre, &q->act.type, &q->act.purpose, &q->act.case_no, &q->act.reason};
        const struct slice *now[] = {&a->area, &a->make, &a->calibre, &a->type, &a->purpose, &a->case_no, &a->reason};
        found = q->act.kind == ACT_LIST_ASKED && q->state == REQUEST_WAITS && !q->approvals && subject_eq(&q->act.by, &a->by);
        for (size_t k = 0; found && k < sizeof was / sizeof *was; k++)
            found = slice_eq(*was[k], *now[k]);
    }
    people_release(p);
    return found;
}

DOOR_FN(door_list_ask)
{
    struct people *p;
    struct act a = {.kind = ACT_LIST_ASKED, .account = ask_account(in), .by = ask_account(in), .purpose = ask_field(in, "purpose"),
        .case_no = ask_field(in, "case"), .reason = ask_field(in, "reason"), .area = ask_field(in, "area")};
    enum err e = app_people(app, &p, f);
    if (e || (e = read_group(&a, in, f)))
        return e;
    if (!purpose_known(people_profile(p), a.purpose))
        return fault_set(f, a.purpose.n ? ERR_UNKNOWN_CODE : ERR_MISSING, "purpose", a.purpose, "say.purpose");
    if (!a.case_no.n)
        return fault_set(f, ERR_MISSING, "case", a.case_no, "want.case");
    if (a.reason.n < 10)
        return fault_set(f, a.reason.n ? ERR_RANGE : ERR_MISSING, "reason", a.reason, "say.list_reason");
    if (a.area.n < 3 && !a.make.n && !a.calibre.n && !a.type.n)
        return fault_set(f, a.area.n ? ERR_RANGE : ERR_MISSING, "area", a.area, "want.area_or_group");
    answer_go(out, SLICE(""), "/lists");
    return asked_before(p, &a) ? OK : app_act(app, &a, 1, NULL, f);
}

/* ---- showing ---- */

static void put_criteria(struct cj *j, const struct lang *l, const struct act *a)
{
    cj_kstr_opt(j, "area", a->area);
    cj_kstr_opt(j, "make", a->make);
    cj_kstr_opt(j, "calibre", a->calibre);
    cj_kstr_opt(j, "type", a->type);
    words_type(j, l, a->type);
    cj_kstr_opt(j, "case_no", a->case_no);
    cj_kstr_opt(j, "reason", a->reason);
}

static bool readable(const struct request *q, const struct subject_id *who, int64_t now)
{
    return q->act.kind == ACT_LIST_ASKED && q->state == REQUEST_APPROVED && subject_eq(&q->act.by, who) &&
        now - q->judged < (int64_t)LIST_DAYS * 86400000;
}

DOOR_FN(door_lists)
{
    static const char *const states[] = {[REQUEST_WAITS] = "waits", [REQUEST_APPROVED] = "approved", [REQUEST_REFUSED] = "refused", [REQUEST_DONE] = "approved"};
    struct people *p;
    struct subject_id me = ask_account(in);
    struct cj *j = out->out;
    enum err e = app_people(app, &p, f);
    if (e)
        return e;
    const struct profile_people *profile = people_profile(p);
    const struct roster *r = people_roster(p);
    cj_obj(j);
    cj_kint(j, "most", profile->list_max);
    cj_kint(j, "days", LIST_DAYS);
    cj_key(j, "lists");
    cj_arr(j);
    for (size_t i = r ? r->request_count : 0; i > 0; i--) {
        const struct request *q = &r->request[i - 1];
        if (q->act.kind != ACT_LIST_ASKED || !subject_eq(&q->act.by, &me))
            continue;
        cj_obj(j);
        cj_khex(j, "id", q->act.record.b, 32);
        put_time(j, "asked", q->act.recorded);
        put_criteria(j, in->lang, &q->act);
        put_key(j, in->lang, "state_label", "approval_state.", states[q->state]);
        cj_kint(j, "approvals", (int64_t)q->approvals);
        cj_kbool(j, "counts", q->state == REQUEST_WAITS);
        cj_kbool(j, "readable", readable(q, &me, people_now(p)));
        cj_obj_end(j);
    }
    cj_arr_end(j);
    cj_key(j, "purposes");
    cj_arr(j);
    for (size_t i = 0; i < profile->purpose_count; i++) {
        cj_obj(j);
        cj_kstr(j, "code", slice_str(profile->purpose[i]));
        put_key(j, in->lang, "label", "purpose.", profile->purpose[i]);
        cj_kbool(j, "chosen", slice_is(ask_field(in, "purpose"), profile->purpose[i]));
        cj_obj_end(j);
    }
    cj_arr_end(j);
    cj_obj_end(j);
    people_release(p);
    return j->out->err;
}

/* ---- reading ---- */

struct pair {
    struct subject_id party, subject;
};
struct listing {
    struct desk *desk;
    struct arena one; /* of the person looked at */
    struct act asked; /* texts in the desk's arena */
    struct pair *pair;
    size_t pairs, cap;
    uint16_t make, calibre, type;
    struct name_folder *folder;
    struct slice area; /* folded, without blanks at its ends */
    struct listed {
        struct party_ref party;
        struct slice folded; /* of the name: the order of the list */
        size_t firearms;
    } *listed;
    size_t n, most;
    size_t from, to; /* of the page */
};

static enum err keep(void *arg, const struct subject_id *party, const struct subject_id *subject)
{
    struct listing *l = arg;
    if (!mem_grow_raw(&l->pair, &l->cap, l->pairs + 1, LIST_PAIRS, sizeof *l->pair))
        return ERR_TOO_LONG;
    l->pair[l->pairs++] = (struct pair){*party, *subject};
    return OK;
}

static bool of_group(const struct listing *l, const struct item_description *d)
{
    return (!l->make || d->make.number == l->make) && (!l->calibre || d->calibre.number == l->calibre) && (!l->type || d->type.number == l->type);
}

static enum err fits_group(struct listing *l, const struct subject_id *subject, bool *fits, struct fault *f)
{
    struct item_row row;
    bool found = true;
    *fits = !l->make && !l->calibre && !l->type;
    if (*fits)
        return OK;
    enum err e = store_item(l->desk->store, subject, &row, &found, f);
    *fits = !e && found && of_group(l, &row.state.description);
    return e;
}

static bool fits_area(struct listing *l, const struct party_ref *p)
{
    struct buf b;
    if (!l->area.n)
        return true;
    buf_init(&b, 1u << 16);
    name_fold(l->folder, p->address, &b);
    bool fits = b.n && memmem(b.p, b.n, l->area.p, l->area.n);
    buf_free(&b);
    return fits;
}

static bool fold_name(struct listing *l, struct slice name, struct slice *out)
{
    struct buf b;
    *out = slice_of(NULL, 0);
    buf_init(&b, 1u << 16);
    name_fold(l->folder, name, &b);
    bool well = !b.n || (*out = arena_copy(&l->desk->arena, buf_view(&b))).p;
    buf_free(&b);
    return well;
}

/* Of a person whom the list is to hold: its texts, out of the arena of one. */
static bool keep_listed(struct listing *l, struct party_ref p)
{
    struct slice folded;
    struct slice *const texts[] = {&p.name, &p.document, &p.address};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i]->n && !(*texts[i] = arena_copy(&l->desk->arena, *texts[i])).p)
            return false;
    if (!fold_name(l, p.name, &folded))
        return false;
    l->listed[l->n++] = (struct listed){p, folded, 1};
    return true;
}

static enum err take_pair(struct listing *l, const struct pair *x, struct fault *f)
{
    struct party_ref known;
    bool fits, found = false;
    enum err e = fits_group(l, &x->subject, &fits, f);
    if (e || !fits)
        return e;
    if (l->n && subject_eq(&l->listed[l->n - 1].party.id, &x->party)) {
        l->listed[l->n - 1].firearms++;
        return OK;
    }
    arena_reset(&l->one);
    if ((e = party_known(l->desk, &l->one, &x->party, &known, &found, f)) || !found || known.cls != PARTY_PERSON || !fits_area(l, &known))
        return e;
    if (l->n == l->most)
        return fault_set(f, ERR_TOO_LONG, "list", SLICE(""), "say.list_too_long");
    known.id = x->party;
    return keep_listed(l, known) ? OK : fault_set(f, ERR_MEMORY, "list", SLICE(""), "");
}

static enum err gather(struct listing *l, struct fault *f)
{
    enum err e = store_begin(l->desk->store, f);
    if (!e && (e = store_each_holder(l->desk->store, keep, l, f)) == ERR_TOO_LONG)
        fault_set(f, e, "list", SLICE(""), "say.list_too_long");
    for (size_t i = 0; !e && i < l->pairs; i++)
        e = take_pair(l, &l->pair[i], f);
    store_rollback(l->desk->store);
    return e;
}

/* By name; who has none comes last; equal names by id, so that each page is the same at each reading. */
static int by_name(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    size_t n = x->folded.n < y->folded.n ? x->folded.n : y->folded.n;
    int c = (!x->folded.n) - (!y->folded.n);
    if (!c && n)
        c = memcmp(x->folded.p, y->folded.p, n);
    if (!c && x->folded.n != y->folded.n)
        c = x->folded.n < y->folded.n ? -1 : 1;
    return c ? c : memcmp(x->party.id.b, y->party.id.b, sizeof x->party.id.b);
}

/* The page that is asked for, from 1; the first where none is. */
static enum err choose_page(struct listing *l, const struct people_ask *in, struct fault *f)
{
    uint64_t page = 1;
    struct slice typed = ask_field(in, "page");
    size_t pages = l->n ? (l->n + LIST_PAGE - 1) / LIST_PAGE : 1;
    if (typed.n && (!ask_number(in, "page", UINT32_MAX, &page) || page < 1 || page > pages))
        return fault_set(f, ERR_RANGE, "page", typed, "want.list_page");
    if (l->n)
        qsort(l->listed, l->n, sizeof *l->listed, by_name);
    l->from = (size_t)(page - 1) * LIST_PAGE;
    l->to = l->from + LIST_PAGE < l->n ? l->from + LIST_PAGE : l->n;
    return OK;
}

static enum err prepare(struct listing *l, const struct profile_people *p, struct fault *f)
{
    struct buf b;
    l->most = (size_t)p->list_max;
    l->listed = arena_array(&l->desk->arena, l->most + 1, sizeof *l->listed);
    l->folder = name_folder_new(f);
    if (!l->listed || !l->folder)
        return fault_set(f, ERR_MEMORY, "list", SLICE(""), "");
    l->make = term_read(TERM_MAKE, l->asked.make, 0).number;
    l->calibre = term_read(TERM_CALIBRE, l->asked.calibre, 0).number;
    l->type = term_read(TERM_TYPE, l->asked.type, 0).number;
    buf_init(&b, 4096);
    if (l->asked.area.n)
        name_fold(l->folder, l->asked.area, &b);
    l->area = arena_copy(&l->desk->arena, slice_trim(buf_view(&b)));
    buf_free(&b);
    return OK;
}

/* One entry a person of the page, durable before anything is shown. */
static enum err log_listed(struct people *p, const struct people_ask *in, const struct listing *l, struct fault *f)
{
    enum err e = OK;
    for (size_t i = l->from; !e && i < l->to; i++) {
        struct opening o = {.at = people_now(p), .who = slice_str(in->who->login), .office = slice_str(in->who->office), .door = SLICE("list"),
            .subject = l->listed[i].party.id, .purpose = l->asked.purpose, .case_no = l->asked.case_no};
        memcpy(o.account.b, in->who->account, sizeof o.account.b);
        e = access_write(people_box(p), &o, f);
    }
    return e;
}

static void put_pages(const struct listing *l, struct cj *j)
{
    int64_t page = (int64_t)(l->from / LIST_PAGE) + 1;
    if (l->n <= LIST_PAGE)
        return;
    cj_kint(j, "first", (int64_t)l->from + 1);
    cj_kint(j, "last", (int64_t)l->to);
    if (page > 1)
        cj_kint(j, "previous_page", page - 1);
    if (l->to < l->n)
        cj_kint(j, "next_page", page + 1);
}

static void put_listed(const struct listing *l, const struct lang *lang, struct cj *j)
{
    cj_obj(j);
    cj_khex(j, "id", l->asked.record.b, sizeof l->asked.record.b);
    put_criteria(j, lang, &l->asked);
    cj_kint(j, "count", (int64_t)l->n);
    put_pages(l, j);
    cj_key(j, "holders");
    cj_arr(j);
    for (size_t i = l->from; i < l->to; i++) {
        const struct party_ref *p = &l->listed[i].party;
        cj_obj(j);
        cj_khex(j, "id", p->id.b, 16);
        cj_kstr_opt(j, "name", p->name);
        cj_kstr_opt(j, "document", p->document);
        cj_kstr_opt(j, "address", p->address);
        cj_kint(j, "firearms", (int64_t)l->listed[i].firearms);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    cj_obj_end(j);
}

/* The request, if it is this person's, approved, and not too old; texts copied. */
static enum err find_asked(struct people *p, const struct people_ask *in, struct arena *a, struct act *out, struct fault *f)
{
    struct hash id;
    struct subject_id me = ask_account(in);
    bool well = hex_to(in->id, id.b, sizeof id.b), there = false;
    const struct roster *r = people_roster(p);
    const struct request *q = r && well ? roster_request(r, &id) : NULL;
    if (q && readable(q, &me, people_now(p))) {
        *out = q->act;
        struct slice *texts[] = {&out->area, &out->make, &out->calibre, &out->type, &out->purpose, &out->case_no, &out->reason};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            if (texts[i]->n)
                *texts[i] = arena_copy(a, *texts[i]);
        there = true;
    }
    people_release(p);
    return there ? OK : fault_set(f, ERR_NOT_FOUND, "list", in->id, "want.list");
}

DOOR_FN(door_list)
{
    struct people *p;
    struct listing l = {.n = 0};
    enum err e = app_people(app, &p, f);
    if (e || (e = desk_take(app, &l.desk, f)))
        return e;
    arena_init(&l.one, PARTY_MEMORY);
    if (!(e = find_asked(p, in, &l.desk->arena, &l.asked, f)) && !(e = prepare(&l, people_profile(p), f)) && !(e = gather(&l, f)) &&
        !(e = choose_page(&l, in, f)) && !(e = log_listed(p, in, &l, f))) {
        put_listed(&l, in->lang, out->out);
        e = out->out->out->err;
    }
    name_folder_free(l.folder);
    mem_free(l.pair);
    arena_free(&l.one);
    desk_give(app, l.desk);
    return e;
}
