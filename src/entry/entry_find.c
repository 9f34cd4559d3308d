/* What an entry speaks of, found in the register. Nothing is decided by likeness: a firearm by its id or outside number, a permit by its
 * number, a person by a document number; who has none is a new person, whom people may join with another later. */
#include "entry/entry.h"
#include "base/banned.h"

struct finding {
    struct store *s;
    struct arena *a;
    struct entry *x;
    void (*random)(void *arg, void *out, size_t n);
    void *arg;
    struct fault *f;
};

/* A fault of the caller's becomes a problem of the field; others end the work. */
static enum err listed(struct finding *d, enum err e, const struct fault *f, const char *field)
{
    if (!e)
        return OK;
    if (err_who(e) != ERR_CALLER)
        return fault_set(d->f, e, f->field, slice_str(f->value), f->want);
    entry_problem(d->x, e, field, slice_str(f->value), f->want);
    return OK;
}

static enum err find_firearm(struct finding *d, struct slice text, const char *field, struct subject_id *out, bool *found)
{
    struct fault f = {0};
    enum err e = store_firearm(d->s, text, out, &f);
    *found = !e;
    return listed(d, e, &f, field);
}

/* Heads of the firearm, on which the entry is decided, and who holds it. */
static enum err look_at_item(struct finding *d)
{
    struct item_row row;
    bool found;
    struct entry *x = d->x;
    enum err e = store_item(d->s, &x->item, &row, &found, d->f);
    if (e || !found)
        return e;
    x->holder = row.state.owner;
    x->head_count = row.head_count;
    memcpy(x->head, row.head, row.head_count * sizeof *row.head);
    return OK;
}

static enum err find_item(struct finding *d)
{
    struct entry *x = d->x;
    enum err e = OK;
    if (x->firearm.n)
        e = find_firearm(d, x->firearm, "firearm", &x->item, &x->has_item);
    if (!e && x->other.n)
        e = find_firearm(d, x->other, "other", &x->other_item, &x->has_other);
    if (e)
        return e;
    if (x->has_item && x->has_other && subject_eq(&x->item, &x->other_item))
        entry_problem(x, ERR_CONFLICT, "other", x->other, "want.another_firearm");
    if (x->has_item)
        return look_at_item(d);
    bool creates = entry_has(x->kind, EFFECT_CREATE) || (entry_has(x->kind, EFFECT_DESCRIBE) && !entry_has(x->kind, EFFECT_SUPERSEDE));
    if (!x->firearm.n && creates) { /* new to the register, also when it is not identified */
        d->random(d->arg, x->item.b, sizeof x->item.b);
        x->has_item = x->item_new = true;
    }
    return OK;
}

/* ---- permits ---- */

static enum err find_permit(struct finding *d)
{
    struct entry *x = d->x;
    struct subject_id hit[8];
    struct permit_seen p;
    size_t n = 0;
    bool granting = entry_has(x->kind, EFFECT_GRANT), ending = entry_has(x->kind, EFFECT_END), found = false;
    enum err e = x->ev.permit.n && (granting || ending) ? store_external(d->s, x->ev.permit, hit, 8, &n, d->f) : OK;
    for (size_t i = 0; !e && i < n && !found; i++)
        if (!(e = store_permit(d->s, &hit[i], &p, &found, d->f)) && found)
            x->permit = hit[i];
    if (e || !(granting || ending) || !x->ev.permit.n)
        return e;
    x->has_permit = true;
    if (found && ending)
        x->holder = p.holder;
    if (!found && ending)
        entry_problem(x, ERR_NOT_FOUND, "permit", x->ev.permit, "want.permit_number");
    if (found && granting && p.state == PERMIT_VALID)
        entry_problem(x, ERR_EXISTS, "permit", x->ev.permit, "want.permit_new");
    if (!found)
        d->random(d->arg, x->permit.b, sizeof x->permit.b);
    x->permit_new = !found;
    x->number = (struct external_id){SLICE("permit"), x->ev.permit};
    return OK;
}

/* ---- persons ---- */

