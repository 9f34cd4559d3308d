/* Makes what both sides of the search benchmark read: queries.tsv (damaged copies of true serials), rows.tsv (the table for the
 * peer: codes and folded serials) and marks.csv (the same firearms for us: the register's first eight columns as they stand).
 * usage: bench_queries REGISTER.csv FOLDER [QUERIES_A_CLASS [SEED]] */
#include "register.h"
#include "marks/pattern.h"
#include "sample/sample_rng.h"

#define GLYPHS 48
#define TRIES 64

struct glyph {
    char text[5];
};
struct word {
    size_t n;
    struct glyph g[GLYPHS];
};
struct gun {
    struct slice serial;
    struct mark_attr attr;
};

static const char letters[] = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";

/* Upper case, without separators. */
static void word_read(struct slice s, struct word *out)
{
    out->n = 0;
    while (s.n && out->n < GLYPHS) {
        uint32_t c;
        size_t n = mark_codepoint(s, &c);
        uint8_t packed[MARK_SPELL];
        struct glyph g = {{0}};
        memcpy(g.text, s.p, n);
        if (n == 1 && c >= 'a' && c <= 'z')
            g.text[0] = (char)(c - 32);
        if (mark_spell(c, false, packed) > 0)
            out->g[out->n++] = g;
        s = slice_of(s.p + n, s.n - n);
    }
}

static void word_text(const struct word *w, char *out)
{
    *out = 0;
    for (size_t i = 0; i < w->n; i++)
        out = stpcpy(out, w->g[i].text);
}

static void word_cut(struct word *w, size_t at, size_t n)
{
    memmove(w->g + at, w->g + at + n, (w->n - at - n) * sizeof *w->g);
    w->n -= n;
}

static void word_insert(struct word *w, size_t at, char c)
{
    memmove(w->g + at + 1, w->g + at, (w->n - at) * sizeof *w->g);
    w->g[at] = (struct glyph){{c}};
    w->n++;
}

static char any_letter(struct rng *r)
{
    return letters[rng_below(r, sizeof letters - 1)];
}

static size_t any_place(struct rng *r, const struct word *w)
{
    return rng_below(r, (uint32_t)w->n);
}

/* ---- damage ---- */
static bool hide(struct rng *r, struct word *w, int count)
{
    while (count > 0) {
        struct glyph *g = &w->g[any_place(r, w)];
        if (g->text[0] == '?')
            continue;
        *g = (struct glyph){"?"};
        count--;
    }
    return true;
}

static bool look_alike(struct rng *r, struct word *w)
{
    static const char from[] = "0O1I2Z5S6G8B", to[] = "O0I1Z2S5G6B8";
    size_t start = any_place(r, w);
    for (size_t k = 0; k < w->n; k++) {
        struct glyph *g = &w->g[(start + k) % w->n];
        const char *p = g->text[1] ? NULL : strchr(from, g->text[0]);
        if (!p)
            continue;
        g->text[0] = to[p - from];
        return true;
    }
    return false;
}

static bool lose(struct rng *r, struct word *w, enum reg_class cls)
{
    size_t lost = 1 + rng_below(r, 3);
    if (w->n < lost + 4)
        return false;
    size_t at = cls == Q_LEADING ? 0 : cls == Q_TRAILING ? w->n - lost : 1 + rng_below(r, (uint32_t)(w->n - lost - 1));
    word_cut(w, at, lost);
    word_insert(w, at, '*');
    return true;
}

/* Substitution one half, deletion a fifth, insertion and transposition the rest. */
static void edit(struct rng *r, struct word *w)
{
    uint32_t kind = rng_below(r, 100);
    size_t at = any_place(r, w);
    if (kind < 50)
        w->g[at] = (struct glyph){{any_letter(r)}};
    else if (kind < 70)
        word_cut(w, at, 1);
    else if (kind < 85)
        word_insert(w, at, any_letter(r));
    else if (at + 1 < w->n) {
        struct glyph g = w->g[at];
        w->g[at] = w->g[at + 1];
        w->g[at + 1] = g;
    }
}

static bool separate(struct rng *r, struct word *w)
{
    word_insert(w, 1 + rng_below(r, (uint32_t)w->n - 1), "- ./"[rng_below(r, 4)]);
    return true;
}

static bool damage(struct rng *r, enum reg_class cls, struct word *w)
{
    switch (cls) {
    case Q_SEPARATORS: return separate(r, w);
    case Q_WILD1: return hide(r, w, 1);
    case Q_WILD2: return hide(r, w, 2);
    case Q_LOOK: return look_alike(r, w);
    case Q_LOOK_WILD: return look_alike(r, w) && hide(r, w, 1);
    case Q_LEADING:
    case Q_TRAILING:
    case Q_INNER: return lose(r, w, cls);
    case Q_ERROR2: edit(r, w); edit(r, w); return w->n >= 4;
    case Q_ERROR1: edit(r, w); return w->n >= 4;
    default: return true;
    }
}

