/* How makes, calibres and types are read, against normalisation tables that others made (and that may not be copied), and the
 * Taurus rule against rows with a known year. Usage: bench_terms FOLDER (with sp-firearms/ inside).
 *
 * Agreement: a spelling and the table's name for it are both read; they agree when both give the same listed code. A table
 * name that is in no list of ours is counted apart. The table merges cartridges that are kept apart here (.32 S&W and .32 S&W Long;
 * .22 Short and Long Rifle), so 100 % is neither expected nor wanted. */
#include "domain/terms.h"
#include "local.h"

struct rate {
    unsigned rows, named, agree, unlisted;
};

static unsigned hint(struct slice types)
{
    const char *comma = types.n ? memchr(types.p, ',', types.n) : NULL;
    struct slice first = comma ? slice_of(types.p, (size_t)(comma - types.p)) : types;
    return term_read(TERM_TYPE, first, 0).number;
}

static void compare(struct rate *r, enum term_list list, struct slice raw, struct slice name, unsigned type)
{
    struct term a = term_read(list, raw, type), b = term_read(list, name, type);
    if (name.n == 0)
        return;
    r->rows++;
    r->named += b.answer == TERM_LISTED;
    r->agree += b.answer == TERM_LISTED && a.answer == TERM_LISTED && a.number == b.number;
    r->unlisted += b.answer == TERM_LISTED && a.answer == TERM_UNLISTED;
}

static void table_rate(const char *folder, const char *file, enum term_list list, const char *what)
{
    struct table t;
    struct rate r = {0};
    if (!table_read(&t, folder, file))
        return;
    for (size_t i = 1; i < t.rows; i++)
        compare(&r, list, cell(&t, i, 0), cell(&t, i, 1), list == TERM_CALIBRE ? hint(cell(&t, i, 2)) : 0);
    printf("%-9s %4u spellings, %4u with a name we list: same code %.1f %%, not in list %.1f %%, other code %.1f %%\n", what, r.rows,
        r.named, 100.0 * r.agree / r.named, 100.0 * r.unlisted / r.named,
        100.0 * (r.named - r.agree - r.unlisted) / r.named);
    table_free(&t);
}

/* ---- as rows weigh them ---- */

static void row_answers(const struct table *t, const char *column, enum term_list list, const char *type_column)
{
    static const char *const names[] = {"empty", "unknown", "none", "not in list", "listed"};
    size_t at = column_of(t, column), type_at = column_of(t, type_column);
    unsigned count[5] = {0};
    double start = now();
    for (size_t i = 1; i < t->rows; i++)
        count[term_read(list, cell(t, i, at), 0).answer]++;
    double plain = now() - start;
    for (size_t i = 1; i < t->rows; i++) /* the same with the type, for the eye: .32 divides */
        (void)term_read(list, cell(t, i, at), term_read(TERM_TYPE, cell(t, i, type_at), 0).number);
    printf("%-16s", column);
    for (unsigned i = 0; i < 5; i++)
        printf(" %s %.1f %%,", names[i], 100.0 * count[i] / (double)(t->rows - 1));
    printf(" %.2f us a value\n", 1e6 * plain / (double)(t->rows - 1));
}

/* ---- Taurus ---- */

static size_t letters_before(struct slice s)
{
    size_t n = 0;
    while (n < s.n && ((s.p[n] >= 'A' && s.p[n] <= 'Z') || (s.p[n] >= 'a' && s.p[n] <= 'z')))
        n++;
    return n;
}

static void taurus(const struct table *t)
{
    size_t serial = column_of(t, "numero_original"), year = column_of(t, "ano_fabricacao_padrao2"),
           month = column_of(t, "mes_fabricacao_padrao2"), final = column_of(t, "ano_fabricacao_final");
    unsigned rows[4] = {0}, agree[4] = {0}, agree_final[4] = {0};
    for (size_t i = 1; i < t->rows; i++) {
        struct slice s = cell(t, i, serial), y = cell(t, i, year);
        struct taurus_date d;
        size_t letters = letters_before(s);
        if (y.n == 0 || letters < 2 || letters > 3)
            continue;
        rows[letters]++;
        if (!term_taurus_date(s, &d))
            continue;
        bool same_year = d.year == (int)strtod(y.p, NULL);
        agree[letters] += same_year && (letters == 3 || d.month == (int)strtod(cell(t, i, month).p, NULL));
        agree_final[letters] += cell(t, i, final).n && d.year == (int)strtod(cell(t, i, final).p, NULL);
    }
    printf("Taurus, two letters: year and month agree in %u of %u rows\n", agree[2], rows[2]);
    printf("Taurus, three letters: year agrees in %u of %u rows (with the later correction in %u)\n", agree[3], rows[3], agree_final[3]);
}

static void hot(void)
{
    static const char *const values[] = {"TAURUS", "Smith & Wesson", "glock", "Forjas Taurus S.A.", "IMBEL", "Amadeo Rossi"};
    double times[101];
    unsigned sum = 0;
    for (unsigned k = 0; k < 101; k++) {
        double start = now();
        for (unsigned i = 0; i < 1000; i++)
            sum += term_read(TERM_MAKE, slice_str(values[(i + k) % 6]), 0).number;
        times[k] = now() - start;
    }
    for (unsigned i = 0; i < 101; i++)
        for (unsigned k = i + 1; k < 101; k++)
            if (times[k] < times[i]) {
                double x = times[i];
                times[i] = times[k];
                times[k] = x;
            }
    printf("known makes: median %.0f ns a reading (check %u)\n", times[50] * 1e6, sum);
}

int main(int argc, char **argv)
{
    struct table t;
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    table_rate(argv[1], "sp-firearms/depara_4_marca.csv", TERM_MAKE, "makes");
    table_rate(argv[1], "sp-firearms/depara_2_calibre.csv", TERM_CALIBRE, "calibres");
    table_rate(argv[1], "sp-firearms/depara_1_tipo.csv", TERM_TYPE, "types");
    if (table_read(&t, argv[1], "sp-firearms/sp_armas_2019_2021.csv")) {
        row_answers(&t, "MARCA_ARMA", TERM_MAKE, "DESCR_ARMA_FOGO");
        row_answers(&t, "CALIBRE_ARMA", TERM_CALIBRE, "DESCR_ARMA_FOGO");
        row_answers(&t, "DESCR_ARMA_FOGO", TERM_TYPE, "DESCR_ARMA_FOGO");
        taurus(&t);
        table_free(&t);
    }
    if (table_read(&t, argv[1], "rj-seizure-items/rj_seizure_items.csv.gz")) {
        firearms_only(&t);
        row_answers(&t, "Marca", TERM_MAKE, "Tipo");
        row_answers(&t, "Calibre", TERM_CALIBRE, "Tipo");
        row_answers(&t, "País", TERM_COUNTRY, "Tipo");
        table_free(&t);
    }
    hot();
    return 0;
}
