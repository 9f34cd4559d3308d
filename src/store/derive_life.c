/* One subject's records folded into rows: a pure function of the set of records, opened. */
#include "store/derive.h"
#include <stdlib.h>
#include "base/banned.h"

static int by_life(const void *a, const void *b)
{
    return event_order(*(const struct event *const *)a, *(const struct event *const *)b);
}

static enum err open_all(struct store *s, struct arena *a, const struct pair *pairs, size_t n, struct opened *o, struct fault *f)
{
    o->n = n;
    o->event = arena_array(a, n, sizeof *o->event);
    struct record_header *header = arena_array(a, n, sizeof *header);
    struct body_row *row = arena_array(a, n, sizeof *row);
    o->header = header;
    o->row = row;
    if (!o->event || !header || !row)
        return fault_set(f, ERR_MEMORY, "records", SLICE(""), "");
    for (size_t i = 0; i < n; i++) {
        struct slice bytes;
        struct record r;
        int64_t received;
        enum err e = window_read(s, a, pairs[i].position, &bytes, &received, f);
        if (!e)
            e = store_event(s, a, bytes, pairs[i].position, received, SHOW_BODY, &o->event[i], &row[i], f);
        if (!e)
            e = record_parse(bytes, &r);
        if (e)
            return e;
        header[i] = r.h;
    }
    return OK;
}

/* ---- marks for the index ---- */

static struct mark_attr attributes(const struct item_description *d)
{
    return (struct mark_attr){.make = d->make.number, .model = term_model_hash(d->model), .calibre = d->calibre.number,
        .type = (uint8_t)d->type.number, .country = (uint8_t)d->country.number, .year = (uint16_t)d->year};
}

static enum err see_serial(struct derived *out, const struct event *ev, struct slice serial)
{
    struct mark_key key[MARK_KEYS];
    unsigned flags;
    size_t n = mark_keys(serial, key, &flags);
    if (flags & MARK_UNREADABLE)
        return OK; /* a partial mark is evidence, not a key */
    struct mark_attr attr = attributes(&ev->item);
    attr.non_latin = flags & MARK_NON_LATIN;
    for (size_t i = 0; i < n; i++) {
        struct mark_seen *m = rowset_add(&out->seen);
        if (!m)
            return ERR_MEMORY;
        *m = (struct mark_seen){.position = ev->position, .attr = mark_attr_pack(attr), .key = key[i], .live = true};
    }
    return OK;
}

static enum err see_marks(const struct opened *o, struct derived *out)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct event *ev = &o->event[i];
        if (ev->struck && ev->mark_count) {
            struct mark_seen *m = rowset_add(&out->seen);
            if (!m)
                return ERR_MEMORY;
            *m = (struct mark_seen){.position = ev->position};
            continue;
        }
        if (ev->position < out->from || ev->position >= out->to)
            continue;
        for (size_t k = 0; k < ev->mark_count; k++)
            for (size_t j = 0; j < ev->mark[k].serial_count; j++)
                if (see_serial(out, ev, ev->mark[k].serial[j]))
                    return ERR_MEMORY;
    }
    return OK;
}

/* ---- rows ---- */

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hash));
}

/* Heads: records of the subject that none of its other records was decided on. */
static enum err find_heads(struct arena *a, const struct opened *o, struct rowset *heads, struct item_out *row)
{
    size_t n = 0;
    row->head_at = (uint32_t)heads->n;
    for (size_t i = 0; i < o->n; i++)
        n += o->header[i].head_count;
    struct hash *cited = arena_array(a, n ? n : 1, sizeof *cited);
    if (!cited)
        return ERR_MEMORY;
    n = 0;
    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k < o->header[i].head_count; k++)
            cited[n++] = o->header[i].head[k];
    qsort(cited, n, sizeof *cited, by_hash);
    for (size_t i = 0; i < o->n; i++)
        if (!n || !bsearch(&o->event[i].record, cited, n, sizeof *cited, by_hash)) {
            struct hash *h = rowset_add(heads);
            if (!h)
                return ERR_MEMORY;
            *h = o->event[i].record;
            row->head_count++;
        }
    if (row->head_count)
        qsort((struct hash *)heads->p + row->head_at, row->head_count, sizeof(struct hash), by_hash);
    if (row->head_count > RECORD_HEADS) { /* cut after sorting: which ones stay must not depend on arrival */
        heads->n -= row->head_count - RECORD_HEADS;
        row->head_count = RECORD_HEADS;
    }
    return OK;
}

