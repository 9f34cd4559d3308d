/* Two passes over the log: 1. events from which terms run (a destruction, the end of a permit), without those that a later record
 * struck; 2. each record that names persons: when the rule that speaks for it lets go, and for each person the latest of these. */
#include "use/retain.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define NEVER INT64_MAX
#define PARTIES_SHOWN 1000
#define ROWS_MAX ((size_t)1 << 28)

struct begun { /* an event from which a term runs */
    struct subject_id subject;
    uint64_t record; /* first bytes of its id */
    int64_t at;
    uint8_t rule;    /* the first rule with this `from` */
};
struct person {
    struct subject_id id;
    int64_t due;
    uint8_t rule;
};
struct job {
    struct app *app;
    struct log log;
    struct store *s; /* the log's */
    const struct profile *p;
    struct arena a;
    struct event *ev;
    struct begun *begun;
    size_t begun_n, begun_cap;
    uint64_t *struck;
    size_t struck_n, struck_cap;
    struct person *person; /* one a record and person, until merged */
    size_t n, cap;
    int64_t now;
};

static uint64_t prefix(const struct hash *h)
{
    uint64_t v;
    memcpy(&v, h->b, sizeof v);
    return v;
}

/* ---- 1: where terms begin ---- */

/* Rules that run from one kind of event share the number of the first. */
static int rule_from(const struct profile *p, struct slice kind)
{
    for (size_t i = 0; i < p->retention_count; i++)
        if (slice_is(kind, p->retention[i].from))
            return (int)i;
    return -1;
}

