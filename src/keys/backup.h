/* The file of a key store's backup, taken apart. Pure. docs/formats/keys.md. */
#ifndef KEYS_BACKUP_H
#define KEYS_BACKUP_H
#include "keys/head.h"

#define BACKUP_FIXED 48
#define BACKUP_TAG 32

struct key_backup {
    uint8_t store[16];
    int64_t made, expires; /* UTC milliseconds */
    struct slice head, erased, files, body; /* body: all before the tag */
    uint32_t file_count;
    const uint8_t *tag;
};
/* ERR_DAMAGED unless every length is in bounds and nothing is left over. Slices borrow the bytes. */
enum err backup_parse(struct slice bytes, struct key_backup *out);
struct backup_file {
    uint32_t number, version;
    struct slice bytes;
};
/* The next file; *rest begins as out->files. false at its end (backup_parse has been through all of them). */
bool backup_next(struct slice *rest, struct backup_file *out);
#endif
