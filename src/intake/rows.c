/* A row judged and written as records. A row is taken whole or rejected whole. */
#include "intake/rows.h"
#include "base/hash.h"
#include "domain/terms.h"
#include "marks/read.h"
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include "base/banned.h"

struct row { /* what the whole row shares */
    const struct row_context *c;
    struct row_task *t;
    struct arena *a;
    struct row_bench *bench;
    struct slice key;
    struct subject_id item;
    struct item_description description;
    struct external_id id;
};

static struct slice text(struct row *r, const struct map_value *v)
{
    return map_text(v, r->t->cells, r->t->cell_count, r->a);
}

struct slice row_key(const struct map *m, const struct slice *cells, size_t n, struct arena *a)
{
    return map_key(&m->row_key, cells, n, a);
}

void row_claim(const struct row_context *c, struct slice key, uint64_t occurrence, uint8_t out[16])
{
    keys_token_ready(&c->import, "row", c->map->source, key, occurrence, out);
}

void row_context_ready(struct row_context *c)
{
    hash_key_ready(c->keys->import, &c->import);
    hash_key_ready(c->keys->blind, &c->blind);
    keys_text_root(c->keys->reg, c->text_root);
}

void row_context_wipe(struct row_context *c)
{
    seal_wipe(&c->import, sizeof c->import);
    seal_wipe(&c->blind, sizeof c->blind);
    seal_wipe(c->text_root, sizeof c->text_root);
}

static uint8_t *put_number(uint8_t *p, uint64_t v, int bytes)
{
    while (bytes--)
        *p++ = (uint8_t)(v >> 8 * bytes);
    return p;
}

#define DIGEST_SMALL 4096

/* Of a common row, gathered first: the hash costs more a call than a byte. */
static struct hash small_digest(int64_t revision, const struct slice *cells, size_t n)
{
    uint8_t all[DIGEST_SMALL], *p = put_number(all, (uint64_t)revision, 8);
    for (size_t i = 0; i < n; i++) {
        p = put_number(p, cells[i].n, 4);
        if (cells[i].n)
            memcpy(p, cells[i].p, cells[i].n);
        p += cells[i].n;
    }
    return hash_of(all, (size_t)(p - all));
}

static struct hash large_digest(int64_t revision, const struct slice *cells, size_t n)
{
    uint8_t number[8];
    struct hash_stream *h = hash_begin();
    put_number(number, (uint64_t)revision, 8);
    hash_add(h, number, 8);
    for (size_t i = 0; i < n; i++) {
        put_number(number, cells[i].n, 4);
        hash_add(h, number, 4);
        hash_add(h, cells[i].p, cells[i].n);
    }
    return hash_done(h);
}

void row_digest(const struct map *m, const struct slice *cells, size_t n, uint8_t out[16])
{
    size_t bytes = 8;
    for (size_t i = 0; i < n; i++)
        bytes += 4 + cells[i].n;
    struct hash sum = bytes <= DIGEST_SMALL ? small_digest(m->revision, cells, n) : large_digest(m->revision, cells, n);
    memcpy(out, sum.b, 16);
}

bool row_rejected(const struct map *m, const struct slice *cells, size_t n, struct arena *a, struct fault *f)
{
    for (size_t i = 0; i < m->reject_count; i++)
        if (map_holds(m->reject[i].condition, m->reject[i].condition_count, cells, n, a)) {
            const struct map_value *v = &m->reject[i].condition[0].value;
            char want[192];
            snprintf(want, sizeof want, SLICE_FMT, SLICE_ARG(m->reject[i].reason));
            fault_set(f, ERR_REFUSED, v->column_count ? v->column[0].p : "row", map_text(v, cells, n, a), want);
            return true;
        }
    return false;
}

bool row_due(const struct map_record *spec, const struct slice *cells, size_t n, struct arena *a)
{
    if (spec->condition_count)
        return map_holds(spec->condition, spec->condition_count, cells, n, a);
    return !spec->happened.value.given || map_text(&spec->happened.value, cells, n, a).n > 0;
}

/* What people know the value by: its column, else the member of the mapping. */
static const char *known_as(struct row *r, const struct map_value *v, const char *member)
{
    return v->column_count ? v->column[0].p : member; /* the map keeps it NUL-terminated */
}

