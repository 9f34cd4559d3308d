/* The socket that is listened on: HOST:PORT (a numeric address or localhost; [ADDRESS]:PORT for IPv6), or unix:PATH. */
#ifndef WEB_LISTEN_H
#define WEB_LISTEN_H
#include "base/err.h"

struct listening {
    int fd;
    bool file, loopback; /* a socket file; an address of this computer only */
    unsigned port;       /* 0 for a file */
    char path[108];
};
/* Is this an address that others than this computer reach? Says nothing of a malformed one. */
bool listen_beyond(struct slice listen);
/* ERR_FORMAT; ERR_BUSY when the port is taken, or a server answers at the path. A socket file that nobody answers at any more is replaced; a new one may
 * be opened by the owner and his group. port 0 = any free one. */
enum err listen_open(struct slice listen, struct listening *out, struct fault *f);
void listen_close(struct listening *l);
#endif
