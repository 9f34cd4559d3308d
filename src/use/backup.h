/* Use case: a backup of a data directory into a folder of its own, beside whatever reads and writes the register. The keys go elsewhere, to a file
 * that expires (keys/keys.h): who has the folder alone reads no mark and no name, and an earlier folder brings no erased person back. */
#ifndef USE_BACKUP_H
#define USE_BACKUP_H
#include "backup/chest.h"
#include "use/app.h"

#define RECEIVED_BLOCK 65536u /* records a file "received/N": 8 bytes each */

struct use_backup_in {
    const char *target;
    const char *keys;  /* file for the key store's backup, outside target; NULL: none */
    struct slice days; /* until that one expires */
    bool anew;         /* copy the whole log again: parts of the target are damaged */
    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t all);
    bool (*stop)(void *arg);
    void *arg;
};
struct use_backup_out {
    uint64_t size;    /* records that it holds */
    uint64_t before;  /* that it held */
    uint64_t waiting; /* records of the database that no checkpoint names yet: somebody is writing, they come with the next */
    uint64_t files, bytes; /* beside the log; new bytes among them */
    uint64_t left;    /* files whose names cannot be kept */
    int64_t made, keys_expire; /* UTC milliseconds; 0 = no keys */
    bool key_sealed;  /* the key that signs the log is in it, sealed under the key store */
};
/* Stopped or killed at any moment, the target is the backup that it was, and the same call goes on. ERR_BUSY: another one writes there.
 * ERR_CONFLICT: the target is another register's. ERR_REFUSED: the target holds more than this register has (it was set back), keys
 * and target lie in each other. ERR_INTERRUPTED. */
enum err use_backup(struct app *app, const struct use_backup_in *in, struct use_backup_out *out, struct fault *f);

/* When the last one was made, as DIR/backed-up has it: all 0 when there is none. */
struct backed_up {
    uint64_t size;
    int64_t made, keys_expire;
};
void use_backed_up(const char *dir, struct backed_up *out);
/* The name of a block of times in a backup. */
void received_name(uint64_t block, char out[32]);
/* The log's key, sealed under the key store (the same text each time) and opened again. */
enum err backup_seal_key(const struct keys *k, struct slice plain, struct buf *out);
enum err backup_open_key(const struct keys *k, struct slice sealed, struct buf *out);
#endif
