/* The key with which an office signs its log: its name is the log's origin. One small file of its own; nothing else says where
 * it lies. docs/formats/checkpoint.md. */
#ifndef LEDGER_LOG_KEY_H
#define LEDGER_LOG_KEY_H
#include "ledger/note.h"

struct log_key {
    struct note_key name;
    struct sign_key sign;
};
/* The file's path: the one place that says it. out: 600 bytes. */
void log_key_path(const char *dir, char out[600]);
/* Writes a new key, mode 0600. ERR_EXISTS when there is one. random: fills bytes. type: of what it signs. */
enum err log_key_create(const char *path, const char *name, enum note_type type, void (*random)(void *arg, void *out, size_t n), void *arg,
    struct fault *f);
/* ERR_NOT_FOUND; ERR_KEY when the file is not one. Wiped by log_key_forget. */
enum err log_key_load(const char *path, struct log_key *out, struct fault *f);
void log_key_forget(struct log_key *k);
#endif