static enum err see_begin(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct job *j = arg;
    struct record r;
    if (record_parse(bytes, &r))
        return fault_set(f, ERR_DAMAGED, "record", SLICE(""), "");
    for (size_t i = 0; i < r.h.supersedes_count; i++) {
        if (!mem_grow_raw(&j->struck, &j->struck_cap, j->struck_n + 1, ROWS_MAX, sizeof *j->struck))
            return fault_set(f, ERR_MEMORY, "retain", SLICE(""), "");
        j->struck[j->struck_n++] = prefix(&r.h.supersedes[i]);
    }
    int rule = rule_from(j->p, r.h.kind);
    if (rule < 0 || !when_known(&r.h.happened))
        return OK;
    struct hash id = record_id(bytes);
    for (size_t i = 0; i < r.h.subject_count; i++) {
        if (!mem_grow_raw(&j->begun, &j->begun_cap, j->begun_n + 1, ROWS_MAX, sizeof *j->begun))
            return fault_set(f, ERR_MEMORY, "retain", SLICE(""), "");
        j->begun[j->begun_n++] = (struct begun){r.h.subject[i].id, prefix(&id), r.h.happened.end, (uint8_t)rule};
    }
    return OK;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int by_subject(const void *a, const void *b)
{
    const struct begun *x = a, *y = b;
    int c = memcmp(x->subject.b, y->subject.b, 16);
    c = c ? c : x->rule - y->rule;
    return c ? c : x->at < y->at ? 1 : x->at > y->at ? -1 : 0; /* the latest first */
}

static void settle_begins(struct job *j)
{
    size_t kept = 0;
    if (j->struck_n)
        qsort(j->struck, j->struck_n, sizeof *j->struck, by_number);
    for (size_t i = 0; i < j->begun_n; i++)
        if (!j->struck_n || !bsearch(&j->begun[i].record, j->struck, j->struck_n, sizeof *j->struck, by_number))
            j->begun[kept++] = j->begun[i];
    j->begun_n = kept;
    if (kept)
        qsort(j->begun, kept, sizeof *j->begun, by_subject);
}

static int64_t began(const struct job *j, const struct subject_id *subject, int rule)
{
    size_t low = 0, high = j->begun_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = memcmp(j->begun[mid].subject.b, subject->b, 16);
        c = c ? c : j->begun[mid].rule - rule;
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    bool found = low < j->begun_n && subject_eq(&j->begun[low].subject, subject) && j->begun[low].rule == rule;
    return found ? j->begun[low].at : NEVER;
}

/* ---- 2: persons ---- */

static const struct retention_rule *rule_for(const struct profile *p, struct slice kind, enum party_class cls)
{
    for (size_t i = 0; i < p->retention_count; i++) {
        const struct retention_rule *r = &p->retention[i];
        if ((slice_is(kind, r->kind) || strcmp(r->kind, "*") == 0) && (r->cls == PARTY_UNSAID || r->cls == cls))
            return r;
    }
    return NULL;
}

static int64_t years_after(int64_t at, int years)
{
    int y, m, d;
    if (at == NEVER)
        return NEVER;
    time_to_civil(at, &y, &m, &d);
    if (m == 2 && d == 29)
        m = 3, d = 1;
    return time_from_civil(y + years, m, d); /* of an end, which is past its day: the day itself still counts */
}

/* When the record lets go of a party of this class. */
static int64_t due_of(const struct job *j, const struct record *r, const struct retention_rule *rule)
{
    if (!rule)
        return NEVER;
    if (!*rule->from)
        return years_after(when_known(&r->h.happened) ? r->h.happened.end : r->h.recorded, rule->years);
    int64_t at = NEVER;
    int from = rule_from(j->p, slice_str(rule->from));
    for (size_t i = 0; i < r->h.subject_count && at == NEVER; i++)
        if (r->h.subject[i].type == SUBJECT_ITEM || r->h.subject[i].type == SUBJECT_PERMIT)
            at = began(j, &r->h.subject[i].id, from);
    return years_after(at, rule->years);
}

static enum party_class class_of(const struct event *ev, const struct subject_id *id)
{
    for (size_t i = 0; i < ev->party_count; i++)
        if (subject_eq(&ev->party[i].id, id))
            return ev->party[i].cls;
    return PARTY_UNSAID;
}

static enum err see_persons(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct job *j = arg;
    struct record r;
    enum err e = record_parse(bytes, &r);
    if (e)
        return fault_set(f, e, "record", SLICE(""), "");
    if (r.section_count < 2)
        return OK;
    arena_reset(&j->a);
    if ((e = store_event(j->s, &j->a, bytes, position, received, SHOW_BODY, j->ev, NULL, f)))
        return e;
    for (size_t i = 0; i < r.section_count; i++) {
        struct subject_id id;
        if (r.section[i].kind != SECTION_PERSON)
            continue;
        memcpy(id.b, r.section[i].key.b, 16);
        const struct retention_rule *rule = rule_for(j->p, r.h.kind, class_of(j->ev, &id));
        if (!mem_grow_raw(&j->person, &j->cap, j->n + 1, ROWS_MAX, sizeof *j->person))
            return fault_set(f, ERR_MEMORY, "retain", SLICE(""), "");
        j->person[j->n++] = (struct person){id, due_of(j, &r, rule), (uint8_t)(rule ? rule - j->p->retention : 0)};
    }
    return OK;
}

static int by_person(const void *a, const void *b)
{
    const struct person *x = a, *y = b;
    int c = memcmp(x->id.b, y->id.b, 16);
    return c ? c : x->due > y->due ? -1 : x->due < y->due;
}

/* Of each person the latest; then those whose key is there. */
static void merge(struct job *j)
{
    size_t kept = 0;
    uint8_t key[SEAL_KEY];
    if (j->n)
        qsort(j->person, j->n, sizeof *j->person, by_person);
    for (size_t i = 0; i < j->n; i++)
        if ((!i || !subject_eq(&j->person[i].id, &j->person[i - 1].id)) && !keys_person(store_key_store(j->s), &j->person[i].id, key))
            j->person[kept++] = j->person[i];
    seal_wipe(key, sizeof key);
    j->n = kept;
}

static enum err find_due(struct job *j, struct fault *f)
{
    uint64_t size;
    enum err e = store_size(j->s, &size, f);
    if (!e)
        e = keys_load(store_key_store(j->s), f);
    if (!e && !(e = store_scan(j->s, 0, size, see_begin, j, f))) {
        settle_begins(j);
        e = store_scan(j->s, 0, size, see_persons, j, f);
    }
    if (!e)
        merge(j);
    return e;
}

/* ---- said and done ---- */

struct result {
    struct erase_who *who;
    size_t n, due, held;
    size_t by_rule[RETENTION_RULES];
    char (*term)[32]; /* a rule's words */
};

static void put_party(struct cj *out, const struct job *j, const struct person *p, const struct hold_seen *hold)
{
    char day[11];
    time_day(p->due, day);
    cj_obj(out);
    cj_khex(out, "id", p->id.b, sizeof p->id.b);
    cj_kstr(out, "since", slice_str(day));
    cj_kstr(out, "basis", slice_str(j->p->retention[p->rule].basis));
    if (hold)
        cj_kstr(out, "hold", slice_str(hold->case_no));
    cj_obj_end(out);
}

static enum err judge(struct job *j, struct result *x, struct cj *out, struct fault *f)
{
    enum err e = OK;
    cj_key(out, "parties");
    cj_arr(out);
    for (size_t i = 0; !e && i < j->n; i++) {
        const struct person *p = &j->person[i];
        struct hold_seen hold;
        bool held;
        if (p->due > j->now || (e = hold_against(j->s, &p->id, &hold, &held, f)))
            continue;
        if (x->due++ < PARTIES_SHOWN)
            put_party(out, j, p, held ? &hold : NULL);
        x->held += held;
        x->by_rule[p->rule] += !held;
        if (!held)
            x->who[x->n++] = (struct erase_who){p->id, slice_str(j->p->retention[p->rule].basis), slice_str(x->term[p->rule])};
    }
    cj_arr_end(out);
    return e;
}

static void put_rules(const struct job *j, const struct result *x, struct cj *out)
{
    cj_key(out, "rules");
    cj_arr(out);
    for (size_t i = 0; i < j->p->retention_count; i++) {
        const struct retention_rule *r = &j->p->retention[i];
        cj_obj(out);
        cj_kstr(out, "kind", slice_str(r->kind));
        cj_kstr_opt(out, "class", slice_str(party_class_code(r->cls)));
        cj_kstr(out, "from", *r->from ? slice_str(r->from) : SLICE("the record"));
        cj_kint(out, "years", r->years);
        cj_kstr(out, "basis", slice_str(r->basis));
        cj_kint(out, "due", (int64_t)x->by_rule[i]);
        cj_obj_end(out);
    }
    cj_arr_end(out);
}

static enum err run(struct job *j, const struct use_retain_in *in, struct cj *out, struct fault *f)
{
    char day[11];
    struct result x = {.who = mem_alloc(j->n + 1, sizeof *x.who), .term = mem_alloc(RETENTION_RULES, sizeof *x.term)};
    enum err e = x.who && x.term ? OK : fault_set(f, ERR_MEMORY, "retain", SLICE(""), "");
    for (size_t i = 0; !e && i < j->p->retention_count; i++)
        snprintf(x.term[i], sizeof x.term[i], "%d years", j->p->retention[i].years);
    time_day(j->now, day);
    cj_obj(out);
    cj_kstr(out, "at", slice_str(day));
    cj_kint(out, "persons", (int64_t)j->n);
    if (!e && !(e = judge(j, &x, out, f))) {
        put_rules(j, &x, out);
        cj_kint(out, "due", (int64_t)x.due);
        cj_kint(out, "held", (int64_t)x.held);
        if (in->do_it && x.n && !(e = erase_all(j->app, &j->log, x.who, x.n, in->actor, SLICE(""), NULL, f)))
            e = app_settle(j->app, j->s, false, NULL, f);
        cj_kint(out, "erased", in->do_it ? (int64_t)x.n : 0);
    }
    cj_obj_end(out);
    mem_free(x.who);
    mem_free(x.term);
    return e ? e : out->out->err;
}

enum err use_retain(struct app *app, const struct use_retain_in *in, struct cj *out, struct fault *f)
{
    struct job j = {.app = app, .now = app->clock(app->arg)};
    uint64_t derived;
    enum err e = log_start(app->dir, &j.log, f);
    if (e)
        return e;
    j.s = j.log.store;
    arena_init(&j.a, (size_t)64 << 20);
    j.p = store_profile(j.s);
    if (!(j.ev = mem_alloc(1, sizeof *j.ev)))
        e = fault_set(f, ERR_MEMORY, "retain", SLICE(""), "");
    if (!e && !(e = store_derived(j.s, &derived, f)) && derived < j.log.tree.size)
        e = app_settle(app, j.s, false, NULL, f); /* holds must be known */
    if (!e && !(e = find_due(&j, f)))
        e = run(&j, in, out, f);
    mem_free(j.ev);
    mem_free(j.begun);
    mem_free(j.struck);
    mem_free(j.person);
    arena_free(&j.a);
    log_end(&j.log);
    return e;
}
