/* A record of this office's own, made by a verb or a page of the program: bytes sealed and appended to an open log, within the caller's
 * transaction. */
#ifndef USE_OWN_H
#define USE_OWN_H
#include "use/app.h"

/* kind: the profile's; subject[0..n): whom it is about; ev: what it says (kind is filled in), or body: the same as canonical JSON. *id: the record's. */
struct own_record {
    const char *kind;
    const struct record_subject *subject;
    size_t n;
    struct slice actor, purpose;
    struct event *ev;
    struct slice body, office; /* office: empty = this register's own */
    bool set_back;             /* it may lie before the newest record: use/clock.h */
};
enum err own_append(struct app *app, struct log *l, const struct own_record *r, struct hash *id, struct fault *f);
/* The active profile's kind that has this effect (set or ended), or NULL. */
const struct profile_kind *own_kind(const struct profile *p, enum effect_do what, bool set);
#endif
