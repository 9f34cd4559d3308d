/* Reading a profile: a JSON file becomes one const struct that the rest of the program shares. */
#include "domain/profile.h"
#include "domain/profile_people.h"
#include "base/arena.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

/* Where we are in the file, for faults: "kinds[3].effects[0].do". */
struct path {
    char at[64];
};

static enum err bad(struct fault *f, enum err code, const struct path *path, const char *member, const json_t *v, const char *want)
{
    char field[64];
    snprintf(field, sizeof field, "%s%s%s", path->at, *path->at && *member ? "." : "", member);
    char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    enum err e = fault_set(f, code, field, slice_str(text ? text : ""), want);
    free(text);
    return e;
}

/* Every member of o is one of names (NULL-terminated): a misspelt one is an error and not a silence. */
static enum err only(const json_t *o, const struct path *path, const char *const *names, struct fault *f)
{
    const char *key;
    json_t *v;
    if (!json_is_object(o))
        return bad(f, ERR_FORMAT, path, "", o, "want.json_object");
    json_object_foreach((json_t *)o, key, v)
    {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        if (!names[i])
            return bad(f, ERR_UNKNOWN_CODE, path, key, v, "want.profile_member");
    }
    return OK;
}

/* true unless it is there and no boolean; *out keeps its value when absent. */
static bool copy_bool(const json_t *o, const char *member, bool *out)
{
    const json_t *v = json_object_get(o, member);
    if (v)
        *out = json_is_true(v);
    return !v || json_is_boolean(v);
}

static bool copy_text(const json_t *o, const char *member, char *out, size_t size)
{
    const json_t *v = json_object_get(o, member);
    if (!v)
        return true; /* absent: stays empty */
    const char *s = json_string_value(v);
    if (!s || strlen(s) >= size)
        return false;
    memcpy(out, s, strlen(s) + 1);
    return true;
}

static enum err read_rule_texts(const json_t *o, const struct path *path, struct effect_rule *out, struct fault *f)
{
    const struct {
        const char *name;
        char *to;
        size_t size;
    } texts[] = {{"from", out->from, sizeof out->from}, {"to", out->to, sizeof out->to}, {"field", out->field, sizeof out->field},
        {"code", out->code, sizeof out->code}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!copy_text(o, texts[i].name, texts[i].to, texts[i].size))
            return bad(f, ERR_FORMAT, path, texts[i].name, json_object_get(o, texts[i].name), "want.short_text");
    if (*out->field && strcmp(out->field, "country") != 0 && strcmp(out->field, "how") != 0)
        return bad(f, ERR_UNKNOWN_CODE, path, "field", json_object_get(o, "field"), "want.body_field");
    return OK;
}

static enum err read_rule(const json_t *o, const struct path *path, struct effect_rule *out, struct fault *f)
{
    static const char *const members[] = {"do", "from", "to", "field", "code", "status", "end", "lawful", NULL};
    char word[16] = "", status[16] = "";
    bool end = false;
    enum err e = only(o, path, members, f);
    if (e)
        return e;
    if (!copy_text(o, "do", word, sizeof word) || !effect_of(slice_str(word), &out->what))
        return bad(f, ERR_UNKNOWN_CODE, path, "do", json_object_get(o, "do"), "want.effect");
    if ((e = read_rule_texts(o, path, out, f)))
        return e;
    bool needs_status = out->what == EFFECT_STATUS;
    if (!copy_text(o, "status", status, sizeof status) || (*status != 0) != needs_status ||
        (needs_status && !item_status_of(slice_str(status), &out->status)))
        return bad(f, ERR_UNKNOWN_CODE, path, "status", json_object_get(o, "status"), "want.status");
    out->lawful = true;
    if (!copy_bool(o, "end", &end) || !copy_bool(o, "lawful", &out->lawful))
        return bad(f, ERR_FORMAT, path, "end/lawful", NULL, "want.true_false");
    out->set = !end;
    return OK;
}

static enum err read_rules(const json_t *a, const struct path *path, struct profile_kind *out, struct fault *f)
{
    if (!json_is_array(a) || json_array_size(a) > EVENT_EFFECTS)
        return bad(f, ERR_FORMAT, path, "effects", a, "want.effects");
    for (size_t i = 0; i < json_array_size(a); i++) {
        struct path p;
        snprintf(p.at, sizeof p.at, "%.40s.effects[%zu]", path->at, i);
        enum err e = read_rule(json_array_get(a, i), &p, &out->rule[i], f);
        if (e)
            return e;
    }
    out->rule_count = json_array_size(a);
    return OK;
}

