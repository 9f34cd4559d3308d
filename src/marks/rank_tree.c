/* Background model: what serials look like in this register. A tree of beginnings learnt from a sorted sample; each node
 * counts how often a beginning was seen. The chance of an unseen continuation is what absolute discounting leaves
 * (Ney, Essen, Kneser 1994), so that a beginning seen once does not make every other gun look impossible. Past the leaves
 * each place is a digit or not as it was in the leaf. */
#include "marks/rank.h"
#include "base/bits.h"
#include "base/arena.h"

#include <math.h>
#include "base/banned.h"

#define SPLIT 24          /* a node with fewer sampled serials stays a leaf */
#define DISCOUNT 0.7
#define NODES_MAX (1u << 22)
#define VISITS_MAX 600    /* a pattern with many '?' early: past this the tree is left for the averages */
#define VISITS_STARRED 60 /* the same for each length that a '*' allows */
#define FLOOR 0.002       /* a character where its kind was never seen */
#define BORROWED 0.03     /* and how much of the place's overall habits is mixed in */

static uint64_t folded(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return __builtin_bswap64(v);
}

int rank_sample_cmp(const void *a, const void *b)
{
    const struct rank_sample *x = a, *y = b;
    if (x->key.b[0] != y->key.b[0])
        return x->key.b[0] < y->key.b[0] ? -1 : 1;
    uint64_t p = folded(x->key.b) & 0x00fcfcfcfcfcfcfcull, q = folded(y->key.b) & 0x00fcfcfcfcfcfcfcull;
    if (p == q) {
        p = folded(x->key.b + 8) & 0xfcfcfcfcfcfcfcfcull;
        q = folded(y->key.b + 8) & 0xfcfcfcfcfcfcfcfcull;
    }
    return p < q ? -1 : p > q;
}

static bool digit_byte(uint8_t b)
{
    char c = mark_glyph(b >> 2, b & 3);
    return c >= '0' && c <= '9';
}

/* ---- building: breadth first; range[i] is the part of the sample under node i ---- */
struct growth {
    struct rank_tree *t;
    const struct rank_sample *s;
    struct range {
        uint32_t from, depth;
    } *range;
    size_t range_cap;
    bool digit[256];
};

static bool node_add(struct growth *g, uint32_t from, uint32_t count, uint32_t depth)
{
    struct rank_tree *t = g->t;
    if (!mem_grow(&t->node, &t->cap, t->count + 1, NODES_MAX, sizeof *t->node) ||
        !mem_grow(&g->range, &g->range_cap, t->count + 1, NODES_MAX, sizeof *g->range))
        return false;
    t->node[t->count] = (struct rank_node){.count = count};
    g->range[t->count] = (struct range){from, depth};
    t->count++;
    return true;
}

static bool node_split(struct growth *g, size_t at)
{
    struct range r = g->range[at];
    uint32_t end = r.from + g->t->node[at].count;
    g->t->node[at].child = (uint32_t)g->t->count;
    for (uint32_t i = r.from; i < end;) {
        uint8_t cls = g->s[i].key.b[r.depth + 1] >> 2;
        uint32_t to = i + 1;
        while (to < end && g->s[to].key.b[r.depth + 1] >> 2 == cls)
            to++;
        g->t->node[at].mask |= 1ull << cls;
        if (!node_add(g, i, to - i, r.depth + 1))
            return false;
        i = to;
    }
    return true;
}

