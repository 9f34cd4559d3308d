/* The peer's side of the search benchmark: PostgreSQL as a good engineer would set it up, each class of damage by several forms
 * of SQL, prepared, over a Unix socket. usage: bench_pg CONNINFO rows.tsv QUERIES.tsv OUT.json
 * rows.tsv is read by the server. bench/search/run.sh starts and stops the server. */
#include "register.h"

#include <libpq-fe.h>

#define SECONDS 12.0 /* for one form of one class, unless BENCH_SECONDS says otherwise; a third of it to warm up before */
#define PARAMS 8
#define PARAM_BYTES 65536
#define LATIN "0123456789ABCDEFGHIJKLMNOPQ" /* folded classes of digits and Latin letters */

struct pg {
    PGconn *c;
    FILE *out;
    struct reg_query *q;
    size_t queries;
    double seconds;
};

static PGresult *check(struct pg *p, PGresult *r, const char *what)
{
    ExecStatusType s = PQresultStatus(r);
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK) {
        fprintf(stderr, "%s\n%s\n", what, PQerrorMessage(p->c));
        exit(1);
    }
    return r;
}

static void run_sql(struct pg *p, const char *sql)
{
    PQclear(check(p, PQexec(p->c, sql), sql));
}

/* ---- loading ---- */
static const struct {
    const char *name, *sql;
} load_steps[] = {
    {"btree serial", "CREATE INDEX guns_serial ON guns (serial)"},
    {"btree bare", "CREATE INDEX guns_bare ON guns (bare)"},
    {"btree fold", "CREATE INDEX guns_fold ON guns (fold)"},
    {"btree reverse", "CREATE INDEX guns_reverse ON guns (reverse(fold))"},
    {"gin trgm", "CREATE INDEX guns_trgm ON guns USING gin (fold gin_trgm_ops)"},
    {"primary key", "ALTER TABLE guns ADD PRIMARY KEY (id)"},
};

static double timed(struct pg *p, const char *sql)
{
    int64_t start = time_mono_ns();
    run_sql(p, sql);
    return reg_seconds(start);
}

static long long number(struct pg *p, const char *sql)
{
    PGresult *r = check(p, PQexec(p->c, sql), sql);
    long long v = strtoll(PQgetvalue(r, 0, 0), NULL, 10);
    PQclear(r);
    return v;
}

static void load(struct pg *p, const char *rows)
{
    char sql[4400];
    run_sql(p, "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE EXTENSION IF NOT EXISTS fuzzystrmatch; DROP TABLE IF EXISTS guns");
    run_sql(p, "BEGIN; CREATE TABLE guns (id int NOT NULL, make int, calibre int, serial text COLLATE \"C\", bare text COLLATE \"C\", "
               "fold text COLLATE \"C\")");
    snprintf(sql, sizeof sql, "COPY guns (id, serial, bare, fold, make, calibre) FROM '%s'", rows);
    double total = timed(p, sql);
    run_sql(p, "COMMIT");
    fprintf(p->out, "{\"load\":[{\"step\":\"copy\",\"s\":%.3f,\"bytes\":%lld}", total, number(p, "SELECT pg_table_size('guns')"));
    for (size_t i = 0; i < sizeof load_steps / sizeof *load_steps; i++) {
        long long before = number(p, "SELECT pg_indexes_size('guns')");
        double s = timed(p, load_steps[i].sql);
        total += s;
        fprintf(p->out, ",\n{\"step\":\"%s\",\"s\":%.3f,\"bytes\":%lld}", load_steps[i].name, s, number(p, "SELECT pg_indexes_size('guns')") - before);
    }
    run_sql(p, "VACUUM (ANALYZE) guns");
    run_sql(p, "CREATE EXTENSION IF NOT EXISTS pg_prewarm");
    run_sql(p, "SELECT pg_prewarm(c.oid::regclass) FROM pg_class c WHERE relname LIKE 'guns%'");
    fprintf(p->out, "],\"load_s\":%.3f,\"version\":\"%s\",\n\"forms\":[\n", total, PQparameterStatus(p->c, "server_version"));
    fprintf(stderr, "  loaded and indexed in %.1f s\n", total);
}

