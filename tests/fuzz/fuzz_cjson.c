/* Whatever the strict reader accepts is written again to the same bytes, and is JSON to another reader too. */
#include "base/cjson.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_value(struct cj *j, const struct cj_value *v)
{
    if (v->type == CJ_OBJ || v->type == CJ_ARR) {
        (v->type == CJ_OBJ ? cj_obj : cj_arr)(j);
        for (const struct cj_value *item = v->first; item; item = item->next) {
            if (v->type == CJ_OBJ)
                cj_key(j, item->key.p);
            write_value(j, item);
        }
        (v->type == CJ_OBJ ? cj_obj_end : cj_arr_end)(j);
    } else if (v->type == CJ_STR) {
        cj_str(j, v->s);
    } else if (v->type == CJ_INT) {
        cj_int(j, v->i);
    } else if (v->type == CJ_NULL) {
        cj_null(j);
    } else {
        cj_bool(j, v->type == CJ_TRUE);
    }
}

static void must(bool ok)
{
    if (!ok)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice json = slice_of((const char *)data, n);
    struct arena a;
    struct buf b;
    struct cj j;
    struct cj_value *v;
    struct fault f;
    arena_init(&a, 4u << 20);
    buf_init(&b, n);
    if (cj_parse(&a, json, &v, &f) == OK) {
        cj_open(&j, &b);
        write_value(&j, v);
        must(b.err == OK && slice_eq(buf_view(&b), json));
        json_t *other = json_loadb(json.p, json.n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
        must(other != NULL);
        json_decref(other);
    }
    buf_free(&b);
    arena_free(&a);
    return 0;
}
