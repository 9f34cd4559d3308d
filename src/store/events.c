/* Records opened: sealed sections unsealed with the directory's keys, effects resolved under the profile that is cited. */
#include "store/store_inner.h"
#include <stdio.h>
#include "base/banned.h"

enum err store_cited(struct store *s, const struct hash *h, const struct profile **out, struct fault *f)
{
    for (size_t i = 0; i < s->profile_count; i++)
        if (hash_eq(&s->profile[i]->hash, h)) {
            *out = s->profile[i];
            return OK;
        }
    if (s->profile_count == PROFILES_CACHED)
        return fault_set(f, ERR_TOO_LONG, "profile", SLICE(""), "");
    struct arena a;
    struct slice bytes;
    arena_init(&a, 4u << 20);
    struct profile *p = mem_alloc(1, sizeof *p);
    enum err err = p ? profile_select(s->engine, &a, h, &bytes, f) : ERR_MEMORY;
    if (!err && !bytes.p)
        err = fault_set(f, ERR_DAMAGED, "profile", SLICE(""), "");
    if (!err)
        err = profile_parse(bytes, p, f);
    arena_free(&a);
    if (err) {
        mem_free(p);
        return err;
    }
    s->profile[s->profile_count++] = p;
    *out = p;
    return OK;
}

bool record_item(const struct record *r, struct subject_id *out)
{
    for (size_t i = 0; i < r->h.subject_count; i++)
        if (r->h.subject[i].type == SUBJECT_ITEM || r->h.subject[i].type == SUBJECT_PERMIT) {
            *out = r->h.subject[i].id;
            return true;
        }
    return false;
}

static enum err open_section(struct arena *a, const struct record *r, size_t i, const uint8_t key[SEAL_KEY], struct slice *out)
{
    size_t n = r->section[i].sealed.n - SEAL_TAG;
    uint8_t *plain = arena_alloc(a, n + 1);
    if (!plain)
        return ERR_MEMORY;
    enum err e = record_open(r, i, key, plain);
    *out = slice_of((const char *)plain, n);
    return e;
}

static bool gone(enum err e)
{
    return e == ERR_KEY || e == ERR_NOT_FOUND;
}

/* Keys of the persons whom the record names, in the order of its sections. */
struct persons {
    uint8_t key[RECORD_SECTIONS][SEAL_KEY];
    size_t n;
    bool whole; /* none is gone */
};

/* Names: a section whose key is gone (erased, not ours) leaves the name empty and is no error. A locked key store is one. */
static enum err open_names(struct store *s, struct arena *a, const struct record *r, bool names, struct persons *p, struct event *ev)
{
    p->n = 0;
    p->whole = true;
    for (size_t i = 0; i < r->section_count; i++) {
        if (r->section[i].kind != SECTION_PERSON)
            continue;
        uint8_t *key = p->key[p->n++];
        struct subject_id party;
        struct slice json;
        memcpy(party.b, r->section[i].key.b, sizeof party.b);
        enum err e = keys_person(s->key_store, &party, key);
        p->whole = p->whole && !e;
        if (!e && names)
            e = open_section(a, r, i, key, &json);
        if (gone(e))
            continue;
        if (e || (names && (e = body_read_person(a, json, &r->section[i].key, ev))))
            return e;
    }
    return OK;
}

static enum err open_texts(struct store *s, struct arena *a, const struct record *r, unsigned show, struct persons *p, struct event *ev)
{
    uint8_t key[SEAL_KEY];
    enum err e = OK;
    keys_text(s->keys.reg, p->key, p->n, key);
    for (size_t i = 0; i < r->section_count && !e; i++) {
        bool wanted = (r->section[i].kind == SECTION_TEXT && show & SHOW_TEXT) || (r->section[i].kind == SECTION_OPINION && show & SHOW_OPINION);
        struct slice json;
        if (wanted && !(e = open_section(a, r, i, key, &json)))
            e = body_read_text(a, json, ev);
        e = gone(e) ? OK : e;
    }
    seal_wipe(key, sizeof key);
    return e;
}

/* Who is named in a role that is not to be shown keeps his role alone. */
static void close_roles(unsigned show, struct event *ev)
{
    for (size_t i = 0; i < ev->party_count; i++) {
        struct party_ref *p = &ev->party[i];
        if (!(show & (body_case_role(p->role) ? SHOW_CASE : SHOW_HOLDERS)))
            p->name = p->document = p->address = SLICE("");
    }
}

static enum err open_more(struct store *s, struct arena *a, const struct record *r, unsigned show, struct event *ev)
{
    struct persons p;
    enum err e = open_names(s, a, r, show & (SHOW_HOLDERS | SHOW_CASE), &p, ev);
    if (!e && p.whole && show & (SHOW_TEXT | SHOW_OPINION))
        e = open_texts(s, a, r, show, &p, ev);
    close_roles(show, ev);
    seal_wipe(&p, sizeof p);
    return e;
}

static enum err open_body(struct store *s, struct arena *a, const struct record *r, struct slice *out)
{
    *out = SLICE("{}");
    for (size_t i = 0; i < r->section_count; i++)
        if (r->section[i].kind == SECTION_BODY)
            return open_section(a, r, i, s->keys.reg, out);
    return OK;
}

static enum err say_which(struct fault *f, enum err err, uint64_t position)
{
    char at[24];
    snprintf(at, sizeof at, "%llu", (unsigned long long)position);
    return fault_set(f, err, "record", slice_str(at), "");
}

enum err store_description(struct store *s, struct arena *a, const struct record *r, uint64_t position, struct event *out, struct fault *f)
{
    struct slice body;
    enum err err = keys_are_gone(s->key_store) ? ERR_LOCKED : open_body(s, a, r, &body);
    if (!err)
        err = body_describe(a, body, out);
    return err ? say_which(f, err, position) : OK;
}

enum err store_event(struct store *s, struct arena *a, struct slice bytes, uint64_t position, int64_t received, unsigned show,
    struct event *out, struct body_row *row, struct fault *f)
{
    struct record r;
    struct slice body;
    const struct profile *p;
    enum err err = keys_are_gone(s->key_store) ? ERR_LOCKED : record_parse(bytes, &r);
    if (!err)
        err = store_cited(s, &r.h.profile, &p, f);
    if (!err)
        err = open_body(s, a, &r, &body);
    if (!err)
        err = body_read(a, &r, body, profile_kind(p, r.h.kind), out, row);
    if (!err && !(show & SHOW_TEXT))
        out->circumstances = out->note = SLICE(""); /* of a body from before text had its section */
    if (!err && show)
        err = open_more(s, a, &r, show, out);
    if (err)
        return say_which(f, err, position);
    out->position = position;
    out->received = received;
    return OK;
}
