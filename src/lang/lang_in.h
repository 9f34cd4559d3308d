/* Between the files of this folder. */
#ifndef LANG_LANG_IN_H
#define LANG_LANG_IN_H
#include "lang/lang.h"
#include "lang/locale.h"

#define LRI "\u2066"
#define RLI "\u2067"
#define FSI "\u2068"
#define PDI "\u2069"

struct embed;
/* lang_load of other files than those compiled in: a table that ends with a row without a name. For tests. */
enum err lang_load_files(const struct embed *files, struct lang_set **out, struct fault *f);

const struct locale *lang_locale(const struct lang *l);
/* Letters of a right-to-left script in the text? (Hebrew to Arabic Extended-A, U+0590..08FF, and their presentation forms) */
bool lang_has_rtl(struct slice s);
#endif
