/* Included by index_kernel.c once for each width: the batch kernels over KERNEL_W records at a time, one byte lane a record.
 * Records are turned (byte k of all of them side by side), then the pattern is walked cell by cell for all at once.
 * KERNEL_W: 16, 32 or 64; KERNEL_TARGET: function attribute; KERNEL(name): name with the width's suffix. */
typedef uint8_t KERNEL(vec) __attribute__((vector_size(KERNEL_W)));
#define VEC KERNEL(vec)
#define FN static inline KERNEL_TARGET __attribute__((always_inline))

/* A turned batch: row 0 the lengths, row k the k-th characters, zero past the fifteenth. */
struct KERNEL(batch) {
    VEC row[MARK_CHARS + 1];
};

/* Sixteen keys into sixteen rows, by pairing bytes, pairs, quads and halves. */
FN void KERNEL(turn16)(const uint8_t *const key[16], uint8_t (*rows)[KERNEL_W], unsigned at)
{
    v16 a[16], b[16];
    for (unsigned i = 0; i < 16; i++)
        memcpy(&a[i], key[i], 16);
    for (unsigned step = 0; step < 4; step++) { /* each step: zip i with i + 8 */
        for (unsigned i = 0; i < 8; i++) {
            b[2 * i] = ZIP_LOW(a[i], a[i + 8]);
            b[2 * i + 1] = ZIP_HIGH(a[i], a[i + 8]);
        }
        memcpy(a, b, sizeof a);
    }
    for (unsigned i = 0; i < 16; i++)
        memcpy(rows[i] + at, &a[i], 16);
}

FN void KERNEL(load)(const struct record *rec, const uint32_t *rank, size_t first, size_t count, struct KERNEL(batch) *out)
{
    uint8_t rows[16][KERNEL_W] __attribute__((aligned(KERNEL_W)));
    const uint8_t *key[16];
    for (unsigned part = 0; part < KERNEL_W; part += 16) {
        for (unsigned i = 0; i < 16; i++) {
            size_t k = first + part + i < count ? first + part + i : count - 1; /* the last one fills the batch up */
            key[i] = rec[rank ? rank[k] : k].key;
        }
        KERNEL(turn16)(key, rows, part);
    }
    VEC fold = (VEC){0} + (uint8_t)FOLD_MASK;
    for (unsigned i = 0; i < 16; i++) {
        VEC v;
        memcpy(&v, rows[i], KERNEL_W);
        out->row[i] = i ? v & fold : v & 15;
    }
}

FN VEC KERNEL(match)(const struct kcell *c, VEC chars)
{
    VEC none = {0};
    if (c->kind == CELL_ANY)
        return (VEC)(chars != none);
    if (c->kind == CELL_CHAR)
        return (VEC)(chars == c->folded[0]);
    for (unsigned i = 0; i < c->count; i++)
        none |= (VEC)(chars == c->folded[i]);
    return none;
}

FN void KERNEL(store)(VEC v, size_t first, size_t count, uint8_t *out)
{
    uint8_t lanes[KERNEL_W];
    memcpy(lanes, &v, KERNEL_W);
    memcpy(out + first, lanes, count - first < KERNEL_W ? count - first : KERNEL_W);
}

/* ---- fits: reach[j] = the cells so far can end at character j ---- */

FN VEC KERNEL(fits_fixed)(const struct kquery *q, const struct KERNEL(batch) *b)
{
    VEC ok = (VEC)(b->row[0] == (uint8_t)q->n);
    for (unsigned i = 0; i < q->n && i < MARK_CHARS; i++)
        ok &= KERNEL(match)(&q->cell[i], b->row[i + 1]);
    return ok;
}

FN VEC KERNEL(fits_starred)(const struct kquery *q, const struct KERNEL(batch) *b)
{
    VEC reach[MARK_CHARS + 1] = {{0}}, ok = {0};
    reach[0] = ~reach[0];
    for (unsigned i = 0; i < q->n; i++) {
        if (q->cell[i].kind == CELL_STAR) {
            for (unsigned j = 1; j <= MARK_CHARS; j++)
                reach[j] |= reach[j - 1];
            continue;
        }
        for (unsigned j = MARK_CHARS; j > 0; j--)
            reach[j] = reach[j - 1] & KERNEL(match)(&q->cell[i], b->row[j]);
        reach[0] ^= reach[0];
    }
    for (unsigned j = 0; j <= MARK_CHARS; j++)
        ok |= reach[j] & (VEC)(b->row[0] == (uint8_t)j);
    return ok;
}

