/* The weight of one or two errors: a sum over the alignments that have no more of them.
 *
 * Which cell fits which character is five words of bits, one for each shift between cells and characters from -2 to 2:
 * an alignment runs along one shift, and changes it where a character is lost or one too many stands. With two errors a
 * path can be named by its two places, and whether all between fits is a question to one word: the few that exist are
 * found by counting bits, and only those are weighed. (A forward sum over a table of cells and characters, which this
 * is held against in the tests, took twice the time.) */
#include "marks/rank_lanes.h"
#include "base/banned.h"

#define SHIFTS 2
struct weighed {
    const struct rank_read *r;
    const uint8_t *b;
    unsigned n, m;                /* cells, characters */
    uint32_t fit[2 * SHIFTS + 1]; /* [shift + 2], bit i: cell i fits character i + shift */
    unsigned head, tail;          /* cells that fit from either end */
    float sum;
};

static inline uint32_t below(unsigned i)
{
    return (1u << i) - 1;
}

/* How many bits are set, 3 for three and more: the plain processor has no instruction that counts them. */
static inline unsigned up_to_three(uint32_t bits)
{
    unsigned n = bits != 0;
    bits &= bits - 1;
    n += bits != 0;
    return n + ((bits & (bits - 1)) != 0);
}

static inline uint32_t fitting(const struct weighed *x, int shift)
{
    return x->fit[shift + SHIFTS];
}

static void find_fits(struct weighed *x)
{
    uint64_t back2 = 0, back1 = 0, none = 0, on1 = 0, on2 = 0;
    for (unsigned j = 0; j < x->m; j++) {
        uint64_t cells = x->r->takes[x->b[j] >> 2], at = (uint64_t)1 << j;
        back2 |= cells & at << 2;
        back1 |= cells & at << 1;
        none |= cells & at;
        on1 |= cells & at >> 1;
        on2 |= cells & at >> 2;
    }
    x->fit[0] = (uint32_t)back2;
    x->fit[1] = (uint32_t)back1;
    x->fit[2] = (uint32_t)none;
    x->fit[3] = (uint32_t)on1;
    x->fit[4] = (uint32_t)on2;
}

static void find_ends(struct weighed *x)
{
    int shift = (int)x->m - (int)x->n;
    uint32_t all = below(x->n), not = ~fitting(x, 0) & all, back = ~fitting(x, shift) & all;
    x->head = not ? (unsigned)__builtin_ctz(not ) : x->n;
    x->tail = back ? x->n - 32 + (unsigned)__builtin_clz(back) : x->n;
}

/* The cells [from,to) as they stand at this shift; those that do not fit weigh one, the error weighs for them. */
static float keep_cells(const struct weighed *x, unsigned from, unsigned to, int shift)
{
    float p = 1;
    if (to <= from)
        return p;
    for (uint32_t left = x->r->alike & fitting(x, shift) & below(to) & ~below(from); left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        p *= kept(x->r, i, x->b[(int)i + shift]);
    }
    return p;
}

static const struct rank_lanes *wrong_at(const struct weighed *x, uint32_t cell, int shift)
{
    unsigned i = (unsigned)__builtin_ctz(cell);
    return &x->r->wrong[i][x->r->glyph[x->b[(int)i + shift]]];
}

/* Cells i where i and i + 1 stand exchanged at this shift, and not also as they are. */
static uint32_t exchanged(const struct weighed *x, int shift)
{
    uint32_t straight = fitting(x, shift);
    return fitting(x, shift + 1) & fitting(x, shift - 1) >> 1 & ~(straight & straight >> 1) &
           below(x->n ? x->n - 1 : 0);
}

/* What two cells exchanged weigh beside what keep_cells gave for those of them that fit where they are. */
static float keep_exchanged(const struct weighed *x, unsigned i, int shift)
{
    const uint8_t *at = x->b + (int)i + shift;
    float stood = keep_cells(x, i, i + 2, shift);
    return kept(x->r, i, at[1]) * kept(x->r, i + 1, at[0]) / stood;
}

/* ---- as many characters as cells ---- */
static void substitutions(struct weighed *x, uint32_t miss, float keep)
{
    struct rank_lanes w = x->r->share;
    if (up_to_three(miss) > 2)
        return;
    for (; miss; miss &= miss - 1)
        w = times(w, *wrong_at(x, miss, 0));
    x->sum += keep * lanes_sum(w);
}

static void exchanges(struct weighed *x, uint32_t miss, float keep)
{
    uint32_t places = exchanged(x, 0);
    for (uint32_t left = places; left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        uint32_t rest = miss & ~(3u << i);
        unsigned many = up_to_three(rest);
        float p = many <= 2 ? keep * keep_exchanged(x, i, 0) : 0;
        if (many == 0) {
            x->sum += p * lanes_sum(x->r->shared_swap);
        } else if (many == 1) {
            x->sum += p * lanes_sum(times(x->r->shared_swap, *wrong_at(x, rest, 0)));
        }
        for (uint32_t other = places & ~below(i + 2); many <= 2 && other; other &= other - 1) {
            unsigned k = (unsigned)__builtin_ctz(other);
            if (!(rest & ~(3u << k)))
                x->sum += p * keep_exchanged(x, k, 0) * lanes_sum(times(x->r->shared_swap, x->r->swap));
        }
    }
}

/* One lost and one too many, in this order (shift 1 between) or the other (shift -1): cell `extra` is the one too many.
 */