/* ---- the firearm ---- */

/* term_read, remembered. */
static struct term read_term(struct row_bench *b, enum term_list list, struct slice text, unsigned hint)
{
    if (!text.n || text.n > TERM_SEEN_TEXT || hint > UINT16_MAX)
        return term_read(list, text, hint);
    uint32_t h = (uint32_t)list * 31 + hint;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (uint8_t)text.p[i]) * 16777619u;
    struct term_seen *s = &b->seen[(h ^ h >> 16) & (TERMS_SEEN - 1)];
    if (s->n == text.n && s->list == list && s->hint == hint && memcmp(s->text, text.p, text.n) == 0)
        return s->term;
    s->list = (uint8_t)list;
    s->hint = (uint16_t)hint;
    s->n = (uint8_t)text.n;
    memcpy(s->text, text.p, text.n);
    s->term = term_read(list, text, hint);
    return s->term;
}

static void describe_term(struct row *r, enum term_list list, const struct map_value *v, unsigned hint, struct term_text *out)
{
    struct slice s = text(r, v);
    if (!v->given)
        return;
    struct term t = read_term(r->bench, list, s, hint);
    if (t.answer == TERM_NOT_ASKED)
        return;
    *out = (struct term_text){.answer = t.answer, .number = t.number, .text = s};
    struct term known = t.answer == TERM_LISTED ? term_by_number(list, t.number) : t;
    if (t.answer == TERM_LISTED)
        out->code = arena_copy(r->a, slice_str(*t.code ? t.code : known.code));
}

static enum err describe(struct row *r, struct fault *f)
{
    const struct map *m = r->c->map;
    struct item_description *d = &r->description;
    describe_term(r, TERM_TYPE, &m->type, 0, &d->type);
    describe_term(r, TERM_CALIBRE, &m->calibre, d->type.number, &d->calibre);
    describe_term(r, TERM_MAKE, &m->make, 0, &d->make);
    describe_term(r, TERM_COUNTRY, &m->country, 0, &d->country);
    d->model = text(r, &m->model);
    d->state_owned = m->state_count && map_holds(m->state, m->state_count, r->t->cells, r->t->cell_count, r->a);
    struct slice year = text(r, &m->year);
    uint64_t y = 0;
    if (year.n && (!slice_u64(year, 2199, &y) || y < 1500))
        return fault_set(f, ERR_FORMAT, known_as(r, &m->year, "year"), year, "want.year");
    d->year = (int)y;
    if (d->model.n > MARK_TEXT_MAX)
        return fault_set(f, ERR_TOO_LONG, known_as(r, &m->model, "model"), d->model, "want.short_text");
    return OK;
}

static struct slice upper(struct arena *a, struct slice s)
{
    char *p = arena_alloc(a, s.n + 1);
    for (size_t i = 0; p && i < s.n; i++)
        p[i] = (char)toupper((unsigned char)s.p[i]);
    return slice_of(p ? p : "", p ? s.n : 0);
}

/* A column that holds serials and nothing else: the text is the serial, upper case. '?' and '*' make it partial. */
static void read_serial(struct row *r, struct slice s, struct event_mark *out, struct slice *serial)
{
    bool partial = memchr(s.p, '?', s.n) || memchr(s.p, '*', s.n);
    out->status = partial ? MARK_PARTIAL : MARK_CLEAR;
    serial[0] = upper(r->a, s);
    out->serial_count = 1;
}

static void read_prose(struct row *r, struct slice s, struct event_mark *out, struct slice *serial)
{
    struct mark_reading m;
    mark_read(s, &m);
    out->status = m.status;
    out->cause = slice_str(read_cause_code(m.cause));
    out->method = slice_str(read_method_code(m.method));
    out->recovery = slice_str(read_recovery_code(m.recovery));
    if (*m.place)
        out->place = arena_copy(r->a, slice_str(m.place));
    for (size_t i = 0; i < m.serial_count && i < READ_SERIALS; i++)
        serial[out->serial_count++] = arena_copy(r->a, slice_str(m.serials[i].text));
}

