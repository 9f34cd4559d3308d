/* The file of corrections beside a specimen: lines of canonical JSON, only ever added to. */
#include "ballistics/mask.h"
#include "base/cjson.h"
#include "base/file.h"
#include "base/time.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>
#include "base/banned.h"

#define MASK_FILE_MAX ((size_t)64 << 20)

static const struct hash none;

/* ---- one line ---- */

static enum err print(const struct mask_entry *e, struct buf *out)
{
    struct cj j;
    char at[25];
    time_text(e->at, at);
    cj_open(&j, out);
    cj_obj(&j);
    cj_kstr(&j, "at", slice_str(at));
    if (!subject_none(&e->by))
        cj_khex(&j, "by", e->by.b, sizeof e->by.b);
    if (!hash_eq(&e->previous, &none))
        cj_khex(&j, "previous", e->previous.b, sizeof e->previous.b);
    cj_khex(&j, "sha256", e->sha.b, sizeof e->sha.b);
    cj_kstr(&j, "shapes", e->shapes);
    cj_kstr(&j, "who", e->who);
    cj_obj_end(&j);
    return out->err;
}

static bool get_hash(const struct cj_value *v, const char *key, uint8_t *out, size_t n)
{
    memset(out, 0, n);
    return !cj_get(v, key) || hex_to(cj_get_str(v, key), out, n);
}

static enum err read_line(struct arena *a, struct slice line, const struct hash *previous, struct mask_entry *out)
{
    struct cj_value *v;
    struct when at;
    enum err e = cj_parse(a, line, &v, NULL);
    if (e)
        return e == ERR_MEMORY ? e : ERR_DAMAGED;
    *out = (struct mask_entry){.id = hash_of(line.p, line.n), .who = cj_get_str(v, "who"), .shapes = cj_get_str(v, "shapes")};
    bool well = cj_get(v, "shapes") && !when_parse(cj_get_str(v, "at"), "at", &at, NULL) && when_known(&at) && get_hash(v, "sha256", out->sha.b, 32) &&
        get_hash(v, "previous", out->previous.b, 32) && get_hash(v, "by", out->by.b, sizeof out->by.b) && hash_eq(&out->previous, previous);
    if (well)
        out->at = at.start;
    return well ? OK : ERR_DAMAGED;
}

/* ---- the file ---- */

enum err mask_entries(struct arena *a, struct slice text, struct mask_entry **out, size_t *n)
{
    size_t lines = 0, got = 0;
    struct hash last = none;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    struct mask_entry *e = arena_array(a, lines + 1, sizeof *e);
    if (!e)
        return ERR_MEMORY;
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        if (!end) /* a line that was being written when the machine stopped: nobody was told that it is kept */
            break;
        enum err err = read_line(a, slice_of(text.p, (size_t)(end - text.p)), &last, &e[got]);
        if (err)
            return err;
        last = e[got++].id;
        text = slice_of(end + 1, text.n - (size_t)(end + 1 - text.p));
    }
    *out = e;
    *n = got;
    return OK;
}

enum err mask_file_read(const char *path, struct arena *a, struct mask_entry **out, size_t *n, struct fault *f)
{
    struct buf b;
    struct fault why = {0};
    buf_init(&b, MASK_FILE_MAX);
    enum err e = file_read(path, &b, &why);
    if (e == ERR_NOT_FOUND) {
        e = OK;
        b.n = 0;
    } else if (e && f) {
        *f = why;
    }
    if (!e && (e = mask_entries(a, buf_view(&b), out, n)))
        fault_set(f, e, "mask", slice_str(path), "");
    buf_free(&b);
    return e;
}

const struct mask_entry *mask_in_force(const struct mask_entry *e, size_t n, const struct hash *sha)
{
    while (n > 0)
        if (hash_eq(&e[--n].sha, sha))
            return e[n].shapes.n ? &e[n] : NULL;
    return NULL;
}

/* Behind the last whole line: what was torn is written over. */
static enum err write_line(int fd, const char *path, size_t at, struct slice line, struct fault *f)
{
    for (size_t done = 0; done < line.n;) {
        ssize_t n = pwrite(fd, line.p + done, line.n - done, (off_t)(at + done));
        if (n < 0 && errno != EINTR)
            return fault_sys(f, errno, path);
        done += n > 0 ? (size_t)n : 0;
    }
    return ftruncate(fd, (off_t)(at + line.n)) || fsync(fd) ? fault_sys(f, errno, path) : OK;
}

static enum err append(int fd, const char *path, struct mask_entry *e, struct buf *line, struct fault *f)
{
    struct arena a;
    struct buf b;
    struct mask_entry *all = NULL;
    size_t n = 0, whole = 0;
    arena_init(&a, MASK_FILE_MAX * 2);
    buf_init(&b, MASK_FILE_MAX);
    enum err err = file_read(path, &b, f);
    if (!err && (err = mask_entries(&a, buf_view(&b), &all, &n)))
        fault_set(f, err, "mask", slice_str(path), "");
    for (size_t i = 0; i < b.n; i++)
        whole = b.p[i] == '\n' ? i + 1 : whole;
    if (!err && !hash_eq(n ? &all[n - 1].id : &none, &e->previous))
        err = fault_set(f, ERR_CONFLICT, "shapes", SLICE(""), "say.mask_moved");
    if (!err && (err = print(e, line)))
        fault_set(f, err, "shapes", SLICE(""), "want.short_text");
    if (!err) {
        e->id = hash_of(line->p, line->n);
        buf_byte(line, '\n');
        err = line->err ? line->err : write_line(fd, path, whole, buf_view(line), f);
    }
    buf_free(&b);
    arena_free(&a);
    return err;
}

enum err mask_file_append(const char *path, struct mask_entry *e, struct fault *f)
{
    struct buf line;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return fault_sys(f, errno, path);
    buf_init(&line, MASK_TEXT * 2);
    enum err err = flock(fd, LOCK_EX) ? fault_sys(f, errno, path) : append(fd, path, e, &line, f);
    buf_free(&line);
    close(fd);
    return err;
}
