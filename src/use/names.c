#include "use/names.h"
#include "domain/fold.h"
#include "lang/name.h"
#include <stdlib.h>
#include "base/banned.h"

#define TEXT_MAX ((size_t)8 << 30)
#define NAMES_MAX ((size_t)400 << 20)
#define WORDS_MAX 16

struct entry {
    struct subject_id party;
    uint64_t at, position; /* of its text; of its record */
};
struct names {
    struct name_folder *folder;
    char *text;    /* " word word \n" an entry, folded (NAME_FOLD) */
    size_t text_n, text_cap;
    struct entry *entry;
    size_t n, cap;
    uint64_t *seen; /* open addressing: hashes of (party, name) that are in */
    size_t seen_n, seen_cap;
    uint64_t covered;
};

struct names *names_new(struct fault *f)
{
    struct names *n = mem_alloc(1, sizeof *n);
    if (n && (n->folder = name_folder_new(f)))
        return n;
    mem_free(n);
    fault_set(f, ERR_MEMORY, "names", SLICE(""), "");
    return NULL;
}

void names_free(struct names *n)
{
    if (!n)
        return;
    name_folder_free(n->folder);
    if (n->text)
        seal_wipe(n->text, n->text_cap);
    mem_free(n->text);
    mem_free(n->entry);
    mem_free(n->seen);
    mem_free(n);
}

size_t names_count(const struct names *n)
{
    return n->n;
}

/* ---- taking in ---- */

static bool widen_seen(struct names *n)
{
    size_t cap = n->seen_cap ? n->seen_cap * 2 : 4096;
    uint64_t *wider = mem_alloc(cap, sizeof *wider);
    if (!wider)
        return false;
    for (size_t i = 0; i < n->seen_cap; i++) {
        size_t k = (size_t)n->seen[i] & (cap - 1);
        while (n->seen[i] && wider[k])
            k = (k + 1) & (cap - 1);
        if (n->seen[i])
            wider[k] = n->seen[i];
    }
    mem_free(n->seen);
    n->seen = wider;
    n->seen_cap = cap;
    return true;
}

/* true the first time. */
static enum err is_new(struct names *n, uint64_t h, bool *out)
{
    h += !h;
    if (n->seen_n * 3 >= n->seen_cap * 2 && !widen_seen(n))
        return ERR_MEMORY;
    size_t k = (size_t)h & (n->seen_cap - 1);
    while (n->seen[k] && n->seen[k] != h)
        k = (k + 1) & (n->seen_cap - 1);
    *out = !n->seen[k];
    n->seen_n += *out;
    n->seen[k] = h;
    return OK;
}

/* As mem_grow_raw, but the names that move are wiped where they were. */
static bool grow_text(struct names *n, size_t need)
{
    size_t cap = n->text_cap ? n->text_cap : 65536;
    while (cap < need)
        cap *= 2;
    if (cap == n->text_cap)
        return true;
    char *wider = cap <= TEXT_MAX ? mem_alloc(cap, 1) : NULL;
    if (!wider)
        return false;
    if (n->text_n)
        memcpy(wider, n->text, n->text_n);
    if (n->text)
        seal_wipe(n->text, n->text_cap);
    mem_free(n->text);
    n->text = wider;
    n->text_cap = cap;
    return true;
}

static enum err add(struct names *n, const struct subject_id *party, struct slice name, uint64_t position)
{
    struct buf b;
    bool fresh;
    uint64_t id[2];
    memcpy(id, party->b, 16);
    if (!name.n)
        return OK;
    enum err e = is_new(n, fold_hash(name.p, name.n) ^ id[0] * 0x9e3779b97f4a7c15u ^ id[1], &fresh);
    if (e || !fresh)
        return e;
    buf_init(&b, 1u << 16);
    name_fold(n->folder, name, &b);
    buf_byte(&b, '\n');
    if (!b.err && b.n > 2 && grow_text(n, n->text_n + b.n) && mem_grow_raw(&n->entry, &n->cap, n->n + 1, NAMES_MAX, sizeof *n->entry)) {
        memcpy(n->text + n->text_n, b.p, b.n);
        n->entry[n->n++] = (struct entry){*party, n->text_n, position};
        n->text_n += b.n;
    } else if (b.err || b.n > 2)
        e = ERR_MEMORY;
    if (b.p)
        seal_wipe(b.p, b.cap);
    buf_free(&b);
    return e;
}

static size_t end_of(const struct names *n, size_t i)
{
    return i + 1 < n->n ? (size_t)n->entry[i + 1].at : n->text_n;
}

/* Erased: the text is overwritten with line ends, which no query has. */
static void drop(struct names *n, const struct subject_id *party)
{
    for (size_t i = 0; i < n->n; i++)
        if (subject_eq(&n->entry[i].party, party))
            memset(n->text + n->entry[i].at, '\n', end_of(n, i) - (size_t)n->entry[i].at);
    if (n->seen) /* who is recorded again is found again; a name that comes twice is harmless */
        memset(n->seen, 0, n->seen_cap * sizeof *n->seen);
    n->seen_n = 0;
}

struct reading {
    struct names *n;
    struct store *s;
    struct arena a;
    struct event *ev;
};

static bool erases(const struct event *ev)
{
    for (size_t i = 0; i < ev->effect_count; i++)
        if (ev->effect[i].what == EFFECT_ERASE)
            return true;
    return false;
}

