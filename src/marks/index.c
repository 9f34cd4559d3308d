/* The index as its users see it: making, building, and a query over all parts of a view. What changes it afterwards is
 * in index_change.c. */
#include "marks/index_view.h"
#include "base/arena.h"
#include "base/banned.h"

void hits_init(struct hits *h, size_t max)
{
    *h = (struct hits){.max = max};
}

void hits_clear(struct hits *h)
{
    h->count = 0;
    h->cut = false;
    h->probes = h->candidates = 0;
}

void hits_free(struct hits *h)
{
    scratch_free(h);
    mem_free(h->hit);
    *h = (struct hits){0};
}

/* ---- making and taking ---- */

struct index *index_new(void)
{
    struct index *ix = mem_alloc(1, sizeof *ix);
    if (!ix)
        return NULL;
    ix->part_max = PART_MAX;
    pthread_mutex_init(&ix->write, NULL);
    pthread_mutex_init(&ix->swap, NULL);
    ix->now = view_new(ix);
    if (ix->now)
        return ix;
    mem_free(ix);
    return NULL;
}

void index_free(struct index *ix)
{
    if (!ix)
        return;
    view_drop(ix->now);
    pthread_mutex_destroy(&ix->write);
    pthread_mutex_destroy(&ix->swap);
    mem_free(ix);
}

struct index_view *index_acquire(struct index *ix)
{
    pthread_mutex_lock(&ix->swap);
    struct index_view *v = ix->now;
    v->refs++;
    pthread_mutex_unlock(&ix->swap);
    return v;
}

void index_release(struct index_view *v)
{
    if (!v)
        return;
    struct index *ix = v->owner;
    pthread_mutex_lock(&ix->swap);
    bool last = --v->refs == 0;
    pthread_mutex_unlock(&ix->swap);
    if (last)
        view_drop(v);
}

/* ---- building ---- */

enum err parts_build(const struct index_entry *e, size_t n, size_t most, int threads, struct part **out,
    unsigned *out_n, uint64_t *out_peak)
{
    unsigned count = (unsigned)((n + most - 1) / most);
    uint64_t peak = 0, built = 0;
    if (n > ENTRIES_MAX || count >= VIEW_PARTS)
        return ERR_RANGE;
    for (unsigned i = 0; i < count; i++) {
        size_t from = n * i / count, to = n * (i + 1) / count;
        out[i] = part_build(e + from, to - from, threads < 1 ? 1 : threads);
        if (!out[i]) {
            while (i--)
                part_unref(out[i]);
            return ERR_MEMORY;
        }
        peak = built + out[i]->peak > peak ? built + out[i]->peak : peak;
        built += out[i]->bytes;
    }
    *out_n = count;
    *out_peak = peak;
    return OK;
}

static bool has_tails(const struct index_entry *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (e[i].key.b[0] > MARK_CHARS)
            return true;
    return false;
}

enum err part_long(struct index_view *v, const struct index_entry *e, size_t n, struct index_entry **out, size_t *out_n)
{
    *out = NULL;
    *out_n = n;
    if (!has_tails(e, n))
        return OK;
    struct index_entry *s = mem_alloc(n, sizeof *s);
    size_t count = 0;
    for (size_t i = 0; s && i < n; i++) {
        if (entry_is_long(e, n, i)) {
            struct long_record r = long_of(&e[i], &e[i + 1]);
            if (!view_add_long(v, &r)) {
                mem_free(s);
                return ERR_MEMORY;
            }
        } else if (e[i].key.b[0] <= MARK_CHARS) {
            s[count++] = e[i];
        }
    }
    *out = s;
    *out_n = count;
    return s ? OK : ERR_MEMORY;
}

enum err index_build(struct index *ix, const struct index_entry *e, size_t n, int threads)
{
    struct part *built[VIEW_PARTS];
    struct index_entry *copy = NULL;
    unsigned count = 0;
    struct index_view *v = view_new(ix);
    enum err err = v ? part_long(v, e, n, &copy, &n) : ERR_MEMORY;
    if (err == OK)
        err = parts_build(copy ? copy : e, n, ix->part_max, threads, built, &count, &v->peak);
    mem_free(copy);
    if (err != OK) {
        view_drop(v);
        return err;
    }
    view_set_parts(v, 0, 0, built, count);
    v->main_parts = count;
    pthread_mutex_lock(&ix->write);
    view_publish(ix, v);
    pthread_mutex_unlock(&ix->write);
    return OK;
}

/* ---- reading ---- */

struct index_entry entry_of(const struct record *r)
{
    struct index_entry e = {.attr = r->attr, .row = r->row};
    memcpy(e.key.b, r->key, 16);
    e.key.b[0] = LENGTH(r->key);
    return e;
}

size_t index_count(const struct index_view *v)
{
    return v->base[v->part_count] + v->fresh_n + v->long_n;
}

