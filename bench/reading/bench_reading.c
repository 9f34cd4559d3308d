/* How well and how fast marks are read: the real texts whose labels are in tests/labels/police.tsv, and all rows of the two
 * police files. Usage: bench_reading FOLDER (with rj-seizure-items/ and sp-firearms/ inside). */
#include "base/hash.h"
#include "local.h"
#include "marks/read.h"

#define LABELS ATHAR_SOURCE_ROOT "/tests/labels/police.tsv"
#define SAMPLES 5

struct label {
    struct hash text;
    int sample;
    enum mark_status status, second;
    struct hash serials, second_serials;
    bool twice, found;
};
struct labels {
    struct label *l;
    size_t n, cap;
};
struct score {
    unsigned texts, status, serials, of[MARK_STATUS_COUNT], right[MARK_STATUS_COUNT], said[MARK_STATUS_COUNT];
};

static int by_text(const void *a, const void *b)
{
    return memcmp(((const struct label *)a)->text.b, ((const struct label *)b)->text.b, 32);
}

static bool read_label(const char *line, struct label *out)
{
    char text[65], status[16], serials[65], second[16], second_serials[65];
    *out = (struct label){0};
    if (sscanf(line, "%d %64s %15s %64s %15s %64s", &out->sample, text, status, serials, second, second_serials) != 6)
        return false;
    out->twice = mark_status_of(slice_str(second), &out->second) && hex_to(slice_str(second_serials), out->second_serials.b, 32);
    return hex_to(slice_str(text), out->text.b, 32) && mark_status_of(slice_str(status), &out->status) &&
        hex_to(slice_str(serials), out->serials.b, 32) && out->sample > 0 && out->sample < SAMPLES;
}

static void read_labels(struct labels *out)
{
    char line[512];
    FILE *f = fopen(LABELS, "r");
    *out = (struct labels){0};
    while (f && fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            continue;
        if (!mem_grow(&out->l, &out->cap, out->n + 1, 1u << 20, sizeof *out->l) || !read_label(line, &out->l[out->n++]))
            exit(1);
    }
    if (f)
        fclose(f);
    qsort(out->l, out->n, sizeof *out->l, by_text);
}

/* ---- agreement of the two labellings ---- */

static void agreement(const struct labels *ls)
{
    double first[MARK_STATUS_COUNT] = {0}, second[MARK_STATUS_COUNT] = {0}, n = 0, same = 0, serials = 0, chance = 0;
    for (size_t i = 0; i < ls->n; i++) {
        const struct label *l = &ls->l[i];
        if (!l->twice)
            continue;
        n++;
        same += l->status == l->second;
        serials += hash_eq(&l->serials, &l->second_serials);
        first[l->status]++;
        second[l->second]++;
    }
    for (unsigned s = 0; s < MARK_STATUS_COUNT && n > 0; s++)
        chance += first[s] / n * second[s] / n;
    if (n > 0)
        printf("labelled twice: %.0f texts; same status %.2f %%, Cohen's kappa %.3f; same serials %.2f %%\n", n, 100 * same / n,
            (same / n - chance) / (1 - chance), 100 * serials / n);
}

/* ---- the labelled texts ---- */

static struct hash serials_hash(struct slice text, const struct mark_reading *r)
{
    struct buf list;
    struct hash key = hash_prefixed(1, text.p, text.n), out;
    buf_init(&list, 4096);
    for (size_t i = 0; i < r->serial_count; i++) {
        buf_str(&list, i ? " | " : "");
        buf_str(&list, r->serials[i].text);
    }
    hash_hmac(key.b, list.p ? list.p : "", list.n, out.b);
    buf_free(&list);
    return out;
}

static void count_one(struct score *s, const struct label *l, const struct mark_reading *r, bool serials_right)
{
    s->texts++;
    s->status += r->status == l->status;
    s->serials += serials_right;
    s->of[l->status]++;
    s->said[r->status]++;
    s->right[l->status] += r->status == l->status;
}

static void check_text(struct labels *ls, struct slice text, struct score *scores)
{
    struct label key = {.text = hash_of(text.p, text.n)};
    struct label *l = bsearch(&key, ls->l, ls->n, sizeof *ls->l, by_text);
    struct mark_reading r;
    if (!l || l->found)
        return;
    l->found = true;
    mark_read(text, &r);
    struct hash got = serials_hash(text, &r);
    bool right = hash_eq(&got, &l->serials);
    count_one(&scores[l->sample], l, &r, right);
    count_one(&scores[0], l, &r, right);
    if (r.status != l->status || !right)
        printf("  misread (sample %d): \"" SLICE_FMT "\" as %s, label %s%s\n", l->sample, SLICE_ARG(text),
            mark_status_code(r.status), mark_status_code(l->status), right ? "" : ", other serials");
}

static void print_scores(const struct score *scores)
{
    static const char *const names[SAMPLES] = {"all", "1 tuned on (half) and read before", "2 drawn later", "3 drawn later", "4 drawn last"};
    for (unsigned i = 0; i < SAMPLES; i++)
        if (scores[i].texts)
            printf("%-36s %4u texts: status right %.2f %%, serials exactly %.2f %%\n", names[i], scores[i].texts,
                100.0 * scores[i].status / scores[i].texts, 100.0 * scores[i].serials / scores[i].texts);
    for (unsigned s = 0; s < MARK_STATUS_COUNT; s++)
        printf("  %-12s recall %3u of %3u, read as such %3u\n", mark_status_code((enum mark_status)s), scores[0].right[s],
            scores[0].of[s], scores[0].said[s]);
}

/* ---- all rows ---- */

static void all_rows(const struct table *t, size_t column, const char *name)
{
    unsigned count[MARK_STATUS_COUNT] = {0};
    struct mark_reading r;
    uint8_t sum = 0;
    double start = now();
    for (size_t i = 1; i < t->rows; i++) {
        mark_read(cell(t, i, column), &r);
        count[r.status]++;
    }
    double reading = now() - start;
    start = now();
    for (size_t i = 1; i < t->rows; i++)
        sum ^= hash_of(cell(t, i, column).p, cell(t, i, column).n).b[0];
    double hashing = now() - start;
    printf("%s: %zu rows, %.2f us a text (%.1f times a SHA-256 of it, check %u)\n ", name, t->rows - 1,
        1e6 * reading / (double)(t->rows - 1), reading / hashing, sum);
    for (unsigned s = 0; s < MARK_STATUS_COUNT; s++)
        printf(" %s %u", mark_status_code((enum mark_status)s), count[s]);
    printf("\n");
}

static void one_file(struct labels *ls, const char *folder, const char *file, const char *column, struct score *scores)
{
    struct table t;
    if (!table_read(&t, folder, file))
        return;
    firearms_only(&t);
    size_t at = column_of(&t, column);
    for (size_t i = 1; i < t.rows; i++)
        check_text(ls, cell(&t, i, at), scores);
    all_rows(&t, at, file);
    table_free(&t);
}

int main(int argc, char **argv)
{
    struct labels ls;
    struct score scores[SAMPLES] = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    read_labels(&ls);
    agreement(&ls);
    one_file(&ls, argv[1], "rj-seizure-items/rj_seizure_items.csv.gz", "Número de Série", scores);
    one_file(&ls, argv[1], "sp-firearms/sp_armas_2019_2021.csv", "NUMERO_ARMA", scores);
    print_scores(scores);
    mem_free(ls.l);
    return 0;
}
