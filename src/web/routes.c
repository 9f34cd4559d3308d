#include "web/web_in.h"
#include "base/banned.h"

static const struct route routes[] = {
    {HTTP_GET, "/", "search", page_search, false},
    {HTTP_GET, "/search", "search", page_search, false},
    {HTTP_GET, "/firearms", "firearm_read", page_firearm_find, false},
    {HTTP_GET, "/firearms/{id}", "firearm_read", page_firearm, false},
    {HTTP_GET, "/records/{id}", "record_read", page_record, false},
    {HTTP_GET, "/imports", "import_read", page_imports, false},
    {HTTP_GET, "/ballistics", "specimen_read", page_specimens, false},
    {HTTP_GET, "/ballistics/compare", "specimen_compare", page_compare, false},
    {HTTP_GET, "/ballistics/picture", "specimen_read", examine_picture, true},
    {HTTP_GET, "/ballistics/tile", "specimen_read", examine_tile, true},
    {HTTP_GET, "/ballistics/compare.pdf", "specimen_compare", examine_pdf, true},
    {HTTP_GET, "/static/{name}", "", page_static, false},
    {HTTP_GET, "/api/v1/search", "search", api_search, true},
    {HTTP_GET, "/api/v1/firearms/{id}", "firearm_read", api_firearm, true},
    {HTTP_GET, "/api/v1/firearms/{id}/trace.pdf", "firearm_read", api_firearm_pdf, true},
    {HTTP_GET, "/api/v1/records/{id}", "record_read", api_record, true},
    {HTTP_GET, "/api/v1/imports", "import_read", api_imports, true},
    {HTTP_GET, "/api/v1/ballistics", "specimen_read", api_specimens, true},
    {HTTP_GET, "/api/v1/ballistics/compare", "specimen_compare", api_pair, true},
    {HTTP_GET, "/api/v1/marks/read", "marks_read", api_marks_read, true},
    {HTTP_POST, "/api/v1/marks/read", "marks_read", api_marks_read, true},
    {HTTP_GET, "/api/v1/health", "", api_health, true},
    {HTTP_GET, "/api/v1/openapi.json", "", api_openapi, true},
    {HTTP_GET, "/log/checkpoint", "", log_checkpoint, true},
    {HTTP_GET, "/log/tile/entries/{...}", "log_entries", log_entries, true},
    {HTTP_GET, "/log/tile/{...}", "", log_tile, true},
};

static struct slice next_segment(struct slice *rest)
{
    struct slice s = *rest;
    const char *slash = s.n > 1 ? memchr(s.p + 1, '/', s.n - 1) : NULL;
    size_t n = slash ? (size_t)(slash - s.p) : s.n;
    *rest = slice_of(s.p + n, s.n - n);
    return slice_of(s.p, n);
}

static bool fits(const char *pattern, struct slice path, struct slice params[HTTP_PARAMS])
{
    struct slice rest = slice_str(pattern);
    size_t n = 0;
    while (rest.n && path.n) {
        struct slice want = next_segment(&rest), got = next_segment(&path);
        if (slice_is(want, "/{...}") && got.n > 1)
            return true;
        if (want.n > 2 && want.p[1] == '{' && got.n > 1 && n < HTTP_PARAMS)
            params[n++] = slice_of(got.p + 1, got.n - 1);
        else if (!slice_eq(want, got))
            return false;
    }
    return !rest.n && !path.n;
}

const struct route *route_find(enum http_method method, struct slice path, struct slice params[HTTP_PARAMS], bool *other_method)
{
    *other_method = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!fits(routes[i].path, path, params))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        *other_method = true;
    }
    return NULL;
}
