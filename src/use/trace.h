/* Use case: a firearm's whole life and its last lawful holder. Opens names of holders, personal data, where the visitor may (use/opening.h). */
#ifndef USE_TRACE_H
#define USE_TRACE_H
#include "people/visitor.h"
#include "trace/line.h"
#include "use/app.h"

struct use_trace_in { /* as typed */
    const struct lang *lang;
    struct slice id;           /* outside number or subject id (32 hexadecimal digits) */
    struct slice as_of, known; /* ISO 8601 days or instants; "" = now, all */
    const struct visitor *who; /* whose names rule applies; NULL: no names. An opening waits for its entry in the log of openings */
};
/* ERR_NOT_FOUND, ERR_SEVERAL (several firearms carry the number: value lists their subject ids), ERR_FORMAT (as_of, known). */
enum err use_trace(struct app *app, const struct use_trace_in *in, struct cj *out, struct fault *f);
struct trace_paper { /* a terminal */
    struct buf *out;
    unsigned width; /* columns, 0 = 100 */
    bool colour;
};
enum err use_trace_text(struct app *app, const struct use_trace_in *in, const struct trace_paper *out, struct fault *f);
enum err use_trace_pdf(struct app *app, const struct use_trace_in *in, struct buf *out, struct fault *f);

struct use_record_in {
    const struct lang *lang;
    struct slice id;           /* 64 hexadecimal digits, or its position in the log (decimal) */
    const struct visitor *who; /* who wrote it is named to colleagues of that office and to who looks after accounts */
};
/* One record: docs/api/shapes.md "record". ERR_NOT_FOUND. */
enum err use_record(struct app *app, const struct use_record_in *in, struct cj *out, struct fault *f);
#endif