static const struct record *record_at(const struct index_view *v, uint32_t at)
{
    unsigned i = v->part_count;
    while (i > 0 && at < v->base[i])
        i--;
    return i == v->part_count ? &v->fresh->rec[at - v->base[i]] : &v->part[i]->rec[at - v->base[i]];
}

static const struct long_record *long_at(const struct index_view *v, uint32_t at)
{
    size_t first = v->base[v->part_count] + v->fresh_n;
    return at >= first ? &v->longs->rec[at - first] : NULL;
}

struct index_entry index_entry_at(const struct index_view *v, uint32_t at)
{
    const struct long_record *l = long_at(v, at);
    if (!l)
        return entry_of(record_at(v, at));
    struct index_entry e = {.attr = l->attr, .row = l->row};
    e.key.b[0] = MARK_CHARS;
    memcpy(e.key.b + 1, l->c, MARK_CHARS);
    return e;
}

unsigned index_chars_at(const struct index_view *v, uint32_t at, uint8_t out[MARK_LONG_CHARS])
{
    const struct long_record *l = long_at(v, at);
    const uint8_t *key = l ? NULL : record_at(v, at)->key;
    unsigned n = l ? l->n : LENGTH(key);
    memcpy(out, l ? l->c : key + 1, n);
    return n;
}

bool index_hidden(const struct index_view *v, uint32_t row)
{
    return view_hides(v, row);
}

enum err index_tier(const struct index_view *v, const struct pattern *p, unsigned tier, struct hits *out)
{
    enum err err = scratch_ready(out);
    if (err != OK || tier > 2 || (tier && p->stars))
        return err;
    struct search s = {.view = v, .p = p, .s = out->scratch, .out = out, .tier = tier};
    kquery_of(p, &out->scratch->q);
    for (unsigned i = 0; i < v->part_count && !search_done(&s); i++) {
        s.part = v->part[i];
        s.at_base = v->base[i];
        search_part(&s);
    }
    s.part = NULL;
    s.at_base = v->base[v->part_count];
    if (v->fresh_n)
        search_records(&s, v->fresh->rec, v->fresh_n);
    s.at_base += (uint32_t)v->fresh_n;
    if (v->long_n)
        search_longs(&s, v->longs, v->long_n);
    return s.err;
}

enum err index_scan(const struct index_view *v, const struct pattern *p, unsigned max_tier, struct hits *out)
{
    uint8_t c[MARK_LONG_CHARS];
    size_t n = index_count(v);
    struct search s = {.view = v, .p = p, .out = out};
    for (size_t at = 0; at < n && !search_done(&s); at++) {
        unsigned len = index_chars_at(v, (uint32_t)at, c);
        s.tier = pattern_fits_chars(p, c, len) ? 0
                 : p->stars || !max_tier       ? 3
                                               : pattern_distance_chars(p, c, len, max_tier);
        if (s.tier <= max_tier)
            search_hit(&s, (uint32_t)at, index_entry_at(v, (uint32_t)at).row);
    }
    return s.err;
}

static void sweep_longs(struct search *s, const struct index_view *v, unsigned max_tier)
{
    for (s->tier = 0; s->tier <= max_tier; s->tier++)
        if (s->tier == 0 || !s->p->stars)
            search_longs(s, v->longs, v->long_n);
}

enum err index_sweep(const struct index_view *v, const struct pattern *p, unsigned max_tier, struct hits *out)
{
    enum err err = scratch_ready(out);
    if (err != OK || max_tier > 2)
        return err;
    struct search s = {.view = v, .p = p, .s = out->scratch, .out = out};
    kquery_of(p, &out->scratch->q);
    for (unsigned i = 0; i < v->part_count; i++) {
        s.at_base = v->base[i];
        search_sweep(&s, v->part[i]->rec, v->part[i]->n, max_tier);
    }
    s.at_base = v->base[v->part_count];
    search_sweep(&s, v->fresh->rec, v->fresh_n, max_tier);
    s.at_base += (uint32_t)v->fresh_n;
    sweep_longs(&s, v, max_tier);
    return s.err;
}

void index_stats(const struct index_view *v, struct index_stats *out)
{
    struct index_stats s = {.entries = index_count(v), .long_entries = v->long_n, .peak_bytes = v->peak};
    for (unsigned i = 0; i < v->part_count; i++) {
        s.bytes += v->part[i]->bytes;
        s.delta += i >= v->main_parts ? v->part[i]->n : 0;
        s.delta_bytes += i >= v->main_parts ? v->part[i]->bytes : 0;
    }
    s.delta += v->fresh_n;
    s.delta_bytes += sizeof *v->fresh;
    s.removed = (v->gone ? v->gone->n : 0) + (v->gone_new ? v->gone_new->n : 0);
    s.bytes += sizeof *v + sizeof *v->fresh + (v->longs ? v->longs->cap * sizeof *v->longs->rec : 0) +
               (v->gone ? sizeof(uint32_t) << v->gone->log : 0) +
               (v->gone_new ? sizeof(uint32_t) << v->gone_new->log : 0);
    *out = s;
}
