#include "web/form_json.h"
#include <jansson.h>
#include "base/banned.h"

static enum err add(struct arena *a, struct form *form, const char *name, const json_t *v, struct fault *f)
{
    const char *said = *name ? name : "body";
    if (form->count == FORM_FIELDS)
        return fault_set(f, ERR_TOO_LONG, said, SLICE(""), "want.form_fields");
    struct form_field *field = &form->field[form->count];
    struct slice value = slice_of(json_string_value(v), json_string_length(v));
    if (!json_is_string(v) || slice_nul(value) >= 0)
        return fault_set(f, ERR_FORMAT, said, SLICE(""), "want.json_texts");
    field->name = arena_copy(a, slice_str(name));
    field->value = arena_copy(a, value);
    form->count++;
    return field->name.p && field->value.p ? OK : fault_set(f, ERR_MEMORY, "body", SLICE(""), "");
}

enum err form_json(struct arena *a, struct slice text, struct form *out, struct fault *f)
{
    json_error_t wrong;
    const char *name;
    json_t *v, *j = text.n ? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &wrong) : NULL;
    enum err e = json_is_object(j) ? OK : fault_set(f, ERR_FORMAT, "body", SLICE(""), "want.json_texts");
    out->count = 0;
    if (!e)
        json_object_foreach(j, name, v)
            if (!e)
                e = add(a, out, name, v, f);
    json_decref(j);
    return e;
}

/* ---- lines ---- */

/* The next that is not empty; `number` is its own. */
static bool next_line(struct slice *rest, size_t *number, struct slice *out)
{
    while (rest->n) {
        const char *end = memchr(rest->p, '\n', rest->n);
        size_t n = end ? (size_t)(end - rest->p) : rest->n;
        *out = slice_trim(slice_of(rest->p, n));
        *rest = slice_of(rest->p + n + (end ? 1 : 0), rest->n - n - (end ? 1 : 0));
        ++*number;
        if (out->n)
            return true;
    }
    return false;
}

static enum err read_line(struct arena *a, struct slice text, size_t number, struct json_line *out)
{
    struct form *form = arena_alloc(a, sizeof *form);
    *out = (struct json_line){.number = number};
    if (!form)
        return ERR_MEMORY;
    enum err e = form_json(a, text, form, &out->fault);
    out->form = e ? NULL : form;
    return e == ERR_MEMORY ? e : OK;
}

enum err form_json_lines(struct arena *a, struct slice body, size_t max, struct json_line **out, size_t *n, struct fault *f)
{
    struct slice rest = body, text;
    size_t number = 0, count = 0;
    while (next_line(&rest, &number, &text))
        count++;
    if (!count || count > max)
        return fault_set(f, count ? ERR_TOO_LONG : ERR_MISSING, "body", SLICE(""), "want.entry_lines");
    *out = arena_array(a, count, sizeof **out);
    enum err e = *out ? OK : ERR_MEMORY;
    rest = body;
    number = *n = 0;
    while (!e && next_line(&rest, &number, &text))
        e = read_line(a, text, number, &(*out)[(*n)++]);
    return e ? fault_set(f, e, "body", SLICE(""), "") : OK;
}
