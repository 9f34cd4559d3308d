/* Canonical JSON: the form inside records. Objects with keys sorted by byte order and unique, strings, true/false,
 * integers of magnitude below 2^53, arrays, null; no floats; no white space; strings in UTF-8 with only \" \\ and \u00XX
 * (lower-case hex) for control bytes below 0x20 escaped; text is never normalised. The reader refuses whatever would not
 * re-encode to the same bytes. A key holds no character that would need an escape. Depth at most 16.
 * docs/formats/canonical-json.md. The writer also serves the JSON API, where keys come in reading order (cj_open_loose). */
#ifndef BASE_CJSON_H
#define BASE_CJSON_H
#include "base/arena.h"
#include "base/buf.h"

/* ---- writing: a small state machine over a buf; misuse (key order, missing key, depth) sets ERR_BUG in the buf ---- */
#define CJ_DEPTH 16
struct node;
struct cj {
    struct buf *out;
    struct arena *tree; /* no text is written but a tree of values made in here */
    struct node *root, *keyed; /* of the tree; and the member whose key was written */
    struct node *node[CJ_DEPTH];
    bool loose; /* API replies: any key, in any order; doubles allowed */
    bool done;  /* the one value is complete */
    int depth;
    uint8_t state[CJ_DEPTH];          /* object or array, empty or not */
    size_t last_at[CJ_DEPTH], last_n[CJ_DEPTH]; /* last key of each open object, as offsets into out */
};
void cj_open(struct cj *j, struct buf *out);
void cj_open_loose(struct cj *j, struct buf *out);
/* Loose; makes the tree of base/node.h in the arena, as reading the text would: j->root, NULL until something is written. Keys and strings are copied.
 * `errors` holds no text, only what goes wrong (also ERR_MEMORY past the arena's maximum). */
void cj_open_tree(struct cj *j, struct arena *a, struct buf *errors);
void cj_obj(struct cj *j);
void cj_obj_end(struct cj *j);
void cj_arr(struct cj *j);
void cj_arr_end(struct cj *j);
void cj_key_n(struct cj *j, const char *key, size_t n);
static inline void cj_key(struct cj *j, const char *key) /* here, so that the length of a literal is known */
{
    cj_key_n(j, key, strlen(key));
}
void cj_str(struct cj *j, struct slice s); /* invalid UTF-8 sets ERR_ENCODING */
void cj_int(struct cj *j, int64_t v);      /* beyond +-2^53 sets ERR_RANGE */
void cj_bool(struct cj *j, bool v);
void cj_null(struct cj *j);
void cj_double(struct cj *j, double v, int decimals); /* loose only */
void cj_raw(struct cj *j, struct slice json);         /* an already encoded value, trusted */
/* key and value; the _opt forms write nothing when the value is empty / zero */
static inline void cj_kstr(struct cj *j, const char *key, struct slice s)
{
    cj_key(j, key);
    cj_str(j, s);
}
static inline void cj_kstr_opt(struct cj *j, const char *key, struct slice s)
{
    if (s.n)
        cj_kstr(j, key, s);
}
static inline void cj_kint(struct cj *j, const char *key, int64_t v)
{
    cj_key(j, key);
    cj_int(j, v);
}
static inline void cj_kbool(struct cj *j, const char *key, bool v)
{
    cj_key(j, key);
    cj_bool(j, v);
}
void cj_khex(struct cj *j, const char *key, const uint8_t *p, size_t n);

/* ---- reading: a tree in an arena ---- */
enum cj_type { CJ_NULL, CJ_FALSE, CJ_TRUE, CJ_INT, CJ_STR, CJ_ARR, CJ_OBJ };
struct cj_value {
    enum cj_type type;
    int64_t i;
    struct slice s;             /* CJ_STR: unescaped; keys live in `key` */
    struct slice key;           /* when member of an object */
    struct cj_value *first, *next; /* children in order; next sibling */
    size_t count;
};
/* Canonical input only: ERR_FORMAT names the byte offset in fault.value; ERR_MEMORY past the arena's maximum. The tree and all
 * its strings live in the arena (json is copied), strings NUL-terminated: a key or string is also a C string when it has no
 * control byte 0 inside. */
enum err cj_parse(struct arena *a, struct slice json, struct cj_value **out, struct fault *f);
/* Member of an object or NULL (v may be NULL). */
const struct cj_value *cj_get(const struct cj_value *v, const char *key);
/* Several members in one walk. `table` is in the order of its keys; found[i] becomes the member that table[i] names, or NULL. Members that the table
 * does not name are passed over. False when v is no object, or a named member has another type. */
struct cj_member {
    struct slice key;
    enum cj_type type;
};
#define CJ_MEMBER(name, kind) {{(name), sizeof(name) - 1}, (kind)}
bool cj_members(const struct cj_value *v, const struct cj_member *table, size_t n, const struct cj_value **found);
/* The string of a member that was found, or {NULL,0}. */
static inline struct slice cj_found_str(const struct cj_value *v)
{
    return v ? v->s : slice_of(NULL, 0);
}
/* String member, or {NULL,0}. Integer member, or `otherwise`. */
struct slice cj_get_str(const struct cj_value *v, const char *key);
int64_t cj_get_int(const struct cj_value *v, const char *key, int64_t otherwise);
bool cj_get_bool(const struct cj_value *v, const char *key);
#endif
