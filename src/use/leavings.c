#include "use/leavings.h"
#include "base/file.h"
#include "store/erase.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "base/banned.h"

#define MEMORY ((size_t)256 << 20)
#define SHORTEST 4 /* bytes: "Li" alone would be found in half the words of a file */

static bool has(const struct leavings *l, struct slice s)
{
    for (size_t i = 0; i < l->n; i++)
        if (slice_eq(l->text[i], s))
            return true;
    return false;
}

static enum err note(struct leavings *l, struct slice s)
{
    if (s.n < SHORTEST || has(l, s))
        return OK;
    if (!mem_grow(&l->text, &l->cap, l->n + 1, 4096, sizeof *l->text) || !(l->text[l->n] = arena_copy(&l->a, s)).p)
        return ERR_MEMORY;
    l->n++;
    return OK;
}

static bool within(const struct leavings *l, struct slice s)
{
    for (size_t i = 0; s.n && i < l->n; i++)
        if (memmem(s.p, s.n, l->text[i].p, l->text[i].n))
            return true;
    return false;
}

/* One record: what it calls the party, and whether its free text does too. */
static enum err look(struct leavings *l, struct store *s, struct arena *a, uint64_t position, const struct subject_id *party, bool names, struct fault *f)
{
    struct slice bytes;
    int64_t received;
    struct event *ev = arena_alloc(a, sizeof *ev);
    enum err e = ev ? store_read(s, a, position, &bytes, &received, f) : ERR_MEMORY;
    if (!e)
        e = store_event(s, a, bytes, position, received, names ? SHOW_HOLDERS | SHOW_CASE : SHOW_TEXT | SHOW_OPINION, ev, NULL, f);
    for (size_t i = 0; !e && names && i < ev->party_count; i++)
        if (subject_eq(&ev->party[i].id, party) && !(e = note(l, ev->party[i].name)) && !(e = note(l, ev->party[i].document)))
            e = note(l, ev->party[i].address);
    if (!e && !names) {
        bool goes = false; /* with his key: the text of a record that names him */
        for (size_t i = 0; i < ev->party_count; i++)
            goes = goes || subject_eq(&ev->party[i].id, party);
        l->in_text += (!goes && (within(l, ev->note) || within(l, ev->circumstances) || within(l, ev->opinion))) || within(l, ev->place);
    }
    return e == ERR_MEMORY ? fault_set(f, e, "record", SLICE(""), "") : e;
}

static enum err each_record(struct leavings *l, struct store *s, const struct subject_id *party, bool names, struct fault *f)
{
    struct arena list, one;
    struct subject_id *subject;
    size_t n, count;
    uint64_t *at;
    arena_init(&list, MEMORY);
    arena_init(&one, MEMORY);
    enum err e = store_party_subjects(s, &list, party, &subject, &n, f);
    for (size_t i = 0; !e && i <= n; i++) {
        e = store_subject_positions(s, &list, i ? &subject[i - 1] : party, &at, &count, f);
        for (size_t k = 0; !e && k < count; k++) {
            e = look(l, s, &one, at[k], party, names, f);
            arena_reset(&one);
        }
    }
    arena_free(&list);
    arena_free(&one);
    return e;
}

enum err leavings_find(struct app *app, struct store *s, const struct subject_id *party, struct leavings *l, struct fault *f)
{
    *l = (struct leavings){0};
    arena_init(&l->a, MEMORY);
    snprintf(l->dir, sizeof l->dir, "%s/imports", app->dir);
    enum err e = each_record(l, s, party, true, f);
    return e ? e : each_record(l, s, party, false, f);
}

/* ---- reject files ---- */

static enum err cover(int fd, const char *path, size_t at, size_t n, struct fault *f)
{
    char stars[4096];
    memset(stars, '*', sizeof stars);
    while (n) {
        size_t take = n < sizeof stars ? n : sizeof stars;
        if (pwrite(fd, stars, take, (off_t)at) != (ssize_t)take)
            return fault_sys(f, errno, path);
        at += take;
        n -= take;
    }
    return OK;
}

static enum err clean(struct leavings *l, const char *path, struct fault *f)
{
    struct buf b;
    bool hit = false;
    int fd = -1;
    buf_init(&b, (size_t)1 << 31);
    enum err e = file_read(path, &b, f);
    for (size_t i = 0; !e && i < l->n; i++) {
        const char *at;
        for (size_t from = 0; !e && from < b.n && (at = memmem(b.p + from, b.n - from, l->text[i].p, l->text[i].n));) {
            if (fd < 0 && (fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
                e = fault_sys(f, errno, path);
            else
                e = cover(fd, path, (size_t)(at - b.p), l->text[i].n, f);
            from = (size_t)(at - b.p) + l->text[i].n;
            hit = true;
        }
    }
    if (fd >= 0) {
        if (!e && fsync(fd))
            e = fault_sys(f, errno, path);
        close(fd);
    }
    buf_free(&b);
    l->files += hit;
    return e;
}

enum err leavings_remove(struct leavings *l, struct fault *f)
{
    static const char tail[] = "-rejected.csv";
    char path[900];
    DIR *d = opendir(l->dir);
    if (!d)
        return errno == ENOENT ? OK : fault_sys(f, errno, l->dir);
    enum err e = OK;
    for (struct dirent *x; !e && (x = readdir(d));) {
        size_t n = strlen(x->d_name);
        if (n < sizeof tail || strcmp(x->d_name + n - (sizeof tail - 1), tail) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", l->dir, x->d_name);
        e = clean(l, path, f);
    }
    closedir(d);
    return e;
}

void leavings_free(struct leavings *l)
{
    for (size_t i = 0; i < l->n; i++)
        seal_wipe((char *)(uintptr_t)l->text[i].p, l->text[i].n);
    mem_free(l->text);
    if (l->dir[0])
        arena_free(&l->a);
    *l = (struct leavings){0};
}
