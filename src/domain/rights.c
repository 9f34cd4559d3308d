#include "domain/rights.h"
#include <stdio.h>
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

uint64_t kinds_read(const struct profile_people *p, struct slice names, struct slice *unknown)
{
    uint64_t enters = 0;
    struct slice one, none = {0};
    if (unknown)
        *unknown = none;
    while (slice_word(&names, &one)) {
        size_t i = 0;
        while (i < ENTERS_MAX && !slice_is(one, p->kind[i].name))
            i++;
        if (i < ENTERS_MAX)
            enters |= (uint64_t)1 << i;
        else if (unknown && !unknown->n)
            *unknown = one;
    }
    return enters;
}

bool kinds_write(const struct profile_people *p, uint64_t enters, char *out, size_t size)
{
    size_t n = 0;
    *out = 0;
    for (size_t i = 0; i < ENTERS_MAX && n < size; i++)
        if (enters >> i & 1)
            n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "", p->kind[i].name);
    return n < size;
}

bool purpose_known(const struct profile_people *p, struct slice name)
{
    for (size_t i = 0; i < p->purpose_count; i++)
        if (slice_is(name, p->purpose[i]))
            return true;
    return false;
}
