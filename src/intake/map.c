/* Reading a mapping file. Each object is read by a table of its members, so that a misspelt member is an error and not a
 * silence. */
#include "intake/map.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

struct reader {
    struct map *map;
    const struct profile *profile;
    struct fault *f;
    char path[128]; /* "records[0].parties[1]" */
};

static enum err bad(struct reader *r, enum err code, const char *member, const json_t *v, const char *want)
{
    char field[200];
    char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    snprintf(field, sizeof field, "%s%s%s", r->path, *r->path && *member ? "." : "", *r->path || *member ? member : "--map");
    enum err e = fault_set(r->f, code, field, slice_str(text ? text : ""), want);
    free(text);
    return e;
}

/* Goes down to a member; the result goes to leave(). */
static size_t enter(struct reader *r, const char *member)
{
    size_t keep = strlen(r->path);
    snprintf(r->path + keep, sizeof r->path - keep, "%s%s", keep && *member != '[' ? "." : "", member);
    return keep;
}

static size_t enter_at(struct reader *r, const char *member, size_t i)
{
    char text[48];
    snprintf(text, sizeof text, "%s[%zu]", member, i);
    return enter(r, text);
}

static void leave(struct reader *r, size_t keep)
{
    r->path[keep] = 0;
}

static enum err keep_text(struct reader *r, const char *text, struct slice *out)
{
    *out = arena_copy(&r->map->arena, slice_str(text));
    return out->p ? OK : bad(r, ERR_MEMORY, "", NULL, "");
}

/* Every member of o must be among names (NULL-terminated). */
static enum err only(struct reader *r, const json_t *o, const char *const *names)
{
    const char *key;
    json_t *v;
    if (!json_is_object(o))
        return bad(r, ERR_FORMAT, "", o, "want.json_object");
    json_object_foreach((json_t *)o, key, v)
    {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        if (!names[i])
            return bad(r, ERR_UNKNOWN_CODE, key, v, "want.mapping_member");
    }
    return OK;
}

static enum err copy(struct reader *r, const json_t *o, const char *member, struct slice *out)
{
    const json_t *v = json_object_get(o, member);
    if (!v)
        return OK;
    return json_is_string(v) ? keep_text(r, json_string_value(v), out) : bad(r, ERR_FORMAT, member, v, "want.text");
}

static enum err copy_bool(struct reader *r, const json_t *o, const char *member, bool *out)
{
    const json_t *v = json_object_get(o, member);
    if (v && !json_is_boolean(v))
        return bad(r, ERR_FORMAT, member, v, "want.true_false");
    *out = json_is_true(v);
    return OK;
}

static enum err copy_words(struct reader *r, const json_t *a, const char *member, const struct slice **out, size_t *n)
{
    if (!a)
        return OK;
    if (!json_is_array(a) || !json_array_size(a) || json_array_size(a) > MAP_WORDS)
        return bad(r, ERR_FORMAT, member, a, "want.word_list");
    struct slice *word = arena_array(&r->map->arena, json_array_size(a), sizeof *word);
    enum err e = word ? OK : bad(r, ERR_MEMORY, member, NULL, "");
    for (size_t i = 0; !e && i < json_array_size(a); i++) {
        const json_t *v = json_array_get(a, i);
        e = json_is_string(v) ? keep_text(r, json_string_value(v), &word[i]) : bad(r, ERR_FORMAT, member, v, "want.text");
    }
    *out = word;
    *n = json_array_size(a);
    return e;
}

static enum err copy_synonyms(struct reader *r, const json_t *o, struct map_value *out)
{
    const char *key;
    json_t *v;
    if (!o)
        return OK;
    if (!json_is_object(o))
        return bad(r, ERR_FORMAT, "synonyms", o, "want.json_object");
    struct map_synonym *s = arena_array(&r->map->arena, json_object_size(o) + 1, sizeof *s);
    enum err e = s ? OK : bad(r, ERR_MEMORY, "synonyms", NULL, "");
    json_object_foreach((json_t *)o, key, v)
    {
        if (!e && !json_is_string(v))
            e = bad(r, ERR_FORMAT, "synonyms", v, "want.text");
        if (e || (e = keep_text(r, key, &s[out->synonym_count].from)) ||
            (e = keep_text(r, json_string_value(v), &s[out->synonym_count].to)))
            break;
        out->synonym_count++;
    }
    out->synonym = s;
    return e;
}

