/* Lives made of bytes: any set of records must give a line, the same line in any order of arrival, JSON, text and a page, and
 * a fold that agrees with it. A byte triple is a record: kind, when, who. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/embed.h"
#include "domain/item.h"
#include "lang/lang.h"
#include "trace/line.h"

#define MOST 60

static struct profile profile;
static struct lang_set *langs;

static void party(struct event *e, const char *role, unsigned who)
{
    static const char *const names[] = {"Ana", "Bia", "Loja", "", "أحمد", "4th"};
    static const enum party_class classes[] = {PARTY_PERSON, PARTY_PERSON, PARTY_DEALER, PARTY_UNSAID, PARTY_MAKER, PARTY_POLICE};
    if (who % 7 == 6)
        return;
    struct party_ref *p = &e->party[e->party_count++];
    *p = (struct party_ref){.role = slice_str(role), .cls = classes[who % 7 % 6], .name = slice_str(names[who % 7 % 6])};
    p->id.b[0] = (uint8_t)(who % 7 + 1);
}

static int role_of(const struct event *e, const char *role)
{
    for (size_t i = 0; *role && i < e->party_count; i++)
        if (slice_is(e->party[i].role, role))
            return (int)i;
    return -1;
}

static void set_date(struct event *e, uint8_t b)
{
    static const char *const forms[] = {"%04d", "%04d-0%d", "%04d-0%d-1%d", "%04d/2020", "", "%04d-0%d-1%dT10:00:00Z"};
    char text[64];
    struct fault f;
    int form = b % 6;
    if (form == 0 || form == 3)
        snprintf(text, sizeof text, forms[form], 1940 + b % 75);
    else
        snprintf(text, sizeof text, forms[form], 2000 + b / 12, b % 9 + 1, b % 10);
    if (when_parse(slice_str(text), "happened", &e->happened, &f))
        e->happened = when_unknown();
}

static void make(struct event *e, const uint8_t *b, size_t n, const struct event *all)
{
    const struct profile_kind *k = &profile.kind[b[0] % profile.kind_count];
    *e = (struct event){.position = n, .recorded = 1700000000000 + (int64_t)n, .kind = slice_str(k->name), .label = slice_str(k->label)};
    e->received = e->recorded;
    e->record = hash_of(&n, sizeof n);
    e->how = b[1] & 1 ? SLICE("MADE") : SLICE("");
    e->country = b[2] & 1 ? SLICE("BR") : SLICE("");
    e->describes = b[1] & 2;
    e->item.year = b[2] % 3 ? 0 : 1900 + b[2] / 2;
    e->item.state_owned = b[1] == 7;
    set_date(e, b[1]);
    party(e, "from", b[2]);
    party(e, "to", b[2] / 7u);
    party(e, "with", b[2] / 3u);
    for (size_t i = 0; i < k->rule_count; i++) {
        const struct effect_rule *r = &k->rule[i];
        struct effect *x = &e->effect[e->effect_count++];
        *x = (struct effect){.what = r->what, .set = r->set, .lawful = r->lawful, .status = r->status, .from = role_of(e, r->from), .to = role_of(e, r->to)};
        snprintf(x->code, sizeof x->code, "%.*s", SLICE_ARG(*r->field ? strcmp(r->field, "how") ? e->country : e->how : slice_str(r->code)));
    }
    if (n && event_has(e, EFFECT_SUPERSEDE)) {
        e->supersedes = &all[b[2] % n].record;
        e->supersedes_count = 1;
    }
}

static size_t json_of(const struct event *e, size_t n, struct buf *out, unsigned *clashes, enum item_status *status)
{
    struct arena a;
    struct fault f;
    struct cj j;
    const struct line *l;
    struct line_input in = {.event = e, .count = n, .profile = &profile, .as_of = INT64_MAX, .known = INT64_MAX, .now = 1750000000000};
    arena_init(&a, 64u << 20);
    if (line_build(&a, &in, &l, &f))
        abort();
    *clashes = (unsigned)l->clash_count;
    *status = l->now.status;
    cj_open_loose(&j, out);
    line_json(l, lang_find(langs, SLICE("en")), &j);
    if (out->err)
        abort();
    struct buf other;
    buf_init(&other, 8u << 20);
    line_text(l, lang_find(langs, SLICE("en")), 80, false, &other);
    if (n == 13) { /* a page is slow to set */
        buf_reset(&other);
        if (line_pdf(l, lang_find(langs, SLICE("ar")), &other, &f))
            abort();
    }
    if (other.err)
        abort();
    buf_free(&other);
    arena_free(&a);
    return out->n;
}

static int by_order(const void *a, const void *b)
{
    return event_order(*(const struct event *const *)a, *(const struct event *const *)b);
}

static void check_fold(struct event *e, size_t n, unsigned clashes, enum item_status status)
{
    const struct event *sorted[MOST];
    struct item_state s;
    events_strike(e, n);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &e[i];
    qsort(sorted, n, sizeof *sorted, by_order);
    item_fold(sorted, n, &s);
    if (s.contradictions != clashes || s.status != status)
        abort();
}

/* The font libraries keep their tables to the end of the process. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:libpango\nleak:libcairo\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event e[MOST], other[MOST];
    struct buf a, b;
    struct fault f;
    unsigned clashes;
    enum item_status status;
    size_t n = size / 3 < MOST ? size / 3 : MOST;
    if (!langs && (lang_load(&langs, &f) || profile_parse(embed_get("profiles/generic.json"), &profile, &f)))
        abort();
    for (size_t i = 0; i < n; i++)
        make(&e[i], data + 3 * i, i, e);
    for (size_t i = 0; i < n; i++)
        other[n - 1 - i] = e[i]; /* arrived the other way round */
    buf_init(&a, 16u << 20);
    buf_init(&b, 16u << 20);
    json_of(e, n, &a, &clashes, &status);
    json_of(other, n, &b, &clashes, &status);
    if (a.n != b.n || memcmp(a.p, b.p, a.n) != 0)
        abort();
    check_fold(e, n, clashes, status);
    buf_free(&a);
    buf_free(&b);
    return 0;
}
