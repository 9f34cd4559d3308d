/* Use case: read a table into the register. */
#ifndef USE_IMPORT_H
#define USE_IMPORT_H
#include "intake/intake.h"
#include "use/app.h"

struct use_import_in {
    struct slice map;      /* bytes of the mapping file */
    const char *file;      /* path of the table; "-" = standard input */
    struct slice map_name; /* for the report */
    void (*progress)(void *arg, const char *phase, uint64_t done, uint64_t all, const struct intake_counts *c);
    bool (*stop)(void *arg);
    void *arg;
};
struct use_import_out {
    struct intake_counts counts;
    char rejects[600]; /* path of the reject file, "" when nothing was rejected */
    uint64_t log_size;
};
/* counts are right also when it fails: what was committed stays, and running it again goes on. */
enum err use_import(struct app *app, const struct use_import_in *in, struct use_import_out *out, struct fault *f);
void import_json(const struct use_import_out *r, struct cj *out);

/* docs/api/shapes.md "imports": the reports in DIR/imports, newest first. */
enum err use_imports(struct app *app, const struct lang *l, struct cj *out, struct fault *f);
#endif
