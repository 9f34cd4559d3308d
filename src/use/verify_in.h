/* Between the files of the use case verify. */
#ifndef USE_VERIFY_IN_H
#define USE_VERIFY_IN_H
#include "use/verify.h"

/* Counts one thing more that is wrong, and names its table. */
void verify_wrong_table(struct use_derived_out *out, const char *table);
/* Table document against the records, in the store that verifies what is derived. */
enum err verify_documents(struct store *s, const struct use_verify_in *in, struct use_derived_out *out, struct fault *f);
#endif
