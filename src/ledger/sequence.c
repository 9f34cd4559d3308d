#include "ledger/sequence.h"
#include <time.h>
#include "base/banned.h"

#define ANSWERS_KEPT 86400000 /* ms */
#define ROUND_MEMORY ((size_t)256 << 20)
#define REFUSED_MOVED (-1)
#define REFUSED_UNFIT (-2)

/* ---- the writer ---- */

static enum err stage_once(struct store *s, const struct sequence_batch *b, struct fault *f)
{
    enum err e = store_begin(s, f);
    if (e)
        return e;
    for (size_t i = 0; !e && i < b->n; i++) {
        struct staged row = {.number = i, .received = b->received, .decided = b->decided, .bytes = b->bytes[i]};
        memcpy(row.batch, b->id, sizeof row.batch);
        e = store_stage(s, &row, f);
    }
    if (!e)
        e = store_commit(s, f);
    if (e)
        store_rollback(s);
    return e;
}

/* ERR_BUSY while there is no answer. */
static enum err answer(struct store *s, const struct sequence_batch *b, uint64_t *first, struct fault *f)
{
    int64_t at;
    bool found;
    enum err e = store_sequenced(s, b->id, &at, &found, f);
    if (e)
        return e;
    if (!found)
        return fault_set(f, ERR_BUSY, "record", SLICE(""), "want.sequencer");
    if (at == REFUSED_MOVED)
        return fault_set(f, ERR_CONFLICT, "record", SLICE(""), "want.heads_now");
    if (at < 0)
        return fault_set(f, ERR_FORMAT, "record", SLICE(""), "");
    *first = (uint64_t)at;
    return OK;
}

enum err sequence_write(struct store *s, const struct sequence_batch *b, int wait_ms, uint64_t *first, struct fault *f)
{
    struct patience p = {0};
    int64_t begun = time_mono_ns();
    enum err e;
    if (!b->n || b->n > SEQUENCE_BATCH)
        return fault_set(f, ERR_RANGE, "record", SLICE(""), "");
    do
        e = stage_once(s, b, f);
    while (e && store_again(&p, e, f));
    for (long ms = 1; !e; ms = ms < 16 ? ms * 2 : ms) {
        struct timespec t = {0, ms * 1000000};
        nanosleep(&t, NULL);
        e = answer(s, b, first, f);
        if ((e != ERR_BUSY && e != ERR_LOST) || time_mono_ns() - begun > (int64_t)wait_ms * 1000000)
            return e;
        e = OK;
    }
    return e;
}

/* ---- the sequencer ---- */

enum fate { FATE_DONE, FATE_TAKE, FATE_LATER, FATE_MOVED, FATE_UNFIT };

struct round {
    struct log *log;
    int64_t now;
    bool covered; /* the derived tables cover the log */
    struct arena arena;
    struct staged *row;
    uint8_t *fate; /* of the row's batch */
    size_t n, taken;
    struct subject_id *touched; /* subjects of records that are taken in this round */
    size_t touched_n;
};

static bool touched(const struct round *r, const struct subject_id *id)
{
    for (size_t i = 0; i < r->touched_n; i++)
        if (memcmp(&r->touched[i], id, sizeof *id) == 0)
            return true;
    return false;
}

static bool same_heads(const struct record_header *h, const struct item_row *item, bool found)
{
    size_t n = found ? item->head_count : 0, same = 0;
    for (size_t i = 0; i < h->head_count; i++)
        for (size_t k = 0; k < n; k++)
            same += hash_eq(&h->head[i], &item->head[k]);
    return n == h->head_count && same == n;
}

/* before: subjects touched when this record's batch began; a record of the batch may build on one before it. */
static enum err judge_decided(struct round *r, const struct record *rec, size_t before, enum fate *out, struct fault *f)
{
    struct subject_id id;
    struct item_row item;
    bool found;
    if (!record_item(rec, &id))
        return OK;
    if (!r->covered) {
        *out = FATE_LATER;
        return OK;
    }
    for (size_t i = 0; i < r->touched_n; i++)
        if (memcmp(&r->touched[i], &id, sizeof id) == 0) {
            if (i < before)
                *out = FATE_LATER;
            return OK;
        }
    enum err e = store_item(r->log->store, &id, &item, &found, f);
    if (!e && !same_heads(&rec->h, &item, found))
        *out = FATE_MOVED;
    return e;
}

static void touch(struct round *r, const struct record *rec)
{
    for (size_t i = 0; i < rec->h.subject_count; i++)
        if (!touched(r, &rec->h.subject[i].id))
            r->touched[r->touched_n++] = rec->h.subject[i].id;
}

