#include "people/act.h"
#include "base/cjson.h"
#include <stdio.h>
#include "base/banned.h"

static const char *const names[ACT_KINDS] = {[ACT_CREATED] = "account_created", [ACT_CLOSED] = "account_closed", [ACT_ROLE_GIVEN] = "role_given",
    [ACT_ROLE_TAKEN] = "role_taken", [ACT_RESET] = "sign_in_reset", [ACT_ASKED] = "approval_asked", [ACT_APPROVED] = "approved",
    [ACT_REFUSED] = "refused", [ACT_CASE_OPENED] = "case_opened", [ACT_GLASS_BROKEN] = "glass_broken", [ACT_ANCHORED] = "openings_anchored", [ACT_PRUNED] = "openings_pruned",
    [ACT_LIST_ASKED] = "list_asked", [ACT_PERSON_ASKED] = "person_asked", [ACT_PERSON_ANSWERED] = "person_answered", [ACT_PERSON_REFUSED] = "person_refused",
    [ACT_STATEMENT] = "statement_made", [ACT_APPEALED] = "appealed", [ACT_APPEAL_DECIDED] = "appeal_decided", [ACT_PASSKEY_ADDED] = "passkey_added",
    [ACT_PASSKEY_DROPPED] = "passkey_dropped", [ACT_TOKEN_MADE] = "token_made", [ACT_TOKEN_ENDED] = "token_ended"};

const char *act_kind_name(enum act_kind k)
{
    return names[k];
}

struct subject_id act_accounts(void)
{
    return (struct subject_id){"athar:accounts"};
}

struct subject_id act_openings(void)
{
    return (struct subject_id){"athar:openings"};
}

struct subject_id act_requests(void)
{
    return (struct subject_id){"athar:requests"};
}

static bool of_person(enum act_kind k)
{
    return k >= ACT_PERSON_ASKED && k <= ACT_APPEAL_DECIDED;
}

struct subject_id act_case_id(const struct keys *k, struct slice case_no)
{
    struct subject_id id;
    keys_token(k->blind, "case", slice_trim(case_no), SLICE(""), 0, id.b);
    return id;
}

/* ---- writing ---- */

static void put_id(struct cj *j, const char *key, const struct subject_id *id)
{
    if (!subject_none(id))
        cj_khex(j, key, id->b, sizeof id->b);
}

static enum err write_body(const struct act *a, struct buf *out)
{
    static const struct hash none;
    struct cj j;
    cj_open(&j, out);
    cj_obj(&j);
    put_id(&j, "about", &a->about);
    put_id(&j, "account", &a->account);
    cj_kstr_opt(&j, "area", a->area);
    put_id(&j, "by", &a->by);
    cj_kstr_opt(&j, "calibre", a->calibre);
    cj_kstr_opt(&j, "case", a->case_no);
    cj_kstr_opt(&j, "channel", a->channel);
    cj_kstr_opt(&j, "kinds", a->kinds);
    cj_kstr_opt(&j, "login", a->login);
    cj_kstr_opt(&j, "make", a->make);
    cj_kstr_opt(&j, "office", a->office);
    cj_kstr_opt(&j, "outcome", a->outcome);
    cj_kstr_opt(&j, "purpose", a->purpose);
    cj_kstr_opt(&j, "reason", a->reason);
    if (!hash_eq(&a->request, &none))
        cj_khex(&j, "request", a->request.b, sizeof a->request.b);
    cj_kstr_opt(&j, "role", a->role);
    if (a->kind == ACT_ANCHORED)
        cj_khex(&j, "root", a->root.b, sizeof a->root.b);
    cj_kstr_opt(&j, "scope", a->scope);
    if (a->kind == ACT_ANCHORED || a->kind == ACT_PRUNED)
        cj_kint(&j, "size", (int64_t)a->size);
    cj_kstr_opt(&j, "type", a->type);
    cj_kstr_opt(&j, "until", a->until);
    cj_obj_end(&j);
    return out->err;
}

static enum err write_name(const struct act *a, struct buf *out)
{
    struct party_ref p = {.name = a->name, .document = a->document};
    return body_write_person(&p, out);
}

static enum err write_text(const struct act *a, struct buf *out)
{
    struct event ev = {.note = a->text};
    return body_write_text(&ev, out);
}

static enum err check_texts(const struct act *a, struct fault *f)
{
    const struct {
        const char *field;
        struct slice s;
    } texts[] = {{"login", a->login}, {"name", a->name}, {"office", a->office}, {"role", a->role}, {"case", a->case_no}, {"purpose", a->purpose}, {"area", a->area},
        {"make", a->make}, {"calibre", a->calibre}, {"type", a->type}, {"document", a->document}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].s.n > ACT_TEXT)
            return fault_set(f, ERR_TOO_LONG, texts[i].field, texts[i].s, "want.act_text");
        if (slice_utf8_fault(texts[i].s) >= 0)
            return fault_set(f, ERR_ENCODING, texts[i].field, texts[i].s, "want.utf8");
    }
    if (a->text.n > 8000 || slice_utf8_fault(a->text) >= 0)
        return fault_set(f, ERR_TOO_LONG, "text", a->text, "want.request_text");
    return a->reason.n > 1000 ? fault_set(f, ERR_TOO_LONG, "reason", a->reason, "want.short_text") : OK;
}

