#include "people/act.h"
#include "base/cjson.h"
#include <stdio.h>
#include "base/banned.h"

static const char *const names[ACT_KINDS] = {[ACT_CREATED] = "account_created", [ACT_CLOSED] = "account_closed", [ACT_ROLE_GIVEN] = "role_given",
    [ACT_ROLE_TAKEN] = "role_taken", [ACT_RESET] = "sign_in_reset", [ACT_ASKED] = "approval_asked", [ACT_APPROVED] = "approved",
    [ACT_REFUSED] = "refused", [ACT_CASE_OPENED] = "case_opened", [ACT_GLASS_BROKEN] = "glass_broken"};

const char *act_kind_name(enum act_kind k)
{
    return names[k];
}

struct subject_id act_accounts(void)
{
    return (struct subject_id){"athar:accounts"};
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
    put_id(&j, "by", &a->by);
    cj_kstr_opt(&j, "case", a->case_no);
    cj_kstr_opt(&j, "login", a->login);
    cj_kstr_opt(&j, "office", a->office);
    cj_kstr_opt(&j, "purpose", a->purpose);
    cj_kstr_opt(&j, "reason", a->reason);
    if (!hash_eq(&a->request, &none))
        cj_khex(&j, "request", a->request.b, sizeof a->request.b);
    cj_kstr_opt(&j, "role", a->role);
    cj_obj_end(&j);
    return out->err;
}

static enum err write_name(const struct act *a, struct buf *out)
{
    struct party_ref p = {.name = a->name};
    return body_write_person(&p, out);
}

static enum err check_texts(const struct act *a, struct fault *f)
{
    const struct {
        const char *field;
        struct slice s;
    } texts[] = {{"login", a->login}, {"name", a->name}, {"office", a->office}, {"role", a->role}, {"case", a->case_no}, {"purpose", a->purpose}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].s.n > ACT_TEXT)
            return fault_set(f, ERR_TOO_LONG, texts[i].field, texts[i].s, "want.act_text");
        if (slice_utf8_fault(texts[i].s) >= 0)
            return fault_set(f, ERR_ENCODING, texts[i].field, texts[i].s, "want.utf8");
    }
    return a->reason.n > 1000 ? fault_set(f, ERR_TOO_LONG, "reason", a->reason, "want.short_text") : OK;
}

static void head_of(const struct log *l, const struct act *a, int64_t now, struct record_header *h, char actor[48])
{
    char when[25];
    const struct store *s = l->store;
    *h = (struct record_header){.origin = store_origin(s), .kind = slice_str(names[a->kind]), .profile = store_profile(s)->hash,
        .recorded = now, .office = a->office.n && a->kind == ACT_CASE_OPENED ? a->office : store_origin(s), .purpose = SLICE("accounts"),
        .discovered = when_unknown(), .subject_count = 2};
    time_text(now, when);
    when_parse(slice_str(when), "", &h->happened, NULL);
    char by[2 * sizeof a->by.b + 1] = "";
    hex_of(a->by.b, sizeof a->by.b, by); /* who it is can be told by those who may read accounts */
    snprintf(actor, 48, subject_none(&a->by) ? "console" : "account %s", by);
    h->actor = slice_str(actor);
    bool of_case = a->kind == ACT_CASE_OPENED;
    h->subject[0] = (struct record_subject){of_case ? SUBJECT_CASE : SUBJECT_ACCOUNT, of_case ? act_case_id(store_keys(s), a->case_no) : act_accounts()};
    h->subject[1] = (struct record_subject){SUBJECT_ACCOUNT, a->account};
    if (subject_none(&a->account))
        h->subject_count = 1;
}

static enum err encode(const struct log *l, const struct act_source *s, const struct act *a, int64_t now, struct buf *body, struct buf *name,
    struct buf *out, struct fault *f)
{
    struct record_header h;
    char actor[48];
    uint8_t random[RECORD_SALT + 2 * SEAL_NONCE], person[SEAL_KEY];
    const struct keys *k = store_keys(l->store);
    struct record_plain plain[2] = {{SECTION_BODY, k->register_id, k->reg, buf_view(body)},
        {.kind = SECTION_PERSON, .key = person, .plain = buf_view(name)}};
    head_of(l, a, now, &h, actor);
    s->random(s->arg, random, sizeof random);
    memcpy(plain[1].key_id.b, a->account.b, sizeof a->account.b);
    enum err e = name->n ? keys_person_new(store_key_store(l->store), &a->account, person, NULL) : OK; /* on disk before the commit: store_commit */
    e = e ? fault_set(f, e, "name", SLICE(""), "") : record_encode(&h, plain, name->n ? 2 : 1, random, out, f);
    seal_wipe(person, sizeof person);
    return e;
}

enum err act_append(struct log *l, const struct act_source *s, const struct act *a, struct hash *out_record, struct fault *f)
{
    struct buf body, name, record;
    int64_t now = s->clock(s->arg);
    enum err e = check_texts(a, f);
    if (e || (e = log_clock(l, now, f)))
        return e;
    buf_init(&body, RECORD_MAX);
    buf_init(&name, 1024);
    buf_init(&record, RECORD_MAX);
    e = write_body(a, &body);
    if (!e && a->name.n)
        e = write_name(a, &name);
    if (e)
        fault_set(f, e, "account", SLICE(""), "");
    if (!e)
        e = encode(l, s, a, now, &body, &name, &record, f);
    struct hash id = e ? (struct hash){0} : record_id(buf_view(&record));
    if (!e)
        e = log_append(l, buf_view(&record), &id, now, NULL, f);
    if (!e && out_record)
        *out_record = id;
    buf_free(&body);
    buf_free(&name);
    buf_free(&record);
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
    out->login = cj_get_str(v, "login");
    out->office = cj_get_str(v, "office");
    out->role = cj_get_str(v, "role");
    out->reason = cj_get_str(v, "reason");
    out->case_no = cj_get_str(v, "case");
    out->purpose = cj_get_str(v, "purpose");
}

/* The name: empty when its key is gone. */
static enum err read_name(struct arena *a, struct key_store *k, const struct record *r, struct act *out)
{
    uint8_t person[SEAL_KEY];
    struct cj_value *v;
    enum err e = keys_person(k, &out->account, person);
    if (!e && !(e = open_section(a, r, SECTION_PERSON, person, &v)))
        out->name = cj_get_str(v, "name");
    seal_wipe(person, sizeof person);
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
        e = read_name(a, store_key_store(s), r, out);
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
