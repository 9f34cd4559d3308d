/* Damage for bench_ranking: how the readings of the queries come about, and how likely a reading is under exactly this
 * damage (for the ranker that knows the generator). Nothing here is shared with src/marks: other shapes, other rates. */
#ifndef BENCH_RANKING_DAMAGE_H
#define BENCH_RANKING_DAMAGE_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SERIAL 16 /* at most 15 characters */
#define READING 24

enum query_class {
    CLASS_EXACT, CLASS_LOOKALIKE, CLASS_ONE_ANY, CLASS_TWO_ANY, CLASS_LOOKALIKE_ANY, CLASS_SET, CLASS_LOST_FRONT,
    CLASS_LOST_BACK, CLASS_ONE_ERROR, CLASS_TWO_ERRORS, CLASSES
};
static const char *const class_name[CLASSES] = {"exact", "look-alike", "one ?", "two ?", "look-alike + ?", "one [set]",
    "lost front", "lost back", "one error", "two errors"};

struct damage {
    const char *name;
    double substituted, lost, extra, swapped; /* shares of an error */
    double similar, kind;                     /* substitution: by the table below, same kind; rest: anything */
    const char *const *shapes;                /* "AB": A is read as B (one way) */
    double flip, flip_class;                  /* look-alike written: in passing, and in the look-alike classes */
    double doubled;                           /* an extra character repeats its left neighbour */
    double lost_go_on;                        /* lost ends: chance that one more is lost */
    double wrong_make, wrong_calibre;
};

static const char *const shapes_pairs[] = {"O0", "3B", "8S", "H4", "4H", "Y4", "G0", "6C", "C6", "9S", "59", "95", "2Z", "ZS", "V7",
    "7Y", "UV", "VU", "NM", "MN", "WN", "KX", "XK", "PF", "FP", "EB", "RK", "D0", "0C", NULL};
static const char *const shapes_strokes[] = {"83", "86", "80", "89", "85", "95", "97", "61", "65", "41", "EF", "EC", "EL", "RP", "BP", "BR",
    "WV", "MN", "MV", "GC", "QO", "AV", "KL", "XV", "NI", "HI", "DI", "PI", "T1", "71", "51", "31", "01", "YV", "0C", "0U", NULL};
static const char *const shapes_keys[] = {"12", "21", "23", "32", "45", "54", "56", "65", "78", "87", "89", "98", "14", "41", "47", "74",
    "25", "52", "58", "85", "36", "63", "69", "96", "01", "10", "QW", "WQ", "WE", "EW", "ER", "RE", "RT", "TR", "TY", "YT", "AS", "SA", "SD",
    "DS", "DF", "FD", "FG", "GF", "GH", "HG", "HJ", "JH", "JK", "KJ", "KL", "LK", "ZX", "XZ", "XC", "CX", "CV", "VC", "VB", "BV", "BN", "NB",
    "NM", "MN", "OP", "PO", "UI", "IU", NULL};
static const char *const shapes_hand[] = {"17", "71", "49", "94", "35", "53", "06", "60", "27", "72", "08", "80", "38", "83", "UV", "VU",
    "MN", "NM", "4Y", "Y4", "1J", "J1", "CE", "EC", "FT", "TF", "KH", "HK", "PR", "RP", "XY", "YX", "AH", "HA", NULL};

static const char *const shapes_spoken[] = {"BD", "DB", "PT", "TP", "DT", "TD", "EB", "BE", "VB", "CE", "GE", "PB", "MN", "NM", "FX", "XF", "AH",
    "HA", "AK", "59", "95", "32", "23", "67", "76", "U2", "2U", "Y1", "IY", NULL};

/* A coarse copy fills gaps and joins strokes: what is read has more strokes than what stands there. */
static const char *const shapes_copied[] = {"06", "08", "38", "3B", "58", "56", "68", "98", "90", "69", "C0", "CG", "U0", "PR", "FP", "FE", "E8", "KR", "AR",
    "HB", "HM", "NM", "NH", "VW", "VY", "XK", "YX", "LE", "LU", "TI", "JU", "17", "14", "74", "47", "Z8", "S8", "7Z", NULL};

/* No constant equals the ranker's. "chisel" and "dictated" were written after the constants of a first version of the ranker were
 * fixed, "copied" after those of the present one. */
