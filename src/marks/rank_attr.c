/* Attributes as evidence: how often each value occurs in the register, and how often it is given wrongly. */
#include "marks/rank.h"
#include "base/arena.h"
#include "domain/terms.h"

#include <math.h>
#include "base/banned.h"

/* Chance that the part is given wrongly (another value than the register's). */
static const float wrong[RANK_ATTR_KINDS] = {0.05f, 0.15f, 0.06f, 0.04f, 0.06f, 0.30f};
#define SHARE_LEAST 0.004f   /* a rarer value is no stronger evidence than this: small counts lie */
#define SMOOTH 3.0f
#define YEARS 8              /* years off that still speak for the gun */
static const float year_off[YEARS] = {0.62f, 0.07f, 0.04f, 0.025f, 0.015f, 0.01f, 0.01f, 0.01f};

/* ---- calibres that are taken for each other: bores less than 0.7 mm apart (9 mm and .38, .45 and .44), gauges ---- */
#define BORE_NEAR 0.7f
#define INCH 25.4f

/* The first number of a calibre's label: ".357 Magnum" in inches, "12 gauge", "9x19 mm" in millimetres. */
static float bore_of(const char *label)
{
    float value = 0, unit = 1;
    bool inch = label[0] == '.', point = inch;
    const char *p = label + inch;
    for (; (*p >= '0' && *p <= '9') || (*p == '.' && !point); p++) {
        point = point || *p == '.';
        if (*p == '.')
            continue;
        value = value * 10 + (float)(*p - '0');
        unit *= point ? 10 : 1;
    }
    if (value <= 0)
        return 0;
    if (inch)
        return value / unit * INCH;
    return strstr(label, "gauge") ? -value : value / unit;
}

static bool near_bore(float a, float b)
{
    float d = a > b ? a - b : b - a;
    return a != 0 && b != 0 && (a < 0) == (b < 0) && (a < 0 || d < BORE_NEAR);
}

static void read_bores(struct rank_attrs *a)
{
    for (unsigned i = 1; i < RANK_CALIBRES; i++)
        a->bore[i] = bore_of(term_label(TERM_CALIBRE, i));
}

enum err rank_attrs_init(struct rank_attrs *a)
{
    memset(a, 0, sizeof *a);
    read_bores(a);
    a->key = mem_alloc(RANK_ATTR_SLOTS, sizeof *a->key);
    a->count = mem_alloc(RANK_ATTR_SLOTS, sizeof *a->count);
    return a->key && a->count ? OK : ERR_MEMORY;
}

void rank_attrs_free(struct rank_attrs *a)
{
    mem_free(a->key);
    mem_free(a->count);
    memset(a, 0, sizeof *a);
}

static uint64_t slot_key(enum rank_attr_kind kind, unsigned make, unsigned value)
{
    return (uint64_t)(kind + 1) << 40 | (uint64_t)(make & 0xffff) << 16 | (value & 0xffff);
}

static uint32_t slot_of(const struct rank_attrs *a, uint64_t key)
{
    uint64_t h = key * 0x9e3779b97f4a7c15ull;
    uint32_t at = (uint32_t)(h >> 40) & (RANK_ATTR_SLOTS - 1);
    while (a->key[at] && a->key[at] != key)
        at = (at + 1) & (RANK_ATTR_SLOTS - 1);
    return at;
}

static void slot_add(struct rank_attrs *a, uint64_t key)
{
    uint32_t at = slot_of(a, key);
    if (!a->key[at]) {
        if (a->used >= RANK_ATTR_SLOTS / 4 * 3)
            return;
        a->key[at] = key;
        a->used++;
    }
    a->count[at]++;
}

static void parts(const struct mark_attr *m, unsigned out[RANK_ATTR_KINDS])
{
    out[RANK_MAKE] = m->make;
    out[RANK_MODEL] = m->model;
    out[RANK_CALIBRE] = m->calibre;
    out[RANK_TYPE] = m->type;
    out[RANK_COUNTRY] = m->country;
    out[RANK_YEAR] = m->year;
}

void rank_attrs_add(struct rank_attrs *a, uint64_t word)
{
    struct mark_attr m = mark_attr_unpack(word);
    unsigned v[RANK_ATTR_KINDS];
    parts(&m, v);
    for (int kind = 0; kind < RANK_ATTR_KINDS; kind++) {
        if (!v[kind])
            continue;
        a->total[kind]++;
        slot_add(a, slot_key((enum rank_attr_kind)kind, 0, v[kind]));
        if (kind != RANK_MAKE && m.make)
            slot_add(a, slot_key((enum rank_attr_kind)kind, m.make, v[kind]));
    }
}

static float counted(const struct rank_attrs *a, uint64_t key)
{
    uint32_t at = slot_of(a, key);
    return a->key[at] ? (float)a->count[at] : 0;
}

float rank_attrs_share(const struct rank_attrs *a, enum rank_attr_kind kind, unsigned make, unsigned value)
{
    float all = (counted(a, slot_key(kind, 0, value)) + 0.5f) / ((float)a->total[kind] + 20);
    if (!make)
        return all;
    float of_make = counted(a, slot_key(RANK_MAKE, 0, make));
    return (counted(a, slot_key(kind, make, value)) + SMOOTH * all) / (of_make + SMOOTH);
}

