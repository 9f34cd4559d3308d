/* What the pages and the API show of an entry: the list of what can be entered, a step of the form, the answers before they are sent. */
#include "use/enter_in.h"
#include "domain/fold.h"
#include "trace/term_words.h"
#include <stdio.h>
#include "base/banned.h"

#define DRAFTS_SHOWN 20

bool enter_may(const struct visitor *who, const struct profile *p, const struct profile_kind *k)
{
    return k->form.count && visitor_may(who, RIGHT_ENTER) && who->enters >> (k - p->kind) & 1;
}

size_t enter_inputs(const struct field_kind *d, char out[ENTER_PARTS][48])
{
    static const char *const parts[] = {"", "_who", "_document", "_class", "_address"};
    size_t n = d->type == FORM_PARTY ? ENTER_PARTS : 1;
    for (size_t i = 0; i < n; i++)
        snprintf(out[i], 48, "%s%s", d->word, parts[i]);
    return n;
}

static void put_say(struct cj *j, const struct lang *l, const char *member, const char *prefix, const char *word)
{
    char key[96];
    snprintf(key, sizeof key, "%s%s", prefix, word ? word : "");
    if (lang_has(l, key))
        words_text(j, l, member, key, NULL, 0);
}

/* ---- what can be entered ---- */

enum heading { GROUP_NEW, GROUP_HOLDING, GROUP_MISSING, GROUP_FOUND, GROUP_PERMIT, GROUP_PERSON, GROUP_OTHER, GROUP_CORRECT, GROUPS };
static const char *const group_words[GROUPS] = {"new", "holding", "missing", "found", "permit", "person", "other", "correct"};

static enum heading group_of(const struct profile_kind *k)
{
    for (size_t i = 0; i < k->rule_count; i++) {
        enum item_status s = k->rule[i].what == EFFECT_STATUS ? k->rule[i].status : STATUS_NONE;
        if (k->rule[i].what == EFFECT_SUPERSEDE)
            return GROUP_CORRECT;
        if (k->rule[i].what == EFFECT_CREATE)
            return GROUP_NEW;
        if (k->rule[i].what == EFFECT_GRANT || k->rule[i].what == EFFECT_END || k->rule[i].what == EFFECT_SUSPEND)
            return GROUP_PERMIT;
        if (s == STATUS_LOST || s == STATUS_STOLEN)
            return GROUP_MISSING;
        if (s == STATUS_RECOVERED || s == STATUS_SEIZED || s == STATUS_FOUND || s == STATUS_SURRENDERED || s == STATUS_HANDED_IN)
            return GROUP_FOUND;
        if (s == STATUS_DESTROYED || s == STATUS_DEACTIVATED)
            return GROUP_OTHER;
    }
    for (size_t i = 0; i < k->rule_count; i++)
        if (k->rule[i].what == EFFECT_OWNER || k->rule[i].what == EFFECT_POSSESSOR || k->rule[i].what == EFFECT_CUSTODIAN)
            return GROUP_HOLDING;
    return k->rule_count ? GROUP_OTHER : GROUP_PERSON;
}

static void put_kind(struct cj *j, const struct lang *l, const struct profile_kind *k)
{
    cj_kstr(j, "kind", slice_str(k->name));
    words_text(j, l, "kind_label", k->label, NULL, 0);
    put_say(j, l, "about", "enter.about.", k->name);
}

static void put_group(struct entering *x, enum heading g, struct cj *j)
{
    const struct lang *l = x->in->lang;
    size_t n = 0;
    for (size_t i = 0; i < x->profile->kind_count; i++)
        n += enter_may(x->in->who, x->profile, &x->profile->kind[i]) && group_of(&x->profile->kind[i]) == g;
    if (!n)
        return;
    cj_obj(j);
    put_say(j, l, "label", "enter.group.", group_words[g]);
    cj_key(j, "kinds");
    cj_arr(j);
    for (size_t i = 0; i < x->profile->kind_count; i++)
        if (enter_may(x->in->who, x->profile, &x->profile->kind[i]) && group_of(&x->profile->kind[i]) == g) {
            cj_obj(j);
            put_kind(j, l, &x->profile->kind[i]);
            cj_obj_end(j);
        }
    cj_arr_end(j);
    cj_obj_end(j);
}

static void put_time(struct cj *j, const char *member, int64_t ms)
{
    char text[25];
    time_text(ms, text);
    cj_kstr(j, member, slice_str(text));
}

