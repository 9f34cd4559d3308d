/* Private to src/store: which engine a data directory uses, and where its database is. A register is in DIR/register.db (SQLite),
 * or DIR/database (mode 0600) holds the connection string of the PostgreSQL database that it is in: it may hold a password, so no
 * message shows it. */
#ifndef STORE_HOME_H
#define STORE_HOME_H
#include "store/engine.h"

#define HOME_MAX 2048 /* bytes of a path or connection string */

struct home {
    const struct engine_verbs *verbs;
    bool shared; /* a database that other directories, on other machines, may write too */
    char where[HOME_MAX];
    char name[64]; /* of a shared database, for people */
};
/* ERR_NOT_FOUND (want.register) when the directory has none. */
enum err home_find(const char *dir, struct home *out, struct fault *f);
/* Is `db` a connection string that we take (postgresql://...)? ERR_FORMAT. */
enum err home_shared(struct slice db, struct home *out, struct fault *f);
/* Notes it in DIR/database. */
enum err home_note(const char *dir, const struct home *p, struct fault *f);
enum err path_of(const char *dir, const char *name, char *out, size_t size, struct fault *f);
#endif