/* ---- parameters of a form for one query ---- */
struct params {
    int n, variant; /* variant 1: the reversed statement, or the fallback */
    char text[PARAMS][PARAM_BYTES];
};
typedef bool (*fill)(const struct reg_query *q, struct params *p);

static void like_text(const char *fold, char *out)
{
    for (; *fold; fold++)
        *out++ = *fold == '?' ? '_' : *fold == '*' ? '%' : *fold;
    *out = 0;
}

static void reversed(const char *s, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = s[n - 1 - i];
    out[n] = 0;
}

static bool fill_bare(const struct reg_query *q, struct params *p)
{
    p->n = 1;
    strcpy(p->text[0], q->bare);
    return true;
}

static bool fill_fold(const struct reg_query *q, struct params *p)
{
    p->n = 1;
    strcpy(p->text[0], q->fold);
    return true;
}

static bool fill_like(const struct reg_query *q, struct params *p)
{
    p->n = 1;
    like_text(q->fold, p->text[0]);
    return true;
}

static bool fill_like_both(const struct reg_query *q, struct params *p)
{
    p->n = 2;
    like_text(q->fold, p->text[0]);
    reversed(p->text[0], strlen(p->text[0]), p->text[1]);
    return true;
}

/* The longer readable end as a range: all texts that begin (or, reversed, end) with it. */
static bool fill_range(const struct reg_query *q, struct params *p)
{
    size_t n = strlen(q->fold), head = strcspn(q->fold, "?*"), tail = 0;
    while (tail < n && q->fold[n - 1 - tail] != '?' && q->fold[n - 1 - tail] != '*')
        tail++;
    p->n = 3;
    p->variant = tail > head;
    if (p->variant)
        reversed(q->fold + n - tail, tail, p->text[0]);
    else
        snprintf(p->text[0], PARAM_BYTES, "%.*s", (int)head, q->fold);
    snprintf(p->text[1], PARAM_BYTES, "%s~", p->text[0]);
    like_text(q->fold, p->text[2]);
    return true;
}

static char *put_item(char *out, const char *s)
{
    *out++ = ',';
    return stpcpy(out, s);
}

/* Every text the pattern can stand for, over digits and Latin letters. */
static char *enumerate(char *text, char *out)
{
    char *hole = strchr(text, '?');
    if (!hole)
        return put_item(out, text);
    for (const char *c = LATIN; *c; c++) {
        *hole = *c;
        out = enumerate(text, out);
    }
    *hole = '?';
    return out;
}

static bool fill_enum(const struct reg_query *q, struct params *p)
{
    char text[64];
    strcpy(text, q->fold);
    p->n = 1;
    char *end = enumerate(text, p->text[0]);
    p->text[0][0] = '{';
    strcpy(end, "}");
    return true;
}

/* Every text one edit away, over digits and Latin letters. */
static bool fill_neighbours(const struct reg_query *q, struct params *p)
{
    char text[80], *out = p->text[0];
    const char *s = q->fold;
    size_t n = strlen(s);
    for (size_t i = 0; i <= n; i++) {
        for (const char *c = LATIN; *c; c++) {
            snprintf(text, sizeof text, "%.*s%c%s", (int)i, s, *c, s + i);
            out = put_item(out, text);
            snprintf(text, sizeof text, "%.*s%c%s", (int)i, s, *c, i < n ? s + i + 1 : "");
            if (i < n)
                out = put_item(out, text);
        }
        snprintf(text, sizeof text, "%.*s%s", (int)i, s, i < n ? s + i + 1 : "");
        if (i < n)
            out = put_item(out, text);
        if (i + 1 < n) {
            snprintf(text, sizeof text, "%.*s%c%c%s", (int)i, s, s[i + 1], s[i], s + i + 2);
            out = put_item(out, text);
        }
    }
    p->n = 1;
    p->text[0][0] = '{';
    strcpy(out, "}");
    return true;
}