enum { ROLE_OWNER = 1, ROLE_POSSESSOR, ROLE_CUSTODIAN, ROLE_FOUND_WITH };

static enum err add_holding(struct derived *out, const struct subject_id *item, const struct event *ev, int party, uint8_t role,
    const struct subject_id *now)
{
    if (party < 0)
        return OK;
    struct holding_row *h = rowset_add(&out->holding);
    if (!h)
        return ERR_MEMORY;
    *h = (struct holding_row){.party = ev->party[party].id, .subject = *item, .role = role, .since = ev->happened.start};
    h->gone = ev->struck;
    h->current = now && !ev->struck && subject_eq(now, &h->party);
    return OK;
}

static enum err add_holdings(const struct opened *o, const struct subject_id *item, const struct item_state *now, struct derived *out)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct event *ev = o->sorted[i];
        for (size_t k = 0; k < ev->effect_count; k++) { /* struck ones too: a row they gave may have to go */
            const struct effect *e = &ev->effect[k];
            enum err err = OK;
            if (e->what == EFFECT_OWNER) {
                err = add_holding(out, item, ev, e->from, ROLE_OWNER, &now->owner);
                if (!err)
                    err = add_holding(out, item, ev, e->to, ROLE_OWNER, &now->owner);
            } else if (e->what == EFFECT_POSSESSOR)
                err = add_holding(out, item, ev, e->to, ROLE_POSSESSOR, &now->possessor);
            else if (e->what == EFFECT_CUSTODIAN)
                err = add_holding(out, item, ev, e->to, ROLE_CUSTODIAN, &now->custodian);
            else if (e->what == EFFECT_FOUND_WITH)
                err = add_holding(out, item, ev, e->to, ROLE_FOUND_WITH, NULL);
            if (err)
                return err;
        }
    }
    return OK;
}

static enum err add_item(struct arena *a, const struct opened *o, const struct subject_id *item, struct derived *out)
{
    struct item_state state;
    struct item_out *row = rowset_add(&out->item);
    if (!row)
        return ERR_MEMORY;
    item_fold(o->sorted, o->n, &state);
    item_pack(item, &state, row);
    enum err e = find_heads(a, o, &out->head, row);
    return e ? e : add_holdings(o, item, &state, out);
}

static enum err add_permit(const struct opened *o, const struct subject_id *permit, struct derived *out)
{
    struct permit_row *row = rowset_add(&out->permit);
    if (!row)
        return ERR_MEMORY;
    int orders = 0; /* in force: a permit is suspended until the last is lifted */
    *row = (struct permit_row){.subject = *permit, .granted = TIME_UNKNOWN, .ended = TIME_UNKNOWN};
    for (size_t i = 0; i < o->n; i++) {
        const struct event *ev = o->sorted[i];
        for (size_t k = 0; !ev->struck && k < ev->effect_count; k++) {
            const struct effect *e = &ev->effect[k];
            if (e->what == EFFECT_SUSPEND)
                orders += e->set ? 1 : orders ? -1 : 0;
            if (e->what != EFFECT_GRANT && e->what != EFFECT_END)
                continue;
            row->state = e->what == EFFECT_GRANT ? PERMIT_VALID : PERMIT_ENDED;
            *(e->what == EFFECT_GRANT ? &row->granted : &row->ended) = ev->happened.start;
            if (e->to >= 0)
                row->holder = ev->party[e->to].id;
        }
    }
    if (orders && row->state == PERMIT_VALID)
        row->state = PERMIT_SUSPENDED;
    return OK;
}

