#include "web/web_in.h"
#include "base/banned.h"

static const struct route routes[] = {
    {HTTP_GET, "/", "search", page_search, false},
    {HTTP_GET, "/search", "search", page_search, false},
    {HTTP_GET, "/firearms", "firearm_read", page_firearm_find, false},
    {HTTP_GET, "/firearms/{id}", "firearm_read", page_firearm, false, true},
    {HTTP_GET, "/records/{id}", "record_read", page_record, false},
    {HTTP_GET, "/imports", "import_read", page_imports, false},
    {HTTP_GET, "/ballistics", "specimen_read", examine_page, .slow = true, .exam = EXAM_SPECIMENS, .page = PAGE_SPECIMENS},
    {HTTP_GET, "/ballistics/compare", "specimen_compare", examine_page, .slow = true, .exam = EXAM_PAIR, .page = PAGE_COMPARE},
    {HTTP_POST, "/ballistics/compare", "specimen_compare", examine_do, .exam = EXAM_CONCLUDE, .exam_show = EXAM_PAIR, .page = PAGE_COMPARE, .keeps = true},
    {HTTP_GET, "/ballistics/compare/picture", "specimen_compare", examine_bytes, true, true, .exam = EXAM_PAIR_PICTURE},
    {HTTP_GET, "/ballistics/compare/profile.svg", "specimen_compare", examine_bytes, true, true, .exam = EXAM_PROFILE},
    {HTTP_GET, "/ballistics/specimen", "specimen_read", examine_page, .slow = true, .exam = EXAM_SPECIMEN, .page = PAGE_SPECIMEN},
    {HTTP_POST, "/ballistics/specimen", "specimen_compare", examine_do, .exam = EXAM_CORRECT, .exam_show = EXAM_SPECIMEN, .page = PAGE_SPECIMEN, .keeps = true},
    {HTTP_GET, "/ballistics/mates", "specimen_compare", examine_page, .slow = true, .exam = EXAM_MATES, .page = PAGE_MATES},
    {HTTP_GET, "/ballistics/specimen/step", "specimen_read", examine_bytes, true, true, .exam = EXAM_STEP},
    {HTTP_GET, "/ballistics/picture", "specimen_read", examine_bytes, true, true, .exam = EXAM_PICTURE},
    {HTTP_GET, "/ballistics/tile", "specimen_read", examine_bytes, true, true, .exam = EXAM_TILE},
    {HTTP_GET, "/ballistics/compare.pdf", "specimen_compare", examine_bytes, true, true, .exam = EXAM_PAIR_PDF},
    {HTTP_GET, "/static/{name}", "", page_static, false},
    {HTTP_GET, "/sign-in", "", people_show, .act = DOOR_PASSKEY_SHOW, .page = PAGE_SIGN_IN},
    {HTTP_POST, "/sign-in", "", people_do, .act = DOOR_SIGN_IN, .show = DOOR_PASSKEY_SHOW, .page = PAGE_SIGN_IN},
    {HTTP_POST, "/sign-in/passkey", "", people_do, .act = DOOR_PASSKEY_SIGN_IN, .show = DOOR_PASSKEY_SHOW, .page = PAGE_SIGN_IN},
    {HTTP_GET, "/sign-in/{link}", "", people_show, .act = DOOR_LINK_SHOW, .page = PAGE_LINK},
    {HTTP_POST, "/sign-in/{link}", "", people_do, .act = DOOR_LINK, .page = PAGE_LINK},
    {HTTP_GET, "/second-factor", "factor", people_show, .act = DOOR_PASSKEY_SHOW, .page = PAGE_FACTOR},
    {HTTP_POST, "/second-factor", "factor", people_do, .act = DOOR_FACTOR, .show = DOOR_PASSKEY_SHOW, .page = PAGE_FACTOR},
    {HTTP_POST, "/sign-out", "session", people_do, .act = DOOR_SIGN_OUT, .page = PAGE_SIGN_IN},
    {HTTP_POST, "/lock", "signed_in", people_do, .act = DOOR_LOCK, .page = PAGE_LOCKED},
    {HTTP_GET, "/locked", "locked", people_show, .act = DOOR_PASSKEY_SHOW, .page = PAGE_LOCKED},
    {HTTP_POST, "/locked", "locked", people_do, .act = DOOR_UNLOCK, .show = DOOR_PASSKEY_SHOW, .page = PAGE_LOCKED},
    {HTTP_GET, "/me", "self", people_show, .act = DOOR_ME, .page = PAGE_ME},
    {HTTP_POST, "/me/password", "self", people_do, .act = DOOR_PASSWORD, .show = DOOR_ME, .page = PAGE_ME},
    {HTTP_POST, "/me/pin", "self", people_do, .act = DOOR_PIN, .show = DOOR_ME, .page = PAGE_ME},
    {HTTP_POST, "/me/time-codes", "self", people_do, .act = DOOR_TOTP, .show = DOOR_TOTP_SHOW, .page = PAGE_TOTP},
    {HTTP_POST, "/me/codes", "self", people_do, .act = DOOR_CODES, .show = DOOR_ME, .page = PAGE_CODES},
    {HTTP_POST, "/me/passkeys", "self", people_do, .act = DOOR_PASSKEY_ADD, .show = DOOR_ME, .page = PAGE_ME},
    {HTTP_POST, "/me/passkeys/drop", "self", people_do, .act = DOOR_PASSKEY_DROP, .show = DOOR_ME, .page = PAGE_ME},
    {HTTP_POST, "/me/sessions", "self", people_do, .act = DOOR_SESSION_END, .show = DOOR_ME, .page = PAGE_ME},
    {HTTP_GET, "/purpose", "names", people_show, .act = DOOR_PURPOSE_SHOW, .page = PAGE_PURPOSE},
    {HTTP_POST, "/purpose", "names", people_do, .act = DOOR_PURPOSE, .show = DOOR_PURPOSE_SHOW, .page = PAGE_PURPOSE, .keeps = true},
    {HTTP_POST, "/purpose/emergency", "break_glass", people_do, .act = DOOR_GLASS, .show = DOOR_PURPOSE_SHOW, .page = PAGE_PURPOSE},
    {HTTP_GET, "/accounts", "accounts", people_show, .act = DOOR_ACCOUNTS, .page = PAGE_ACCOUNTS},
    {HTTP_POST, "/accounts", "accounts", people_do, .act = DOOR_ACCOUNT_ADD, .show = DOOR_ACCOUNTS, .page = PAGE_ACCOUNTS},
    {HTTP_GET, "/accounts/{id}", "accounts", people_show, .act = DOOR_ACCOUNT, .page = PAGE_ACCOUNT},
    {HTTP_POST, "/accounts/{id}/role", "accounts", people_do, .act = DOOR_ROLE, .show = DOOR_ACCOUNT, .page = PAGE_ACCOUNT},
    {HTTP_POST, "/accounts/{id}/close", "accounts", people_do, .act = DOOR_ACCOUNT_CLOSE, .show = DOOR_ACCOUNT, .page = PAGE_ACCOUNT},
    {HTTP_POST, "/accounts/{id}/reset", "accounts", people_do, .act = DOOR_ACCOUNT_RESET, .show = DOOR_ACCOUNT, .page = PAGE_ACCOUNT},
    {HTTP_POST, "/accounts/{id}/token", "accounts", people_do, .act = DOOR_TOKEN_ADD, .show = DOOR_ACCOUNT, .page = PAGE_ACCOUNT},
    {HTTP_POST, "/accounts/{id}/token/drop", "accounts", people_do, .act = DOOR_TOKEN_DROP, .show = DOOR_ACCOUNT, .page = PAGE_ACCOUNT},
    {HTTP_GET, "/approvals", "approve", people_show, .act = DOOR_APPROVALS, .page = PAGE_APPROVALS},
    {HTTP_POST, "/approvals/{id}", "approve", people_do, .act = DOOR_APPROVE, .show = DOOR_APPROVALS, .page = PAGE_APPROVALS},
    {HTTP_GET, "/openings", "access_read", page_openings, .act = DOOR_OPENINGS, .page = PAGE_OPENINGS},
    {HTTP_GET, "/requests", "requests", enter_show, .slow = true, .act = DOOR_REQUESTS, .page = PAGE_REQUESTS},
    {HTTP_POST, "/requests", "person_requests", people_do, .act = DOOR_REQUEST_NEW, .show = DOOR_REQUESTS, .page = PAGE_REQUESTS, .keeps = true},
    {HTTP_GET, "/requests/{id}", "requests", enter_show, .slow = true, .act = DOOR_REQUEST, .page = PAGE_REQUEST},
    {HTTP_POST, "/requests/{id}", "requests", people_do, .act = DOOR_REQUEST_DO, .show = DOOR_REQUEST, .page = PAGE_REQUEST, .keeps = true},
    {HTTP_GET, "/requests/{id}/answer", "person_requests", enter_show, .slow = true, .act = DOOR_REQUEST_ANSWER, .page = PAGE_ANSWER},
    {HTTP_POST, "/requests/{id}/letter", "person_requests", people_do, .act = DOOR_REQUEST_LETTER, .show = DOOR_REQUEST, .page = PAGE_LETTER},
    {HTTP_GET, "/kept/{id}", "signed_in", enter_show, .slow = true, .act = DOOR_KEPT, .page = PAGE_KEPT},
    {HTTP_POST, "/kept/{id}", "signed_in", people_do, .act = DOOR_KEPT_DROP, .page = PAGE_KEPT},
    {HTTP_GET, "/mine", "", people_page, .page = PAGE_MINE},
    {HTTP_POST, "/mine", "", people_do, .act = DOOR_MINE, .page = PAGE_MINE},
    {HTTP_GET, "/lists", "holder_lists", enter_show, .act = DOOR_LISTS, .page = PAGE_LISTS},
    {HTTP_POST, "/lists", "holder_lists", people_do, .act = DOOR_LIST_ASK, .show = DOOR_LISTS, .page = PAGE_LISTS, .keeps = true},
    {HTTP_GET, "/lists/{id}", "holder_lists", enter_show, .slow = true, .act = DOOR_LIST, .page = PAGE_HOLDERS},
    {HTTP_GET, "/surrenders", "enter", enter_show, .slow = true, .act = DOOR_SURRENDERS, .page = PAGE_SURRENDERS},
    {HTTP_GET, "/api/v1/surrenders", "enter", api_act_show, .api = true, .slow = true, .act = DOOR_SURRENDERS, .whom = FOR_PEOPLE},
    {HTTP_GET, "/openings/totals", "access_read", enter_show, .act = DOOR_TOTALS, .page = PAGE_TOTALS},
    {HTTP_GET, "/api/v1/openings", "access_read", api_act_show, .api = true, .act = DOOR_OPENINGS},
    {HTTP_GET, "/api/v1/openings/totals", "access_read", api_act_show, .api = true, .act = DOOR_TOTALS},
    {HTTP_GET, "/review", "access_review", people_show, .act = DOOR_REVIEW, .page = PAGE_REVIEW},
    {HTTP_POST, "/review/{id}", "access_review", people_do, .act = DOOR_JUDGE, .show = DOOR_REVIEW, .page = PAGE_REVIEW},
    {HTTP_GET, "/enter", "enter", enter_show, .act = DOOR_ENTER_LIST, .page = PAGE_ENTER},
    {HTTP_GET, "/enter/{id}", "enter", enter_show, .slow = true, .act = DOOR_ENTER, .page = PAGE_ENTRY},
    {HTTP_POST, "/enter/{id}", "enter", enter_do, .act = DOOR_ENTER_DO, .page = PAGE_ENTRY, .keeps = true},
    {HTTP_GET, "/records/{id}/receipt", "enter", enter_show, .slow = true, .act = DOOR_RECEIPT, .page = PAGE_RECEIPT},
    {HTTP_GET, "/api/v1/enter", "enter", api_act_show, .api = true, .act = DOOR_ENTER_LIST},
    {HTTP_GET, "/api/v1/enter/{id}", "enter", api_act_show, .api = true, .slow = true, .act = DOOR_ENTER},
    {HTTP_POST, "/api/v1/enter/{id}", "enter", api_act_do, .api = true, .act = DOOR_ENTER_API},
    {HTTP_POST, "/api/v1/entries", "enter", api_lines_do, .api = true, .act = DOOR_ENTER_BATCH, .whom = FOR_MACHINES},
    {HTTP_GET, "/api/v1/records/{id}/receipt", "enter", api_act_show, .api = true, .slow = true, .act = DOOR_RECEIPT},
    {HTTP_GET, "/api/v1/search", "search", api_search, true},
    {HTTP_GET, "/api/v1/firearms/{id}", "firearm_read", api_firearm, true, true},
    {HTTP_GET, "/api/v1/firearms/{id}/trace.pdf", "firearm_read", api_firearm_pdf, true, true},
    {HTTP_GET, "/api/v1/records/{id}", "record_read", api_record, true},
    {HTTP_GET, "/api/v1/imports", "import_read", api_imports, true},
    {HTTP_GET, "/api/v1/ballistics", "specimen_read", api_examine, true, true, .exam = EXAM_SPECIMENS},
    {HTTP_GET, "/api/v1/ballistics/compare", "specimen_compare", api_examine, true, true, .exam = EXAM_PAIR},
    {HTTP_GET, "/api/v1/marks/read", "marks_read", api_marks_read, true},
    {HTTP_POST, "/api/v1/marks/read", "marks_read", api_marks_read, true},
    {HTTP_GET, "/api/v1/health", "", api_health, true},
    {HTTP_GET, "/api/v1/openapi.json", "", api_openapi, true},
    {HTTP_GET, "/log/checkpoint", "", log_checkpoint, true},
    {HTTP_GET, "/log/tile/entries/{...}", "log_entries", log_entries, true},
    {HTTP_GET, "/log/tile/{...}", "", log_tile, true},
};

