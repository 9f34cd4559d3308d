/* clang-format off: a table */
/* Which hashes to ask for. A record is posted whole and with each single character lost, so the query has to supply what the
 * posting does not. With c the pattern's cells, n of them, and m the record's length:
 *
 *   tier 0   c without one cell (a record of n without that character), or c whole when every cell is single
 *   tier 1   c without p      a substitution, transposition (m = n: record without one), or a character too many (m = n-1)
 *            c                a character missing (m = n+1)
 *   tier 2   c without p, q   m = n-2; m = n-1 with a substitution or transposition
 *            c without p      m = n: one missing, one too many
 *            {without p, substitute j}        m = n: two substitutions; and a transposition touching p
 *            {without j, transpose i}         m = n: substitution and transposition where the line above has not both
 *            {transpose i, transpose k}       m = n, whole (nearly all are in the line above already, but not where each
 *                                             of its four keys was left out)
 *            {substitute j}, {transpose i}    m = n+1
 *            {insert anywhere}                m = n+2
 *
 * Every alignment of cost two is one of these; the tests hold it against the scan. Substituted and inserted characters run
 * over the classes that occur at that place of a record of that length beside the neighbours known to stand there, and over
 * no class that the cell takes itself (that would be a case of fewer errors). */
/* clang-format on */
#include "marks/index_part.h"
#include "base/bits.h"
#include "base/banned.h"

enum { WHOLE = 1, LOST = 2 }; /* is the key meant as a record, or as a record without one character */

struct cells {
    uint64_t set[MARK_CHARS + 4];
    unsigned n;
};

static uint64_t occurs(const struct search *s, unsigned length, unsigned place)
{
    return length <= MARK_CHARS && place >= 1 && place <= length ? s->part->occ[length][place] : 0;
}

static unsigned one_class(uint64_t set)
{
    return set && !(set & (set - 1)) ? (unsigned)__builtin_ctzll(set) : 0;
}

/* The same when it is known what stands right before and right after in the record (sets; 0 or several: not known). */
static uint64_t occurs_after(const struct search *s, unsigned length, unsigned place, uint64_t prev)
{
    const struct pairs *p = s->part->pairs;
    return p && length <= MARK_CHARS && place <= length && one_class(prev) ? p->after[length][place][one_class(prev)]
                                                                           : occurs(s, length, place);
}

static uint64_t occurs_before(const struct search *s, unsigned length, unsigned place, uint64_t next)
{
    const struct pairs *p = s->part->pairs;
    return p && length <= MARK_CHARS && place <= length && one_class(next) ? p->before[length][place][one_class(next)]
                                                                           : occurs(s, length, place);
}

/* Cell i of a record as long as the pattern, when all cells but `lost` (or none: n) stand in it as they are. */
static uint64_t occurs_in(const struct search *s, const struct cells *c, unsigned i, unsigned lost)
{
    uint64_t prev = i && i - 1 != lost ? c->set[i - 1] : 0, next = i + 1 < c->n && i + 1 != lost ? c->set[i + 1] : 0;
    return occurs_after(s, c->n, i + 1, prev) & occurs_before(s, c->n, i + 1, next);
}

/* What cell i of a key can be, by what stands beside it in the key. Of a record without one character that one may have
 * stood right before or right after the cell: then only the other neighbour is the record's too. */
static uint64_t alphabet(const struct search *s, const struct cells *c, unsigned i, unsigned kinds)
{
    uint64_t prev = i ? c->set[i - 1] : 0, next = i + 1 < c->n ? c->set[i + 1] : 0, a = 0;
    if (kinds & WHOLE)
        a = occurs_after(s, c->n, i + 1, prev) & occurs_before(s, c->n, i + 1, next);
    if (kinds & LOST)
        a |= occurs_after(s, c->n + 1, i + 1, prev) | occurs_before(s, c->n + 1, i + 2, next);
    return a;
}

