/* Answers as they are sent, and files made ready once. */
#include "web/http_in.h"
#include <stdio.h>
#include <zlib.h>
#include "base/hash.h"
#include "base/banned.h"

struct http_static {
    struct MHD_Response *plain, *gzip, *unchanged;
    char etag[24];
};

/* ---- responses ---- */

static const char *const security[][2] = {
    {"Content-Security-Policy", "default-src 'none'; object-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
                                "base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

static void add_security(struct MHD_Response *r, bool outward)
{
    for (size_t i = 0; i < sizeof security / sizeof *security; i++)
        MHD_add_response_header(r, security[i][0], security[i][1]);
    if (outward)
        MHD_add_response_header(r, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
}

static enum MHD_Result send_file(struct MHD_Connection *c, const struct http_static *s)
{
    const char *etag = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match");
    const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Accept-Encoding");
    if (etag && strstr(etag, s->etag))
        return MHD_queue_response(c, 304, s->unchanged);
    return MHD_queue_response(c, 200, s->gzip && accept && strstr(accept, "gzip") ? s->gzip : s->plain);
}

enum MHD_Result http_send(struct MHD_Connection *c, struct http_response *out, bool outward)
{
    if (out->file) {
        buf_free(&out->body);
        return send_file(c, out->file);
    }
    if (out->body.err) {
        buf_free(&out->body);
        buf_init(&out->body, 100);
        out->status = 500;
    }
    /* The library frees the bytes with free(); mem_alloc memory is malloc's. */
    struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback(out->body.n, out->body.p, mem_free);
    if (!r) {
        buf_free(&out->body);
        return MHD_NO;
    }
    MHD_add_response_header(r, "Content-Type", out->type ? out->type : "text/html; charset=utf-8");
    MHD_add_response_header(r, "Cache-Control", out->cache ? out->cache : "no-store");
    add_security(r, outward);
    if (out->packed)
        MHD_add_response_header(r, "Content-Encoding", "gzip");
    if (out->location)
        MHD_add_response_header(r, "Location", out->location);
    if (out->disposition)
        MHD_add_response_header(r, "Content-Disposition", out->disposition);
    for (size_t i = 0; i < sizeof out->cookie / sizeof *out->cookie; i++)
        if (out->cookie[i])
            MHD_add_response_header(r, "Set-Cookie", out->cookie[i]);
    if (out->retry_after > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", out->retry_after);
        MHD_add_response_header(r, "Retry-After", seconds);
    }
    if (out->bearer)
        MHD_add_response_header(r, "WWW-Authenticate", "Bearer realm=\"athar\"");
    if (out->close)
        MHD_add_response_header(r, "Connection", "close");
    out->body = (struct buf){0}; /* the library's now */
    enum MHD_Result queued = MHD_queue_response(c, (unsigned)(out->status ? out->status : 200), r);
    MHD_destroy_response(r);
    return queued;
}

enum MHD_Result http_refuse(struct MHD_Connection *c, int status, const char *why, bool outward)
{
    struct http_response out = {.status = status, .type = "text/plain; charset=utf-8", .close = true, .retry_after = status == 429 ? 1 : 0};
    buf_init(&out.body, 1024);
    buf_str(&out.body, why);
    buf_byte(&out.body, '\n');
    return http_send(c, &out, outward);
}

enum MHD_Result http_refuse_page(struct MHD_Connection *c, int status, struct buf *page, bool outward)
{
    struct http_response out = {.status = status, .close = true, .retry_after = status == 429 ? 1 : 0, .body = *page};
    *page = (struct buf){0};
    return http_send(c, &out, outward);
}

/* ---- files ---- */

static bool gzip_of(struct slice bytes, struct buf *out)
{
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    uLong bound = deflateBound(&z, bytes.n);
    buf_init(out, bound + 1);
    z.next_in = (Bytef *)(uintptr_t)bytes.p;
    z.avail_in = (uInt)bytes.n;
    z.next_out = buf_room(out, bound);
    z.avail_out = (uInt)bound;
    bool ok = z.next_out && deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < bytes.n;
    out->n = ok ? z.total_out : 0;
    deflateEnd(&z);
    if (!ok)
        buf_free(out);
    return ok;
}

static void file_headers(struct MHD_Response *r, const struct http_static *s, const char *type, bool immutable, bool outward)
{
    if (!r)
        return;
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "ETag", s->etag);
    MHD_add_response_header(r, "Vary", "Accept-Encoding");
    MHD_add_response_header(r, "Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
    add_security(r, outward);
}

struct http_static *http_static_new(struct slice bytes, const char *type, bool immutable, bool outward)
{
    struct http_static *s = mem_alloc(1, sizeof *s);
    struct buf gz;
    if (!s)
        return NULL;
    struct hash h = hash_of(bytes.p, bytes.n);
    s->etag[0] = '"';
    hex_of(h.b, 10, s->etag + 1);
    s->etag[21] = '"';
    s->etag[22] = 0;
    s->plain = MHD_create_response_from_buffer(bytes.n, (void *)(uintptr_t)bytes.p, MHD_RESPMEM_PERSISTENT);
    s->unchanged = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (bytes.n > 600 && gzip_of(bytes, &gz)) {
        s->gzip = MHD_create_response_from_buffer_with_free_callback(gz.n, gz.p, mem_free);
        if (s->gzip)
            MHD_add_response_header(s->gzip, "Content-Encoding", "gzip");
    }
    file_headers(s->plain, s, type, immutable, outward);
    file_headers(s->gzip, s, type, immutable, outward);
    file_headers(s->unchanged, s, type, immutable, outward);
    if (s->plain && s->unchanged)
        return s;
    http_static_free(s);
    return NULL;
}

void http_static_free(struct http_static *s)
{
    if (!s)
        return;
    if (s->plain)
        MHD_destroy_response(s->plain);
    if (s->gzip)
        MHD_destroy_response(s->gzip);
    if (s->unchanged)
        MHD_destroy_response(s->unchanged);
    mem_free(s);
}
