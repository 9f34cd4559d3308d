/* Between the files of the collection. */
#ifndef BALLISTICS_COLLECTION_IN_H
#define BALLISTICS_COLLECTION_IN_H
#include "ballistics/collection.h"
#include "ballistics/x3p_in.h"

#define COLLECTION_PATH 1024

enum err collection_begin(const char *dir, struct collection *c, struct fault *f);
/* The X3P files of the folder, sorted. */
enum err collection_scan(struct collection *c, struct fault *f);
struct specimen *collection_add(struct collection *c, struct slice file, struct fault *f);
enum err collection_path(const struct collection *c, struct slice file, char *out, size_t n, struct fault *f);
/* The list as bytes (docs/formats/collection.md). */
enum err collection_parse(struct collection *c, struct slice json, struct fault *f);
void collection_print(const struct collection *c, struct buf *out);
#endif
