/* Reading a mark's text: cut into atoms (read_lex), find the numbers (read_spans), weigh what the words say, decide.
 *
 * 1. A word counts once, with the "not" or "without" that governs it: a negation reaches to the next word that says
 * something and ends at punctuation or "but, because, by".
 * 2. The status follows from what was said by one ordered list of rules (decide_*), the definitions of
 * docs/reading-marks.md.
 * 3. Nothing is guessed: a text that fits no rule is UNKNOWN. */
#include "marks/read.h"
#include "domain/fold.h"
#include "marks/read_spans.h"

#include "base/banned.h"

enum negation { NEG_NONE, NEG_NOT, NEG_WITHOUT };

/* What the words of one text say. */
struct said {
    unsigned count[WORD_CLASSES]; /* affirmed */
    bool illegible, unknown, none, not_original, not_recovered, recovered, exam, altered, altered_maybe, removed,
        points;
    bool probable, first_lost, last_lost, part_recovered;
    enum word_class before; /* the last word that said something */
    enum negation negation;
    bool no_number; /* "without number": none, unless "visible" or the like follows */
    bool maybe;
    bool somewhere; /* a place on the gun is named */
    bool overlaid;  /* something laid over a removed mark: another number only when one is given */
};

/* ---- 1. words ---- */

static void settle(struct said *s)
{
    s->none |= s->no_number;
    s->no_number = false;
    s->negation = NEG_NONE;
}

static void negated(struct said *s, enum word_class c)
{
    switch (c) {
    case WORD_NUMBER:
    case WORD_HAVE:
        s->no_number = true;
        return; /* the negation goes on: "does not have a visible number" */
    case WORD_LEGIBLE:
        s->unknown = true;
        s->no_number = false;
        break;
    case WORD_POSSIBLE:
        s->unknown = true;
        return;
    case WORD_RECOVERED:
        s->not_recovered = true;
        break;
    case WORD_ORIGINAL:
        s->not_original |= s->negation == NEG_NOT;
        break;
    case WORD_TRACE: /* "no sign of removal" */
    case WORD_PROPERTY:
    case WORD_DIGIT:
    case WORD_ITEM:
    case WORD_EXAM:
        return;
    default:
        break;
    }
    settle(s);
}

static void affirmed(struct said *s, enum word_class c)
{
    s->count[c]++;
    switch (c) {
    case WORD_ALTERED:
    case WORD_OVERSTAMPED:
        *(s->maybe ? &s->altered_maybe : &s->altered) = true;
        break;
    case WORD_REMOVED:
    case WORD_GROUND:
    case WORD_PUNCHED:
    case WORD_DRILLED:
    case WORD_WELDED:
        s->removed = true;
        break;
    case WORD_ORIGINAL:
        s->not_original |= s->before == WORD_DIFFERENT;
        break;
    case WORD_RECOVERED:
        s->recovered = true;
        break;
    case WORD_EXAM:
        s->exam = true;
        break;
    case WORD_ILLEGIBLE:
        s->illegible = true;
        break;
    case WORD_UNKNOWN:
        s->unknown = true;
        break;
    case WORD_NONE:
        s->none = true;
        break;
    case WORD_PROBABLE:
    case WORD_POSSIBLE:
        s->probable = true;
        break;
    case WORD_MAYBE:
        s->maybe = true;
        break;
    default:
        break;
    }
}

static bool loss(enum word_class c)
{
    return c == WORD_REMOVED || c == WORD_GROUND || c == WORD_PUNCHED || c == WORD_ILLEGIBLE || c == WORD_UNKNOWN ||
           c == WORD_NOT || c == WORD_WORN || c == WORD_CORRODED;
}

/* "últimos dígitos suprimidos", "removidos os dois primeiros", "dígitos suprimidos": which end is lost. */
static void hear_ends(struct said *s, enum word_class c)
{
    enum word_class a = s->before;
    if (c == WORD_STOP || c == WORD_OTHER || c == WORD_JOIN || (c == WORD_DIGIT && (a == WORD_LAST || a == WORD_FIRST)))
        return;
    s->last_lost |= (a == WORD_LAST && loss(c)) || (loss(a) && c == WORD_LAST);
    s->first_lost |= (a == WORD_FIRST && loss(c)) || (loss(a) && c == WORD_FIRST);
    s->part_recovered |= (a == WORD_PARTIAL && c == WORD_RECOVERED) || (a == WORD_RECOVERED && c == WORD_PARTIAL);
    if (a == WORD_DIGIT && loss(c) && c != WORD_NOT)
        s->count[WORD_REST]++;
    s->before = c;
}

