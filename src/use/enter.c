/* Use case "enter something": allow (the role enters this kind), read what was typed, find what it speaks of, judge, show what would be
 * recorded, and record exactly that.
 *
 * Invariants: 1. what is recorded was shown with its warnings: the warnings are named by a hash that comes back with the confirmation, and
 * others are shown anew. 2. one key (a draft's id, or the client's) and account is one record: sent twice it gives the same receipt, sent with
 * other words it is refused. 3. decided on heads of the firearm that moved meanwhile, or of which an entry of the same group speaks, or on a person being
 * new who is on record by now: judged again. */
#include "use/enter_in.h"
#include <stdio.h>
#include "base/banned.h"

#define TRIES 3

/* ---- what was typed ---- */

static struct slice from_draft(const void *arg, const char *name)
{
    return draft_get(arg, name);
}

/* The fields of this step (or all) of the request into the draft; what is left empty is empty. */
static enum err take_typed(struct entering *x, size_t step, struct fault *f)
{
    const struct form_asks *form = &x->kind->form;
    for (size_t i = 0; i < form->count; i++) {
        char inputs[ENTER_PARTS][48];
        size_t n = enter_inputs(field_kind((enum form_word)form->field[i].word), inputs);
        for (size_t k = 0; k < n && (step == ENTRY_ALL || form->field[i].step == step); k++) {
            struct slice name = arena_copy(&x->desk->arena, slice_str(inputs[k])), value = ask_field(x->in, inputs[k]);
            if (!name.p)
                return fault_set(f, ERR_MEMORY, "draft", SLICE(""), "");
            if (!draft_set(&x->draft, name, value))
                return fault_set(f, ERR_TOO_LONG, "draft", SLICE(""), "want.shorter");
        }
    }
    return OK;
}

/* What a link on another page says already. */
static void prefill(struct entering *x)
{
    static const char *const names[] = {"firearm", "other", "record", "permit", "mark"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct slice s = ask_field(x->in, names[i]);
        if (s.n)
            draft_set(&x->draft, slice_str(names[i]), s);
    }
}

static void take_session(struct entering *x)
{
    const struct visitor *who = x->in->who;
    if (form_asked(&x->kind->form, FIELD_PURPOSE) && !draft_get(&x->draft, "purpose").n && *who->purpose)
        draft_set(&x->draft, SLICE("purpose"), slice_str(who->purpose));
    if (form_asked(&x->kind->form, FIELD_CASE) && !draft_get(&x->draft, "case").n && *who->case_no)
        draft_set(&x->draft, SLICE("case"), slice_str(who->case_no));
}

/* ---- begin, end ---- */

static enum err allow(struct entering *x, struct fault *f)
{
    x->profile = store_profile(x->desk->store);
    x->kind = profile_kind(x->profile, x->in->id);
    if (!x->kind || !x->kind->form.count)
        return fault_set(f, ERR_NOT_FOUND, "kind", x->in->id, "want.kind_with_form");
    return enter_may(x->in->who, x->profile, x->kind) ? OK : fault_set(f, ERR_REFUSED, "kind", x->in->id, "say.not_yours_to_enter");
}

enum err enter_open(struct entering *x, struct app *app, const struct people_ask *in, struct fault *f)
{
    *x = (struct entering){.app = app, .in = in};
    buf_init(&x->warnings, 1u << 20);
    enum err e = app_people(app, &x->people, f);
    if (!e)
        e = desk_take(app, &x->desk, f);
    if (!e && !(x->entry = arena_alloc(&x->desk->arena, sizeof *x->entry)))
        e = fault_set(f, ERR_MEMORY, "entry", SLICE(""), "");
    return e;
}

void enter_close(struct entering *x)
{
    if (x->desk)
        desk_give(x->app, x->desk);
    buf_free(&x->warnings);
}

/* The draft that is named, or a new one. ERR_NOT_FOUND: it is another's, of another kind, or was sent or thrown away. */
static enum err take_draft(struct entering *x, bool *stored, struct fault *f)
{
    struct slice text = ask_field(x->in, "draft");
    struct subject_id account = ask_account(x->in), id;
    *stored = false;
    if (!text.n) {
        people_random(x->people, id.b, sizeof id.b);
        x->draft = (struct draft){.id = id, .account = account, .kind = slice_str(x->kind->name)};
        return OK;
    }
    if (!hex_to(text, id.b, sizeof id.b))
        return fault_set(f, ERR_FORMAT, "draft", text, "want.draft");
    enum err e = draft_load(people_box(x->people), &x->desk->arena, &id, &account, &x->draft, stored, f);
    if (!e && !*stored)
        x->draft.kind = slice_str(x->kind->name);
    return e || slice_is(x->draft.kind, x->kind->name) ? e : fault_set(f, ERR_NOT_FOUND, "draft", text, "want.draft");
}