static void enumerate(struct search *s, const uint64_t *set, const uint8_t *place, unsigned many, uint64_t hash)
{
    if (!many) {
        search_probe(s, hash);
        return;
    }
    for (uint64_t left = set[many - 1]; left && !search_done(s); left &= left - 1)
        enumerate(s, set, place, many - 1, hash ^ s->part->z.w[place[many - 1]][__builtin_ctzll(left)]);
}

static void count_up(struct search *s, const uint64_t *set, unsigned many)
{
    uint64_t product = 1;
    for (unsigned i = 0; i < many && product <= s->count_limit; i++)
        product *= bits_set(set[i]);
    s->count += product;
}

static void ask(struct search *s, const struct cells *c, unsigned kinds)
{
    uint64_t set[MARK_CHARS + 4], hash = 0;
    uint8_t place[MARK_CHARS + 4];
    unsigned many = 0;
    if (c->n > MARK_CHARS || (kinds == LOST && c->n >= MARK_CHARS) || (s->counting && s->count > s->count_limit))
        return;
    for (unsigned i = 0; i < c->n; i++) {
        uint64_t cell = c->set[i];
        if (cell & (cell - 1)) {
            set[many] = cell & alphabet(s, c, i, kinds);
            place[many++] = (uint8_t)(i + 1);
        } else if (cell) {
            hash ^= s->part->z.w[i + 1][__builtin_ctzll(cell)];
        } else {
            return; /* nothing can stand here */
        }
    }
    if (s->counting)
        count_up(s, set, many);
    else
        enumerate(s, set, place, many, hash);
}

static struct cells without(const struct cells *c, unsigned p)
{
    struct cells out = {.n = c->n - 1};
    memcpy(out.set, c->set, p * sizeof *c->set);
    memcpy(out.set + p, c->set + p + 1, (c->n - p - 1) * sizeof *c->set);
    return out;
}

static struct cells swapped(const struct cells *c, unsigned i)
{
    struct cells out = *c;
    out.set[i] = c->set[i + 1];
    out.set[i + 1] = c->set[i];
    return out;
}

static bool worth_swapping(const struct cells *c, unsigned i)
{
    return c->set[i] != c->set[i + 1] || (c->set[i] & (c->set[i] - 1));
}

/* Losing either of two equal neighbours leaves the same key. */
static bool same_as_before(const struct cells *c, unsigned p)
{
    return p && c->set[p] == c->set[p - 1] && !(c->set[p] & (c->set[p] - 1));
}

static void tier_0(struct search *s, const struct cells *c)
{
    unsigned widest = 0, most = 1;
    for (unsigned i = 0; i < c->n; i++) {
        unsigned k = bits_set(c->set[i] & (occurs_in(s, c, i, c->n) | 1));
        if ((c->set[i] & (c->set[i] - 1)) && k >= most) {
            widest = i + 1;
            most = k;
        }
    }
    if (!widest) {
        ask(s, c, WHOLE);
        return;
    }
    struct cells key = *c;
    for (unsigned i = 0; i < c->n; i++)
        if (c->set[i] & (c->set[i] - 1))
            key.set[i] &= occurs_in(s, c, i, widest - 1);
    key = without(&key, widest - 1);
    ask(s, &key, LOST);
}

static void tier_1(struct search *s, const struct cells *c)
{
    for (unsigned p = 0; p < c->n; p++) {
        if (same_as_before(c, p))
            continue;
        struct cells key = without(c, p);
        ask(s, &key, WHOLE | LOST);
    }
    ask(s, c, LOST);
}

static void two_lost(struct search *s, const struct cells *c)
{
    for (unsigned p = 0; p < c->n; p++) {
        if (same_as_before(c, p))
            continue;
        struct cells one = without(c, p);
        ask(s, &one, LOST);
        for (unsigned q = p; q < one.n; q++) {
            if (q > p && same_as_before(&one, q))
                continue;
            struct cells two = without(&one, q);
            ask(s, &two, WHOLE | LOST);
        }
    }
}

/* The classes a substituted cell j runs over, with another place lost. */
static uint64_t others(const struct search *s, const struct cells *c, unsigned j, unsigned lost)
{
    return occurs_in(s, c, j, lost) & ~c->set[j];
}

