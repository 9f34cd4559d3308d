/* Erasing: the record is committed first, with the note in the database of what it means to destroy; then the key goes. A kill between
 * the two is made good by the next who writes (store/erase.h). */
#include "use/erase.h"
#include "use/leavings.h"
#include "use/own.h"
#include <stdio.h>
#include "base/banned.h"

#define BATCH 1000
#define MEMORY ((size_t)512 << 20)

static enum err subject_of(struct slice text, const char *field, struct subject_id *out, struct fault *f)
{
    return hex_to(text, out->b, sizeof out->b) ? OK : fault_set(f, ERR_FORMAT, field, text, "want.party_id");
}

/* ---- holds ---- */

struct event_at {
    struct store *s;
    struct arena *a;
    struct event *ev;
};

static enum err open_at(struct event_at *x, uint64_t position, struct record *r, struct fault *f)
{
    struct slice bytes;
    int64_t received;
    enum err e = store_read(x->s, x->a, position, &bytes, &received, f);
    if (!e && (e = record_parse(bytes, r)))
        fault_set(f, e, "record", SLICE(""), "");
    return e ? e : store_event(x->s, x->a, bytes, position, received, SHOW_BODY, x->ev, NULL, f);
}

static bool has_effect(const struct event *ev, enum effect_do what, bool *set)
{
    for (size_t i = 0; i < ev->effect_count; i++)
        if (ev->effect[i].what == what) {
            *set = ev->effect[i].set;
            return true;
        }
    return false;
}

struct holds { /* cases with a hold that stands, of one subject, as its records say in the order of the log */
    struct hold_seen seen[64];
    size_t n;
};

static void note_hold(struct holds *h, const struct event *ev, bool set)
{
    char case_no[64];
    snprintf(case_no, sizeof case_no, SLICE_FMT, SLICE_ARG(ev->case_no));
    size_t i = 0;
    while (i < h->n && strcmp(h->seen[i].case_no, case_no) != 0)
        i++;
    if (!set && i < h->n)
        h->seen[i] = h->seen[--h->n];
    else if (set && i == h->n && h->n < sizeof h->seen / sizeof *h->seen) {
        memcpy(h->seen[i].case_no, case_no, sizeof case_no);
        h->seen[h->n++].record = ev->record;
    }
}

static enum err holds_of(struct store *s, const struct subject_id *subject, struct holds *out, struct fault *f)
{
    struct arena a;
    uint64_t *at;
    size_t n;
    arena_init(&a, MEMORY);
    out->n = 0;
    enum err e = store_subject_positions(s, &a, subject, &at, &n, f);
    struct event *ev = arena_alloc(&a, sizeof *ev);
    struct event_at x = {s, &a, ev};
    if (!e && !ev)
        e = fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
    for (size_t i = 0; !e && i < n; i++) {
        struct record r;
        bool set;
        if (!(e = open_at(&x, at[i], &r, f)) && has_effect(ev, EFFECT_HOLD, &set))
            note_hold(out, ev, set);
    }
    arena_free(&a);
    return e;
}

enum err hold_against(struct store *s, const struct subject_id *party, struct hold_seen *out, bool *found, struct fault *f)
{
    struct arena a;
    struct subject_id *subject;
    struct holds *h;
    size_t n;
    *found = false;
    arena_init(&a, MEMORY);
    enum err e = store_party_subjects(s, &a, party, &subject, &n, f);
    if (!e && !(h = arena_alloc(&a, sizeof *h)))
        e = fault_set(f, ERR_MEMORY, "hold", SLICE(""), "");
    for (size_t i = 0; !e && !*found && i <= n; i++)
        if (!(e = holds_of(s, i ? &subject[i - 1] : party, h, f)) && h->n) {
            *out = h->seen[0];
            *found = true;
        }
    arena_free(&a);
    return e;
}