/* Agreement of a gun's neighbour when the gun agrees in everything: over all ways in which neighbours agree with each other. */
static void kin_init(struct rank_known *k, const struct rank_attrs *a)
{
    double joint = a->kin_all[0], alone = 1, same[1 << RANK_ATTR_KINDS] = {1}; /* same[mask]: agreement of those parts */
    for (unsigned mask = 1; mask < 1u << RANK_ATTR_KINDS; mask++) {
        int first = __builtin_ctz(mask);
        same[mask] = same[mask & (mask - 1)] * (k->share[first] ? k->same[first] : 1);
        joint += a->kin_all[mask] * same[mask];
    }
    for (int kind = 0; kind < RANK_ATTR_KINDS; kind++)
        alone *= k->share[kind] ? a->kin[kind] * k->same[kind] + (1 - a->kin[kind]) : 1;
    k->kin_joint = (float)(joint > alone ? joint / alone : 1);
}

void rank_known_init(struct rank_known *k, const struct rank_attrs *a, const struct mark_attr *known)
{
    unsigned v[RANK_ATTR_KINDS];
    memset(k, 0, sizeof *k);
    k->is = *known;
    k->best = 1;
    parts(known, v);
    for (int kind = 0; kind < RANK_ATTR_KINDS; kind++) {
        if (!v[kind])
            continue;
        float share = rank_attrs_share(a, (enum rank_attr_kind)kind, 0, v[kind]);
        k->count++;
        k->share[kind] = share > SHARE_LEAST ? share : SHARE_LEAST;
        k->other[kind] = wrong[kind];
        k->same[kind] = (1 - wrong[kind]) / k->share[kind] + wrong[kind];
        k->best *= k->same[kind];
    }
    for (int i = 0; known->year && i < YEARS; i++)
        k->year_near[i] = year_off[i] / k->share[RANK_YEAR] + wrong[RANK_YEAR] / 4;
    if (known->year) {
        k->best *= k->year_near[0] / k->same[RANK_YEAR];
        k->same[RANK_YEAR] = k->year_near[0];
        k->other[RANK_YEAR] = wrong[RANK_YEAR] / 4;
    }
    k->bore = a->bore;
    if (k->count)
        kin_init(k, a);
}

static unsigned apart(unsigned a, unsigned b)
{
    return a > b ? a - b : b - a;
}

enum rank_agree rank_known_agree(const struct rank_known *k, enum rank_attr_kind kind, const struct mark_attr *gun)
{
    unsigned known[RANK_ATTR_KINDS], is[RANK_ATTR_KINDS];
    parts(&k->is, known);
    parts(gun, is);
    unsigned a = known[kind], b = is[kind];
    if (!a || !b)
        return AGREE_UNKNOWN;
    if (a == b)
        return AGREE_SAME;
    if (kind == RANK_CALIBRE && near_bore(k->bore[a % RANK_CALIBRES], k->bore[b % RANK_CALIBRES]))
        return AGREE_NEAR;
    return kind == RANK_YEAR && apart(a, b) < YEARS ? AGREE_NEAR : AGREE_OTHER;
}

#define NEAR_CALIBRE 4.0f   /* a near calibre is so many times likelier given than an unrelated one */
#define FOLLOWS_MAKE 0.5f   /* a wrong make takes model and country with it: their disagreement says little more */
static float factor_of(const struct rank_known *k, int kind, enum rank_agree how, const struct mark_attr *gun, bool other_make)
{
    bool follows = other_make && (kind == RANK_MODEL || kind == RANK_COUNTRY);
    switch (how) {
    case AGREE_SAME:
        return k->same[kind];
    case AGREE_NEAR:
        return kind == RANK_YEAR ? k->year_near[apart(gun->year, k->is.year)] : k->other[kind] * NEAR_CALIBRE;
    case AGREE_OTHER:
        return follows ? FOLLOWS_MAKE : k->other[kind];
    case AGREE_UNKNOWN:
        break;
    }
    return 1;
}

float rank_known_factor(const struct rank_known *k, const struct rank_attrs *a, uint64_t word, float *out_kin)
{
    *out_kin = 1;
    if (!k->count)
        return 1;
    struct mark_attr gun = mark_attr_unpack(word);
    float w = 1;
    bool other_make = k->is.make && gun.make && k->is.make != gun.make, apart = false;
    for (int kind = 0; kind < RANK_ATTR_KINDS; kind++) {
        if (!k->share[kind])
            continue;
        enum rank_agree how = rank_known_agree(k, (enum rank_attr_kind)kind, &gun);
        float f = factor_of(k, kind, how, &gun, other_make);
        w *= f;
        *out_kin *= a->kin[kind] * f + (1 - a->kin[kind]);
        apart = apart || how == AGREE_OTHER;
    }
    *out_kin *= apart ? 1 : k->kin_joint;
    return w;
}

/* Chance of the other known parts for a gun of this make (0 = any), relative to their shares. */
static float rest_given(const struct rank_known *k, const struct rank_attrs *a, unsigned make)
{
    unsigned v[RANK_ATTR_KINDS];
    float w = 1;
    parts(&k->is, v);
    for (int kind = RANK_MODEL; kind < RANK_ATTR_KINDS; kind++) {
        if (!k->share[kind])
            continue;
        float here = rank_attrs_share(a, (enum rank_attr_kind)kind, make, v[kind]);
        w *= (1 - wrong[kind]) * here / k->share[kind] + wrong[kind];
    }
    return w;
}

float rank_known_absent(const struct rank_known *k, const struct rank_attrs *a, unsigned make, float share)
{
    if (!k->count)
        return 1;
    if (!make)
        share = 0;
    unsigned given = k->is.make;
    if (!given)
        return share * rest_given(k, a, make) + (1 - share) * rest_given(k, a, 0);
    float m = k->share[RANK_MAKE], given_share = make == given ? share : (1 - share) * m;
    float right = given_share / m * (1 - wrong[RANK_MAKE]) * rest_given(k, a, given);
    return right + (1 - given_share) * wrong[RANK_MAKE] * rest_given(k, a, 0);
}
