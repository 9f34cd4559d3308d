/* Threads take blocks of 65,536 records: bundles are hashed and held against level 0, tiles against the level above, rows against
 * the bundles' bytes (equal bytes need no second hash). What a block comes to is one hash; the caller's thread joins those.
 *
 * The hashes that count are computed from bytes, never taken from a tile: a tile that was changed is named, and does not hide what
 * lies under it. Where the bytes are missing the tile's hash stands in, so that one fault is not told a thousand times. */
#include "ledger/verify.h"

#include <pthread.h>
#include <stdio.h>
#include "base/arena.h"
#include "base/file.h"
#include "base/banned.h"

#define THREADS_MAX 64
#define WRONG_MAX 100000 /* things told of: a checkpoint may name a size that no log has */

struct state {
    const struct verify *v;
    struct verify_result *out;
    pthread_mutex_t lock; /* of what follows, and of v->found */
    uint64_t next;        /* block */
    enum err err;
    struct fault fault;
    struct hash *block; /* root of each full block */
    uint64_t blocks, size;
    struct hash *last;  /* leaves of the block that is not full */
};
struct worker {
    struct state *s;
    pthread_t thread;
    void *rows;
    struct buf bundle, tile, up;
    struct hash leaf[TILE_WIDTH], sum[TILE_WIDTH]; /* of one tile; roots of the block's tiles */
    struct slice entry[TILE_WIDTH];
    bool have_entries, have_tile;
    uint64_t tile_at; /* index of the level-0 tile at hand */
    unsigned n;       /* its width */
    bool seen[TILE_WIDTH]; /* rows that the database has of it */
    struct fault fault;
};

const char *verify_key(enum verify_what what)
{
    static const char *const keys[] = {
#define VERIFY_KEY(what, key) key,
        VERIFY_TABLE(VERIFY_KEY)
#undef VERIFY_KEY
    };
    return what < VERIFY_COUNT ? keys[what] : keys[0];
}

static void tell(struct state *s, enum verify_what what, const char *where, uint64_t position)
{
    struct verify_found found = {.what = what, .position = position};
    snprintf(found.where, sizeof found.where, "%s", where);
    pthread_mutex_lock(&s->lock);
    s->out->wrong++;
    s->v->found(s->v->arg, &found);
    pthread_mutex_unlock(&s->lock);
}

static void tell_tile(struct state *s, enum verify_what what, const struct tile_id *id, uint64_t position)
{
    char path[TILE_PATH];
    tile_path(id, path);
    tell(s, what, path, position);
}

/* ---- one tile of level 0 ---- */

/* false when it cannot be read; told. */
static bool read_tile(struct worker *w, const struct tile_id *id, struct buf *out)
{
    buf_reset(out);
    if (tiles_read(w->s->v->dir, id, out, NULL) == OK)
        return true;
    tell_tile(w->s, VERIFY_TILE_MISSING, id, id->index * TILE_WIDTH);
    return false;
}

static void split_entries(struct worker *w)
{
    struct slice rest = buf_view(&w->bundle);
    for (unsigned i = 0; i < w->n; i++)
        tile_entry(&rest, &w->entry[i]); /* the reader has seen that they are all there */
}

static enum err on_row(void *arg, uint64_t position, const struct hash *id, struct slice bytes, struct fault *f)
{
    struct worker *w = arg;
    unsigned i = (unsigned)(position - w->tile_at * TILE_WIDTH);
    struct hash *leaf = &w->leaf[i];
    w->seen[i] = true;
    if (w->have_entries && slice_eq(bytes, w->entry[i])) {
        if (!hash_eq(id, leaf))
            tell(w->s, VERIFY_ROW_ID, "record", position);
        return OK;
    }
    struct hash got = hash_prefixed(0x00, bytes.p, bytes.n);
    if (!hash_eq(&got, id))
        tell(w->s, VERIFY_ROW_ID, "record", position);
    if (!w->have_entries && !w->have_tile)
        *leaf = got;
    else if (!hash_eq(&got, leaf))
        tell(w->s, VERIFY_ROW, "record", position);
    return OK;
}

