/* Between http.c and http_reply.c: what knows the library. */
#ifndef WEB_HTTP_IN_H
#define WEB_HTTP_IN_H
#include <microhttpd.h>
#include "web/http.h"

enum MHD_Result http_send(struct MHD_Connection *c, struct http_response *out, bool outward);
/* One line of text, and the end of the connection. */
enum MHD_Result http_refuse(struct MHD_Connection *c, int status, const char *why, bool outward);
#endif
