#include "cli/cli.h"
#include "use/doctor.h"
#include "base/banned.h"

static const char usage[] =
    "usage: athar doctor --data DIR [--tls-cert FILE] [--tls-key FILE] [--json]\n"
    "\n"
    "Looks at a register and its machine the way an auditor of the installation would, and changes nothing: who can read what, who can sign in,\n"
    "clock, disk, log, witnesses, backups. Each finding says why it matters and what to do.\n"
    "\n"
    "Exit: 0 nothing should be changed, 3 something should (CHANGE), 4 something must be mended now (MEND); 1 and 2 as of every verb.\n";

enum { EXIT_SHOULD = 3, EXIT_MUST = 4 };

struct said {
    const struct app *app;
    bool json;
    struct buf out;
    struct cj j;
};

static void put(const struct said *s, struct buf *out, const char *prefix, const char *id, const char *text, int64_t n)
{
    char key[64];
    snprintf(key, sizeof key, "%s.%s", prefix, id);
    lang_text(s->app->lang, out, key, lang_z("text", text), lang_n("n", n));
}

static void put_member(struct said *s, const char *name, const char *prefix, const char *id, const char *text, int64_t n)
{
    struct buf b;
    buf_init(&b, 8192);
    put(s, &b, prefix, id, text, n);
    cj_kstr(&s->j, name, buf_view(&b));
    buf_free(&b);
}

static const char *const words[] = {[DOCTOR_NOTE] = "note", [DOCTOR_WARN] = "warn", [DOCTOR_BAD] = "bad"};

static void on_found(void *arg, enum doctor_what what, const char *text, int64_t n)
{
    struct said *s = arg;
    const char *id = doctor_id(what), *word = words[doctor_severity(what)];
    if (s->json) {
        cj_obj(&s->j);
        put_member(s, "do", "doctor_do", id, text, n);
        cj_kstr(&s->j, "id", slice_str(id));
        cj_kstr(&s->j, "severity", slice_str(word));
        put_member(s, "what", "doctor", id, text, n);
        put_member(s, "why", "doctor_why", id, text, n);
        cj_obj_end(&s->j);
        return;
    }
    char severity[32];
    snprintf(severity, sizeof severity, "severity_%s", word);
    put(s, &s->out, "doctor", severity, "", 0);
    buf_str(&s->out, "  ");
    put(s, &s->out, "doctor", id, text, n);
    buf_str(&s->out, "\n    ");
    put(s, &s->out, "doctor_why", id, text, n);
    buf_str(&s->out, "\n    > ");
    put(s, &s->out, "doctor_do", id, text, n);
    buf_str(&s->out, "\n\n");
}

static void end(struct said *s, const struct use_doctor_out *o)
{
    if (s->json) {
        cj_arr_end(&s->j);
        cj_kstr(&s->j, "versions", slice_str(o->versions));
        cj_obj_end(&s->j);
    } else {
        bool any = o->found[DOCTOR_BAD] || o->found[DOCTOR_WARN] || o->found[DOCTOR_NOTE];
        lang_text(s->app->lang, &s->out, any ? "doctor.summary" : "doctor.good", lang_n("bad", o->found[DOCTOR_BAD]), lang_n("warn", o->found[DOCTOR_WARN]),
            lang_n("note", o->found[DOCTOR_NOTE]));
        buf_printf(&s->out, "\n%s", o->versions);
    }
    buf_byte(&s->out, '\n');
    if (s->out.p)
        fwrite(s->out.p, 1, s->out.n, stdout);
}

int verb_doctor(int argc, char **argv)
{
    const char *dir = NULL;
    struct said s = {.json = false};
    struct use_doctor_in in = {.found = on_found, .arg = &s};
    struct use_doctor_out out;
    const struct option o[] = {{"--data", &dir, NULL, true}, {"--tls-cert", &in.tls_cert, NULL, false}, {"--tls-key", &in.tls_key, NULL, false},
        {"--json", NULL, &s.json, false}, {0}};
    struct words w = {.most = 0};
    struct fault f = {0};
    int code;
    struct app *a = cli_open(argc, argv, o, &w, usage, &code);
    if (!a)
        return code;
    s.app = a;
    buf_init(&s.out, 1u << 20);
    cj_open_loose(&s.j, &s.out);
    if (s.json) {
        cj_obj(&s.j);
        cj_key(&s.j, "findings");
        cj_arr(&s.j);
    }
    if (use_doctor(a, &in, &out, &f))
        code = say_fault(a, &f);
    else {
        end(&s, &out);
        code = out.found[DOCTOR_BAD] ? EXIT_MUST : out.found[DOCTOR_WARN] ? EXIT_SHOULD : EXIT_DONE;
    }
    buf_free(&s.out);
    app_close(a);
    return code;
}
