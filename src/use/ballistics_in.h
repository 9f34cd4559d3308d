/* Between the files of the ballistic use cases. */
#ifndef USE_BALLISTICS_IN_H
#define USE_BALLISTICS_IN_H
#include "ballistics/compare.h"
#include "ballistics/likelihood.h"
#include "ballistics/correct.h"
#include "ballistics/report.h"
#include "ballistics/screen.h"
#include "ballistics/surface_prepare.h"
#include "use/ballistics.h"
#include "use/examination.h"

struct use_ballistics {
    struct app *app;
    char dir[512];
    struct compare *compare; /* made once: FFTW's planner is for one thread */
    struct likelihood_model *likelihood;
    struct screen *screen;
};

/* ---- ballistics.c ---- */
/* Instruments write their local time without its zone: only the day is certain. */
struct slice measured_day(struct slice when);
void put_classes(struct cj *j, const struct lang *l, const struct specimen *s);
/* ---- specimen.c ---- */
/* "corrected": {at, who, id}; nothing for a mask as found. */
void put_corrected(struct cj *j, const struct lang *l, const struct mask_entry *e);

/* ---- pair.c: two specimens, read and verified, and what was concluded about them ---- */
struct side {
    struct slice file;
    struct surface surface;
    struct x3p meta;
    struct hash sha;
    bool open;
    struct mask_entry corrected; /* zeros: the mask as found; texts in the collection's arena */
    struct mask *mask;           /* the same, read; NULL: as found */
};
/* The specimen with the correction in force of its mask. side_end also after an error. */
enum err side_read(struct collection *c, const char *key, struct slice file, struct side *out, struct fault *f);
void side_end(struct side *s);
/* All corrections of a specimen's mask. */
enum err side_corrections(struct collection *c, struct slice file, struct mask_entry **out, size_t *n, struct fault *f);
struct pair {
    const struct use_ballistics *u;
    const struct use_pair_in *in;
    struct collection collection;
    bool collection_open;
    struct side side[2];
    struct desk *desk;
    struct conclusion *told; /* in the desk's arena; all of them, also those that this visitor may not see yet */
    size_t told_count;
    const struct conclusion *own; /* the visitor's last one; NULL: nothing more is told */
};
/* pair_end frees what there is, also after an error. */
enum err pair_begin(const struct use_ballistics *u, const struct use_pair_in *in, struct pair *out, struct fault *f);
void pair_end(struct pair *p);
struct subject_id examiner_of(const struct visitor *who);
/* Who concluded, for people: "A Name (login), office"; or that nobody signs in here. */
void examiner_words(const struct pair *p, const struct conclusion *c, struct buf *out);

/* ---- ballistics_result.c ---- */
enum err pair_side(const struct use_ballistics *u, const struct surface *s, const struct mask *mask, struct compare_side **out, struct fault *f);
/* *out is freed with mem_free. Errors of surface_prepare and compare_side_new. */
enum err pair_compare(const struct pair *p, struct compare_result **out, struct fault *f);
/* The visitor came to the pair by a search: its score is the best of many, and a ratio learned from single pairs does not hold for it. */
bool pair_from_list(const struct pair *p);
/* What the score is worth, or why that is not said. */
void pair_likelihood(const struct pair *p, const struct compare_result *r, struct likelihood *out);
/* The count in a sentence, and with which settings. */
void pair_sentence(const struct use_ballistics *u, const struct lang *l, const struct compare_result *r, struct buf *sentence, struct buf *parameters);
/* The settings for a record: the same for every language. */
void pair_settings(const struct use_ballistics *u, struct buf *out);
/* The cells that are drawn on A or on B; how many. */
size_t pair_cells(const struct compare_result *r, double side, const struct surface *s, bool on_b, struct picture_cell out[COMPARE_CELLS_MAX]);
void pair_json(const struct pair *p, const struct compare_result *r, struct cj *j);
#endif