static enum err add_mark(struct row *r, const struct map_mark *spec, struct event *ev, struct fault *f)
{
    if (!spec->given)
        return OK;
    struct slice s = text(r, &spec->text);
    struct event_mark *m = arena_alloc(r->a, sizeof *m);
    struct slice *serial = arena_array(r->a, READ_SERIALS, sizeof *serial);
    if (!m || !serial)
        return ERR_MEMORY;
    if (s.n > MARK_TEXT_MAX)
        return fault_set(f, ERR_TOO_LONG, known_as(r, &spec->text, "mark"), s, "want.mark_length");
    if (row_shortened(s))
        return fault_set(f, ERR_FORMAT, known_as(r, &spec->text, "mark"), s, "want.serial_in_full");
    *m = (struct event_mark){.kind = SLICE("SERIAL"), .text = s, .serial = serial, .status = MARK_ABSENT};
    m->place = text(r, &spec->place);
    if (spec->read == READ_TEXT)
        read_prose(r, s, m, serial);
    else if (s.n)
        read_serial(r, s, m, serial);
    ev->mark = m;
    ev->mark_count = 1;
    return OK;
}

/* ---- parties ---- */

/* keys_token, remembered. */
static void party_token(struct row *r, const char *label, struct slice s, uint8_t cls, struct subject_id *out)
{
    struct party_seen *seen = NULL;
    if (s.n <= PARTY_SEEN_TEXT) {
        uint32_t h = (uint32_t)label[6] * 31 + cls;
        for (size_t i = 0; i < s.n; i++)
            h = (h ^ (uint8_t)s.p[i]) * 16777619u;
        seen = &r->bench->party[(h ^ h >> 16) & (PARTIES_SEEN - 1)];
        if (seen->label == label && seen->cls == cls && seen->n == s.n && memcmp(seen->text, s.p, s.n) == 0) {
            *out = seen->id;
            return;
        }
    }
    keys_token_ready(&r->c->import, label, r->c->map->source, s, cls, out->b);
    if (seen) {
        *seen = (struct party_seen){.label = label, .cls = cls, .n = (uint8_t)s.n, .id = *out};
        memcpy(seen->text, s.p, s.n);
    }
}

/* Who a party is, as this source knows them: by document; a firm or office by its name; a person without a document by name
 * and only for this firearm, so that who bought it is who sold it, and namesakes elsewhere stay apart. */
static void party_id(struct row *r, struct party_ref *p)
{
    static const char by_document[] = "party-document", by_name[] = "party-name", by_item[] = "party-item";
    char item[33] = "";
    if (p->document.n) {
        party_token(r, by_document, p->document, 0, &p->id);
    } else if (p->cls != PARTY_PERSON && p->cls != PARTY_UNSAID) {
        party_token(r, by_name, upper(r->a, p->name), (uint8_t)p->cls, &p->id);
    } else {
        hex_of(r->item.b, sizeof r->item.b, item);
        struct slice s = slice_str(arena_printf(r->a, "%s|" SLICE_FMT, item, SLICE_ARG(upper(r->a, p->name))));
        keys_token_ready(&r->c->import, by_item, r->c->map->source, s, (uint64_t)p->cls, p->id.b);
    }
}

/* A country in words becomes its code; one that is not in the list stays as it was written. */
static struct slice country(struct row *r, const struct map_value *v)
{
    struct slice s = text(r, v);
    struct term t = read_term(r->bench, TERM_COUNTRY, s, 0);
    return t.answer == TERM_LISTED && *t.code ? arena_copy(r->a, slice_str(t.code)) : s;
}

static enum err add_parties(struct row *r, const struct map_record *spec, struct event *ev, struct fault *f)
{
    for (size_t i = 0; i < spec->party_count; i++) {
        const struct map_party *mp = &spec->party[i];
        struct party_ref p = {.role = mp->role, .cls = mp->cls, .name = text(r, &mp->name), .document = text(r, &mp->document),
            .address = text(r, &mp->address), .country = country(r, &mp->country)};
        if (!p.name.n && !p.document.n)
            continue;
        if (mp->cls_value.given && !party_class_of(text(r, &mp->cls_value), &p.cls))
            return fault_set(f, ERR_UNKNOWN_CODE, "party class", text(r, &mp->cls_value), "want.party_class");
        party_id(r, &p);
        ev->party[ev->party_count++] = p;
    }
    return OK;
}

/* ---- one record ---- */