static enum err read_record(void *arg, uint64_t position, int64_t received, struct slice bytes, struct fault *f)
{
    struct reading *x = arg;
    struct record r;
    enum err e = record_parse(bytes, &r);
    if (e)
        return fault_set(f, e, "record", SLICE(""), "");
    bool named = false, alone = r.section_count == 1 && r.h.subject[0].type == SUBJECT_PARTY;
    for (size_t i = 0; i < r.section_count; i++)
        named = named || r.section[i].kind == SECTION_PERSON;
    x->n->covered = position + 1;
    if (!named && !alone)
        return OK;
    arena_reset(&x->a);
    if ((e = store_event(x->s, &x->a, bytes, position, received, named ? SHOW_HOLDERS | SHOW_CASE : SHOW_BODY, x->ev, NULL, f)))
        return e;
    if (erases(x->ev))
        drop(x->n, &r.h.subject[0].id);
    for (size_t i = 0; !e && i < x->ev->party_count; i++)
        e = add(x->n, &x->ev->party[i].id, x->ev->party[i].name, position);
    return e ? fault_set(f, e, "names", SLICE(""), "") : OK;
}

enum err names_follow(struct names *n, struct store *s, uint64_t to, struct fault *f)
{
    struct reading x = {.n = n, .s = s};
    if (n->covered >= to)
        return OK;
    enum err e = to - n->covered > 10000 ? keys_load(store_key_store(s), f) : OK;
    arena_init(&x.a, (size_t)64 << 20);
    if (!e && !(x.ev = mem_alloc(1, sizeof *x.ev)))
        e = fault_set(f, ERR_MEMORY, "names", SLICE(""), "");
    if (!e)
        e = store_scan(s, n->covered, to, read_record, &x, f);
    mem_free(x.ev);
    arena_free(&x.a);
    return e;
}

/* ---- finding ---- */

struct query {
    struct slice word[WORDS_MAX]; /* with the blank before it, unless it stands anywhere */
    size_t n, longest;
};

/* text: " word word ", as folded. */
static void take_words(struct slice text, struct query *q)
{
    size_t at = 1;
    while (at < text.n && q->n < WORDS_MAX) {
        const char *end = memchr(text.p + at, ' ', text.n - at);
        size_t n = end ? (size_t)(end - text.p) - at : text.n - at;
        struct slice word = slice_of(text.p + at, n);
        if (n)
            q->word[q->n++] = name_is_unspaced(word) ? word : slice_of(word.p - 1, n + 1);
        at += n + 1;
    }
    for (size_t i = 0; i < q->n; i++)
        if (q->word[i].n > q->word[q->longest].n)
            q->longest = i;
}

static bool matches(const struct query *q, struct slice text, unsigned *whole)
{
    *whole = 0;
    for (size_t i = 0; i < q->n; i++) {
        const char *at = memmem(text.p, text.n, q->word[i].p, q->word[i].n);
        if (!at)
            return false;
        for (; at; at = memmem(at + 1, (size_t)(text.p + text.n - at - 1), q->word[i].p, q->word[i].n))
            if (at[q->word[i].n] == ' ') { /* an entry ends in a blank and a line end */
                ++*whole;
                break;
            }
    }
    return true;
}

static size_t entry_at(const struct names *n, size_t offset)
{
    size_t low = 0, high = n->n;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        if (n->entry[mid].at <= offset)
            low = mid;
        else
            high = mid;
    }
    return low;
}

struct found {
    struct name_hit hit;
    size_t length;
};

static int by_party(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int c = memcmp(x->hit.party.b, y->hit.party.b, 16);
    return c ? c : x->hit.whole != y->hit.whole ? (x->hit.whole > y->hit.whole ? -1 : 1) : x->length < y->length ? -1 : x->length > y->length;
}

static int by_rank(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->hit.whole != y->hit.whole)
        return x->hit.whole > y->hit.whole ? -1 : 1;
    return x->length != y->length ? (x->length < y->length ? -1 : 1) : memcmp(x->hit.party.b, y->hit.party.b, 16);
}

static enum err scan(struct names *n, const struct query *q, struct found **out, size_t *count)
{
    struct slice w = q->word[q->longest];
    size_t cap = 0;
    const char *at = n->n ? memmem(n->text, n->text_n, w.p, w.n) : NULL;
    while (at) {
        size_t i = entry_at(n, (size_t)(at - n->text)), end = end_of(n, i);
        struct found x = {{n->entry[i].party, n->entry[i].position, 0}, end - (size_t)n->entry[i].at};
        if (matches(q, slice_of(n->text + n->entry[i].at, x.length), &x.hit.whole)) {
            if (!mem_grow_raw(out, &cap, *count + 1, (size_t)1 << 26, sizeof **out))
                return ERR_MEMORY;
            (*out)[(*count)++] = x;
        }
        at = end < n->text_n ? memmem(n->text + end, n->text_n - end, w.p, w.n) : NULL;
    }
    return OK;
}

enum err names_find(struct names *n, struct slice text, struct name_hit *out, size_t max, size_t *shown, size_t *count, struct fault *f)
{
    struct buf b;
    struct query q = {.n = 0};
    struct found *found = NULL;
    size_t all = 0, kept = 0;
    buf_init(&b, 1u << 16);
    name_fold_query(n->folder, text, &b);
    take_words(buf_view(&b), &q);
    enum err e = q.n ? scan(n, &q, &found, &all) : fault_set(f, ERR_MISSING, "name", text, "want.name");
    if (e == ERR_MEMORY)
        fault_set(f, e, "names", SLICE(""), "");
    if (all)
        qsort(found, all, sizeof *found, by_party);
    for (size_t i = 0; i < all; i++) /* of each party the best name */
        if (!i || !subject_eq(&found[i].hit.party, &found[kept - 1].hit.party))
            found[kept++] = found[i];
    if (kept)
        qsort(found, kept, sizeof *found, by_rank);
    *count = kept;
    *shown = kept < max ? kept : max;
    for (size_t i = 0; i < *shown; i++)
        out[i] = found[i].hit;
    mem_free(found);
    buf_free(&b);
    return e;
}
