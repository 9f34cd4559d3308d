/* Values that a template shows: the JSON of a use case read into a tree, quickly. Strings without escapes are slices of the JSON text, which must
 * outlive the tree. Accepts RFC 8259 with a depth of at most VALUE_DEPTH; numbers keep their text. Not a validator of
 * foreign input: request bodies are read by jansson. */
#ifndef WEB_VALUE_H
#define WEB_VALUE_H
#include "base/arena.h"
#include "base/err.h"

#define VALUE_DEPTH 32

enum value_type { VALUE_NULL, VALUE_FALSE, VALUE_TRUE, VALUE_NUMBER, VALUE_STRING, VALUE_RAW, VALUE_LIST, VALUE_OBJECT };
struct value {
    enum value_type type;
    uint32_t mark;     /* value_mark(key): compared before the key itself */
    struct slice key;  /* when member of an object */
    struct slice text; /* string unescaped, number as written; RAW: markup made by the server, shown unescaped */
    struct value *first, *last, *next;
};

/* ERR_FORMAT (byte offset in fault.value), ERR_MEMORY. */
enum err value_parse(struct arena *a, struct slice json, struct value **out, struct fault *f);

static inline uint32_t value_mark(struct slice key)
{
    uint32_t h = (uint32_t)key.n << 24;
    for (size_t i = 0; i < key.n && i < 8; i++)
        h ^= (uint32_t)(uint8_t)key.p[i] << (i * 3);
    return h;
}
/* Member of an object, or NULL (also when v is no object or NULL). */
const struct value *value_member(const struct value *v, struct slice key, uint32_t mark);
static inline const struct value *value_get(const struct value *v, const char *key)
{
    struct slice k = slice_str(key);
    return value_member(v, k, value_mark(k));
}
struct slice value_text(const struct value *v, const char *key); /* member's text, {NULL,0} when none */
int64_t value_int(const struct value *v, const char *key, int64_t otherwise);
/* Shown by a section: not null, false, an empty string or an empty list. */
bool value_truth(const struct value *v);

/* ---- building (page members beside the result) ---- */
/* All return NULL / do nothing without memory; `into` may be NULL. Keys and texts are borrowed. */
struct value *value_object(struct arena *a);
struct value *value_add(struct arena *a, struct value *into, const char *key, enum value_type type, struct slice text);
static inline struct value *value_add_str(struct arena *a, struct value *into, const char *key, struct slice text)
{
    return text.n ? value_add(a, into, key, VALUE_STRING, text) : NULL;
}
static inline struct value *value_add_true(struct arena *a, struct value *into, const char *key)
{
    return value_add(a, into, key, VALUE_TRUE, slice_of(NULL, 0));
}
/* Links an existing value under a key. */
void value_link(struct value *into, const char *key, struct value *v);
#endif
