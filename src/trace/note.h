/* A note: a message key with its arguments. Results hold notes; doors word them in the reader's language (lang/lang.h). */
#ifndef TRACE_NOTE_H
#define TRACE_NOTE_H
#include "base/arena.h"
#include "base/cjson.h"

struct lang;
#define NOTE_ARGS 8

enum note_kind { NOTE_TEXT, NOTE_NUMBER, NOTE_NOTE, NOTE_COUNTRY };
struct note_arg {
    const char *name;
    enum note_kind kind;
    struct slice text; /* a name, a date of the register, a code; borrowed */
    int64_t number; /* NOTE_COUNTRY: of the list of countries */
    const struct note *note;
};
struct note {
    const char *key;
    size_t n;
    struct note_arg arg[NOTE_ARGS];
};
/* Makes notes in an arena. `failed` once memory ran out; until it is looked at, calls go on into a scratch note. */
struct note_maker {
    struct arena *a;
    bool failed;
    struct note scratch;
};
struct note *note_new(struct note_maker *m, const char *key);
void note_s(struct note *n, const char *name, struct slice text);
void note_n(struct note *n, const char *name, int64_t number);
/* A country of the list: its English name in the arguments, its name in the reader's language in the sentence. */
void note_country(struct note *n, const char *name, unsigned number);
void note_note(struct note *n, const char *name, const struct note *inner);

/* The sentence. Without a language: the key and its arguments, for tests and logs. */
void note_say(const struct lang *l, const struct note *n, struct buf *out);
/* Members "key", "args" (when any) and, with a language, "text", into the object that is open. */
void note_json(const struct lang *l, const struct note *n, struct cj *out);
#endif
