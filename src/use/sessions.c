/* One's own sessions: seen, and ended, one or all others. A session is named by the hash of its hash: what a page says of it opens nothing. */
#include "use/people_in.h"
#include <stdio.h>
#include "base/banned.h"

#define NAME 16

static void name_of(const struct session *s, uint8_t out[NAME])
{
    struct hash h = hash_prefixed('n', s->hash, sizeof s->hash);
    memcpy(out, h.b, NAME);
}

static void put_moment(struct cj *j, const char *member, int64_t ms)
{
    char text[25];
    time_text(ms, text);
    cj_kstr(j, member, slice_str(text));
}

/* A screen that was left is locked by the next request that it makes: until then the table says open. */
static const char *state_of(const struct people *p, const struct session *s)
{
    static const char *const states[] = {[SESSION_FACTOR] = "factor", [SESSION_ENROL] = "enrol", [SESSION_OPEN] = "open", [SESSION_LOCKED] = "locked"};
    bool left = s->state == SESSION_OPEN && people_now(p) - s->seen > (int64_t)people_profile(p)->idle_minutes * 60000;
    return s->state < SESSION_FACTOR || s->state > SESSION_LOCKED ? "factor" : left ? "locked" : states[s->state];
}

/* "Firefox on Windows"; that it is not known, where the browser said nothing of use, or began before this was kept. */
static void put_agent(struct cj *j, const struct lang *l, struct agent a)
{
    char browser[40], system[40];
    struct buf b, s;
    snprintf(browser, sizeof browser, "browser.%s", agent_browser_word(a));
    snprintf(system, sizeof system, "system.%s", agent_system_word(a));
    buf_init(&b, 256);
    buf_init(&s, 256);
    lang_plain(l, &b, browser);
    lang_plain(l, &s, system);
    const struct lang_arg args[] = {lang_s("browser", buf_view(&b)), lang_s("system", buf_view(&s))};
    words_text(j, l, "agent", a.browser || a.system ? "me.session_agent" : "me.session_no_agent", args, 2);
    buf_free(&b);
    buf_free(&s);
}

static void put_session(struct cj *j, const struct people *p, const struct people_ask *in, const struct session *s)
{
    uint8_t name[NAME];
    bool here = memcmp(s->hash, in->who->session, sizeof s->hash) == 0;
    name_of(s, name);
    cj_obj(j);
    cj_khex(j, "session", name, NAME);
    put_agent(j, in->lang, s->agent);
    put_moment(j, "since", s->created);
    put_moment(j, "seen", s->seen);
    put_key(j, in->lang, "state", "session_state.", state_of(p, s));
    cj_kbool(j, "here", here);
    cj_obj_end(j);
}

enum err put_sessions(const struct me *m, const struct people_ask *in, struct cj *j, struct fault *f)
{
    struct session s[SESSIONS_SHOWN];
    size_t n;
    enum err e = people_sessions(m->p, &m->x.id, s, &n, f);
    cj_key(j, "sessions");
    cj_arr(j);
    for (size_t i = 0; i < n && !e; i++)
        put_session(j, m->p, in, &s[i]);
    cj_arr_end(j);
    cj_kbool(j, "other_sessions", n > 1);
    return e;
}

/* ---- ending ---- */

static enum err end_one(const struct me *m, const struct people_ask *in, struct people_answer *out, struct fault *f)
{
    struct session s[SESSIONS_SHOWN];
    uint8_t wanted[NAME], name[NAME];
    size_t n;
    bool well = hex_to(ask_field(in, "session"), wanted, NAME);
    enum err e = people_sessions(m->p, &m->x.id, s, &n, f);
    for (size_t i = 0; i < n && well && !e; i++) {
        name_of(&s[i], name);
        if (memcmp(name, wanted, NAME) != 0)
            continue;
        if (memcmp(s[i].hash, in->who->session, sizeof s[i].hash) == 0) {
            out->end = true;
            answer_go(out, SLICE(""), "/sign-in");
        }
        return people_end(m->p, s[i].hash, f);
    }
    return e ? e : fault_set(f, ERR_NOT_FOUND, "session", SLICE(""), "say.session_gone");
}

DOOR_FN(door_session_end)
{
    struct me m;
    bool others = slice_is(ask_field(in, "session"), "others");
    enum err e = me_open(app, in, &m, f);
    answer_go(out, SLICE(""), "/me");
    if (!e && !(e = me_wait(&m, in, f)) && !(e = me_prove(&m, in, f)))
        e = others ? people_end_others(m.p, &m.x.id, in->who->session, f) : end_one(&m, in, out, f);
    me_close(&m);
    return e;
}