static const struct damage damages[] = {
    {"even", .25, .25, .25, .25, .00, .30, shapes_pairs, .02, .50, .00, .50, .04, .04},
    {"look-alike", .85, .06, .04, .05, .80, .15, shapes_pairs, .15, .70, .10, .40, .05, .05},
    {"wear", .75, .20, .04, .01, .70, .15, shapes_strokes, .05, .40, .00, .65, .03, .06},
    {"typist", .38, .17, .15, .30, .55, .35, shapes_keys, .01, .40, .60, .45, .07, .03},
    {"handwriting", .65, .15, .10, .10, .65, .25, shapes_hand, .08, .60, .30, .50, .08, .08},
    {"chisel", .60, .30, .02, .08, .30, .55, shapes_strokes, .08, .55, .00, .75, .02, .02},
    {"dictated", .70, .10, .05, .15, .70, .20, shapes_spoken, .01, .35, .20, .35, .10, .05},
    {"copied", .74, .06, .13, .07, .60, .25, shapes_copied, .06, .50, .25, .60, .04, .07},
};
#define DAMAGES (sizeof damages / sizeof damages[0])

/* ---- chance: xorshift64*, own seed ---- */
static uint64_t chance_state = 1;
static uint64_t chance_bits(void)
{
    chance_state ^= chance_state >> 12;
    chance_state ^= chance_state << 25;
    chance_state ^= chance_state >> 27;
    return chance_state * 0x2545f4914f6cdd1dull;
}
static unsigned chance_below(unsigned n)
{
    return (unsigned)((chance_bits() >> 32) * n >> 32);
}
static double chance(void)
{
    return (double)(chance_bits() >> 11) / 9007199254740992.0;
}

/* ---- characters 0..35 ---- */
static const char glyphs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
#define GLYPHS 36
static uint8_t glyph_class[GLYPHS];            /* fold classes, set by damage_init */
static double confused[DAMAGES][GLYPHS][GLYPHS]; /* [true][read], sums to 1 over other classes */
static uint8_t twins[GLYPHS][4], twin_count[GLYPHS];

static int glyph_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c - 'A' + 10;
}

static void confuse(const struct damage *d, double (*out)[GLYPHS])
{
    for (int t = 0; t < GLYPHS; t++) {
        double sum = 0;
        int shapes = 0, kin = 0, others = 0;
        for (int s = 0; d->shapes[s]; s++)
            shapes += glyph_of(d->shapes[s][0]) == t && glyph_class[glyph_of(d->shapes[s][1])] != glyph_class[t];
        for (int r = 0; r < GLYPHS; r++) {
            others += glyph_class[r] != glyph_class[t];
            kin += glyph_class[r] != glyph_class[t] && (r < 10) == (t < 10);
        }
        for (int r = 0; r < GLYPHS; r++) {
            if (glyph_class[r] == glyph_class[t])
                continue;
            double p = (1 - d->similar - d->kind) / others;
            if ((r < 10) == (t < 10))
                p += (d->kind + (shapes ? 0 : d->similar)) / kin;
            for (int s = 0; d->shapes[s]; s++) {
                if (glyph_of(d->shapes[s][0]) == t && glyph_of(d->shapes[s][1]) == r)
                    p += d->similar / shapes;
            }
            out[t][r] = p;
            sum += p;
        }
        for (int r = 0; r < GLYPHS; r++)
            out[t][r] /= sum;
    }
}

static void damage_init(unsigned (*fold)(uint32_t, bool, unsigned *))
{
    for (int i = 0; i < GLYPHS; i++) {
        unsigned v;
        glyph_class[i] = (uint8_t)fold((uint32_t)glyphs[i], false, &v);
    }
    for (int i = 0; i < GLYPHS; i++) {
        for (int j = 0; j < GLYPHS; j++) {
            if (j != i && glyph_class[i] == glyph_class[j])
                twins[i][twin_count[i]++] = (uint8_t)j;
        }
    }
    for (size_t d = 0; d < DAMAGES; d++)
        confuse(&damages[d], confused[d]);
}

static int draw_confused(size_t d, int t)
{
    double x = chance();
    for (int r = 0; r < GLYPHS; r++) {
        x -= confused[d][t][r];
        if (x < 0)
            return r;
    }
    return t == 0 ? 1 : 0;
}

/* ---- making a reading ---- */
static char flipped(char c, double rate)
{
    int g = glyph_of(c);
    return twin_count[g] && chance() < rate ? glyphs[twins[g][chance_below(twin_count[g])]] : c;
}

