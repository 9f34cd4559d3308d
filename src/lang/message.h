/* One message text, compiled once into parts and rendered many times (the forms are in lang/lang.h). */
#ifndef LANG_MESSAGE_H
#define LANG_MESSAGE_H
#include "base/arena.h"
#include "lang/lang.h"

#define MESSAGE_DEPTH 4      /* plurals within selects and so on */
#define MESSAGE_NAME_MAX 32  /* bytes of an argument name or a branch key */

enum part_kind { PART_LITERAL, PART_ARG, PART_ID, PART_DATE, PART_COUNT, PART_PLURAL, PART_SELECT };
struct message_branch;
struct message_part {
    enum part_kind kind;
    struct slice text; /* the literal, or the argument's name */
    struct message_branch *branches;
    struct message_part *next;
};
struct message_branch {
    struct slice key; /* "one", "other", "=0", or a select value */
    struct message_part *parts;
    struct message_branch *next;
};

/* Parts in the arena; the text must outlive them. ERR_FORMAT: fault.value shows where. */
enum err message_compile(struct arena *a, struct slice text, struct message_part **out, struct fault *f);
void message_render(const struct lang *l, enum lang_form form, struct buf *out, const struct message_part *parts,
    const struct lang_arg *args, size_t n);
#endif