static enum err look_at_rows(struct worker *w)
{
    const struct verify_rows *rows = w->s->v->rows;
    uint64_t from = w->tile_at * TILE_WIDTH;
    if (!rows)
        return OK;
    memset(w->seen, 0, sizeof w->seen);
    enum err e = rows->each(w->rows, from, from + w->n, on_row, w, &w->fault);
    for (unsigned i = 0; !e && i < w->n; i++)
        if (!w->seen[i])
            tell(w->s, VERIFY_ROW_MISSING, "record", from + i);
    return e;
}

/* Leaves of one tile into w->leaf; what is wrong is told. */
static enum err one_tile(struct worker *w, uint64_t index)
{
    struct tile_id id = tile_of(0, index, w->s->size), entries = tile_of(TILE_ENTRIES, index, w->s->size);
    w->tile_at = index;
    w->n = id.width;
    w->have_entries = w->s->v->entries && read_tile(w, &entries, &w->bundle);
    w->have_tile = read_tile(w, &id, &w->tile);
    if (w->have_tile)
        memcpy(w->leaf, w->tile.p, w->tile.n);
    if (w->have_entries) {
        split_entries(w);
        for (unsigned i = 0; i < w->n; i++) {
            w->leaf[i] = hash_prefixed(0x00, w->entry[i].p, w->entry[i].n);
            if (w->have_tile && memcmp(w->leaf[i].b, w->tile.p + 32 * i, 32) != 0)
                tell(w->s, VERIFY_ENTRY, "entry", index * TILE_WIDTH + i);
        }
    }
    return look_at_rows(w);
}

/* ---- a block ---- */

/* `n` roots of full tiles below, at hand in w->sum, against the tile above them. */
static void compare_up(struct worker *w, unsigned level, uint64_t index, unsigned n, const struct hash *sums)
{
    struct tile_id id = tile_of(level, index, w->s->size);
    if (!n || !read_tile(w, &id, &w->up))
        return;
    for (unsigned i = 0; i < n && i < id.width; i++)
        if (memcmp(w->up.p + 32 * i, sums[i].b, 32) != 0) {
            tell_tile(w->s, VERIFY_TILE, &id, (index * TILE_WIDTH + i) << 8 * level);
            return;
        }
}

static enum err one_block(struct worker *w, uint64_t block)
{
    struct state *s = w->s;
    unsigned n = 0;
    enum err e = OK;
    for (unsigned i = 0; !e && i < TILE_WIDTH; i++) {
        uint64_t index = block * TILE_WIDTH + i;
        if (!tile_width(0, index, s->size))
            break;
        e = one_tile(w, index);
        if (!e && w->n == TILE_WIDTH)
            w->sum[n++] = tile_root(w->leaf, TILE_WIDTH);
        if (!e && block == s->blocks) /* the last: its leaves are joined one by one */
            memcpy(s->last + (size_t)i * TILE_WIDTH, w->leaf, w->n * sizeof *w->leaf);
    }
    if (e)
        return e;
    compare_up(w, 1, block, n, w->sum);
    if (block < s->blocks)
        s->block[block] = tile_root(w->sum, TILE_WIDTH);
    return OK;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct state *s = w->s;
    uint64_t all = s->blocks + (s->size % VERIFY_BLOCK != 0);
    enum err e = s->v->rows ? s->v->rows->open(s->v->rows->arg, &w->rows, &w->fault) : OK;
    buf_init(&w->bundle, TILE_BUNDLE_MAX + 1);
    buf_init(&w->tile, TILE_BYTES + 1);
    buf_init(&w->up, TILE_BYTES + 1);
    for (;;) {
        pthread_mutex_lock(&s->lock);
        if (e && !s->err) {
            s->err = e;
            s->fault = w->fault;
        }
        uint64_t block = s->err || s->out->wrong > WRONG_MAX ? all : s->next++;
        pthread_mutex_unlock(&s->lock);
        if (block >= all)
            break;
        e = one_block(w, block);
    }
    if (w->rows)
        s->v->rows->close(w->rows);
    buf_free(&w->bundle);
    buf_free(&w->tile);
    buf_free(&w->up);
    return NULL;
}