/* Commonest make by majority vote (Boyer, Moore 1981), then counted. */
static void leaf_learn(struct growth *g, size_t at)
{
    struct rank_node *n = &g->t->node[at];
    uint32_t from = g->range[at].from, end = from + n->count, votes = 0, same = 0;
    for (uint32_t i = from; i < end; i++) {
        const uint8_t *b = g->s[i].key.b;
        uint16_t make = mark_attr_unpack(g->s[i].attr).make;
        for (unsigned j = 0; j < b[0] && j < MARK_CHARS; j++)
            n->kinds |= g->digit[b[j + 1]] ? 1u << j : 0x10000u << j;
        n->make = votes ? n->make : make;
        votes += n->make == make ? 1 : votes ? -1u : 1;
    }
    for (uint32_t i = from; i < end; i++)
        same += mark_attr_unpack(g->s[i].attr).make == n->make;
    n->make_share = n->make && n->count ? (uint16_t)(65535.0 * same / n->count) : 0;
}

static void inner_learn(struct rank_tree *t, struct rank_node *n)
{
    unsigned children = (unsigned)bits_set(n->mask);
    double best = 0, same = 0;
    for (unsigned i = 0; i < children; i++) {
        const struct rank_node *c = &t->node[n->child + i];
        double weight = (double)c->count * c->make_share;
        n->kinds |= c->kinds;
        if (weight > best) {
            best = weight;
            n->make = c->make;
        }
    }
    for (unsigned i = 0; i < children; i++) {
        const struct rank_node *c = &t->node[n->child + i];
        same += c->make == n->make ? (double)c->count * c->make_share : 0;
    }
    n->make_share = n->count ? (uint16_t)(same / n->count) : 0;
}

static void learn_places(struct rank_tree *t, const struct rank_sample *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t *b = s[i].key.b;
        for (unsigned j = 0; j < b[0] && j < MARK_CHARS; j++) {
            uint8_t v = b[j + 1] < RANK_BYTES ? b[j + 1] : RANK_BYTES - 1;
            t->unigram[b[0]][j][v >> 2]++;
            t->variant[b[0]][j][v]++;
        }
    }
    for (unsigned l = 0; l < RANK_LENGTHS; l++) {
        double all = t->root[l] ? t->node[t->root[l]].count : 0;
        for (unsigned j = 0; j < MARK_CHARS; j++) {
            for (unsigned v = 0; v < RANK_BYTES; v++)
                t->variant[l][j][v] = (t->variant[l][j][v] + 0.25f) / (t->unigram[l][j][v >> 2] + 1);
            for (unsigned c = 0; c < MARK_CLASSES; c++)
                t->unigram[l][j][c] = (float)((t->unigram[l][j][c] + 0.3) / (all + 0.3 * MARK_CLASSES));
        }
    }
}

static bool grow(struct growth *g, size_t n)
{
    struct rank_tree *t = g->t;
    if (!node_add(g, 0, 0, 0)) /* node 0 stands for "none" */
        return false;
    for (size_t i = 0; i < n;) {
        size_t to = i + 1;
        unsigned l = g->s[i].key.b[0];
        while (to < n && g->s[to].key.b[0] == l)
            to++;
        t->root[l < RANK_LENGTHS ? l : 0] = (uint32_t)t->count;
        if (!node_add(g, (uint32_t)i, (uint32_t)(to - i), 0))
            return false;
        i = to;
    }
    for (size_t at = 1; at < t->count; at++) {
        unsigned l = g->s[g->range[at].from].key.b[0];
        if (t->node[at].count >= SPLIT && g->range[at].depth < l && !node_split(g, at))
            return false;
    }
    return true;
}

static uint64_t digit_classes(void)
{
    uint64_t set = 0;
    for (char c = '0'; c <= '9'; c++) {
        unsigned variant;
        set |= 1ull << mark_class((uint32_t)c, false, &variant);
    }
    return set;
}

enum err rank_tree_build(struct rank_tree *t, const struct rank_sample *s, size_t n)
{
    struct growth g = {.t = t, .s = s};
    memset(t, 0, sizeof *t);
    for (int b = 0; b < 256; b++)
        g.digit[b] = b < RANK_BYTES && digit_byte((uint8_t)b);
    bool ok = grow(&g, n);
    for (size_t at = t->count; ok && at-- > 1;) {
        if (t->node[at].child)
            inner_learn(t, &t->node[at]);
        else
            leaf_learn(&g, at);
    }
    if (ok)
        learn_places(t, s, n);
    t->sampled = n;
    t->digits = digit_classes();
    mem_free(g.range);
    return ok ? OK : ERR_MEMORY;
}

