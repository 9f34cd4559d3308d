/* The log of openings: who read whose names, why, when. An opening of personal data waits until its entry is durable; without an entry
 * nothing is opened. A Merkle tree (ledger/tree.h) goes over the entries' leaves; an entry may be pruned by rule, its leaf stays,
 * so that what is left can still be checked and nobody thins it out unseen. Not the register's log: that one is never pruned.
 * docs/formats/accounts.md has the members of an entry. */
#ifndef PEOPLE_ACCESS_H
#define PEOPLE_ACCESS_H
#include "ledger/tree.h"
#include "people/box.h"

struct opening { /* all slices borrowed */
    int64_t at;
    struct subject_id account;      /* none: at the console, or nobody signs in */
    struct slice who, office, door; /* login; office; "page" "api" "pdf" "terminal" */
    struct subject_id subject;      /* the firearm whose names were read */
    struct slice purpose, case_no;
    bool glass;                     /* in an emergency, without a case */
    bool review;                    /* put before a reviewer */
};
/* Returns when it is durable. */
enum err access_write(struct box *b, const struct opening *o, struct fault *f);

struct opening_row {
    uint64_t position;
    struct opening o; /* texts in the arena; account and subject also when pruned */
    bool pruned;
    int review; /* 0 not chosen, 1 waits, 2 proper, 3 improper */
};
/* Which ones. NULL, and {NULL,0}: any. A pruned one has no office and no case any more. */
struct opening_filter {
    const struct subject_id *account, *subject;
    struct slice purpose, office, case_no; /* as written, whole */
    const int64_t *from, *until;           /* from <= at < until */
};
/* The place of an opening in the order of lists: by time, then by position. */
struct opening_place {
    int64_t at;
    uint64_t position;
};
/* At most max, newest first, those before `after` (NULL: from the newest on). */
enum err access_find(struct box *b, struct arena *a, const struct opening_filter *which, const struct opening_place *after, size_t max,
    struct opening_row *out, size_t *n, struct fault *f);
/* How many: counted to max and no further. */
enum err access_count(struct box *b, const struct opening_filter *which, int64_t max, int64_t *out, struct fault *f);
/* What waits for a reviewer: at most max, oldest first. */
enum err access_to_review(struct box *b, struct arena *a, size_t max, struct opening_row *out, size_t *n, struct fault *f);
/* How many openings since `since`: by account, and by purpose. */
struct access_total {
    struct subject_id account;
    char purpose[32];
    int64_t count;
};
enum err access_by_account(struct box *b, int64_t since, struct access_total *out, size_t max, size_t *n, struct fault *f);
enum err access_by_purpose(struct box *b, int64_t since, int64_t until, struct access_total *out, size_t max, size_t *n, struct fault *f);
/* How many openings there are, and the root over them: what is anchored in the register's log (use/access.h). */
enum err access_tree(struct box *b, uint64_t *out_size, struct hash *out_root, struct fault *f);
/* A reviewer's answer. ERR_NOT_FOUND when it does not wait; ERR_REFUSED when the reviewer made the opening. */
enum err access_judge(struct box *b, uint64_t position, const struct subject_id *reviewer, bool proper, struct fault *f);
/* Removes entries older than `before`, keeps their leaves. */
enum err access_prune(struct box *b, int64_t before, int64_t *out_n, struct fault *f);
/* A size and root that the register's log has recorded. */
struct access_anchor {
    uint64_t size;
    struct hash root;
};
/* Every entry hashes to its leaf, its columns say what it says, the leaves give the tree, and the tree had at each anchor's size (they ascend) its
 * root. ERR_DAMAGED names the first opening that does not; "anchor" with its size when what is there is shorter than, or another than, was
 * anchored: wound back, or made anew. */
enum err access_verify(struct box *b, const struct access_anchor *anchor, size_t anchors, uint64_t *out_size, struct hash *out_root, struct fault *f);
#endif
