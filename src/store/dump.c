/* The canonical dump of each derived table, hashed: equal registers have equal digests, whatever the order of arrival and
 * whichever the engine. A row is its columns in order; a column is 'i' and 8 bytes, 'b', a 4-byte length and the bytes, or
 * 'n'; rows come in key order. docs/formats/dump.md */
#include "store/store_inner.h"
#include "base/hash.h"
#include "base/banned.h"

#define COLUMNS_MAX 15

struct dumped {
    const char *table;
    size_t columns;
    struct statement all;
};
static const struct dumped tables[] = {
    {"item", 15, {"SELECT subject, status, owner, possessor, custodian, make, calibre, type, country, year, model, flags, first_at, "
        "last_at, heads FROM item ORDER BY subject", true}},
    {"item_record", 2, {"SELECT subject, record FROM item_record ORDER BY subject, record", true}},
    {"holding", 5, {"SELECT party, subject, role, since, current FROM holding ORDER BY party, subject, role", true}},
    {"claim", 3, {"SELECT claim, digest, subject FROM claim ORDER BY claim", true}},
    {"external", 2, {"SELECT token, subject FROM external ORDER BY token, subject", true}},
    {"permit", 5, {"SELECT subject, holder, state, granted, ended FROM permit ORDER BY subject", true}},
};
/* Where records lie in this log: no two registers need agree, but a register with its own log has to. */
static const struct dumped places[] = {
    {"item_record", 3, {"SELECT subject, record, position FROM item_record ORDER BY subject, record", true}},
    {"record_at", 2, {"SELECT prefix, position FROM record_at ORDER BY prefix, position", true}},
};

static void add_column(struct buf *row, const struct value *v)
{
    if (v->is_null)
        buf_byte(row, 'n');
    else if (v->is_int) {
        buf_byte(row, 'i');
        buf_u64(row, (uint64_t)v->i);
    } else {
        buf_byte(row, 'b');
        buf_u32(row, (uint32_t)v->b.n);
        buf_slice(row, v->b);
    }
}

static enum err digest(struct store *s, const struct dumped *t, struct hash *out, uint64_t *count, struct fault *f)
{
    struct value v[COLUMNS_MAX];
    struct rows *r;
    bool more = true;
    struct buf row;
    struct hash_stream *h = hash_begin();
    buf_init(&row, 1u << 20);
    enum err e = h ? s->engine->verbs->start(s->engine, &t->all, NULL, 0, &r, f) : fault_set(f, ERR_MEMORY, t->table, SLICE(""), "");
    if (e) {
        if (h)
            hash_drop(h);
        return e;
    }
    while (!(e = s->engine->verbs->next(r, v, t->columns, &more, f)) && more) {
        buf_reset(&row);
        for (size_t i = 0; i < t->columns; i++)
            add_column(&row, &v[i]);
        hash_add(h, row.p, row.n);
        ++*count;
    }
    s->engine->verbs->stop(r);
    *out = hash_done(h);
    buf_free(&row);
    return e;
}

static enum err digests(struct store *s, const struct dumped *t, size_t count, struct buf *out, struct fault *f)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < count; i++) {
        struct hash h;
        uint64_t n = 0;
        if ((e = digest(s, &t[i], &h, &n, f)))
            break;
        buf_printf(out, "%-12s %10llu ", t[i].table, (unsigned long long)n);
        buf_hex(out, h.b, sizeof h.b);
        buf_byte(out, '\n');
    }
    return e ? e : out->err;
}

enum err store_dump_digest(struct store *s, struct buf *out, struct fault *f)
{
    return digests(s, tables, sizeof tables / sizeof *tables, out, f);
}

enum err store_dump_places(struct store *s, struct buf *out, struct fault *f)
{
    return digests(s, places, sizeof places / sizeof *places, out, f);
}
