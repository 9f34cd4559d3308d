/* A disk that fails, for a program that is started with LD_PRELOAD=faulty_disk.so and
 *   FAULT=kill:N   SIGKILL at the N-th change (write, truncate, rename, sync), half of a write done
 *   FAULT=lose:N   the same, and of what was not synced a tail is lost, for each file another one: what a power cut
 * leaves FAULT=full:N   from the N-th change on nothing more can be written; a write that does not fit is done in part
 *   FAULT=sync:N   the N-th sync fails
 *   FAULT=count:0  nothing fails
 * FAULT_COUNT names a file that gets the number of changes and of syncs when the program ends. FAULT_SEED draws the
 * lost tails. FAULT_KEEP names a folder on the same file system, for files that a rename that is not durable yet has
 * replaced. Maps of memory are not seen: SQLite's shared memory needs no durability, and nothing else writes through
 * them. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KILL, LOSE, FULL, SYNC, COUNT };
enum { WRITTEN, CUT, RENAMED };

struct change { /* not durable yet, newest first */
    struct change *next;
    int what, fd; /* our own descriptor of the file, or of the folder of a rename */
    dev_t dev;
    ino_t ino;      /* of the file, or of the folder */
    off_t at, size; /* size: of the file before */
    size_t n;
    char *old, *from, *to, *kept; /* kept: what stood at `to` before, or NULL */
    bool looked_at;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static struct change *changes;
static long limit, changed, synced, renames;
static int mode = COUNT;
static unsigned seed = 1;

#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    static const char *const names[] = {"kill:", "lose:", "full:", "sync:"};
    const char *fault = getenv("FAULT"), *draw = getenv("FAULT_SEED");
    for (int i = 0; fault && i < 4; i++) {
        if (strncmp(fault, names[i], 5) == 0) {
            mode = i;
            limit = strtol(fault + 5, NULL, 10);
        }
    }
    seed = draw ? (unsigned)strtoul(draw, NULL, 10) : 1;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_COUNT");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f)
        return;
    fprintf(f, "%ld %ld\n", changed, synced);
    fclose(f);
}

/* The test itself cannot go on. */
static void give_up(const char *what)
{
    fprintf(stderr, "faulty_disk: %s: %s\n", what, strerror(errno));
    abort();
}

/* ---- what is not durable ---- */
static void remember(struct change *c)
{
    c->next = changes;
    changes = c;
}

/* Contents and size of a regular file as they were. */
static void note_file(int fd, int what, off_t at, size_t n)
{
    struct stat st;
    char path[64];
    if (mode != LOSE || fstat(fd, &st) || !S_ISREG(st.st_mode))
        return;
    struct change *c = calloc(1, sizeof *c);
    if (!c)
        give_up("no memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    *c = (struct change){.what = what,
        .fd = REAL(open64)(path, O_RDWR | O_CLOEXEC),
        .dev = st.st_dev,
        .ino = st.st_ino,
        .at = at,
        .size = st.st_size};
    if (c->fd < 0)
        give_up("open");
    c->n = at >= st.st_size ? 0 : at + (off_t)n > st.st_size ? (size_t)(st.st_size - at) : n;
    c->old = malloc(c->n + 1);
    if (!c->old || REAL(pread64)(c->fd, c->old, c->n, at) != (ssize_t)c->n)
        give_up("read");
    remember(c);
}

/* Before it: nothing when it cannot succeed. */
static struct change *note_rename(const char *from, const char *to)
{
    struct stat st;
    char *folder = strdup(to), kept[PATH_MAX];
    const char *keep = getenv("FAULT_KEEP");
    struct change *c = calloc(1, sizeof *c);
    if (!folder || !c || !keep)
        give_up("FAULT_KEEP");
    if (stat(dirname(folder), &st)) {
        free(folder);
        free(c);
        return NULL;
    }
    snprintf(kept, sizeof kept, "%s/%d-%ld", keep, (int)getpid(), renames++);
    *c = (struct change){.what = RENAMED,
        .fd = -1,
        .dev = st.st_dev,
        .ino = st.st_ino,
        .from = strdup(from),
        .to = strdup(to),
        .kept = link(to, kept) ? NULL : strdup(kept)};
    free(folder);
    return c;
}

