#include "store/store_inner.h"
#include "base/banned.h"

#define WIDE 256 /* records in a window, at most 15 MiB */
#define NEAR 512 /* from the end of the last window: a reader who goes on */
#define WINDOW_MEMORY ((size_t)32 << 20)

static const struct statement some = {"SELECT received, bytes FROM record WHERE position >= $1 AND position < $2 ORDER BY position"};

struct held {
    struct slice bytes;
    int64_t received;
};

void window_free(struct window *w)
{
    if (w->held)
        arena_free(&w->arena);
    *w = (struct window){0};
}

static enum err hold(struct window *w, const struct value *row)
{
    struct held *h = &w->held[w->to - w->from];
    *h = (struct held){arena_copy(&w->arena, row[1].b), row[0].i};
    w->to++;
    return h->bytes.p ? OK : ERR_MEMORY;
}

static enum err move(struct store *s, uint64_t position, struct fault *f)
{
    struct window *w = &s->window;
    struct value in[] = {V_INT(position), V_INT(position + WIDE)}, row[2];
    struct rows *r;
    bool more = true;
    if (!w->held)
        arena_init(&w->arena, WINDOW_MEMORY);
    arena_reset(&w->arena);
    w->from = w->to = position;
    w->held = arena_array(&w->arena, WIDE, sizeof *w->held);
    enum err e = w->held ? s->engine->verbs->start(s->engine, &some, in, 2, &r, f) : fault_set(f, ERR_MEMORY, "records", SLICE(""), "");
    if (e)
        return e;
    while (!(e = s->engine->verbs->next(r, row, 2, &more, f)) && more)
        if ((e = hold(w, row))) {
            fault_set(f, e, "records", SLICE(""), "");
            break;
        }
    s->engine->verbs->stop(r);
    return e;
}

/* A jump is answered by itself, and tells where a reader may go on from. */
enum err window_read(struct store *s, struct arena *a, uint64_t position, struct slice *bytes, int64_t *received, struct fault *f)
{
    struct window *w = &s->window;
    bool inside = position >= w->from && position < w->to;
    if (!s->home.shared)
        return record_select(s->engine, a, position, bytes, received, f);
    if (!inside && (position < w->to || position > w->to + NEAR)) {
        w->from = w->to = position + 1;
        return record_select(s->engine, a, position, bytes, received, f);
    }
    enum err e = inside ? OK : move(s, position, f);
    if (e)
        return e;
    if (position >= w->to)
        return fault_set(f, ERR_NOT_FOUND, "record", SLICE(""), "");
    *bytes = arena_copy(a, w->held[position - w->from].bytes);
    *received = w->held[position - w->from].received;
    return bytes->p ? OK : fault_set(f, ERR_MEMORY, "record", SLICE(""), "");
}