static enum err put_drafts(struct entering *x, struct cj *j, struct fault *f)
{
    struct subject_id account = ask_account(x->in);
    size_t n = 0;
    struct draft *d = arena_array(&x->desk->arena, DRAFTS_SHOWN, sizeof *d);
    enum err e = d ? draft_list(people_box(x->people), &x->desk->arena, &account, d, DRAFTS_SHOWN, &n, f) : ERR_MEMORY;
    cj_key(j, "drafts");
    cj_arr(j);
    for (size_t i = 0; i < n && !e; i++) {
        const struct profile_kind *k = profile_kind(x->profile, d[i].kind);
        if (!k)
            continue;
        cj_obj(j);
        cj_khex(j, "draft", d[i].id.b, 16);
        put_kind(j, x->in->lang, k);
        put_time(j, "changed", d[i].changed);
        cj_obj_end(j);
    }
    cj_arr_end(j);
    return e;
}

enum err enter_put_list(struct entering *x, struct cj *j, struct fault *f)
{
    cj_obj(j);
    cj_kstr_opt(j, "firearm", ask_field(x->in, "firearm"));
    cj_key(j, "groups");
    cj_arr(j);
    for (int g = 0; g < GROUPS; g++)
        put_group(x, (enum heading)g, j);
    cj_arr_end(j);
    enum err e = put_drafts(x, j, f);
    cj_obj_end(j);
    return e ? e : j->out->err;
}

/* ---- one field ---- */

static const struct fault *problem_of(const struct entering *x, const char *name)
{
    for (size_t i = 0; x->entry && i < x->entry->problem_count; i++)
        if (strcmp(x->entry->problem[i].field, name) == 0)
            return &x->entry->problem[i];
    return NULL;
}

static void put_sentence(struct cj *j, const struct lang *l, const char *member, const struct fault *p)
{
    struct buf b;
    buf_init(&b, 4096);
    lang_fault(l, p, &b);
    cj_kstr(j, member, buf_view(&b));
    buf_free(&b);
}

static void put_problem(struct entering *x, struct cj *j, const char *name)
{
    const struct fault *p = problem_of(x, name);
    if (p)
        put_sentence(j, x->in->lang, "problem", p);
}

static void put_option(struct cj *j, const struct lang *l, const char *prefix, const char *code, struct slice now)
{
    char key[96];
    snprintf(key, sizeof key, "%s%s", prefix, code);
    cj_obj(j);
    cj_kstr(j, "code", slice_str(code));
    words_text(j, l, "label", key, NULL, 0);
    cj_kbool(j, "chosen", slice_is(now, code));
    cj_obj_end(j);
}

static void put_options(struct entering *x, struct cj *j, const struct field_kind *d, struct slice now)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "choice.%s.", d->word);
    cj_key(j, "options");
    cj_arr(j);
    for (size_t i = 0; d->type == FORM_CHOICE && d->choice[i]; i++)
        put_option(j, x->in->lang, prefix, d->choice[i], now);
    for (size_t i = 0; d->type == FORM_PURPOSE && i < x->profile->people.purpose_count; i++)
        put_option(j, x->in->lang, "purpose.", x->profile->people.purpose[i], now);
    cj_arr_end(j);
}

static void put_classes(struct entering *x, struct cj *j, struct slice now)
{
    cj_key(j, "classes");
    cj_arr(j);
    for (int i = PARTY_PERSON; i < PARTY_CLASSES; i++) {
        const char *code = party_class_code((enum party_class)i);
        put_option(j, x->in->lang, "party_class.", code, now.n ? now : SLICE("PERSON"));
    }
    cj_arr_end(j);
}

static void put_whos(struct entering *x, struct cj *j, const struct field_kind *d, bool must, struct slice now)
{
    static const char *const whos[] = {"named", "holder", "unknown"};
    if (!must && !d->holder)
        return;
    cj_key(j, "whos");
    cj_arr(j);
    for (size_t i = 0; i < 3; i++)
        if (i != 1 || d->holder)
            put_option(j, x->in->lang, "choice.who.", whos[i], now.n ? now : SLICE("named"));
    cj_arr_end(j);
}

static void put_party(struct entering *x, struct cj *j, const struct field_kind *d, bool must)
{
    static const char *const members[ENTER_PARTS] = {NULL, "who", "document", "class", "address"};
    char name[ENTER_PARTS][48];
    enter_inputs(d, name);
    for (size_t i = 1; i < ENTER_PARTS; i++) {
        const struct fault *p = problem_of(x, name[i]);
        if (i != 1 && i != 3)
            cj_kstr_opt(j, members[i], draft_get(&x->draft, name[i]));
        if (p && !problem_of(x, name[0]))
            put_sentence(j, x->in->lang, "problem", p);
    }
    put_whos(x, j, d, must, draft_get(&x->draft, name[1]));
    put_classes(x, j, draft_get(&x->draft, name[3]));
}

