#include "base/cjson.h"
#include "marks/read.h"

#include "base/banned.h"

const char *read_cause_code(enum read_cause c)
{
    static const char *const codes[CAUSE_COUNT] = {"", "HUMAN", "CORROSION", "WEAR"};
    return (unsigned)c < CAUSE_COUNT ? codes[c] : "";
}

const char *read_method_code(enum read_method m)
{
    static const char *const codes[METHOD_COUNT] = {"", "GROUND", "PUNCHED", "OVERSTAMPED", "DRILLED", "WELDED"};
    return (unsigned)m < METHOD_COUNT ? codes[m] : "";
}

const char *read_recovery_code(enum read_recovery r)
{
    static const char *const codes[RECOVERY_COUNT] = {"", "TRIED", "FULL", "PART"};
    return (unsigned)r < RECOVERY_COUNT ? codes[r] : "";
}

static void text_member(struct cj *j, struct slice text)
{
    if (slice_utf8_fault(text) < 0) {
        cj_kstr(j, "text", text);
        return;
    }
    struct buf utf8; /* bytes that are not UTF-8 were read as Latin-1 and are shown so */
    buf_init(&utf8, 2 * text.n + 1);
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];
        if (c >= 0x80)
            buf_byte(&utf8, (uint8_t)(0xC0 | c >> 6));
        buf_byte(&utf8, c >= 0x80 ? (uint8_t)(0x80 | (c & 0x3F)) : c);
    }
    cj_kstr(j, "text", buf_view(&utf8));
    buf_free(&utf8);
}

static void list_members(struct cj *j, const struct mark_reading *r)
{
    cj_key(j, "serials");
    cj_arr(j);
    for (size_t i = 0; i < r->serial_count; i++)
        cj_str(j, slice_str(r->serials[i].text));
    cj_arr_end(j);
    cj_key(j, "places");
    cj_arr(j);
    for (size_t i = 0; i < r->serial_count; i++)
        cj_str(j, slice_str(r->serials[i].place));
    cj_arr_end(j);
}

void mark_reading_json(struct slice text, const struct mark_reading *r, struct buf *out)
{
    struct cj j;
    bool probable = false;
    for (size_t i = 0; i < r->serial_count; i++)
        probable |= r->serials[i].probable;
    cj_open_loose(&j, out);
    cj_obj(&j);
    text_member(&j, text);
    cj_kstr(&j, "status", slice_str(mark_status_code(r->status)));
    list_members(&j, r);
    cj_kstr(&j, "place", slice_str(r->place));
    cj_kstr(&j, "cause", slice_str(read_cause_code(r->cause)));
    cj_kstr(&j, "method", slice_str(read_method_code(r->method)));
    cj_kstr(&j, "recovery", slice_str(read_recovery_code(r->recovery)));
    cj_kbool(&j, "probable", probable);
    cj_obj_end(&j);
}
