/* Values that a template shows: a tree, as a use case writes it (cj_open_tree in cjson.h) or as it is read from JSON text. Strings without escapes are
 * then slices of the text, which must outlive the tree. Accepts RFC 8259 with a depth of at most NODE_DEPTH; numbers keep their text. Not a validator of
 * foreign input: request bodies are read by jansson. */
#ifndef BASE_NODE_H
#define BASE_NODE_H
#include "base/arena.h"
#include "base/err.h"

#define NODE_DEPTH 32

enum node_type { NODE_NULL, NODE_FALSE, NODE_TRUE, NODE_NUMBER, NODE_STRING, NODE_RAW, NODE_LIST, NODE_OBJECT };
struct node {
    enum node_type type;
    uint32_t mark;     /* node_mark(key): compared before the key itself */
    struct slice key;  /* when member of an object */
    struct slice text; /* string unescaped, number as written; RAW: markup made by the server, shown unescaped */
    struct node *first, *last, *next;
    uint64_t has;      /* node_bit of each member's mark: what an object does not have is mostly known without a look at its members */
};

/* ERR_FORMAT (byte offset in fault.value), ERR_MEMORY. */
enum err node_parse(struct arena *a, struct slice json, struct node **out, struct fault *f);

static inline uint32_t node_mark(struct slice key)
{
    const uint8_t *p = (const uint8_t *)key.p;
    return key.n ? (uint32_t)key.n | (uint32_t)p[0] << 8 | (uint32_t)p[key.n / 2] << 16 | (uint32_t)p[key.n - 1] << 24 : 0;
}
static inline uint64_t node_bit(uint32_t mark)
{
    return UINT64_C(1) << (mark * 0x9E3779B1u >> 26);
}
/* `child`, whose key and mark are set, becomes the last of `into`. */
static inline void node_append(struct node *into, struct node *child)
{
    *(into->last ? &into->last->next : &into->first) = child;
    into->last = child;
    into->has |= node_bit(child->mark);
}
/* Member of an object, or NULL (also when v is no object or NULL). */
const struct node *node_member(const struct node *v, struct slice key, uint32_t mark);
static inline const struct node *node_get(const struct node *v, const char *key)
{
    struct slice k = slice_str(key);
    return node_member(v, k, node_mark(k));
}
struct slice node_text(const struct node *v, const char *key); /* member's text, {NULL,0} when none */
int64_t node_int(const struct node *v, const char *key, int64_t otherwise);
/* Shown by a section: not null, false, an empty string or an empty list. */
bool node_truth(const struct node *v);

/* ---- building (page members beside the result) ---- */
/* All return NULL / do nothing without memory; `into` may be NULL. Keys and texts are borrowed. */
struct node *node_object(struct arena *a);
struct node *node_add(struct arena *a, struct node *into, const char *key, enum node_type type, struct slice text);
static inline struct node *node_add_str(struct arena *a, struct node *into, const char *key, struct slice text)
{
    return text.n ? node_add(a, into, key, NODE_STRING, text) : NULL;
}
static inline struct node *node_add_true(struct arena *a, struct node *into, const char *key)
{
    return node_add(a, into, key, NODE_TRUE, slice_of(NULL, 0));
}
/* Links an existing value under a key. */
void node_link(struct node *into, const char *key, struct node *v);
#endif