static enum err read_column(struct reader *r, const json_t *v, struct map_value *out)
{
    if (!json_is_string(v) || !json_string_length(v))
        return bad(r, ERR_FORMAT, "column", v, "want.columns");
    return keep_text(r, json_string_value(v), &out->column[out->column_count++]);
}

static enum err read_columns(struct reader *r, const json_t *v, struct map_value *out)
{
    if (!json_is_array(v))
        return read_column(r, v, out);
    if (!json_array_size(v) || json_array_size(v) > MAP_PARTS)
        return bad(r, ERR_FORMAT, "column", v, "want.columns");
    enum err e = OK;
    for (size_t i = 0; !e && i < json_array_size(v); i++)
        e = read_column(r, json_array_get(v, i), out);
    return e;
}

/* What may stand beside the members that every value has. */
#define VALUE_MEMBERS "about", "column", "const", "with", "empty", "synonyms", "otherwise"
static const char *const plain_members[] = {VALUE_MEMBERS, NULL};
static const char *const when_members[] = {VALUE_MEMBERS, "pattern", NULL};
static const char *const condition_members[] = {VALUE_MEMBERS, "is", "words", NULL};

/* {"column": name or [names], "with": " ", "empty": [...], "synonyms": {...}, "otherwise": text} or {"const": text}. */
static enum err read_object(struct reader *r, const json_t *v, struct map_value *out)
{
    const json_t *column = json_object_get(v, "column");
    enum err e;
    bool constant = json_object_get(v, "const") != NULL;
    if (!column && !constant)
        return bad(r, ERR_MISSING, "column", v, "want.columns");
    if (column && constant)
        return bad(r, ERR_FORMAT, "const", json_object_get(v, "const"), "want.mapping_one_of");
    if (column && (e = read_columns(r, column, out)))
        return e;
    if (out->column_count > 1 && !json_object_get(v, "with"))
        return bad(r, ERR_MISSING, "with", v, "want.mapping_with");
    out->has_otherwise = json_object_get(v, "otherwise") != NULL;
    if ((e = copy(r, v, "const", &out->constant)) || (e = copy(r, v, "with", &out->with)) ||
        (e = copy_words(r, json_object_get(v, "empty"), "empty", &out->empty, &out->empty_count)) ||
        (e = copy_synonyms(r, json_object_get(v, "synonyms"), out)))
        return e;
    return copy(r, v, "otherwise", &out->otherwise);
}

/* A value: "column name" or an object. */
static enum err read_value(struct reader *r, const json_t *v, const char *const *members, struct map_value *out)
{
    enum err e;
    if (!v)
        return OK;
    out->given = true;
    if (r->map->value_count == MAP_VALUES)
        return bad(r, ERR_TOO_LONG, "", v, "want.mapping_size");
    r->map->value[r->map->value_count++] = out;
    if (json_is_string(v))
        return read_column(r, v, out);
    return (e = only(r, v, members)) ? e : read_object(r, v, out);
}

static enum err value_of(struct reader *r, const json_t *o, const char *member, struct map_value *out)
{
    size_t keep = enter(r, member);
    enum err e = read_value(r, json_object_get(o, member), plain_members, out);
    leave(r, keep);
    return e;
}

static enum err read_pattern(struct reader *r, const json_t *v, struct map_when *out)
{
    struct when w;
    enum err e = json_is_object(v) ? copy(r, v, "pattern", &out->pattern) : OK;
    if (!e && out->pattern.n && when_pattern(SLICE("0"), out->pattern, "", &w, NULL) == ERR_USAGE)
        e = bad(r, ERR_FORMAT, "pattern", json_object_get(v, "pattern"), "want.pattern_form");
    return e;
}

static enum err when_of(struct reader *r, const json_t *o, const char *member, struct map_when *out)
{
    const json_t *v = json_object_get(o, member);
    size_t keep = enter(r, member);
    enum err e = read_value(r, v, when_members, &out->value);
    if (!e)
        e = read_pattern(r, v, out);
    leave(r, keep);
    return e;
}

static const struct {
    const char *word;
    enum map_test test;
} tests[] = {{"filled", TEST_FILLED}, {"empty", TEST_EMPTY}, {"in", TEST_IN}, {"not_in", TEST_NOT_IN}, {"starts", TEST_STARTS},
    {"not_starts", TEST_NOT_STARTS}};

