/* The snapshot of a view (docs/formats/index-snapshot.md): base parts as they lie, sorted, with their reverse order;
 * delta entries, long serials and removed rows as lists; SHA-256 of all of it. Postings are not written: they are a
 * function of the records, and making them is about as quick as reading and checking them would be.
 *
 * Loading trusts nothing. Counts are bounded before memory is asked for; the checksum is compared before anything is
 * built; every key's characters, both orders and the permutation are checked, because the search relies on them. */
#include "marks/index_view.h"
#include "base/arena.h"
#include "base/hash.h"
#include <endian.h>
#include "base/banned.h"

#define HEADER 64
#define VERSION 1
#define RECORD_BYTES 32
#define LOOSE_BYTES 28
#define LONG_BYTES (1 + MARK_LONG_CHARS + 12)
#define CHUNK 4096 /* records at a time */
static const char magic[8] = {'A', 'T', 'H', 'A', 'R', 'I', 'X', '1'};

static void put32(uint8_t *p, uint32_t v)
{
    v = htole32(v);
    memcpy(p, &v, 4);
}

static void put64(uint8_t *p, uint64_t v)
{
    v = htole64(v);
    memcpy(p, &v, 8);
}

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return le32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return le64toh(v);
}

/* ---- saving ---- */

struct saving {
    index_write write;
    void *arg;
    struct hash_stream *hash;
    uint8_t *chunk; /* CHUNK * LONG_BYTES */
    size_t used;
    enum err err;
};

static void save_flush(struct saving *s)
{
    if (s->err == OK && s->used) {
        hash_add(s->hash, s->chunk, s->used);
        s->err = s->write(s->arg, s->chunk, s->used);
    }
    s->used = 0;
}

static uint8_t *save_room(struct saving *s, size_t n)
{
    if (s->used + n > (size_t)CHUNK * LONG_BYTES)
        save_flush(s);
    s->used += n;
    return s->chunk + s->used - n;
}

static void save_loose(struct saving *s, const struct record *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *p = save_room(s, LOOSE_BYTES);
        memcpy(p, r[i].key, 16);
        p[0] = LENGTH(r[i].key);
        put64(p + 16, r[i].attr);
        put32(p + 24, r[i].row);
    }
}

static void save_part(struct saving *s, const struct part *part)
{
    put64(save_room(s, 8), part->n);
    for (size_t i = 0; i < part->n && s->err == OK; i++) {
        uint8_t *p = save_room(s, RECORD_BYTES);
        memcpy(p, part->rec[i].key, 16);
        p[0] = LENGTH(part->rec[i].key);
        put64(p + 16, part->rec[i].attr);
        put32(p + 24, part->rec[i].row);
        put32(p + 28, part->rec[i].rev);
    }
}

static void save_longs(struct saving *s, const struct index_view *v)
{
    for (size_t i = 0; i < v->long_n; i++) {
        const struct long_record *r = &v->longs->rec[i];
        uint8_t *p = save_room(s, LONG_BYTES);
        p[0] = r->n;
        memcpy(p + 1, r->c, MARK_LONG_CHARS);
        put64(p + 1 + MARK_LONG_CHARS, r->attr);
        put32(p + 9 + MARK_LONG_CHARS, r->row);
    }
}

static void save_gone(struct saving *s, const struct gone *g)
{
    for (size_t i = 0; g && i < (size_t)1 << g->log; i++)
        if (g->slot[i] != GONE_NONE)
            put32(save_room(s, 4), g->slot[i]);
}

static uint64_t loose_count(const struct index_view *v)
{
    uint64_t n = v->fresh_n;
    for (unsigned i = v->main_parts; i < v->part_count; i++)
        n += v->part[i]->n;
    return n;
}

static void save_header(struct saving *s, const struct index_view *v)
{
    uint8_t *p = save_room(s, HEADER);
    memset(p, 0, HEADER);
    memcpy(p, magic, 8);
    put32(p + 8, VERSION);
    put32(p + 12, v->main_parts);
    put64(p + 16, loose_count(v));
    put64(p + 24, v->long_n);
    put64(p + 32, (v->gone ? v->gone->n : 0) + (v->gone_new ? v->gone_new->n : 0));
}

static void save_body(struct saving *s, const struct index_view *v)
{
    save_header(s, v);
    for (unsigned i = 0; i < v->main_parts; i++)
        save_part(s, v->part[i]);
    for (unsigned i = v->main_parts; i < v->part_count; i++)
        save_loose(s, v->part[i]->rec, v->part[i]->n);
    save_loose(s, v->fresh->rec, v->fresh_n);
    save_longs(s, v);
    save_gone(s, v->gone);
    save_gone(s, v->gone_new);
    save_flush(s);
}

enum err index_save(const struct index_view *v, index_write w, void *arg)
{
    struct saving s = {.write = w, .arg = arg, .hash = hash_begin(), .chunk = mem_alloc(CHUNK, LONG_BYTES)};
    if (!s.hash || !s.chunk) {
        hash_drop(s.hash);
        mem_free(s.chunk);
        return ERR_MEMORY;
    }
    save_body(&s, v);
    struct hash sum = hash_done(s.hash);
    if (s.err == OK)
        s.err = w(arg, sum.b, sizeof sum.b);
    mem_free(s.chunk);
    return s.err;
}