/* One error leaves one half whole; two leave the beginning, the end or the middle whole. $1 the text, then the ranges. */
static void fill_ends(const char *s, size_t n, size_t end, struct params *p)
{
    strcpy(p->text[0], s);
    snprintf(p->text[1], PARAM_BYTES, "%.*s", (int)end, s);
    snprintf(p->text[2], PARAM_BYTES, "%s~", p->text[1]);
    reversed(s + n - end, end, p->text[3]);
    snprintf(p->text[4], PARAM_BYTES, "%s~", p->text[3]);
}

static bool fill_halves(const struct reg_query *q, struct params *p)
{
    size_t n = strlen(q->fold);
    p->n = 5;
    fill_ends(q->fold, n, n / 2, p);
    return true;
}

static bool fill_pieces(const struct reg_query *q, struct params *p)
{
    size_t n = strlen(q->fold), end = n / 3;
    while (end > 1 && n - 2 * end < 3)
        end--;
    p->n = 6;
    fill_ends(q->fold, n, end, p);
    snprintf(p->text[5], PARAM_BYTES, "%%%.*s%%", (int)(n - 2 * end), q->fold + end);
    return true;
}

/* ---- forms ---- */
#define IN(c) (1u << (c))
#define WILD (IN(Q_WILD1) | IN(Q_WILD2) | IN(Q_LOOK_WILD))
#define LOST (IN(Q_LEADING) | IN(Q_TRAILING) | IN(Q_INNER))
#define ENDS "((fold >= $2::text AND fold < $3::text) OR (reverse(fold) >= $4::text AND reverse(fold) < $5::text)"
#define NEAR(k) "levenshtein_less_equal(fold, $1::text, " k ") <= " k
static const struct form {
    const char *name;
    unsigned classes;
    const char *where[2]; /* [1]: variant 1 */
    fill fill;
    bool custom;          /* plan each query anew (LIKE with parameters needs the value) */
    bool by_distance;     /* order by edit distance from $1 */
    int workers;
    const char *threshold; /* of pg_trgm, or NULL */
} forms[] = {
    {"= on bare", IN(Q_EXACT) | IN(Q_SEPARATORS), {"bare = $1::text"}, fill_bare, false, false, 0, NULL},
    {"= on fold", IN(Q_EXACT) | IN(Q_SEPARATORS) | IN(Q_LOOK), {"fold = $1::text"}, fill_fold, false, false, 0, NULL},
    {"LIKE, planner's choice", WILD | LOST, {"fold LIKE $1::text"}, fill_like, true, false, 0, NULL},
    {"LIKE both ways", WILD | LOST, {"fold LIKE $1::text AND reverse(fold) LIKE $2::text"}, fill_like_both, true, false, 0, NULL},
    {"range of the longer end", WILD | LOST,
        {"fold >= $1::text AND fold < $2::text AND fold LIKE $3::text",
            "reverse(fold) >= $1::text AND reverse(fold) < $2::text AND fold LIKE $3::text"},
        fill_range, false, false, 0, NULL},
    {"IN list of all readings", WILD, {"fold = ANY ($1::text[])"}, fill_enum, false, false, 0, NULL},
    {"IN list of neighbours", IN(Q_ERROR1), {"fold = ANY ($1::text[])"}, fill_neighbours, false, false, 0, NULL},
    {"halves", IN(Q_ERROR1), {ENDS ") AND " NEAR("2")}, fill_halves, false, true, 0, NULL},
    {"trgm 0.4", IN(Q_ERROR1), {"fold % $1::text AND " NEAR("2")}, fill_fold, false, true, 0, "0.4"},
    {"trgm 0.3", IN(Q_ERROR1) | IN(Q_ERROR2), {"fold % $1::text AND " NEAR("3")}, fill_fold, false, true, 0, "0.3"},
    {"trgm 0.2", IN(Q_ERROR2), {"fold % $1::text AND " NEAR("3")}, fill_fold, false, true, 0, "0.2"},
    {"trgm 0.15", IN(Q_ERROR2), {"fold % $1::text AND " NEAR("3")}, fill_fold, false, true, 0, "0.15"},
    {"trgm 0.12", IN(Q_ERROR2), {"fold % $1::text AND " NEAR("3")}, fill_fold, false, true, 0, "0.12"},
    {"ends and middle", IN(Q_ERROR2), {ENDS " OR fold LIKE $6::text) AND " NEAR("3")}, fill_pieces, true, true, 0, NULL},
    {"ends and middle, 2 workers", IN(Q_ERROR2), {ENDS " OR fold LIKE $6::text) AND " NEAR("3")}, fill_pieces, true, true, 2, NULL},
    {"seq scan", IN(Q_ERROR1), {NEAR("2")}, fill_fold, false, true, 0, NULL},
    {"seq scan, 2 workers", IN(Q_ERROR1), {NEAR("2")}, fill_fold, false, true, 2, NULL},
    {"seq scan", IN(Q_ERROR2), {NEAR("3")}, fill_fold, false, true, 0, NULL},
    {"seq scan, 2 workers", IN(Q_ERROR2), {NEAR("3")}, fill_fold, false, true, 2, NULL},
};

