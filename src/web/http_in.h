/* Between http.c and http_reply.c: what knows the library. */
#ifndef WEB_HTTP_IN_H
#define WEB_HTTP_IN_H
#include <microhttpd.h>
#include "web/http.h"

enum MHD_Result http_send(struct MHD_Connection *c, struct http_response *out, bool outward);
/* One line of text, and the end of the connection. */
enum MHD_Result http_refuse(struct MHD_Connection *c, int status, const char *why, bool outward);
/* The same with a page, which is taken over. */
enum MHD_Result http_refuse_page(struct MHD_Connection *c, int status, struct buf *page, bool outward);
#endif
