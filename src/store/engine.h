/* The database engine behind ten verbs, and one more that an engine may have. Callers above this line know statements (store/table_*.c) and no engine; a second
 * engine is another table of these verbs. Text placeholders are $1, $2 ...; SQL text is constant.
 *
 * Values are integers and byte strings only: texts, hashes and ids are all BLOB/BYTEA, so that ordering is binary on every
 * engine. A statement is prepared once an engine and found again by its address.
 *
 * Inside a writer's transaction an engine may gather rows of an INSERT before it sends them; an error is then told by a later verb
 * of the same transaction, at the latest by commit. */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H
#include "base/err.h"

enum engine_mode { ENGINE_READ, ENGINE_WRITE };

struct statement {
    const char *sql;
    bool many; /* may give more rows than memory should hold at once */
};
struct value {
    bool is_int, is_null;
    int64_t i;
    struct slice b; /* borrowed until the statement is reset */
};
#define V_INT(v) ((struct value){.is_int = true, .i = (int64_t)(v)})
#define V_BLOB(ptr, len) ((struct value){.b = {(const char *)(ptr), (len)}})
#define V_SLICE(s) ((struct value){.b = (s)})
#define V_NULL ((struct value){.is_null = true})

/* The rows of one derived table, in the order of its primary key, none twice. One thread of the engine's choosing goes through
 * them, other tables' may be gone through meanwhile. */
#define LOAD_COLUMNS 16
struct load {
    const char *table;
    size_t columns; /* at most LOAD_COLUMNS */
    enum err (*begin)(void *arg); /* once, before next */
    bool (*next)(void *arg, struct value *out); /* false: no more; slices are good until the next call */
    void *arg;
};

struct engine;
struct rows; /* a running statement; one at a time a statement */

struct engine_verbs {
    enum err (*open)(const char *where, enum engine_mode mode, struct engine **out, struct fault *f);        /* 1 */
    void (*close)(struct engine *e);                                                                         /* 2 */
    enum err (*script)(struct engine *e, const char *sql, struct fault *f);                                  /* 3: schema */
    enum err (*begin)(struct engine *e, struct fault *f);                                                    /* 4 */
    enum err (*commit)(struct engine *e, struct fault *f);                                                   /* 5: durable when it returns */
    void (*rollback)(struct engine *e);                                                                      /* 6 */
    enum err (*start)(struct engine *e, const struct statement *s, const struct value *in, size_t n,
        struct rows **out, struct fault *f);                                                                 /* 7 */
    enum err (*next)(struct rows *r, struct value *out, size_t n, bool *more, struct fault *f);              /* 8 */
    void (*stop)(struct rows *r);                                                                            /* 9 */
    enum err (*tend)(struct engine *e, bool now, struct fault *f); /* 10: between commits: recent ones are moved into the tables, when they are many or now */
    /* Begins a transaction in which the derived tables hold these rows and nothing else (tables that are not named are empty). Its
     * commit shows them to readers, all at once; its rollback brings back what was. NULL: the engine has no better way than
     * statements. */
    enum err (*renew)(struct engine *e, const struct load *tables, size_t n, struct fault *f);
};
extern const struct engine_verbs engine_sqlite; /* where: the path of a file */
extern const struct engine_verbs engine_file;   /* SQLite, one file with tables of its own: no log and nothing derived. where: its path */
extern const struct engine_verbs engine_pg;     /* where: a connection string of libpq */

struct engine {
    const struct engine_verbs *verbs;
};
/* A statement without rows: start, one next, stop. */
enum err engine_run(struct engine *e, const struct statement *s, const struct value *in, size_t n, struct fault *f);
/* A statement with at most one row: *found tells. Slices are valid until *rows is stopped by engine_stop. */
enum err engine_one(struct engine *e, const struct statement *s, const struct value *in, size_t n, struct value *out,
    size_t out_n, bool *found, struct rows **rows, struct fault *f);
#endif
