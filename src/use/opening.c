#include "use/opening.h"
#include "people/access.h"
#include "use/people.h"
#include <string.h>
#include "base/banned.h"

static bool no_account(const struct visitor *who)
{
    static const uint8_t none[16];
    return memcmp(who->account, none, sizeof none) == 0;
}

/* The case of the session names this firearm, or a record of the firearm names the case. */
static bool of_case(struct desk *d, const struct visitor *who, const struct subject_id *item, const struct event *events, size_t n)
{
    struct act *acts;
    size_t count = 0;
    struct slice case_no = slice_str(who->case_no);
    for (size_t i = 0; i < n; i++)
        if (events[i].case_no.n && slice_eq(slice_trim(events[i].case_no), case_no))
            return true;
    if (act_case(d->store, &d->arena, case_no, &acts, &count, NULL))
        return false;
    for (size_t i = 0; i < count; i++)
        if (subject_eq(&acts[i].about, item) && slice_is(acts[i].office, who->office))
            return true;
    return false;
}

const char *opening_judge(struct desk *d, const struct visitor *who, const struct subject_id *item, const struct event *events, size_t n)
{
    bool own = false;
    if (!who || !visitor_may(who, RIGHT_NAMES) || who->names == NAMES_NONE)
        return "names.no_right";
    if (who->glass || no_account(who))
        return "names.open";
    if (!*who->purpose || !*who->case_no)
        return "names.no_purpose";
    if (who->names == NAMES_ALL)
        return "names.open";
    for (size_t i = 0; i < n && who->names == NAMES_OWN_OFFICE; i++)
        own = own || slice_is(events[i].office, who->office);
    return own || of_case(d, who, item, events, n) ? "names.open" : "names.not_own";
}

unsigned opening_shows(const struct visitor *who)
{
    return SHOW_HOLDERS | SHOW_TEXT | (visitor_may(who, RIGHT_CASE_PERSONS) ? SHOW_CASE : 0) | (visitor_may(who, RIGHT_OPINIONS) ? SHOW_OPINION : 0);
}

static bool chosen(struct people *p)
{
    uint8_t r[4];
    people_random(p, r, sizeof r);
    uint32_t n = (uint32_t)r[0] << 24 | (uint32_t)r[1] << 16 | (uint32_t)r[2] << 8 | r[3];
    return n % 100 < (uint32_t)people_profile(p)->review_percent;
}

enum err opening_log(struct app *a, const struct visitor *who, const struct subject_id *item, struct fault *f)
{
    struct people *p;
    struct opening o = {.who = slice_str(who->login), .office = slice_str(who->office), .door = slice_str(who->door ? who->door : "page"),
        .subject = *item, .purpose = slice_str(who->purpose), .case_no = slice_str(who->case_no), .glass = who->glass};
    memcpy(o.account.b, who->account, sizeof o.account.b);
    enum err e = app_people(a, &p, f);
    if (e)
        return e;
    o.at = people_now(p);
    o.review = who->glass || chosen(p); /* what was opened in an emergency is always looked at afterwards */
    return access_write(people_box(p), &o, f);
}
