/* The damage channel: how likely a reading is, given what stands on the gun (docs/ranking.md). */
#include "marks/rank.h"
#include "base/banned.h"

#define CARELESS 0.10       /* readers who take no care of look-alikes, and how often each of both kinds writes one */
#define CARELESS_FLIP 0.50
#define CAREFUL_FLIP 0.05

/* ---- lanes ---- */
static inline struct rank_lanes lanes_of(float w)
{
    rank_four v = {w, w, w, w};
    return (struct rank_lanes){{v, v}};
}

static inline struct rank_lanes times(struct rank_lanes a, struct rank_lanes b)
{
    return (struct rank_lanes){{a.h[0] * b.h[0], a.h[1] * b.h[1]}};
}

static inline struct rank_lanes scaled(struct rank_lanes a, float w)
{
    return (struct rank_lanes){{a.h[0] * w, a.h[1] * w}};
}

static inline struct rank_lanes plus(struct rank_lanes a, struct rank_lanes b)
{
    return (struct rank_lanes){{a.h[0] + b.h[0], a.h[1] + b.h[1]}};
}

static inline float lanes_sum(struct rank_lanes a)
{
    rank_four v = a.h[0] + a.h[1];
    return (v[0] + v[1]) + (v[2] + v[3]);
}

float rank_over_ways(const struct rank_read *r, const struct rank_lanes *l)
{
    return lanes_sum(times(r->share, *l));
}

/* ---- a query ---- */
static bool doubles(const struct rank_read *r, unsigned i)
{
    return r->byte[i] && ((i > 0 && r->byte[i - 1] == r->byte[i]) || (i + 1 < r->n && r->byte[i + 1] == r->byte[i]));
}

static void read_way(struct rank_read *r, int way)
{
    const struct rank_belief *b = &rank_beliefs[way];
    double all = 0;
    for (int k = 0; k < RANK_WAYS; k++)
        all += rank_beliefs[k].share;
    rank_lane_set(&r->share, way, (float)(b->share / all));
    rank_lane_set(&r->lost, way, (float)(r->error * b->lost));
    rank_lane_set(&r->swap, way, (float)(r->error * b->swapped));
    for (unsigned i = 0; i < r->n; i++) {
        double of = r->byte[i] ? (doubles(r, i) ? b->doubled / 2 : 0) + (1 - b->doubled) / 20 : 0.5;
        rank_lane_set(&r->insert[i], way, (float)(r->error * b->extra * of));
    }
}

static void read_errors(struct rank_read *r, bool careful)
{
    const double *share = rank_error_share[careful];
    r->error = (float)(rank_error_share[0][1] / rank_error_share[0][0] / RANK_ERROR_LENGTH);
    double one = r->error * (r->n ? r->n : 1), two = one * one / 2; /* mass of all single and double errors as built ... */
    two *= r->n > 1 ? (r->n - 1.0) / r->n : 1;           /* ... in two different places */
    r->tier[0] = 1;
    r->tier[1] = (float)(share[1] / share[0] / one);
    r->tier[2] = (float)(share[2] / share[0] / two);
    r->share = r->lost = r->swap = lanes_of(0);
    for (int way = 0; way < RANK_WAYS; way++)
        read_way(r, way);
}

/* careless[k]: what k look-alikes written are worth beside the independent ones of emit[]. */
static void read_care(struct rank_read *r)
{
    unsigned twins = 0;
    for (unsigned i = 0; i < r->n; i++)
        twins += r->byte[i] && r->byte[i] < RANK_BYTES && r->keep[i][r->byte[i] & 3] < 1;
    double careful = 1 - CARELESS, careless = CARELESS;
    for (unsigned i = 0; i < twins; i++) {
        careful *= (1 - CAREFUL_FLIP) / (1 - RANK_FLIP);
        careless *= (1 - CARELESS_FLIP) / (1 - RANK_FLIP);
    }
    double swing = (1 - RANK_FLIP) / RANK_FLIP;
    for (unsigned k = 0; k <= RANK_CELLS; k++) {
        r->careless[k] = (float)(careful + careless);
        careful *= k < twins ? CAREFUL_FLIP / (1 - CAREFUL_FLIP) * swing : 1;
        careless *= k < twins ? CARELESS_FLIP / (1 - CARELESS_FLIP) * swing : 1;
    }
}

