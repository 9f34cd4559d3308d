/* Rows of the invented register: a life, its serial and its people, written as one CSV line. */
#include "sample/sample.h"
#include "sample/sample_parts.h"

#include "base/time.h"
#include "base/banned.h"

#define ARENA_MAX ((size_t)4 << 20)
#define MARK_MAX 512

static void plan_counters(struct sample *s)
{
    uint32_t at = 0;
    for (size_t i = 0; i < s->model_count; i++) {
        struct sample_model *m = &s->model[i];
        uint32_t years = (uint32_t)(m->last_year - m->first_year + 1);
        m->counter_at = at;
        m->annual = m->grammar.capacity / years;
        uint64_t start_max = (m->grammar.has_year ? m->grammar.capacity : m->annual) / 3 + 1;
        m->start = rng_below(&s->rng, (uint32_t)(start_max < 50000 ? start_max : 50000));
        at += years;
    }
}

static size_t counter_count(const struct sample *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->model_count; i++)
        n += (size_t)(s->model[i].last_year - s->model[i].first_year + 1);
    return n;
}

enum err sample_open(uint64_t records, uint64_t seed, struct sample **out, struct fault *f)
{
    if (records == 0 || records > SAMPLE_RECORDS_MAX)
        return fault_set(f, ERR_RANGE, "--records", slice_str(""), "1..400000000");
    struct sample *s = mem_alloc(1, sizeof *s);
    if (!s)
        return fault_set(f, ERR_MEMORY, "--records", slice_str(""), "");
    s->records = records;
    arena_init(&s->arena, ARENA_MAX);
    rng_seed(&s->rng, seed);
    enum err e = sample_load(s, f);
    if (e)
        goto fail;
    s->counter = mem_alloc(counter_count(s), sizeof *s->counter);
    if (!s->counter) {
        e = fault_set(f, ERR_MEMORY, "--records", slice_str(""), "");
        goto fail;
    }
    plan_counters(s);
    *out = s;
    return OK;
fail:
    sample_close(s);
    return e;
}

void sample_close(struct sample *s)
{
    if (!s)
        return;
    mem_free(s->counter);
    arena_free(&s->arena);
    mem_free(s);
}

void sample_header(struct buf *out)
{
    buf_str(out, "id,make,model,calibre,type,country,serial,year,stock,made_on,imported_on,imported_by,registered_on,first_sold_on,"
                 "dealer,holder_name,holder_document,holder2_transferred_on,holder2_name,holder2_document,loaned_on,loaned_to,"
                 "returned_on,stolen_on,lost_on,exported_on,exported_to,recovered_on,recovered_place,recovered_mark,destroyed_on\n");
}

/* ---- cells ---- */
static void put_cell(struct buf *out, struct slice s)
{
    bool quote = s.n && (memchr(s.p, ',', s.n) || memchr(s.p, '"', s.n));
    if (!quote) {
        buf_slice(out, s);
        return;
    }
    buf_byte(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            buf_byte(out, '"');
        buf_byte(out, (uint8_t)s.p[i]);
    }
    buf_byte(out, '"');
}

static void put_comma(struct buf *out)
{
    buf_byte(out, ',');
}

static void put_digits(struct buf *out, uint64_t v, size_t width)
{
    uint8_t *p = buf_room(out, width);
    if (!p)
        return;
    while (width-- > 0) {
        p[width] = (uint8_t)('0' + v % 10);
        v /= 10;
    }
}

static void put_day(struct buf *out, const struct life *l, enum life_day d)
{
    int year, month, day;
    put_comma(out);
    if (l->day[d] == NO_DAY)
        return;
    time_to_civil((int64_t)l->day[d] * 86400000, &year, &month, &day);
    put_digits(out, (uint64_t)year, 4);
    if (l->coarse[d] == 2)
        return;
    buf_byte(out, '-');
    put_digits(out, (uint64_t)month, 2);
    if (l->coarse[d] == 1)
        return;
    buf_byte(out, '-');
    put_digits(out, (uint64_t)day, 2);
}

static struct slice any(struct sample *s, const struct slices *list)
{
    return list->s[rng_below(&s->rng, (uint32_t)list->n)];
}

/* A word beside a day: empty when the day is. */
static void put_word(struct sample *s, struct buf *out, const struct life *l, enum life_day d, enum word_list words)
{
    put_comma(out);
    if (l->day[d] != NO_DAY)
        put_cell(out, any(s, &s->words[words]));
}

/* Who sold it, or has it for sale. */
static void put_dealer(struct sample *s, struct buf *out, const struct life *l)
{
    put_comma(out);
    if (l->day[DAY_SOLD] != NO_DAY || l->stock == STOCK_DEALER)
        put_cell(out, any(s, &s->words[WORDS_DEALERS]));
}

/* ---- people ---- */
static void put_person(struct sample *s, struct buf *out)
{
    const struct name_list *list = &s->names[pick_one(&s->pick_names, &s->rng)];
    struct slice given = any(s, &list->given), family = any(s, &list->family);
    bool comma = list->order == FAMILY_COMMA_GIVEN;
    bool family_first = list->order != GIVEN_FAMILY;
    if (comma)
        buf_byte(out, '"');
    buf_slice(out, family_first ? family : given);
    buf_str(out, comma ? ", " : family_first ? "" : " ");
    buf_slice(out, family_first ? given : family);
    if (comma)
        buf_byte(out, '"');
}

