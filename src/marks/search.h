/* Search: a pattern and what is known of the gun, in; candidates best first with the reason, and the probability that the
 * gun is not in this register, out. The ranking is a noisy-channel model: P(what was read | the gun's mark) from look-alike,
 * wear and transcription costs, times the agreement of attributes, times 1/N, against P(what was read | a gun that is not
 * here). A wrong make lowers the rank and never hides the gun. */
#ifndef MARKS_SEARCH_H
#define MARKS_SEARCH_H
#include "marks/index.h"

#define SEARCH_WHY 8
#define SEARCH_LIMIT_MAX 100000

struct search_query {
    struct pattern pattern;
    struct mark_attr known;   /* zero parts are not known */
    double registered;        /* prior: share of recovered guns that are registered at all (profile; 0.5 unless set) */
    size_t limit;             /* best that many; 0 = the complete set */
    unsigned errors;          /* highest tier allowed, 0..2; 2 unless asked otherwise */
    bool reasons;             /* say of each candidate why it stands there and where it differs: some 100 ns each */
};

/* Why a candidate stands where it stands: message keys of data/lang with up to two short arguments. */
struct why {
    const char *key; /* "why.exact" "why.lookalike" "why.unreadable_fits" "why.error_substituted" "why.make_agrees" ... */
    char a[16], b[16];
};
struct candidate {
    uint32_t row, at;
    uint8_t tier;
    double log_odds;   /* against "not here", natural logarithm */
    double p;          /* posterior probability of being the gun */
    size_t why_count; /* 0 unless reasons were asked for, and `differs` too */
    struct why why[SEARCH_WHY];
    uint32_t differs;  /* bit per character of the candidate's mark that differs from what was read (for underlining) */
};
struct search_result {
    size_t count;
    struct candidate *candidate; /* owned by the scratch; valid until its next use */
    double p_absent;
    bool odds;           /* p_absent may be shown as a number: the reliability table covers this kind of query */
    size_t considered;   /* hits ranked */
    unsigned tiers;      /* tiers searched: 0 only .. 2 */
    bool complete;       /* false when deeper tiers were left out because they could not matter, or a maximum was met */
    int64_t nanos;       /* engine time: search and ranking */
};

/* What the ranker learnt from the register itself: serial shapes (background model of "a gun that is not here"), attribute
 * frequencies. Built from a view; shared read-only by threads. */
struct ranker;
struct ranker *ranker_new(const struct index_view *v); /* NULL without memory */
void ranker_free(struct ranker *r);
size_t ranker_bytes(const struct ranker *r);

struct search_scratch; /* one a thread; touched at creation so that the first query does not pay for page faults */
struct search_scratch *search_scratch_new(void);
void search_scratch_free(struct search_scratch *s);

enum err search_run(const struct index_view *v, const struct ranker *r, const struct search_query *q,
    struct search_scratch *s, struct search_result *out, struct fault *f);

/* What a page or a document says of the whole result: the message key. The thresholds are those whose rate of false leads
 * docs/ranking.md states. */
const char *search_verdict(const struct search_result *r);
/* May p_absent be printed as a number? Only where the reliability tables of docs/ranking.md hold: the mark alone (not between 0.5
 * and 0.9), or with make or calibre or both (not between 0.4 and 0.9); otherwise words. */
bool search_odds_supported(const struct search_result *r);
#endif