static bool carries_no_meaning(enum word_class c)
{
    return c == WORD_OTHER || c == WORD_STOP || c == WORD_JOIN || c == WORD_REFERENCE || c == WORD_HUMAN ||
           c == WORD_PARTIAL || (c >= WORD_FRAME && c <= WORD_PLACE_OTHER) || c == WORD_POINTS || c == WORD_OBTAINED;
}

static bool is(const struct atom *a, const char *word)
{
    return a->fold_n == strlen(word) && memcmp(a->fold, word, a->fold_n) == 0;
}

/* "Nº", "N°" against "N/POSSUI", "n'a", "N APARENTE": what follows the letter. */
static bool letter_n_is_label(const struct lexed *x, const struct atom *a, const struct atom *next)
{
    uint32_t after = x->cp[a->to];
    bool negates = after == '/' || after == '.' || after == '\'' || after == 0x2019 || after == ' ';
    return !next || next->kind == ATOM_CODE || !negates;
}

/* A few words are read by their neighbours: "no" is a label before a number, an article before a place (Portuguese "no
 * cano"), else a negation; French "voir remarque" re-marks nothing; "em parte" is a part, "parte inferior" is not. */
static enum word_class class_in_place(const struct lexed *x, size_t i)
{
    const struct atom *a = &x->atom[i], *next = i + 1 < x->atoms ? a + 1 : NULL, *before = i > 0 ? a - 1 : NULL;
    if (is(a, "no") && next && next->kind == ATOM_CODE)
        return WORD_NUMBER;
    if (is(a, "no") && next && vocabulary_place(next->class)[0])
        return WORD_STOP;
    if (is(a, "n") && letter_n_is_label(x, a, next))
        return WORD_NUMBER;
    if (a->class == WORD_ALTERED && before && before->class == WORD_REFERENCE)
        return WORD_REFERENCE;
    if (a->class == WORD_PART)
        return before && (is(before, "em") || is(before, "in") || is(before, "en")) ? WORD_PARTIAL : WORD_STOP;
    return a->class;
}

static void hear(struct said *s, const struct lexed *x, size_t i)
{
    const struct atom *a = &x->atom[i];
    enum word_class c = class_in_place(x, i);
    bool stop = a->broken || c == WORD_BUT;
    if (stop)
        settle(s);
    if (a->broken)
        s->before = WORD_OTHER;
    if (c == WORD_NOT || c == WORD_WITHOUT) {
        if (s->negation == NEG_NONE)
            s->negation = c == WORD_NOT ? NEG_NOT : NEG_WITHOUT;
        hear_ends(s, c);
        return;
    }
    if (c == WORD_POINTS)
        s->points = true;
    s->somewhere |= vocabulary_place(c)[0] != 0;
    if (s->negation != NEG_NONE && !carries_no_meaning(c))
        negated(s, c);
    else if (s->negation == NEG_NONE || c == WORD_PARTIAL || c == WORD_HUMAN)
        affirmed(s, c);
    hear_ends(s, c);
}

static void listen(struct said *s, const struct lexed *x)
{
    for (size_t i = 0; i < x->atoms; i++)
        if (x->atom[i].kind == ATOM_WORD)
            hear(s, x, i);
        else if (x->atom[i].broken)
            settle(s);
    bool dangling = s->negation == NEG_WITHOUT && !s->no_number;
    s->none |= dangling;
    s->unknown |= s->negation == NEG_NOT && !s->no_number;
    settle(s);
    if (s->count[WORD_OVERSTAMPED] && s->points && !s->count[WORD_ALTERED]) {
        s->altered = s->altered_maybe = false; /* "overlaid points": punched over */
        s->removed = true;
        s->count[WORD_PUNCHED]++;
    }
    s->overlaid = s->count[WORD_OVERSTAMPED] && !s->count[WORD_ALTERED] && s->removed && !s->count[WORD_DIGIT];
    s->altered |= s->not_original || (s->altered_maybe && !s->removed);
}

