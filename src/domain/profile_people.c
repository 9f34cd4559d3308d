#include "domain/profile_people.h"
#include <stdio.h>
#include "base/banned.h"

static enum err bad(struct fault *f, enum err code, const char *field, const json_t *v, const char *want)
{
    const char *text = json_string_value(v);
    return fault_set(f, code, field, slice_str(text ? text : ""), want);
}

static enum err only(const json_t *o, const char *path, const char *const *names, struct fault *f)
{
    const char *key;
    json_t *v;
    if (!json_is_object(o))
        return bad(f, ERR_FORMAT, path, o, "want.json_object");
    json_object_foreach((json_t *)o, key, v)
    {
        char field[64];
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        snprintf(field, sizeof field, "%.30s.%.30s", path, key);
        if (!names[i])
            return bad(f, ERR_UNKNOWN_CODE, field, v, "want.profile_member");
    }
    return OK;
}

/* A list of at most `max` short names into a table of ROLE_NAME bytes a row. */
static enum err read_names(const json_t *a, const char *path, char (*out)[ROLE_NAME], size_t max, size_t *n, struct fault *f)
{
    if (a && (!json_is_array(a) || json_array_size(a) > max))
        return bad(f, ERR_FORMAT, path, a, "want.word_list");
    for (size_t i = 0; i < json_array_size(a); i++) {
        const char *s = json_string_value(json_array_get(a, i));
        if (!s || !*s || strlen(s) >= ROLE_NAME)
            return bad(f, ERR_FORMAT, path, json_array_get(a, i), "want.short_text");
        memcpy(out[(*n)++], s, strlen(s) + 1);
    }
    return OK;
}

static enum err read_rights(const json_t *a, const char *path, struct role *out, struct fault *f)
{
    if (!json_is_array(a))
        return bad(f, ERR_FORMAT, path, a, "want.word_list");
    for (size_t i = 0; i < json_array_size(a); i++) {
        const char *s = json_string_value(json_array_get(a, i));
        enum right r;
        if (!s || !right_of(slice_str(s), &r))
            return bad(f, ERR_UNKNOWN_CODE, path, json_array_get(a, i), "want.right");
        out->rights |= RIGHT_BIT(r);
    }
    return OK;
}

/* What a person answers for. */
static const rights people_only = RIGHT_BIT(RIGHT_ACCOUNTS) | RIGHT_BIT(RIGHT_APPROVE) | RIGHT_BIT(RIGHT_ACCESS_READ) | RIGHT_BIT(RIGHT_ACCESS_REVIEW) |
    RIGHT_BIT(RIGHT_BREAK_GLASS) | RIGHT_BIT(RIGHT_CASE_OPEN) | RIGHT_BIT(RIGHT_SPECIMEN_COMPARE) | RIGHT_BIT(RIGHT_REQUESTS) |
    RIGHT_BIT(RIGHT_PERSON_REQUESTS) | RIGHT_BIT(RIGHT_APPEALS) | RIGHT_BIT(RIGHT_HOLDER_LISTS);

/* Kinds that the role enters, as bits of their numbers in the profile. */
static enum err read_enters(const json_t *a, const char *path, const struct profile *p, struct role *out, struct fault *f)
{
    if (a && !json_is_array(a))
        return bad(f, ERR_FORMAT, path, a, "want.word_list");
    for (size_t i = 0; i < json_array_size(a); i++) {
        const char *s = json_string_value(json_array_get(a, i));
        const struct profile_kind *k = s ? profile_kind(p, slice_str(s)) : NULL;
        if (!k || !k->form.count)
            return bad(f, ERR_UNKNOWN_CODE, path, json_array_get(a, i), "want.kind_with_form");
        out->enters |= (uint64_t)1 << (k - p->kind);
    }
    if (out->enters && !(out->rights & RIGHT_BIT(RIGHT_ENTER)))
        return bad(f, ERR_CONFLICT, path, NULL, "want.enter_right");
    return OK;
}

static enum err read_role(const char *name, const json_t *o, const struct profile *p, struct role *out, struct fault *f)
{
    static const char *const members[] = {"about", "rights", "names", "second_factor", "machine", "enters", NULL};
    char path[64];
    const char *names = json_string_value(json_object_get(o, "names"));
    const json_t *factor = json_object_get(o, "second_factor"), *machine = json_object_get(o, "machine");
    snprintf(path, sizeof path, "people.roles.%.31s", name);
    if (!*name || strlen(name) >= ROLE_NAME)
        return bad(f, ERR_TOO_LONG, path, NULL, "want.short_text");
    enum err e = only(o, path, members, f);
    if (e)
        return e;
    memcpy(out->name, name, strlen(name) + 1);
    out->second_factor = json_is_true(factor);
    out->machine = json_is_true(machine);
    if (machine && !json_is_boolean(machine))
        return bad(f, ERR_FORMAT, path, machine, "want.true_false");
    if (factor && !json_is_boolean(factor))
        return bad(f, ERR_FORMAT, path, factor, "want.true_false");
    if (json_object_get(o, "names") && (!names || !names_rule_of(slice_str(names), &out->names)))
        return bad(f, ERR_UNKNOWN_CODE, path, json_object_get(o, "names"), "want.names_rule");
    if ((e = read_rights(json_object_get(o, "rights"), path, out, f)) || (e = read_enters(json_object_get(o, "enters"), path, p, out, f)))
        return e;
    if (out->machine && (out->rights & people_only))
        return bad(f, ERR_REFUSED, path, NULL, "want.machine_role");
    bool reads = out->rights & RIGHT_BIT(RIGHT_NAMES);
    if (reads != (out->names != NAMES_NONE))
        return bad(f, ERR_CONFLICT, path, json_object_get(o, "names"), "want.names_with_right");
    if (reads && (out->rights & RIGHT_BIT(RIGHT_ACCOUNTS)))
        return bad(f, ERR_REFUSED, path, NULL, "want.administrator_without_names");
    return OK;
}

