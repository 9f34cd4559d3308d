#include "store/erase.h"
#include "store/store_inner.h"
#include "base/banned.h"

#define ENTRY 32 /* party, mark, time */
#define SUBJECTS_MAX 100000

/* ---- what is still to be done: the value of meta 'erasing' ---- */

static void write_entry(const struct key_erased *x, struct buf *out)
{
    buf_add(out, x->party.b, 16);
    buf_add(out, x->mark, KEY_MARK);
    buf_u64(out, (uint64_t)x->at);
}

static struct key_erased read_entry(const char *p)
{
    struct key_erased x;
    uint64_t at = 0;
    memcpy(x.party.b, p, 16);
    memcpy(x.mark, p + 16, KEY_MARK);
    for (int i = 0; i < 8; i++)
        at = at << 8 | (uint8_t)p[24 + i];
    x.at = (int64_t)at;
    return x;
}

enum err store_erasing(struct store *s, const struct key_erased *who, size_t n, struct fault *f)
{
    struct buf b;
    buf_init(&b, (size_t)1 << 28);
    for (size_t i = 0; i < n; i++)
        write_entry(&who[i], &b);
    enum err e = b.err ? fault_set(f, b.err, "erasing", SLICE(""), "") : meta_upsert(s->engine, "erasing", buf_view(&b), f);
    buf_free(&b);
    return e ? e : documents_drop(s, who, n, f);
}

static enum err settle(struct store *s, struct fault *f)
{
    enum err e = store_begin(s, f);
    if (e)
        return e;
    if (!(e = meta_upsert(s->engine, "erasing", SLICE(""), f)) && !(e = store_commit(s, f)))
        return store_settle(s, f); /* pages of before leave the write-ahead log */
    store_rollback(s);
    return e;
}

enum err store_erase_finish(struct store *s, struct fault *f)
{
    struct arena a;
    struct slice list;
    arena_init(&a, (size_t)1 << 29);
    enum err e = meta_select(s->engine, &a, "erasing", &list, f);
    size_t n = e ? 0 : list.n / ENTRY;
    struct key_erased *who = arena_array(&a, n + 1, sizeof *who);
    if (!e && !who)
        e = fault_set(f, ERR_MEMORY, "erasing", SLICE(""), "");
    for (size_t i = 0; !e && i < n; i++)
        who[i] = read_entry(list.p + i * ENTRY);
    if (!e && n && !(e = keys_erase(s->key_store, who, n, f)))
        e = settle(s, f);
    arena_free(&a);
    return e;
}

/* ---- a party's firearms and permits ---- */

static const struct statement held = {"SELECT DISTINCT subject FROM holding WHERE party = $1 ORDER BY subject"};
static const struct statement permits = {"SELECT subject FROM permit WHERE holder = $1 ORDER BY subject"};

static enum err add(struct store *s, const struct statement *q, const struct subject_id *party, struct subject_id *out, size_t max, size_t *n,
    struct fault *f)
{
    struct rows *rows;
    struct value in = V_BLOB(party->b, sizeof party->b), row;
    bool more;
    enum err e = s->engine->verbs->start(s->engine, q, &in, 1, &rows, f);
    if (e)
        return e;
    while (*n < max && !(e = s->engine->verbs->next(rows, &row, 1, &more, f)) && more)
        if (row.b.n == 16)
            memcpy(out[(*n)++].b, row.b.p, 16);
    s->engine->verbs->stop(rows);
    return e;
}

enum err store_party_subjects(struct store *s, struct arena *a, const struct subject_id *party, struct subject_id **out, size_t *n, struct fault *f)
{
    *n = 0;
    *out = arena_array(a, SUBJECTS_MAX, sizeof **out);
    if (!*out)
        return fault_set(f, ERR_MEMORY, "party", SLICE(""), "");
    enum err e = add(s, &held, party, *out, SUBJECTS_MAX, n, f);
    return e ? e : add(s, &permits, party, *out, SUBJECTS_MAX, n, f);
}

enum err store_permits_of(struct store *s, const struct subject_id *party, struct subject_id *out, size_t max, size_t *n, struct fault *f)
{
    *n = 0;
    return add(s, &permits, party, out, max, n, f);
}

static const struct statement holdings = {
    "SELECT subject, role, since, current FROM holding WHERE party = $1 ORDER BY current DESC, since DESC, subject"};

enum err store_holdings(struct store *s, const struct subject_id *party, struct holding_seen *out, size_t max, size_t *n, struct fault *f)
{
    struct rows *rows;
    struct value in = V_BLOB(party->b, sizeof party->b), row[4];
    bool more;
    *n = 0;
    enum err e = s->engine->verbs->start(s->engine, &holdings, &in, 1, &rows, f);
    if (e)
        return e;
    while (*n < max && !(e = s->engine->verbs->next(rows, row, 4, &more, f)) && more) {
        struct holding_seen *h = &out[*n];
        if (row[0].b.n != 16)
            continue;
        memcpy(h->subject.b, row[0].b.p, 16);
        h->role = (uint8_t)row[1].i;
        h->since = row[2].i;
        h->current = row[3].i != 0;
        ++*n;
    }
    s->engine->verbs->stop(rows);
    return e;
}