/* What is asked in this session already. */
static struct slice value_of(const struct entering *x, const struct field_kind *d)
{
    struct slice s = draft_get(&x->draft, d->word);
    if (!s.n && d->type == FORM_PURPOSE)
        return slice_str(x->in->who->purpose);
    return s.n || strcmp(d->word, "case") != 0 ? s : slice_str(x->in->who->case_no);
}

static void put_field(struct entering *x, struct cj *j, const struct form_asked *asked)
{
    static const char *const flags[] = {"is_text", "is_area", "is_mark", "is_date", "is_year", "is_term", "is_choice", "is_firearm", "is_record",
        "is_permit", "is_purpose", "is_party"};
    static const char *const lists[] = {"makes", "calibres", "types", "countries"};
    const struct field_kind *d = field_kind((enum form_word)asked->word);
    cj_obj(j);
    cj_kstr(j, "name", slice_str(d->word));
    put_say(j, x->in->lang, "label", "field.", d->word);
    put_say(j, x->in->lang, "hint", "hint.", d->word);
    cj_kbool(j, "must", asked->must);
    cj_kint(j, "max", d->max);
    cj_kbool(j, flags[d->type], true);
    cj_kstr_opt(j, "value", value_of(x, d));
    if (d->type == FORM_TERM)
        cj_kstr(j, "list", slice_str(lists[d->list]));
    if (d->type == FORM_CHOICE || d->type == FORM_PURPOSE)
        put_options(x, j, d, value_of(x, d));
    if (d->type == FORM_PARTY)
        put_party(x, j, d, asked->must);
    put_problem(x, j, d->word);
    cj_obj_end(j);
}

bool enter_asks(const struct profile_kind *kind, struct slice name)
{
    bool asks = false;
    for (size_t i = 0; i < kind->form.count && !asks; i++) {
        char inputs[ENTER_PARTS][48];
        size_t n = enter_inputs(field_kind((enum form_word)kind->form.field[i].word), inputs);
        for (size_t k = 0; k < n; k++)
            asks = asks || slice_is(name, inputs[k]);
    }
    return asks;
}

static size_t step_of(const struct profile_kind *kind, const char *name)
{
    for (size_t i = 0; i < kind->form.count; i++) {
        char inputs[ENTER_PARTS][48];
        size_t n = enter_inputs(field_kind((enum form_word)kind->form.field[i].word), inputs);
        for (size_t k = 0; k < n; k++)
            if (strcmp(inputs[k], name) == 0)
                return kind->form.field[i].step;
    }
    return 0;
}

static void put_problems(struct entering *x, struct cj *j)
{
    if (x->entry && x->entry->problem_count)
        enter_put_problems(j, x->in->lang, x->kind, x->entry->problem, x->entry->problem_count);
}

void enter_put_problems(struct cj *j, const struct lang *l, const struct profile_kind *k, const struct fault *problem, size_t n)
{
    cj_key(j, "problems");
    cj_arr(j);
    for (size_t i = 0; i < n; i++) {
        const struct fault *p = &problem[i];
        struct buf b;
        buf_init(&b, 4096);
        lang_fault_want(l, p, &b);
        cj_obj(j);
        cj_kstr(j, "field", slice_str(p->field));
        cj_kint(j, "step", k ? (int64_t)step_of(k, p->field) + 1 : 1);
        put_sentence(j, l, "sentence", p);
        cj_kstr_opt(j, "value", slice_str(p->value));
        cj_kstr_opt(j, "want", buf_view(&b));
        cj_obj_end(j);
        buf_free(&b);
    }
    cj_arr_end(j);
}

static void put_head(struct entering *x, struct cj *j)
{
    put_kind(j, x->in->lang, x->kind);
    cj_khex(j, "draft", x->draft.id.b, 16);
    cj_kint(j, "steps", (int64_t)x->kind->form.steps);
}

enum err enter_put_form(struct entering *x, size_t step, struct cj *j)
{
    cj_obj(j);
    put_head(x, j);
    cj_kbool(j, "is_step", true);
    cj_kint(j, "step", (int64_t)step + 1);
    cj_kbool(j, "is_first", step == 0);
    put_problems(x, j);
    cj_key(j, "fields");
    cj_arr(j);
    for (size_t i = 0; i < x->kind->form.count; i++)
        if (x->kind->form.field[i].step == step)
            put_field(x, j, &x->kind->form.field[i]);
    cj_arr_end(j);
    cj_obj_end(j);
    return j->out->err;
}

