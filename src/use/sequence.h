/* Use case: stand for election as the sequencer of a database that several processes write to (ledger/sequence.h), and serve while
 * elected. */
#ifndef USE_SEQUENCE_H
#define USE_SEQUENCE_H
#include "use/app.h"

struct use_sequence_in {
    bool (*stop)(void *arg);
    void (*elected)(void *arg); /* each time that this process becomes the sequencer; may be NULL */
    void *arg;
};
/* Until stopped. An import goes before it; another writer, a lost lease and a database that cannot be reached are waited out. ERR_REFUSED: not a shared database. */
enum err use_sequence(struct app *app, const struct use_sequence_in *in, struct fault *f);
#endif