static enum err moment(struct row *r, const struct map_when *m, const char *member, struct when *out, struct fault *f)
{
    struct slice s = text(r, &m->value);
    const char *field = s.n ? known_as(r, &m->value, member) : member;
    *out = when_unknown();
    if (!s.n)
        return OK;
    return m->pattern.n ? when_pattern(s, m->pattern, field, out, f) : when_parse(s, field, out, f);
}

static enum err needed(struct row *r, const struct profile_kind *kind, const struct event *ev, struct fault *f)
{
    for (size_t i = 0; i < kind->needs_count; i++) {
        bool there = false;
        for (size_t k = 0; k < ev->party_count; k++)
            there = there || slice_is(ev->party[k].role, kind->needs[i]);
        if (!there)
            return fault_set(f, ERR_MISSING, kind->needs[i], SLICE(""), "want.party_named");
    }
    return OK;
}

static enum err fill_event(struct row *r, const struct map_record *spec, struct event *ev, struct fault *f)
{
    *ev = (struct event){.kind = spec->kind, .source = r->c->map->source, .how = text(r, &spec->how), .place = text(r, &spec->place),
        .country = country(r, &spec->country), .circumstances = text(r, &spec->circumstances), .case_no = text(r, &spec->case_no),
        .permit = text(r, &spec->permit), .note = text(r, &spec->note)};
    enum err e = moment(r, &spec->happened, "happened", &ev->happened, f);
    if (!e)
        e = moment(r, &spec->discovered, "discovered", &ev->discovered, f);
    if (!e && when_known(&ev->happened) && ev->happened.start > r->t->now)
        e = fault_set(f, ERR_RANGE, known_as(r, &spec->happened.value, "happened"), slice_str(ev->happened.text), "want.not_future");
    if (!e)
        e = add_mark(r, &spec->mark, ev, f);
    if (!e)
        e = add_parties(r, spec, ev, f);
    if (!e && spec->subject == SUBJECT_PARTY && !ev->party_count)
        e = fault_set(f, ERR_MISSING, "party", SLICE(""), "want.party_named");
    if (!e)
        e = needed(r, profile_kind(r->c->profile, spec->kind), ev, f);
    ev->describes = spec->describe;
    if (spec->describe)
        ev->item = r->description;
    if (r->id.id.n) {
        ev->id = &r->bench->id;
        ev->id_count = 1;
    }
    return e;
}

static struct subject_id minted(struct row *r, const char *label, struct slice key)
{
    struct subject_id id;
    keys_token_ready(&r->c->import, label, r->c->map->source, key, 0, id.b);
    return id;
}

static bool names(const struct record_header *h, const struct subject_id *id)
{
    for (size_t i = 0; i < h->subject_count; i++)
        if (subject_eq(&h->subject[i].id, id))
            return true;
    return false;
}

static void add_subject(struct record_header *h, enum subject_type type, struct subject_id id)
{
    if (!names(h, &id))
        h->subject[h->subject_count++] = (struct record_subject){type, id};
}

/* What the record is about comes first; then the other firearm it names; then parties. Each once. */
static void add_subjects(struct row *r, const struct map_record *spec, const struct event *ev, struct record_header *h)
{
    struct slice other = map_key(&spec->other, r->t->cells, r->t->cell_count, r->a);
    if (spec->subject == SUBJECT_PERMIT)
        add_subject(h, SUBJECT_PERMIT, minted(r, "permit", ev->permit.n ? ev->permit : r->key));
    else if (spec->subject == SUBJECT_ITEM)
        add_subject(h, SUBJECT_ITEM, r->item);
    if (other.n)
        add_subject(h, SUBJECT_ITEM, minted(r, "item", other));
    for (size_t i = 0; i < ev->party_count; i++)
        add_subject(h, SUBJECT_PARTY, ev->party[i].id);
}

static void fill_header(struct row *r, const struct map_record *spec, const struct event *ev, size_t number, struct record_header *h)
{
    struct row_task *t = r->t;
    *h = (struct record_header){.origin = r->c->origin, .kind = ev->kind, .profile = r->c->profile->hash, .happened = ev->happened,
        .discovered = ev->discovered, .recorded = t->now, .actor = r->c->actor, .office = r->c->office, .purpose = SLICE("import")};
    add_subjects(r, spec, ev, h);
    if (number == 0) {
        h->supersedes_count = t->supersedes_count;
        if (t->supersedes_count)
            memcpy(h->supersedes, t->supersedes, t->supersedes_count * sizeof t->supersedes[0]);
        h->head_count = t->head_count;
        if (t->head_count)
            memcpy(h->head, t->head, t->head_count * sizeof t->head[0]);
    } else {
        h->head_count = 1;
        h->head[0] = t->id[number - 1];
    }
}