static enum err find_party(struct finding *d, size_t i)
{
    struct entry *x = d->x;
    struct party_ref *p = &x->ev.party[i];
    struct subject_id hit[2];
    size_t n = 0;
    if (x->who[i] == WHO_HOLDER) {
        if (subject_none(&x->holder))
            entry_problem(x, ERR_NOT_FOUND, arena_copy(d->a, p->role).p, SLICE(""), "want.no_holder");
        p->id = x->holder;
        return OK;
    }
    enum err e = p->document.n ? store_document(d->s, p->document, hit, 2, &n, d->f) : OK;
    if (e)
        return e;
    x->party_new[i] = !n;
    if (n)
        p->id = hit[0];
    else
        d->random(d->arg, p->id.b, sizeof p->id.b);
    for (size_t k = 0; k < i && !n; k++) /* the same number twice in one form is one person */
        if (x->ev.party[k].document.n && slice_eq(x->ev.party[k].document, p->document)) {
            p->id = x->ev.party[k].id;
            x->party_new[i] = false;
        }
    return OK;
}

/* Who holds the permit that ends, for its record. */
static void add_permit_holder(struct entry *x)
{
    if (!entry_has(x->kind, EFFECT_END) || subject_none(&x->holder) || x->ev.party_count == EVENT_PARTIES)
        return;
    x->who[x->ev.party_count] = WHO_HOLDER;
    x->ev.party[x->ev.party_count++] = (struct party_ref){.id = x->holder, .role = SLICE("to"), .cls = PARTY_PERSON};
}

/* ---- the record that is corrected or cancelled ---- */

static bool about_things(const struct record *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->h.subject_count; i++)
        n += r->h.subject[i].type == SUBJECT_ITEM || r->h.subject[i].type == SUBJECT_PERMIT || r->h.subject[i].type == SUBJECT_PARTY;
    return n && r->h.subject_count <= ENTRY_REPLACED && n == r->h.subject_count;
}

static enum err find_replaced(struct finding *d)
{
    struct entry *x = d->x;
    struct hash id;
    uint64_t at;
    bool found = false;
    struct slice bytes;
    struct record r;
    enum err e = OK;
    if (!x->record.n)
        return OK;
    if (hex_to(x->record, id.b, sizeof id.b))
        e = store_find(d->s, &id, &at, &found, d->f);
    if (e)
        return e;
    if (!found) {
        entry_problem(x, ERR_NOT_FOUND, "record", x->record, "want.record_id");
        return OK;
    }
    if ((e = store_read(d->s, d->a, at, &bytes, NULL, d->f)) || (e = record_parse(bytes, &r)))
        return fault_set(d->f, e, "record", SLICE(""), "");
    const struct profile_kind *kind = profile_kind(x->profile, r.h.kind);
    if (!about_things(&r) || !kind || !kind->form.count) {
        entry_problem(x, ERR_REFUSED, "record", x->record, "say.not_replaceable");
        return OK;
    }
    x->replaces = id;
    x->replaced_office = r.h.office;
    x->replaced_happened = r.h.happened;
    for (size_t i = 0; i < r.h.subject_count; i++) {
        x->replaced[x->replaced_count++] = r.h.subject[i];
        if (r.h.subject[i].type == SUBJECT_ITEM && !x->has_item) {
            x->item = r.h.subject[i].id;
            x->has_item = true;
        }
    }
    return x->has_item ? look_at_item(d) : OK;
}

/* ---- orders ---- */

static void add_more(struct entry *x, enum subject_type type, const struct subject_id *id)
{
    for (size_t i = 0; i < x->more_count; i++)
        if (subject_eq(&x->more[i].id, id))
            return;
    if (x->more_count < ENTRY_ORDER)
        x->more[x->more_count++] = (struct record_subject){type, *id};
}

