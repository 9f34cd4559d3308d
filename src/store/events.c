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

/* Names: a section whose key is gone (erased, not ours) leaves the name empty and is no error. A locked key store is one. */
static enum err open_names(struct store *s, struct arena *a, const struct record *r, struct event *ev)
{
    for (size_t i = 0; i < r->section_count; i++) {
        if (r->section[i].kind != SECTION_PERSON)
            continue;
        uint8_t key[SEAL_KEY];
        struct subject_id party;
        struct slice json;
        memcpy(party.b, r->section[i].key.b, sizeof party.b);
        enum err e = keys_person(s->key_store, &party, key);
        if (!e)
            e = open_section(a, r, i, key, &json);
        seal_wipe(key, sizeof key);
        if (e == ERR_KEY || e == ERR_NOT_FOUND)
            continue;
        if (e || (e = body_read_person(a, json, &r->section[i].key, ev)))
            return e;
    }
    return OK;
}

enum err store_event(struct store *s, struct arena *a, struct slice bytes, uint64_t position, int64_t received, bool with_names,
    struct event *out, struct body_row *row, struct fault *f)
{
    struct record r;
    struct slice body = SLICE("{}");
    const struct profile *p;
    enum err err = keys_are_gone(s->key_store) ? ERR_LOCKED : record_parse(bytes, &r);
    if (!err)
        err = store_cited(s, &r.h.profile, &p, f);
    for (size_t i = 0; !err && i < r.section_count; i++)
        if (r.section[i].kind == SECTION_BODY) {
            err = open_section(a, &r, i, s->keys.reg, &body);
            break;
        }
    if (!err)
        err = body_read(a, &r, body, profile_kind(p, r.h.kind), out, row);
    if (!err && with_names)
        err = open_names(s, a, &r, out);
    if (err) {
        char at[24];
        snprintf(at, sizeof at, "%llu", (unsigned long long)position);
        return fault_set(f, err, "record", slice_str(at), "");
    }
    out->position = position;
    out->received = received;
    return OK;
}
