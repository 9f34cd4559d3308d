/* In the writer's job: was it recorded a moment ago, and is it still decided on what is? Rows follow the commit of a group: what other entries of the same
 * group say stands in no table yet, and is looked for among what was entered lately. */
#include "use/enter.h"
#include "use/enter_in.h"
#include "base/banned.h"

/* Is this record where it was written? Its group may have failed, and another have come there. */
static enum err is_there(struct log *log, struct arena *a, uint64_t position, const struct hash *record, bool *out, struct fault *f)
{
    struct slice bytes;
    *out = false;
    if (position >= log->tree.size)
        return OK;
    enum err e = store_read(log->store, a, position, &bytes, NULL, f);
    struct hash id = e ? (struct hash){0} : record_id(bytes);
    *out = !e && hash_eq(&id, record);
    return e;
}

enum err entered_find(const struct entering *x, struct log *log, const uint8_t claim[16], struct hash *record, uint8_t digest[16], bool *found, struct fault *f)
{
    const struct entered *l = x->app->entered;
    enum err e = OK;
    *found = false;
    for (size_t i = 0; l && i < ENTERED_KEPT && i < l->n && !e && !*found; i++)
        if (memcmp(l->last[i].claim, claim, 16) == 0 && !(e = is_there(log, &x->desk->arena, l->last[i].position, &l->last[i].record, found, f)) && *found) {
            *record = l->last[i].record;
            memcpy(digest, l->last[i].digest, 16);
        }
    return e;
}

/* Of a permit that is issued; zeros: none is. */
static bool new_number(const struct entry *x, uint8_t out[16])
{
    bool is = x->has_permit && x->permit_new;
    memset(out, 0, 16);
    if (is) {
        struct hash sum = hash_of(x->number.id.p, x->number.id.n);
        memcpy(out, sum.b, 16);
    }
    return is;
}

void entered_note(struct app *a, const uint8_t claim[16], const struct recording *r)
{
    const struct entry *x = r->x->entry;
    static const struct subject_id none;
    if (!a->entered)
        a->entered = mem_alloc(1, sizeof *a->entered);
    if (!a->entered) /* derived rows know it too, a moment later */
        return;
    size_t i = a->entered->n++ % ENTERED_KEPT;
    memcpy(a->entered->last[i].claim, claim, 16);
    memcpy(a->entered->last[i].digest, r->x->entry->digest, 16);
    a->entered->last[i].record = r->record;
    a->entered->last[i].position = r->position;
    a->entered->last[i].item[0] = x->has_item ? x->item : none;
    a->entered->last[i].item[1] = x->has_other ? x->other_item : none;
    new_number(x, a->entered->last[i].permit);
}

/* Written in the group under way: no row tells of it yet. */
static bool is_under_way(const struct entered *l, size_t i, const struct log *log)
{
    return l->last[i].position >= log->committed.size && l->last[i].position < log->tree.size;
}

static bool spoken_of(const struct entered *l, const struct log *log, const struct subject_id *item)
{
    for (size_t i = 0; l && i < ENTERED_KEPT && i < l->n; i++)
        if (is_under_way(l, i, log) && (subject_eq(&l->last[i].item[0], item) || subject_eq(&l->last[i].item[1], item)))
            return true;
    return false;
}

/* Has a permit of this number, that was none when it was judged, been issued since? */
static enum err issued(const struct entered *l, struct log *log, const struct entry *x, bool *out, struct fault *f)
{
    uint8_t number[16];
    struct subject_id hit[8];
    struct permit_seen seen;
    size_t n = 0;
    enum err e = OK;
    *out = false;
    if (!new_number(x, number))
        return OK;
    for (size_t i = 0; l && i < ENTERED_KEPT && i < l->n; i++)
        *out = *out || (is_under_way(l, i, log) && memcmp(l->last[i].permit, number, sizeof number) == 0);
    if (!*out)
        e = store_external(log->store, x->number.id, hit, 8, &n, f);
    for (size_t i = 0; !e && i < n && !*out; i++)
        e = store_permit(log->store, &hit[i], &seen, out, f);
    return e;
}

/* Somebody who was new when it was judged, and whose number is on record by now, is not new. */
static enum err still_new(const struct entry *x, struct store *s, struct fault *f)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < x->ev.party_count; i++) {
        struct subject_id hit[1];
        size_t n = 0;
        if (x->party_new[i] && x->ev.party[i].document.n && !(e = store_document(s, x->ev.party[i].document, hit, 1, &n, f)) && n)
            e = fault_set(f, ERR_CONFLICT, "document", x->ev.party[i].document, "want.judge_again");
    }
    return e;
}

/* Still decided on what the firearm's heads are? */
enum err entered_still(const struct entered *l, const struct entry *x, struct log *log, struct fault *f)
{
    struct item_row row;
    struct store *s = log->store;
    bool found = true, since;
    enum err e = still_new(x, s, f);
    if (e)
        return e;
    if ((x->has_item && spoken_of(l, log, &x->item)) || (x->has_other && spoken_of(l, log, &x->other_item)))
        return fault_set(f, ERR_CONFLICT, "firearm", x->firearm, "want.judge_again");
    if ((e = issued(l, log, x, &since, f)) || since)
        return e ? e : fault_set(f, ERR_CONFLICT, "permit", x->number.id, "want.judge_again");
    if (!x->has_item || x->item_new)
        return OK;
    if ((e = store_item(s, &x->item, &row, &found, f)))
        return e;
    bool same = found && row.head_count == x->head_count && memcmp(row.head, x->head, x->head_count * sizeof *x->head) == 0;
    return same ? OK : fault_set(f, ERR_CONFLICT, "firearm", x->firearm, "want.judge_again");
}
