/* An entry becomes bytes: header, body under the register's key, each person's data under that person's, free text and opinion in sections
 * of their own (docs/formats/record.md). */
#include "entry/entry.h"
#include <stdio.h>
#include "base/banned.h"

#define SECTIONS (3 + EVENT_PARTIES)

struct subject_id entry_orders(void)
{
    return (struct subject_id){"athar:orders"};
}

void entry_claim(const struct keys *k, const struct subject_id *account, const struct subject_id *key, uint8_t out[16])
{
    keys_token(k->import, "entry", slice_of((const char *)account->b, 16), slice_of((const char *)key->b, 16), 0, out);
}

/* ---- was it recorded already? ---- */

enum err entry_known(struct store *s, struct arena *a, const uint8_t claim[16], struct hash *out_record, uint8_t out_digest[16], bool *found,
    struct fault *f)
{
    struct claim_row c;
    uint64_t *at;
    size_t n = 0;
    bool claimed = false;
    *found = false;
    enum err e = store_claim(s, claim, &c, &claimed, f);
    if (!e && claimed)
        e = store_subject_positions(s, a, &c.subject, &at, &n, f);
    struct event *ev = arena_alloc(a, sizeof *ev);
    if (!e && !ev)
        e = fault_set(f, ERR_MEMORY, "entry", SLICE(""), "");
    for (size_t i = 0; !e && i < n && !*found; i++) {
        struct slice bytes;
        struct body_row row;
        int64_t received;
        if ((e = store_read(s, a, at[i], &bytes, &received, f)) || (e = store_event(s, a, bytes, at[i], received, SHOW_BODY, ev, &row, f)))
            return e;
        if (row.given && memcmp(row.claim, claim, 16) == 0) {
            *found = true;
            *out_record = ev->record;
            memcpy(out_digest, row.digest, 16);
        }
    }
    return e;
}

/* ---- header ---- */

static bool named(const struct record_header *h, const struct subject_id *id)
{
    for (size_t i = 0; i < h->subject_count; i++)
        if (subject_eq(&h->subject[i].id, id))
            return true;
    return false;
}

static void add(struct record_header *h, enum subject_type type, const struct subject_id *id)
{
    if (!subject_none(id) && !named(h, id) && h->subject_count < RECORD_SUBJECTS)
        h->subject[h->subject_count++] = (struct record_subject){type, *id};
}

/* What the record is about comes first: the permit, the firearm; then what it names beside; then persons. */
static void add_subjects(const struct entry *x, struct record_header *h)
{
    static const struct subject_id orders = {"athar:orders"};
    if (x->ordered)
        add(h, SUBJECT_CASE, &orders);
    if (x->has_permit)
        add(h, SUBJECT_PERMIT, &x->permit);
    if (x->has_item)
        add(h, SUBJECT_ITEM, &x->item);
    if (x->has_other)
        add(h, SUBJECT_ITEM, &x->other_item);
    for (size_t i = 0; i < x->replaced_count; i++)
        add(h, x->replaced[i].type, &x->replaced[i].id);
    for (size_t i = 0; i < x->ev.party_count; i++)
        add(h, SUBJECT_PARTY, &x->ev.party[i].id);
}

struct writing {
    struct log *log;
    const struct entry_by *by;
    struct entry *x;
    struct record_header h;
    char actor[48];
    struct buf text[SECTIONS], bytes;
    struct body_row row;
    struct document_row document[EVENT_PARTIES];
    size_t documents;
};

static enum err fill_header(struct writing *w, struct fault *f)
{
    char by[33] = "", day[11];
    struct entry *x = w->x;
    const struct store *s = w->log->store;
    hex_of(w->by->account.b, 16, by); /* who that is can be told by those who may read accounts */
    snprintf(w->actor, sizeof w->actor, subject_none(&w->by->account) ? "console" : "account %s", by);
    w->h = (struct record_header){.origin = store_origin(s), .kind = x->ev.kind, .profile = store_profile(s)->hash, .happened = x->ev.happened,
        .discovered = x->ev.discovered, .recorded = w->by->clock(w->by->arg), .actor = slice_str(w->actor), .office = w->by->office,
        .purpose = x->purpose, .head_count = x->head_count};
    memcpy(w->h.head, x->head, x->head_count * sizeof *x->head);
    if (x->replaced_count) {
        w->h.supersedes[w->h.supersedes_count++] = x->replaces;
        if (!when_known(&w->h.happened))
            w->h.happened = x->replaced_happened;
    }
    add_subjects(x, &w->h);
    time_day(w->h.recorded, day);
    bool asked = form_asked(&x->kind->form, FIELD_HAPPENED) || x->replaced_count;
    return asked || when_known(&w->h.happened) ? OK : when_parse(slice_str(day), "happened", &w->h.happened, f);
}

/* ---- sections ---- */

/* A person named in two roles has one section. */
static bool said_before(const struct event *ev, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (subject_eq(&ev->party[k].id, &ev->party[i].id))
            return true;
    return false;
}

