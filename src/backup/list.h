/* What a backup holds beside the log, as text: a signed page that names a list, and the list of files with their digests. Pure, and parsers of
 * outside bytes: a backup comes from a medium that others had. docs/formats/backup.md. */
#ifndef BACKUP_LIST_H
#define BACKUP_LIST_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"

#define LIST_NAME 240          /* bytes of a name */
#define LIST_FILES 1000000u
#define LIST_MAX ((size_t)256 << 20)

struct list_file {
    struct slice name; /* a relative path; never empty, no part of it empty or beginning with a dot, printable bytes only */
    struct hash sum;   /* of the content, and what it is stored under */
    uint64_t bytes;
    int64_t changed;   /* of the source, nanoseconds since 1970: unchanged ones need not be read again */
};
struct list {
    struct list_file *file; /* by name, each once */
    size_t n, cap;
};
/* Lines "HEX BYTES CHANGED NAME". ERR_DAMAGED for every other text. Names borrow the text; list_free. */
enum err list_parse(struct slice text, struct list *out);
void list_write(const struct list *l, struct buf *out);
void list_free(struct list *l);
/* Takes a file in: after all have been, list_sort. name must live as long. ERR_MEMORY. */
enum err list_add(struct list *l, const struct list_file *file);
void list_sort(struct list *l);
const struct list_file *list_find(const struct list *l, struct slice name);
bool list_name_holds(struct slice name);

struct list_page {
    struct slice origin; /* the office's log; borrowed */
    int64_t made;        /* UTC milliseconds */
    uint64_t size;       /* records of the log that the backup holds at least */
    struct hash list;
};
/* Five lines; the first is "athar-backup 1", which no checkpoint begins with. ERR_FORMAT. */
enum err list_page_parse(struct slice text, struct list_page *out);
void list_page_write(const struct list_page *p, struct buf *out);
#endif