static enum err save_draft(struct entering *x, struct fault *f)
{
    uint8_t nonce[SEAL_NONCE];
    people_random(x->people, nonce, sizeof nonce);
    x->draft.changed = people_now(x->people);
    return draft_save(people_box(x->people), &x->draft, nonce, f);
}

/* ---- reading and judging ---- */

static enum err read_step(struct entering *x, size_t step, struct fault *f)
{
    const struct entry_ask ask = {from_draft, &x->draft};
    enum err e = entry_read(&x->desk->arena, x->profile, x->kind, &ask, step, x->app->clock(x->app->arg), x->entry);
    x->entry->key = x->draft.id;
    return e ? fault_set(f, e, "entry", SLICE(""), "") : OK;
}

/* What is recorded already under the key of this entry. Inside a reading of the store. */
static enum err look_before(struct entering *x, struct before *b, struct fault *f)
{
    uint8_t claim[16];
    struct subject_id account = ask_account(x->in);
    entry_claim(store_keys(x->desk->store), &account, &x->draft.id, claim);
    return entry_known(x->desk->store, &x->desk->arena, claim, &b->record, b->digest, &b->found, f);
}

static enum err was_recorded(struct entering *x, struct before *b, struct fault *f)
{
    enum err e = store_begin(x->desk->store, f);
    if (e)
        return e;
    e = look_before(x, b, f);
    store_rollback(x->desk->store);
    return e;
}

/* Found and judged, in one reading of the store. before: looked for first, and when it is there nothing else is; may be NULL. */
static enum err find_and_judge(struct entering *x, struct before *before, struct fault *f)
{
    struct store *s = x->desk->store;
    struct enter_index ix;
    enum err e = enter_index_take(x, &ix, f); /* of no more records than the store shows when it is begun after */
    if (!e && !(e = store_begin(s, f))) {
        if (before)
            e = look_before(x, before, f);
        if (!e && !(before && before->found) && !(e = entry_find(s, &x->desk->arena, x->app->random, x->app->arg, x->entry, f)))
            e = enter_judge(x, &ix, f);
        store_rollback(s);
    }
    enter_index_give(&ix);
    return e;
}

/* All of it: read, found, and, when nothing is wrong with it, judged. */
static enum err judge(struct entering *x, struct fault *f)
{
    enum err e = read_step(x, ENTRY_ALL, f);
    return e ? e : find_and_judge(x, NULL, f);
}

/* A step alone: what it names is looked up too, so that a wrong number is said where it was typed, together with all else that is wrong there. */
static enum err judge_step(struct entering *x, size_t step, struct fault *f)
{
    enum err e = read_step(x, step, f);
    if (e || !(x->entry->firearm.n || x->entry->record.n || x->entry->ev.permit.n) || (e = store_begin(x->desk->store, f)))
        return e;
    for (size_t i = 0; i < x->entry->ev.party_count; i++)
        x->entry->who[i] = WHO_NAMED; /* the holder on record is looked for when all is known */
    e = entry_find(x->desk->store, &x->desk->arena, x->app->random, x->app->arg, x->entry, f);
    store_rollback(x->desk->store);
    return e;
}

/* ---- recording ---- */

enum err enter_write(void *arg, struct log *log, struct fault *f)
{
    struct recording *r = arg;
    struct entering *x = r->x;
    struct app *a = x->app;
    uint8_t claim[16], digest[16];
    const struct entry_by by = {ask_account(x->in), slice_str(x->in->who->office), a->clock, a->random, a->arg};
    entry_claim(store_keys(log->store), &by.account, &x->entry->key, claim);
    enum err e = entered_find(x, log, claim, &r->record, digest, &r->again, f);
    if (!e && !r->again)
        e = entry_known(log->store, &x->desk->arena, claim, &r->record, digest, &r->again, f);
    if (e)
        return e;
    if (r->again)
        return memcmp(digest, x->entry->digest, 16) == 0 ? OK : fault_set(f, ERR_EXISTS, "draft", SLICE(""), "say.sent_before");
    if ((e = entered_still(a->entered, x->entry, log, f)) || (e = entry_write(log, &by, x->entry, &r->record, &r->position, f)))
        return e;
    entered_note(a, claim, r);
    return OK;
}

/* Waits for the writer, and holds neither a store nor a place at work meanwhile. */
static enum err write_and_rest(struct entering *x, struct writer *w, struct recording *r, struct fault *f)
{
    desk_rest(x->app, x->desk);
    if (x->in->rest)
        x->in->rest(x->in->pool, true);
    enum err e = writer_do(w, enter_write, r, f);
    if (x->in->rest)
        x->in->rest(x->in->pool, false);
    app_look(x->app);
    return e;
}

