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

struct member {
    const char *key;
    enum cj_type type;
};

/* v is an object, and every member of it that the table names has its type. Members it does not name are passed over. */
static bool typed(const struct cj_value *v, const struct member *table)
{
    if (v->type != CJ_OBJ)
        return false;
    for (const struct cj_value *c = v->first; c; c = c->next)
        for (const struct member *m = table; m->key; m++)
            if (slice_is(c->key, m->key) && c->type != m->type)
                return false;
    return true;
}

static enum err read_ids(struct arena *a, const struct cj_value *v, struct event *ev)
{
    static const struct member members[] = {{"id", CJ_STR}, {"source", CJ_STR}, {0}};
    struct external_id *id = arena_array(a, v ? v->count : 0, sizeof *id);
    if (!id)
        return ERR_MEMORY;
    for (const struct cj_value *c = v ? v->first : NULL; c; c = c->next) {
        if (!typed(c, members) || !cj_get_str(c, "id").n)
            return ERR_DAMAGED;
        id[ev->id_count++] = (struct external_id){cj_get_str(c, "source"), cj_get_str(c, "id")};
    }
    ev->id = id;
    return OK;
}

/* ["L","GLOCK","Glock Inc",12] */
static bool read_term(const struct cj_value *item, const char *key, struct term_text *out)
{
    static const struct {
        const char *letter;
        enum term_answer answer;
    } answers[] = {{"?", TERM_UNKNOWN}, {"-", TERM_NONE}, {"U", TERM_UNLISTED}, {"L", TERM_LISTED}};
    const struct cj_value *v = cj_get(item, key);
    if (!v)
        return true;
    if (v->type != CJ_ARR || v->count != 4)
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
    static const struct member members[] = {{"model", CJ_STR}, {"state_owned", CJ_TRUE}, {"year", CJ_INT}, {0}};
    struct item_description *d = &ev->item;
    if (!v)
        return OK;
    ev->describes = true;
    if (!typed(v, members) || !read_term(v, "make", &d->make) || !read_term(v, "calibre", &d->calibre) ||
        !read_term(v, "type", &d->type) || !read_term(v, "country", &d->country))
        return ERR_DAMAGED;
    int64_t year = cj_get_int(v, "year", 0);
    if (year && (year < 1500 || year > 2199))
        return ERR_DAMAGED;
    d->model = cj_get_str(v, "model");
    d->state_owned = cj_get_bool(v, "state_owned");
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
    static const struct member members[] = {{"cause", CJ_STR}, {"kind", CJ_STR}, {"method", CJ_STR}, {"place", CJ_STR},
        {"recovery", CJ_STR}, {"serials", CJ_ARR}, {"status", CJ_STR}, {"text", CJ_STR}, {0}};
    if (!typed(c, members))
        return ERR_DAMAGED;
    *out = (struct event_mark){.kind = cj_get_str(c, "kind"), .place = cj_get_str(c, "place"), .text = cj_get_str(c, "text"),
        .cause = cj_get_str(c, "cause"), .method = cj_get_str(c, "method"), .recovery = cj_get_str(c, "recovery")};
    return mark_status_of(cj_get_str(c, "status"), &out->status) ? read_serials(a, cj_get(c, "serials"), out) : ERR_DAMAGED;
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
    static const struct member members[] = {{"class", CJ_STR}, {"country", CJ_STR}, {"role", CJ_STR}, {"subject", CJ_INT}, {0}};
    for (const struct cj_value *c = v ? v->first : NULL; c; c = c->next) {
        int64_t number = cj_get_int(c, "subject", -1);
        if (!typed(c, members) || number < 0 || (size_t)number >= r->h.subject_count || ev->party_count == EVENT_PARTIES ||
            r->h.subject[number].type != SUBJECT_PARTY || !cj_get_str(c, "role").n)
            return ERR_DAMAGED;
        struct party_ref *p = &ev->party[ev->party_count++];
        *p = (struct party_ref){.id = r->h.subject[number].id, .role = cj_get_str(c, "role"), .country = cj_get_str(c, "country")};
        if (cj_get_str(c, "class").n && !party_class_of(cj_get_str(c, "class"), &p->cls))
            return ERR_DAMAGED;
    }
    return OK;
}