static void put_document(struct sample *s, struct buf *out, const char *kind)
{
    put_comma(out);
    buf_str(out, kind);
    put_digits(out, rng_below(&s->rng, 1000000000), 9);
}

static void put_holder(struct sample *s, struct buf *out, const struct life *l)
{
    put_comma(out);
    if (!l->has_holder) {
        put_comma(out);
        return;
    }
    if (l->stock == STOCK_POLICE) {
        put_cell(out, any(s, &s->words[WORDS_AGENCIES]));
        put_comma(out);
        return;
    }
    bool firm = rng_chance(&s->rng, 400);
    if (firm)
        put_cell(out, any(s, &s->words[WORDS_FIRMS]));
    else
        put_person(s, out);
    put_document(s, out, firm ? "RC-" : "ID-");
}

static void put_second_holder(struct sample *s, struct buf *out, const struct life *l)
{
    put_day(out, l, DAY_TRANSFERRED);
    put_comma(out);
    if (l->day[DAY_TRANSFERRED] == NO_DAY) {
        put_comma(out);
        return;
    }
    put_person(s, out);
    put_document(s, out, "ID-");
}

static void put_loan(struct sample *s, struct buf *out, const struct life *l)
{
    put_day(out, l, DAY_LOANED);
    put_comma(out);
    if (l->day[DAY_LOANED] != NO_DAY)
        put_person(s, out);
    put_day(out, l, DAY_RETURNED);
}

/* ---- the gun ---- */
/* The serial as the register's clerks wrote it: now and then a hyphen more, or small letters. */
static void put_serial(struct sample *s, struct buf *out, const struct serial *serial)
{
    uint32_t hand = rng_below(&s->rng, 1000);
    char last = 0;
    put_comma(out);
    if (hand >= 45) {
        buf_add(out, serial->text, serial->n);
        return;
    }
    for (size_t i = 0; i < serial->n; i++) {
        char c = serial->text[i];
        bool letter = c >= 'A' && c <= 'Z', after_letter = last >= 'A' && last <= 'Z', digit = c >= '0' && c <= '9';
        if (hand >= 15 && after_letter && digit)
            buf_byte(out, '-');
        buf_byte(out, (uint8_t)(hand < 15 && letter ? c + 32 : c));
        last = c;
    }
}

static void put_gun(struct sample *s, struct buf *out, const struct life *l, const struct serial *serial)
{
    const struct sample_model *m = l->model;
    const struct sample_make *make = &s->make[m->make];
    size_t name = rng_chance(&s->rng, 800) ? rng_below(&s->rng, (uint32_t)make->name_count) : 0;
    put_comma(out);
    put_cell(out, l->has_make ? make->names[name] : SLICE(""));
    put_comma(out);
    put_cell(out, l->has_model ? m->name : SLICE(""));
    put_comma(out);
    buf_slice(out, m->calibre);
    put_comma(out);
    buf_slice(out, m->type);
    put_comma(out);
    buf_slice(out, l->has_make ? make->country : SLICE(""));
    put_serial(s, out, serial);
    put_comma(out);
    if (l->has_year)
        put_digits(out, (uint64_t)l->year, 4);
}

static void put_recovery(struct sample *s, struct buf *out, const struct life *l, const struct serial *serial)
{
    char room[MARK_MAX];
    struct buf mark = {.p = room, .cap = sizeof room, .max = sizeof room - 1};
    put_day(out, l, DAY_RECOVERED);
    put_word(s, out, l, DAY_RECOVERED, WORDS_PLACES);
    put_comma(out);
    if (l->day[DAY_RECOVERED] == NO_DAY)
        return;
    sample_mark(s, serial, &mark);
    put_cell(out, buf_view(&mark));
}

bool sample_row(struct sample *s, struct buf *out)
{
    static const char *const stock[] = {"civil", "police", "dealer", ""};
    struct life l;
    struct serial serial;
    if (s->made == s->records)
        return false;
    sample_life(s, &l);
    sample_serial(s, l.model, l.year, l.month, &serial);
    buf_byte(out, 'G');
    put_digits(out, ++s->made, 9);
    put_gun(s, out, &l, &serial);
    put_comma(out);
    buf_str(out, stock[l.stock]);
    put_day(out, &l, DAY_MADE);
    put_day(out, &l, DAY_IMPORTED);
    put_word(s, out, &l, DAY_IMPORTED, WORDS_IMPORTERS);
    put_day(out, &l, DAY_REGISTERED);
    put_day(out, &l, DAY_SOLD);
    put_dealer(s, out, &l);
    put_holder(s, out, &l);
    put_second_holder(s, out, &l);
    put_loan(s, out, &l);
    put_day(out, &l, DAY_STOLEN);
    put_day(out, &l, DAY_LOST);
    put_day(out, &l, DAY_EXPORTED);
    put_word(s, out, &l, DAY_EXPORTED, WORDS_COUNTRIES);
    put_recovery(s, out, &l, &serial);
    put_day(out, &l, DAY_DESTROYED);
    buf_byte(out, '\n');
    return true;
}
