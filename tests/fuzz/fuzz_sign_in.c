/* What strangers send before anybody knows them: cookies, codes, form tokens, passwords to be judged. */
#include "people/factor.h"
#include "people/password.h"
#include "people/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice s = slice_of((const char *)data, size);
    uint8_t hash[32];
    char text[LINK_TEXT + 1], cookie[44], shown[64];
    if (session_hash(s, hash)) {
        uint8_t token[SESSION_TOKEN] = {0}, again[32];
        session_cookie(token, cookie, again);
    }
    if (code_read(s, LINK_TEXT, text) && strlen(text) != LINK_TEXT)
        __builtin_trap();
    if (code_read(s, FACTOR_CODE, text) && strlen(text) != FACTOR_CODE)
        __builtin_trap();
    session_form_holds(s, s);
    base32_text(data, size < 20 ? size : 20, size & 1, shown);
    password_judge(s, slice_of(s.p, size / 2), NULL);
    pin_judge(s, NULL);
    return 0;
}
