/* What was typed, read into an event. Each field is read once, by its type; a bad one is listed and the rest goes on. */
#include "entry/entry.h"
#include "base/hidden.h"
#include "marks/read.h"
#include <ctype.h>
#include <stdio.h>
#include "base/banned.h"

struct reading {
    struct arena *a;
    struct entry *x;
    const struct entry_ask *ask;
    int64_t now;
    bool memory; /* ran out */
};

void entry_problem(struct entry *x, enum err code, const char *field, struct slice value, const char *want)
{
    for (size_t i = 0; i < x->problem_count; i++)
        if (strcmp(x->problem[i].field, field) == 0)
            return;
    if (x->problem_count < ENTRY_PROBLEMS)
        fault_set(&x->problem[x->problem_count++], code, field, value, want);
}

bool entry_has(const struct profile_kind *k, enum effect_do what)
{
    for (size_t i = 0; i < k->rule_count; i++)
        if (k->rule[i].what == what)
            return true;
    return false;
}

/* Length and encoding of what is taken as it was typed, and what it may hold of signs that nobody sees (base/hidden.h). A bad one is listed and read as
 * empty. */
static struct slice typed_as(struct reading *r, const char *name, unsigned max, unsigned may)
{
    struct slice s = r->ask->value(r->ask->arg, name);
    struct fault f = {0};
    if (s.n > max)
        entry_problem(r->x, ERR_TOO_LONG, name, s, "want.shorter");
    else if (slice_utf8_fault(s) >= 0)
        entry_problem(r->x, ERR_ENCODING, name, s, "want.utf8");
    else if (hidden_refuse(s, may, name, &f))
        entry_problem(r->x, f.code, name, slice_str(f.value), f.want);
    else
        return s;
    return SLICE("");
}

static struct slice typed(struct reading *r, const char *name, unsigned max)
{
    return typed_as(r, name, max, HIDDEN_NONE);
}

static void read_when(struct reading *r, const struct field_kind *d, struct when *out)
{
    struct fault f = {0};
    struct slice s = typed(r, d->word, d->max);
    if (when_typed(s, d->word, out, &f))
        entry_problem(r->x, f.code, d->word, s, f.want);
    else if (when_known(out) && out->start > r->now && strcmp(d->word, "until") != 0)
        entry_problem(r->x, ERR_RANGE, d->word, s, "want.not_future");
}

static void read_year(struct reading *r, const struct field_kind *d)
{
    uint64_t y;
    char digits[64];
    int year, month, day;
    struct slice s = typed(r, d->word, d->max);
    time_to_civil(r->now, &year, &month, &day);
    if (!s.n)
        return;
    if (s.n > sizeof digits || !slice_u64(slice_digits(s, digits), (uint64_t)year, &y) || y < 1500)
        entry_problem(r->x, ERR_FORMAT, d->word, s, "want.year");
    else
        r->x->ev.item.year = (int)y;
}

static void read_term(struct reading *r, const struct field_kind *d, struct term_text *out)
{
    struct slice s = typed_as(r, d->word, d->max, HIDDEN_WORDS);
    struct term t = term_read(d->list, s, d->list == TERM_CALIBRE ? r->x->ev.item.type.number : 0);
    if (t.answer == TERM_NOT_ASKED)
        return;
    *out = (struct term_text){.answer = t.answer, .number = t.number, .text = s};
    struct term known = t.answer == TERM_LISTED ? term_by_number(d->list, t.number) : t;
    if (t.answer == TERM_LISTED)
        out->code = arena_copy(r->a, slice_str(*t.code ? t.code : known.code));
    r->memory = r->memory || (out->code.n && !out->code.p);
}

static struct slice read_choice(struct reading *r, const struct field_kind *d)
{
    struct slice s = typed(r, d->word, d->max);
    for (size_t i = 0; s.n && d->choice[i]; i++)
        if (slice_is(s, d->choice[i]))
            return s;
    if (s.n)
        entry_problem(r->x, ERR_UNKNOWN_CODE, d->word, s, "want.choice");
    return SLICE("");
}