static enum err read_needs(const json_t *a, const struct path *path, struct profile_kind *out, struct fault *f)
{
    if (a && !json_is_array(a))
        return bad(f, ERR_FORMAT, path, "needs", a, "want.field_names");
    for (size_t i = 0; i < json_array_size(a); i++) {
        const char *s = json_string_value(json_array_get(a, i));
        if (!s || strlen(s) >= sizeof out->needs[0] || i >= sizeof out->needs / sizeof out->needs[0])
            return bad(f, ERR_FORMAT, path, "needs", json_array_get(a, i), "want.field_names");
        memcpy(out->needs[out->needs_count++], s, strlen(s) + 1);
    }
    return OK;
}

/* [["mark!", "make"], ["happened!"]] */
static enum err read_step(const json_t *step, size_t number, const struct path *path, struct form_asks *out, struct fault *f)
{
    for (size_t i = 0; i < json_array_size(step); i++) {
        const char *s = json_string_value(json_array_get(step, i));
        struct slice word = slice_str(s ? s : "");
        bool must = word.n && word.p[word.n - 1] == '!';
        enum form_word w;
        if (!form_word_of(slice_of(word.p, word.n - must), &w) || form_asked(out, w) || out->count == FORM_FIELDS_MAX)
            return bad(f, ERR_UNKNOWN_CODE, path, "form", json_array_get(step, i), "want.form_field");
        out->field[out->count++] = (struct form_asked){(uint8_t)w, (uint8_t)number, must};
    }
    return OK;
}

static enum err read_form(const json_t *a, const struct path *path, struct form_asks *out, struct fault *f)
{
    enum err e = OK;
    if (a && (!json_is_array(a) || json_array_size(a) > FORM_STEPS_MAX))
        return bad(f, ERR_FORMAT, path, "form", a, "want.form");
    for (size_t i = 0; !e && i < json_array_size(a); i++) {
        const json_t *step = json_array_get(a, i);
        e = json_array_size(step) ? read_step(step, i, path, out, f) : bad(f, ERR_FORMAT, path, "form", step, "want.form");
    }
    out->steps = json_array_size(a);
    return e;
}

static enum err read_kind(const char *name, const json_t *o, struct profile_kind *out, struct fault *f)
{
    static const char *const members[] = {"about", "label", "effects", "needs", "form", NULL};
    struct path path;
    snprintf(path.at, sizeof path.at, "kinds.%.33s", name);
    if (!*name || strlen(name) >= sizeof out->name)
        return bad(f, ERR_TOO_LONG, &path, "", NULL, "want.short_text");
    enum err e = only(o, &path, members, f);
    if (e)
        return e;
    memcpy(out->name, name, strlen(name) + 1);
    snprintf(out->label, sizeof out->label, "kind.%.33s", name);
    if (!copy_text(o, "label", out->label, sizeof out->label))
        return bad(f, ERR_TOO_LONG, &path, "label", json_object_get(o, "label"), "want.short_text");
    e = read_rules(json_object_get(o, "effects"), &path, out, f);
    if (!e)
        e = read_needs(json_object_get(o, "needs"), &path, out, f);
    return e ? e : read_form(json_object_get(o, "form"), &path, &out->form, f);
}

static enum err read_kinds(const json_t *kinds, struct profile *out, struct fault *f)
{
    struct path top = {""};
    if (!json_is_object(kinds) || json_object_size(kinds) > PROFILE_KINDS)
        return bad(f, ERR_FORMAT, &top, "kinds", kinds, "want.kinds");
    const char *name;
    json_t *o;
    json_object_foreach((json_t *)kinds, name, o)
    {
        enum err e = read_kind(name, o, &out->kind[out->kind_count], f);
        if (e)
            return e;
        out->kind_count++;
    }
    return OK;
}

static enum err read_retention_rule(const json_t *o, const struct path *path, struct retention_rule *out, struct fault *f)
{
    static const char *const members[] = {"kind", "class", "from", "years", "basis", NULL};
    char word[24] = "";
    const json_t *years = json_object_get(o, "years");
    enum err e = only(o, path, members, f);
    if (e)
        return e;
    if (!copy_text(o, "kind", out->kind, sizeof out->kind) || !*out->kind)
        return bad(f, ERR_MISSING, path, "kind", json_object_get(o, "kind"), "want.short_text");
    if (!copy_text(o, "class", word, sizeof word) || (*word && !party_class_of(slice_str(word), &out->cls)))
        return bad(f, ERR_UNKNOWN_CODE, path, "class", json_object_get(o, "class"), "want.party_class");
    if (!copy_text(o, "from", out->from, sizeof out->from))
        return bad(f, ERR_TOO_LONG, path, "from", json_object_get(o, "from"), "want.short_text");
    if (!copy_text(o, "basis", out->basis, sizeof out->basis) || !*out->basis)
        return bad(f, ERR_MISSING, path, "basis", json_object_get(o, "basis"), "want.retention_basis");
    if (!json_is_integer(years) || json_integer_value(years) < 0 || json_integer_value(years) > 1000)
        return bad(f, ERR_RANGE, path, "years", years, "want.years");
    out->years = (int)json_integer_value(years);
    return OK;
}

