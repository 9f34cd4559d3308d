/* What a running program can say of itself in numbers, for Prometheus. No personal data: counts, sizes, ages. */
#ifndef USE_METRICS_H
#define USE_METRICS_H
#include "use/app.h"

/* Appends families athar_*; what cannot be known now (a locked key store, a database that is away) is left out. Takes a desk for a moment. */
void use_metrics(struct app *app, struct buf *out);
#endif
