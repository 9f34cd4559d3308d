/* Values that a template shows: a tree, as a use case writes it (cj_open_tree in cjson.h) or as it is read from JSON text. Strings without escapes are
 * then slices of the text, which must outlive the tree. Accepts RFC 8259 with a depth of at most VALUE_DEPTH; numbers keep their text. Not a validator of
 * foreign input: request bodies are read by jansson. */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H
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
    uint64_t has;      /* value_bit of each member's mark: what an object does not have is mostly known without a look at its members */
};

/* ERR_FORMAT (byte offset in fault.value), ERR_MEMORY. */
enum err value_parse(struct arena *a, struct slice json, struct value **out, struct fault *f);

static inline uint32_t value_mark(struct slice key)
{
    const uint8_t *p = (const uint8_t *)key.p;
    return key.n ? (uint32_t)key.n | (uint32_t)p[0] << 8 | (uint32_t)p[key.n / 2] << 16 | (uint32_t)p[key.n - 1] << 24 : 0;
}
static inline uint64_t value_bit(uint32_t mark)
{
    return UINT64_C(1) << (mark * 0x9E3779B1u >> 26);
}
/* `child`, whose key and mark are set, becomes the last of `into`. */
static inline void value_append(struct value *into, struct value *child)
{
    *(into->last ? &into->last->next : &into->first) = child;
    into->last = child;
    into->has |= value_bit(child->mark);
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