static enum err seal_persons(struct writing *w, struct record_plain *plain, uint8_t (*key)[SEAL_KEY], size_t *n)
{
    struct event *ev = &w->x->ev;
    struct store *s = w->log->store;
    enum err e = OK;
    for (size_t i = 0; !e && i < ev->party_count; i++) {
        if (said_before(ev, i))
            continue;
        if (!(e = keys_person_new(store_key_store(s), &ev->party[i].id, key[*n - 1], NULL)))
            e = body_write_person(&ev->party[i], &w->text[*n]);
        if (!e && w->x->party_new[i] && document_token(store_keys(s)->blind, ev->party[i].document, w->document[w->documents].token))
            w->document[w->documents++].party = ev->party[i].id;
        plain[*n] = (struct record_plain){.kind = SECTION_PERSON, .key = key[*n - 1], .plain = buf_view(&w->text[*n])};
        memcpy(plain[(*n)++].key_id.b, ev->party[i].id.b, 16);
    }
    return e;
}

static enum err seal_texts(struct writing *w, struct record_plain *plain, const uint8_t told[SEAL_KEY], size_t *n)
{
    const struct keys *k = store_keys(w->log->store);
    enum err e = body_write_text(&w->x->ev, &w->text[*n]);
    if (!e && w->text[*n].n) {
        plain[*n] = (struct record_plain){SECTION_TEXT, k->register_id, told, buf_view(&w->text[*n])};
        ++*n;
    }
    if (!e && !(e = body_write_opinion(&w->x->ev, &w->text[*n])) && w->text[*n].n) {
        plain[*n] = (struct record_plain){SECTION_OPINION, k->register_id, told, buf_view(&w->text[*n])};
        ++*n;
    }
    return e;
}

static enum err encode(struct writing *w, struct fault *f)
{
    struct record_plain plain[SECTIONS];
    uint8_t key[EVENT_PARTIES][SEAL_KEY], told[SEAL_KEY], random[RECORD_SALT + SECTIONS * SEAL_NONCE];
    const struct keys *k = store_keys(w->log->store);
    size_t n = 1;
    enum err e = body_write(&w->x->ev, &w->row, &w->h, &w->text[0]);
    plain[0] = (struct record_plain){SECTION_BODY, k->register_id, k->reg, buf_view(&w->text[0])};
    if (!e)
        e = seal_persons(w, plain, key, &n);
    keys_text(k->reg, key, n - 1, told);
    if (!e)
        e = seal_texts(w, plain, told, &n);
    w->by->random(w->by->arg, random, sizeof random);
    e = e ? fault_set(f, e, "record", SLICE(""), "want.record_size") : record_encode(&w->h, plain, n, random, &w->bytes, f);
    seal_wipe(key, sizeof key);
    seal_wipe(told, sizeof told);
    return e;
}

static void init(struct writing *w)
{
    for (size_t i = 0; i < SECTIONS; i++)
        buf_init(&w->text[i], RECORD_MAX);
    buf_init(&w->bytes, RECORD_MAX + 1024);
}

static void done(struct writing *w)
{
    for (size_t i = 0; i < SECTIONS; i++)
        buf_free(&w->text[i]);
    buf_free(&w->bytes);
}

/* An order over more than one record can name: from `from` on. Returns how far it came. */
static size_t add_more(const struct entry *x, size_t from, struct record_header *h)
{
    while (from < x->more_count && h->subject_count < RECORD_SUBJECTS) {
        add(h, x->more[from].type, &x->more[from].id);
        from++;
    }
    return from;
}

static enum err append(struct writing *w, struct hash *out_record, uint64_t *out_position, struct fault *f)
{
    enum err e = encode(w, f);
    if (e)
        return e;
    *out_record = record_id(buf_view(&w->bytes));
    if (!(e = log_append(w->log, buf_view(&w->bytes), out_record, w->h.recorded, out_position, f)))
        e = store_documents_add(w->log->store, w->document, w->documents, f);
    return e;
}

static enum err again(struct writing *w, struct hash *out_record, struct fault *f)
{
    for (size_t i = 0; i < SECTIONS; i++)
        buf_reset(&w->text[i]);
    buf_reset(&w->bytes);
    w->row.given = false;
    w->documents = 0;
    return append(w, out_record, NULL, f);
}

enum err entry_write(struct log *l, const struct entry_by *by, struct entry *x, struct hash *out_record, uint64_t *out_position, struct fault *f)
{
    struct writing *w = mem_alloc(1, sizeof *w); /* too large for a small stack */
    if (!w)
        return fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
    *w = (struct writing){.log = l, .by = by, .x = x, .row = {.given = true}};
    init(w);
    entry_claim(store_keys(l->store), &by->account, &x->key, w->row.claim);
    memcpy(w->row.digest, x->digest, sizeof w->row.digest);
    if (x->number.id.n) {
        x->ev.id = &x->number;
        x->ev.id_count = 1;
    }
    enum err e = fill_header(w, f);
    if (!e)
        e = log_clock(l, w->h.recorded, f);
    const size_t own = w->h.subject_count;
    size_t at = add_more(x, 0, &w->h);
    if (!e)
        e = append(w, out_record, out_position, f);
    while (!e && at < x->more_count) { /* further records of the order cite the first */
        struct hash more;
        if (!x->record.n) {
            w->h.head_count = 1;
            w->h.head[0] = *out_record;
        }
        w->h.subject_count = own;
        at = add_more(x, at, &w->h);
        e = again(w, &more, f);
    }
    done(w);
    mem_free(w);
    return e;
}
