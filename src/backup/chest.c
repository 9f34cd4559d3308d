#include "backup/chest.h"
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/banned.h"

#define CHUNK (1u << 20)
#define NAMES_MAX ((size_t)512 << 20)
#define PATH 640

/* ---- objects ---- */

static void object_path(const struct chest *c, const struct hash *sum, char out[PATH])
{
    char hex[65] = "";
    hex_of(sum->b, sizeof sum->b, hex);
    snprintf(out, PATH, "%s/object/%.2s/%.64s", c->dir, hex, hex);
}

static enum err make_folder(const char *path, struct fault *f)
{
    return mkdir(path, 0700) && errno != EEXIST ? fault_sys(f, errno, path) : OK;
}

/* From one file to another while it is hashed; to < 0: only hashed. */
static enum err pour(int from, int to, const char *path, struct hash *sum, uint64_t *bytes, struct fault *f)
{
    struct hash_stream *h = hash_begin();
    char *room = mem_alloc(CHUNK, 1);
    enum err e = h && room ? OK : fault_set(f, ERR_MEMORY, "backup", SLICE(""), "");
    ssize_t n = 1;
    *bytes = 0;
    while (!e && n) {
        n = read(from, room, CHUNK);
        if (n < 0 && errno != EINTR)
            e = fault_sys(f, errno, path);
        if (e || n <= 0)
            continue;
        hash_add(h, room, (size_t)n);
        *bytes += (uint64_t)n;
        e = to < 0 ? OK : file_write_all(to, room, (size_t)n, f);
    }
    if (h)
        *sum = hash_done(h);
    mem_free(room);
    return e;
}

/* TARGET/object/new becomes the object; one that is there already stays. */
static enum err name_object(struct chest *c, const char *tmp, const struct hash *sum, uint64_t bytes, struct fault *f)
{
    char path[PATH], folder[PATH];
    struct stat st;
    object_path(c, sum, path);
    if (stat(path, &st) == 0 && (uint64_t)st.st_size == bytes)
        return unlink(tmp) ? fault_sys(f, errno, tmp) : OK;
    memcpy(folder, path, sizeof folder);
    *strrchr(folder, '/') = 0;
    enum err e = make_folder(folder, f);
    if (!e && rename(tmp, path))
        e = fault_sys(f, errno, path);
    c->added += bytes;
    return e ? e : file_sync_dir(folder, f);
}

static enum err open_new(struct chest *c, char tmp[PATH], int *fd, struct fault *f)
{
    snprintf(tmp, PATH, "%s/object/new", c->dir);
    *fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd < 0 ? fault_sys(f, errno, tmp) : OK;
}

static enum err close_new(int fd, const char *tmp, enum err e, struct fault *f)
{
    if (!e && fsync(fd))
        e = fault_sys(f, errno, tmp);
    if (close(fd) && !e)
        e = fault_sys(f, errno, tmp);
    return e;
}

static enum err remember(struct chest *c, const char *name, struct list_file *file, struct fault *f)
{
    file->name = arena_copy(&c->names, slice_str(name));
    return !file->name.p || list_add(&c->fresh, file) ? fault_set(f, ERR_MEMORY, "backup", SLICE(""), "") : OK;
}

/* ---- putting ---- */

static bool has_object(const struct chest *c, const struct list_file *file)
{
    char path[PATH];
    struct stat st;
    object_path(c, &file->sum, path);
    return stat(path, &st) == 0 && (uint64_t)st.st_size == file->bytes;
}

static enum err store_file(struct chest *c, const char *path, const char *name, int from, int64_t changed, struct fault *f)
{
    char tmp[PATH];
    int fd;
    struct list_file file = {.changed = changed};
    enum err e = open_new(c, tmp, &fd, f);
    if (e)
        return e;
    e = close_new(fd, tmp, pour(from, fd, path, &file.sum, &file.bytes, f), f);
    if (!e && !(e = name_object(c, tmp, &file.sum, file.bytes, f)))
        e = remember(c, name, &file, f);
    return e;
}

enum err chest_put_file(struct chest *c, const char *path, const char *name, bool steady, struct fault *f)
{
    struct stat st;
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from < 0 || fstat(from, &st)) {
        enum err e = fault_sys(f, errno, path);
        if (from >= 0)
            close(from);
        return e;
    }
    int64_t changed = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    changed = changed < 0 || !steady ? 0 : changed;
    const struct list_file *had = list_find(&c->list, slice_str(name));
    struct list_file same = had ? *had : (struct list_file){0};
    bool known = steady && had && had->changed == changed && had->bytes == (uint64_t)st.st_size && has_object(c, had);
    enum err e = known ? remember(c, name, &same, f) : store_file(c, path, name, from, changed, f);
    close(from);
    return e;
}

