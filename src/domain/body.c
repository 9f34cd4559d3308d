/* The body of a record. Keys are written in byte order, since canonical JSON sorts them. */
#include "domain/body.h"
#include "base/banned.h"

/* ---- writing ---- */

static int subject_number(const struct record_header *h, const struct subject_id *id)
{
    for (size_t i = 0; i < h->subject_count; i++)
        if (subject_eq(&h->subject[i].id, id))
            return (int)i;
    return -1;
}

static void write_ids(const struct event *ev, struct cj *j)
{
    if (!ev->id_count)
        return;
    cj_key(j, "ids");
    cj_arr(j);
    for (size_t i = 0; i < ev->id_count; i++) {
        cj_obj(j);
        cj_kstr(j, "id", ev->id[i].id);
        cj_kstr_opt(j, "source", ev->id[i].source);
        cj_obj_end(j);
    }
    cj_arr_end(j);
}

/* [answer, code, text, number] as short as it can be: ["L","GLOCK","Glock Inc",12]. */
static void write_term(struct cj *j, const char *key, const struct term_text *t)
{
    static const char letter[][2] = {[TERM_NOT_ASKED] = "", [TERM_UNKNOWN] = "?", [TERM_NONE] = "-", [TERM_UNLISTED] = "U",
        [TERM_LISTED] = "L"};
    if (t->answer == TERM_NOT_ASKED)
        return;
    cj_key(j, key);
    cj_arr(j);
    cj_str(j, slice_str(letter[t->answer]));
    cj_str(j, t->code);
    cj_str(j, t->text);
    cj_int(j, t->number);
    cj_arr_end(j);
}

static void write_item(const struct event *ev, struct cj *j)
{
    if (!ev->describes)
        return;
    const struct item_description *d = &ev->item;
    cj_key(j, "item");
    cj_obj(j);
    write_term(j, "calibre", &d->calibre);
    write_term(j, "country", &d->country);
    write_term(j, "make", &d->make);
    cj_kstr_opt(j, "model", d->model);
    if (d->state_owned)
        cj_kbool(j, "state_owned", true);
    write_term(j, "type", &d->type);
    if (d->year)
        cj_kint(j, "year", d->year);
    cj_obj_end(j);
}

static void write_mark(const struct event_mark *m, struct cj *j)
{
    cj_obj(j);
    cj_kstr_opt(j, "cause", m->cause);
    cj_kstr_opt(j, "kind", m->kind);
    cj_kstr_opt(j, "method", m->method);
    cj_kstr_opt(j, "place", m->place);
    cj_kstr_opt(j, "recovery", m->recovery);
    if (m->serial_count) {
        cj_key(j, "serials");
        cj_arr(j);
        for (size_t i = 0; i < m->serial_count; i++)
            cj_str(j, m->serial[i]);
        cj_arr_end(j);
    }
    cj_kstr(j, "status", slice_str(mark_status_code(m->status)));
    cj_kstr_opt(j, "text", m->text);
    cj_obj_end(j);
}

static void write_marks(const struct event *ev, struct cj *j)
{
    if (!ev->mark_count)
        return;
    cj_key(j, "marks");
    cj_arr(j);
    for (size_t i = 0; i < ev->mark_count; i++)
        write_mark(&ev->mark[i], j);
    cj_arr_end(j);
}