static KERNEL_TARGET void KERNEL(fits)(
    const struct kquery *q, const struct record *rec, const uint32_t *rank, size_t count, uint8_t *out)
{
    struct KERNEL(batch) b;
    for (size_t first = 0; first < count; first += KERNEL_W) {
        KERNEL(load)(rec, rank, first, count, &b);
        VEC ok = q->starred ? KERNEL(fits_starred)(q, &b) : KERNEL(fits_fixed)(q, &b);
        KERNEL(store)(ok & 1, first, count, out);
    }
}

/* ---- distance: the band of five diagonals (character - cell = -2..2) of the optimal string alignment table, kept as
 * three sets: within 0 (middle diagonal), within 1 (three), within 2 (five). Index d + 2, or d + 1 where three. ---- */

struct KERNEL(band) {
    VEC in0, in1[3], in2[5];
};

FN void KERNEL(band_start)(struct KERNEL(band) *b)
{
    VEC no = {0}, yes = ~no;
    *b = (struct KERNEL(band)){yes, {no, yes, yes}, {no, no, yes, yes, yes}};
}

FN void KERNEL(band_step)(const struct KERNEL(band) *up, const struct KERNEL(band) *up2, const VEC eq[5], const VEC eq_up[5],
    struct KERNEL(band) *out)
{
    VEC swap[3]; /* this cell took the character before, the cell before took this character */
    for (unsigned d = 0; d < 3; d++)
        swap[d] = eq[d] & eq_up[d + 2];
    out->in0 = up->in0 & eq[2];
    out->in1[0] = (up->in1[0] & eq[1]) | up->in0;
    out->in1[1] = (up->in1[1] & eq[2]) | up->in0 | (up2->in0 & swap[1]);
    out->in1[2] = (up->in1[2] & eq[3]) | out->in0;
    out->in2[0] = (up->in2[0] & eq[0]) | up->in1[0];
    out->in2[1] = (up->in2[1] & eq[1]) | up->in1[0] | up->in1[1] | (up2->in1[0] & swap[0]);
    out->in2[2] = (up->in2[2] & eq[2]) | up->in1[1] | up->in1[2] | out->in1[0] | (up2->in1[1] & swap[1]);
    out->in2[3] = (up->in2[3] & eq[3]) | up->in1[2] | out->in1[1] | (up2->in1[2] & swap[2]);
    out->in2[4] = (up->in2[4] & eq[4]) | out->in1[2];
}

FN VEC KERNEL(verdict)(const struct KERNEL(band) *b, VEC length, unsigned n)
{
    VEC d = (VEC){0} + 3; /* each set the lane is in takes one away: a set in a lane is 255 = -1 */
    d += b->in0 & (VEC)(length == (uint8_t)n);
    VEC in1 = {0}, in2 = {0};
    for (unsigned k = 0; k < 3; k++)
        in1 |= b->in1[k] & (VEC)(length == (uint8_t)(n + k - 1));
    for (unsigned k = 0; k < 5; k++)
        in2 |= b->in2[k] & (VEC)(length == (uint8_t)(n + k - 2));
    return d + in1 + in2;
}

FN void KERNEL(eq_row)(const struct kquery *q, const struct KERNEL(batch) *b, unsigned cell, VEC eq[5])
{
    for (unsigned k = 0; k < 5; k++) {
        unsigned at = cell + k; /* character at - 2, from 1; cell from 1 */
        if (at < 3 || at > MARK_CHARS + 2)
            eq[k] = (VEC){0};
        else
            eq[k] = KERNEL(match)(&q->cell[cell - 1], b->row[at - 2]);
    }
}

FN VEC KERNEL(distance_of)(const struct kquery *q, const struct KERNEL(batch) *b)
{
    struct KERNEL(band) band[3];
    VEC eq[2][5] = {{{0}}};
    KERNEL(band_start)(&band[0]);
    memset(&band[2], 0, sizeof band[2]); /* nothing above the first row */
    for (unsigned i = 1; i <= q->n; i++) {
        KERNEL(eq_row)(q, b, i, eq[i & 1]);
        KERNEL(band_step)(&band[(i + 2) % 3], &band[(i + 1) % 3], eq[i & 1], eq[~i & 1], &band[i % 3]);
    }
    return KERNEL(verdict)(&band[q->n % 3], b->row[0], q->n);
}

static KERNEL_TARGET void KERNEL(distance)(
    const struct kquery *q, const struct record *rec, const uint32_t *rank, size_t count, uint8_t *out)
{
    struct KERNEL(batch) b;
    for (size_t first = 0; first < count; first += KERNEL_W) {
        KERNEL(load)(rec, rank, first, count, &b);
        KERNEL(store)(KERNEL(distance_of)(q, &b), first, count, out);
    }
}
#undef FN
#undef VEC
#undef KERNEL
#undef KERNEL_W
#undef KERNEL_TARGET
