/* The blind index of document numbers (table document) held against the records. It is in no dump, since it hangs on sealed data, so each record that names a
 * person is opened instead. Two things are wrong: a number in a record of this office that does not lead to its person, and a row that leads to somebody of
 * whom no record has that number. A row of a person whom no record names is neither: rows of an import that were rejected leave such.
 *
 * Memory is bounded: the rows are looked at by the first byte of their token, in as many passes over the records as they need. */
#include "use/verify_in.h"
#include "store/erase.h"
#include <stdlib.h>
#include "base/banned.h"

#define PASS_ROWS ((uint64_t)4 << 20)   /* of the table; a pass */
#define PAIRS_MAX ((size_t)1 << 30)     /* bytes */
#define ONE_RECORD ((size_t)64 << 20)
#define STRANGE 1024                    /* rows looked into; by then it is clear */

struct pair { /* what a record says */
    struct document_row row;
    bool must; /* a record of this office does, which is indexed when it is written */
};
struct looking {
    struct store *s;
    struct arena a;
    unsigned from, to; /* first bytes of tokens of this pass */
    struct pair *pair;
    size_t n, cap, tidy_at, next;
    struct subject_id strange[STRANGE];
    bool named[STRANGE]; /* by a record */
    size_t strange_n;
    uint64_t missing;
};

static int by_row(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct document_row));
}

/* Sorted, each once: the same persons stand in record after record. */
static void tidy(struct looking *x)
{
    size_t n = 0;
    if (x->n)
        qsort(x->pair, x->n, sizeof *x->pair, by_row);
    for (size_t i = 0; i < x->n; i++)
        if (n && by_row(&x->pair[n - 1], &x->pair[i]) == 0)
            x->pair[n - 1].must |= x->pair[i].must;
        else
            x->pair[n++] = x->pair[i];
    x->n = n;
    x->tidy_at = n < 4096 ? 8192 : 2 * n;
}

static enum err add(struct looking *x, const struct pair *p, struct fault *f)
{
    if (p->row.token[0] < x->from || p->row.token[0] > x->to)
        return OK;
    if (x->n == x->tidy_at)
        tidy(x);
    if (!mem_grow(&x->pair, &x->cap, x->n + 1, PAIRS_MAX, sizeof *x->pair))
        return fault_set(f, ERR_MEMORY, "document", SLICE(""), "");
    x->pair[x->n++] = *p;
    return OK;
}

static enum err look(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct looking *x = arg;
    struct record r;
    struct pair p;
    bool person = false;
    if (record_parse(bytes, &r)) /* the clock's look has told it */
        return OK;
    for (size_t i = 0; i < r.section_count; i++)
        person |= r.section[i].kind == SECTION_PERSON;
    arena_reset(&x->a);
    struct event *ev = person ? arena_alloc(&x->a, sizeof *ev) : NULL;
    if (!ev)
        return person ? fault_set(f, ERR_MEMORY, "record", SLICE(""), "") : OK;
    enum err e = store_event(x->s, &x->a, bytes, position, received, SHOW_HOLDERS | SHOW_CASE, ev, NULL, f);
    if (e)
        return e == ERR_KEY ? OK : e; /* another office's, whose key is not here */
    p.must = slice_eq(r.h.origin, store_origin(x->s));
    for (size_t i = 0; !e && i < ev->party_count; i++)
        if (document_token(store_keys(x->s)->blind, ev->party[i].document, p.row.token)) {
            p.row.party = ev->party[i].id;
            e = add(x, &p, f);
        }
    return e;
}

/* A row of the table, in the order of the pairs. */
static enum err hold(void *arg, const struct document_row *row, struct fault *f)
{
    struct looking *x = arg;
    if (row->token[0] < x->from || row->token[0] > x->to)
        return OK;
    while (x->next < x->n && by_row(&x->pair[x->next].row, row) < 0)
        x->missing += x->pair[x->next++].must;
    if (x->next < x->n && by_row(&x->pair[x->next].row, row) == 0)
        x->next++;
    else if (x->strange_n < STRANGE)
        x->strange[x->strange_n++] = row->party;
    return OK;
}

static enum err pass(struct looking *x, struct fault *f)
{
    x->n = x->next = 0;
    enum err e = store_scan(x->s, 0, INT64_MAX, look, x, f);
    if (e)
        return e;
    tidy(x);
    e = store_each_document(x->s, hold, x, f);
    while (!e && x->next < x->n)
        x->missing += x->pair[x->next++].must;
    return e;
}

static int by_party(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct subject_id));
}

static enum err look_for_strange(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct looking *x = arg;
    struct record r;
    if (record_parse(bytes, &r))
        return OK;
    for (size_t i = 0; i < r.h.subject_count; i++) {
        const struct subject_id *at = bsearch(&r.h.subject[i].id, x->strange, x->strange_n, sizeof *x->strange, by_party);
        if (at)
            x->named[at - x->strange] = true;
    }
    return OK;
}

/* Of those to whom rows lead that no record bears out: persons of this register. */
static enum err count_strange(struct looking *x, uint64_t *out, struct fault *f)
{
    if (!x->strange_n)
        return OK;
    qsort(x->strange, x->strange_n, sizeof *x->strange, by_party);
    enum err e = store_scan(x->s, 0, INT64_MAX, look_for_strange, x, f);
    for (size_t i = 0; i < x->strange_n; i++)
        *out += x->named[i];
    return e;
}

enum err verify_documents(struct store *s, const struct use_verify_in *in, struct use_derived_out *out, struct fault *f)
{
    uint64_t rows = 0, strange = 0;
    struct looking *x = mem_alloc(1, sizeof *x);
    enum err e = x ? keys_load(store_key_store(s), f) : fault_set(f, ERR_MEMORY, "document", SLICE(""), "");
    if (!x)
        return e;
    *x = (struct looking){.s = s, .tidy_at = 8192};
    arena_init(&x->a, ONE_RECORD);
    if (!e)
        e = store_documents_count(s, &rows, f);
    const unsigned step = rows / PASS_ROWS >= 255 ? 1 : (unsigned)(256 / (rows / PASS_ROWS + 1));
    for (unsigned from = 0; !e && from < 256; from += step) {
        x->from = from;
        x->to = from + step - 1;
        e = pass(x, f);
    }
    if (!e)
        e = count_strange(x, &strange, f);
    if (!e && x->missing)
        in->found(in->arg, "verify.documents_missing", "document", x->missing);
    if (!e && strange)
        in->found(in->arg, "verify.documents_strange", "document", strange);
    if (!e && (x->missing || strange))
        verify_wrong_table(out, "document");
    arena_free(&x->a);
    mem_free(x->pair);
    mem_free(x);
    return e;
}