void rank_tree_free(struct rank_tree *t)
{
    mem_free(t->node);
    memset(t, 0, sizeof *t);
}

/* ---- asking ---- */
struct walk {
    const struct rank_tree *t;
    unsigned n;
    uint64_t set[MARK_CHARS]; /* classes that fit at each place */
    unsigned open;            /* places past it fit anything */
    unsigned visits, most;    /* most: past it the averages answer */
    double sum, best;
    const struct rank_node *where;
    double fit[3][MARK_CHARS]; /* of each place, where nodes below have seen digits only, others only, or both or neither */
};
enum { SEEN_DIGITS, SEEN_OTHERS, SEEN_ANY };

static double places_share(const struct walk *w, unsigned at, uint64_t set)
{
    double sum = 0;
    for (uint64_t m = set & ((1ull << MARK_CLASSES) - 1); m; m &= m - 1)
        sum += w->t->unigram[w->n][at][__builtin_ctzll(m)];
    return sum;
}

static void weigh_places(struct walk *w)
{
    for (unsigned i = 0; i < w->n; i++) {
        unsigned classes = bits_set(w->set[i]);
        if (classes >= MARK_CLASSES - 1) {
            w->fit[SEEN_DIGITS][i] = w->fit[SEEN_OTHERS][i] = w->fit[SEEN_ANY][i] = 1;
            continue;
        }
        double here = places_share(w, i, w->set[i]), digits = bits_set(w->set[i] & w->t->digits) * (1 / 10.0), others = classes * (1 / 24.0);
        w->fit[SEEN_DIGITS][i] = digits > 0 ? (1 - BORROWED) * digits + BORROWED * here : FLOOR;
        w->fit[SEEN_OTHERS][i] = (1 - BORROWED) * (others < 1 ? others : 1) * 0.7 + (BORROWED + 0.3 * (1 - BORROWED)) * here;
        w->fit[SEEN_ANY][i] = here > FLOOR ? here : FLOOR;
    }
}

/* Probability of the rest of the serial where the tree has no more to say. */
static double rest_share(const struct walk *w, const struct rank_node *n, unsigned from)
{
    double p = 1;
    for (unsigned i = from; i < w->n; i++) {
        bool digit = n->kinds >> i & 1, other = n->kinds >> (16 + i) & 1;
        p *= w->fit[digit == other ? SEEN_ANY : digit ? SEEN_DIGITS : SEEN_OTHERS][i];
    }
    return p;
}

static void found(struct walk *w, const struct rank_node *n, double p)
{
    w->sum += p;
    if (p > w->best) {
        w->best = p;
        w->where = n;
    }
}

static void walk_from(struct walk *w, const struct rank_node *n, unsigned depth, double p)
{
    if (depth >= w->open || !n->child || ++w->visits > w->most) {
        found(w, n, p * rest_share(w, n, depth));
        return;
    }
    uint64_t set = w->set[depth], here = n->mask & set;
    double types = bits_set(n->mask), left = DISCOUNT * types / n->count;
    double unseen = bits_set(set) >= MARK_CLASSES - 1 ? 1 : places_share(w, depth, set & ~n->mask);
    found(w, n, p * left * unseen * rest_share(w, n, depth + 1));
    for (; here; here &= here - 1) {
        unsigned cls = (unsigned)__builtin_ctzll(here);
        const struct rank_node *c = &w->t->node[n->child + (unsigned)bits_set(n->mask & ((1ull << cls) - 1))];
        walk_from(w, c, depth + 1, p * (c->count - DISCOUNT) / n->count);
    }
}

