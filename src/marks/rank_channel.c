/* The damage channel: how likely a reading is, given what stands on the gun (docs/ranking.md). */
#include "marks/rank_lanes.h"
#include "base/banned.h"

#define CARELESS 0.10       /* readers who take no care of look-alikes, and how often each of both kinds writes one */
#define CARELESS_FLIP 0.50
#define CAREFUL_FLIP 0.05

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

/* The same the other way about: for each class the cells that take it; and where a look-alike weighs less than the character. */
static void read_places(struct rank_read *r)
{
    memset(r->takes, 0, sizeof r->takes);
    r->alike = 0;
    for (unsigned i = 0; i < r->n; i++) {
        for (uint64_t left = r->set[i]; left; left &= left - 1)
            r->takes[__builtin_ctzll(left)] |= 1u << i;
        bool same = true;
        for (unsigned v = 0; v < 4; v++)
            same = same && r->keep[i][v] >= 1;
        r->alike |= same ? 0 : 1u << i;
    }
    r->shared_lost = times(r->share, r->lost);
    r->shared_swap = times(r->share, r->swap);
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
    read_places(r);
}

/* ---- scoring ---- */
float rank_cell(const struct rank_read *r, unsigned i, uint8_t b)
{
    return fits(r, i, b) ? kept(r, i, b) : rank_over_ways(r, &r->wrong[i][r->glyph[b]]);
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

float rank_score(const struct rank_read *r, const struct pattern *p, struct rank_chars k, unsigned tier)
{
    return tier == 0 ? score_fit(r, p, k) : rank_errors(r, k) * r->tier[tier < 2 ? tier : 2];
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