static enum err judge_record(struct round *r, size_t i, size_t before, enum fate *out, struct fault *f)
{
    struct record rec;
    struct event ev;
    struct arena a;
    arena_init(&a, 16u << 20);
    bool fit = !record_parse(r->row[i].bytes, &rec) && slice_eq(rec.h.origin, store_origin(r->log->store)) &&
        !store_event(r->log->store, &a, r->row[i].bytes, r->log->tree.size, r->row[i].received, SHOW_BODY, &ev, NULL, NULL);
    arena_free(&a);
    *out = fit ? FATE_TAKE : FATE_UNFIT;
    enum err e = fit && r->row[i].decided ? judge_decided(r, &rec, before, out, f) : OK;
    if (!e && *out == FATE_TAKE)
        touch(r, &rec);
    return e;
}

/* Rows [from, to) are one batch. */
static enum err judge_batch(struct round *r, size_t from, size_t to, struct fault *f)
{
    size_t before = r->touched_n;
    enum fate fate = r->row[from].done ? FATE_DONE : FATE_TAKE;
    enum err e = OK;
    for (size_t i = from; !e && i < to && fate == FATE_TAKE; i++)
        e = judge_record(r, i, before, &fate, f);
    if (fate != FATE_TAKE)
        r->touched_n = before;
    for (size_t i = from; i < to; i++)
        r->fate[i] = (uint8_t)fate;
    return e;
}

static size_t batch_end(const struct round *r, size_t from)
{
    size_t to = from + 1;
    while (to < r->n && memcmp(r->row[to].batch, r->row[from].batch, 16) == 0)
        to++;
    return to;
}

/* All are judged before any is written: a question in between would send what waits to be written. */
static enum err judge(struct round *r, struct fault *f)
{
    enum err e = OK;
    for (size_t i = 0, k; !e && i < r->n; i = k) {
        k = batch_end(r, i);
        if (k == STAGED_MAX && i) { /* perhaps not all of it */
            r->n = i;
            break;
        }
        e = judge_batch(r, i, k, f);
    }
    return e;
}

static enum err append(struct round *r, struct fault *f)
{
    enum err e = OK;
    for (size_t i = 0; !e && i < r->n; i++)
        if (r->fate[i] == FATE_TAKE) {
            struct hash id = record_id(r->row[i].bytes);
            e = log_append(r->log, r->row[i].bytes, &id, r->row[i].received, NULL, f);
            r->taken++;
        }
    return e;
}

static enum err answer_all(struct round *r, uint64_t first, struct fault *f)
{
    enum err e = OK;
    bool any = false;
    for (size_t i = 0, k; !e && i < r->n; i = k) {
        k = batch_end(r, i);
        any = any || r->fate[i] != FATE_LATER;
        if (r->fate[i] == FATE_LATER || r->fate[i] == FATE_DONE)
            continue;
        int64_t at = r->fate[i] == FATE_TAKE ? (int64_t)first : r->fate[i] == FATE_MOVED ? REFUSED_MOVED : REFUSED_UNFIT;
        e = store_sequence(r->log->store, r->row[i].batch, at, r->now, f);
        first += r->fate[i] == FATE_TAKE ? k - i : 0;
    }
    return e || !any ? e : store_unstage(r->log->store, f);
}

static enum err put_round(void *arg, struct fault *f)
{
    struct round *r = arg;
    uint64_t first = r->log->tree.size, derived;
    arena_reset(&r->arena);
    r->n = r->taken = r->touched_n = 0;
    r->row = arena_array(&r->arena, STAGED_MAX, sizeof *r->row);
    r->fate = arena_array(&r->arena, STAGED_MAX, 1);
    r->touched = arena_array(&r->arena, (size_t)STAGED_MAX * RECORD_SUBJECTS, sizeof *r->touched);
    if (!r->row || !r->fate || !r->touched)
        return fault_set(f, ERR_MEMORY, "staged", SLICE(""), "");
    enum err e = store_derived(r->log->store, &derived, f);
    r->covered = derived == first;
    if (!e && !(e = store_staged(r->log->store, &r->arena, r->row, &r->n, f)) && !(e = judge(r, f)) && !(e = append(r, f)))
        e = answer_all(r, first, f);
    return e;
}

enum err sequence_aside(struct log *l, int64_t now, size_t *taken, struct fault *f)
{
    struct round r = {.log = l, .now = now};
    bool any = false;
    *taken = 0;
    enum err e = store_shared(l->store) ? store_staged_any(l->store, &any, f) : OK;
    if (e || !any)
        return e;
    arena_init(&r.arena, ROUND_MEMORY);
    e = log_group(l, put_round, &r, f);
    *taken = e ? 0 : r.taken;
    arena_free(&r.arena);
    return e;
}

enum err sequence_round(struct log *l, int64_t now, size_t *taken, struct fault *f)
{
    enum err e = sequence_aside(l, now, taken, f);
    return e || !*taken ? e : store_derive(l->store, NULL, f);
}

enum err sequence_tidy(struct log *l, int64_t now, struct fault *f)
{
    struct patience p = {0};
    enum err e;
    do {
        if ((e = store_begin(l->store, f)))
            continue;
        if (!(e = store_sequenced_prune(l->store, now - ANSWERS_KEPT, f)))
            e = store_commit(l->store, f);
        if (e)
            store_rollback(l->store);
    } while (e && store_again(&p, e, f));
    return e;
}
