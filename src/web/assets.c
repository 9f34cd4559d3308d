/* Files of web/static and the templates: found among the compiled-in files, named by their hash so that they may be kept for ever. */
#include "web/web_in.h"
#include "base/embed.h"
#include "base/hash.h"
#include "base/banned.h"

static const struct {
    const char *file, *key, *name, *ending, *type;
} files[] = {
    {"web/static/athar.css", "athar_css", "athar", "css", "text/css; charset=utf-8"},
    {"web/static/examine.css", "examine_css", "examine", "css", "text/css; charset=utf-8"},
    {"web/static/enter.css", "enter_css", "enter", "css", "text/css; charset=utf-8"},
    {"web/static/mark.js", "mark_js", "mark", "js", "text/javascript; charset=utf-8"},
    {"web/static/once.js", "once_js", "once", "js", "text/javascript; charset=utf-8"},
    {"web/static/passkey.js", "passkey_js", "passkey", "js", "text/javascript; charset=utf-8"},
    {"web/static/examine.js", "examine_js", "examine", "js", "text/javascript; charset=utf-8"},
    {"web/static/examine_tile.js", "examine_tile_js", "examine_tile", "js", "text/javascript; charset=utf-8"},
    {"web/static/examine_draw.js", "examine_draw_js", "examine_draw", "js", "text/javascript; charset=utf-8"},
    {"web/static/mask.js", "mask_edit_js", "mask", "js", "text/javascript; charset=utf-8"},
    {"web/static/icon.svg", "icon_svg", "icon", "svg", "image/svg+xml"},
};

static enum err load_one(struct web *w, size_t i, struct fault *f)
{
    struct slice bytes = embed_get(files[i].file);
    struct asset *a = &w->asset[i];
    if (!bytes.p)
        return fault_set(f, ERR_NOT_FOUND, "file", slice_str(files[i].file), "");
    struct hash h = hash_of(bytes.p, bytes.n);
    struct buf url;
    buf_init(&url, sizeof a->url - 1);
    buf_printf(&url, "/static/%s.", files[i].name);
    buf_hex(&url, h.b, 6);
    buf_printf(&url, ".%s", files[i].ending);
    if (!url.err)
        memcpy(a->url, url.p, url.n + 1);
    buf_free(&url);
    a->key = files[i].key;
    a->file = http_static_new(bytes, files[i].type, true, http_front_outward(&w->front));
    w->asset_count++;
    node_add_str(&w->arena, w->fixed, a->key, slice_str(a->url));
    return a->file ? OK : fault_set(f, ERR_MEMORY, "file", slice_str(files[i].file), "");
}

enum err assets_load(struct web *w, struct fault *f)
{
    enum err e = OK;
    for (size_t i = 0; i < sizeof files / sizeof *files && !e; i++)
        e = load_one(w, i, f);
    struct slice api = embed_get("docs/api/openapi.json");
    if (!e && api.p)
        w->openapi = http_static_new(api, "application/json", false, http_front_outward(&w->front));
    return e;
}

void assets_free(struct web *w)
{
    for (size_t i = 0; i < w->asset_count; i++)
        http_static_free(w->asset[i].file);
    http_static_free(w->openapi);
}

const struct http_static *assets_find(const struct web *w, struct slice path)
{
    for (size_t i = 0; i < w->asset_count; i++)
        if (slice_is(path, w->asset[i].url))
            return w->asset[i].file;
    return NULL;
}

struct slice template_file(void *arg, struct slice name)
{
    for (const struct embed *file = embed_files; file->name; file++) {
        struct slice s = slice_str(file->name);
        if (!slice_starts(s, "web/templates/") || s.n != 14 + name.n + 5)
            continue;
        if (memcmp(s.p + 14, name.p, name.n) == 0 && memcmp(s.p + 14 + name.n, ".html", 5) == 0)
            return slice_of((const char *)file->data, file->n);
    }
    return slice_of(NULL, 0);
}