/* All his permits, and what he holds now as owner or possessor. */
static enum err find_ordered(struct finding *d, const struct subject_id *party)
{
    struct entry *x = d->x;
    struct subject_id *permit = arena_array(d->a, ENTRY_ORDER, sizeof *permit);
    struct holding_seen *held = arena_array(d->a, ENTRY_ORDER, sizeof *held);
    size_t n = 0;
    if (!permit || !held)
        return ERR_MEMORY;
    enum err e = store_permits_of(d->s, party, permit, ENTRY_ORDER, &n, d->f);
    for (size_t i = 0; !e && i < n; i++)
        add_more(x, SUBJECT_PERMIT, &permit[i]);
    if (!e)
        e = store_holdings(d->s, party, held, ENTRY_ORDER, &n, d->f);
    for (size_t i = 0; !e && i < n; i++)
        if (held[i].current && held[i].role <= 2)
            add_more(x, SUBJECT_ITEM, &held[i].subject);
    return e;
}

static enum err read_at(struct finding *d, uint64_t at, struct record *r)
{
    struct slice bytes;
    enum err e = store_read(d->s, d->a, at, &bytes, NULL, d->f);
    if (!e && (e = record_parse(bytes, r)))
        fault_set(d->f, e, "record", SLICE(""), "");
    return e;
}

/* What the order that is lifted was over: its record and those that continue it. */
static enum err find_lifted(struct finding *d)
{
    struct entry *x = d->x;
    struct subject_id list = entry_orders();
    struct record *r = arena_alloc(d->a, sizeof *r);
    uint64_t *at;
    size_t n = 0;
    bool found = false;
    enum err e = r ? store_subject_positions(d->s, d->a, &list, &at, &n, d->f) : ERR_MEMORY;
    if (!hex_to(x->record, x->order.b, sizeof x->order.b))
        n = 0;
    for (size_t i = 0; !e && i < n; i++) {
        if ((e = read_at(d, at[i], r)))
            return e;
        struct hash id = record_id(r->bytes);
        bool is = hash_eq(&id, &x->order) && !r->h.head_count;
        if (!is && !(r->h.head_count && hash_eq(&r->h.head[0], &x->order)))
            continue;
        found = found || is;
        for (size_t k = 1; k < r->h.subject_count; k++)
            if (r->h.subject[k].type == SUBJECT_PARTY && is && x->ev.party_count < EVENT_PARTIES && !x->ev.party_count) {
                x->who[0] = WHO_HOLDER;
                x->ev.party[x->ev.party_count++] = (struct party_ref){.id = r->h.subject[k].id, .role = SLICE("party"), .cls = PARTY_PERSON};
            } else if (r->h.subject[k].type != SUBJECT_PARTY)
                add_more(x, r->h.subject[k].type, &r->h.subject[k].id);
    }
    if (!e && !found)
        entry_problem(x, ERR_NOT_FOUND, "record", x->record, "want.order_record");
    x->head_count = 1;
    x->head[0] = x->order;
    return e;
}

static enum err find_order(struct finding *d)
{
    struct entry *x = d->x;
    x->more = arena_array(d->a, ENTRY_ORDER, sizeof *x->more);
    x->ordered = true;
    if (!x->more)
        return ERR_MEMORY;
    if (x->record.n)
        return find_lifted(d);
    return x->ev.party_count ? find_ordered(d, &x->ev.party[0].id) : OK;
}

enum err entry_find(struct store *s, struct arena *a, void (*random)(void *arg, void *out, size_t n), void *arg, struct entry *x, struct fault *f)
{
    struct finding d = {s, a, x, random, arg, f};
    enum err e = find_item(&d);
    if (!e && entry_has(x->kind, EFFECT_SUPERSEDE))
        e = find_replaced(&d);
    if (!e)
        e = find_permit(&d);
    if (!e)
        add_permit_holder(x);
    for (size_t i = 0; !e && i < x->ev.party_count; i++)
        e = subject_none(&x->ev.party[i].id) ? find_party(&d, i) : OK;
    if (!e && entry_has(x->kind, EFFECT_SUSPEND))
        e = find_order(&d);
    if (!e && !x->part && entry_has(x->kind, EFFECT_DESCRIBE) && !entry_has(x->kind, EFFECT_SUPERSEDE) && x->item_new && !x->ev.describes && !x->ev.mark_count)
        entry_problem(x, ERR_MISSING, "firearm", SLICE(""), "want.firearm_or_description");
    return e;
}
