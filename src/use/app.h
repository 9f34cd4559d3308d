/* What a running program holds, start to stop: one data directory, the index over it, clock, randomness, languages. Use
 * cases get it; tests set its clock and randomness, so that a scenario replays to the byte.
 *
 * Threads: an app is shared. Each call of a use case takes a desk (an arena, and of a reader its store connection and search memory) from the
 * pool and gives it back. The index is replaced or added to under a lock; readers hold a view. */
#ifndef USE_APP_H
#define USE_APP_H
#include "lang/lang.h"
#include "ledger/log.h"
#include "marks/search.h"
#include "use/names.h"
#include <pthread.h>

#define APP_READERS 32
#define APP_RESTING 512 /* desks whose requests wait for a commit, and read nothing meanwhile */
#define APP_DESKS (APP_READERS + APP_RESTING)
#define DESK_HELD 4
#define DESK_MEMORY ((size_t)256 << 20)

struct reader {
    struct store *store; /* reads only */
    struct search_scratch *scratch;
    uint64_t seen;  /* records that the index covered when this store was last brought up to date */
    unsigned desks; /* that hold what they read of it (the profile): it stays open */
    bool taken;     /* one of them reads now */
};
struct desk {
    struct store *store; /* its reader's; NULL while it rests */
    struct reader *reader, *held[DESK_HELD];
    size_t held_n;
    struct arena arena; /* emptied when the desk is given back */
    struct search_scratch *scratch; /* its reader's */
    bool taken;
};
struct app {
    char dir[512];
    int64_t (*clock)(void *arg);
    void (*random)(void *arg, void *out, size_t n);
    void *arg; /* of clock and random */
    struct lang_set *languages;
    const struct lang *lang; /* of the terminal */
    pthread_mutex_t lock;
    struct key_store *keys; /* shared by all desks; opened by the first */
    bool locked;            /* it was found locked: nothing below is kept */
    struct reader reader[APP_READERS];
    struct desk desk[APP_DESKS];
    struct index *index;
    struct ranker *ranker, *old_ranker; /* the old one lives until the next change: searches may still hold it */
    pthread_mutex_t names_lock;
    struct names *names;  /* under names_lock; NULL until somebody asks for a name */
    uint64_t index_size;  /* records that the index covers */
    uint64_t recorded;    /* that the log had when it was last looked at */
    int64_t followed;     /* monotonic time of the last look at the log */
    pthread_t follower;   /* brings in many records at once while searches go on */
    bool following, follower_begun;
    struct people *people; /* use/people.h, from the first use on */
    struct writer *writer; /* use/writer.h, the same */
    struct once *once;     /* use/once.h, the same */
    struct entered *entered; /* use/enter.h; of the writer's thread */
    int64_t tried;           /* use/health.h, under lock: when room was last tried, monotonic; and what came of it */
    enum err room;
};
/* Clock, randomness and languages set to the system's. dir need not exist yet. */
enum err app_open(const char *dir, struct app **out, struct fault *f);
void app_close(struct app *a);

/* Looks whether the key store is locked, or open again. When it is locked all that was read of the register is forgotten: at once what
 * nobody uses, the rest as each desk is given back. A server calls it a few times a second. */
void app_watch(struct app *a);
/* ERR_LOCKED while the key store is locked. */
enum err desk_take(struct app *a, struct desk **out, struct fault *f);
void desk_give(struct app *a, struct desk *d);
/* Between two readings, while the request waits: its store goes to others. What was read of it (the profile) and the arena stay until desk_give.
 * desk_rise takes a store again, perhaps another: what is read of it may be newer. Errors of desk_take; at most DESK_HELD - 1 times. */
void desk_rest(struct app *a, struct desk *d);
enum err desk_rise(struct app *a, struct desk *d, struct fault *f);

/* The index up to the derived log: loaded from the verified snapshot, else made from the records; then follows each commit
 * (looked for at most every 200 ms). *view is released by index_release; *size = records it covers. */
enum err app_index(struct app *a, struct desk *d, struct index_view **view, const struct ranker **ranker, uint64_t *size, struct fault *f);

/* Records of the log that the index did not cover when app_index last looked: being taken in, or waiting for a rebuild. */
uint64_t app_waiting(struct app *a);

/* Something was written in this process: the next app_index looks at once. */
void app_look(struct app *a);

/* Persons by name (use/names.h): the names are read on the first call and follow the log. */
enum err app_names(struct app *a, struct desk *d, struct slice query, struct name_hit *out, size_t max, size_t *shown, size_t *count,
    struct fault *f);

/* ---- snapshot: DIR/index.snap, sealed; names log size and root (docs/formats/index-snapshot.md) ---- */
enum err snapshot_save(struct store *s, const struct index_view *v, uint64_t size, const struct hash *root, struct fault *f);
/* ERR_NOT_FOUND when there is none; ERR_DAMAGED, ERR_KEY when it does not hold; *size = log size it covers. */
enum err snapshot_load(struct store *s, struct index *ix, uint64_t *size, struct fault *f);
/* The writer's end of a change of the log: derived rows, index and snapshot follow. */
struct settle {
    void (*progress)(void *arg, uint64_t done, uint64_t all);
    bool (*stop)(void *arg);
    void *arg;
    struct ahead *ahead; /* rows derived on the way; NULL: none */
};
enum err app_settle(struct app *a, struct store *writer, bool rebuild, const struct settle *s, struct fault *f);
#endif