static struct slice next_segment(struct slice *rest)
{
    struct slice s = *rest;
    const char *slash = s.n > 1 ? memchr(s.p + 1, '/', s.n - 1) : NULL;
    size_t n = slash ? (size_t)(slash - s.p) : s.n;
    *rest = slice_of(s.p + n, s.n - n);
    return slice_of(s.p, n);
}

static bool fits(const char *pattern, struct slice path, struct slice params[HTTP_PARAMS])
{
    struct slice rest = slice_str(pattern);
    size_t n = 0;
    while (rest.n && path.n) {
        struct slice want = next_segment(&rest), got = next_segment(&path);
        if (slice_is(want, "/{...}") && got.n > 1)
            return true;
        if (want.n > 2 && want.p[1] == '{' && got.n > 1 && n < HTTP_PARAMS)
            params[n++] = slice_of(got.p + 1, got.n - 1);
        else if (!slice_eq(want, got))
            return false;
    }
    return !rest.n && !path.n;
}

const struct route *route_find(enum http_method method, struct slice path, struct slice params[HTTP_PARAMS], bool *other_method)
{
    *other_method = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!fits(routes[i].path, path, params))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        *other_method = true;
    }
    return NULL;
}

size_t route_count(void)
{
    return sizeof routes / sizeof *routes;
}

const struct route *route_at(size_t i)
{
    return &routes[i];
}