static enum err read_test(struct reader *r, const json_t *v, struct map_condition *out)
{
    const json_t *is = json_object_get(v, "is");
    const char *word = is ? json_string_value(is) : "filled";
    size_t i = 0, n = sizeof tests / sizeof tests[0];
    while (i < n && (!word || strcmp(word, tests[i].word) != 0))
        i++;
    if (i == n)
        return bad(r, ERR_UNKNOWN_CODE, "is", is, "want.mapping_test");
    out->test = tests[i].test;
    bool needs = out->test != TEST_FILLED && out->test != TEST_EMPTY;
    if (needs != (json_object_get(v, "words") != NULL))
        return bad(r, ERR_MISSING, "words", v, "want.mapping_test_words");
    return copy_words(r, json_object_get(v, "words"), "words", &out->word, &out->word_count);
}

/* {"column": "Classe", "is": "not_in", "words": ["ARMA DE FOGO"]}; a column name alone: filled. */
static enum err read_condition(struct reader *r, const json_t *v, struct map_condition *out)
{
    enum err e = read_value(r, v, condition_members, &out->value);
    return e || !json_is_object(v) ? e : read_test(r, v, out);
}

/* One condition, or a list of which all must hold. */
static enum err conditions_of(struct reader *r, const json_t *o, const char *member, struct map_condition *out, size_t *n)
{
    const json_t *v = json_object_get(o, member);
    size_t count = json_is_array(v) ? json_array_size(v) : 1;
    enum err e = OK;
    if (!v)
        return OK;
    if (!count || count > MAP_CONDITIONS)
        return bad(r, ERR_TOO_LONG, member, v, "want.mapping_conditions");
    for (; !e && *n < count; ++*n) {
        size_t keep = json_is_array(v) ? enter_at(r, member, *n) : enter(r, member);
        e = read_condition(r, json_is_array(v) ? json_array_get(v, *n) : v, &out[*n]);
        leave(r, keep);
    }
    return e;
}

static const char *const party_members[] = {"role", "class", "name", "document", "address", "country", NULL};

static enum err read_class(struct reader *r, const json_t *o, struct map_party *out)
{
    const json_t *cls = json_object_get(o, "class");
    if (json_is_object(cls))
        return value_of(r, o, "class", &out->cls_value);
    if (cls && (!json_is_string(cls) || !party_class_of(slice_str(json_string_value(cls)), &out->cls)))
        return bad(r, ERR_UNKNOWN_CODE, "class", cls, "want.party_class");
    return OK;
}

static enum err read_party(struct reader *r, const json_t *o, const struct profile_kind *kind, struct map_party *out)
{
    enum err e = only(r, o, party_members);
    if (e || (e = copy(r, o, "role", &out->role)))
        return e;
    if (!out->role.n || !profile_role(kind, out->role))
        return bad(r, ERR_UNKNOWN_CODE, "role", json_object_get(o, "role"), "want.party_role");
    if ((e = read_class(r, o, out)) || (e = value_of(r, o, "name", &out->name)) || (e = value_of(r, o, "document", &out->document)) ||
        (e = value_of(r, o, "address", &out->address)))
        return e;
    return value_of(r, o, "country", &out->country);
}

static enum err read_parties(struct reader *r, const json_t *o, struct map_record *out)
{
    const json_t *a = json_object_get(o, "parties");
    enum err e = OK;
    if (a && (!json_is_array(a) || json_array_size(a) > MAP_PARTIES))
        return bad(r, ERR_FORMAT, "parties", a, "want.mapping_parties");
    for (size_t i = 0; !e && i < json_array_size(a); i++) {
        size_t keep = enter_at(r, "parties", i);
        e = read_party(r, json_array_get(a, i), profile_kind(r->profile, out->kind), &out->party[out->party_count++]);
        leave(r, keep);
    }
    return e;
}

static enum err read_mark_members(struct reader *r, const json_t *o, struct map_mark *out)
{
    static const char *const members[] = {"about", "text", "read", "place", NULL};
    enum err e = only(r, o, members);
    const json_t *read = json_object_get(o, "read");
    const char *word = read ? json_string_value(read) : "serial";
    if (e)
        return e;
    if (!json_object_get(o, "text"))
        return bad(r, ERR_MISSING, "text", o, "want.columns");
    out->given = true;
    out->read = word && strcmp(word, "text") == 0 ? READ_TEXT : READ_SERIAL;
    if (!word || (out->read == READ_SERIAL && strcmp(word, "serial") != 0))
        return bad(r, ERR_UNKNOWN_CODE, "read", read, "want.mapping_read");
    e = value_of(r, o, "text", &out->text);
    return e ? e : value_of(r, o, "place", &out->place);
}

static enum err read_mark(struct reader *r, const json_t *o, struct map_mark *out)
{
    const json_t *v = json_object_get(o, "mark");
    size_t keep = enter(r, "mark");
    enum err e = v ? read_mark_members(r, v, out) : OK;
    leave(r, keep);
    return e;
}

