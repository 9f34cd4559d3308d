/* Where somebody begins: the first page of the menu that the gate lets him see. */
#include "web/web_in.h"
#include "base/banned.h"

/* What each role is most there for comes first; /me is everybody's. */
static const char *const beginnings[] = {"/", "/enter", "/accounts", "/openings", "/review", "/approvals", "/requests", "/lists", "/ballistics", "/imports"};

static const struct route *page_at(struct slice path)
{
    struct slice params[HTTP_PARAMS];
    bool other_method;
    return route_find(HTTP_GET, path, params, &other_method);
}

static bool may_see(const struct web *w, const struct visitor *v, const struct route *r)
{
    return r && gate_may(v, r->permission) && (r->exam == EXAM_NONE || w->service->exam);
}

const char *landing_first(const struct web *w, const struct visitor *v)
{
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (may_see(w, v, page_at(slice_str(beginnings[i]))))
            return beginnings[i];
    return "/me";
}

const char *landing_of(const struct web *w, const struct visitor *v, const char *go)
{
    const struct route *r = page_at(slice_of(go, strcspn(go, "?")));
    return !r || may_see(w, v, r) ? go : landing_first(w, v);
}
