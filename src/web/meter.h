/* Counts of requests by route and status and how long they took, for Prometheus. Routes are patterns of the table, never what was asked for. */
#ifndef WEB_METER_H
#define WEB_METER_H
#include "web/web.h"

struct meter;
struct meter *meter_new(void); /* NULL without memory */
void meter_free(struct meter *m);
/* From any thread. */
void meter_count(struct meter *m, const struct web_told *t);
/* Families athar_http_requests_total, athar_http_request_seconds, athar_sign_ins_total; routes that were not asked for are left out. */
void meter_write(struct meter *m, struct buf *out);
#endif