static void read_row(const struct cj_value *v, struct body_row *row)
{
    *row = (struct body_row){0};
    row->given = v && hex_to(cj_get_str(v, "claim"), row->claim, sizeof row->claim) &&
        hex_to(cj_get_str(v, "digest"), row->digest, sizeof row->digest);
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

static const struct member body_members[] = {{"basis", CJ_STR}, {"case", CJ_STR}, {"circumstances", CJ_STR}, {"country", CJ_STR}, {"how", CJ_STR},
    {"ids", CJ_ARR}, {"item", CJ_OBJ}, {"key", CJ_STR}, {"marks", CJ_ARR}, {"note", CJ_STR}, {"parties", CJ_ARR}, {"permit", CJ_STR},
    {"place", CJ_STR}, {"row", CJ_OBJ}, {"source", CJ_STR}, {"term", CJ_STR}, {"until", CJ_STR}, {0}};

enum err body_read(struct arena *a, const struct record *r, struct slice body, const struct profile_kind *kind,
    struct event *out, struct body_row *row)
{
    struct cj_value *v;
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
    enum err e = cj_parse(a, body, &v, NULL);
    if (!e && !typed(v, body_members))
        e = ERR_DAMAGED;
    if (e)
        return e == ERR_MEMORY ? e : ERR_DAMAGED;
    out->basis = cj_get_str(v, "basis");
    out->key = cj_get_str(v, "key");
    out->term = cj_get_str(v, "term");
    out->case_no = cj_get_str(v, "case");
    out->circumstances = cj_get_str(v, "circumstances");
    out->country = cj_get_str(v, "country");
    out->how = cj_get_str(v, "how");
    out->note = cj_get_str(v, "note");
    out->permit = cj_get_str(v, "permit");
    out->place = cj_get_str(v, "place");
    out->source = cj_get_str(v, "source");
    out->until = cj_get_str(v, "until");
    if ((e = read_item(cj_get(v, "item"), out)) || (e = read_ids(a, cj_get(v, "ids"), out)) || (e = read_marks(a, cj_get(v, "marks"), out)) ||
        (e = read_parties(r, cj_get(v, "parties"), out)))
        return e;
    for (size_t i = 0; i < r->section_count; i++)
        out->told = out->told || r->section[i].kind >= SECTION_TEXT;
    if (row)
        read_row(cj_get(v, "row"), row);
    if (row && !row->given && cj_get(v, "row"))
        return ERR_DAMAGED;
    resolve(&r->h, kind, out);
    return OK;
}

enum err body_read_text(struct arena *a, struct slice json, struct event *ev)
{
    struct cj_value *v;
    static const struct member members[] = {{"circumstances", CJ_STR}, {"note", CJ_STR}, {"opinion", CJ_STR}, {0}};
    enum err e = cj_parse(a, json, &v, NULL);
    if (!e && !typed(v, members))
        e = ERR_DAMAGED;
    if (e)
        return e == ERR_MEMORY ? e : ERR_DAMAGED;
    if (cj_get(v, "circumstances"))
        ev->circumstances = cj_get_str(v, "circumstances");
    if (cj_get(v, "note"))
        ev->note = cj_get_str(v, "note");
    if (cj_get(v, "opinion"))
        ev->opinion = cj_get_str(v, "opinion");
    return OK;
}

enum err body_read_person(struct arena *a, struct slice json, const struct key_id *id, struct event *ev)
{
    struct cj_value *v;
    static const struct member members[] = {{"address", CJ_STR}, {"document", CJ_STR}, {"name", CJ_STR}, {0}};
    enum err e = cj_parse(a, json, &v, NULL);
    if (!e && !typed(v, members))
        e = ERR_DAMAGED;
    if (e)
        return e == ERR_MEMORY ? e : ERR_DAMAGED;
    for (size_t i = 0; i < ev->party_count; i++) {
        struct party_ref *p = &ev->party[i];
        if (memcmp(p->id.b, id->b, sizeof id->b) != 0)
            continue;
        p->name = cj_get_str(v, "name");
        p->document = cj_get_str(v, "document");
        p->address = cj_get_str(v, "address");
    }
    return OK;
}