/* One error on cells; `sealed` marks cells that an earlier error made. */
static bool one_error(const struct damage *d, size_t di, char *s, bool *sealed)
{
    unsigned n = (unsigned)strlen(s);
    double x = chance();
    if (x < d->substituted) {
        unsigned i = chance_below(n);
        if (sealed[i])
            return false;
        s[i] = glyphs[draw_confused(di, glyph_of(s[i]))];
        sealed[i] = true;
    } else if ((x -= d->substituted) < d->lost) {
        unsigned i = chance_below(n);
        if (n < 3 || sealed[i])
            return false;
        memmove(s + i, s + i + 1, n - i);
        memmove(sealed + i, sealed + i + 1, n - i);
    } else if ((x -= d->lost) < d->extra) {
        unsigned i = chance_below(n + 1);
        char c = i && chance() < d->doubled ? s[i - 1] : glyphs[chance_below(GLYPHS)];
        if (n + 1 >= SERIAL)
            return false;
        memmove(s + i + 1, s + i, n - i + 1);
        memmove(sealed + i + 1, sealed + i, n - i);
        s[i] = c;
        sealed[i] = true;
    } else {
        unsigned i = chance_below(n - 1);
        if (sealed[i] || sealed[i + 1] || glyph_class[glyph_of(s[i])] == glyph_class[glyph_of(s[i + 1])])
            return false;
        char t = s[i];
        s[i] = s[i + 1];
        s[i + 1] = t;
        sealed[i] = sealed[i + 1] = true;
    }
    return true;
}

static void flip_all(char *s, double rate)
{
    for (; *s; s++)
        *s = flipped(*s, rate);
}

static void blind(char *s, unsigned n, unsigned how_many)
{
    while (how_many) {
        unsigned i = chance_below(n);
        if (s[i] != '?') {
            s[i] = '?';
            how_many--;
        }
    }
}

static unsigned draw_lost(const struct damage *d, unsigned n)
{
    unsigned lost = 1;
    while (lost + 4 < n && lost < 4 && chance() < d->lost_go_on)
        lost++;
    return lost;
}

static void make_set(char *s, unsigned n, char *out, size_t di)
{
    unsigned i = chance_below(n);
    int t = glyph_of(s[i]), other = draw_confused(di, t);
    bool first = chance() < .5;
    memcpy(out, s, i);
    out[i] = '[';
    out[i + 1] = first ? s[i] : glyphs[other];
    out[i + 2] = first ? glyphs[other] : s[i];
    out[i + 3] = ']';
    memcpy(out + i + 4, s + i + 1, n - i);
}

/* False when the draw cannot be had from this serial (draw again). */
static bool damage_read(size_t di, enum query_class c, const char *serial, char out[READING])
{
    const struct damage *d = &damages[di];
    char s[READING] = {0};
    bool sealed[READING] = {0};
    unsigned n = (unsigned)strlen(serial), twin = 0;
    strcpy(s, serial);
    for (unsigned i = 0; i < n; i++)
        twin += twin_count[glyph_of(serial[i])] > 0;
    bool looks = c == CLASS_LOOKALIKE || c == CLASS_LOOKALIKE_ANY;
    if (looks && !twin)
        return false;
    if (c == CLASS_ONE_ERROR || c == CLASS_TWO_ERRORS) {
        for (int e = 0; e < (c == CLASS_ONE_ERROR ? 1 : 2); e++) {
            if (!one_error(d, di, s, sealed))
                return false;
        }
    }
    if (c != CLASS_EXACT)
        flip_all(s, looks ? d->flip_class : d->flip);
    if (looks && strcmp(s, serial) == 0)
        return false;
    unsigned lost = draw_lost(d, n);
    switch (c) {
    case CLASS_ONE_ANY:
    case CLASS_LOOKALIKE_ANY:
        blind(s, n, 1);
        break;
    case CLASS_TWO_ANY:
        blind(s, n, 2);
        break;
    case CLASS_SET:
        make_set(s, n, out, di);
        return true;
    case CLASS_LOST_FRONT:
        out[0] = '*';
        strcpy(out + 1, s + lost);
        return n > lost + 2;
    case CLASS_LOST_BACK:
        s[n - lost] = '*';
        s[n - lost + 1] = 0;
        strcpy(out, s);
        return n > lost + 2;
    default:
        break;
    }
    strcpy(out, s);
    return true;
}

/* ---- how likely is a reading: the sum over all ways in which this damage makes it ---- */
static double kept(double rate, char truth, char read)
{
    int t = glyph_of(truth);
    if (read == '?')
        return 1;
    if (truth == read)
        return twin_count[t] ? 1 - rate : 1;
    return glyph_class[t] == glyph_class[glyph_of(read)] ? rate / twin_count[t] : 0;
}