/* ---- the mark ---- */

static struct slice upper(struct reading *r, struct slice s)
{
    char *p = arena_alloc(r->a, s.n + 1);
    r->memory = r->memory || !p;
    for (size_t i = 0; p && i < s.n; i++)
        p[i] = (char)toupper((unsigned char)s.p[i]);
    return slice_of(p ? p : "", p ? s.n : 0);
}

/* Words such as "no number" are no mark: they have an answer of their own. */
static bool is_words(struct slice s)
{
    struct mark_reading m;
    mark_read(s, &m);
    return !m.serial_count && (m.status == MARK_NONE_SEEN || m.status == MARK_OBLITERATED || m.status == MARK_WORN || m.status == MARK_UNKNOWN);
}

static void read_mark(struct reading *r, const struct field_kind *d)
{
    struct entry *x = r->x;
    struct mark_key key[MARK_KEYS];
    struct slice s = typed(r, d->word, d->max), state = read_choice(r, field_kind(FIELD_MARK_STATE));
    bool partial = s.n && (memchr(s.p, '?', s.n) || memchr(s.p, '*', s.n));
    enum mark_status said = MARK_CLEAR;
    if (!s.n && !state.n)
        return;
    if (state.n)
        mark_status_of(state, &said);
    if (s.n && !mark_keys(s, key, NULL))
        entry_problem(x, ERR_FORMAT, d->word, s, "want.mark_readable");
    else if (s.n && (said == MARK_NONE_SEEN || said == MARK_UNKNOWN))
        entry_problem(x, ERR_CONFLICT, "mark_state", state, "want.mark_or_state");
    else if (s.n && is_words(s))
        entry_problem(x, ERR_FORMAT, d->word, s, "want.mark_not_words");
    x->mark = (struct event_mark){.kind = SLICE("SERIAL"), .text = s, .serial = x->serial, .status = state.n ? said : partial ? MARK_PARTIAL : MARK_CLEAR};
    if (s.n)
        x->serial[x->mark.serial_count++] = upper(r, s);
    x->mark.place = read_choice(r, field_kind(FIELD_MARK_PLACE));
    x->ev.mark = &x->mark;
    x->ev.mark_count = 1;
}

/* ---- persons ---- */

static const char *sub(struct reading *r, const struct field_kind *d, const char *part)
{
    const char *name = arena_printf(r->a, "%s_%s", d->word, part);
    r->memory = r->memory || !name;
    return name ? name : "";
}

static enum entry_who said_of(struct reading *r, const struct field_kind *d, bool named)
{
    const char *name = sub(r, d, "who");
    struct slice s = typed(r, name, 16);
    if (!s.n || slice_is(s, "named"))
        return named ? WHO_NAMED : WHO_UNSAID;
    bool holder = slice_is(s, "holder") && d->holder;
    if (!holder && !slice_is(s, "unknown"))
        entry_problem(r->x, ERR_UNKNOWN_CODE, name, s, "want.entry_who");
    else if (named)
        entry_problem(r->x, ERR_CONFLICT, d->word, s, "want.named_or_not");
    return holder ? WHO_HOLDER : WHO_UNKNOWN;
}

static void read_party(struct reading *r, const struct field_kind *d, bool must)
{
    struct entry *x = r->x;
    const char *class_name = sub(r, d, "class");
    struct party_ref p = {.role = slice_str(d->word), .name = typed_as(r, d->word, d->max, HIDDEN_WORDS),
        .document = typed(r, sub(r, d, "document"), 96), .address = typed_as(r, sub(r, d, "address"), 400, HIDDEN_ADDRESS)};
    struct slice cls = typed(r, class_name, 16);
    enum entry_who who = said_of(r, d, p.name.n || p.document.n || p.address.n);
    p.cls = PARTY_PERSON;
    if (cls.n && (!party_class_of(cls, &p.cls) || p.cls == PARTY_UNSAID))
        entry_problem(x, ERR_UNKNOWN_CODE, class_name, cls, "want.party_class");
    if (who == WHO_NAMED && !p.name.n)
        entry_problem(x, ERR_MISSING, d->word, p.name, "want.name");
    if (who == WHO_UNSAID && must)
        entry_problem(x, ERR_MISSING, d->word, p.name, "want.person_or_unknown");
    if ((who != WHO_NAMED && who != WHO_HOLDER) || x->ev.party_count == EVENT_PARTIES)
        return;
    x->who[x->ev.party_count] = who;
    x->ev.party[x->ev.party_count++] = p;
}