/* ---- loading ---- */

struct loading {
    index_read read;
    void *arg;
    struct hash_stream *hash;
    uint8_t *chunk;
    unsigned parts;
    struct record *rec[VIEW_PARTS]; /* parts read and not yet built */
    size_t n[VIEW_PARTS];
    uint64_t loose_n, long_n, gone_n, total;
    struct index_entry *loose;
    uint32_t *gone;
};

static enum err load_bytes(struct loading *l, void *p, size_t n)
{
    enum err err = l->read(l->arg, p, n);
    if (err == OK)
        hash_add(l->hash, p, n);
    return err;
}

static enum err load_header(struct loading *l)
{
    uint8_t h[HEADER];
    enum err err = load_bytes(l, h, HEADER);
    if (err != OK)
        return err;
    l->parts = get32(h + 12);
    l->loose_n = get64(h + 16);
    l->long_n = get64(h + 24);
    l->gone_n = get64(h + 32);
    static const uint8_t zero[HEADER - 40];
    bool good = !memcmp(h, magic, 8) && get32(h + 8) == VERSION && l->parts < VIEW_PARTS && l->loose_n <= ENTRIES_MAX &&
                l->long_n <= ENTRIES_MAX && l->gone_n <= 2 * ENTRIES_MAX && !memcmp(h + 40, zero, sizeof zero);
    l->total = l->loose_n + l->long_n;
    return good ? OK : ERR_DAMAGED;
}

static bool good_chars(const uint8_t *c, unsigned n, unsigned room)
{
    for (unsigned i = 0; i < n; i++)
        if (c[i] >> 2 == 0 || c[i] >> 2 >= MARK_CLASSES)
            return false;
    for (unsigned i = n; i < room; i++)
        if (c[i])
            return false;
    return true;
}

static bool good_key(const uint8_t key[16])
{
    return key[0] <= MARK_CHARS && good_chars(key + 1, key[0], MARK_CHARS);
}

static enum err load_part(struct loading *l, unsigned i)
{
    uint8_t head[8];
    enum err err = load_bytes(l, head, 8);
    uint64_t n = err == OK ? get64(head) : 0;
    if (err != OK)
        return err;
    if (!n || n > PART_MAX || (l->total += n) > ENTRIES_MAX)
        return ERR_DAMAGED;
    l->n[i] = (size_t)n;
    l->rec[i] = huge_alloc(l->n[i], sizeof *l->rec[i]); /* pages come as bytes do: a large count alone costs nothing */
    if (!l->rec[i])
        return ERR_MEMORY;
    for (size_t at = 0; at < l->n[i] && err == OK; at += CHUNK) {
        size_t m = l->n[i] - at < CHUNK ? l->n[i] - at : CHUNK;
        err = load_bytes(l, l->chunk, m * RECORD_BYTES);
        for (size_t k = 0; k < m && err == OK; k++) {
            const uint8_t *p = l->chunk + k * RECORD_BYTES;
            struct record *r = &l->rec[i][at + k];
            memcpy(r->key, p, 16);
            r->attr = get64(p + 16);
            r->row = get32(p + 24);
            r->rev = get32(p + 28);
            err = good_key(p) && r->rev < n ? OK : ERR_DAMAGED;
        }
    }
    return err;
}

static enum err load_loose(struct loading *l)
{
    enum err err = OK;
    size_t cap = 0;
    for (uint64_t i = 0; i < l->loose_n && err == OK; i++) {
        uint8_t p[LOOSE_BYTES];
        err = load_bytes(l, p, sizeof p);
        if (err == OK && !good_key(p))
            err = ERR_DAMAGED;
        if (err == OK && !mem_grow(&l->loose, &cap, (size_t)i + 1, ENTRIES_MAX, sizeof *l->loose))
            err = ERR_MEMORY;
        if (err != OK)
            break;
        l->loose[i] = (struct index_entry){.attr = get64(p + 16), .row = get32(p + 24)};
        memcpy(l->loose[i].key.b, p, 16);
    }
    return err;
}

static enum err load_longs(struct loading *l, struct index_view *v)
{
    enum err err = OK;
    for (uint64_t i = 0; i < l->long_n && err == OK; i++) {
        uint8_t p[LONG_BYTES];
        err = load_bytes(l, p, sizeof p);
        if (err == OK && (p[0] <= MARK_CHARS || p[0] > MARK_LONG_CHARS || !good_chars(p + 1, p[0], MARK_LONG_CHARS)))
            err = ERR_DAMAGED;
        if (err != OK)
            break;
        struct long_record r = {
            .attr = get64(p + 1 + MARK_LONG_CHARS), .row = get32(p + 9 + MARK_LONG_CHARS), .n = p[0]};
        memcpy(r.c, p + 1, MARK_LONG_CHARS);
        err = view_add_long(v, &r) ? OK : ERR_MEMORY;
    }
    return err;
}