static const char *const record_members[] = {"kind", "if", "describe", "mark", "happened", "discovered", "how", "place", "country",
    "circumstances", "case", "permit", "note", "parties", "about", "subject", "other", "replaces", NULL};

static enum err read_record_values(struct reader *r, const json_t *o, struct map_record *out)
{
    const struct {
        const char *name;
        struct map_value *value;
    } values[] = {{"how", &out->how}, {"place", &out->place}, {"country", &out->country}, {"circumstances", &out->circumstances},
        {"case", &out->case_no}, {"permit", &out->permit}, {"note", &out->note}};
    enum err e = OK;
    for (size_t i = 0; !e && i < sizeof values / sizeof values[0]; i++)
        e = value_of(r, o, values[i].name, values[i].value);
    if (!e && !(e = when_of(r, o, "happened", &out->happened)))
        e = when_of(r, o, "discovered", &out->discovered);
    return e;
}

static enum err read_subject(struct reader *r, const json_t *o, struct map_record *out)
{
    const json_t *v = json_object_get(o, "subject");
    const char *word = v ? json_string_value(v) : "firearm";
    out->subject = SUBJECT_ITEM;
    if (word && strcmp(word, "permit") == 0)
        out->subject = SUBJECT_PERMIT;
    else if (word && strcmp(word, "party") == 0)
        out->subject = SUBJECT_PARTY;
    else if (!word || strcmp(word, "firearm") != 0)
        return bad(r, ERR_UNKNOWN_CODE, "subject", v, "want.mapping_subject");
    enum err e = value_of(r, o, "other", &out->other);
    return e ? e : value_of(r, o, "replaces", &out->replaces);
}

static enum err read_record(struct reader *r, const json_t *o, struct map_record *out)
{
    enum err e = only(r, o, record_members);
    if (e || (e = copy(r, o, "kind", &out->kind)))
        return e;
    if (!profile_kind(r->profile, out->kind))
        return bad(r, ERR_UNKNOWN_CODE, "kind", json_object_get(o, "kind"), "want.record_kind");
    if ((e = copy_bool(r, o, "describe", &out->describe)) || (e = read_subject(r, o, out)) ||
        (e = conditions_of(r, o, "if", out->condition, &out->condition_count)) || (e = read_mark(r, o, &out->mark)) ||
        (e = read_record_values(r, o, out)))
        return e;
    return read_parties(r, o, out);
}

static enum err read_item_members(struct reader *r, const json_t *o)
{
    static const char *const members[] = {"about", "make", "model", "calibre", "type", "country", "year", "state_owned", NULL};
    struct map *m = r->map;
    enum err e = only(r, o, members);
    if (!e && !(e = value_of(r, o, "make", &m->make)) && !(e = value_of(r, o, "model", &m->model)) &&
        !(e = value_of(r, o, "calibre", &m->calibre)) && !(e = value_of(r, o, "type", &m->type)) &&
        !(e = value_of(r, o, "country", &m->country)) && !(e = value_of(r, o, "year", &m->year)))
        e = conditions_of(r, o, "state_owned", m->state, &m->state_count);
    return e;
}

static enum err read_item(struct reader *r, const json_t *o)
{
    size_t keep = enter(r, "item");
    enum err e = o ? read_item_members(r, o) : OK;
    leave(r, keep);
    return e;
}

static enum err read_reject(struct reader *r, const json_t *o, struct map_reject *out)
{
    static const char *const members[] = {"about", "if", "reason", NULL};
    enum err e = only(r, o, members);
    if (e || (e = copy(r, o, "reason", &out->reason)))
        return e;
    if (!out->reason.n)
        return bad(r, ERR_MISSING, "reason", o, "want.text");
    if (!json_object_get(o, "if"))
        return bad(r, ERR_MISSING, "if", o, "want.mapping_conditions");
    return conditions_of(r, o, "if", out->condition, &out->condition_count);
}

static enum err read_rejects(struct reader *r, const json_t *a)
{
    if (a && (!json_is_array(a) || json_array_size(a) > 8))
        return bad(r, ERR_FORMAT, "reject", a, "want.mapping_rejects");
    enum err e = OK;
    for (size_t i = 0; !e && i < json_array_size(a); i++) {
        size_t keep = enter_at(r, "reject", i);
        e = read_reject(r, json_array_get(a, i), &r->map->reject[r->map->reject_count++]);
        leave(r, keep);
    }
    return e;
}

