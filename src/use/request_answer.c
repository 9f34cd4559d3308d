/* What a person is told: each record that names him, with what the profile lets be told, and who looked at him. */
#include "use/request_in.h"
#include "people/access.h"
#include "use/party.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define PARTIES_MAX 8 /* of one number of a document */
#define LOOKS_MAX 500
#define HELD_MAX 2000

struct telling {
    struct counter *c;
    struct subject_id party;
    struct cj *j;
    struct arena arena;
    struct event *ev;
    struct subject_id *firearm; /* of records that are told: who looked at these looked at him */
    size_t firearms, held;
    int64_t not_told[NOT_TOLD_MAX];
};

static const struct not_told *rule_for(struct telling *t, struct slice role)
{
    const struct profile_people *p = &t->c->profile->people;
    for (size_t i = 0; i < p->not_told_count; i++)
        if (slice_is(role, p->not_told[i].role))
            return &p->not_told[i];
    return NULL;
}

static void note_firearm(struct telling *t, const struct record *r)
{
    struct subject_id id;
    if (!record_item(r, &id) || t->firearms == HELD_MAX)
        return;
    for (size_t i = 0; i < t->firearms; i++)
        if (subject_eq(&t->firearm[i], &id))
            return;
    t->firearm[t->firearms++] = id;
}

/* What one record says of him: his own name and number, his role, what happened to which firearm, by which office.
 * Nobody else in it is named. */
static void tell_record(struct telling *t, const struct record *r, const struct party_ref *him)
{
    const struct lang *l = t->c->in->lang;
    const struct event *ev = t->ev;
    struct cj *j = t->j;
    char key[64], role[24];
    cj_obj(j);
    snprintf(key, sizeof key, SLICE_FMT, SLICE_ARG(ev->label));
    words_text(j, l, "kind_label", key, NULL, 0);
    cj_kstr_opt(j, "happened", slice_str(ev->happened.text));
    request_put_time(j, "recorded", ev->recorded);
    cj_kstr_opt(j, "office", ev->office);
    snprintf(role, sizeof role, SLICE_FMT, SLICE_ARG(him->role));
    words_label(j, l, "role", "told_role.", slice_str(role));
    cj_kstr_opt(j, "name", him->name);
    cj_kstr_opt(j, "document", him->document);
    cj_kstr_opt(j, "address", him->address);
    cj_kstr_opt(j, "permit", ev->permit);
    cj_kstr_opt(j, "mark", ev->mark_count ? ev->mark[0].text : SLICE(""));
    cj_kstr_opt(j, "place", ev->place);
    cj_khex(j, "record", ev->record.b, 32);
    cj_obj_end(j);
    note_firearm(t, r);
    t->held++;
}

static bool names(const struct record *r, const struct subject_id *party)
{
    for (size_t i = 0; i < r->h.subject_count; i++)
        if (r->h.subject[i].type == SUBJECT_PARTY && subject_eq(&r->h.subject[i].id, party))
            return true;
    return false;
}

static enum err each(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct telling *t = arg;
    struct record r;
    if (record_parse(bytes, &r) || !names(&r, &t->party) || r.h.subject[0].type == SUBJECT_CASE || t->held == HELD_MAX)
        return OK; /* his requests are listed by themselves */
    arena_reset(&t->arena);
    enum err e =
        store_event(t->c->desk->store, &t->arena, bytes, position, received, SHOW_HOLDERS | SHOW_CASE, t->ev, NULL, f);
    for (size_t i = 0; !e && i < t->ev->party_count; i++) {
        const struct party_ref *p = &t->ev->party[i];
        const struct not_told *rule = subject_eq(&p->id, &t->party) ? rule_for(t, p->role) : NULL;
        if (rule)
            t->not_told[rule - t->c->profile->people.not_told]++;
        else if (subject_eq(&p->id, &t->party))
            tell_record(t, &r, p);
    }
    return e;
}

/* Which office read, why, how often: nobody's name. */
struct looks {
    struct slice office, purpose;
    int64_t count, last;
};