/* ---- all ---- */

static void take_code(struct slice *to, const struct term_text *t)
{
    *to = t->code.n ? t->code : t->text;
}

static void read_field(struct reading *r, enum form_word w, const struct form_asked *asked)
{
    struct entry *x = r->x;
    const struct field_kind *d = field_kind(w);
    struct event *ev = &x->ev;
    struct when until;
    struct term_text abroad = {0};
    struct {
        enum form_word w;
        struct slice *to;
    } texts[] = {{FIELD_FIREARM, &x->firearm}, {FIELD_OTHER, &x->other}, {FIELD_RECORD, &x->record}, {FIELD_MODEL, &ev->item.model},
        {FIELD_CLASS, &ev->how}, {FIELD_PLACE, &ev->place}, {FIELD_CIRCUMSTANCES, &ev->circumstances}, {FIELD_OPINION, &ev->opinion},
        {FIELD_NOTE, &ev->note}, {FIELD_REASON, &ev->note}, {FIELD_PERMIT, &ev->permit}, {FIELD_CASE, &ev->case_no}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].w == w)
            *texts[i].to = typed_as(r, d->word, d->max, d->type == FORM_AREA ? HIDDEN_FREE : d->type == FORM_TEXT ? HIDDEN_WORDS : HIDDEN_NONE);
    switch (w) {
    case FIELD_MARK:
        read_mark(r, d);
        break;
    case FIELD_MAKE: case FIELD_CALIBRE: case FIELD_TYPE: case FIELD_COUNTRY:
        read_term(r, d, w == FIELD_MAKE ? &ev->item.make : w == FIELD_CALIBRE ? &ev->item.calibre : w == FIELD_TYPE ? &ev->item.type : &ev->item.country);
        break;
    case FIELD_YEAR:
        read_year(r, d);
        break;
    case FIELD_HOW: case FIELD_METHOD:
        ev->how = read_choice(r, d);
        break;
    case FIELD_HAPPENED: case FIELD_DISCOVERED:
        read_when(r, d, w == FIELD_HAPPENED ? &ev->happened : &ev->discovered);
        break;
    case FIELD_UNTIL:
        until = when_unknown();
        read_when(r, d, &until);
        ev->until = arena_copy(r->a, slice_str(until.text));
        break;
    case FIELD_ABROAD:
        read_term(r, d, &abroad);
        take_code(&ev->country, &abroad);
        break;
    case FIELD_PURPOSE:
        x->purpose = typed(r, d->word, d->max);
        if (x->purpose.n && !purpose_known(&x->profile->people, x->purpose))
            entry_problem(x, ERR_UNKNOWN_CODE, d->word, x->purpose, "say.purpose");
        break;
    default:
        if (d->type == FORM_PARTY)
            read_party(r, d, asked->must);
    }
}

static void check_must(struct reading *r, const struct field_kind *d)
{
    struct slice s = r->ask->value(r->ask->arg, d->word);
    if (d->type == FORM_MARK)
        s = s.n ? s : r->ask->value(r->ask->arg, "mark_state");
    if (!s.n && d->type != FORM_PARTY)
        entry_problem(r->x, ERR_MISSING, d->word, s,
            d->type == FORM_MARK ? "want.mark_or_state" : d->type == FORM_TERM ? "want.term" : d->type == FORM_PURPOSE ? "say.purpose"
            : d->type == FORM_DATE ? "want.when" : d->type == FORM_FIREARM ? "want.firearm_id" : "want.something");
}