/* f[e]: sum over alignments with exactly e errors, e = 0..2. Flipping of substituted characters is left out (1 % of cases). */
static void aligned(size_t di, double rate, const char *q, unsigned n, const char *s, unsigned m, double out[3])
{
    const struct damage *d = &damages[di];
    static double f[3][READING][READING];
    for (int e = 0; e < 3; e++) {
        for (unsigned i = 0; i <= n; i++)
            memset(f[e][i], 0, (m + 1) * sizeof f[e][i][0]);
    }
    for (unsigned i = 0; i <= n; i++) {
        for (unsigned j = i > 2 ? i - 2 : 0; j <= m && j <= i + 2; j++) {
            for (int e = 0; e < 3; e++) {
                double w = i + j + (unsigned)e == 0;
                if (i && j)
                    w += f[e][i - 1][j - 1] * kept(rate, s[j - 1], q[i - 1]);
                if (e && i && j && q[i - 1] != '?')
                    w += f[e - 1][i - 1][j - 1] * d->substituted / m * confused[di][glyph_of(s[j - 1])][glyph_of(q[i - 1])];
                if (e && j)
                    w += f[e - 1][i][j - 1] * d->lost / m;
                if (e && i && q[i - 1] != '?')
                    w += f[e - 1][i - 1][j] * d->extra / (m + 1) *
                         ((1 - (j ? d->doubled : 0)) / GLYPHS + (j && s[j - 1] == q[i - 1] ? d->doubled : 0));
                if (e && i > 1 && j > 1)
                    w += f[e - 1][i - 2][j - 2] * d->swapped / (m - 1) * kept(rate, s[j - 1], q[i - 2]) * kept(rate, s[j - 2], q[i - 1]);
                f[e][i][j] = w;
            }
        }
    }
    out[0] = f[0][n][m];
    out[1] = f[1][n][m];
    out[2] = f[2][n][m] * 2; /* two errors come in either order */
}

static bool every_kept_one(const char *serial)
{
    for (; *serial; serial++) {
        if (twin_count[glyph_of(*serial)])
            return false;
    }
    return true;
}

/* P(reading | serial), classes equally frequent, up to a factor that is the same for all serials. */
static double damage_likelihood(size_t di, const char *q, const char *s)
{
    /* flips in the ends that are left of a serial with lost ends, and in sets: as in passing */
    const struct damage *d = &damages[di];
    unsigned n = (unsigned)strlen(q), m = (unsigned)strlen(s);
    const char *open = strchr(q, '[');
    if (q[0] == '*' || q[n - 1] == '*') {
        unsigned lost = m - (n - 1), more = 1;
        double w = 1;
        if (m < n || lost > 4)
            return 0;
        for (; more < lost; more++)
            w *= d->lost_go_on;
        w *= lost < 4 && lost + 4 < m ? 1 - d->lost_go_on : 1;
        for (unsigned i = 0; i < n - 1; i++)
            w *= q[0] == '*' ? kept(d->flip, s[lost + i], q[i + 1]) : kept(d->flip, s[i], q[i]);
        return w;
    }
    if (open) {
        unsigned at = (unsigned)(open - q);
        double w = 1;
        if (m != n - 3)
            return 0;
        for (unsigned i = 0; i < m; i++)
            w *= i == at ? 1 : kept(d->flip, s[i], i < at ? q[i] : q[i + 3]);
        int a = glyph_of(q[at + 1]), b = glyph_of(q[at + 2]), t = glyph_of(s[at]);
        if (glyph_class[t] == glyph_class[a])
            w *= confused[di][t][b] * (t == a ? 1 : d->flip);
        else if (glyph_class[t] == glyph_class[b])
            w *= confused[di][t][a] * (t == b ? 1 : d->flip);
        else
            w = 0;
        return w;
    }
    double f[3], looks[3];
    unsigned anys = 0;
    for (unsigned i = 0; i < n; i++)
        anys += q[i] == '?';
    aligned(di, d->flip, q, n, s, m, f);
    aligned(di, d->flip_class, q, n, s, m, looks);
    double same = anys == 0 && strcmp(q, s) == 0, look = every_kept_one(s) || same ? 0 : looks[0];
    if (anys == 1)
        return f[0] + look;
    return anys ? f[0] : same + look + f[1] + f[2];
}
#endif