static void head_of(const struct log *l, const struct act *a, int64_t now, struct record_header *h, char actor[48])
{
    char when[25];
    const struct store *s = l->store;
    *h = (struct record_header){.origin = store_origin(s), .kind = slice_str(names[a->kind]), .profile = store_profile(s)->hash,
        .recorded = now, .office = a->office.n && (a->kind == ACT_CASE_OPENED || of_person(a->kind)) ? a->office : store_origin(s),
        .purpose = of_person(a->kind) ? SLICE("complaint") : SLICE("accounts"),
        .discovered = when_unknown(), .subject_count = 2};
    time_text(now, when);
    when_parse(slice_str(when), "", &h->happened, NULL);
    char by[2 * sizeof a->by.b + 1] = "";
    hex_of(a->by.b, sizeof a->by.b, by); /* who it is can be told by those who may read accounts */
    snprintf(actor, 48, subject_none(&a->by) ? "console" : "account %s", by);
    h->actor = slice_str(actor);
    bool of_case = a->kind == ACT_CASE_OPENED;
    bool of_openings = a->kind == ACT_ANCHORED || a->kind == ACT_PRUNED;
    h->subject[0] = (struct record_subject){of_case ? SUBJECT_CASE : SUBJECT_ACCOUNT,
        of_case ? act_case_id(store_keys(s), a->case_no) : of_openings ? act_openings() : act_accounts()};
    h->subject[1] = (struct record_subject){SUBJECT_ACCOUNT, a->account};
    if (of_person(a->kind)) {
        h->subject[0] = (struct record_subject){SUBJECT_CASE, act_requests()};
        h->subject[1] = (struct record_subject){SUBJECT_PARTY, a->about};
    } else if (subject_none(&a->account))
        h->subject_count = 1;
}

/* Whose key the name (and text) is sealed under. */
static const struct subject_id *person_of(const struct act *a)
{
    return of_person(a->kind) ? &a->about : &a->account;
}

struct writing {
    struct buf body, name, text, record;
};

static enum err encode(const struct log *l, const struct act_source *s, const struct act *a, int64_t now, struct writing *w, struct fault *f)
{
    struct record_header h;
    char actor[48];
    uint8_t random[RECORD_SALT + 3 * SEAL_NONCE], person[1][SEAL_KEY], told[SEAL_KEY];
    const struct keys *k = store_keys(l->store);
    struct record_plain plain[3] = {{SECTION_BODY, k->register_id, k->reg, buf_view(&w->body)},
        {.kind = SECTION_PERSON, .key = person[0], .plain = buf_view(&w->name)}, {SECTION_TEXT, k->register_id, told, buf_view(&w->text)}};
    size_t n = w->text.n ? 3 : w->name.n ? 2 : 1;
    head_of(l, a, now, &h, actor);
    s->random(s->arg, random, sizeof random);
    memcpy(plain[1].key_id.b, person_of(a)->b, 16);
    enum err e = n > 1 ? keys_person_new(store_key_store(l->store), person_of(a), person[0], NULL) : OK; /* on disk before the commit: store_commit */
    if (!e && n > 2)
        keys_text(k->reg, person, 1, told);
    e = e ? fault_set(f, e, "name", SLICE(""), "") : record_encode(&h, plain, n, random, &w->record, f);
    seal_wipe(person, sizeof person);
    seal_wipe(told, sizeof told);
    return e;
}

enum err act_append(struct log *l, const struct act_source *s, const struct act *a, struct hash *out_record, struct fault *f)
{
    struct writing w;
    int64_t now = s->clock(s->arg);
    enum err e = check_texts(a, f);
    if (e || (e = log_clock(l, now, f)))
        return e;
    buf_init(&w.body, RECORD_MAX);
    buf_init(&w.name, 1024);
    buf_init(&w.text, RECORD_MAX);
    buf_init(&w.record, RECORD_MAX);
    e = write_body(a, &w.body);
    if (!e && (a->name.n || a->document.n || of_person(a->kind)))
        e = write_name(a, &w.name);
    if (!e)
        e = write_text(a, &w.text);
    e = e ? fault_set(f, e, "account", SLICE(""), "") : encode(l, s, a, now, &w, f);
    struct hash id = e ? (struct hash){0} : record_id(buf_view(&w.record));
    if (!e)
        e = log_append(l, buf_view(&w.record), &id, now, NULL, f);
    if (!e && out_record)
        *out_record = id;
    buf_free(&w.body);
    buf_free(&w.name);
    buf_free(&w.text);
    buf_free(&w.record);
    return e;
}