static size_t add_looks(const struct opening_row *rows, size_t n, struct looks *out, size_t have, size_t max)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < have && !(slice_eq(out[k].office, rows[i].o.office) && slice_eq(out[k].purpose, rows[i].o.purpose)))
            k++;
        if (k == max)
            continue;
        if (k == have)
            out[have++] = (struct looks){.office = rows[i].o.office, .purpose = rows[i].o.purpose};
        out[k].count++;
        out[k].last = rows[i].o.at > out[k].last ? rows[i].o.at : out[k].last;
    }
    return have;
}

static enum err put_looks(struct telling *t, struct fault *f)
{
    struct arena *a = &t->c->desk->arena;
    struct opening_row *rows = arena_array(a, LOOKS_MAX, sizeof *rows);
    struct looks *looks = arena_array(a, LOOKS_MAX, sizeof *looks);
    size_t n, have = 0;
    enum err e = rows && looks ? OK : fault_set(f, ERR_MEMORY, "openings", SLICE(""), "");
    for (size_t i = 0; !e && i <= t->firearms; i++) {
        struct opening_filter of = {.subject = i < t->firearms ? &t->firearm[i] : &t->party};
        if (!(e = access_find(people_box(t->c->people), a, &of, NULL, LOOKS_MAX, rows, &n, f)))
            have = add_looks(rows, n, looks, have, LOOKS_MAX);
    }
    cj_key(t->j, "looks");
    cj_arr(t->j);
    for (size_t i = 0; !e && i < have; i++) {
        cj_obj(t->j);
        cj_kstr_opt(t->j, "office", looks[i].office);
        words_label(t->j, t->c->in->lang, "purpose_label", "purpose.", looks[i].purpose);
        cj_kint(t->j, "count", looks[i].count);
        request_put_time(t->j, "last", looks[i].last);
        cj_obj_end(t->j);
    }
    cj_arr_end(t->j);
    return e;
}

static void put_not_told(struct telling *t)
{
    const struct profile_people *p = &t->c->profile->people;
    cj_key(t->j, "not_told");
    cj_arr(t->j);
    for (size_t i = 0; i < p->not_told_count; i++) {
        if (!t->not_told[i]) /* that there is none is told by saying nothing of it */
            continue;
        cj_obj(t->j);
        cj_kint(t->j, "count", t->not_told[i]);
        cj_kstr(t->j, "basis", slice_str(p->not_told[i].basis));
        cj_obj_end(t->j);
    }
    cj_arr_end(t->j);
}

enum err request_party(struct counter *c, const struct person_request *r, struct subject_id *out, struct fault *f)
{
    struct subject_id hit[PARTIES_MAX];
    size_t n = 0;
    enum err e = store_begin(c->desk->store, f);
    if (!e)
        e = store_document(c->desk->store, r->asked.document, hit, PARTIES_MAX, &n, f);
    store_rollback(c->desk->store);
    *out = n ? hit[0] : r->asked.about;
    for (size_t i = 0; i < n; i++)
        if (subject_eq(&hit[i], &r->asked.about))
            *out = r->asked.about;
    return e;
}

enum err request_tell(struct counter *c, const struct person_request *r, struct cj *j, struct fault *f)
{
    struct store *s = c->desk->store;
    struct telling t = {.c = c, .j = j};
    uint64_t size;
    enum err e = request_party(c, r, &t.party, f);
    if (e)
        return e;
    arena_init(&t.arena, 64u << 20);
    t.ev = arena_alloc(&c->desk->arena, sizeof *t.ev);
    t.firearm = arena_array(&c->desk->arena, HELD_MAX, sizeof *t.firearm);
    e = t.ev && t.firearm ? store_begin(s, f) : fault_set(f, ERR_MEMORY, "answer", SLICE(""), "");
    if (!e && !(e = store_size(s, &size, f))) {
        cj_key(j, "held");
        cj_arr(j);
        e = store_scan(s, 0, size, each, &t, f);
        cj_arr_end(j);
    }
    store_rollback(s);
    cj_kint(j, "held_count", (int64_t)t.held);
    put_not_told(&t);
    if (!e && c->profile->people.tell_lookers)
        e = put_looks(&t, f);
    arena_free(&t.arena);
    return e;
}
