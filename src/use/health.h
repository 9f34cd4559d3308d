/* Use case: is the register well, and how much does it hold. */
#ifndef USE_HEALTH_H
#define USE_HEALTH_H
#include "use/app.h"
enum err use_health(struct app *app, struct cj *out, struct fault *f);
#endif
