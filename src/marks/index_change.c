/* What changes an index: additions go to fresh, and from there to delta parts of growing size; removals are sets of
 * rows; a merge makes a new base of all of it while the others go on (index_view.h says how). */
#include "marks/index_view.h"
#include "base/arena.h"
#include "base/banned.h"

#define GONE_NEW_MAX 1024 /* rows in the set that each removal copies */
#define GROWTH 8          /* a delta part is at least so many times as large as all newer ones */

/* ---- the delta ---- */

static size_t gather(const struct index_view *v, const struct record *rec, size_t n, struct index_entry *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!view_hides(v, rec[i].row))
            out[count++] = entry_of(&rec[i]);
    return count;
}

/* Parts [from, part_count), fresh and `more` become one part, which is empty (NULL, OK) when all is hidden. */
static enum err combine(
    const struct index_view *v, unsigned from, const struct index_entry *more, size_t more_n, struct part **out)
{
    size_t most = v->fresh_n + more_n, n = 0;
    for (unsigned i = from; i < v->part_count; i++)
        most += v->part[i]->n;
    struct index_entry *e = huge_alloc(most, sizeof *e);
    if (!e)
        return ERR_MEMORY;
    for (unsigned i = from; i < v->part_count; i++)
        n += gather(v, v->part[i]->rec, v->part[i]->n, e + n);
    n += gather(v, v->fresh->rec, v->fresh_n, e + n);
    if (more_n)
        memcpy(e + n, more, more_n * sizeof *e);
    n += more_n;
    *out = n ? part_build(e, n, 1) : NULL;
    huge_free(e);
    return *out || !n ? OK : ERR_MEMORY;
}

/* Which newest delta parts a flush takes with it: those not much larger than what is newer. */
static unsigned combine_from(const struct index_view *v, size_t newer)
{
    unsigned low = v->owner->merging ? v->owner->floor : v->main_parts, i = v->part_count;
    while (i > low && (v->part[i - 1]->n <= newer * GROWTH || v->part_count + 2 >= VIEW_PARTS) &&
           v->part[i - 1]->n + newer <= PART_MAX)
        newer += v->part[--i]->n;
    return i;
}

/* In a view not yet published: fresh and `more` go into parts. */
static enum err flush_fresh(struct index_view *v, const struct index_entry *more, size_t more_n)
{
    unsigned from = combine_from(v, v->fresh_n + more_n);
    struct part *p = NULL;
    struct fresh *empty = fresh_new();
    enum err err = empty ? combine(v, from, more, more_n, &p) : ERR_MEMORY;
    if (err == OK && from + 1 > VIEW_PARTS) {
        part_unref(p);
        err = ERR_RANGE;
    }
    if (err != OK) {
        fresh_unref(empty);
        return err;
    }
    view_set_parts(v, from, v->part_count, &p, p ? 1 : 0);
    fresh_unref(v->fresh);
    v->fresh = empty;
    v->fresh_n = 0;
    return OK;
}

static void add_fresh(struct index_view *v, const struct index_entry *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct record *r = &v->fresh->rec[v->fresh_n++];
        memcpy(r->key, e[i].key.b, 16);
        r->attr = e[i].attr;
        r->row = e[i].row;
    }
}

enum err view_add_entries(struct index_view *v, const struct index_entry *e, size_t n)
{
    if (index_count(v) + n > ENTRIES_MAX)
        return ERR_RANGE;
    enum err err = OK;
    while (n > PART_MAX / 2 && err == OK) {
        err = flush_fresh(v, e, PART_MAX / 2);
        e += PART_MAX / 2;
        n -= PART_MAX / 2;
    }
    if (err == OK && v->fresh_n + n > FRESH_MAX)
        return flush_fresh(v, e, n);
    if (err == OK)
        add_fresh(v, e, n);
    return err;
}

enum err index_add(struct index *ix, const struct index_entry *e, size_t n)
{
    struct index_entry *copy = NULL;
    pthread_mutex_lock(&ix->write);
    struct index_view *v = view_copy(ix->now);
    enum err err = v ? part_long(v, e, n, &copy, &n) : ERR_MEMORY;
    if (err == OK)
        err = view_add_entries(v, copy ? copy : e, n);
    mem_free(copy);
    if (err == OK)
        view_publish(ix, v);
    else
        view_drop(v);
    pthread_mutex_unlock(&ix->write);
    return err;
}

enum err index_remove(struct index *ix, const uint32_t *rows, size_t n)
{
    pthread_mutex_lock(&ix->write);
    struct index_view *v = view_copy(ix->now);
    struct gone *more = v ? gone_with(v->gone_new, rows, n) : NULL;
    if (more && more->n > GONE_NEW_MAX) {
        struct gone *all = gone_with(v->gone, more->slot, (size_t)1 << more->log);
        gone_unref(more);
        more = all;
        if (more) {
            gone_unref(v->gone);
            v->gone = more;
            more = NULL;
        } else {
            view_drop(v);
            v = NULL;
        }
    } else if (!more) {
        view_drop(v);
        v = NULL;
    }
    if (v) {
        gone_unref(v->gone_new);
        v->gone_new = more;
        view_publish(ix, v);
    }
    pthread_mutex_unlock(&ix->write);
    return v ? OK : ERR_MEMORY;
}

