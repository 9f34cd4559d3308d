/* The key file of version 1, DIR/keys: text, a line a key, persons' keys computed from a root. Read so that a register made before the
 * key store opens; the first writer makes a store of it (keys_upgrade_*), after which the file and its root are gone. */
#ifndef KEYS_KEYS_OLD_H
#define KEYS_KEYS_OLD_H
#include "keys/keys.h"

/* DIR holds such a file and no key store. */
bool keys_old_is(const char *dir);
enum err keys_old_load(const char *dir, struct keys *out, uint8_t root[SEAL_KEY], struct fault *f);

/* begin, then each person of the log, then end: the store takes the file's place in one rename. Until then the file stands; a crash
 * before it leaves DIR/keystore.new, which the next begin removes. Give up: keys_close. */
enum err keys_upgrade_begin(const char *dir, struct key_store **out, struct fault *f);
enum err keys_upgrade_person(struct key_store *k, const struct subject_id *party, struct fault *f);
/* Closes k. */
enum err keys_upgrade_end(struct key_store *k, struct fault *f);
#endif