static enum err read_retention(const json_t *a, struct profile *out, struct fault *f)
{
    struct path top = {""};
    if (a && (!json_is_array(a) || json_array_size(a) > RETENTION_RULES))
        return bad(f, ERR_FORMAT, &top, "retention", a, "want.retention");
    for (size_t i = 0; i < json_array_size(a); i++) {
        struct path p;
        snprintf(p.at, sizeof p.at, "retention[%zu]", i);
        enum err e = read_retention_rule(json_array_get(a, i), &p, &out->retention[i], f);
        if (e)
            return e;
        out->retention_count++;
    }
    return OK;
}

static enum err read_numbers(const json_t *root, const struct path *top, struct profile *out, struct fault *f)
{
    const json_t *share = json_object_get(root, "registered_share"), *days = json_object_get(root, "short_time_to_crime_days");
    json_int_t n = days ? json_integer_value(days) : 1095;
    out->registered = share ? json_number_value(share) : 0.5;
    if (!(out->registered > 0 && out->registered < 1))
        return bad(f, ERR_RANGE, top, "registered_share", share, "want.share");
    if (n < 1 || n > 36500)
        return bad(f, ERR_RANGE, top, "short_time_to_crime_days", days, "want.days");
    out->short_days = (int)n;
    return OK;
}

static enum err read_values(const json_t *root, struct profile *out, struct fault *f)
{
    static const char *const members[] = {"about", "name", "language", "country", "registered_share", "short_time_to_crime_days", "retention", "kinds",
        "people", NULL};
    struct path top = {""};
    enum err e = only(root, &top, members, f);
    if (e)
        return e;
    if (!copy_text(root, "name", out->name, sizeof out->name) || !*out->name)
        return bad(f, ERR_MISSING, &top, "name", json_object_get(root, "name"), "want.short_text");
    if (!copy_text(root, "language", out->language, sizeof out->language))
        return bad(f, ERR_FORMAT, &top, "language", json_object_get(root, "language"), "want.short_text");
    if (!copy_text(root, "country", out->country, sizeof out->country))
        return bad(f, ERR_FORMAT, &top, "country", json_object_get(root, "country"), "want.short_text");
    e = read_retention(json_object_get(root, "retention"), out, f);
    return e ? e : read_numbers(root, &top, out, f);
}

enum err profile_parse(struct slice json, struct profile *out, struct fault *f)
{
    if (json.n > PROFILE_MAX)
        return fault_set(f, ERR_TOO_LONG, "profile", SLICE(""), "want.profile_size");
    json_error_t at;
    json_t *root = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, &at);
    if (!root) {
        fault_set(f, ERR_FORMAT, "profile", slice_str(at.text), "want.json_file");
        if (f)
            f->line = at.line;
        return ERR_FORMAT;
    }
    struct profile *p = mem_alloc(1, sizeof *p); /* too large for a small stack */
    enum err e = p ? OK : fault_set(f, ERR_MEMORY, "profile", SLICE(""), "");
    if (!e && !(e = read_values(root, p, f)))
        e = read_kinds(json_object_get(root, "kinds"), p, f);
    if (!e)
        e = profile_people_read(json_object_get(root, "people"), p, &p->people, f);
    json_decref(root);
    if (!e) {
        p->hash = hash_of(json.p, json.n);
        *out = *p;
    }
    mem_free(p);
    return e;
}

const struct profile_kind *profile_kind(const struct profile *p, struct slice name)
{
    for (size_t i = 0; i < p->kind_count; i++)
        if (slice_is(name, p->kind[i].name))
            return &p->kind[i];
    return NULL;
}

bool profile_role(const struct profile_kind *k, struct slice role)
{
    for (size_t i = 0; i < k->rule_count; i++)
        if (slice_is(role, k->rule[i].from) || slice_is(role, k->rule[i].to))
            return true;
    for (size_t i = 0; i < k->needs_count; i++)
        if (slice_is(role, k->needs[i]))
            return true;
    return k->rule_count == 0;
}
