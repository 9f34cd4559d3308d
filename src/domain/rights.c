#include "domain/rights.h"
#include "base/banned.h"

static const char *const words[RIGHTS_COUNT] = {
#define RIGHTS_WORD(code, word) [code] = word,
    RIGHTS_TABLE(RIGHTS_WORD)
#undef RIGHTS_WORD
};
static const char *const rules[] = {[NAMES_NONE] = "none", [NAMES_OWN_CASE] = "own_case", [NAMES_OWN_OFFICE] = "own_office", [NAMES_ALL] = "all"};

const char *right_word(enum right r)
{
    return words[r];
}

bool right_of(struct slice word, enum right *out)
{
    for (size_t i = 0; i < RIGHTS_COUNT; i++)
        if (slice_is(word, words[i])) {
            *out = (enum right)i;
            return true;
        }
    return false;
}

const char *names_rule_word(enum names_rule n)
{
    return rules[n];
}

bool names_rule_of(struct slice word, enum names_rule *out)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (slice_is(word, rules[i])) {
            *out = (enum names_rule)i;
            return true;
        }
    return false;
}

const struct role *role_find(const struct profile_people *p, struct slice name)
{
    for (size_t i = 0; i < p->role_count; i++)
        if (slice_is(name, p->role[i].name))
            return &p->role[i];
    return NULL;
}

bool role_four_eyes(const struct profile_people *p, struct slice name)
{
    for (size_t i = 0; i < p->four_eyes_count; i++)
        if (slice_is(name, p->four_eyes[i]))
            return true;
    return false;
}

bool purpose_known(const struct profile_people *p, struct slice name)
{
    for (size_t i = 0; i < p->purpose_count; i++)
        if (slice_is(name, p->purpose[i]))
            return true;
    return false;
}