static enum err all_blocks(struct state *s)
{
    int n = s->v->threads < 1 ? 2 : s->v->threads > THREADS_MAX ? THREADS_MAX : s->v->threads;
    struct worker *w = mem_alloc((size_t)n, sizeof *w);
    int begun = 0;
    if (!w)
        return ERR_MEMORY;
    for (int i = 0; i < n; i++) {
        w[i].s = s;
        if (i + 1 < n && pthread_create(&w[i].thread, NULL, work, &w[i]) == 0)
            begun++;
        else {
            work(&w[i]); /* the last is this thread */
            break;
        }
    }
    for (int i = 0; i < begun; i++)
        pthread_join(w[i].thread, NULL);
    mem_free(w);
    return s->err;
}

/* ---- joining ---- */

/* Blocks' roots against the tiles of level 2 and on; then the tree of the log. */
static void join(struct state *s, struct worker *w, struct tree *out)
{
    struct hash *at = s->block;
    uint64_t n = s->blocks;
    struct tree t;
    tree_init(&t);
    for (uint64_t i = 0; i < n; i++)
        tree_append(&t, &at[i]);
    tree_init(out);
    out->size = n * VERIFY_BLOCK;
    for (unsigned level = 0; level + 16 < TREE_LEVELS; level++)
        out->edge[level + 16] = t.edge[level];
    for (uint64_t i = 0; i < s->size % VERIFY_BLOCK; i++)
        tree_append(out, &s->last[i]);
    for (unsigned level = 2; level < TILE_LEVELS && n; level++) { /* in place: level's sums come to lie at the front */
        for (uint64_t i = 0; i < n; i += TILE_WIDTH)
            compare_up(w, level, i / TILE_WIDTH, (unsigned)(n - i < TILE_WIDTH ? n - i : TILE_WIDTH), at + i);
        for (uint64_t i = 0; i < n / TILE_WIDTH; i++)
            at[i] = tile_root(at + i * TILE_WIDTH, TILE_WIDTH);
        n /= TILE_WIDTH;
    }
}

struct beyond {
    struct state *s;
    struct tree tree;
    uint64_t size;
};
static enum err take_beyond(void *arg, uint64_t position, const struct hash *id, struct slice bytes, struct fault *f)
{
    struct beyond *b = arg;
    struct hash leaf = hash_prefixed(0x00, bytes.p, bytes.n);
    if (!hash_eq(&leaf, id))
        tell(b->s, VERIFY_ROW_ID, "record", position);
    if (position == b->size) {
        tree_append(&b->tree, &leaf);
        b->size++;
    }
    return OK;
}

/* Rows that no checkpoint names yet, and the tree that the database keeps. */
static enum err look_beyond(struct state *s, const struct tree *tree, struct fault *f)
{
    const struct verify_rows *rows = s->v->rows;
    struct beyond b = {s, *tree, s->size};
    void *handle = NULL;
    if (!rows)
        return OK;
    enum err e = rows->open(rows->arg, &handle, f);
    if (!e)
        e = rows->each(handle, s->size, INT64_MAX, take_beyond, &b, f);
    if (handle)
        rows->close(handle);
    s->out->rows = b.size;
    struct hash got = tree_root(&b.tree), want = s->v->tree ? tree_root(s->v->tree) : got;
    if (!e && s->v->tree && s->v->tree->size <= s->size) /* cut back: the rows that are missing have been named */
        s->out->rows = s->v->tree->size;
    if (!e && s->v->tree && (s->v->tree->size != b.size || !hash_eq(&got, &want)))
        tell(s, VERIFY_TREE, "tree", s->v->tree->size);
    return e;
}

/* ---- checkpoints ---- */

static bool read_checkpoint(struct state *s, struct buf *note, struct checkpoint *c)
{
    bool found;
    enum err e = publish_read(s->v->dir, "checkpoint", s->v->key, note, c, &found, NULL);
    if (e || !found) {
        tell(s, e == ERR_KEY ? VERIFY_SIGNATURE : VERIFY_NO_CHECKPOINT, "checkpoint", 0);
        buf_reset(note);
        if (e != ERR_KEY || publish_read(s->v->dir, "checkpoint", NULL, note, c, &found, NULL))
            return false; /* with a wrong signature it still says what to compare with */
    }
    return true;
}

