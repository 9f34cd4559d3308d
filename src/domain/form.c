#include "domain/form.h"
#include "base/banned.h"

static const char *const states[] = {"NONE_SEEN", "OBLITERATED", "WORN", "ALTERED", "UNKNOWN", NULL};
static const char *const places[] = {"FRAME", "UPPER", "LOWER", "BARREL", "SLIDE", "BOLT", "CYLINDER", "STOCK", "OTHER", NULL};
static const char *const hows[] = {"MADE", "IMPORTED", "KNOWN", NULL};
static const char *const methods[] = {"SMELT", "CUT", "CRUSH", "BURN", "OTHER", NULL};

#define SHORT 96
#define LINE 200
#define LONG 4000

static const struct field_kind fields[FIELD_COUNT] = {
    [FIELD_FIREARM] = {.word = "firearm", .type = FORM_FIREARM, .max = LINE},
    [FIELD_OTHER] = {.word = "other", .type = FORM_FIREARM, .max = LINE},
    [FIELD_RECORD] = {.word = "record", .type = FORM_RECORD, .max = 64},
    [FIELD_MARK] = {.word = "mark", .type = FORM_MARK, .max = LINE},
    [FIELD_MARK_STATE] = {.word = "mark_state", .type = FORM_CHOICE, .max = SHORT, .choice = states},
    [FIELD_MARK_PLACE] = {.word = "mark_place", .type = FORM_CHOICE, .max = SHORT, .choice = places},
    [FIELD_MAKE] = {.word = "make", .type = FORM_TERM, .max = LINE, .list = TERM_MAKE},
    [FIELD_MODEL] = {.word = "model", .type = FORM_TEXT, .max = LINE},
    [FIELD_CALIBRE] = {.word = "calibre", .type = FORM_TERM, .max = LINE, .list = TERM_CALIBRE},
    [FIELD_TYPE] = {.word = "type", .type = FORM_TERM, .max = LINE, .list = TERM_TYPE},
    [FIELD_COUNTRY] = {.word = "country", .type = FORM_TERM, .max = LINE, .list = TERM_COUNTRY},
    [FIELD_YEAR] = {.word = "year", .type = FORM_YEAR, .max = 4},
    [FIELD_HOW] = {.word = "how", .type = FORM_CHOICE, .max = SHORT, .choice = hows},
    [FIELD_METHOD] = {.word = "method", .type = FORM_CHOICE, .max = SHORT, .choice = methods},
    [FIELD_CLASS] = {.word = "class", .type = FORM_TEXT, .max = SHORT},
    [FIELD_HAPPENED] = {.word = "happened", .type = FORM_DATE, .max = 64},
    [FIELD_DISCOVERED] = {.word = "discovered", .type = FORM_DATE, .max = 64},
    [FIELD_UNTIL] = {.word = "until", .type = FORM_DATE, .max = 64},
    [FIELD_ABROAD] = {.word = "abroad", .type = FORM_TERM, .max = LINE, .list = TERM_COUNTRY},
    [FIELD_PLACE] = {.word = "place", .type = FORM_TEXT, .max = LINE},
    [FIELD_CIRCUMSTANCES] = {.word = "circumstances", .type = FORM_AREA, .max = LONG},
    [FIELD_OPINION] = {.word = "opinion", .type = FORM_AREA, .max = LONG},
    [FIELD_NOTE] = {.word = "note", .type = FORM_AREA, .max = LONG},
    [FIELD_REASON] = {.word = "reason", .type = FORM_AREA, .max = LONG},
    [FIELD_PERMIT] = {.word = "permit", .type = FORM_PERMIT, .max = SHORT},
    [FIELD_PURPOSE] = {.word = "purpose", .type = FORM_PURPOSE, .max = SHORT},
    [FIELD_CASE] = {.word = "case", .type = FORM_TEXT, .max = SHORT},
    [FIELD_TO] = {.word = "to", .type = FORM_PARTY, .max = LINE},
    [FIELD_FROM] = {.word = "from", .type = FORM_PARTY, .max = LINE, .holder = true},
    [FIELD_WITH] = {.word = "with", .type = FORM_PARTY, .max = LINE},
    [FIELD_BY] = {.word = "by", .type = FORM_PARTY, .max = LINE, .holder = true},
    [FIELD_OWNER] = {.word = "owner", .type = FORM_PARTY, .max = LINE, .holder = true},
    [FIELD_CUSTODIAN] = {.word = "custodian", .type = FORM_PARTY, .max = LINE},
    [FIELD_SUSPECT] = {.word = "suspect", .type = FORM_PARTY, .max = LINE},
    [FIELD_VICTIM] = {.word = "victim", .type = FORM_PARTY, .max = LINE, .holder = true},
    [FIELD_WITNESS] = {.word = "witness", .type = FORM_PARTY, .max = LINE},
    [FIELD_PARTY] = {.word = "party", .type = FORM_PARTY, .max = LINE},
};

const struct field_kind *field_kind(enum form_word w)
{
    return &fields[w];
}

bool form_word_of(struct slice word, enum form_word *out)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (slice_is(word, fields[i].word)) {
            *out = (enum form_word)i;
            return true;
        }
    return false;
}

const struct form_asked *form_asked(const struct form_asks *f, enum form_word w)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->field[i].word == w)
            return &f->field[i];
    return NULL;
}