void rank_read_init(struct rank_read *r, const struct rank_channel *c, const struct pattern *p)
{
    r->n = 0;
    r->glyph = c->glyph;
    r->stars = p->stars;
    r->star_first = p->count > 0 && p->cells[0].kind == CELL_STAR;
    r->star_last = p->count > 0 && p->cells[p->count - 1].kind == CELL_STAR;
    for (size_t i = 0; i < p->count && r->n < RANK_CELLS; i++) {
        const struct cell *cell = &p->cells[i];
        if (cell->kind == CELL_STAR)
            continue;
        unsigned at = r->n++, byte = cell->kind == CELL_CHAR ? (unsigned)cell->cls << 2 | cell->variant : 0;
        r->set[at] = cell->set;
        r->byte[at] = (uint8_t)byte;
        r->keep[at] = byte && byte < RANK_BYTES ? c->keep[byte] : c->any;
        r->wrong[at] = byte ? c->wrong[c->glyph[byte]] : c->not_of_set;
        r->insert[at] = lanes_of(0);
    }
    read_errors(r, p->anys + p->sets + p->stars > 0);
    read_care(r);
}

/* ---- scoring ---- */
static inline bool fits(const struct rank_read *r, unsigned i, uint8_t b)
{
    return r->set[i] >> (b >> 2) & 1;
}

static inline float kept(const struct rank_read *r, unsigned i, uint8_t b)
{
    return r->keep[i][b & 3];
}

static inline struct rank_lanes read_as(const struct rank_read *r, unsigned i, uint8_t b)
{
    return fits(r, i, b) ? lanes_of(kept(r, i, b)) : r->wrong[i][r->glyph[b]];
}

float rank_cell(const struct rank_read *r, unsigned i, uint8_t b)
{
    return fits(r, i, b) ? kept(r, i, b) : rank_over_ways(r, &r->wrong[i][r->glyph[b]]);
}

static inline unsigned twin(const struct rank_read *r, unsigned i, uint8_t b)
{
    uint8_t apart = r->byte[i] ^ b;
    return apart && apart < 4;
}

/* Cells that all fit, the first at character `from`. */
static float score_kept(const struct rank_read *r, const uint8_t *b, unsigned from)
{
    float p = 1;
    unsigned twins = 0;
    for (unsigned i = 0; i < r->n; i++) {
        p *= kept(r, i, b[from + i]);
        twins += twin(r, i, b[from + i]);
    }
    return p * r->careless[twins];
}

/* As many characters as cells, and only substitutions. */
static float score_substituted(const struct rank_read *r, const uint8_t *b)
{
    struct rank_lanes ways = r->share;
    float p = 1;
    unsigned twins = 0;
    for (unsigned i = 0; i < r->n; i++) {
        if (fits(r, i, b[i])) {
            p *= kept(r, i, b[i]);
            twins += twin(r, i, b[i]);
        } else {
            ways = times(ways, r->wrong[i][r->glyph[b[i]]]);
        }
    }
    return p * lanes_sum(ways) * r->careless[twins];
}

/* How believable that this many characters are lost where a '*' stands. */
static float star_lost(unsigned lost)
{
    static const float share[] = {0.06f, 0.26f, 0.24f, 0.18f, 0.12f, 0.07f, 0.04f, 0.02f, 0.01f};
    return share[lost < 8 ? lost : 8];
}

static float score_stars_any(const struct rank_read *r, const struct pattern *p, struct rank_chars k)
{
    float f[RANK_CELLS + 1] = {1}, g[RANK_CELLS + 1];
    unsigned m = k.n, cell = 0;
    for (size_t i = 0; i < p->count; i++) {
        memset(g, 0, sizeof g);
        if (p->cells[i].kind == CELL_STAR) {
            for (unsigned from = 0; from <= m; from++) {
                for (unsigned to = from; f[from] > 0 && to <= m; to++)
                    g[to] += f[from] * star_lost(to - from);
            }
        } else if (cell < r->n) {
            for (unsigned j = 0; j < m; j++) {
                if (f[j] > 0 && fits(r, cell, k.b[j]))
                    g[j + 1] = f[j] * kept(r, cell, k.b[j]);
            }
            cell++;
        }
        memcpy(f, g, sizeof f);
    }
    return f[m];
}