/* The row read last speaks for its claim: one in effect before one that was replaced, then the latest recorded, then the
 * highest record id. */
static bool later(const struct event *a, const struct event *b)
{
    if (a->struck != b->struck)
        return b->struck;
    return a->recorded != b->recorded ? a->recorded > b->recorded : memcmp(a->record.b, b->record.b, sizeof a->record.b) > 0;
}

/* A record of several subjects claims its row for the first of them. */
static bool claims_for(const struct record_header *h, const struct subject_id *subject)
{
    for (size_t i = 0; i < h->subject_count; i++)
        if (h->subject[i].type == SUBJECT_ITEM || h->subject[i].type == SUBJECT_PERMIT)
            return subject_eq(&h->subject[i].id, subject);
    return h->subject_count && subject_eq(&h->subject[0].id, subject);
}

static enum err add_claims(const struct keys *keys, const struct opened *o, const struct subject_id *subject, struct derived *out)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct event *ev = &o->event[i];
        bool best = o->row[i].given && claims_for(&o->header[i], subject);
        for (size_t k = 0; best && k < o->n; k++)
            best = k == i || !o->row[k].given || memcmp(o->row[k].claim, o->row[i].claim, 16) != 0 || later(ev, &o->event[k]);
        struct claim_row *c = best ? rowset_add(&out->claim) : NULL;
        if (best && !c)
            return ERR_MEMORY;
        if (best) {
            memcpy(c->claim, o->row[i].claim, 16);
            memcpy(c->digest, o->row[i].digest, 16);
            c->subject = *subject;
        }
        for (size_t k = 0; k < ev->id_count; k++) {
            if (i && k < ev[-1].id_count && slice_eq(ev->id[k].id, ev[-1].id[k].id)) /* mostly: its row is there */
                continue;
            struct external_row *x = rowset_add(&out->external);
            if (!x)
                return ERR_MEMORY;
            store_blind(keys, ev->id[k].id, x->token);
            x->subject = *subject;
        }
    }
    return OK;
}

static enum err add_records(const struct opened *o, const struct subject_id *subject, struct derived *out)
{
    for (size_t i = 0; i < o->n; i++) {
        struct record_row *r = rowset_add(&out->record);
        if (!r)
            return ERR_MEMORY;
        *r = (struct record_row){*subject, o->event[i].record, o->event[i].position};
    }
    return OK;
}

enum err derive_opened(const struct keys *k, struct arena *a, struct opened *o, const struct subject_id *subject, enum subject_type type,
    struct derived *out, struct fault *f)
{
    o->sorted = arena_array(a, o->n, sizeof *o->sorted);
    if (!o->sorted)
        return fault_set(f, ERR_MEMORY, "records", SLICE(""), "");
    for (size_t i = 0; i < o->n; i++)
        o->sorted[i] = &o->event[i];
    events_strike(o->event, o->n);
    qsort(o->sorted, o->n, sizeof *o->sorted, by_life);
    enum err e = type == SUBJECT_ITEM ? see_marks(o, out) : OK;
    if (e || out->only_seen)
        return e;
    if (type == SUBJECT_ITEM)
        e = add_item(a, o, subject, out);
    else if (type == SUBJECT_PERMIT)
        e = add_permit(o, subject, out);
    if (!e)
        e = add_claims(k, o, subject, out);
    return e ? e : add_records(o, subject, out);
}

enum err derive_life(struct store *s, struct arena *a, const struct pair *pairs, size_t n, struct derived *out, struct fault *f)
{
    struct opened o;
    enum err e = open_all(s, a, pairs, n, &o, f);
    return e ? e : derive_opened(&s->keys, a, &o, &pairs[0].subject, (enum subject_type)pairs[0].type, out, f);
}