enum err chest_put(struct chest *c, const char *name, struct slice bytes, struct fault *f)
{
    char tmp[PATH];
    int fd;
    struct list_file file = {.sum = hash_of(bytes.p, bytes.n), .bytes = bytes.n};
    if (has_object(c, &file))
        return remember(c, name, &file, f);
    enum err e = open_new(c, tmp, &fd, f);
    if (!e)
        e = close_new(fd, tmp, file_write_all(fd, bytes.p, bytes.n, f), f);
    if (!e && !(e = name_object(c, tmp, &file.sum, file.bytes, f)))
        e = remember(c, name, &file, f);
    return e;
}

enum err chest_keep(struct chest *c, const char *name, bool *kept, struct fault *f)
{
    const struct list_file *had = list_find(&c->list, slice_str(name));
    struct list_file same = had ? *had : (struct list_file){0};
    *kept = had && has_object(c, had);
    return *kept ? remember(c, name, &same, f) : OK;
}

/* ---- getting ---- */

static enum err damaged(const struct list_file *file, struct fault *f)
{
    return fault_set(f, ERR_DAMAGED, "backup", file->name, "want.backup_whole");
}

enum err chest_get(const struct chest *c, const char *name, struct buf *out, struct fault *f)
{
    char path[PATH];
    size_t before = out->n;
    const struct list_file *file = list_find(&c->list, slice_str(name));
    if (!file)
        return fault_set(f, ERR_NOT_FOUND, "backup", slice_str(name), "want.backup_whole");
    object_path(c, &file->sum, path);
    if (file_read(path, out, NULL))
        return damaged(file, f);
    struct hash sum = hash_of(out->p ? out->p + before : "", out->n - before);
    return hash_eq(&sum, &file->sum) ? OK : damaged(file, f);
}

enum err chest_get_file(const struct chest *c, const struct list_file *file, const char *path, struct fault *f)
{
    char object[PATH];
    struct hash sum;
    uint64_t bytes;
    object_path(c, &file->sum, object);
    int from = open(object, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from < 0)
        return damaged(file, f);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum err e = to < 0 ? fault_sys(f, errno, path) : close_new(to, path, pour(from, to, object, &sum, &bytes, f), f);
    close(from);
    return !e && !hash_eq(&sum, &file->sum) ? damaged(file, f) : e;
}