static enum err load_gone(struct loading *l)
{
    enum err err = OK;
    size_t cap = 0;
    for (uint64_t i = 0; i < l->gone_n && err == OK; i++) {
        uint8_t p[4];
        err = load_bytes(l, p, sizeof p);
        if (err == OK && !mem_grow(&l->gone, &cap, (size_t)i + 1, 2 * ENTRIES_MAX, sizeof *l->gone))
            err = ERR_MEMORY;
        if (err == OK)
            l->gone[i] = get32(p);
    }
    return err;
}

static enum err load_sum(struct loading *l)
{
    struct hash want, got = hash_done(l->hash);
    l->hash = NULL;
    enum err err = l->read(l->arg, want.b, sizeof want.b);
    return err != OK ? err : hash_eq(&want, &got) ? OK : ERR_DAMAGED;
}

/* ---- invariants 2 and 3 of a part ---- */

struct order_check {
    const struct record *rec;
    size_t n;
    int threads;
    atomic_bool bad;
};

static bool out_of_order(struct order_key a, struct order_key b)
{
    return a.hi > b.hi || (a.hi == b.hi && a.lo > b.lo);
}

static void check_orders(void *arg, int t)
{
    struct order_check *c = arg;
    size_t from = c->n * (size_t)t / (size_t)c->threads, to = c->n * (size_t)(t + 1) / (size_t)c->threads;
    struct order_key last = {0}, last_back = {0}; /* no key is below these */
    bool bad = false;
    for (size_t i = from ? from - 1 : 0; i < to && !bad; i++) {
        if (i + 16 < c->n)
            __builtin_prefetch(&c->rec[c->rec[i + 16].rev]);
        struct order_key k = order_key(c->rec[i].key, false), back = order_key(c->rec[c->rec[i].rev].key, true);
        bad = out_of_order(last, k) || out_of_order(last_back, back);
        last = k;
        last_back = back;
    }
    if (bad)
        atomic_store(&c->bad, true);
}

static enum err check_part(const struct record *rec, size_t n, int threads)
{
    uint64_t *seen = mem_alloc(n / 64 + 1, sizeof *seen);
    struct order_check c = {.rec = rec, .n = n, .threads = threads};
    if (!seen)
        return ERR_MEMORY;
    bool good = true;
    for (size_t i = 0; i < n && good; i++) {
        uint64_t bit = (uint64_t)1 << (rec[i].rev & 63), *word = &seen[rec[i].rev >> 6];
        good = !(*word & bit);
        *word |= bit;
    }
    mem_free(seen);
    if (good)
        threads_run(threads, check_orders, &c);
    return good && !atomic_load(&c.bad) ? OK : ERR_DAMAGED;
}

static enum err load_parts_into(struct loading *l, struct index_view *v, int threads)
{
    for (unsigned i = 0; i < l->parts; i++) {
        enum err err = check_part(l->rec[i], l->n[i], threads);
        if (err != OK)
            return err;
        struct part *p = part_of_records(l->rec[i], l->n[i], threads);
        l->rec[i] = NULL;
        if (!p)
            return ERR_MEMORY;
        view_set_parts(v, i, i, &p, 1);
        v->main_parts = i + 1;
        v->peak = p->peak > v->peak ? p->peak : v->peak;
    }
    return OK;
}

static enum err load_view(struct loading *l, struct index_view *v, int threads)
{
    enum err err = load_header(l);
    for (unsigned i = 0; i < l->parts && err == OK; i++)
        err = load_part(l, i);
    if (err == OK)
        err = load_loose(l);
    if (err == OK)
        err = load_longs(l, v);
    if (err == OK)
        err = load_gone(l);
    if (err == OK)
        err = load_sum(l);
    if (err == OK)
        err = load_parts_into(l, v, threads);
    if (err == OK && l->gone_n) {
        v->gone = gone_with(NULL, l->gone, (size_t)l->gone_n);
        err = v->gone ? OK : ERR_MEMORY;
    }
    return err == OK ? view_add_entries(v, l->loose, (size_t)l->loose_n) : err;
}

enum err index_load(struct index *ix, index_read r, void *arg, int threads)
{
    struct loading l = {.read = r, .arg = arg, .hash = hash_begin(), .chunk = mem_alloc(CHUNK, LONG_BYTES)};
    struct index_view *v = view_new(ix);
    enum err err = l.hash && l.chunk && v ? load_view(&l, v, threads < 1 ? 1 : threads) : ERR_MEMORY;
    if (err == OK) {
        pthread_mutex_lock(&ix->write);
        view_publish(ix, v);
        pthread_mutex_unlock(&ix->write);
    } else {
        view_drop(v);
    }
    for (unsigned i = 0; i < VIEW_PARTS; i++)
        huge_free(l.rec[i]);
    hash_drop(l.hash);
    mem_free(l.chunk);
    mem_free(l.loose);
    mem_free(l.gone);
    return err;
}
