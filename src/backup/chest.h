/* A backup's folder, the part beside the log: files by their content, under a signed page. Not here: the log itself (ledger/folder.h), what goes
 * into a backup and what comes of it (use/backup.h, use/restore.h).
 *
 *   TARGET/backup          a signed note: office, time, list (backup/list.h)
 *   TARGET/object/HH/HEX   files by the SHA-256 of their content; never changed. The list is one of them
 *   TARGET/lock            held by the one who writes here
 *
 * Invariants:
 * 1. The page is replaced last, when all that it names is on disk: at any moment the folder is the earlier backup or the later one.
 * 2. Objects that the page does not name go only after it was replaced. */
#ifndef BACKUP_CHEST_H
#define BACKUP_CHEST_H
#include "backup/list.h"
#include "ledger/log_key.h"

#define CHEST_DIR 500

struct chest {
    char dir[CHEST_DIR];
    int lock;            /* -1: read only */
    bool found;          /* there is a backup */
    struct list_page page; /* of it */
    struct list list;
    struct buf note, text; /* what page and list borrow */
    /* being written */
    struct list fresh;
    struct arena names;
    uint64_t added; /* bytes of new objects */
};
/* key: checks the page (ERR_KEY, ERR_DAMAGED); NULL: it is only read. A folder without a page is an empty chest. */
enum err chest_open(const char *dir, const struct note_key *key, struct chest *out, struct fault *f);
/* The same to write: makes the folder, takes its lock (ERR_BUSY). A page that cannot be read counts as none: all is written again. */
enum err chest_begin(const char *dir, const struct note_key *key, struct chest *out, struct fault *f);
void chest_close(struct chest *c);

/* A file goes in under this name. steady: it is not read again when size and time are those of the page's. */
enum err chest_put_file(struct chest *c, const char *path, const char *name, bool steady, struct fault *f);
enum err chest_put(struct chest *c, const char *name, struct slice bytes, struct fault *f);
/* What the page has under this name stays, if it has it: *kept. */
enum err chest_keep(struct chest *c, const char *name, bool *kept, struct fault *f);
/* The new page; then what no page names is removed. */
enum err chest_seal(struct chest *c, const struct log_key *key, int64_t made, uint64_t size, struct fault *f);

/* The content under a name, appended; its digest is checked: ERR_DAMAGED. ERR_NOT_FOUND. */
enum err chest_get(const struct chest *c, const char *name, struct buf *out, struct fault *f);
/* The same into a file, of any size, synced. */
enum err chest_get_file(const struct chest *c, const struct list_file *file, const char *path, struct fault *f);
/* Reads all that the page names: how many files are missing or other than they were; each is told. */
enum err chest_check(const struct chest *c, void (*found)(void *arg, struct slice name), void *arg, uint64_t *wrong, struct fault *f);
#endif
