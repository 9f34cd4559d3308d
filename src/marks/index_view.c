/* Generations: making, sharing and letting go of them; the sets of removed rows and of long serials. */
#include "marks/index_view.h"
#include "base/arena.h"
#include "base/banned.h"

/* ---- removed rows ---- */

static size_t gone_place(const struct gone *g, uint32_t row)
{
    size_t mask = ((size_t)1 << g->log) - 1, i = row * 0x9E3779B1u >> (32 - g->log);
    while (g->slot[i] != GONE_NONE && g->slot[i] != row)
        i = (i + 1) & mask;
    return i;
}

static void gone_add(struct gone *g, uint32_t row)
{
    size_t i = gone_place(g, row);
    g->n += g->slot[i] == GONE_NONE && row != GONE_NONE;
    g->slot[i] = row;
}

struct gone *gone_with(const struct gone *g, const uint32_t *rows, size_t n)
{
    unsigned log = 6;
    while (log < 31 && (size_t)1 << log < 2 * ((g ? g->n : 0) + n))
        log++;
    struct gone *out = mem_alloc(1, sizeof *out + (sizeof(uint32_t) << log));
    if (!out)
        return NULL;
    atomic_init(&out->refs, 1);
    out->log = log;
    memset(out->slot, 0xFF, sizeof(uint32_t) << log);
    for (size_t i = 0; g && i < (size_t)1 << g->log; i++)
        if (g->slot[i] != GONE_NONE)
            gone_add(out, g->slot[i]);
    for (size_t i = 0; i < n; i++)
        gone_add(out, rows[i]);
    return out;
}

bool gone_has(const struct gone *g, uint32_t row)
{
    return g && g->slot[gone_place(g, row)] == row && row != GONE_NONE;
}

static bool last_one(atomic_int *refs)
{
    return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static void take(atomic_int *refs)
{
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

void gone_unref(struct gone *g)
{
    if (g && last_one(&g->refs))
        mem_free(g);
}

bool view_hides(const struct index_view *v, uint32_t row)
{
    return gone_has(v->gone, row) || gone_has(v->gone_new, row);
}

/* ---- long serials ---- */

struct longs *longs_new(size_t cap)
{
    struct longs *l = cap > ENTRIES_MAX ? NULL : mem_alloc(1, sizeof *l + cap * sizeof *l->rec);
    if (!l)
        return NULL;
    atomic_init(&l->refs, 1);
    l->cap = cap;
    return l;
}

void longs_unref(struct longs *l)
{
    if (l && last_one(&l->refs))
        mem_free(l);
}

bool view_add_long(struct index_view *v, const struct long_record *r)
{
    if (!v->longs || v->long_n == v->longs->cap) {
        struct longs *bigger = longs_new(v->long_n < 32 ? 64 : v->long_n * 2);
        if (!bigger)
            return false;
        if (v->long_n)
            memcpy(bigger->rec, v->longs->rec, v->long_n * sizeof *bigger->rec);
        longs_unref(v->longs);
        v->longs = bigger;
    }
    v->longs->rec[v->long_n++] = *r;
    return true;
}

bool entry_is_long(const struct index_entry *e, size_t n, size_t i)
{
    return !(e[i].key.b[0] & MARK_TAIL) && i + 1 < n && (e[i + 1].key.b[0] & MARK_TAIL) && e[i].key.b[0] == MARK_CHARS;
}

struct long_record long_of(const struct index_entry *head, const struct index_entry *tail)
{
    struct long_record r = {.attr = head->attr, .row = head->row};
    unsigned more = tail->key.b[0] & 15;
    memcpy(r.c, head->key.b + 1, MARK_CHARS);
    memcpy(r.c + MARK_CHARS, tail->key.b + 1, more);
    r.n = (uint8_t)(MARK_CHARS + more);
    return r;
}

static bool could_fit(const struct pattern *p, const struct long_record *r)
{
    const struct cell *first = &p->cells[0], *last = &p->cells[p->count - 1];
    return (first->kind == CELL_STAR || first->set >> (r->c[0] >> 2) & 1) &&
           (last->kind == CELL_STAR || last->set >> (r->c[r->n - 1] >> 2) & 1);
}

void search_longs(struct search *s, const struct longs *l, size_t n)
{
    const struct pattern *p = s->p;
    if (!p->stars && p->count + s->tier <= MARK_CHARS)
        return;
    for (size_t i = 0; i < n && !search_done(s); i++) {
        const struct long_record *r = &l->rec[i];
        bool yes = s->tier ? pattern_distance_chars(p, r->c, r->n, s->tier) == s->tier
                           : could_fit(p, r) && pattern_fits_chars(p, r->c, r->n);
        if (yes)
            search_hit(s, s->at_base + (uint32_t)i, r->row);
    }
}

/* ---- views ---- */

struct fresh *fresh_new(void)
{
    struct fresh *f = mem_alloc(1, sizeof *f);
    if (f)
        atomic_init(&f->refs, 1);
    return f;
}

void fresh_unref(struct fresh *f)
{
    if (f && last_one(&f->refs))
        mem_free(f);
}

struct index_view *view_new(struct index *ix)
{
    struct index_view *v = mem_alloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->owner = ix;
    v->refs = 1;
    v->fresh = fresh_new();
    if (v->fresh)
        return v;
    mem_free(v);
    return NULL;
}

struct index_view *view_copy(const struct index_view *v)
{
    struct index_view *c = mem_alloc(1, sizeof *c);
    if (!c)
        return NULL;
    /* all but the count of readers, which others are changing just now */
    memcpy((char *)c + offsetof(struct index_view, part_count),
        (const char *)v + offsetof(struct index_view, part_count), sizeof *c - offsetof(struct index_view, part_count));
    c->owner = v->owner;
    c->refs = 1;
    for (unsigned i = 0; i < v->part_count; i++)
        part_ref(v->part[i]);
    take(&v->fresh->refs);
    if (v->longs)
        take(&v->longs->refs);
    if (v->gone)
        take(&v->gone->refs);
    if (v->gone_new)
        take(&v->gone_new->refs);
    return c;
}

void view_drop(struct index_view *v)
{
    if (!v)
        return;
    for (unsigned i = 0; i < v->part_count; i++)
        part_unref(v->part[i]);
    fresh_unref(v->fresh);
    longs_unref(v->longs);
    gone_unref(v->gone);
    gone_unref(v->gone_new);
    mem_free(v);
}

void view_number(struct index_view *v)
{
    uint32_t at = 0;
    for (unsigned i = 0; i < v->part_count; i++) {
        v->base[i] = at;
        at += (uint32_t)v->part[i]->n;
    }
    v->base[v->part_count] = at;
}

void view_set_parts(struct index_view *v, unsigned from, unsigned to, struct part *const *by, unsigned n)
{
    struct part *kept[VIEW_PARTS];
    unsigned rest = v->part_count - to;
    memcpy(kept, v->part + to, rest * sizeof *kept);
    for (unsigned i = from; i < to; i++)
        part_unref(v->part[i]);
    memcpy(v->part + from, by, n * sizeof *by);
    memcpy(v->part + from + n, kept, rest * sizeof *kept);
    v->part_count = from + n + rest;
    view_number(v);
}

void view_publish(struct index *ix, struct index_view *v)
{
    view_number(v);
    pthread_mutex_lock(&ix->swap);
    struct index_view *old = ix->now;
    ix->now = v;
    bool last = old && --old->refs == 0;
    pthread_mutex_unlock(&ix->swap);
    if (last)
        view_drop(old);
}
