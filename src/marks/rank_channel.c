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

/* ---- what is the same for all queries ---- */
static void init_ways(struct rank_channel *c)
{
    double all = 0;
    c->error = (float)(rank_error_share[0][1] / rank_error_share[0][0] / RANK_ERROR_LENGTH);
    c->share = c->lost = c->swap = c->extra = c->extra_doubled = c->extra_unread = lanes_of(0);
    for (int way = 0; way < RANK_WAYS; way++)
        all += rank_beliefs[way].share;
    for (int way = 0; way < RANK_WAYS; way++) {
        const struct rank_belief *b = &rank_beliefs[way];
        double any = (1 - b->doubled) / 20;
        rank_lane_set(&c->share, way, (float)(b->share / all));
        rank_lane_set(&c->lost, way, (float)(c->error * b->lost));
        rank_lane_set(&c->swap, way, (float)(c->error * b->swapped));
        rank_lane_set(&c->extra, way, (float)(c->error * b->extra * any));
        rank_lane_set(&c->extra_doubled, way, (float)(c->error * b->extra * (b->doubled / 2 + any)));
        rank_lane_set(&c->extra_unread, way, (float)(c->error * b->extra * 0.5));
    }
}

/* careless[twins][k]: what k look-alikes written of so many are worth beside the independent ones of keep[]. */
static void init_care(struct rank_channel *c)
{
    double swing = (1 - RANK_FLIP) / RANK_FLIP, careful_first = 1 - CARELESS, careless_first = CARELESS;
    for (unsigned twins = 0; twins <= RANK_CELLS; twins++) {
        double careful = careful_first, careless = careless_first;
        for (unsigned k = 0; k <= RANK_CELLS; k++) {
            c->careless[twins][k] = (float)(careful + careless);
            careful *= k < twins ? CAREFUL_FLIP / (1 - CAREFUL_FLIP) * swing : 1;
            careless *= k < twins ? CARELESS_FLIP / (1 - CARELESS_FLIP) * swing : 1;
        }
        careful_first *= (1 - CAREFUL_FLIP) / (1 - RANK_FLIP);
        careless_first *= (1 - CARELESS_FLIP) / (1 - RANK_FLIP);
    }
}

void rank_channel_init(struct rank_channel *c)
{
    rank_shapes_init(c);
    init_ways(c);
    init_care(c);
}

/* ---- a query ---- */
static bool doubles(const struct rank_read *r, unsigned i)
{
    return (i > 0 && r->byte[i - 1] == r->byte[i]) || (i + 1 < r->n && r->byte[i + 1] == r->byte[i]);
}

static void read_errors(struct rank_read *r, bool careful)
{
    const double *share = rank_error_share[careful];
    r->error = r->channel->error;
    double one = r->error * (r->n ? r->n : 1), two = one * one / 2; /* mass of all single and double errors as built ... */
    two *= r->n > 1 ? (r->n - 1.0) / r->n : 1;           /* ... in two different places */
    r->tier[0] = 1;
    r->tier[1] = (float)(share[1] / share[0] / one);
    r->tier[2] = (float)(share[2] / share[0] / two);
}

/* For each class the cells that take it; and where a look-alike weighs less than the character. */
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
}

void rank_read_ways(struct rank_read *r)
{
    const struct rank_channel *c = r->channel;
    if (r->ways)
        return;
    r->ways = true;
    r->share = c->share;
    r->lost = c->lost;
    r->swap = c->swap;
    r->shared_lost = times(r->share, r->lost);
    r->shared_swap = times(r->share, r->swap);
    for (unsigned i = 0; i < r->n; i++)
        r->insert[i] = !r->byte[i] ? c->extra_unread : doubles(r, i) ? c->extra_doubled : c->extra;
    read_places(r);
}

void rank_read_init(struct rank_read *r, const struct rank_channel *c, const struct pattern *p)
{
    unsigned n = 0, twins = 0;
    r->channel = c;
    r->glyph = c->glyph;
    r->ways = false;
    r->stars = p->stars;
    r->star_first = p->count > 0 && p->cells[0].kind == CELL_STAR;
    r->star_last = p->count > 0 && p->cells[p->count - 1].kind == CELL_STAR;
    for (size_t i = 0; i < p->count && n < RANK_CELLS; i++) {
        const struct cell *cell = &p->cells[i];
        if (cell->kind == CELL_STAR)
            continue;
        unsigned byte = cell->kind == CELL_CHAR ? (unsigned)cell->cls << 2 | cell->variant : 0;
        bool known = byte && byte < RANK_BYTES;
        r->set[n] = cell->set;
        r->byte[n] = (uint8_t)byte;
        r->keep[n] = known ? c->keep[byte] : c->any;
        r->wrong[n] = byte ? c->wrong[c->glyph[byte]] : c->not_of_set;
        twins += known && r->keep[n][byte & 3] < 1;
        n++;
    }
    r->n = n;
    r->careless = c->careless[twins];
    read_errors(r, p->anys + p->sets + p->stars > 0);
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

static bool usual(bool digit, uint32_t kinds, unsigned place)
{
    bool digits = kinds >> place & 1, others = kinds >> (16 + place) & 1;
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
            double share = t->variant[r->n][i][byte] * (usual(r->glyph[byte] < 10, kinds, i) ? 1 : 0.02);
            as_read += byte == b ? share : 0;
            other += byte == b ? 0 : share * r->keep[i][v] * (1 / RANK_FLIP);
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
