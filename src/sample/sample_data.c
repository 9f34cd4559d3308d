/* Reading data/sample/: makers with their grammars, names, and what police files say. */
#include "sample/sample_parts.h"

#include "base/embed.h"
#include "base/banned.h"

#define FIELDS 6
#define WORDS_MAX 64

struct reader {
    struct sample *s;
    const char *file;
    int64_t line;
    struct fault *fault;
    uint32_t weight[SAMPLE_MARKS]; /* of the name lists or marks read so far */
    uint32_t make_weight[SAMPLE_MAKES], model_weight[SAMPLE_MODELS];
    struct slices *words; /* the word list being read, or NULL */
};

typedef enum err (*line_reader)(struct reader *r, struct slice line);

static enum err bad(struct reader *r, const char *field, struct slice value)
{
    enum err e = fault_set(r->fault, ERR_FORMAT, field, value, r->file);
    if (r->fault)
        r->fault->line = r->line;
    return e;
}

static struct slice cut(struct slice *rest, char at)
{
    const char *p = rest->n ? memchr(rest->p, at, rest->n) : NULL;
    size_t n = p ? (size_t)(p - rest->p) : rest->n, skip = p ? n + 1 : n;
    struct slice part = slice_of(rest->p, n);
    *rest = slice_of(rest->p + skip, rest->n - skip);
    return slice_trim(part);
}

/* Exactly `want` fields divided by '|'. */
static enum err fields(struct reader *r, struct slice line, struct slice *out, size_t want)
{
    struct slice rest = line;
    for (size_t i = 0; i < want; i++) {
        out[i] = cut(&rest, '|');
        if (out[i].n == 0)
            return bad(r, "field", line);
    }
    return rest.n ? bad(r, "field", line) : OK;
}

static enum err number(struct reader *r, struct slice text, uint64_t *out)
{
    return slice_u64(text, 100000, out) ? OK : bad(r, "number", text);
}

static enum err each_line(struct reader *r, line_reader read)
{
    struct slice rest = embed_get(r->file);
    if (!rest.p)
        return fault_set(r->fault, ERR_NOT_FOUND, "data", slice_str(r->file), "");
    while (rest.n) {
        struct slice line = cut(&rest, '\n');
        r->line++;
        if (line.n == 0 || line.p[0] == '#')
            continue;
        enum err e = read(r, line);
        if (e)
            return e;
    }
    return OK;
}

/* ---- makers.txt ---- */
static enum err read_make(struct reader *r, struct slice line)
{
    struct sample *s = r->s;
    struct slice field[3];
    uint64_t weight = 0;
    enum err e = fields(r, line, field, 3);
    if (!e)
        e = number(r, field[2], &weight);
    if (!e && s->make_count == SAMPLE_MAKES)
        e = bad(r, "makes", line);
    if (e)
        return e;
    struct sample_make *m = &s->make[s->make_count];
    while (field[0].n && m->name_count < 4)
        m->names[m->name_count++] = cut(&field[0], ';');
    m->country = field[1];
    r->make_weight[s->make_count++] = (uint32_t)weight;
    return OK;
}

static enum err read_years(struct reader *r, struct slice text, struct sample_model *m)
{
    uint64_t first = 0, last = 0;
    struct slice from = cut(&text, '-');
    enum err e = number(r, from, &first);
    if (!e)
        e = number(r, text, &last);
    if (!e && (first < 1850 || last < first || last > 2100))
        e = bad(r, "years", from);
    m->first_year = (int16_t)first;
    m->last_year = (int16_t)last;
    return e;
}

static enum err read_model(struct reader *r, struct slice line)
{
    struct sample *s = r->s;
    struct slice field[FIELDS];
    uint64_t weight = 0;
    enum err e = fields(r, slice_of(line.p + 1, line.n - 1), field, FIELDS);
    if (!e && (s->model_count == SAMPLE_MODELS || !s->make_count))
        e = bad(r, "models", line);
    if (e)
        return e;
    struct sample_model *m = &s->model[s->model_count];
    *m = (struct sample_model){.name = field[0], .calibre = field[1], .type = field[2], .make = (uint16_t)(s->make_count - 1)};
    e = number(r, field[3], &weight);
    if (!e)
        e = read_years(r, field[4], m);
    if (!e && (e = sample_grammar(s, field[5], &m->grammar, r->fault)))
        e = bad(r, "grammar", field[5]);
    r->model_weight[s->model_count++] = (uint32_t)weight;
    return e;
}

static enum err read_maker_line(struct reader *r, struct slice line)
{
    return line.p[0] == '>' ? read_model(r, line) : read_make(r, line);
}