static enum err write_parties(const struct event *ev, const struct record_header *h, struct cj *j)
{
    if (!ev->party_count)
        return OK;
    cj_key(j, "parties");
    cj_arr(j);
    for (size_t i = 0; i < ev->party_count; i++) {
        const struct party_ref *p = &ev->party[i];
        int number = subject_number(h, &p->id);
        if (number < 0)
            return ERR_BUG;
        cj_obj(j);
        cj_kstr_opt(j, "class", slice_str(party_class_code(p->cls)));
        cj_kstr_opt(j, "country", p->country);
        cj_kstr(j, "role", p->role);
        cj_kint(j, "subject", number);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    return OK;
}

static void write_row(const struct body_row *row, struct cj *j)
{
    if (!row || !row->given)
        return;
    cj_key(j, "row");
    cj_obj(j);
    cj_khex(j, "claim", row->claim, sizeof row->claim);
    cj_khex(j, "digest", row->digest, sizeof row->digest);
    cj_obj_end(j);
}

enum err body_write(const struct event *ev, const struct body_row *row, const struct record_header *h, struct buf *out)
{
    struct cj j;
    cj_open(&j, out);
    cj_obj(&j);
    cj_kstr_opt(&j, "basis", ev->basis);
    cj_kstr_opt(&j, "case", ev->case_no);
    cj_kstr_opt(&j, "country", ev->country);
    cj_kstr_opt(&j, "how", ev->how);
    write_ids(ev, &j);
    write_item(ev, &j);
    cj_kstr_opt(&j, "key", ev->key);
    write_marks(ev, &j);
    enum err e = write_parties(ev, h, &j);
    cj_kstr_opt(&j, "permit", ev->permit);
    cj_kstr_opt(&j, "place", ev->place);
    write_row(row, &j);
    cj_kstr_opt(&j, "source", ev->source);
    cj_kstr_opt(&j, "term", ev->term);
    cj_kstr_opt(&j, "until", ev->until);
    cj_obj_end(&j);
    return e ? e : out->err;
}

enum err body_write_person(const struct party_ref *p, struct buf *out)
{
    struct cj j;
    cj_open(&j, out);
    cj_obj(&j);
    cj_kstr_opt(&j, "address", p->address);
    cj_kstr_opt(&j, "document", p->document);
    cj_kstr_opt(&j, "name", p->name);
    cj_obj_end(&j);
    return out->err;
}

enum err body_write_text(const struct event *ev, struct buf *out)
{
    struct cj j;
    if (!ev->circumstances.n && !ev->note.n)
        return OK;
    cj_open(&j, out);
    cj_obj(&j);
    cj_kstr_opt(&j, "circumstances", ev->circumstances);
    cj_kstr_opt(&j, "note", ev->note);
    cj_obj_end(&j);
    return out->err;
}

enum err body_write_opinion(const struct event *ev, struct buf *out)
{
    struct cj j;
    if (!ev->opinion.n)
        return OK;
    cj_open(&j, out);
    cj_obj(&j);
    cj_kstr(&j, "opinion", ev->opinion);
    cj_obj_end(&j);
    return out->err;
}

bool body_case_role(struct slice role)
{
    static const char *const roles[] = {"with", "by", "suspect", "victim", "witness"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (slice_is(role, roles[i]))
            return true;
    return false;
}

/* ---- reading ---- */

static enum err read_ids(struct arena *a, const struct cj_value *v, struct event *ev)
{
    enum { ID, SOURCE, COUNT };
    static const struct cj_member members[COUNT] = {[ID] = CJ_MEMBER("id", CJ_STR), [SOURCE] = CJ_MEMBER("source", CJ_STR)};
    const struct cj_value *m[COUNT];
    struct external_id *id = arena_array(a, v ? v->count : 0, sizeof *id);
    if (!id)
        return ERR_MEMORY;
    for (const struct cj_value *c = v ? v->first : NULL; c; c = c->next) {
        if (!cj_members(c, members, COUNT, m) || !cj_found_str(m[ID]).n)
            return ERR_DAMAGED;
        id[ev->id_count++] = (struct external_id){cj_found_str(m[SOURCE]), m[ID]->s};
    }
    ev->id = id;
    return OK;
}

/* ["L","GLOCK","Glock Inc",12] */
static bool read_term(const struct cj_value *v, struct term_text *out)
{
    static const struct {
        const char *letter;
        enum term_answer answer;
    } answers[] = {{"?", TERM_UNKNOWN}, {"-", TERM_NONE}, {"U", TERM_UNLISTED}, {"L", TERM_LISTED}};
    if (!v)
        return true;
    if (v->count != 4)
        return false;
    const struct cj_value *letter = v->first, *code = letter->next, *text = code->next, *number = text->next;
    if (letter->type != CJ_STR || code->type != CJ_STR || text->type != CJ_STR || number->type != CJ_INT || number->i < 0 ||
        number->i > UINT16_MAX)
        return false;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (slice_is(letter->s, answers[i].letter)) {
            *out = (struct term_text){answers[i].answer, (uint16_t)number->i, code->s, text->s};
            return true;
        }
    return false;
}

static enum err read_item(const struct cj_value *v, struct event *ev)
{
    enum { CALIBRE, COUNTRY, MAKE, MODEL, STATE_OWNED, TYPE, YEAR, COUNT };
    static const struct cj_member members[COUNT] = {[CALIBRE] = CJ_MEMBER("calibre", CJ_ARR), [COUNTRY] = CJ_MEMBER("country", CJ_ARR),
        [MAKE] = CJ_MEMBER("make", CJ_ARR), [MODEL] = CJ_MEMBER("model", CJ_STR), [STATE_OWNED] = CJ_MEMBER("state_owned", CJ_TRUE),
        [TYPE] = CJ_MEMBER("type", CJ_ARR), [YEAR] = CJ_MEMBER("year", CJ_INT)};
    const struct cj_value *m[COUNT];
    struct item_description *d = &ev->item;
    if (!v)
        return OK;
    ev->describes = true;
    if (!cj_members(v, members, COUNT, m) || !read_term(m[MAKE], &d->make) || !read_term(m[CALIBRE], &d->calibre) || !read_term(m[TYPE], &d->type) ||
        !read_term(m[COUNTRY], &d->country))
        return ERR_DAMAGED;
    int64_t year = m[YEAR] ? m[YEAR]->i : 0;
    if (year && (year < 1500 || year > 2199))
        return ERR_DAMAGED;
    d->model = cj_found_str(m[MODEL]);
    d->state_owned = m[STATE_OWNED];
    d->year = (int)year;
    return OK;
}

static enum err read_serials(struct arena *a, const struct cj_value *v, struct event_mark *m)
{
    if (!v || !v->count)
        return OK;
    struct slice *serial = arena_array(a, v->count, sizeof *serial);
    if (!serial)
        return ERR_MEMORY;
    for (const struct cj_value *c = v->first; c; c = c->next) {
        if (c->type != CJ_STR)
            return ERR_DAMAGED;
        serial[m->serial_count++] = c->s;
    }
    m->serial = serial;
    return OK;
}

static enum err read_mark(struct arena *a, const struct cj_value *c, struct event_mark *out)
{
    enum { CAUSE, KIND, METHOD, PLACE, RECOVERY, SERIALS, STATUS, TEXT, COUNT };
    static const struct cj_member members[COUNT] = {[CAUSE] = CJ_MEMBER("cause", CJ_STR), [KIND] = CJ_MEMBER("kind", CJ_STR),
        [METHOD] = CJ_MEMBER("method", CJ_STR), [PLACE] = CJ_MEMBER("place", CJ_STR), [RECOVERY] = CJ_MEMBER("recovery", CJ_STR),
        [SERIALS] = CJ_MEMBER("serials", CJ_ARR), [STATUS] = CJ_MEMBER("status", CJ_STR), [TEXT] = CJ_MEMBER("text", CJ_STR)};
    const struct cj_value *m[COUNT];
    if (!cj_members(c, members, COUNT, m))
        return ERR_DAMAGED;
    *out = (struct event_mark){.kind = cj_found_str(m[KIND]), .place = cj_found_str(m[PLACE]), .text = cj_found_str(m[TEXT]),
        .cause = cj_found_str(m[CAUSE]), .method = cj_found_str(m[METHOD]), .recovery = cj_found_str(m[RECOVERY])};
    return mark_status_of(cj_found_str(m[STATUS]), &out->status) ? read_serials(a, m[SERIALS], out) : ERR_DAMAGED;
}

static enum err read_marks(struct arena *a, const struct cj_value *v, struct event *ev)
{
    if (!v || !v->count)
        return OK;
    struct event_mark *mark = arena_array(a, v->count, sizeof *mark);
    enum err e = mark ? OK : ERR_MEMORY;
    size_t n = 0;
    for (const struct cj_value *c = v->first; c && !e; c = c->next)
        e = read_mark(a, c, &mark[n++]);
    ev->mark = mark;
    ev->mark_count = n;
    return e;
}

static enum err read_parties(const struct record *r, const struct cj_value *v, struct event *ev)
{
    enum { CLASS, COUNTRY, ROLE, SUBJECT, COUNT };
    static const struct cj_member members[COUNT] = {[CLASS] = CJ_MEMBER("class", CJ_STR), [COUNTRY] = CJ_MEMBER("country", CJ_STR),
        [ROLE] = CJ_MEMBER("role", CJ_STR), [SUBJECT] = CJ_MEMBER("subject", CJ_INT)};
    const struct cj_value *m[COUNT];
    for (const struct cj_value *c = v ? v->first : NULL; c; c = c->next) {
        if (!cj_members(c, members, COUNT, m) || !m[SUBJECT] || m[SUBJECT]->i < 0 || (size_t)m[SUBJECT]->i >= r->h.subject_count ||
            ev->party_count == EVENT_PARTIES || r->h.subject[m[SUBJECT]->i].type != SUBJECT_PARTY || !cj_found_str(m[ROLE]).n)
            return ERR_DAMAGED;
        struct party_ref *p = &ev->party[ev->party_count++];
        *p = (struct party_ref){.id = r->h.subject[m[SUBJECT]->i].id, .role = m[ROLE]->s, .country = cj_found_str(m[COUNTRY])};
        if (cj_found_str(m[CLASS]).n && !party_class_of(m[CLASS]->s, &p->cls))
            return ERR_DAMAGED;
    }
    return OK;
}

static bool read_row(const struct cj_value *v, struct body_row *row)
{
    *row = (struct body_row){0};
    row->given = v && hex_to(cj_get_str(v, "claim"), row->claim, sizeof row->claim) &&
        hex_to(cj_get_str(v, "digest"), row->digest, sizeof row->digest);
    return !v || row->given;
}

static int party_of_role(const struct event *ev, const char *role)
{
    for (size_t i = 0; *role && i < ev->party_count; i++)
        if (slice_is(ev->party[i].role, role))
            return (int)i;
    return -1;
}

static void copy_code(char out[16], struct slice s)
{
    size_t n = s.n < 15 ? s.n : 15;
    while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--; /* never half a character */
    if (n)
        memcpy(out, s.p, n);
    out[n] = 0;
}

static struct slice body_field(const struct event *ev, const char *name)
{
    return strcmp(name, "country") == 0 ? ev->country : strcmp(name, "how") == 0 ? ev->how : SLICE("");
}

/* The other subject of a link or same-as: the second subject of an item, permit or case in the header. */
static void other_subject(const struct record_header *h, struct subject_id *out)
{
    for (size_t i = 1; i < h->subject_count; i++)
        if (h->subject[i].type != SUBJECT_PARTY) {
            *out = h->subject[i].id;
            return;
        }
}

static void resolve(const struct record_header *h, const struct profile_kind *kind, struct event *ev)
{
    ev->effect_count = 0;
    for (size_t i = 0; kind && i < kind->rule_count; i++) {
        const struct effect_rule *rule = &kind->rule[i];
        struct effect *e = &ev->effect[ev->effect_count++];
        *e = (struct effect){.what = rule->what, .set = rule->set, .lawful = rule->lawful, .status = rule->status,
            .from = party_of_role(ev, rule->from), .to = party_of_role(ev, rule->to)};
        copy_code(e->code, *rule->field ? body_field(ev, rule->field) : slice_str(rule->code));
        if (rule->what == EFFECT_LINK || rule->what == EFFECT_SAME_AS || rule->what == EFFECT_FIT || rule->what == EFFECT_REMOVE)
            other_subject(h, &e->other);
    }
}

static void state_header(const struct record_header *h, const struct hash *id, const struct profile_kind *kind, struct event *ev)
{
    ev->record = *id;
    ev->kind = h->kind;
    ev->label = kind ? slice_str(kind->label) : h->kind;
    ev->happened = h->happened;
    ev->discovered = h->discovered;
    ev->recorded = ev->received = h->recorded;
    ev->origin = h->origin;
    ev->office = h->office;
    ev->actor = h->actor;
    ev->supersedes_count = h->supersedes_count;
}

void body_state(struct event *ev, const struct record_header *h, const struct hash *id, const struct profile_kind *kind)
{
    state_header(h, id, kind, ev);
    resolve(h, kind, ev);
}

enum { BODY_BASIS, BODY_CASE, BODY_CIRCUMSTANCES, BODY_COUNTRY, BODY_HOW, BODY_IDS, BODY_ITEM, BODY_KEY, BODY_MARKS, BODY_NOTE, BODY_PARTIES,
    BODY_PERMIT, BODY_PLACE, BODY_ROW, BODY_SOURCE, BODY_TERM, BODY_UNTIL, BODY_MEMBERS };
static const struct cj_member body_members[BODY_MEMBERS] = {[BODY_BASIS] = CJ_MEMBER("basis", CJ_STR), [BODY_CASE] = CJ_MEMBER("case", CJ_STR),
    [BODY_CIRCUMSTANCES] = CJ_MEMBER("circumstances", CJ_STR), [BODY_COUNTRY] = CJ_MEMBER("country", CJ_STR), [BODY_HOW] = CJ_MEMBER("how", CJ_STR),
    [BODY_IDS] = CJ_MEMBER("ids", CJ_ARR), [BODY_ITEM] = CJ_MEMBER("item", CJ_OBJ), [BODY_KEY] = CJ_MEMBER("key", CJ_STR),
    [BODY_MARKS] = CJ_MEMBER("marks", CJ_ARR), [BODY_NOTE] = CJ_MEMBER("note", CJ_STR), [BODY_PARTIES] = CJ_MEMBER("parties", CJ_ARR),
    [BODY_PERMIT] = CJ_MEMBER("permit", CJ_STR), [BODY_PLACE] = CJ_MEMBER("place", CJ_STR), [BODY_ROW] = CJ_MEMBER("row", CJ_OBJ),
    [BODY_SOURCE] = CJ_MEMBER("source", CJ_STR), [BODY_TERM] = CJ_MEMBER("term", CJ_STR), [BODY_UNTIL] = CJ_MEMBER("until", CJ_STR)};

static enum err read_members(struct arena *a, struct slice body, const struct cj_value *m[BODY_MEMBERS])
{
    struct cj_value *v;
    enum err e = cj_parse(a, body, &v, NULL);
    if (!e && !cj_members(v, body_members, BODY_MEMBERS, m))
        e = ERR_DAMAGED;
    return !e || e == ERR_MEMORY ? e : ERR_DAMAGED;
}

static enum err read_firearm(struct arena *a, const struct cj_value *const m[BODY_MEMBERS], struct event *out)
{
    enum err e = read_item(m[BODY_ITEM], out);
    if (!e)
        e = read_ids(a, m[BODY_IDS], out);
    return e ? e : read_marks(a, m[BODY_MARKS], out);
}

enum err body_describe(struct arena *a, struct slice body, struct event *out)
{
    const struct cj_value *m[BODY_MEMBERS];
    *out = (struct event){0};
    enum err e = read_members(a, body, m);
    return e ? e : read_firearm(a, m, out);
}

enum err body_read(struct arena *a, const struct record *r, struct slice body, const struct profile_kind *kind,
    struct event *out, struct body_row *row)
{
    const struct cj_value *m[BODY_MEMBERS];
    struct hash id = record_id(r->bytes);
    *out = (struct event){0};
    state_header(&r->h, &id, kind, out);
    if (r->h.supersedes_count) {
        struct hash *s = arena_array(a, r->h.supersedes_count, sizeof *s);
        if (!s)
            return ERR_MEMORY;
        memcpy(s, r->h.supersedes, r->h.supersedes_count * sizeof *s);
        out->supersedes = s;
    }
    enum err e = read_members(a, body, m);
    if (e)
        return e;
    out->basis = cj_found_str(m[BODY_BASIS]);
    out->key = cj_found_str(m[BODY_KEY]);
    out->term = cj_found_str(m[BODY_TERM]);
    out->case_no = cj_found_str(m[BODY_CASE]);
    out->circumstances = cj_found_str(m[BODY_CIRCUMSTANCES]);
    out->country = cj_found_str(m[BODY_COUNTRY]);
    out->how = cj_found_str(m[BODY_HOW]);
    out->note = cj_found_str(m[BODY_NOTE]);
    out->permit = cj_found_str(m[BODY_PERMIT]);
    out->place = cj_found_str(m[BODY_PLACE]);
    out->source = cj_found_str(m[BODY_SOURCE]);
    out->until = cj_found_str(m[BODY_UNTIL]);
    if ((e = read_firearm(a, m, out)) || (e = read_parties(r, m[BODY_PARTIES], out)))
        return e;
    for (size_t i = 0; i < r->section_count; i++)
        out->told = out->told || r->section[i].kind >= SECTION_TEXT;
    if (row && !read_row(m[BODY_ROW], row))
        return ERR_DAMAGED;
    resolve(&r->h, kind, out);
    return OK;
}

enum err body_read_text(struct arena *a, struct slice json, struct event *ev)
{
    struct cj_value *v;
    enum { CIRCUMSTANCES, NOTE, OPINION, COUNT };
    static const struct cj_member members[COUNT] = {[CIRCUMSTANCES] = CJ_MEMBER("circumstances", CJ_STR), [NOTE] = CJ_MEMBER("note", CJ_STR),
        [OPINION] = CJ_MEMBER("opinion", CJ_STR)};
    const struct cj_value *m[COUNT];
    enum err e = cj_parse(a, json, &v, NULL);
    if (!e && !cj_members(v, members, COUNT, m))
        e = ERR_DAMAGED;
    if (e)
        return e == ERR_MEMORY ? e : ERR_DAMAGED;
    if (m[CIRCUMSTANCES])
        ev->circumstances = m[CIRCUMSTANCES]->s;
    if (m[NOTE])
        ev->note = m[NOTE]->s;
    if (m[OPINION])
        ev->opinion = m[OPINION]->s;
    return OK;
}

enum err body_read_person(struct arena *a, struct slice json, const struct key_id *id, struct event *ev)
{
    struct cj_value *v;
    enum { ADDRESS, DOCUMENT, NAME, COUNT };
    static const struct cj_member members[COUNT] = {[ADDRESS] = CJ_MEMBER("address", CJ_STR), [DOCUMENT] = CJ_MEMBER("document", CJ_STR),
        [NAME] = CJ_MEMBER("name", CJ_STR)};
    const struct cj_value *m[COUNT];
    enum err e = cj_parse(a, json, &v, NULL);
    if (!e && !cj_members(v, members, COUNT, m))
        e = ERR_DAMAGED;
    if (e)
        return e == ERR_MEMORY ? e : ERR_DAMAGED;
    for (size_t i = 0; i < ev->party_count; i++) {
        struct party_ref *p = &ev->party[i];
        if (memcmp(p->id.b, id->b, sizeof id->b) != 0)
            continue;
        p->name = cj_found_str(m[NAME]);
        p->document = cj_found_str(m[DOCUMENT]);
        p->address = cj_found_str(m[ADDRESS]);
    }
    return OK;
}