static const char *const top_members[] = {"about", "source", "encoding", "delimiter", "revision", "row_key", "subject_key", "external_id",
    "item", "reject", "records", NULL};

static enum err read_top(struct reader *r, const json_t *o)
{
    struct map *m = r->map;
    struct slice encoding = SLICE("UTF-8"), delimiter = SLICE(",");
    const json_t *revision = json_object_get(o, "revision");
    enum err e = only(r, o, top_members);
    if (e || (e = copy(r, o, "source", &m->source)) || (e = copy(r, o, "encoding", &encoding)) ||
        (e = copy(r, o, "delimiter", &delimiter)))
        return e;
    if (!m->source.n || m->source.n > 64)
        return bad(r, m->source.n ? ERR_TOO_LONG : ERR_MISSING, "source", json_object_get(o, "source"), "want.mapping_source");
    if (encoding.n >= sizeof m->encoding)
        return bad(r, ERR_UNKNOWN_CODE, "encoding", json_object_get(o, "encoding"), "want.mapping_encoding");
    if (delimiter.n != 1 || delimiter.p[0] <= 0 || strchr("\"\r\n", delimiter.p[0]))
        return bad(r, ERR_FORMAT, "delimiter", json_object_get(o, "delimiter"), "want.mapping_encoding");
    if (revision && (!json_is_integer(revision) || json_integer_value(revision) < 0))
        return bad(r, ERR_FORMAT, "revision", revision, "want.mapping_revision");
    memcpy(m->encoding, encoding.p, encoding.n);
    m->delimiter = delimiter.p[0];
    m->revision = json_integer_value(revision);
    if ((e = value_of(r, o, "row_key", &m->row_key)) || (e = value_of(r, o, "subject_key", &m->subject_key)) ||
        (e = value_of(r, o, "external_id", &m->external_id)))
        return e;
    return m->row_key.given ? OK : bad(r, ERR_MISSING, "row_key", NULL, "want.columns");
}

static enum err read_all(struct reader *r, const json_t *o)
{
    enum err e = read_top(r, o);
    if (!e && !(e = read_item(r, json_object_get(o, "item"))))
        e = read_rejects(r, json_object_get(o, "reject"));
    const json_t *records = json_object_get(o, "records");
    if (!e && records && !json_is_array(records))
        e = bad(r, ERR_FORMAT, "records", records, "want.mapping_records");
    if (!e && (!json_array_size(records) || json_array_size(records) > MAP_RECORDS))
        e = bad(r, json_array_size(records) ? ERR_TOO_LONG : ERR_MISSING, "records", NULL, "want.mapping_records");
    for (size_t i = 0; !e && i < json_array_size(records); i++) {
        size_t keep = enter_at(r, "records", i);
        e = read_record(r, json_array_get(records, i), &r->map->record[r->map->record_count++]);
        leave(r, keep);
    }
    for (size_t i = 0; !e && i < r->map->record_count; i++)
        if (r->map->record[i].replaces.given && !r->map->subject_key.given)
            e = bad(r, ERR_MISSING, "subject_key", NULL, "want.mapping_replaces");
    return e;
}

/* What editors of Windows put before UTF-8. */
static struct slice without_mark(struct slice json)
{
    return slice_starts(json, "\xEF\xBB\xBF") ? slice_of(json.p + 3, json.n - 3) : json;
}

enum err map_parse(struct slice json, const struct profile *profile, struct map **out, struct fault *f)
{
    json_error_t at;
    if (json.n > MAP_MAX)
        return fault_set(f, ERR_TOO_LONG, "--map", SLICE(""), "want.mapping_size");
    json = without_mark(json);
    if (!slice_trim(json).n)
        return fault_set(f, ERR_MISSING, "--map", SLICE(""), "want.json_file");
    json_t *root = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, &at);
    if (!root) {
        fault_set(f, ERR_FORMAT, "--map", slice_str(at.text), "want.json_file");
        if (f)
            f->line = at.line;
        return ERR_FORMAT;
    }
    struct map *m = mem_alloc(1, sizeof *m);
    struct reader r = {.map = m, .profile = profile, .f = f};
    enum err e = m ? OK : fault_set(f, ERR_MEMORY, "--map", SLICE(""), "");
    if (m) {
        arena_init(&m->arena, 16u << 20);
        e = read_all(&r, root);
    }
    json_decref(root);
    if (e)
        map_free(m);
    else
        *out = m;
    return e;
}

void map_free(struct map *m)
{
    if (m)
        arena_free(&m->arena);
    mem_free(m);
}