/* A model's share is its maker's share divided among the maker's models. */
static void weigh_models(struct reader *r)
{
    struct sample *s = r->s;
    uint32_t sum[SAMPLE_MAKES] = {0}, weight[SAMPLE_MODELS];
    for (size_t i = 0; i < s->model_count; i++)
        sum[s->model[i].make] += r->model_weight[i];
    for (size_t i = 0; i < s->model_count; i++) {
        size_t make = s->model[i].make;
        weight[i] = (uint32_t)((uint64_t)r->make_weight[make] * r->model_weight[i] * 1000 / sum[make]);
    }
    pick_build(&s->pick_model, weight, s->model_count);
}

/* ---- names.txt ---- */
static enum err split_words(struct reader *r, struct slice rest, struct slices *out)
{
    size_t n = 1;
    for (size_t i = 0; i < rest.n; i++)
        n += rest.p[i] == ' ';
    out->s = arena_array(&r->s->arena, n, sizeof *out->s);
    if (!out->s)
        return ERR_MEMORY;
    while (rest.n) {
        struct slice word = cut(&rest, ' ');
        if (word.n)
            out->s[out->n++] = word;
    }
    return out->n ? OK : bad(r, "words", rest);
}

static enum err open_list(struct reader *r, struct slice line)
{
    struct sample *s = r->s;
    struct slice field[3];
    uint64_t weight = 0;
    enum err e = fields(r, line, field, 3);
    if (!e)
        e = number(r, field[1], &weight);
    if (!e && s->name_count == SAMPLE_NAME_LISTS)
        e = bad(r, "lists", line);
    if (e)
        return e;
    r->weight[s->name_count] = (uint32_t)weight;
    enum name_order order = slice_is(field[2], "f, g") ? FAMILY_COMMA_GIVEN : slice_is(field[2], "fg") ? FAMILY_GIVEN : GIVEN_FAMILY;
    s->names[s->name_count++].order = order;
    return OK;
}

static const char *const word_sections[WORDS_COUNT] = {"@agencies", "@firms", "@dealers", "@importers", "@places", "@countries"};

static enum err open_words(struct reader *r, struct slice line)
{
    for (size_t i = 0; i < WORDS_COUNT; i++) {
        if (!slice_is(line, word_sections[i]))
            continue;
        r->words = &r->s->words[i];
        r->words->s = arena_array(&r->s->arena, WORDS_MAX, sizeof *r->words->s);
        return r->words->s ? OK : ERR_MEMORY;
    }
    return bad(r, "section", line);
}

static enum err read_list_line(struct reader *r, struct slice line)
{
    if (!r->s->name_count)
        return bad(r, "list", line);
    struct name_list *list = &r->s->names[r->s->name_count - 1];
    struct slice key = cut(&line, ':');
    return split_words(r, line, slice_is(key, "given") ? &list->given : &list->family);
}

static enum err read_name_line(struct reader *r, struct slice line)
{
    if (slice_starts(line, "@list "))
        return open_list(r, line);
    if (line.p[0] == '@')
        return open_words(r, line);
    if (!r->words)
        return read_list_line(r, line);
    if (r->words == &r->s->words[WORDS_COUNTRIES])
        return split_words(r, line, r->words);
    if (r->words->n == WORDS_MAX)
        return bad(r, "words", line);
    r->words->s[r->words->n++] = line;
    return OK;
}

/* ---- marks.txt ---- */
static enum err read_mark_line(struct reader *r, struct slice line)
{
    struct sample *s = r->s;
    uint64_t weight = 0;
    struct slice field[2];
    enum err e = fields(r, line, field, 2);
    if (!e)
        e = number(r, field[0], &weight);
    if (!e && s->mark_count == SAMPLE_MARKS)
        e = bad(r, "marks", line);
    if (e)
        return e;
    r->weight[s->mark_count] = (uint32_t)weight;
    s->marks[s->mark_count++] = field[1];
    return OK;
}

void pick_build(struct pick *p, const uint32_t *weight, size_t n)
{
    uint64_t sum = 0, so_far = 0;
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        sum += weight[i];
    for (size_t i = 0; i < n; i++) {
        so_far += weight[i];
        size_t end = (size_t)(so_far * PICK_SLOTS / sum);
        if (weight[i] && end <= at && at < PICK_SLOTS)
            end = at + 1;
        while (at < end)
            p->slot[at++] = (uint16_t)i;
    }
}

enum err sample_load(struct sample *s, struct fault *f)
{
    struct reader makers = {.s = s, .file = "data/sample/makers.txt", .fault = f};
    struct reader names = {.s = s, .file = "data/sample/names.txt", .fault = f};
    struct reader marks = {.s = s, .file = "data/sample/marks.txt", .fault = f};
    enum err e = each_line(&makers, read_maker_line);
    if (!e)
        e = each_line(&names, read_name_line);
    if (!e)
        e = each_line(&marks, read_mark_line);
    if (e)
        return e;
    weigh_models(&makers);
    pick_build(&s->pick_names, names.weight, s->name_count);
    pick_build(&s->pick_mark, marks.weight, s->mark_count);
    return OK;
}
