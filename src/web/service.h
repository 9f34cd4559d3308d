/* What the doors ask of the use cases: each writes one JSON result in the shape of docs/api/shapes.md. A table, so that pages and API
 * are tested against fixed results as well as against a register. All are called from any thread. Inputs are as
 * typed: the use case reads and judges them, and its fault names the field. */
#ifndef WEB_SERVICE_H
#define WEB_SERVICE_H
#include "base/cjson.h"
#include "lang/lang.h"
#include "use/exam_door.h"
#include "use/people_door.h"

struct search_ask {
    const struct lang *lang;
    struct slice pattern, make, model, calibre, type, country, year, limit;
};
struct trace_ask {
    const struct lang *lang;
    struct slice id, as_of, known;
    const struct visitor *who; /* whose names rule applies */
};
struct record_ask {
    const struct lang *lang;
    struct slice id;
    const struct visitor *who; /* to whom officers are named */
};

struct web_service {
    void *app;
    enum err (*search)(void *app, const struct search_ask *in, struct cj *out, struct fault *f);
    enum err (*trace)(void *app, const struct trace_ask *in, struct cj *out, struct fault *f);
    enum err (*trace_pdf)(void *app, const struct trace_ask *in, struct buf *out, struct fault *f);
    enum err (*record)(void *app, const struct record_ask *in, struct cj *out, struct fault *f);
    enum err (*imports)(void *app, const struct lang *l, struct cj *out, struct fault *f);
    enum err (*marks_read)(void *app, struct slice text, struct cj *out, struct fault *f);
    enum err (*health)(void *app, struct cj *out, struct fault *f);
    /* The public log, byte for byte: the checkpoint; a tile by its path, "tile/0/000". */
    enum err (*log_checkpoint)(void *app, struct buf *out, struct fault *f);
    enum err (*log_tile)(void *app, struct slice path, struct buf *out, struct fault *f);
    /* Words offered while typing a make, calibre, type or country: number n of a list, as readers of this language call it; false past the last. */
    bool (*choice)(void *app, const struct lang *l, const char *field, size_t n, struct buf *out);
    const exam_fn *exam; /* by enum exam_act; NULL: no collection is served */
    void *specimens;     /* their argument */
    /* Who a session cookie is; NULL: nobody signs in here and everybody may everything (a demonstration on this machine). */
    enum err (*visitor)(struct app *app, struct slice cookie, struct visitor *out, struct fault *f);
    enum err (*machine)(struct app *app, const struct bearer *in, struct visitor *out, struct fault *f); /* NULL with visitor */
    const people_door_fn *people; /* by enum door_act; NULL with visitor */
    enum err (*login_mark)(struct app *app, struct slice login, uint8_t out[LOGIN_MARK]); /* NULL with visitor */
};
#endif