/* Everything typed under the names that this form has, so that a second sending is known for the same. */
static void digest_of(struct reading *r, uint8_t out[16])
{
    static const char *const parts[] = {"", "_who", "_document", "_class", "_address"};
    struct hash_stream *h = hash_begin();
    const struct form_asks *form = &r->x->kind->form;
    hash_add(h, r->x->kind->name, strlen(r->x->kind->name) + 1);
    for (size_t i = 0; i < form->count; i++)
        for (size_t k = 0; k < (field_kind((enum form_word)form->field[i].word)->type == FORM_PARTY ? 5 : 1); k++) {
            char name[48];
            snprintf(name, sizeof name, "%s%s", field_kind((enum form_word)form->field[i].word)->word, parts[k]);
            struct slice s = r->ask->value(r->ask->arg, name);
            uint8_t length[4] = {(uint8_t)(s.n >> 24), (uint8_t)(s.n >> 16), (uint8_t)(s.n >> 8), (uint8_t)s.n};
            hash_add(h, length, sizeof length);
            hash_add(h, s.p ? s.p : "", s.n);
        }
    struct hash sum = hash_done(h);
    memcpy(out, sum.b, 16);
}

/* Where in the form an input of this name stands. */
static size_t place_of(const struct form_asks *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        const char *word = field_kind((enum form_word)form->field[i].word)->word;
        size_t n = strlen(word);
        if (strncmp(name, word, n) == 0 && (!name[n] || (name[n] == '_' && field_kind((enum form_word)form->field[i].word)->type == FORM_PARTY)))
            return i;
    }
    return form->count;
}

/* The summary reads as the form does. */
static void sort_problems(struct entry *x)
{
    for (size_t i = 1; i < x->problem_count; i++)
        for (size_t k = i; k && place_of(&x->kind->form, x->problem[k].field) < place_of(&x->kind->form, x->problem[k - 1].field); k--) {
            struct fault swap = x->problem[k];
            x->problem[k] = x->problem[k - 1];
            x->problem[k - 1] = swap;
        }
}

/* A term is read by the type of the firearm: that one first. */
static bool comes_first(enum form_word w)
{
    return w == FIELD_TYPE;
}

enum err entry_read(struct arena *a, const struct profile *p, const struct profile_kind *k, const struct entry_ask *ask, size_t step, int64_t now,
    struct entry *out)
{
    struct reading r = {a, out, ask, now, false};
    *out = (struct entry){.kind = k, .profile = p, .part = step != ENTRY_ALL, .ev = {.kind = slice_str(k->name), .happened = when_unknown(), .discovered = when_unknown()}};
    for (size_t i = 0; i < k->form.count; i++)
        if (k->form.field[i].must && (step == ENTRY_ALL || k->form.field[i].step == step))
            check_must(&r, field_kind((enum form_word)k->form.field[i].word));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < k->form.count; i++) {
            enum form_word w = (enum form_word)k->form.field[i].word;
            if (comes_first(w) == (pass == 0) && (step == ENTRY_ALL || k->form.field[i].step == step))
                read_field(&r, w, &k->form.field[i]);
        }
    struct event *ev = &out->ev;
    if (when_known(&ev->discovered) && when_known(&ev->happened) && ev->discovered.end <= ev->happened.start)
        entry_problem(out, ERR_RANGE, "discovered", slice_str(ev->discovered.text), "want.discovered_after");
    ev->describes = ev->item.make.answer || ev->item.calibre.answer || ev->item.type.answer || ev->item.country.answer || ev->item.model.n ||
        ev->item.year || (ev->mark_count && entry_has(k, EFFECT_DESCRIBE));
    digest_of(&r, out->digest);
    sort_problems(out);
    return r.memory ? ERR_MEMORY : OK;
}
