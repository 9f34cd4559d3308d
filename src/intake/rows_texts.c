/* Texts for which a row is rejected: with signs that nobody sees, by the rules of base/hidden.h that forms have too; serials that a spreadsheet shortened. */
#include "base/hidden.h"
#include "intake/rows.h"
#include <ctype.h>
#include "base/banned.h"

struct looking {
    const struct map *m;
    const struct slice *cells;
    size_t n;
    struct arena *a;
    struct fault *f;
};

static bool any_hidden(const struct slice *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (hidden_find(cells[i], HIDDEN_NONE, NULL) >= 0)
            return true;
    return false;
}

static bool holds(struct looking *x, const struct map_value *v, unsigned may, const char *member)
{
    const char *field = v->column_count ? v->column[0].p : member; /* the map keeps it NUL-terminated */
    return v->given && hidden_refuse(map_text(v, x->cells, x->n, x->a), may, field, x->f) != OK;
}

static bool firearm_holds(struct looking *x)
{
    const struct map *m = x->m;
    return holds(x, &m->external_id, HIDDEN_NONE, "external_id") || holds(x, &m->make, HIDDEN_WORDS, "make") ||
        holds(x, &m->model, HIDDEN_WORDS, "model") || holds(x, &m->calibre, HIDDEN_WORDS, "calibre") || holds(x, &m->type, HIDDEN_WORDS, "type") ||
        holds(x, &m->country, HIDDEN_WORDS, "country");
}

static bool party_holds(struct looking *x, const struct map_party *p)
{
    return holds(x, &p->name, HIDDEN_WORDS, "name") || holds(x, &p->document, HIDDEN_NONE, "document") ||
        holds(x, &p->address, HIDDEN_ADDRESS, "address") || holds(x, &p->country, HIDDEN_WORDS, "country");
}

/* A mark in words may run over lines. */
static bool record_holds(struct looking *x, const struct map_record *spec)
{
    const struct map_mark *mark = &spec->mark;
    if ((mark->given && holds(x, &mark->text, mark->read == READ_TEXT ? HIDDEN_ADDRESS : HIDDEN_NONE, "mark")) ||
        holds(x, &mark->place, HIDDEN_WORDS, "mark place") || holds(x, &spec->how, HIDDEN_WORDS, "how") || holds(x, &spec->place, HIDDEN_WORDS, "place") ||
        holds(x, &spec->country, HIDDEN_WORDS, "country") || holds(x, &spec->case_no, HIDDEN_WORDS, "case_no") ||
        holds(x, &spec->permit, HIDDEN_NONE, "permit") || holds(x, &spec->circumstances, HIDDEN_FREE, "circumstances") ||
        holds(x, &spec->note, HIDDEN_FREE, "note"))
        return true;
    for (size_t i = 0; i < spec->party_count; i++)
        if (party_holds(x, &spec->party[i]))
            return true;
    return false;
}

bool row_hidden(const struct map *m, const struct slice *cells, size_t n, struct arena *a, struct fault *f)
{
    struct looking x = {m, cells, n, a, f};
    if (!any_hidden(cells, n)) /* nearly every row: one look at its bytes */
        return false;
    if (firearm_holds(&x))
        return true;
    for (size_t i = 0; i < m->record_count; i++)
        if (row_due(&m->record[i], cells, n, a) && record_holds(&x, &m->record[i]))
            return true;
    return false;
}

bool row_shortened(struct slice s)
{
    size_t i = 0, digits;
    while (i < s.n && isdigit((unsigned char)s.p[i]))
        i++;
    if (!i || i == s.n)
        return false;
    if (s.p[i] == '.' || s.p[i] == ',')
        for (i++; i < s.n && isdigit((unsigned char)s.p[i]);)
            i++;
    if (i + 2 >= s.n || toupper((unsigned char)s.p[i]) != 'E' || s.p[i + 1] != '+')
        return false;
    for (digits = i + 2; digits < s.n && isdigit((unsigned char)s.p[digits]);)
        digits++;
    return digits == s.n;
}