static enum err hold_record(struct app *app, struct log *l, const struct use_hold_in *in, const struct subject_id *id, struct hash *record,
    struct fault *f)
{
    const struct store *s = l->store;
    struct event ev = {.case_no = in->case_no, .note = in->note};
    const struct profile_kind *kind = own_kind(store_profile(s), EFFECT_HOLD, !in->lift);
    struct record_subject subject = {in->item ? SUBJECT_ITEM : SUBJECT_PARTY, *id};
    if (!kind)
        return fault_set(f, ERR_NOT_FOUND, "hold", slice_str(store_profile(s)->name), "want.kind_of_profile");
    struct own_record r = {kind->name, &subject, 1, in->actor, SLICE("hold"), &ev};
    enum err e = log_begin(l, f);
    if (e)
        return e;
    e = own_append(app, l, &r, record, f);
    return e ? (log_rollback(l), e) : log_commit(l, f);
}

enum err use_hold(struct app *app, const struct use_hold_in *in, struct cj *out, struct fault *f)
{
    struct log l;
    struct subject_id id;
    struct hash record;
    enum err e = subject_of(in->subject, "subject", &id, f);
    if (!e && (!in->case_no.n || in->case_no.n > 63))
        e = fault_set(f, ERR_MISSING, "--case", in->case_no, "want.case_number");
    if (e || (e = log_start(app->dir, &l, f)))
        return e;
    if (!(e = hold_record(app, &l, in, &id, &record, f)))
        e = app_settle(app, l.store, false, NULL, f);
    log_end(&l);
    if (e)
        return e;
    cj_obj(out);
    cj_khex(out, "subject", id.b, sizeof id.b);
    cj_khex(out, "record", record.b, sizeof record.b);
    cj_kstr(out, "case", in->case_no);
    cj_obj_end(out);
    return out->out->err;
}

/* ---- erasure records, then the keys ---- */

static enum err erased_record(struct app *app, struct log *l, const struct erase_who *who, const struct key_erased *key, struct slice actor,
    struct slice case_no, struct hash *id, struct fault *f)
{
    char mark[2 * KEY_MARK + 1] = "";
    const struct profile_kind *kind = own_kind(store_profile(l->store), EFFECT_ERASE, true);
    struct event ev = {.case_no = case_no, .basis = who->basis, .term = who->term};
    struct record_subject subject = {SUBJECT_PARTY, who->party};
    if (!kind)
        return fault_set(f, ERR_NOT_FOUND, "erased", slice_str(store_profile(l->store)->name), "want.kind_of_profile");
    hex_of(key->mark, KEY_MARK, mark);
    ev.key = slice_str(mark);
    struct own_record r = {kind->name, &subject, 1, actor, SLICE("erasure"), &ev};
    return own_append(app, l, &r, id, f);
}

static enum err mark_of(struct app *app, struct store *s, const struct subject_id *party, struct key_erased *out, struct fault *f)
{
    uint8_t key[SEAL_KEY];
    char hex[33] = "";
    enum err e = keys_person(store_key_store(s), party, key);
    hex_of(party->b, sizeof party->b, hex);
    if (e)
        return fault_set(f, e, "party", slice_str(hex), e == ERR_NOT_FOUND ? "want.party_with_key" : "want.key_store");
    *out = (struct key_erased){.party = *party, .at = app->clock(app->arg)};
    key_mark(key, out->mark);
    seal_wipe(key, sizeof key);
    return OK;
}

static enum err erase_batch(struct app *app, struct log *l, const struct erase_who *who, size_t n, struct slice actor, struct slice case_no,
    struct hash *first, struct fault *f)
{
    static const struct key_erased none;
    struct key_erased *key = mem_alloc(n, sizeof *key);
    enum err e = key ? log_begin(l, f) : fault_set(f, ERR_MEMORY, "erase", SLICE(""), "");
    if (e) {
        mem_free(key);
        return e;
    }
    for (size_t i = 0; !e && i < n; i++) {
        struct hash id;
        key[i] = none;
        if (!(e = mark_of(app, l->store, &who[i].party, &key[i], f)) &&
            !(e = erased_record(app, l, &who[i], &key[i], actor, case_no, &id, f)) && first && i == 0)
            *first = id;
    }
    if (!e)
        e = store_erasing(l->store, key, n, f);
    e = e ? (log_rollback(l), e) : log_commit(l, f);
    mem_free(key);
    return e ? e : store_erase_finish(l->store, f);
}