enum err enter_prepare(struct entering *x, struct recording *r, bool *out_write, struct fault *f)
{
    struct before before = {.found = false};
    enum err e = read_step(x, ENTRY_ALL, f);
    r->x = x;
    *out_write = false;
    if (e || (e = find_and_judge(x, &before, f)))
        return e;
    if (before.found) {
        r->record = before.record;
        r->again = true;
        x->entry->problem_count = 0;
        return memcmp(before.digest, x->entry->digest, 16) == 0 ? OK : fault_set(f, ERR_EXISTS, "draft", SLICE(""), "say.sent_before");
    }
    if (!x->entry->problem_count && x->warning_count && !slice_is(ask_field(x->in, "warned"), x->warned))
        return fault_set(f, ERR_REFUSED, "warned", SLICE(""), "want.warnings_seen");
    *out_write = x->entry->problem_count == 0;
    return OK;
}

enum err enter_record(struct entering *x, struct recording *r, struct fault *f)
{
    struct writer *w;
    bool write;
    enum err e = app_writer(x->app, &w, f);
    for (int i = 0; !e && i < TRIES; i++) {
        if ((i && (e = desk_rise(x->app, x->desk, f))) || (e = enter_prepare(x, r, &write, f)) || !write)
            return e;
        if ((e = write_and_rest(x, w, r, f)) == ERR_CONFLICT && i + 1 < TRIES)
            e = OK;
        else
            break;
    }
    return e;
}

static void go_receipt(struct people_answer *out, const struct hash *record)
{
    char hex[65] = "";
    hex_of(record->b, sizeof record->b, hex);
    snprintf(out->go, sizeof out->go, "/records/%s/receipt", hex);
}

static void go_step(struct entering *x, struct people_answer *out, const char *step)
{
    char hex[33] = "";
    hex_of(x->draft.id.b, 16, hex);
    snprintf(out->go, sizeof out->go, "/enter/%s?draft=%s&step=%s", x->kind->name, hex, step);
}

/* ---- pages ---- */

DOOR_FN(door_enter_list)
{
    struct entering x;
    enum err e = enter_open(&x, app, in, f);
    if (!e) {
        x.profile = store_profile(x.desk->store);
        e = enter_put_list(&x, out->out, f);
    }
    enter_close(&x);
    return e;
}

static bool step_number(struct entering *x, struct slice text, size_t *out)
{
    uint64_t n = 1;
    if (text.n && (!slice_u64(text, x->kind->form.steps, &n) || !n))
        return false;
    *out = (size_t)n - 1;
    return true;
}

static enum err show(struct entering *x, struct people_answer *out, struct fault *f)
{
    bool stored;
    size_t step;
    struct slice text = ask_field(x->in, "step");
    enum err e = allow(x, f);
    if (e || (e = take_draft(x, &stored, f)))
        return e;
    if (!stored && ask_field(x->in, "draft").n) {
        struct before b = {.found = false};
        if (!(e = was_recorded(x, &b, f)) && b.found)
            go_receipt(out, &b.record);
        return e || b.found ? e : fault_set(f, ERR_NOT_FOUND, "draft", ask_field(x->in, "draft"), "want.draft");
    }
    if (!stored)
        prefill(x);
    take_session(x);
    if (slice_is(text, "check"))
        return (e = judge(x, f)) ? e : enter_put_check(x, out->out);
    if (!step_number(x, text, &step))
        return fault_set(f, ERR_RANGE, "step", text, "want.something");
    return enter_put_form(x, step, out->out);
}

DOOR_FN(door_enter)
{
    struct entering x;
    enum err e = enter_open(&x, app, in, f);
    if (!e)
        e = show(&x, out, f);
    enter_close(&x);
    return e;
}

/* One step typed: kept, judged, and on to the next. */
static enum err do_step(struct entering *x, size_t step, struct people_answer *out, struct fault *f)
{
    char next[12];
    bool back = slice_is(ask_field(x->in, "what"), "back");
    enum err e = take_typed(x, step, f);
    if (e || (e = save_draft(x, f)))
        return e;
    if (!back && ((e = judge_step(x, step, f)) || x->entry->problem_count)) {
        out->status = 400;
        return e ? e : enter_put_form(x, step, out->out);
    }
    size_t to = back ? (step ? step - 1 : 0) : step + 1;
    snprintf(next, sizeof next, "%zu", to + 1);
    go_step(x, out, to == x->kind->form.steps ? "check" : next);
    return OK;
}