/* Salt and nonces of record `number` of the row: a stream of its own under the row's seed. */
static uint8_t *draw(struct row *r, size_t n)
{
    uint8_t seed[32], *p = arena_alloc(r->a, n);
    memcpy(seed, r->t->seed, sizeof seed);
    seed[31] ^= (uint8_t)(r->t->record_count + 1);
    if (p)
        randombytes_buf_deterministic(p, n, seed);
    return p;
}

/* A party that the record names in two roles has one section; what one role lacks the other gives. */
static bool said_before(struct event *ev, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (subject_eq(&ev->party[k].id, &ev->party[i].id))
            return true;
    for (size_t k = i + 1; k < ev->party_count; k++) {
        const struct party_ref *p = &ev->party[k];
        if (!subject_eq(&p->id, &ev->party[i].id))
            continue;
        ev->party[i].name = ev->party[i].name.n ? ev->party[i].name : p->name;
        ev->party[i].address = ev->party[i].address.n ? ev->party[i].address : p->address;
    }
    return false;
}

/* A document is what such a party's id is made of: the first record of a run that names him has it as all others will. */
static enum err note_document(struct row *r, const struct party_ref *p)
{
    struct row_task *t = r->t;
    struct document_row row = {.party = p->id};
    if (!document_token_ready(&r->c->blind, p->document, row.token))
        return OK;
    if (!t->document_count)
        t->document = t->few;
    if (t->document_count == ROW_DOCUMENTS) {
        if (!(t->document = arena_array(r->a, ROW_RECORDS * EVENT_PARTIES, sizeof row)))
            return ERR_MEMORY;
        memcpy(t->document, t->few, sizeof t->few);
    }
    t->document[t->document_count++] = row;
    return OK;
}

/* The key of a party; what the row has asked for is at hand. */
static enum err person_key(struct row *r, const struct party_ref *p, uint8_t out[SEAL_KEY])
{
    struct row_bench *b = r->bench;
    bool first;
    for (size_t i = 0; i < b->persons; i++)
        if (subject_eq(&b->person[i], &p->id)) {
            memcpy(out, b->person_key[i], SEAL_KEY);
            return OK;
        }
    enum err e = keys_person_new(r->c->persons, &p->id, out, &first);
    if (!e && first)
        e = note_document(r, p);
    if (!e && b->persons < ROW_PERSONS) {
        b->person[b->persons] = p->id;
        memcpy(b->person_key[b->persons++], out, SEAL_KEY);
    }
    return e;
}

/* Body under the register's key, each named party's data under its own. */
static enum err seal_record(struct row *r, struct event *ev, const struct record_header *h, struct buf *bytes, struct fault *f)
{
    struct record_plain plain[2 + EVENT_PARTIES];
    uint8_t key[EVENT_PARTIES][SEAL_KEY], told[SEAL_KEY];
    struct buf *text = r->bench->text;
    struct body_row row = {.given = true}, *kept = &r->bench->row[r->t->record_count];
    size_t n = 1;
    memcpy(row.claim, r->t->claim, 16);
    memcpy(row.digest, r->t->digest, 16);
    *kept = row;
    for (size_t i = 0; i <= ev->party_count + 1; i++)
        buf_reset(&text[i]);
    enum err e = body_write(ev, &row, h, &text[0]);
    plain[0] = (struct record_plain){SECTION_BODY, r->c->keys->register_id, r->c->keys->reg, buf_view(&text[0])};
    for (size_t i = 0; !e && i < ev->party_count; i++) {
        if (said_before(ev, i))
            continue;
        if (!(e = person_key(r, &ev->party[i], key[n - 1])))
            e = body_write_person(&ev->party[i], &text[n]);
        plain[n] = (struct record_plain){.kind = SECTION_PERSON, .key = key[n - 1], .plain = buf_view(&text[n])};
        memcpy(plain[n++].key_id.b, ev->party[i].id.b, 16);
    }
    if (!e && !(e = body_write_text(ev, &text[n])) && text[n].n) {
        keys_text_under(r->c->text_root, key, n - 1, told);
        plain[n] = (struct record_plain){SECTION_TEXT, r->c->keys->register_id, told, buf_view(&text[n])};
        n++;
    }
    const uint8_t *random = draw(r, record_random_need(n));
    if (e == ERR_LOCKED)
        fault_set(f, e, "register", SLICE(""), "want.quorum");
    else if (e || !random) /* a body past the size of a record: a cell of one is at most 64 KiB */
        e = fault_set(f, e ? e : ERR_MEMORY, "record", SLICE(""), "want.record_size");
    else
        e = record_encode(h, plain, n, random, bytes, f);
    seal_wipe(key, sizeof key);
    seal_wipe(told, sizeof told);
    return e;
}

