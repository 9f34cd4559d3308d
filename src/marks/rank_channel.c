/* The damage channel: how likely a reading is, given what stands on the gun (docs/ranking.md). */
#include "marks/rank.h"
#include "base/banned.h"

#define CARELESS 0.25       /* readers who take no care of look-alikes, and how often each of both kinds writes one */
#define CARELESS_FLIP 0.50
#define CAREFUL_FLIP 0.03
#define NOT_OF_SET 0.0006f  /* the true character is none of those a set names */

/* ---- a query ---- */
static void read_set(struct rank_read *r, const struct rank_channel *c, const struct cell *cell, unsigned i, unsigned *sets)
{
    if (*sets == RANK_SETS)
        return;
    float *row = r->sets[(*sets)++];
    for (int t = 0; t < RANK_BYTES; t++)
        row[t] = cell->set >> (t >> 2) & 1 ? 1 : NOT_OF_SET;
    for (int way = 0; way < RANK_WAYS; way++)
        r->way[way].row[i] = row;
}

static bool doubles(const struct rank_read *r, unsigned i)
{
    return r->byte[i] && ((i > 0 && r->byte[i - 1] == r->byte[i]) || (i + 1 < r->n && r->byte[i + 1] == r->byte[i]));
}

static void read_way(struct rank_read *r, struct rank_way *w, const struct rank_belief *b)
{
    w->lost = (float)(r->error * b->lost);
    w->swap = (float)(r->error * b->swapped);
    for (unsigned i = 0; i < r->n; i++) {
        double of = r->byte[i] ? (doubles(r, i) ? b->doubled / 2 : 0) + (1 - b->doubled) / 20 : 0.5;
        w->insert[i] = (float)(r->error * b->extra * of);
    }
}

static void read_errors(struct rank_read *r, bool careful)
{
    const double *share = rank_error_share[careful];
    r->error = (float)(rank_error_share[0][1] / rank_error_share[0][0] / RANK_ERROR_LENGTH);
    double one = r->error * (r->n ? r->n : 1), two = one * one / 2; /* mass of all single and double errors as built */
    r->tier[0] = 1;
    r->tier[1] = (float)(share[1] / share[0] / one);
    r->tier[2] = (float)(share[2] / share[0] / two);
    for (int way = 0; way < RANK_WAYS; way++)
        read_way(r, &r->way[way], &rank_beliefs[way]);
}

/* careless[k]: what k look-alikes written are worth beside the independent ones of emit[]. */
static void read_care(struct rank_read *r, const struct rank_channel *c)
{
    unsigned twins = 0;
    for (unsigned i = 0; i < r->n; i++)
        twins += r->byte[i] && r->byte[i] < RANK_BYTES && c->emit[0][r->byte[i]][r->byte[i]] < 1;
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
    unsigned sets = 0;
    r->n = 0;
    r->stars = p->stars;
    r->star_first = p->count > 0 && p->cells[0].kind == CELL_STAR;
    r->star_last = p->count > 0 && p->cells[p->count - 1].kind == CELL_STAR;
    for (size_t i = 0; i < p->count && r->n < RANK_CELLS; i++) {
        const struct cell *cell = &p->cells[i];
        if (cell->kind == CELL_STAR)
            continue;
        unsigned at = r->n++;
        r->set[at] = cell->set;
        r->byte[at] = 0;
        for (int way = 0; way < RANK_WAYS; way++)
            r->way[way].row[at] = c->any;
        if (cell->kind == CELL_CHAR) {
            r->byte[at] = (uint8_t)(cell->cls << 2 | cell->variant);
            for (int way = 0; way < RANK_WAYS; way++)
                r->way[way].row[at] = r->byte[at] < RANK_BYTES ? c->emit[way][r->byte[at]] : c->any;
        } else if (cell->kind == CELL_SET) {
            read_set(r, c, cell, at, &sets);
        }
    }
    read_errors(r, p->anys + p->sets + p->stars > 0);
    read_care(r, c);
}

/* ---- scoring ---- */
static inline float true_byte(const float *row, uint8_t b)
{
    return row[b < RANK_BYTES ? b : RANK_BYTES - 1];
}

static inline bool fits(const struct rank_read *r, unsigned i, uint8_t b)
{
    return r->set[i] >> (b >> 2) & 1;
}

