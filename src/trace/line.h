/* The custody line: a firearm's whole life from its events, with what is lawful, what is unknown and what cannot be true.
 * A pure function of the set of events (their order of arrival does not matter). docs/custody-line.md tells its rules.
 *
 * Roles stay apart: owner, lawful possessor, custodian, person found with it. Called a contradiction: two owners at once, a
 * transfer from someone who did not hold it, destroyed and seen again, two lives of one gun that cannot both be. Not called
 * so: loan, repair, co-holding, consignment, seizure before any registration, a police-owned gun, unknown opening stock
 * (lawful, grey), a theft victim. The program proposes a point of diversion; an officer establishes it. */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H
#include "domain/item.h"
#include "domain/profile.h"
#include "trace/note.h"

struct line_input {
    const struct event *event; /* all records of the item (and of those recorded as the same gun), any order */
    size_t count;
    struct subject_id item;
    const struct profile *profile;
    int64_t as_of;  /* happened up to and including this day's end; INT64_MAX = now */
    int64_t known;  /* received up to here; INT64_MAX = all */
    int64_t now;    /* struct app's clock */
    const char *names; /* message key: whether names are shown, or why not; NULL: not said */
    size_t same_count;              /* other items proposed (not recorded) as the same gun */
    const struct same_gun {
        struct subject_id id;
        struct slice why;           /* message key */
        struct slice external_id;
    } *same;
};

enum line_role { LINE_OWNER, LINE_POSSESSOR, LINE_CUSTODIAN, LINE_WHEREABOUTS, LINE_FOUND_WITH, LINE_FORMER_OWNER,
    LINE_FORMER_POSSESSOR, LINE_FORMER_CUSTODIAN, LINE_SELLER, LINE_PARTY, LINE_ROLES };
enum line_tone { LINE_LAWFUL, LINE_STATE, LINE_PAST, LINE_UNKNOWN, LINE_GAP, LINE_ACT, LINE_TONES };
const char *line_role_code(enum line_role r); /* "owner" ...; message key "role." + code */
const char *line_tone_code(enum line_tone t); /* "lawful" ...; message key "tone." + code */

#define LINE_NONE SIZE_MAX /* no step */

struct line_step {
    const struct event *e;
    const struct note *what;
    enum line_tone tone;
    bool uncertain;              /* its date is coarser than the day asked for: it may lie after it */
    unsigned clashes;            /* contradictions it takes part in */
};
struct line_span {
    enum line_role role;         /* lanes: LINE_OWNER to LINE_WHEREABOUTS */
    enum line_tone tone;
    int64_t from, to;            /* TIME_UNKNOWN / INT64_MAX where open */
    struct slice from_text, to_text; /* the register's own words; "" where open */
    struct slice who;            /* name, "" when not named or not to be opened */
    struct subject_id id;
    const struct note *label;
    size_t step;
};
struct line_gap {
    const struct note *what, *length;
    int64_t from, to;            /* to INT64_MAX: still open */
    struct slice from_text, to_text;
    int64_t days_min, days_max;
    size_t step[2];              /* LINE_NONE when still open */
};
struct line_clash {
    const struct note *what;
    enum item_clash_kind kind;
    struct item_holder a;        /* as in struct item_clash */
    size_t step[2];              /* earlier, later */
    int64_t at;
    struct slice at_text;
};
struct line_legal {              /* last legal record */
    const struct note *what;
    enum line_role role;         /* owner, possessor, custodian, or seller when the buyer is not named */
    const struct party_ref *party; /* NULL: not named */
    size_t step;
};
enum line_confidence { LINE_SURE_NONE, LINE_SURE_LOW, LINE_SURE_MODERATE, LINE_SURE_HIGH };
enum line_break { BREAK_NONE, BREAK_THEFT, BREAK_LOSS, BREAK_UNRECORDED, BREAK_FROM_STATE, BREAK_AFTER_EXPORT, BREAK_NOT_HOLDER,
    BREAK_AFTER_DESTRUCTION, BREAK_NO_LAWFUL_RECORD };
const char *line_break_code(enum line_break b);           /* "theft" ... */
const char *line_confidence_code(enum line_confidence c); /* "low" ...; message key "confidence." + code */

#define LINE_WHY 6
struct line_diversion {          /* proposed, never established here */
    enum line_break kind;
    const struct note *what, *circumstances;
    const struct note *where;    /* in words: a place, or between two */
    struct slice place, country; /* only when it is one place */
    int64_t from, to;
    struct slice from_text, to_text;
    enum line_confidence confidence;
    size_t why_count;
    const struct note *why[LINE_WHY];
    size_t step[2];
};
enum line_ttc { TTC_NOT_RECOVERED, TTC_GIVEN, TTC_PROBLEM };
struct line_time_to_crime {
    enum line_ttc answer;
    const struct note *what;     /* the length, or the problem */
    int64_t days_min, days_max;  /* equal when both days are exact */
    int is_short;                /* 1 yes, 0 no, -1 maybe: the dates are too coarse */
    size_t sale, recovery;       /* steps */
};
#define LINE_LACKS 12
struct line_ask {
    const char *to;              /* "national", "manufacture", "last_import", "export", "connected" */
    struct slice country;        /* ISO 3166-1 alpha-2, "" when not known */
    const struct note *whom, *why;
    bool done;
    size_t lack_count;
    const struct note *lack[LINE_LACKS];
};
/* Both lack the same things: a list is then said once. */
bool line_same_lacks(const struct line_ask *a, const struct line_ask *b);
#define LINE_ASKS 12
#define LINE_REMARKS 12
/* A mark as one record has it. */
struct line_mark {
    const struct event_mark *mark;
    size_t step;
};

struct line {                    /* in the arena */
    struct line_input in;
    int64_t end;                 /* the moment the line is drawn to: as_of or now */
    struct item_now now;         /* state at the end */
    struct slice serial;         /* the leading mark as text, "" when none */
    const struct note *head;     /* one sentence: where it is, since when */
    const struct note *status;
    enum line_tone head_tone;
    size_t head_step;
    size_t step_count, span_count, gap_count, clash_count, mark_count, ask_count, remark_count, warning_count;
    struct line_step *step;
    struct line_span *span;
    struct line_gap *gap;
    struct line_clash *clash;
    struct line_mark *mark;
    struct line_legal legal;     /* what == NULL: no lawful record */
    struct line_diversion diversion; /* kind BREAK_NONE: nothing to propose */
    struct line_time_to_crime ttc;
    struct line_ask ask[LINE_ASKS];
    const struct note *remark[LINE_REMARKS], *warning[LINE_REMARKS];
    const struct note *caution;  /* "Candidate, not identification ..." */
};

/* No events (or none up to the days asked for) give a line with no steps, not an error. ERR_MEMORY when the arena is full. */
enum err line_build(struct arena *a, const struct line_input *in, const struct line **out, struct fault *f);

/* The JSON result (docs/api/shapes-trace.md): one object. lang NULL: keys and arguments without sentences. */
void line_json(const struct line *l, const struct lang *lang, struct cj *out);
/* For a terminal: aligned, `width` columns (0: 100), colours only when asked for. lang is needed from here on. */
void line_text(const struct line *l, const struct lang *lang, unsigned width, bool colour, struct buf *out);
/* One page of A4 as PDF. The same line, language and clock give the same bytes. ERR_MEMORY, or ERR_ENVIRONMENT kinds when
 * cairo cannot write. */
enum err line_pdf(const struct line *l, const struct lang *lang, struct buf *out, struct fault *f);
#endif