static enum err do_record(struct entering *x, bool stored, struct people_answer *out, struct fault *f)
{
    struct recording r = {0};
    enum err e;
    if (!stored) {
        struct before b = {.found = false};
        if ((e = was_recorded(x, &b, f)))
            return e;
        if (!b.found)
            return fault_set(f, ERR_NOT_FOUND, "draft", ask_field(x->in, "draft"), "want.draft");
        go_receipt(out, &b.record);
        return OK;
    }
    e = enter_record(x, &r, f);
    if (x->entry->problem_count || (e == ERR_REFUSED && strcmp(f->field, "warned") == 0)) {
        out->status = 409;
        return enter_put_check(x, out->out);
    }
    if (e)
        return e;
    draft_drop(people_box(x->people), &x->draft.id, &x->draft.account, NULL); /* what stays goes by itself after some days */
    go_receipt(out, &r.record);
    return OK;
}

static enum err do_page(struct entering *x, struct people_answer *out, struct fault *f)
{
    bool stored;
    size_t step;
    struct slice what = ask_field(x->in, "what");
    enum err e = allow(x, f);
    if (e || (e = take_draft(x, &stored, f)))
        return e;
    if (slice_is(what, "discard")) {
        snprintf(out->go, sizeof out->go, "/enter");
        return draft_drop(people_box(x->people), &x->draft.id, &x->draft.account, f);
    }
    if (slice_is(what, "record")) {
        take_session(x);
        return do_record(x, stored, out, f);
    }
    if (!step_number(x, ask_field(x->in, "step"), &step))
        return fault_set(f, ERR_RANGE, "step", ask_field(x->in, "step"), "want.something");
    return do_step(x, step, out, f);
}

DOOR_FN(door_enter_do)
{
    struct entering x;
    enum err e = enter_open(&x, app, in, f);
    if (!e)
        e = do_page(&x, out, f);
    enter_close(&x);
    return e;
}

/* ---- the API: all fields at once ---- */

int enter_put_recorded(const struct recording *r, struct cj *j)
{
    const struct entering *x = r->x;
    cj_kstr(j, "kind", slice_str(x->kind->name));
    cj_khex(j, "record", r->record.b, sizeof r->record.b);
    if (r->again)
        cj_kbool(j, "recorded_before", true);
    else {
        cj_kint(j, "position", (int64_t)r->position);
        if (x->entry->has_item)
            cj_khex(j, "subject", x->entry->item.b, 16);
    }
    return r->again ? 200 : 201;
}

static enum err put_recorded(const struct recording *r, struct people_answer *out)
{
    cj_obj(out->out);
    out->status = enter_put_recorded(r, out->out);
    cj_obj_end(out->out);
    return out->out->out->err;
}

/* Of a program's request every member counts: one that is misspelt would be a permit, or a document's number, that is silently not recorded. */
static enum err known_members(const struct entering *x, struct fault *f)
{
    static const char *const own[] = {"key", "kind", "what", "warned", "form_token"};
    struct slice name;
    for (size_t i = 0; x->in->member && x->in->member(x->in->form, i, &name); i++) {
        bool known = enter_asks(x->kind, name);
        for (size_t k = 0; k < sizeof own / sizeof *own; k++)
            known = known || slice_is(name, own[k]);
        if (!known)
            return fault_set(f, ERR_UNKNOWN_CODE, "member", name, "want.entry_member");
    }
    return OK;
}

enum err enter_take(struct entering *x, struct fault *f)
{
    struct slice key = ask_field(x->in, "key");
    enum err e = allow(x, f);
    if (e)
        return e;
    x->draft = (struct draft){.account = ask_account(x->in), .kind = slice_str(x->kind->name)};
    if (!hex_to(key, x->draft.id.b, 16))
        return fault_set(f, key.n ? ERR_FORMAT : ERR_MISSING, "key", key, "want.entry_key");
    if ((e = known_members(x, f)))
        return e;
    if (!(e = take_typed(x, ENTRY_ALL, f)))
        take_session(x);
    return e;
}

static enum err do_api(struct entering *x, struct people_answer *out, struct fault *f)
{
    struct recording r = {0};
    struct slice what = ask_field(x->in, "what");
    enum err e = enter_take(x, f);
    if (e)
        return e;
    if (!slice_is(what, "check") && !slice_is(what, "record"))
        return fault_set(f, what.n ? ERR_UNKNOWN_CODE : ERR_MISSING, "what", what, "want.check_record");
    e = slice_is(what, "check") ? judge(x, f) : enter_record(x, &r, f);
    bool unseen = e == ERR_REFUSED && strcmp(f->field, "warned") == 0;
    if (e && !unseen)
        return e;
    if (!x->entry->problem_count && !unseen && slice_is(what, "record"))
        return put_recorded(&r, out);
    out->status = x->entry->problem_count ? 400 : unseen ? 409 : 200;
    return enter_put_check(x, out->out);
}

DOOR_FN(door_enter_api)
{
    struct entering x;
    enum err e = enter_open(&x, app, in, f);
    if (!e)
        e = do_api(&x, out, f);
    enter_close(&x);
    return e;
}
