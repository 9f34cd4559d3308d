/* An invented national register: one CSV row a firearm, believable and reproducible (docs/formats/sample.md).
 * Makers, models, serial grammars, names and police wording are data files (data/sample/). The same seed and number of
 * records give the same bytes on every machine: own generator, integers only, no clock. Memory is constant. */
#ifndef USE_SAMPLE_H
#define USE_SAMPLE_H
#include "base/buf.h"

struct sample;

/* records: 1 .. SAMPLE_RECORDS_MAX (ERR_RANGE). Fewer records of the same seed are the first rows of more. */
#define SAMPLE_RECORDS_MAX 400000000u
enum err sample_open(uint64_t records, uint64_t seed, struct sample **out, struct fault *f);
void sample_close(struct sample *s);
/* The header line; then one line a call until false: all records are made. The caller empties `out` as it likes. */
void sample_header(struct buf *out);
bool sample_row(struct sample *s, struct buf *out);
#endif
