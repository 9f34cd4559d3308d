/* What people call a firearm by, to its id. */
#include "store/store.h"
#include "base/banned.h"

static enum err several(const struct subject_id *id, size_t n, struct fault *f)
{
    char list[120] = "";
    size_t at = 0;
    for (size_t i = 0; i < n && i < 3; i++) {
        hex_of(id[i].b, sizeof id[i].b, list + at);
        at += 32;
        list[at++] = ' ';
        list[at] = 0;
    }
    return fault_set(f, ERR_SEVERAL, "id", slice_str(list), "want.subject_id");
}

/* As it may stand in the register that was written with other keys: capitals, digits of 0 to 9, no blanks. Room for text.n bytes; false when it is the same. */
static bool plainly(struct slice text, char *out, struct slice *out_plain)
{
    struct slice s = slice_digits(text, out);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (out[i] != ' ')
            out[n++] = out[i] >= 'a' && out[i] <= 'z' ? (char)(out[i] - 32) : out[i];
    *out_plain = slice_of(out, n);
    return n > 0 && !slice_eq(*out_plain, text);
}

enum err store_firearm(struct store *s, struct slice text, struct subject_id *out, struct fault *f)
{
    struct subject_id hit[8];
    size_t n;
    bool found = false;
    struct item_row row;
    text = slice_trim(text);
    if (!text.n)
        return fault_set(f, ERR_MISSING, "id", text, "want.firearm_id");
    if (text.n > 512)
        return fault_set(f, ERR_TOO_LONG, "id", text, "want.firearm_id");
    char other[512];
    struct slice plain;
    enum err e = store_external(s, text, hit, 8, &n, f);
    if (!e && !n && plainly(text, other, &plain))
        e = store_external(s, plain, hit, 8, &n, f);
    if (e)
        return e;
    if (n > 1)
        return several(hit, n, f);
    if (n == 1) {
        *out = hit[0];
        return OK;
    }
    if (hex_to(text, out->b, sizeof out->b) && (e = store_item(s, out, &row, &found, f)))
        return e;
    return found ? OK : fault_set(f, ERR_NOT_FOUND, "id", text, "want.firearm_id");
}