static enum err read_number(const json_t *o, const char *name, int least, int most, int otherwise, int *out, struct fault *f)
{
    const json_t *v = json_object_get(o, name);
    *out = v ? (int)json_integer_value(v) : otherwise;
    return v && (!json_is_integer(v) || json_integer_value(v) < least || json_integer_value(v) > most)
        ? bad(f, ERR_RANGE, name, v, "want.people_number") : OK;
}

/* [{"role": "suspect", "basis": "article ..."}] */
static enum err read_not_told(const json_t *a, struct profile_people *out, struct fault *f)
{
    static const char *const members[] = {"role", "basis", NULL};
    if (a && (!json_is_array(a) || json_array_size(a) > NOT_TOLD_MAX))
        return bad(f, ERR_FORMAT, "people.not_told", a, "want.not_told");
    for (size_t i = 0; i < json_array_size(a); i++) {
        const json_t *o = json_array_get(a, i);
        struct not_told *n = &out->not_told[out->not_told_count];
        enum err e = only(o, "people.not_told", members, f);
        if (e)
            return e;
        const char *role = json_string_value(json_object_get(o, "role")), *basis = json_string_value(json_object_get(o, "basis"));
        if (!role || !basis || !*role || !*basis || strlen(role) >= sizeof n->role || strlen(basis) >= sizeof n->basis)
            return bad(f, ERR_FORMAT, "people.not_told", o, "want.not_told");
        memcpy(n->role, role, strlen(role) + 1);
        memcpy(n->basis, basis, strlen(basis) + 1);
        out->not_told_count++;
    }
    return OK;
}

/* What can be entered, by the bits that roles and tokens have of it. */
static void note_kinds(const struct profile *p, struct profile_people *out)
{
    _Static_assert(ENTERS_MAX >= PROFILE_KINDS, "a bit each");
    for (size_t i = 0; i < p->kind_count; i++)
        if (p->kind[i].form.count) {
            memcpy(out->kind[i].name, p->kind[i].name, sizeof out->kind[i].name);
            memcpy(out->kind[i].label, p->kind[i].label, sizeof out->kind[i].label);
        }
}

enum err profile_people_read(const json_t *json, const struct profile *p, struct profile_people *out, struct fault *f)
{
    static const char *const members[] = {"about", "roles", "purposes", "four_eyes", "idle_minutes", "session_hours", "review_percent",
        "busy_openings", "keep_openings_days", "answer_days", "appeal_days", "decide_days",
        "tell_lookers", "not_told", "list_max", NULL};
    const char *name;
    json_t *o;
    enum err e;
    const json_t *tell = json_object_get(json, "tell_lookers");
    out->tell_lookers = tell ? json_is_true(tell) : true;
    note_kinds(p, out);
    if ((e = read_number(json, "answer_days", 1, 365, 30, &out->answer_days, f)) ||
        (e = read_number(json, "appeal_days", 1, 3650, 60, &out->appeal_days, f)) ||
        (e = read_number(json, "decide_days", 1, 365, 60, &out->decide_days, f)) ||
        (e = read_number(json, "list_max", 1, 10000, 200, &out->list_max, f)))
        return e;
    if ((e = read_number(json, "idle_minutes", 1, 240, 10, &out->idle_minutes, f)) ||
        (e = read_number(json, "session_hours", 1, 24, 12, &out->session_hours, f)) ||
        (e = read_number(json, "review_percent", 0, 100, 2, &out->review_percent, f)) ||
        (e = read_number(json, "keep_openings_days", 365, 36500, 548, &out->keep_openings, f)) ||
        (e = read_number(json, "busy_openings", 1, 100000, 200, &out->busy_openings, f)) || !json)
        return e;
    if ((e = only(json, "people", members, f)) || (e = read_not_told(json_object_get(json, "not_told"), out, f)))
        return e;
    json_t *roles = json_object_get(json, "roles");
    if (!json_is_object(roles) || json_object_size(roles) > ROLES_MAX)
        return bad(f, ERR_FORMAT, "people.roles", roles, "want.json_object");
    json_object_foreach(roles, name, o)
        if ((e = read_role(name, o, p, &out->role[out->role_count], f)))
            return e;
        else
            out->role_count++;
    if ((e = read_names(json_object_get(json, "purposes"), "people.purposes", out->purpose, PURPOSES_MAX, &out->purpose_count, f)))
        return e;
    return read_names(json_object_get(json, "four_eyes"), "people.four_eyes", out->four_eyes, ROLES_MAX, &out->four_eyes_count, f);
}