/* ---- writing ---- */
static void fold_text(const struct word *w, char *out)
{
    for (size_t i = 0; i < w->n; i++) {
        uint8_t packed[MARK_SPELL];
        uint32_t c;
        mark_codepoint(slice_str(w->g[i].text), &c);
        unsigned n = mark_spell(c, false, packed);
        if (c == '?' || c == '*')
            *out++ = (char)c;
        else
            for (unsigned k = 0; k < n; k++)
                *out++ = reg_class_char(packed[k] >> 2);
    }
    *out = 0;
}

/* The damage is what its class says: exactly that many errors on the folded key, and it hides nothing else. */
static bool is_true_to_class(enum reg_class cls, const char *pattern, struct slice serial)
{
    struct pattern p;
    struct mark_key key;
    mark_fold(serial, &key, NULL);
    if (pattern_parse(slice_str(pattern), &p, NULL) != OK)
        return false;
    return reg_class_tier[cls] ? pattern_distance(&p, &key, 3) == reg_class_tier[cls] : pattern_fits(&p, &key);
}

static bool write_query(FILE *f, struct rng *r, enum reg_class cls, const struct gun *g, uint32_t row)
{
    struct word w, bare;
    char pattern[256], fold[256], plain[256];
    word_read(g->serial, &w);
    if (w.n < 5 || w.n > MARK_CHARS || !g->attr.make || !g->attr.calibre || !damage(r, cls, &w))
        return false;
    word_text(&w, pattern);
    if (!is_true_to_class(cls, pattern, g->serial))
        return false;
    fold_text(&w, fold);
    if (cls == Q_SEPARATORS)
        word_read(slice_str(pattern), &bare);
    word_text(cls == Q_SEPARATORS ? &bare : &w, plain);
    fprintf(f, "%d\t%s\t%s\t%s\t%u\t%u\t%u\n", (int)cls, pattern, fold, plain, row, g->attr.make, g->attr.calibre);
    return true;
}

static void write_queries(const char *path, const struct gun *gun, uint32_t n, int each, uint64_t seed)
{
    struct rng r;
    FILE *f = fopen(path, "w");
    if (!f)
        reg_die("cannot write", path);
    rng_seed(&r, seed);
    for (int cls = 0; cls < Q_CLASSES; cls++) {
        for (int i = 0; i < each;) {
            uint32_t row = rng_below(&r, n);
            i += write_query(f, &r, (enum reg_class)cls, &gun[row], row + 1);
        }
    }
    fclose(f);
}

static void write_row(FILE *f, const struct gun *g, uint32_t row)
{
    struct word w;
    char bare[256], fold[256];
    word_read(g->serial, &w);
    word_text(&w, bare);
    fold_text(&w, fold);
    fprintf(f, "%u\t%.*s\t%s\t%s\t%u\t%u\n", row, SLICE_ARG(g->serial), bare, fold, g->attr.make, g->attr.calibre);
}

/* Cells stay as they stand in the file; one that holds a comma is quoted again. */
static void write_mark(FILE *out, const struct slice cell[REG_COLUMNS])
{
    for (size_t i = 0; i < REG_COLUMNS; i++) {
        bool quoted = memchr(cell[i].p, ',', cell[i].n) != NULL;
        fprintf(out, quoted ? "\"%.*s\"%c" : "%.*s%c", (int)cell[i].n, cell[i].p, i + 1 < REG_COLUMNS ? ',' : '\n');
    }
}

int main(int argc, char **argv)
{
    char path[4096];
    struct slice cell[REG_COLUMNS];
    if (argc < 3)
        reg_die("usage: bench_queries REGISTER.csv FOLDER [QUERIES_A_CLASS [SEED]]", "");
    struct reg_file f = reg_open(argv[1]);
    struct reg_cache *cache = mem_alloc(1, sizeof *cache);
    struct gun *gun = NULL;
    size_t cap = 0, n = 0;
    snprintf(path, sizeof path, "%s/rows.tsv", argv[2]);
    FILE *rows = fopen(path, "w");
    snprintf(path, sizeof path, "%s/marks.csv", argv[2]);
    FILE *marks = fopen(path, "w");
    if (!rows || !marks || !cache)
        reg_die("cannot write into", argv[2]);
    setvbuf(rows, NULL, _IOFBF, 1 << 20);
    setvbuf(marks, NULL, _IOFBF, 1 << 20);
    fputs("id,make,model,calibre,type,country,serial,year\n", marks);
    while (reg_next(&f, cell)) {
        if (!mem_grow(&gun, &cap, n + 1, UINT32_MAX, sizeof *gun))
            reg_die("no memory", "");
        gun[n] = (struct gun){cell[REG_SERIAL], reg_attr(cache, cell, 0)};
        write_row(rows, &gun[n], (uint32_t)n + 1);
        write_mark(marks, cell);
        n++;
    }
    fclose(rows);
    fclose(marks);
    snprintf(path, sizeof path, "%s/queries.tsv", argv[2]);
    write_queries(path, gun, (uint32_t)n, argc > 3 ? (int)strtol(argv[3], NULL, 10) : 250, argc > 4 ? strtoull(argv[4], NULL, 10) : 1);
    return 0;
}
