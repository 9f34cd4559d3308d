/* Reads the events of a scenario (tests/scenario/README.md) under the generic profile. For tests. */
#ifndef SCENARIO_LIFE_H
#define SCENARIO_LIFE_H
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/embed.h"
#include "domain/item.h"
#include "domain/profile.h"

struct life {
    json_t *root;
    struct arena arena;
    struct profile profile;
    struct event *event;
    size_t count;
};

static struct slice life_str(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return slice_str(json_is_string(v) ? json_string_value(v) : NULL);
}

static struct hash life_hash(struct slice s)
{
    return hash_of(s.p, s.n);
}

/* "DEALER Dealer 001": class, name; the id follows from the name. A name alone is a person's. */
static struct party_ref life_party(const char *role, struct slice s)
{
    struct party_ref p = {.role = slice_str(role), .cls = PARTY_PERSON, .name = s};
    const char *space = memchr(s.p, ' ', s.n);
    enum party_class c;
    if (space && party_class_of(slice_of(s.p, (size_t)(space - s.p)), &c)) {
        p.cls = c;
        p.name = slice_of(space + 1, s.n - (size_t)(space + 1 - s.p));
    }
    struct hash h = life_hash(p.name);
    memcpy(p.id.b, h.b, sizeof p.id.b);
    return p;
}

static int life_role(const struct event *e, const char *role)
{
    for (size_t i = 0; *role && i < e->party_count; i++)
        if (slice_is(e->party[i].role, role))
            return (int)i;
    return -1;
}

static void life_when(const json_t *o, const char *key, struct when *out)
{
    struct fault f;
    if (when_parse(life_str(o, key), key, out, &f)) {
        fprintf(stderr, "scenario: %s is no date: %.*s\n", key, SLICE_ARG(life_str(o, key)));
        abort();
    }
}

static void life_term(const json_t *item, const char *key, struct term_text *out)
{
    struct slice s = life_str(item, key);
    if (s.n)
        *out = (struct term_text){.answer = TERM_LISTED, .code = s, .text = s};
}

static void life_item(const json_t *item, struct event *e)
{
    if (!item)
        return;
    e->describes = true;
    life_term(item, "make", &e->item.make);
    life_term(item, "calibre", &e->item.calibre);
    life_term(item, "type", &e->item.type);
    life_term(item, "country", &e->item.country);
    e->item.model = life_str(item, "model");
    e->item.year = (int)json_integer_value(json_object_get(item, "year"));
    e->item.state_owned = json_is_true(json_object_get(item, "state_owned"));
}

static void life_mark(struct life *l, const json_t *o, struct event *e)
{
    struct slice s = life_str(o, "mark");
    if (!s.n)
        return;
    struct event_mark *m = arena_array(&l->arena, 1, sizeof *m);
    struct slice *serial = arena_array(&l->arena, 1, sizeof *serial);
    *serial = s;
    *m = (struct event_mark){.kind = SLICE("SERIAL"), .place = life_str(o, "mark_place"), .text = s, .serial_count = 1, .serial = serial};
    struct slice status = life_str(o, "mark_status");
    if (status.n)
        for (int i = 0; i < MARK_STATUS_COUNT; i++) {
            static const char *const words[] = {"CLEAR", "PARTIAL", "OBLITERATED", "WORN", "NONE_SEEN", "RESTORED", "ALTERED", "ABSENT", "UNKNOWN"};
            if (slice_is(status, words[i]))
                m->status = (enum mark_status)i;
        }
    e->mark = m;
    e->mark_count = 1;
}

static void life_effects(struct life *l, struct event *e)
{
    const struct profile_kind *kind = profile_kind(&l->profile, e->kind);
    if (!kind) {
        fprintf(stderr, "scenario: no such kind: %.*s\n", SLICE_ARG(e->kind));
        abort();
    }
    e->label = slice_str(kind->label);
    for (size_t i = 0; i < kind->rule_count; i++) {
        const struct effect_rule *r = &kind->rule[i];
        struct effect *x = &e->effect[e->effect_count++];
        *x = (struct effect){.what = r->what, .set = r->set, .lawful = r->lawful, .status = r->status,
            .from = life_role(e, r->from), .to = life_role(e, r->to)};
        struct slice code = !*r->field ? slice_str(r->code) : strcmp(r->field, "country") == 0 ? e->country : e->how;
        snprintf(x->code, sizeof x->code, "%.*s", SLICE_ARG(code));
    }
}

static void life_supersedes(struct life *l, const json_t *o, struct event *e)
{
    struct slice s = life_str(o, "supersedes");
    if (!s.n)
        return;
    struct hash *h = arena_array(&l->arena, 1, sizeof *h);
    *h = life_hash(s);
    e->supersedes = h;
    e->supersedes_count = 1;
}

/* {"id": "s1", "kind": "sold", "happened": "2001-02-03", "from": "DEALER D", "to": "Ana", ...} */
static void life_event(struct life *l, const json_t *o, struct event *e, size_t n)
{
    static const char *const roles[] = {"from", "to", "with", "by", "custodian", "owner", "to2"};
    char name[32];
    snprintf(name, sizeof name, "event %zu", n);
    struct slice id = life_str(o, "id");
    *e = (struct event){.record = life_hash(id.n ? id : slice_str(name)), .position = n, .kind = life_str(o, "kind"),
        .origin = SLICE("demo.example"), .office = SLICE("demo"), .actor = SLICE("test"), .source = life_str(o, "source"),
        .place = life_str(o, "place"), .country = life_str(o, "country"), .how = life_str(o, "how"), .note = life_str(o, "note"),
        .circumstances = life_str(o, "circumstances"), .case_no = life_str(o, "case_no"), .permit = life_str(o, "permit")};
    struct when recorded;
    life_when(o, "happened", &e->happened);
    life_when(o, "discovered", &e->discovered);
    life_when(o, "recorded", &recorded);
    e->recorded = when_known(&recorded) ? recorded.start : time_from_civil(2024, 1, 1) + (int64_t)n;
    e->received = e->recorded;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (life_str(o, roles[i]).n)
            e->party[e->party_count++] = life_party(roles[i], life_str(o, roles[i]));
    life_item(json_object_get(o, "item"), e);
    life_mark(l, o, e);
    life_effects(l, e);
    life_supersedes(l, o, e);
    int second = life_role(e, "to2"); /* a co-holder named by the same record */
    if (second >= 0)
        e->effect[e->effect_count++] = (struct effect){.what = EFFECT_OWNER, .set = true, .lawful = true, .from = life_role(e, "from"), .to = second};
}

static void life_open(struct life *l, json_t *root)
{
    struct fault f;
    *l = (struct life){.root = root};
    arena_init(&l->arena, 16u << 20);
    if (!root || profile_parse(embed_get("profiles/generic.json"), &l->profile, &f))
        abort();
    const json_t *events = json_object_get(root, "events");
    l->count = json_array_size(events);
    l->event = arena_array(&l->arena, l->count + 1, sizeof *l->event);
    for (size_t i = 0; i < l->count; i++)
        life_event(l, json_array_get(events, i), &l->event[i], i);
}

static void life_close(struct life *l)
{
    arena_free(&l->arena);
    json_decref(l->root);
}
#endif
