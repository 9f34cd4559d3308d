/* Private to use/restore*.c. */
#ifndef USE_RESTORE_IN_H
#define USE_RESTORE_IN_H
#include "use/restore.h"

struct restoring {
    struct app *app; /* of DIR */
    const struct use_restore_in *in;
    struct use_restore_out *out;
    struct chest chest;
    char log[TILES_DIR];  /* TARGET/log */
    char dir[520];        /* DIR.restoring */
    struct app *made;     /* of it */
    bool there;           /* DIR holds something */
    int lock;             /* DIR/lock, -1 */
    struct tiles *tiles;  /* of the log */
    struct buf times;     /* the block of received times that was read last */
    uint64_t block;
};

/* restore_judge.c: which key, is the backup whole, is a longer log known. */
enum err restore_judge(struct restoring *r, struct fault *f);
/* restore_make.c: DIR.restoring, whole. */
enum err restore_make(struct restoring *r, struct fault *f);
#endif