static void lost_and_extra(struct weighed *x, int shift)
{
    const struct rank_read *r = x->r;
    unsigned n = x->n;
    for (unsigned end = n - 1 - (x->tail < n - 1 ? x->tail : n - 1); end < n; end++) {
        for (unsigned begin = end; begin-- > 0;) {
            uint32_t between = below(end + (shift < 0)) & ~below(begin + (shift < 0));
            if (between & ~fitting(x, shift))
                break;
            if (begin > x->head)
                continue;
            unsigned extra = shift > 0 ? end : begin;
            float p = keep_cells(x, 0, begin, 0) * keep_cells(x, begin + (shift < 0), end + (shift < 0), shift) *
                      keep_cells(x, end + 1, n, 0);
            x->sum += p * lanes_sum(times(r->shared_lost, r->insert[extra]));
        }
    }
}

static void equally_long(struct weighed *x)
{
    uint32_t miss = ~fitting(x, 0) & below(x->n);
    float keep = keep_cells(x, 0, x->n, 0);
    substitutions(x, miss, keep);
    exchanges(x, miss, keep);
    if (up_to_three(miss) > 1) {
        lost_and_extra(x, 1);
        lost_and_extra(x, -1);
    }
}

/* ---- one character more or fewer ---- */
/* One change of shift, of this weight, with what is wrong before it and after it. */
static void one_wrong(
    struct weighed *x, uint32_t before, uint32_t after, int shift, float keep, struct rank_lanes change)
{
    uint32_t miss = before | after;
    unsigned many = up_to_three(miss);
    if (many == 0) {
        x->sum += keep * lanes_sum(change);
    } else if (many == 1) {
        x->sum += keep * lanes_sum(times(change, *wrong_at(x, miss, before ? 0 : shift)));
    }
}

/* Two cells exchanged, all of them on one side of the change; either may fit where it is. */
static void one_exchanged(struct weighed *x, uint32_t before, uint32_t after, uint32_t side[2], int shift, float keep,
    struct rank_lanes change)
{
    for (int s = 0; s < 2; s++) {
        int at = s ? shift : 0;
        if ((s ? before : after) || up_to_three(s ? after : before) > 2)
            continue;
        for (uint32_t left = exchanged(x, at) & side[s] & side[s] >> 1; left; left &= left - 1) {
            unsigned i = (unsigned)__builtin_ctz(left);
            if (!((s ? after : before) & ~(3u << i)))
                x->sum += keep * keep_exchanged(x, i, at) * lanes_sum(times(change, x->r->swap));
        }
    }
}

static void one_shift(struct weighed *x, int shift)
{
    unsigned n = x->n, extra = shift < 0;
    for (unsigned at = 0; at + extra <= n; at++) {
        uint32_t side[2] = {below(at), below(n) & ~below(at + extra)};
        uint32_t before = side[0] & ~fitting(x, 0), after = side[1] & ~fitting(x, shift);
        if (up_to_three(before | after) > 2)
            continue;
        float keep = keep_cells(x, 0, at, 0) * keep_cells(x, at + extra, n, shift);
        struct rank_lanes change = extra ? times(x->r->share, x->r->insert[at]) : x->r->shared_lost;
        if (!before || !after)
            one_exchanged(x, before, after, side, shift, keep, change);
        one_wrong(x, before, after, shift, keep, change);
    }
}

/* ---- two more or fewer ---- */
static void two_lost(struct weighed *x)
{
    float places = 0;
    unsigned n = x->n;
    for (unsigned a = 0; a <= x->head; a++) {
        for (unsigned b = a; b <= n && !(below(b) & ~below(a) & ~fitting(x, 1)); b++) {
            if (b + x->tail >= n)
                places += keep_cells(x, 0, a, 0) * keep_cells(x, a, b, 1) * keep_cells(x, b, n, 2);
        }
    }
    if (places > 0)
        x->sum += places * lanes_sum(times(x->r->shared_lost, x->r->lost));
}

static void two_extra(struct weighed *x)
{
    const struct rank_read *r = x->r;
    unsigned n = x->n;
    for (unsigned a = 0; a <= x->head && a < n; a++) {
        for (unsigned b = a + 1; b < n && !(below(b) & ~below(a + 1) & ~fitting(x, -1)); b++) {
            float p = b + 1 + x->tail >= n
                          ? keep_cells(x, 0, a, 0) * keep_cells(x, a + 1, b, -1) * keep_cells(x, b + 1, n, -2)
                          : 0;
            if (p > 0)
                x->sum += p * lanes_sum(times(times(r->share, r->insert[a]), r->insert[b]));
        }
    }
}

/* ---- all ---- */
/* Look-alikes among the cells that fit from either end. */
static unsigned count_twins(const struct weighed *x)
{
    int shift = (int)x->m - (int)x->n;
    unsigned least = x->m < x->n ? x->m : x->n, tail = x->tail < least - x->head ? x->tail : least - x->head, twins = 0;
    for (uint32_t left = x->r->alike & below(x->head); left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        twins += twin(x->r, i, x->b[i]);
    }
    for (uint32_t left = x->r->alike & below(x->n) & ~below(x->n - tail); left; left &= left - 1) {
        unsigned i = (unsigned)__builtin_ctz(left);
        twins += twin(x->r, i, x->b[(int)i + shift]);
    }
    return twins;
}

float rank_errors(const struct rank_read *r, struct rank_chars k)
{
    struct weighed x = {.r = r, .b = k.b, .n = r->n, .m = k.n};
    int shift = (int)x.m - (int)x.n;
    if (shift < -SHIFTS || shift > SHIFTS || !x.n)
        return 0;
    find_fits(&x);
    find_ends(&x);
    switch (shift) {
    case -2:
        two_extra(&x);
        break;
    case -1:
        one_shift(&x, -1);
        break;
    case 0:
        equally_long(&x);
        break;
    case 1:
        one_shift(&x, 1);
        break;
    default:
        two_lost(&x);
        break;
    }
    return x.sum * r->careless[count_twins(&x)];
}
