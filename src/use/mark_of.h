/* The mark by which people call a firearm where only its id is at hand. */
#ifndef USE_MARK_OF_H
#define USE_MARK_OF_H
#include "use/app.h"

/* The mark that leads, as the first record with one has it (of the first MARK_OF_RECORDS): what a person at the counter can read on the firearm. Nothing when there is
 * none. The text, and all that was opened to find it, is in `a`, of MARK_OF_MEMORY: who asks about many resets it between two. */
#define MARK_OF_RECORDS 20
#define MARK_OF_MEMORY ((size_t)32 << 20)
enum err mark_of(struct desk *d, struct arena *a, const struct subject_id *subject, struct slice *out, struct fault *f);
/* The same, and the position of the record that has it. */
enum err mark_at(struct desk *d, struct arena *a, const struct subject_id *subject, struct slice *out, uint64_t *position, struct fault *f);

/* The member "subjects" of a record's JSON: its firearms, each with `external` (unless empty) and, where `marks` says that the visitor may open firearms, the
 * first twenty with their marks. */
enum err put_subjects(struct desk *d, const struct record *r, struct slice external, bool marks, struct cj *j, struct fault *f);
#endif