static bool is_whole(const struct chest *c, const struct list_file *file)
{
    char path[PATH];
    struct hash sum;
    uint64_t bytes;
    object_path(c, &file->sum, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    enum err e = pour(fd, -1, path, &sum, &bytes, NULL);
    close(fd);
    return !e && hash_eq(&sum, &file->sum);
}

enum err chest_check(const struct chest *c, void (*found)(void *arg, struct slice name), void *arg, uint64_t *wrong, struct fault *f)
{
    for (size_t i = 0; i < c->list.n; i++)
        if (!is_whole(c, &c->list.file[i])) {
            ++*wrong;
            found(arg, c->list.file[i].name);
        }
    return OK;
}

/* ---- the page ---- */

static enum err read_list(struct chest *c, struct fault *f)
{
    char path[PATH];
    object_path(c, &c->page.list, path);
    enum err e = file_read(path, &c->text, NULL);
    struct hash sum = hash_of(c->text.p ? c->text.p : "", c->text.n);
    if (e || !hash_eq(&sum, &c->page.list) || list_parse(buf_view(&c->text), &c->list))
        e = fault_set(f, ERR_DAMAGED, "backup", SLICE("list"), "want.backup_whole");
    return e;
}

static enum err read_page(struct chest *c, const struct note_key *key, struct fault *f)
{
    char path[PATH];
    struct note_found note = {0};
    snprintf(path, sizeof path, "%s/backup", c->dir);
    enum err e = file_read(path, &c->note, NULL);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (!e && !(e = key ? note_check(buf_view(&c->note), key, 1, &note) : note_text(buf_view(&c->note), &note.text)))
        e = list_page_parse(note.text, &c->page);
    if (!e && key && !slice_is(c->page.origin, key->name))
        e = ERR_KEY;
    if (e)
        return fault_set(f, e == ERR_KEY ? ERR_KEY : ERR_DAMAGED, "backup", slice_str(c->dir), "want.backup_key");
    if (!(e = read_list(c, f)))
        c->found = true;
    return e;
}

static enum err begin(const char *dir, struct chest *out, struct fault *f)
{
    *out = (struct chest){.lock = -1};
    buf_init(&out->note, NOTE_MAX);
    buf_init(&out->text, LIST_MAX);
    arena_init(&out->names, NAMES_MAX);
    return snprintf(out->dir, sizeof out->dir, "%s", dir) >= (int)sizeof out->dir ? fault_set(f, ERR_TOO_LONG, "TARGET", slice_str(dir), "want.short_path") : OK;
}

enum err chest_open(const char *dir, const struct note_key *key, struct chest *out, struct fault *f)
{
    enum err e = begin(dir, out, f);
    return e ? e : read_page(out, key, f);
}

enum err chest_begin(const char *dir, const struct note_key *key, struct chest *out, struct fault *f)
{
    char path[PATH];
    enum err e = begin(dir, out, f);
    if (e || (e = make_folder(dir, f)))
        return e;
    snprintf(path, sizeof path, "%s/object", dir);
    if ((e = make_folder(path, f)))
        return e;
    snprintf(path, sizeof path, "%s/lock", dir);
    out->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (out->lock < 0)
        return fault_sys(f, errno, path);
    if (flock(out->lock, LOCK_EX | LOCK_NB))
        return fault_set(f, ERR_BUSY, "TARGET", slice_str(dir), "want.other_backup_ended");
    return read_page(out, key, f) == ERR_KEY ? fault_set(f, ERR_CONFLICT, "TARGET", slice_str(dir), "want.backup_of_same") : OK;
}

void chest_close(struct chest *c)
{
    list_free(&c->list);
    list_free(&c->fresh);
    buf_free(&c->note);
    buf_free(&c->text);
    arena_free(&c->names);
    if (c->lock >= 0)
        close(c->lock);
}

/* ---- sealing ---- */

static bool is_named(const struct list *sums, const char *hex)
{
    struct list_file want = {.name = slice_str(hex)};
    return list_find(sums, want.name) != NULL;
}

static void sweep(const struct chest *c, const char *part, const struct list *sums)
{
    char folder[PATH];
    struct dirent *x;
    snprintf(folder, sizeof folder, "%s/object/%s", c->dir, part);
    DIR *d = opendir(folder);
    while (d && (x = readdir(d)))
        if (x->d_name[0] != '.' && !is_named(sums, x->d_name))
            unlinkat(dirfd(d), x->d_name, 0);
    if (d)
        closedir(d);
}

/* Objects of earlier pages; what cannot be removed now is at the next time. */
static void remove_old(struct chest *c, const struct hash *list)
{
    struct list sums = {0};
    char hex[65] = "";
    struct list_file file = {0};
    enum err e = OK;
    for (size_t i = 0; !e && i <= c->fresh.n; i++) {
        hex_of(i < c->fresh.n ? c->fresh.file[i].sum.b : list->b, sizeof list->b, hex);
        file.name = arena_copy(&c->names, slice_of(hex, 64));
        e = file.name.p ? list_add(&sums, &file) : ERR_MEMORY;
    }
    list_sort(&sums);
    for (unsigned i = 0; !e && i < 256; i++) {
        char part[3];
        snprintf(part, sizeof part, "%02x", i);
        sweep(c, part, &sums);
    }
    list_free(&sums);
}

/* The list, as an object that no name leads to. */
static enum err put_list(struct chest *c, struct hash *sum, struct fault *f)
{
    struct buf text;
    buf_init(&text, LIST_MAX);
    list_sort(&c->fresh);
    list_write(&c->fresh, &text);
    *sum = hash_of(text.p ? text.p : "", text.n);
    enum err e = text.err ? fault_set(f, text.err, "backup", SLICE(""), "") : chest_put(c, "list", buf_view(&text), f);
    for (size_t i = 0; !e && i < c->fresh.n; i++)
        if (slice_is(c->fresh.file[i].name, "list"))
            c->fresh.file[i] = c->fresh.file[--c->fresh.n];
    buf_free(&text);
    return e;
}

enum err chest_seal(struct chest *c, const struct log_key *key, int64_t made, uint64_t size, struct fault *f)
{
    char path[PATH];
    struct buf text, note;
    struct list_page page = {.origin = slice_str(key->name.name), .made = made, .size = size};
    buf_init(&text, NOTE_MAX);
    buf_init(&note, NOTE_MAX);
    enum err e = put_list(c, &page.list, f);
    list_page_write(&page, &text);
    if (!e && (e = text.err ? text.err : note_sign(buf_view(&text), &key->name, &key->sign, &note)))
        fault_set(f, e, "backup", SLICE(""), "");
    snprintf(path, sizeof path, "%s/object", c->dir);
    if (!e && !(e = file_sync_dir(path, f))) {
        snprintf(path, sizeof path, "%s/backup", c->dir);
        e = file_replace(path, buf_view(&note), 0600, f);
    }
    if (!e)
        remove_old(c, &page.list);
    buf_free(&text);
    buf_free(&note);
    return e;
}
