/* Inside the custody line: what its parts and its doors share. Included by trace/line*.c only. */
#ifndef TRACE_LINE_IN_H
#define TRACE_LINE_IN_H
#include "trace/line.h"

/* The state before and after each step: the parts read lives, they do not fold them again. */
struct line_frame {
    struct item_now before, after;
    const struct item_clash *clash; /* of this step */
    size_t clash_count;
};
/* The first break of the chain after the gun was last lawfully regained, found while the frames are read. */
struct line_chain {
    enum line_break kind;
    size_t last;     /* last step that shows it in lawful hands, LINE_NONE */
    size_t at;       /* the step that shows the break */
    size_t start;    /* BREAK_AFTER_DESTRUCTION: the record of destruction */
    struct item_holder owner, possessor, custodian; /* in whose hands then */
    bool with_holder; /* seized from its lawful holder: no break */
};
struct line_make {
    struct arena *a;
    struct note_maker notes;
    struct line *l;
    struct line_frame *frame; /* one a step */
    struct line_chain chain;
};

/* ---- words ---- */
struct slice line_when_text(const struct when *w);
const struct note *line_who(struct line_make *m, struct item_holder h);   /* name, or why there is none */
void line_put_who(struct line_make *m, struct note *n, const char *name, struct item_holder h);
void line_put_date(struct note *n, const struct event *e);                /* argument "date"; "" when unknown */
void line_put_where(struct line_make *m, struct note *n, const struct event *e); /* argument "where" */
const struct note *line_length(struct line_make *m, int64_t days_min, int64_t days_max);
const struct note *line_country(struct line_make *m, struct slice code);
/* Whole days from f to e (e later), as far as their precision goes. */
void line_days(const struct event *f, const struct event *e, int64_t *out_min, int64_t *out_max);

/* In the field's words; text as read when it is in no list; nothing when not said. */
void line_term(const struct lang *l, enum term_list list, const struct term_text *t, struct buf *out);

/* ---- parts, in this order ---- */
void line_make_steps(struct line_make *m);      /* sentence and tone of each step; the head; contradictions */
void line_make_chain(struct line_make *m);      /* last legal record and the break */
void line_make_spans(struct line_make *m);      /* lanes and gaps */
void line_make_diversion(struct line_make *m);
void line_make_time_to_crime(struct line_make *m);
void line_make_ask(struct line_make *m);
void line_make_remarks(struct line_make *m);

/* ---- questions the parts share ---- */
bool line_takes(const struct event *e);          /* seized, found, recovered, surrendered: the State takes it */
bool line_missing(enum item_status s);           /* lost or stolen */
bool line_shows_lawful(const struct line_make *m, size_t step); /* a lawful holding begins, goes on or resumes */
bool line_with_holder(const struct line_frame *f, const struct event *e); /* found with who held it lawfully */
/* The record of destruction that this step shows to be untrue; LINE_NONE. */
size_t line_undone(const struct line_make *m, size_t step);
bool line_leaks(const struct line_frame *f, const struct event *e);        /* taken again while in the State's hands */
const struct effect *line_passage(const struct event *e);                  /* its first ownership passage (not a claim), or NULL */
size_t line_step_of(const struct line *l, const struct event *e);
#endif