/* The root of the log's first `size` records, by the tiles: whether those hold has been told. */
static bool root_at(const struct state *s, uint64_t size, struct hash *out)
{
    struct tiles *t = tiles_new(s->v->dir, s->size);
    enum err e = t ? proof_root(size, tiles_node, t, out) : ERR_MEMORY;
    mem_free(t);
    return !e;
}

/* dir/cosigned: the newest checkpoint that witnesses have put their names to. */
static void look_at_cosigned(struct state *s)
{
    struct buf b;
    struct checkpoint c;
    struct note_key keys[64];
    struct note_found found;
    struct hash root;
    bool there;
    size_t n = s->v->witnesses < 63 ? s->v->witnesses : 63;
    keys[0] = *s->v->key;
    if (n)
        memcpy(keys + 1, s->v->witness, n * sizeof *keys);
    buf_init(&b, NOTE_MAX);
    enum err e = publish_read(s->v->dir, "cosigned", s->v->key, &b, &c, &there, NULL);
    if (!e && there && (e = note_check(buf_view(&b), keys, n + 1, &found)) == OK && n && !(found.valid >> 1))
        e = ERR_KEY;
    if (e)
        tell(s, VERIFY_COSIGNED, "cosigned", 0);
    else if (there) {
        unsigned by = found.valid >> 1 ? (unsigned)__builtin_ctzll(found.valid >> 1) + 1 : 0;
        const char *who = by ? keys[by].name : "cosigned"; /* no witness is known here: the log's own signature still binds it */
        if (by) {
            s->out->cosigned = c.size;
            s->out->cosigned_at = found.seconds[by];
            snprintf(s->out->cosigned_by, sizeof s->out->cosigned_by, "%s", who);
        }
        if (c.size > s->size)
            tell(s, VERIFY_REWOUND, who, c.size);
        else if (root_at(s, c.size, &root) && !hash_eq(&root, &c.root))
            tell(s, VERIFY_FORKED, who, c.size);
    }
    buf_free(&b);
}

/* ---- the whole ---- */

static enum err look(struct state *s, const struct checkpoint *c, struct fault *f)
{
    struct worker *w = mem_alloc(1, sizeof *w);
    struct tree tree;
    s->out->size = s->size = c->size;
    s->out->root = c->root;
    s->blocks = s->size / VERIFY_BLOCK;
    s->block = mem_alloc(s->blocks + 1, sizeof *s->block);
    s->last = mem_alloc(VERIFY_BLOCK, sizeof *s->last);
    enum err e = w && s->block && s->last ? all_blocks(s) : fault_set(f, ERR_MEMORY, "verify", SLICE(""), "");
    if (e && s->err && f)
        *f = s->fault;
    if (!e) {
        w->s = s;
        buf_init(&w->up, TILE_BYTES + 1);
        join(s, w, &tree);
        buf_free(&w->up);
        struct hash root = tree_root(&tree);
        if (!hash_eq(&root, &c->root))
            tell(s, VERIFY_ROOT, "checkpoint", c->size);
        e = look_beyond(s, &tree, f);
    }
    mem_free(w);
    mem_free(s->block);
    mem_free(s->last);
    return e;
}

enum err verify_run(const struct verify *v, struct verify_result *out, struct fault *f)
{
    struct state s = {.v = v, .out = out};
    struct buf note;
    struct hash none = hash_of("", 0);
    struct checkpoint c = {.root = none};
    *out = (struct verify_result){0};
    pthread_mutex_init(&s.lock, NULL);
    buf_init(&note, NOTE_MAX);
    read_checkpoint(&s, &note, &c);
    enum err e = look(&s, &c, f);
    if (!e)
        look_at_cosigned(&s);
    buf_free(&note);
    pthread_mutex_destroy(&s.lock);
    return e;
}