/* ---- facts beside the status ---- */

static bool by_hand(const struct said *s)
{
    return s->count[WORD_HUMAN] || s->count[WORD_GROUND] || s->count[WORD_PUNCHED] || s->count[WORD_DRILLED] ||
           s->count[WORD_WELDED];
}

static bool by_time(const struct said *s)
{
    return s->count[WORD_WORN] || s->count[WORD_CORRODED];
}

static enum read_cause cause_of(const struct said *s)
{
    if (by_time(s) && !by_hand(s) && !s->altered)
        return s->count[WORD_CORRODED] ? CAUSE_CORROSION : CAUSE_WEAR;
    return s->removed || s->altered || s->count[WORD_HUMAN] ? CAUSE_HUMAN : CAUSE_NOT_SAID;
}

static enum read_method method_of(const struct said *s)
{
    static const struct {
        enum word_class class;
        enum read_method method;
    } methods[] = {{WORD_PUNCHED, METHOD_PUNCHED}, {WORD_GROUND, METHOD_GROUND}, {WORD_OVERSTAMPED, METHOD_OVERSTAMPED},
        {WORD_DRILLED, METHOD_DRILLED}, {WORD_WELDED, METHOD_WELDED}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (s->count[methods[i].class])
            return methods[i].method;
    return METHOD_NOT_SAID;
}

/* ---- 2. decisions ---- */

static enum mark_status decide_without(const struct said *s)
{
    if (s->altered && !s->overlaid)
        return MARK_ALTERED;
    if (by_time(s) && !by_hand(s))
        return MARK_WORN;
    if (s->removed || s->count[WORD_HUMAN])
        return MARK_OBLITERATED;
    if (by_time(s))
        return MARK_WORN;
    return s->none ? MARK_NONE_SEEN : MARK_UNKNOWN;
}

static bool in_part(const struct said *s)
{
    bool lost = s->removed || s->illegible || s->unknown || by_time(s) || s->count[WORD_PARTIAL];
    bool only = s->count[WORD_ONLY] && s->removed && !s->somewhere;
    return s->count[WORD_PARTIAL] || s->count[WORD_FIRST] || s->count[WORD_LAST] || (s->count[WORD_REST] && lost) ||
           only;
}

static bool restored(const struct said *s)
{
    return s->recovered || (s->count[WORD_BEFORE] && s->removed) ||
           (s->exam && s->removed && !s->not_recovered && !s->unknown);
}

static enum mark_status decide_with(const struct said *s, bool unreadable)
{
    if (restored(s))
        return MARK_RESTORED;
    if (s->altered)
        return MARK_ALTERED;
    if (unreadable || in_part(s) || s->illegible)
        return MARK_PARTIAL;
    if (s->removed)
        return MARK_OBLITERATED;
    return by_time(s) ? MARK_WORN : MARK_CLEAR;
}

/* Characters were lost and no sign says where: after what is given, or before it when the last ones are given. */
static void place_gap(const struct said *s, struct spans *spans)
{
    bool last_given = s->count[WORD_LAST] && !s->count[WORD_FIRST] && !s->last_lost;
    if (spans->count != 1)
        return;
    if (last_given || s->first_lost)
        spans->span[0].gap_before = true;
    else if (in_part(s) || s->illegible)
        spans->span[0].gap_after = true;
}

static bool any_unreadable(const struct spans *spans)
{
    for (size_t i = 0; i < spans->count; i++)
        if (spans->span[i].signs || spans->span[i].gap_before || spans->span[i].gap_after)
            return true;
    return false;
}

/* ---- places ---- */

static const char *place_between(const struct lexed *x, size_t from, size_t to, bool last)
{
    const char *place = "";
    for (size_t i = from; i < to && i < x->atoms; i++) {
        const char *p = x->atom[i].kind == ATOM_WORD ? vocabulary_place(x->atom[i].class) : "";
        bool better = p[0] && (!place[0] || last || strcmp(place, "OTHER") == 0);
        if (better && !(last && place[0] && strcmp(p, "OTHER") == 0))
            place = p;
    }
    return place;
}

static void set_place(char out[16], const char *place)
{
    size_t n = strnlen(place, 15);
    memcpy(out, place, n);
    out[n] = 0;
}

/* "Cano: 123, ferrolho: 456" names the place before, "123 (cano) 456 (ferrolho)" after. */
static void find_places(const struct lexed *x, const struct spans *spans, struct mark_reading *out)
{
    bool before = spans->count && place_between(x, 0, spans->span[0].first, true)[0];
    for (size_t i = 0; i < out->serial_count; i++) {
        size_t from = i ? spans->span[i - 1].last + 1u : 0;
        size_t to = i + 1 < spans->count ? spans->span[i + 1].first : x->atoms;
        set_place(out->serials[i].place, before ? place_between(x, from, spans->span[i].first, true)
                                                : place_between(x, spans->span[i].last + 1u, to, false));
    }
    set_place(out->place, place_between(x, 0, x->atoms, false));
}

/* ---- the whole ---- */

static bool filler_word(const struct lexed *x, const struct atom *a)
{
    for (size_t i = a->from + 1u; i < a->to; i++)
        if (x->cp[i] != x->cp[a->from])
            return false;
    uint32_t cp = x->cp[a->from];
    return cp == '0' || ((cp == 'x' || cp == 'X') && a->to - a->from >= 2);
}

static bool filler(const struct lexed *x)
{
    for (size_t i = 0; i < x->atoms; i++)
        if (!filler_word(x, &x->atom[i]))
            return false;
    return true;
}

static bool only_signs(const struct lexed *x)
{
    for (size_t i = 0; i < x->atoms; i++)
        if (x->atom[i].letters || x->atom[i].digits)
            return false;
    return x->atoms > 0;
}

static bool whole_text(const struct lexed *x, enum mark_status *out)
{
    char key[64];
    size_t n = 0;
    for (size_t i = 0; i < x->atoms; i++)
        for (size_t k = 0; k < x->atom[i].fold_n && n < sizeof key; k++)
            key[n++] = x->atom[i].fold[k];
    enum word_class c = n < sizeof key ? vocabulary_whole(key, n) : WORD_OTHER;
    if (c == WORD_OTHER)
        return false;
    *out = c == WORD_WHOLE_ABSENT ? MARK_ABSENT : c == WORD_WHOLE_NONE ? MARK_NONE_SEEN : MARK_UNKNOWN;
    return true;
}

static bool nothing_said(const struct lexed *x, enum mark_status *out)
{
    *out = only_signs(x) ? MARK_UNKNOWN : MARK_ABSENT;
    return only_signs(x) || filler(x) || whole_text(x, out);
}

static enum read_recovery recovery_of(const struct said *s, enum mark_status status, bool unreadable)
{
    if (status == MARK_RESTORED)
        return unreadable || s->count[WORD_PARTIAL] ? RECOVERY_PART : RECOVERY_FULL;
    return s->not_recovered || s->exam || s->recovered ? RECOVERY_TRIED : RECOVERY_NOT_SAID;
}

static void give_serials(const struct lexed *x, const struct spans *spans, bool probable, struct mark_reading *out)
{
    for (size_t i = 0; i < spans->count && out->serial_count < READ_SERIALS; i++) {
        struct mark_serial *s = &out->serials[out->serial_count++];
        read_span_text(x, &spans->span[i], s->text, sizeof s->text);
        s->probable = probable;
    }
}

static void read_words(struct lexed *x, struct mark_reading *out)
{
    struct said said = {0};
    struct spans spans;
    read_spans(x, &spans);
    listen(&said, x);
    bool whole = restored(&said) && !said.part_recovered;
    if (spans.count && !any_unreadable(&spans) && !whole && !said.altered)
        place_gap(&said, &spans);
    bool unreadable = any_unreadable(&spans);
    out->status = spans.count ? decide_with(&said, unreadable) : decide_without(&said);
    out->cause = cause_of(&said);
    out->method = method_of(&said);
    out->recovery = recovery_of(&said, out->status, unreadable);
    give_serials(x, &spans, said.probable, out);
    find_places(x, &spans, out);
}

void mark_read(struct slice text, struct mark_reading *out)
{
    struct lexed x;
    *out = (struct mark_reading){.status = MARK_ABSENT};
    if (text.n > MARK_TEXT_MAX)
        text.n = MARK_TEXT_MAX;
    read_lex(text, &x);
    if (!nothing_said(&x, &out->status))
        read_words(&x, out);
}