static float score_fit(const struct rank_read *r, const struct pattern *p, struct rank_chars k)
{
    unsigned m = k.n;
    if (r->stars == 0)
        return m == r->n ? score_kept(r, k.b, 0) : 0;
    if (r->stars == 1 && m >= r->n && r->star_first)
        return score_kept(r, k.b, m - r->n) * star_lost(m - r->n);
    if (r->stars == 1 && m >= r->n && r->star_last)
        return score_kept(r, k.b, 0) * star_lost(m - r->n);
    return score_stars_any(r, p, k);
}

/* Are the two cells before i the two characters before j in the other order, and not in this one? */
static inline bool swapped(const struct rank_read *r, const uint8_t *b, unsigned i, unsigned j)
{
    return fits(r, i - 2, b[j - 1]) && fits(r, i - 1, b[j - 2]) && !(fits(r, i - 1, b[j - 1]) && fits(r, i - 2, b[j - 2]));
}

/* Sum over alignments of cells [i0,i1) with true characters [j0,j1). With at most two errors a path leaves the diagonals between
 * start and end only when both lie on one, and then by one: three diagonals at most, f[row][diagonal]. */
#define DIAGONALS 3
struct stretch {
    unsigned i0, i1, j0, j1;
};

static struct rank_lanes score_aligned(const struct rank_read *r, const uint8_t *b, struct stretch s)
{
    struct rank_lanes f[3][DIAGONALS + 2]; /* rows i-2, i-1, i; a zero at both sides */
    int n = (int)(s.i1 - s.i0), m = (int)(s.j1 - s.j0), aside = m == n, low = m < n ? m - n : -aside, high = m > n ? m - n : aside;
    memset(f, 0, sizeof f);
    f[0][1 - low] = lanes_of(1);
    for (int k = 1; low + k <= high && low + k <= m; k++)
        f[0][1 + k] = low + k > 0 ? times(f[0][k], r->lost) : f[0][1 + k];
    for (int i = 1; i <= n; i++) {
        const struct rank_lanes *two = f[(i + 1) % 3], *one = f[(i + 2) % 3];
        struct rank_lanes *now = f[i % 3];
        unsigned cell = s.i0 + (unsigned)i - 1;
        memset(now, 0, sizeof f[0]);
        for (int d = low, k = 1; d <= high; d++, k++) {
            int j = i + d;
            if (j < 0 || j > m)
                continue;
            const uint8_t *at = b + s.j0 + j - 1;
            struct rank_lanes w = plus(times(one[k + 1], r->insert[cell]), times(now[k - 1], r->lost));
            if (j > 0)
                w = plus(w, times(one[k], read_as(r, cell, *at)));
            if (i > 1 && j > 1 && swapped(r, b, cell + 1, s.j0 + (unsigned)j))
                w = plus(w, scaled(times(two[k], r->swap), kept(r, cell - 1, at[0]) * kept(r, cell, at[-1])));
            now[k] = w;
        }
    }
    return f[n % 3][1 + m - n - low];
}

/* A stretch of alignment, and how it was cut. */
struct cut {
    unsigned head, tail, twins; /* characters that fit at both ends; look-alikes among them */
    bool straight;              /* only substitutions are worth looking at */
};

static struct cut cut_ends(const struct rank_read *r, struct rank_chars k)
{
    struct cut c = {0};
    unsigned n = r->n, m = k.n, least = m < n ? m : n, wrong = 0;
    for (unsigned i = 0; m == n && i < n; i++)
        wrong += !fits(r, i, k.b[i]);
    for (; c.head < least && fits(r, c.head, k.b[c.head]); c.head++)
        c.twins += twin(r, c.head, k.b[c.head]);
    for (; c.tail < least - c.head && fits(r, n - 1 - c.tail, k.b[m - 1 - c.tail]); c.tail++)
        c.twins += twin(r, n - 1 - c.tail, k.b[m - 1 - c.tail]);
    c.straight = m == n && (wrong == 1 || (wrong == 2 && n - c.head - c.tail > 4));
    return c;
}

