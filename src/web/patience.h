/* How long a client may take: so many seconds from when its connection began (or its last answer was sent) until a whole request is there, and so many to
 * take an answer. Whoever sends one byte now and then, to hold a connection for ever, is cut off by a thread that looks once a second. The library itself
 * ends connections on which nothing at all moves (HTTP_IDLE_SECONDS). */
#ifndef WEB_PATIENCE_H
#define WEB_PATIENCE_H
#include "base/err.h"

struct patience;
struct wait; /* of one connection */
enum err patience_start(int ask_seconds, int take_seconds, struct patience **out, struct fault *f);
void patience_stop(struct patience *p); /* NULL is accepted */

/* A connection of this socket begins; NULL without memory. Ended before the socket is closed. */
struct wait *patience_begin(struct patience *p, int fd);
void patience_end(struct patience *p, struct wait *w); /* NULL is accepted */
enum wait_for { WAIT_REQUEST, WAIT_OURSELVES, WAIT_TAKING };
/* What is waited for now. NULL is accepted. */
void patience_now(struct patience *p, struct wait *w, enum wait_for what);
#endif