static void drop(struct change *c)
{
    if (c->fd >= 0)
        close(c->fd);
    if (c->kept)
        unlink(c->kept);
    free(c->old);
    free(c->from);
    free(c->to);
    free(c->kept);
    free(c);
}

static void made_durable(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return;
    for (struct change **at = &changes; *at;) {
        struct change *c = *at;
        if (c->dev == st.st_dev && c->ino == st.st_ino) {
            *at = c->next;
            drop(c);
        } else {
            at = &c->next;
        }
    }
}

static void undo(const struct change *c)
{
    if (c->what == RENAMED) {
        REAL(rename)(c->to, c->from);
        if (c->kept)
            REAL(rename)(c->kept, c->to);
        return;
    }
    if (REAL(pwrite64)(c->fd, c->old, c->n, c->at) < 0 || REAL(ftruncate64)(c->fd, c->size))
        give_up("undo");
}

static bool same_file(const struct change *a, const struct change *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

/* For each file its newest changes are undone, from none to all. */
static void lose_tails(void)
{
    for (struct change *c = changes; c; c = c->next) {
        size_t all = 0, lost;
        for (struct change *d = c; !c->looked_at && d; d = d->next)
            all += same_file(c, d);
        lost = all ? (size_t)rand_r(&seed) % (all + 1) : 0;
        for (struct change *d = c; all && d; d = d->next) {
            if (!same_file(c, d))
                continue;
            d->looked_at = true;
            if (lost) {
                undo(d);
                lost--;
            }
        }
    }
}

/* ---- each change ---- */
/* Its turn has come: 0 go on, 1 do it in part and fail with `errno`, and -1 (kill, lose) do it in part and die. */
static int judge(void)
{
    changed++;
    if (mode == FULL && changed >= limit)
        return 1;
    return (mode == KILL || mode == LOSE) && changed == limit ? -1 : 0;
}

static void die(void)
{
    if (mode == LOSE)
        lose_tails();
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static bool on_disk(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static ssize_t put(int fd, const void *p, size_t n, off_t at, bool placed)
{
    ssize_t (*go)(int, const void *, size_t) = REAL(write);
    ssize_t (*go_at)(int, const void *, size_t, off64_t) = REAL(pwrite64);
    if (!on_disk(fd))
        return placed ? go_at(fd, p, n, at) : go(fd, p, n);
    pthread_mutex_lock(&turn);
    if (!placed)
        at = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    note_file(fd, WRITTEN, at, n);
    int verdict = judge();
    size_t part = verdict ? n / 2 : n;
    ssize_t done = placed ? go_at(fd, p, part, at) : go(fd, p, part);
    if (verdict < 0)
        die();
    pthread_mutex_unlock(&turn);
    if (verdict && !(done > 0 && part)) {
        errno = ENOSPC;
        return -1;
    }
    return done;
}

ssize_t write(int fd, const void *p, size_t n)
{
    return put(fd, p, n, 0, false);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return put(fd, p, n, at, true);
}

int ftruncate64(int fd, off64_t size)
{
    struct stat st;
    pthread_mutex_lock(&turn);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        note_file(fd, CUT, size < st.st_size ? size : st.st_size, size < st.st_size ? (size_t)(st.st_size - size) : 0);
    int verdict = judge();
    if (verdict < 0)
        die();
    int r = verdict && size > st.st_size ? (errno = ENOSPC, -1) : REAL(ftruncate64)(fd, size);
    pthread_mutex_unlock(&turn);
    return r;
}

int rename(const char *from, const char *to)
{
    pthread_mutex_lock(&turn);
    if (judge() < 0)
        die();
    struct change *c = mode == LOSE ? note_rename(from, to) : NULL;
    int r = REAL(rename)(from, to);
    if (c && !r)
        remember(c);
    else if (c)
        drop(c);
    pthread_mutex_unlock(&turn);
    return r;
}

static int make_durable(int fd, int (*go)(int))
{
    pthread_mutex_lock(&turn);
    synced++;
    if (judge() < 0)
        die();
    if (mode == SYNC && synced == limit) {
        pthread_mutex_unlock(&turn);
        errno = EIO;
        return -1;
    }
    int r = go(fd);
    made_durable(fd);
    pthread_mutex_unlock(&turn);
    return r;
}

int fsync(int fd)
{
    return make_durable(fd, REAL(fsync));
}

int fdatasync(int fd)
{
    return make_durable(fd, REAL(fdatasync));
}