static void prepare_one(struct pg *p, const struct form *f, int variant, int n, bool known)
{
    char sql[2048], name[16], agree[128] = "", order[256] = "";
    if (!f->where[variant])
        return;
    if (known)
        snprintf(agree, sizeof agree, "(make = $%d::int)::int + (calibre = $%d::int)::int", n + 1, n + 2);
    if (f->by_distance)
        snprintf(order, sizeof order, "ORDER BY levenshtein(fold, $1::text)%s%s", known ? " - " : "", known ? agree : "");
    else if (known)
        snprintf(order, sizeof order, "ORDER BY %s DESC", agree);
    snprintf(sql, sizeof sql, "SELECT id FROM guns WHERE %s %s LIMIT 50", f->where[variant], order);
    snprintf(name, sizeof name, "q%d", variant);
    PQclear(check(p, PQprepare(p->c, name, sql, 0, NULL), sql));
    snprintf(sql, sizeof sql, "SELECT 1 FROM guns WHERE id = $%d::int AND %s", n + 1, f->where[variant]);
    snprintf(name, sizeof name, "r%d", variant);
    PQclear(check(p, PQprepare(p->c, name, sql, 0, NULL), sql));
}

static void prepare(struct pg *p, const struct form *f, int n, bool known)
{
    char sql[256];
    run_sql(p, "DEALLOCATE ALL");
    snprintf(sql, sizeof sql, "SET plan_cache_mode = %s; SET max_parallel_workers_per_gather = %d; SET pg_trgm.similarity_threshold = %s",
        f->custom ? "force_custom_plan" : "force_generic_plan", f->workers, f->threshold ? f->threshold : "0.3");
    run_sql(p, sql);
    prepare_one(p, f, 0, n, known);
    prepare_one(p, f, 1, n, known);
}

struct measured {
    size_t n, in50, in_set, in10;
    double us[REG_QUERIES];
};