/* Room for a run of equal characters at the seams, where several alignments make the same reading. */
#define SEAM_HEAD 2
#define SEAM_TAIL 1
static float score_errors(const struct rank_read *r, struct rank_chars k)
{
    struct cut c = cut_ends(r, k);
    if (c.straight)
        return score_substituted(r, k.b);
    unsigned head = c.head - (c.head < SEAM_HEAD ? c.head : SEAM_HEAD), tail = c.tail - (c.tail < SEAM_TAIL ? c.tail : SEAM_TAIL);
    float p = r->careless[c.twins];
    for (unsigned i = 0; i < head; i++)
        p *= kept(r, i, k.b[i]);
    for (unsigned i = 0; i < tail; i++)
        p *= kept(r, r->n - 1 - i, k.b[k.n - 1 - i]);
    struct rank_lanes ways = score_aligned(r, k.b, (struct stretch){head, r->n - tail, head, k.n - tail});
    return p * lanes_sum(times(ways, r->share));
}

float rank_score(const struct rank_read *r, const struct pattern *p, struct rank_chars k, unsigned tier)
{
    return tier == 0 ? score_fit(r, p, k) : score_errors(r, k) * r->tier[tier < 2 ? tier : 2];
}

static bool usual(uint8_t byte, uint32_t kinds, unsigned place)
{
    char c = mark_glyph(byte >> 2, byte & 3);
    bool digit = c >= '0' && c <= '9', digits = kinds >> place & 1, others = kinds >> (16 + place) & 1;
    return digits == others || digit == digits;
}

/* Summed over both kinds of readers. */
double rank_spelling(const struct rank_read *r, const struct rank_tree *t, uint32_t kinds)
{
    double careful = 1 - CARELESS, careless = CARELESS;
    for (unsigned i = 0; i < r->n && r->n < RANK_LENGTHS && r->stars == 0; i++) {
        uint8_t b = r->byte[i];
        if (!b || b >= RANK_BYTES || r->keep[i][b & 3] >= 1)
            continue;
        double as_read = 0, other = 0, all = 0;
        for (unsigned v = 0; v < 4; v++) {
            uint8_t byte = (uint8_t)((b & 0xfc) | v);
            double share = t->variant[r->n][i][byte] * (usual(byte, kinds, i) ? 1 : 0.02);
            as_read += byte == b ? share : 0;
            other += byte == b ? 0 : share * r->keep[i][v] / RANK_FLIP;
            all += share;
        }
        as_read = all > 0 ? as_read / all : 0.5;
        other = all > 0 ? other / all : 0.2;
        careful *= as_read * (1 - CAREFUL_FLIP) + other * CAREFUL_FLIP;
        careless *= as_read * (1 - CARELESS_FLIP) + other * CARELESS_FLIP;
    }
    return careful + careless;
}

/* A tier-2 hit that differs in a digit of the last three places: the gun that has the digit as read there and is not
 * registered is as near as this one is, one error away from the reading. */
#define NEIGHBOUR_PLACES 3
#define SUBSTITUTED 0.55f /* share of errors that leave the length as it is: the others have such neighbours too */
#define NEIGHBOUR_SLOTS (9.0f * NEIGHBOUR_PLACES)
float rank_neighbour(const struct rank_read *r, struct rank_chars k, float weight)
{
    const uint8_t *b = k.b;
    unsigned n = r->n;
    if (k.n != n || n < NEIGHBOUR_PLACES)
        return 0;
    float sum = 0;
    for (unsigned i = n - NEIGHBOUR_PLACES; i < n; i++) {
        if (!fits(r, i, b[i]))
            sum += weight / rank_cell(r, i, b[i]);
    }
    return sum * (r->tier[1] / r->tier[2]) / NEIGHBOUR_SLOTS / SUBSTITUTED;
}