/* ---- before it is sent ---- */

static const struct term_text *term_of(const struct entry *e, enum form_word w)
{
    const struct item_description *d = &e->ev.item;
    return w == FIELD_MAKE ? &d->make : w == FIELD_CALIBRE ? &d->calibre : w == FIELD_TYPE ? &d->type : w == FIELD_COUNTRY ? &d->country : NULL;
}

static void put_party_answer(struct entering *x, struct cj *j, const struct field_kind *d)
{
    char name[ENTER_PARTS][48];
    struct slice who, cls;
    enter_inputs(d, name);
    who = draft_get(&x->draft, name[1]);
    cls = draft_get(&x->draft, name[3]);
    cj_kstr_opt(j, "value", draft_get(&x->draft, name[0]));
    cj_kstr_opt(j, "document", draft_get(&x->draft, name[2]));
    cj_kstr_opt(j, "address", draft_get(&x->draft, name[4]));
    if (slice_is(who, "holder") || slice_is(who, "unknown"))
        put_say(j, x->in->lang, "said", "choice.who.", slice_is(who, "holder") ? "holder" : "unknown");
    if (cls.n && draft_get(&x->draft, name[0]).n)
        put_say(j, x->in->lang, "class", "party_class.", arena_copy(&x->desk->arena, cls).p);
}

/* What a term was taken for, in the reader's words, where these are not the words that were typed; capitals and accents make no other word. */
static void put_read_as(struct entering *x, struct cj *j, enum term_list list, const struct term_text *t)
{
    struct buf b;
    char typed[256], known[256];
    buf_init(&b, 1024);
    term_words(x->in->lang, list, t->number, &b);
    fold_words(t->text, true, typed, sizeof typed);
    fold_words(buf_view(&b), true, known, sizeof known);
    if (strcmp(typed, known) != 0)
        cj_kstr(j, "read_as", buf_view(&b));
    buf_free(&b);
}

static void put_answer(struct entering *x, struct cj *j, const struct form_asked *asked)
{
    const struct field_kind *d = field_kind((enum form_word)asked->word);
    const struct term_text *t = term_of(x->entry, (enum form_word)asked->word);
    struct slice s = d->type == FORM_PARTY ? SLICE("") : value_of(x, d);
    char prefix[64];
    cj_obj(j);
    cj_kint(j, "step", asked->step + 1);
    put_say(j, x->in->lang, "label", "field.", d->word);
    if (d->type == FORM_PARTY)
        put_party_answer(x, j, d);
    else if (d->type == FORM_CHOICE && s.n) {
        snprintf(prefix, sizeof prefix, "choice.%s.", d->word);
        put_say(j, x->in->lang, "said", prefix, arena_copy(&x->desk->arena, s).p);
    } else if (d->type == FORM_PURPOSE && s.n)
        put_say(j, x->in->lang, "said", "purpose.", arena_copy(&x->desk->arena, s).p);
    else
        cj_kstr_opt(j, d->type == FORM_MARK ? "mark" : d->type == FORM_DATE ? "date" : "value", s);
    if (d->type == FORM_FIREARM || d->type == FORM_RECORD || d->type == FORM_PERMIT)
        cj_kbool(j, "is_id", true);
    if (t && t->answer == TERM_LISTED)
        put_read_as(x, j, d->list, t);
    cj_obj_end(j);
}

enum err enter_put_check(struct entering *x, struct cj *j)
{
    cj_obj(j);
    put_head(x, j);
    cj_kbool(j, "is_check", true);
    cj_kbool(j, "is_ready", x->entry->problem_count == 0);
    put_problems(x, j);
    cj_key(j, "answers");
    cj_arr(j);
    for (size_t i = 0; i < x->kind->form.count; i++)
        put_answer(x, j, &x->kind->form.field[i]);
    cj_arr_end(j);
    if (x->warning_count) {
        cj_key(j, "warnings");
        cj_raw(j, buf_view(&x->warnings));
    }
    cj_kstr(j, "warned", slice_str(x->warned));
    cj_kstr_opt(j, "office", slice_str(x->in->who->office));
    cj_kstr_opt(j, "by", slice_str(x->in->who->login));
    if (x->entry->item_new)
        cj_kbool(j, "item_new", true);
    cj_obj_end(j);
    return j->out->err;
}
