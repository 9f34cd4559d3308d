/* The words of the effects vocabulary, as profiles and derived tables write them. */
#include "domain/effects.h"
#include "base/banned.h"

static const char *const effect_words[EFFECT_COUNT] = {
    [EFFECT_CREATE] = "create", [EFFECT_DESCRIBE] = "describe", [EFFECT_MARK] = "mark", [EFFECT_OWNER] = "owner",
    [EFFECT_POSSESSOR] = "possessor", [EFFECT_CUSTODIAN] = "custodian", [EFFECT_FOUND_WITH] = "found_with",
    [EFFECT_STATUS] = "status", [EFFECT_PLACE] = "place", [EFFECT_FIT] = "fit", [EFFECT_REMOVE] = "remove",
    [EFFECT_GRANT] = "grant", [EFFECT_END] = "end", [EFFECT_LINK] = "link", [EFFECT_SAME_AS] = "same_as",
    [EFFECT_QTY_IN] = "quantity_in", [EFFECT_QTY_OUT] = "quantity_out", [EFFECT_HOLD] = "hold", [EFFECT_ERASE] = "erase",
    [EFFECT_SUSPEND] = "suspend", [EFFECT_SUPERSEDE] = "supersede"};

static const char *const status_words[STATUS_COUNT] = {
    [STATUS_NONE] = "NONE", [STATUS_LICIT] = "LICIT", [STATUS_EXPORTED] = "EXPORTED", [STATUS_LOST] = "LOST",
    [STATUS_STOLEN] = "STOLEN", [STATUS_RECOVERED] = "RECOVERED", [STATUS_SEIZED] = "SEIZED", [STATUS_FOUND] = "FOUND",
    [STATUS_SURRENDERED] = "SURRENDERED", [STATUS_DEACTIVATED] = "DEACTIVATED", [STATUS_DESTROYED] = "DESTROYED",
    [STATUS_HANDED_IN] = "HANDED_IN"};

static const char *const class_words[PARTY_CLASSES] = {
    [PARTY_UNSAID] = "", [PARTY_PERSON] = "PERSON", [PARTY_DEALER] = "DEALER", [PARTY_MAKER] = "MAKER",
    [PARTY_IMPORTER] = "IMPORTER", [PARTY_REPAIRER] = "REPAIRER", [PARTY_CARRIER] = "CARRIER", [PARTY_STATE] = "STATE",
    [PARTY_POLICE] = "POLICE", [PARTY_ARMY] = "ARMY", [PARTY_CUSTOMS] = "CUSTOMS", [PARTY_COURT] = "COURT",
    [PARTY_STORE] = "STORE", [PARTY_LABORATORY] = "LABORATORY", [PARTY_OTHER] = "OTHER"};

static bool find_word(const char *const *words, size_t n, struct slice word, size_t *out)
{
    for (size_t i = 0; i < n; i++)
        if (slice_is(word, words[i])) {
            *out = i;
            return true;
        }
    return false;
}

const char *effect_code(enum effect_do e)
{
    return effect_words[e];
}

bool effect_of(struct slice code, enum effect_do *out)
{
    size_t i;
    if (!find_word(effect_words, EFFECT_COUNT, code, &i))
        return false;
    *out = (enum effect_do)i;
    return true;
}

const char *item_status_code(enum item_status s)
{
    return status_words[s];
}

bool item_status_of(struct slice code, enum item_status *out)
{
    size_t i;
    if (!find_word(status_words, STATUS_COUNT, code, &i))
        return false;
    *out = (enum item_status)i;
    return true;
}

const char *party_class_code(enum party_class c)
{
    return class_words[c];
}

bool party_class_of(struct slice code, enum party_class *out)
{
    size_t i;
    if (!find_word(class_words, PARTY_CLASSES, code, &i))
        return false;
    *out = (enum party_class)i;
    return true;
}

bool party_is_state(enum party_class c)
{
    return c >= PARTY_STATE && c <= PARTY_LABORATORY;
}

int event_order(const struct event *a, const struct event *b)
{
    int c = when_cmp(&a->happened, &b->happened);
    if (c)
        return c;
    if (a->recorded != b->recorded)
        return a->recorded < b->recorded ? -1 : 1;
    c = memcmp(a->record.b, b->record.b, sizeof a->record.b);
    return c < 0 ? -1 : c > 0;
}
