/* The compiled program, between template_compile.c and template_render.c.
 *
 * A unit is one template or one partial at one indentation: a flat run of operations. A section's body is the operations between it and its `end`.
 * 1. `end` of a section lies within its unit and after it.
 * 2. OP_CALL names a unit of the same template.
 * 3. Every slice lives in the template's arena, in a compiled-in file, or in a message file. */
#ifndef WEB_TEMPLATE_IN_H
#define WEB_TEMPLATE_IN_H
#include "web/template.h"

#define PATH_KEYS 8
#define TEMPLATE_ARGS 6
#define TEMPLATE_UNITS 128

enum op_code { OP_TEXT, OP_VALUE, OP_RAW, OP_ID, OP_SAY, OP_DATE, OP_NUMBER, OP_URL, OP_MESSAGE, OP_SECTION, OP_INVERTED, OP_CALL };

struct path {
    size_t count; /* 0: the value on top of the stack (".") */
    bool here;    /* ".name": a member of the value on top only */
    bool once;    /* "name?": a section shown once when the value is true, without entering it */
    struct slice key[PATH_KEYS];
    uint32_t mark[PATH_KEYS];
};
struct message_use {
    const char *key;
    enum lang_form form; /* LANG_VALUE where it stands in an attribute or an element of text alone */
    size_t count;
    const char *name[TEMPLATE_ARGS];
    struct path path[TEMPLATE_ARGS];
};
struct op {
    enum op_code code;
    uint32_t end; /* sections: index after the body; OP_CALL: unit */
    struct slice text;
    const struct path *path;
    const struct message_use *message;
};
struct unit {
    struct slice name, indent;
    struct op *op;
    size_t count, cap;
};
struct template {
    struct arena arena;
    const struct lang *lang;
    size_t weight; /* bytes of all its fixed text: a page is of about that size */
    size_t units;
    struct unit unit[TEMPLATE_UNITS];
};
#endif
