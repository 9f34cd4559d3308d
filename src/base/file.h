/* Files: whole reads with a maximum, atomic replacement, directory sync. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/buf.h"

/* Appends the file's bytes to out (ERR_TOO_LONG past out's maximum, ERR_NOT_FOUND when absent). */
enum err file_read(const char *path, struct buf *out, struct fault *f);
/* Writes path.tmp (mode as given), syncs it, renames it over path, syncs the folder. */
enum err file_replace(const char *path, struct slice bytes, unsigned mode, struct fault *f);
enum err file_sync_dir(const char *dir, struct fault *f);
/* All of n bytes, EINTR handled. */
enum err file_write_all(int fd, const void *p, size_t n, struct fault *f);
/* Overwrites the file's bytes with random ones, syncs, removes it. Not there: OK. A flash drive may keep the old pages until it
 * reuses them: what must not be read again is sealed, and this is for the keys. */
enum err file_shred(const char *path, struct fault *f);
#endif
