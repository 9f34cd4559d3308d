/* A database file that is not the register's (engine_file) copied as of one moment, while others read and write it. */
#ifndef STORE_FILE_COPY_H
#define STORE_FILE_COPY_H
#include "base/err.h"

/* `to` is made anew, mode 0600, without the pages of deleted rows; synced. */
enum err store_file_copy(const char *from, const char *to, struct fault *f);
#endif