enum err erase_all(struct app *app, struct log *l, const struct erase_who *who, size_t n, struct slice actor, struct slice case_no,
    struct hash *first, struct fault *f)
{
    enum err e = OK;
    for (size_t at = 0; !e && at < n; at += BATCH)
        e = erase_batch(app, l, who + at, n - at < BATCH ? n - at : BATCH, actor, case_no, at ? NULL : first, f);
    return e;
}

/* ---- one person ---- */

static enum err refuse_held(struct store *s, const struct subject_id *party, struct fault *f)
{
    struct hold_seen hold;
    bool held;
    enum err e = hold_against(s, party, &hold, &held, f);
    return e || !held ? e : fault_set(f, ERR_REFUSED, "legal hold", slice_str(hold.case_no), "want.hold_lifted");
}

static enum err erase_one(struct app *app, struct log *l, const struct use_erase_in *in, const struct subject_id *party, struct cj *out,
    struct fault *f)
{
    struct store *s = l->store;
    struct leavings left = {0};
    struct erase_who who = {*party, in->basis, in->term};
    struct hash record;
    struct key_erased key;
    char when[25];
    enum err e = mark_of(app, s, party, &key, f);
    if (!e && !(e = refuse_held(s, party, f)) && !(e = leavings_find(app, s, party, &left, f)) &&
        !(e = erase_all(app, l, &who, 1, in->actor, in->case_no, &record, f)) && !(e = leavings_remove(&left, f)))
        e = app_settle(app, s, false, NULL, f);
    if (!e) {
        cj_obj(out);
        cj_khex(out, "party", party->b, sizeof party->b);
        cj_khex(out, "record", record.b, sizeof record.b);
        cj_khex(out, "key", key.mark, sizeof key.mark);
        cj_kint(out, "in_text", (int64_t)left.in_text);
        cj_kint(out, "reject_files", (int64_t)left.files);
        time_text(key.at, when);
        cj_kstr(out, "time", slice_str(when));
        cj_obj_end(out);
    }
    leavings_free(&left);
    return e ? e : out->out->err;
}

enum err use_erase(struct app *app, const struct use_erase_in *in, struct cj *out, struct fault *f)
{
    struct log l;
    struct subject_id party;
    enum err e = subject_of(in->party, "party", &party, f);
    if (!e && (!in->basis.n || in->basis.n > 512))
        e = fault_set(f, ERR_MISSING, "--basis", in->basis, "want.legal_basis");
    if (e || (e = log_start(app->dir, &l, f)))
        return e;
    uint64_t derived;
    if (!(e = store_derived(l.store, &derived, f)) && derived < l.tree.size)
        e = app_settle(app, l.store, false, NULL, f); /* holds and holdings must be known */
    if (!e)
        e = erase_one(app, &l, in, &party, out, f);
    log_end(&l);
    return e;
}

/* ---- again, after a backup was restored ---- */

struct again {
    struct app *app;
    struct log log;
    struct store *s; /* the log's */
    struct arena a;
    struct event *ev;
    struct key_erased *key; /* erased by the log, and the store still opens it */
    size_t n, cap;
};

