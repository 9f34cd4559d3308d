/* Text for Prometheus (exposition format 0.0.4): a heading a family, then its samples. Names are ours and constant; label values are escaped. */
#ifndef BASE_PROM_H
#define BASE_PROM_H
#include "base/buf.h"

#define PROM_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* type: "counter", "gauge", "histogram". */
void prom_family(struct buf *out, const char *name, const char *type, const char *help);
/* labels: pairs name, value, ended by NULL; NULL: none. */
void prom_int(struct buf *out, const char *name, const char *const *labels, int64_t value);
void prom_real(struct buf *out, const char *name, const char *const *labels, double value);
/* A family of one sample. */
void prom_gauge(struct buf *out, const char *name, const char *help, int64_t value);
void prom_counter(struct buf *out, const char *name, const char *help, uint64_t value);
#endif