/* ---- reading ---- */

static enum err open_section(struct arena *a, const struct record *r, enum section_kind kind, const uint8_t key[SEAL_KEY], struct cj_value **out)
{
    *out = NULL;
    for (size_t i = 0; i < r->section_count; i++) {
        if (r->section[i].kind != kind)
            continue;
        size_t n = r->section[i].sealed.n - SEAL_TAG;
        uint8_t *plain = arena_alloc(a, n + 1);
        enum err e = plain ? record_open(r, i, key, plain) : ERR_MEMORY;
        return e ? e : cj_parse(a, slice_of((const char *)plain, n), out, NULL);
    }
    return OK;
}

static bool kind_of(struct slice name, enum act_kind *out)
{
    for (size_t i = 0; i < ACT_KINDS; i++)
        if (slice_is(name, names[i])) {
            *out = (enum act_kind)i;
            return true;
        }
    return false;
}

static void read_body(const struct cj_value *v, struct act *out)
{
    hex_to(cj_get_str(v, "about"), out->about.b, sizeof out->about.b);
    hex_to(cj_get_str(v, "account"), out->account.b, sizeof out->account.b);
    hex_to(cj_get_str(v, "by"), out->by.b, sizeof out->by.b);
    hex_to(cj_get_str(v, "request"), out->request.b, sizeof out->request.b);
    hex_to(cj_get_str(v, "root"), out->root.b, sizeof out->root.b);
    out->size = (uint64_t)cj_get_int(v, "size", 0);
    out->area = cj_get_str(v, "area");
    out->calibre = cj_get_str(v, "calibre");
    out->channel = cj_get_str(v, "channel");
    out->make = cj_get_str(v, "make");
    out->outcome = cj_get_str(v, "outcome");
    out->type = cj_get_str(v, "type");
    out->login = cj_get_str(v, "login");
    out->office = cj_get_str(v, "office");
    out->role = cj_get_str(v, "role");
    out->reason = cj_get_str(v, "reason");
    out->case_no = cj_get_str(v, "case");
    out->purpose = cj_get_str(v, "purpose");
    out->kinds = cj_get_str(v, "kinds");
    out->scope = cj_get_str(v, "scope");
    out->until = cj_get_str(v, "until");
}

/* Name and text: empty when the key is gone. */
static enum err read_name(struct arena *a, struct store *s, const struct record *r, struct act *out)
{
    uint8_t person[1][SEAL_KEY], told[SEAL_KEY];
    struct cj_value *v;
    enum err e = keys_person(store_key_store(s), person_of(out), person[0]);
    if (!e && !(e = open_section(a, r, SECTION_PERSON, person[0], &v))) {
        out->name = cj_get_str(v, "name");
        out->document = cj_get_str(v, "document");
    }
    keys_text(store_keys(s)->reg, person, 1, told);
    if (!e && !(e = open_section(a, r, SECTION_TEXT, told, &v)))
        out->text = cj_get_str(v, "note");
    seal_wipe(person, sizeof person);
    seal_wipe(told, sizeof told);
    return e == ERR_KEY || e == ERR_NOT_FOUND ? OK : e;
}

enum err act_read(struct store *s, struct arena *a, uint64_t position, struct act *out, struct fault *f)
{
    struct slice bytes;
    struct record *r = arena_alloc(a, sizeof *r);
    struct cj_value *v;
    *out = (struct act){0};
    enum err e = r ? store_read(s, a, position, &bytes, NULL, f) : ERR_MEMORY;
    if (!e)
        e = record_parse(bytes, r);
    if (!e && !kind_of(r->h.kind, &out->kind))
        e = ERR_DAMAGED;
    if (!e)
        e = open_section(a, r, SECTION_BODY, store_keys(s)->reg, &v);
    if (!e) {
        read_body(v, out);
        out->record = record_id(bytes);
        out->recorded = r->h.recorded;
        e = read_name(a, s, r, out);
    }
    return e ? fault_set(f, e, "account", SLICE(""), "") : OK;
}

enum err act_case(struct store *s, struct arena *a, struct slice case_no, struct act **out, size_t *n, struct fault *f)
{
    struct subject_id id = act_case_id(store_keys(s), case_no);
    uint64_t *at;
    enum err e = store_subject_positions(s, a, &id, &at, n, f);
    *out = e ? NULL : arena_array(a, *n, sizeof **out);
    if (!e && *n && !*out)
        e = fault_set(f, ERR_MEMORY, "case", SLICE(""), "");
    for (size_t i = 0; !e && i < *n; i++)
        e = act_read(s, a, at[i], &(*out)[i], f);
    return e;
}