static void substitute_lost(struct search *s, const struct cells *c, unsigned lost, unsigned j, uint64_t by)
{
    struct cells key = *c;
    key.set[j] = by;
    key = without(&key, lost);
    ask(s, &key, LOST);
}

/* Two substitutions: of each pair one place is lost and the other, with fewer classes, is enumerated. drops[p][j]: p
 * was lost. */
static void two_substituted(struct search *s, const struct cells *c, bool drops[][MARK_CHARS + 2])
{
    for (unsigned p = 0; p < c->n; p++)
        for (unsigned j = p + 1; j < c->n; j++) {
            uint64_t at_p = others(s, c, p, j), at_j = others(s, c, j, p);
            bool first = bits_set(at_p) >= bits_set(at_j);
            drops[p][j] = first;
            drops[j][p] = !first;
            substitute_lost(s, c, first ? p : j, first ? j : p, first ? at_j : at_p);
        }
}

/* Cells i, i + 1 transposed and j substituted: the keys of two_substituted have it when either of the two was lost and
 * j enumerated, unless j's neighbour there is the other of the two, which does not stand where the enumeration took it
 * to be. */
static bool has_been_asked(bool drops[][MARK_CHARS + 2], unsigned i, unsigned j)
{
    return (drops[i][j] && j != i + 2) || (drops[i + 1][j] && j + 1 != i);
}

static void transposed_and_substituted(struct search *s, const struct cells *c, bool drops[][MARK_CHARS + 2])
{
    for (unsigned i = 0; i + 1 < c->n; i++) {
        if (!worth_swapping(c, i))
            continue;
        struct cells swap = swapped(c, i);
        for (unsigned j = 0; j < c->n; j++) {
            if (j == i || j == i + 1 || has_been_asked(drops, i, j))
                continue;
            struct cells key = without(&swap, j);
            ask(s, &key, LOST);
        }
    }
}

static void transposed(struct search *s, const struct cells *c)
{
    for (unsigned i = 0; i + 1 < c->n; i++) {
        if (!worth_swapping(c, i))
            continue;
        struct cells once = swapped(c, i);
        ask(s, &once, LOST);
        for (unsigned k = i + 2; k + 1 < c->n; k++) {
            if (!worth_swapping(c, k))
                continue;
            struct cells twice = swapped(&once, k);
            ask(s, &twice, WHOLE);
        }
    }
}

static void substituted_and_missing(struct search *s, const struct cells *c)
{
    for (unsigned j = 0; j < c->n; j++) {
        struct cells key = *c;
        key.set[j] = PATTERN_ANY & ~c->set[j];
        ask(s, &key, LOST);
    }
}

/* Of two missing characters the earlier is the one lost, so the later stands one place further in the record, right
 * before the cell that follows. */
static void two_missing(struct search *s, const struct cells *c)
{
    for (unsigned i = 0; i <= c->n; i++) {
        struct cells key = {.n = c->n + 1};
        memcpy(key.set, c->set, i * sizeof *c->set);
        memcpy(key.set + i + 1, c->set + i, (c->n - i) * sizeof *c->set);
        key.set[i] = occurs_before(s, c->n + 2, i + 2, i < c->n ? c->set[i] : 0);
        ask(s, &key, LOST);
    }
}

static void tier_2(struct search *s, const struct cells *c)
{
    bool drops[MARK_CHARS + 2][MARK_CHARS + 2] = {{false}};
    two_lost(s, c);
    if (c->n > MARK_CHARS)
        return;
    two_substituted(s, c, drops);
    transposed_and_substituted(s, c, drops);
    transposed(s, c);
    substituted_and_missing(s, c);
    two_missing(s, c);
}

void probes_fixed(struct search *s, unsigned tier)
{
    struct cells c = {.n = (unsigned)s->p->count};
    for (unsigned i = 0; i < c.n; i++)
        c.set[i] = s->p->cells[i].set;
    if (tier == 0)
        tier_0(s, &c);
    else if (tier == 1)
        tier_1(s, &c);
    else
        tier_2(s, &c);
}
