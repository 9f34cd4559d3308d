/* Between the files of this folder. */
#ifndef LANG_LANG_IN_H
#define LANG_LANG_IN_H
#include "lang/lang.h"
#include "lang/locale.h"

const struct locale *lang_locale(const struct lang *l);
/* Letters of a right-to-left script in the text? (Hebrew to Arabic Extended-A, U+0590..08FF, and their presentation forms) */
bool lang_has_rtl(struct slice s);
#endif