static void run_query(struct pg *p, const struct form *f, const struct reg_query *q, bool known, struct measured *m)
{
    static struct params a;
    const char *value[PARAMS + 2];
    char make[8], calibre[8], truth[16], name[4] = "q0";
    a.variant = 0;
    f->fill(q, &a);
    for (int i = 0; i < a.n; i++)
        value[i] = a.text[i];
    snprintf(make, sizeof make, "%u", q->known.make);
    snprintf(calibre, sizeof calibre, "%u", q->known.calibre);
    value[a.n] = make;
    value[a.n + 1] = calibre;
    name[1] = (char)('0' + a.variant);
    int64_t start = time_mono_ns();
    PGresult *r = PQexecPrepared(p->c, name, a.n + (known ? 2 : 0), value, NULL, NULL, 0);
    m->us[m->n++] = (double)(time_mono_ns() - start) / 1e3;
    check(p, r, f->name);
    for (int i = 0; i < PQntuples(r); i++) {
        bool hit = strtoul(PQgetvalue(r, i, 0), NULL, 10) == q->truth;
        m->in50 += hit;
        m->in10 += hit && i < 10;
    }
    PQclear(r);
    snprintf(truth, sizeof truth, "%u", q->truth);
    value[a.n] = truth;
    name[0] = 'r';
    r = check(p, PQexecPrepared(p->c, name, a.n + 1, value, NULL, NULL, 0), "recall");
    m->in_set += PQntuples(r) > 0;
    PQclear(r);
}

static void pass(struct pg *p, const struct form *f, enum reg_class cls, bool known, double seconds, struct measured *m)
{
    int64_t start = time_mono_ns();
    *m = (struct measured){0};
    for (size_t i = 0; i < p->queries && reg_seconds(start) < seconds; i++)
        if (p->q[i].cls == cls)
            run_query(p, f, &p->q[i], known, m);
}

static int param_count(const struct form *f, const struct reg_query *q)
{
    static struct params a;
    f->fill(q, &a);
    return a.n;
}

static void run_form(struct pg *p, const struct form *f, enum reg_class cls, bool known)
{
    static struct measured m;
    size_t first = 0;
    while (first < p->queries && p->q[first].cls != cls)
        first++;
    if (first == p->queries)
        return;
    prepare(p, f, param_count(f, &p->q[first]), known);
    pass(p, f, cls, known, p->seconds / 3, &m);
    pass(p, f, cls, known, p->seconds, &m);
    double n = (double)m.n, p99 = reg_quantile(m.us, m.n, 0.99), median = reg_quantile(m.us, m.n, 0.5);
    fprintf(p->out, "{\"class\":\"%s\",\"form\":\"%s\",\"known\":%d,\"n\":%zu,\"median_us\":%.1f,\"p99_us\":%.1f,\"in50\":%.4f,\"in10\":%.4f,\"recall\":%.4f},\n",
        reg_class_name[cls], f->name, known, m.n, median, p99, (double)m.in50 / n, (double)m.in10 / n, (double)m.in_set / n);
    fprintf(stderr, "  %-16s %-28s known=%d n %4zu median %10.1f us  p99 %10.1f us  in 50 %.3f  recall %.3f\n", reg_class_name[cls], f->name, known,
        m.n, median, p99, (double)m.in50 / n, (double)m.in_set / n);
}

int main(int argc, char **argv)
{
    static struct reg_query queries[REG_QUERIES];
    struct pg p = {.q = queries};
    if (argc != 5)
        reg_die("usage: bench_pg CONNINFO rows.tsv QUERIES.tsv OUT.json", "");
    const char *seconds = getenv("BENCH_SECONDS");
    p.seconds = seconds ? strtod(seconds, NULL) : SECONDS;
    p.queries = reg_queries(argv[3], queries, REG_QUERIES);
    p.out = fopen(argv[4], "w");
    p.c = PQconnectdb(argv[1]);
    if (!p.out || PQstatus(p.c) != CONNECTION_OK)
        reg_die("cannot connect", PQerrorMessage(p.c));
    load(&p, argv[2]);
    for (int cls = 0; cls < Q_CLASSES; cls++)
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
            for (int known = 0; known < 2 && (forms[i].classes & IN(cls)); known++)
                run_form(&p, &forms[i], (enum reg_class)cls, known);
    fprintf(p.out, "{}]}\n");
    fclose(p.out);
    PQfinish(p.c);
    return 0;
}
