/* Private to src/keys: the open store. */
#ifndef KEYS_KEYS_IN_H
#define KEYS_KEYS_IN_H
#include "base/arena.h"
#include "base/hash.h"
#include "keys/keys.h"
#include "keys/segment.h"
#include <pthread.h>
#include <sys/stat.h>

struct segment_open {
    int fd;            /* -1: not yet */
    uint64_t end;      /* of the frames that were walked */
    struct key_frame *frame;
    size_t frames, frame_cap;
    uint32_t keys;     /* in them */
    size_t sound;      /* of a writer: frames from the first that are known to open */
    uint8_t *filter;   /* keys_filter.c; NULL: none yet */
    size_t filtered;   /* frames whose ids it has */
    unsigned vain;     /* searches that found nothing */
};
/* Entries in order of arrival; a table of their numbers, by id. */
struct key_table {
    struct key_entry *entry;
    uint32_t *slot; /* number + 1; 0 = empty */
    size_t n, cap, slots;
};
/* So much of the store and no more: frames of a segment, and all segments before it. */
struct key_place {
    uint32_t number, version;
    size_t frames;
};
struct key_store {
    char dir[560]; /* DIR/keystore */
    char base[512];
    enum keys_mode mode;
    pthread_mutex_t mutex;
    _Atomic int gone;  /* an enum err. ERR_LOCKED: everything below is wiped */
    struct stat seen;  /* of the head that is loaded */
    struct key_head head;
    struct buf sealed; /* bytes of the sealed body */
    struct key_body body;
    uint8_t master[SEAL_KEY], secret[SEAL_KEY]; /* secret half of the slot that opened it */
    int opened_by;     /* number of that slot */
    struct segment_open *segment; /* one each of body.segment */
    bool loaded;       /* table holds every key up to `upto` */
    struct key_place upto;
    struct key_place since; /* that far nobody had a key of those who are new */
    struct key_table table;
    size_t saved;      /* entries of the table that are on the disk: the rest is new */
    bool lost;         /* new keys had to go before they were on the disk: the next flush fails */
    struct hash_key seed; /* of new keys, made ready */
    bool old;          /* a key file of version 1: keys are computed from its root */
    uint8_t root[SEAL_KEY];
};

/* keys.c */
enum err store_open_at(const char *dir, const char *name, enum keys_mode mode, struct key_store **out, struct fault *f);
enum err store_damaged(const struct key_store *k, struct fault *f);
void segment_path(const char *dir, const struct key_segment *s, char *out, size_t size);
/* Opens a segment's file and walks frames that were added since. */
enum err segment_walk(struct key_store *k, size_t i, struct fault *f);
/* Does the mark stand at `end` of this segment, whose file is open? */
bool segment_marked(const struct key_store *k, size_t i, uint64_t end);
/* Opens every page of every segment. ERR_DAMAGED. */
enum err store_check(struct key_store *k, struct fault *f);
/* All entries of a segment from frame `from` on, appended to *out (grown). */
enum err segment_read(struct key_store *k, size_t i, size_t from, struct key_entry **out, size_t *n, size_t *cap, struct fault *f);
/* The last frame was cut off: it is walked anew when something takes its place. */
void segment_drop_tail(struct segment_open *o);
/* The ids of page p, room for SEGMENT_PAGE. */
enum err page_ids(struct key_store *k, size_t i, const struct key_frame *fr, uint32_t p, struct subject_id *ids, struct fault *f);
enum err store_open_head(struct key_store *k, const struct key_ask *ask, struct fault *f);
enum err read_head(const char *dir, struct key_head *out, struct buf *bytes, struct fault *f);
bool segment_find(struct key_store *k, const struct subject_id *id, uint8_t out[SEAL_KEY], enum err *why, struct fault *f);
/* Sets *out when a frame of the segment (walked) holds the id. */
enum err segment_has(struct key_store *k, size_t i, const struct subject_id *id, bool *out, struct fault *f);

/* keys_follow.c */
/* Reads the head again when it changed; the caller holds the mutex. */
enum err store_refresh(struct key_store *k, struct fault *f);
enum err head_look(const struct key_store *k, struct stat *out, struct fault *f);
bool head_moved(const struct key_store *k); /* since it was loaded */
struct key_place place_now(const struct key_store *k);
/* A writer that holds the file lock, before it appends: ERR_CONFLICT when others have made a key meanwhile of somebody who is new here; what is
 * new here is then dropped. */
enum err others_looked_at(struct key_store *k, struct fault *f);
void segment_reset(struct key_store *k, size_t i); /* closed, as if never opened */
void store_wipe(struct key_store *k);
void store_seed_fresh(struct key_store *k); /* new keys come of a new seed */

/* keys_filter.c: false: the segment, which was walked, does not hold the id; or *why. */
bool segment_may_hold(struct key_store *k, size_t i, const struct subject_id *id, enum err *why, struct fault *f);

/* table.c */
struct key_entry *table_find(const struct key_table *t, const struct subject_id *id);
/* Adds, or takes the place of an older entry of the id. false without memory. */
bool table_put(struct key_table *t, const struct key_entry *e);
void table_free(struct key_table *t); /* wipes */
bool entry_is_gone(const struct key_entry *e); /* its key is zeros: erased */

/* keys_write.c */
enum err files_lock(const char *dir, int *fd, struct fault *f);
/* Body sealed anew, head written, the old head overwritten. fresh: under a fresh master. */
enum err head_save(struct key_store *k, bool fresh, struct fault *f);
enum err head_replace(const char *dir, const struct key_head *h, struct fault *f);
/* An empty store in dir/name with these keys, its slot a file. */
enum err store_make(const char *dir, const char *name, const struct keys *keys, const uint8_t id[16], const uint8_t master[SEAL_KEY], struct fault *f);
/* Segment i written anew without the entries for which `drop` says so (NULL: none), under a new key; the body is changed, the head
 * not yet. old: path of the file to be overwritten once it is. */
enum err segment_rewrite(struct key_store *k, size_t i, bool (*drop)(void *arg, const struct key_entry *e), void *arg, char *old,
    size_t old_size, struct fault *f);
/* keys_erase.c */
enum err erase_unfinished(struct key_store *k, struct fault *f);
/* The list's bytes as they are, whole entries only. */
enum err erased_read(const char *dir, struct buf *out, struct fault *f);
/* Appends those entries of `more` whose party and mark `have` lacks: a list that is read twice stays as it was after once. */
enum err erased_lacking(struct slice have, struct slice more, struct buf *out, struct fault *f);
#define ERASED_BYTES 48
#define ERASED_MAX ((size_t)1 << 30)

/* keys_lock.c */
/* The master key that this quorum has. */
enum err quorum_master(const struct key_head *h, const struct share *s, size_t n, uint8_t master[SEAL_KEY], struct fault *f);
/* A new file slot, made with the quorum's master key, before all others; the head says that it is not locked. */
enum err unlock_head(const char *where, const struct share *s, size_t n, struct fault *f);
/* Overwrites and removes all of dir/name; not there: OK. */
enum err store_remove(const char *dir, const char *name, struct fault *f);

enum err store_mend(struct key_store *k, struct fault *f);
#endif