static enum err write_record(struct row *r, const struct map_record *spec, struct fault *f)
{
    struct row_task *t = r->t;
    struct event *ev = &r->bench->event[t->record_count];
    struct buf *bytes = &r->bench->bytes;
    struct record_header *h = &r->bench->header[t->record_count];
    enum err e = fill_event(r, spec, ev, f);
    if (e)
        return e;
    fill_header(r, spec, ev, t->record_count, h);
    if (t->record_count == 0 && t->subject && !names(h, t->subject))
        return fault_set(f, ERR_CONFLICT, "subject_key", r->key, "want.same_subject");
    buf_reset(bytes);
    e = seal_record(r, ev, h, bytes, f);
    if (!e) {
        t->bytes[t->record_count] = arena_copy(r->a, buf_view(bytes));
        t->id[t->record_count] = record_id(buf_view(bytes));
        if (!t->bytes[t->record_count].p)
            e = ERR_MEMORY;
        body_state(ev, h, &t->id[t->record_count], profile_kind(r->c->profile, h->kind));
        t->record_count++;
    }
    return e;
}

static enum err write_records(struct row *r, struct fault *f)
{
    const struct map *m = r->c->map;
    enum err e = describe(r, f);
    for (size_t i = 0; !e && i < m->record_count; i++)
        if (row_due(&m->record[i], r->t->cells, r->t->cell_count, r->a))
            e = write_record(r, &m->record[i], f);
    if (!e && !r->t->record_count)
        e = fault_set(f, ERR_MISSING, "row", r->key, "want.row_with_events");
    return e;
}

void row_bench_init(struct row_bench *b)
{
    for (size_t i = 0; i < sizeof b->text / sizeof *b->text; i++)
        buf_init(&b->text[i], RECORD_MAX);
    buf_init(&b->bytes, RECORD_MAX + 1024);
}

void row_bench_free(struct row_bench *b)
{
    for (size_t i = 0; i < sizeof b->text / sizeof *b->text; i++)
        buf_free(&b->text[i]);
    buf_free(&b->bytes);
    seal_wipe(b->person_key, sizeof b->person_key);
}

enum err row_records(const struct row_context *c, struct row_task *t, struct row_bench *bench, struct arena *a)
{
    const struct map *m = c->map;
    struct row r = {.c = c, .t = t, .a = a, .bench = bench, .key = row_key(m, t->cells, t->cell_count, a)};
    bool shared = m->subject_key.given; /* several rows speak of one firearm */
    struct slice subject = shared ? map_key(&m->subject_key, t->cells, t->cell_count, a) : r.key;
    keys_token_ready(&c->import, "item", m->source, subject, shared ? 0 : t->occurrence, r.item.b);
    bench->item = r.item;
    r.id = (struct external_id){m->source, text(&r, &m->external_id)};
    bench->id = r.id;
    bench->persons = 0;
    t->fault.code = OK;
    if (shared && !subject.n) {
        fault_set(&t->fault, ERR_MISSING, "subject_key", SLICE(""), "want.subject_key");
        return OK;
    }
    if (row_hidden(m, t->cells, t->cell_count, a, &t->fault))
        return OK;
    enum err e = write_records(&r, &t->fault);
    if (e == ERR_MEMORY || e == ERR_LOCKED)
        return e;
    if (e)
        t->record_count = 0;
    return OK;
}