static struct rank_density walk_all(struct walk *w)
{
    struct rank_density d = {0};
    uint32_t root = w->t->root[w->n];
    for (w->open = w->n; w->open && bits_set(w->set[w->open - 1]) >= MARK_CLASSES - 1;)
        w->open--; /* the last cells say nothing */
    if (!w->t->sampled)
        return d;
    if (!root) { /* no serial of this length: half a one among the sampled, spread evenly */
        d.share = 0.5 / (double)w->t->sampled;
        for (unsigned i = 0; i < w->n; i++)
            d.share *= bits_set(w->set[i]) >= MARK_CLASSES - 1 ? 1 : 0.05;
        return d;
    }
    const struct rank_node *n = &w->t->node[root];
    weigh_places(w);
    walk_from(w, n, 0, (double)n->count / (double)w->t->sampled);
    d.share = w->sum;
    if (w->where) {
        d.make = w->where->make;
        d.make_share = w->where->make_share / 65535.0f;
        d.kinds = w->where->kinds;
    }
    return d;
}

struct rank_density rank_tree_density(const struct rank_tree *t, const struct pattern *p)
{
    struct walk w = {.t = t, .most = VISITS_MAX};
    for (size_t i = 0; i < p->count && w.n < MARK_CHARS; i++) {
        if (p->cells[i].kind != CELL_STAR)
            w.set[w.n++] = p->cells[i].kind == CELL_ANY ? ~0ull : p->cells[i].set;
    }
    return walk_all(&w);
}

struct rank_density rank_tree_key(const struct rank_tree *t, const struct mark_key *k)
{
    struct walk w = {.t = t, .most = VISITS_MAX, .n = k->b[0] < MARK_CHARS ? k->b[0] : MARK_CHARS};
    for (unsigned i = 0; i < w.n; i++)
        w.set[i] = 1ull << (k->b[i + 1] >> 2);
    return walk_all(&w);
}

/* Cells before and after the only '*', and as many unknown ones between as the length leaves. */
static double starred_length(const struct rank_tree *t, const struct pattern *p, unsigned l)
{
    struct walk w = {.t = t, .n = l, .most = VISITS_STARRED};
    unsigned n = (unsigned)p->count - 1, at = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct cell *cell = &p->cells[i];
        for (unsigned lost = cell->kind == CELL_STAR ? l - n : 0; lost; lost--)
            w.set[at++] = ~0ull;
        if (cell->kind != CELL_STAR)
            w.set[at++] = cell->kind == CELL_ANY ? ~0ull : cell->set;
    }
    return walk_all(&w).share;
}

double rank_tree_starred(const struct rank_tree *t, const struct pattern *p)
{
    double sum = 0;
    for (unsigned l = (unsigned)p->count - 1; l < RANK_LENGTHS && t->sampled; l++) {
        if (t->root[l])
            sum += starred_length(t, p, l);
    }
    return sum;
}

static double loose_length(const struct rank_tree *t, const struct pattern *p, unsigned l)
{
    double f[MARK_CHARS + 1] = {1};
    struct walk w = {.t = t, .n = l};
    for (size_t c = 0; c < p->count; c++) {
        const struct cell *cell = &p->cells[c];
        if (cell->kind == CELL_STAR) {
            for (unsigned j = 1; j <= l; j++)
                f[j] += f[j - 1];
            continue;
        }
        for (unsigned j = l; j > 0; j--)
            f[j] = f[j - 1] * (cell->kind == CELL_ANY ? 1 : places_share(&w, j - 1, cell->set));
        f[0] = 0;
    }
    return f[l] < 1 ? f[l] : 1;
}

double rank_tree_loose(const struct rank_tree *t, const struct pattern *p)
{
    double sum = 0;
    for (unsigned l = 1; l < RANK_LENGTHS && t->sampled; l++) {
        if (t->root[l])
            sum += loose_length(t, p, l) * t->node[t->root[l]].count / (double)t->sampled;
    }
    return sum;
}