static float score_straight(const struct rank_read *r, const struct rank_way *w, const uint8_t *b, unsigned from)
{
    float p = 1;
    unsigned twins = 0;
    for (unsigned i = 0; i < r->n; i++) {
        uint8_t apart = r->byte[i] ^ b[from + i];
        p *= true_byte(w->row[i], b[from + i]);
        twins += apart && apart < 4;
    }
    return p * r->careless[twins];
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
                    g[j + 1] = f[j] * true_byte(r->way[0].row[cell], k.b[j]);
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
        return m == r->n ? score_straight(r, &r->way[0], k.b, 0) : 0;
    if (r->stars == 1 && m >= r->n && r->star_first)
        return score_straight(r, &r->way[0], k.b, m - r->n) * star_lost(m - r->n);
    if (r->stars == 1 && m >= r->n && r->star_last)
        return score_straight(r, &r->way[0], k.b, 0) * star_lost(m - r->n);
    return score_stars_any(r, p, k);
}

/* Are the two cells before i the two characters before j in the other order, and not in this one? */
static inline bool swapped(const struct rank_read *r, const uint8_t *b, unsigned i, unsigned j)
{
    return fits(r, i - 2, b[j - 1]) && fits(r, i - 1, b[j - 2]) && !(fits(r, i - 1, b[j - 1]) && fits(r, i - 2, b[j - 2]));
}

/* Sum over alignments of cells [i0,i1) with true characters [j0,j1), at most BAND apart. */
#define BAND 2
static float score_aligned(const struct rank_read *r, const struct rank_way *way, const uint8_t *b, unsigned i0, unsigned i1,
    unsigned j0, unsigned j1)
{
    float f[3][RANK_CELLS + 2]; /* rows i-2, i-1, i */
    unsigned m = j1 - j0, n = i1 - i0;
    float *two = f[0], *one = f[1], *now = f[2];
    memset(f, 0, sizeof f);
    for (unsigned i = 0; i <= n; i++) {
        unsigned lo = i > BAND ? i - BAND : 0, hi = i + BAND < m ? i + BAND : m;
        memset(now, 0, sizeof f[0]);
        for (unsigned j = lo; j <= hi; j++) {
            float w = i == 0 && j == 0 ? 1 : 0;
            if (i && j)
                w += one[j - 1] * true_byte(way->row[i0 + i - 1], b[j0 + j - 1]);
            if (i)
                w += one[j] * way->insert[i0 + i - 1];
            if (j)
                w += now[j - 1] * way->lost;
            if (i > 1 && j > 1 && swapped(r, b, i0 + i, j0 + j))
                w += two[j - 2] * way->swap * true_byte(way->row[i0 + i - 2], b[j0 + j - 1]) *
                     true_byte(way->row[i0 + i - 1], b[j0 + j - 2]);
            now[j] = w;
        }
        float *t = two;
        two = one;
        one = now;
        now = t;
    }
    return one[m];
}

static inline unsigned twin(const struct rank_read *r, unsigned i, uint8_t b)
{
    uint8_t apart = r->byte[i] ^ b;
    return apart && apart < 4;
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
static float score_way(const struct rank_read *r, const struct rank_way *w, struct rank_chars k, struct cut c)
{
    if (c.straight)
        return score_straight(r, w, k.b, 0);
    unsigned head = c.head - (c.head < SEAM_HEAD ? c.head : SEAM_HEAD), tail = c.tail - (c.tail < SEAM_TAIL ? c.tail : SEAM_TAIL);
    float p = score_aligned(r, w, k.b, head, r->n - tail, head, k.n - tail);
    for (unsigned i = 0; i < head; i++)
        p *= true_byte(w->row[i], k.b[i]);
    for (unsigned i = 0; i < tail; i++)
        p *= true_byte(w->row[r->n - 1 - i], k.b[k.n - 1 - i]);
    return p * r->careless[c.twins];
}

float rank_score(const struct rank_read *r, const struct pattern *p, struct rank_chars k, unsigned tier)
{
    if (tier == 0)
        return score_fit(r, p, k);
    struct cut c = cut_ends(r, k);
    float sum = 0;
    for (int way = 0; way < RANK_WAYS; way++)
        sum += score_way(r, &r->way[way], k, c);
    return sum / RANK_WAYS * r->tier[tier < 2 ? tier : 2];
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
        if (!b || b >= RANK_BYTES || r->way[0].row[i][b] >= 1)
            continue;
        double as_read = 0, other = 0, all = 0;
        for (unsigned v = 0; v < 4; v++) {
            uint8_t byte = (uint8_t)((b & 0xfc) | v);
            double share = t->variant[r->n][i][byte] * (usual(byte, kinds, i) ? 1 : 0.02);
            as_read += byte == b ? share : 0;
            other += byte == b ? 0 : share * r->way[0].row[i][byte] / RANK_FLIP;
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
            sum += weight * RANK_WAYS / (true_byte(r->way[RANK_EYE].row[i], b[i]) + true_byte(r->way[RANK_HAND].row[i], b[i]));
    }
    return sum * (r->tier[1] / r->tier[2]) / NEIGHBOUR_SLOTS / SUBSTITUTED;
}