static enum err look_at_record(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct again *x = arg;
    struct record r;
    uint8_t key[SEAL_KEY];
    struct key_erased want = {.at = received}, have;
    bool set;
    enum err e = record_parse(bytes, &r);
    if (e)
        return fault_set(f, e, "record", SLICE(""), "");
    if (r.h.subject[0].type != SUBJECT_PARTY || r.section_count != 1)
        return OK; /* an erasure speaks of one person and names nobody */
    arena_reset(&x->a);
    if ((e = store_event(x->s, &x->a, bytes, position, received, SHOW_BODY, x->ev, NULL, f)))
        return e;
    if (!has_effect(x->ev, EFFECT_ERASE, &set) || !hex_to(x->ev->key, want.mark, KEY_MARK))
        return OK;
    want.party = r.h.subject[0].id;
    if (keys_person(store_key_store(x->s), &want.party, key))
        return OK;
    key_mark(key, have.mark);
    seal_wipe(key, sizeof key);
    if (memcmp(have.mark, want.mark, KEY_MARK) != 0)
        return OK;
    if (!mem_grow(&x->key, &x->cap, x->n + 1, (size_t)1 << 26, sizeof *x->key))
        return fault_set(f, ERR_MEMORY, "erase", SLICE(""), "");
    x->key[x->n++] = want;
    return OK;
}

/* What the log says and the store does not follow. */
static enum err follow_log(struct again *x, struct fault *f)
{
    uint64_t size;
    enum err e = store_size(x->s, &size, f);
    if (!e)
        e = store_scan(x->s, 0, size, look_at_record, x, f);
    return e || !x->n ? e : keys_erase(store_key_store(x->s), x->key, x->n, f);
}

static enum err is_recorded(struct again *x, const struct key_erased *k, bool *out, struct fault *f)
{
    uint64_t *at;
    size_t n;
    char mark[2 * KEY_MARK + 1] = "";
    struct event_at w = {x->s, &x->a, x->ev};
    hex_of(k->mark, KEY_MARK, mark);
    enum err e = store_subject_positions(x->s, &x->a, &k->party, &at, &n, f);
    for (size_t i = 0; !e && !*out && i < n; i++) {
        struct record r;
        bool set;
        if (!(e = open_at(&w, at[i], &r, f)))
            *out = has_effect(x->ev, EFFECT_ERASE, &set) && slice_is(x->ev->key, mark);
    }
    return e;
}

/* What the store has destroyed and the log, an earlier one, does not know: recorded again, and what the database brought back goes. */
static enum err follow_list(struct again *x, uint64_t *n, struct fault *f)
{
    struct arena list;
    struct key_erased *k;
    struct log *l = &x->log;
    size_t count;
    arena_init(&list, MEMORY);
    enum err e = keys_erased(store_key_store(x->s), &list, &k, &count, f);
    for (size_t i = 0; !e && i < count; i++) {
        struct erase_who who = {k[i].party, SLICE("erased before this register was restored"), SLICE("")};
        bool known = false;
        struct hash id;
        arena_reset(&x->a);
        if ((e = is_recorded(x, &k[i], &known, f)) || known || (e = log_begin(l, f)))
            continue;
        if (!(e = erased_record(x->app, l, &who, &k[i], SLICE(""), SLICE(""), &id, f)))
            e = store_erasing(x->s, &k[i], 1, f);
        e = e ? (log_rollback(l), e) : log_commit(l, f);
        ++*n;
    }
    arena_free(&list);
    return e ? e : store_erase_finish(x->s, f);
}

enum err use_erase_again(struct app *app, uint64_t *n, struct fault *f)
{
    struct again x = {.app = app};
    uint64_t done = 0;
    enum err e = log_start(app->dir, &x.log, f);
    if (e)
        return e;
    x.s = x.log.store;
    arena_init(&x.a, MEMORY);
    x.ev = mem_alloc(1, sizeof *x.ev);
    e = x.ev ? app_settle(app, x.s, false, NULL, f) : fault_set(f, ERR_MEMORY, "erase", SLICE(""), ""); /* tables of the log that is there now */
    if (!e)
        e = follow_log(&x, f);
    done = x.n;
    if (!e && !(e = follow_list(&x, &done, f)))
        e = app_settle(app, x.s, false, NULL, f);
    if (n)
        *n = done;
    arena_free(&x.a);
    mem_free(x.ev);
    mem_free(x.key);
    log_end(&x.log);
    return e;
}
