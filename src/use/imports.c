/* The reports of imports, as they lie in DIR/imports, worded for a page. */
#include "base/file.h"
#include "use/import.h"
#include "use/words.h"
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/banned.h"

#define REPORTS_SHOWN 100
#define REPORT_MAX (64u << 10)

static int newest_first(const void *a, const void *b)
{
    return strcmp(*(char *const *)b, *(char *const *)a);
}

static bool is_report(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

static enum err list_reports(const char *dir, struct arena *a, char ***out, size_t *n, struct fault *f)
{
    size_t cap = 0;
    char **name = NULL;
    DIR *d = opendir(dir);
    *n = 0;
    *out = NULL;
    if (!d)
        return errno == ENOENT ? OK : fault_sys(f, errno, dir);
    enum err e = OK;
    for (struct dirent *x; !e && (x = readdir(d));)
        if (is_report(x->d_name)) {
            if (!mem_grow(&name, &cap, *n + 1, 100000, sizeof *name) ||
                !(name[*n] = (char *)arena_copy(a, slice_str(x->d_name)).p))
                e = fault_set(f, ERR_MEMORY, "imports", SLICE(""), "");
            else
                ++*n;
        }
    closedir(d);
    if (name)
        qsort(name, *n, sizeof *name, newest_first);
    *out = name;
    return e;
}

static void write_state(struct cj *j, const struct lang *l, const char *state)
{
    char key[32];
    const char *tone = strcmp(state, "done") == 0 ? "lawful" : strcmp(state, "running") == 0 ? "state" : "act";
    snprintf(key, sizeof key, "import.%.20s", state);
    words_note_tone(j, l, "state", key, tone);
}

static void write_report(struct cj *j, const struct lang *l, const char *name, const json_t *o)
{
    const char *key;
    json_t *v;
    cj_obj(j);
    cj_kstr(j, "id", slice_of(name, strlen(name) - 5));
    json_object_foreach((json_t *)o, key, v)
    {
        if (strcmp(key, "state") == 0)
            write_state(j, l, json_string_value(v) ? json_string_value(v) : "failed");
        else if (json_is_string(v))
            cj_kstr(j, key, slice_str(json_string_value(v)));
        else if (json_is_integer(v))
            cj_kint(j, key, json_integer_value(v));
    }
    cj_obj_end(j);
}

static void read_report(struct cj *j, const struct lang *l, const char *dir, const char *name)
{
    char path[700];
    struct buf b;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    buf_init(&b, REPORT_MAX);
    json_t *o = file_read(path, &b, NULL) ? NULL : json_loadb(b.p, b.n, 0, NULL);
    if (json_is_object(o))
        write_report(j, l, name, o);
    json_decref(o);
    buf_free(&b);
}

enum err use_imports(struct app *app, const struct lang *l, struct cj *out, struct fault *f)
{
    char dir[560], **name;
    struct arena a;
    size_t n;
    snprintf(dir, sizeof dir, "%s/imports", app->dir);
    arena_init(&a, 16u << 20);
    enum err e = list_reports(dir, &a, &name, &n, f);
    if (!e) {
        cj_obj(out);
        cj_kint(out, "count", (int64_t)n);
        cj_key(out, "imports");
        cj_arr(out);
        for (size_t i = 0; i < n && i < REPORTS_SHOWN; i++)
            read_report(out, l, dir, name[i]);
        cj_arr_end(out);
        cj_obj_end(out);
    }
    mem_free(name);
    arena_free(&a);
    return e ? e : out->out->err;
}
