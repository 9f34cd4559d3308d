/* Languages: every text that a person reads is found here by its key, in the language of the reader.
 *
 * Message files are data/lang/TAG.msg and data/lang/TAG.d/NAME.msg, compiled in, read together, lines `key: text` (docs/howto/add-a-language.md).
 * A text holds arguments in braces, a subset of ICU MessageFormat 1:
 *   {name}            text as given, or a whole number grouped as the language does
 *   {name, id}        an identifier, a mark, a file name: isolated left to right
 *   {name, date}      a date of the register (base/time.h), worded with the precision it has
 *   {n, plural, =0 {none} one {# firearm} other {# firearms}}    CLDR plural categories; # is n
 *   {x, select, a {...} other {...}}
 * Two apostrophes are one; '{ ... }' between apostrophes is literal. A key that a language lacks falls in from English, with English plurals and
 * dates, and marked as English (enum lang_form); a key that nobody has shows as itself, so that it is seen. The set is built once at start and
 * read by any number of threads. */
#ifndef LANG_LANG_H
#define LANG_LANG_H
#include "base/buf.h"

struct lang;     /* one language */
struct lang_set; /* all that are compiled in */

/* Reads all message files of base/embed.h. ERR_FORMAT names the file (field) and line of a text that is not of the form,
 * ERR_MEMORY. A key that stands twice is refused when testing (tools/check_messages.py); here the first wins. */
enum err lang_load(struct lang_set **out, struct fault *f);
void lang_unload(struct lang_set *set);

/* By tag: "fr", also "fr-SN" (its first part). NULL when not compiled in. English is always there: lang_find(set, "en"). */
const struct lang *lang_find(const struct lang_set *set, struct slice tag);
/* The best for an Accept-Language header (RFC 9110 12.5.4; order as written, weights ignored); English when none fits. */
const struct lang *lang_accept(const struct lang_set *set, struct slice header);
size_t lang_count(const struct lang_set *set);
const struct lang *lang_at(const struct lang_set *set, size_t i);
const char *lang_tag(const struct lang *l); /* "en" */
const char *lang_dir(const struct lang *l); /* "ltr" or "rtl" */

/* ---- arguments ---- */
struct lang_arg {
    const char *name;
    bool is_number;
    struct slice text;
    int64_t number;
};
static inline struct lang_arg lang_s(const char *name, struct slice text)
{
    return (struct lang_arg){name, false, text, 0};
}
static inline struct lang_arg lang_z(const char *name, const char *text)
{
    return lang_s(name, slice_str(text));
}
static inline struct lang_arg lang_n(const char *name, int64_t number)
{
    return (struct lang_arg){name, true, {NULL, 0}, number};
}

/* ---- texts ---- */
enum lang_form {
    LANG_PLAIN, /* arguments isolated with LRI, FSI and PDI where direction could mix; so is a text that fell in from the other direction */
    LANG_HTML,  /* escaped; text arguments in <bdi>, identifiers in <bdi dir="ltr">; a text that fell in in <span lang dir> */
    LANG_VALUE  /* where no element can stand (an attribute, a title, an option): escaped, isolated as LANG_PLAIN is */
};
bool lang_has(const struct lang *l, const char *key);
void lang_put(const struct lang *l, enum lang_form form, struct buf *out, const char *key, const struct lang_arg *args, size_t n);
/* lang_text(l, out, "why.year", lang_n("year", 1991)); without arguments: lang_plain(l, out, key). */
#define lang_text(l, out, key, ...)                                                                                    \
    lang_put(l, LANG_PLAIN, out, key, (const struct lang_arg[]){__VA_ARGS__},                                          \
        sizeof((const struct lang_arg[]){__VA_ARGS__}) / sizeof(struct lang_arg))
static inline void lang_plain(const struct lang *l, struct buf *out, const char *key)
{
    lang_put(l, LANG_PLAIN, out, key, NULL, 0);
}

/* One sentence: which field, what was given, what would be accepted; or, where `want` is a key "say.x", the sentence of that key. */
void lang_fault(const struct lang *l, const struct fault *f, struct buf *out);
/* Its halves: what is wrong, and what would be accepted ("" when the fault does not say). */
void lang_fault_what(const struct lang *l, const struct fault *f, struct buf *out);
void lang_fault_want(const struct lang *l, const struct fault *f, struct buf *out);

/* ---- figures and dates ---- */
void lang_number(const struct lang *l, struct buf *out, int64_t v);
/* "2024" -> 2024, "2024-03" -> March 2024, "2024-03-03" -> 3 March 2024, an instant with hour and minute and UTC, "A/B" as
 * an interval; anything else unchanged. */
void lang_date(const struct lang *l, struct buf *out, struct slice when);
void lang_date_html(const struct lang *l, struct buf *out, struct slice when); /* what is no date is escaped */
/* The country of an ISO 3166-1 alpha-2 code by its name in the language (CLDR); the code itself when there is none. */
void lang_country(const struct lang *l, struct buf *out, struct slice code);
/* The identifier isolated left to right where the language or its own letters call for it. */
void lang_id(const struct lang *l, struct buf *out, struct slice id);
#endif