/* ---- merging ---- */

/* All that a view holds and does not hide, long serials aside. */
static struct index_entry *all_entries(const struct index_view *v, size_t *out_n, size_t *out_room)
{
    size_t most = v->base[v->part_count] + v->fresh_n, n = 0;
    struct index_entry *e = huge_alloc(most, sizeof *e);
    for (unsigned i = 0; e && i < v->part_count; i++)
        n += gather(v, v->part[i]->rec, v->part[i]->n, e + n);
    if (e)
        n += gather(v, v->fresh->rec, v->fresh_n, e + n);
    *out_n = n;
    *out_room = most;
    return e;
}

/* Takes the delta so far below the floor. */
static enum err merge_begin(struct index *ix, struct index_view **out)
{
    pthread_mutex_lock(&ix->write);
    struct index_view *v = view_copy(ix->now);
    enum err err = v ? OK : ERR_MEMORY;
    if (v && v->fresh_n)
        err = flush_fresh(v, NULL, 0);
    if (err == OK) {
        ix->merging = true;
        ix->floor = v->part_count;
        view_publish(ix, v);
        *out = index_acquire(ix);
    } else {
        view_drop(v);
    }
    pthread_mutex_unlock(&ix->write);
    return err;
}

/* Long serials of `now` that are not hidden in `old` (all that came after `old` are kept). */
static enum err merge_longs(struct index_view *now, const struct index_view *old)
{
    struct longs *all = now->longs;
    size_t n = now->long_n;
    now->longs = NULL;
    now->long_n = 0;
    enum err err = OK;
    for (size_t i = 0; i < n && err == OK; i++)
        if (i >= old->long_n || !view_hides(old, all->rec[i].row))
            err = view_add_long(now, &all->rec[i]) ? OK : ERR_MEMORY;
    longs_unref(all);
    return err;
}

static size_t gone_since(const struct gone *g, const struct index_view *old, uint32_t *rows)
{
    size_t n = 0;
    for (size_t i = 0; g && i < (size_t)1 << g->log; i++)
        if (g->slot[i] != GONE_NONE && !view_hides(old, g->slot[i]))
            rows[n++] = g->slot[i];
    return n;
}

/* Removals that `old` knew are done with; later ones stay. */
static enum err merge_gone(struct index_view *now, const struct index_view *old)
{
    size_t most = (now->gone ? now->gone->n : 0) + (now->gone_new ? now->gone_new->n : 0);
    uint32_t *rows = mem_alloc(most + 1, sizeof *rows);
    if (!rows)
        return ERR_MEMORY;
    size_t n = gone_since(now->gone, old, rows);
    n += gone_since(now->gone_new, old, rows + n);
    struct gone *left = n ? gone_with(NULL, rows, n) : NULL;
    mem_free(rows);
    if (n && !left)
        return ERR_MEMORY;
    gone_unref(now->gone);
    gone_unref(now->gone_new);
    now->gone = left;
    now->gone_new = NULL;
    return OK;
}

static enum err merge_end(
    struct index *ix, const struct index_view *old, struct part **built, unsigned count, uint64_t peak)
{
    pthread_mutex_lock(&ix->write);
    struct index_view *v = view_copy(ix->now);
    enum err err = v ? merge_longs(v, old) : ERR_MEMORY;
    if (err == OK)
        err = merge_gone(v, old);
    if (err == OK && v->part_count - ix->floor + count > VIEW_PARTS)
        err = ERR_RANGE;
    if (err == OK) {
        view_set_parts(v, 0, ix->floor, built, count);
        v->main_parts = count;
        v->peak = peak;
        view_publish(ix, v);
    } else {
        view_drop(v);
        for (unsigned i = 0; i < count; i++)
            part_unref(built[i]);
    }
    ix->merging = false;
    pthread_mutex_unlock(&ix->write);
    return err;
}

static void merge_give_up(struct index *ix)
{
    pthread_mutex_lock(&ix->write);
    ix->merging = false;
    pthread_mutex_unlock(&ix->write);
}

enum err index_merge(struct index *ix, int threads)
{
    struct index_view *old = NULL;
    struct part *built[VIEW_PARTS];
    unsigned count = 0;
    size_t n = 0, room = 0;
    uint64_t peak = 0;
    enum err err = merge_begin(ix, &old);
    if (err != OK)
        return err;
    struct index_entry *e = all_entries(old, &n, &room);
    err = e ? parts_build(e, n, ix->part_max, threads, built, &count, &peak) : ERR_MEMORY;
    huge_free(e);
    if (err == OK)
        err = merge_end(ix, old, built, count, peak + room * sizeof *e);
    else
        merge_give_up(ix);
    index_release(old);
    return err;
}
