/* Terms: what people write against the code it means. The texts are ours; the cartridges, units and makers are the world's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/mem.h"
#include "domain/fold.h"
#include "domain/terms.h"
#include "lang/lang.h"
#include "trace/term_words.h"

struct said {
    const char *text, *type, *code; /* code: a code, or "UNLISTED" "UNKNOWN" "NONE" "NOT_ASKED" */
};

static const char *answer(const struct term *t)
{
    static const char *const names[] = {"NOT_ASKED", "UNKNOWN", "NONE", "UNLISTED"};
    return t->answer == TERM_LISTED ? t->code : names[t->answer];
}

static void check(enum term_list list, const struct said *said, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned type = said[i].type ? term_by_code(TERM_TYPE, slice_str(said[i].type)).number : 0;
        struct term t = term_read(list, slice_str(said[i].text), type);
        if (strcmp(answer(&t), said[i].code) != 0)
            fail_msg("\"%s\" (%s) read as %s, not %s", said[i].text, said[i].type ? said[i].type : "-", answer(&t), said[i].code);
    }
}
#define CHECK(list, table) check(list, table, sizeof table / sizeof *table)

static void makes(void **state)
{
    static const struct said table[] = {
        {"Taurus", 0, "TAURUS"}, {"FORJAS TAURUS S.A.", 0, "TAURUS"}, {"tauurs", 0, "TAURUS"}, {"Taurus PT 92", 0, "TAURUS"},
        {"taurus917", 0, "TAURUS"}, {"Amadeo Rossi", 0, "ROSSI"}, {"Smith & Wesson", 0, "SMITH_WESSON"},
        {"S&W", 0, "SMITH_WESSON"}, {"SW", 0, "SMITH_WESSON"}, {"Smith and Weson", 0, "SMITH_WESSON"},
        {"smithandwes", 0, "SMITH_WESSON"}, {"Glok", 0, "GLOCK"}, {"Glock 17 Gen4", 0, "GLOCK"}, {"glockg45", 0, "GLOCK"},
        {"Berretta", 0, "BERETTA"}, {"Baretta", 0, "UNLISTED"}, /* or Barrett? */
        {"Pietro Beretta Gardone V.T.", 0, "BERETTA"}, {"Baikal", 0, "IZHEVSK"},
        {"Ижевск", 0, "IZHEVSK"}, {"Česká zbrojovka", 0, "CZ"}, {"CZ 75", 0, "CZ"}, {"H&K", 0, "HECKLER_KOCH"},
        {"Heckler und Koch GmbH", 0, "HECKLER_KOCH"}, {"Sig-Sauer", 0, "SIG_SAUER"}, {"SIGSAUER P320", 0, "SIG_SAUER"},
        {"Hi-Point Firearms", 0, "HI_POINT"}, {"Sturm, Ruger & Co., Inc.", 0, "RUGER"}, {"Mossburg", 0, "MOSSBERG"},
        {"Sarsılmaz", 0, "SARSILMAZ"}, {"TİSAŞ", 0, "TISAS"}, {"Crvena Zastava", 0, "ZASTAVA"}, {"I.N.A.", 0, "INA"},
        {"fabricação caseira", 0, "CRAFT"}, {"arme artisanale", 0, "CRAFT"}, {"Qwertz Armworks", 0, "UNLISTED"},
        {"sem marca", 0, "NONE"}, {"sin marca", 0, "NONE"}, {"sans marque", 0, "NONE"}, {"no markings", 0, "NONE"},
        {"ignorada", 0, "UNKNOWN"}, {"NÃO IDENTIFICADA", 0, "UNKNOWN"}, {"no identificada", 0, "UNKNOWN"},
        {"inconnue", 0, "UNKNOWN"}, {"unknown", 0, "UNKNOWN"}, {"???", 0, "UNKNOWN"}, {"", 0, "NOT_ASKED"}, {" - ", 0, "NOT_ASKED"},
        {"NULL", 0, "NOT_ASKED"},
        {"مصنع لا يعرفه أحد", 0, "UNLISTED"}, {"بدون علامة", 0, "NONE"}, {"غير معروفة", 0, "UNKNOWN"}, {"Beretta بيريتا", 0, "BERETTA"},
    };
    (void)state;
    CHECK(TERM_MAKE, table);
}

static void calibres(void **state)
{
    static const struct said table[] = {
        {".38", 0, "38SPL"}, {"38", 0, "38SPL"}, {"38 SPL", 0, "38SPL"}, {".38 Special", 0, "38SPL"}, {"calibre 38", 0, "38SPL"},
        {"9MM", 0, "9X19"}, {"9x19", 0, "9X19"}, {"9 × 19 mm", 0, "9X19"}, {"9 mm Parabellum", 0, "9X19"}, {"9mm Luger", 0, "9X19"},
        {"9 MM CURTO", 0, "380ACP"}, {"9x17", 0, "380ACP"}, {".380", 0, "380ACP"}, {"380 ACP", 0, "380ACP"},
        {"9x18 Makarov", 0, "9X18"}, {".40 S&W", 0, "40SW"}, {"40", 0, "40SW"}, {"ponto 40", 0, "40SW"}, {"0.40", 0, "40SW"},
        {"38.0", 0, "38SPL"}, {"12", 0, "12GA"}, {"12 GA", 0, "12GA"}, {"gauge 12", 0, "12GA"}, {"calibre 12", 0, "12GA"},
        {"12/70", 0, "12GA"}, {"28 X 63,5 MM", 0, "28GA"}, {"12 (70 mm)", 0, "12GA"}, {"36", 0, "410"}, {".410", 0, "410"},
        {"7.62", 0, "762"}, {"7,62x51", 0, "762X51"}, {".308 Win", 0, "762X51"}, {"7.62 x 39 mm", 0, "762X39"},
        {"5.56", 0, "556X45"}, {"556", 0, "556X45"}, {".223 Rem", 0, "556X45"}, {".25 ACP", 0, "25ACP"}, {"6,35", 0, "25ACP"},
        {"7.65", 0, "32ACP"}, {"7.65 Parabellum", 0, "765PARA"}, {".32", 0, "32"}, {".32", "REVOLVER", "32SWL"},
        {".32", "PISTOL", "32ACP"}, {".32", "SHOTGUN", "32GA"}, {"32 auto", "REVOLVER", "32ACP"}, {"40", "SHOTGUN", "40GA"},
        {".357 Magnum", 0, "357MAG"}, {"357 SIG", 0, "357SIG"}, {".30-06", 0, "3006"}, {"30-30", 0, "3030"}, {".44-40", 0, "4440"},
        {".45", 0, "45ACP"}, {".45 Colt", 0, "45COLT"}, {".50 BMG", 0, "50BMG"}, {"22", 0, "22LR"}, {".22 LR", 0, "22LR"},
        {"22 magnum", 0, "22MAG"}, {"ignorado", 0, "UNKNOWN"}, {"sem calibre", 0, "NONE"}, {"", 0, "NOT_ASKED"}, {"987", 0, "UNLISTED"},
        {"9 ملم", 0, "9X19"}, {"عيار 9ملم", 0, "9X19"}, {"عيار ٧٫٦٢x٣٩", 0, "762X39"}, {"٩", 0, "9X19"}, {"عيار مجهول", 0, "UNKNOWN"},
    };
    (void)state;
    CHECK(TERM_CALIBRE, table);
}

static void types(void **state)
{
    static const struct said table[] = {
        {"مسدس", 0, "PISTOL"}, {"بندقيّة صيد", 0, "SHOTGUN"}, {"بندقيه آليه", 0, "ASSAULT_RIFLE"}, {"رشاش", 0, "LMG"},
        {"Pistola", 0, "PISTOL"}, {"PISTOLET", 0, "PISTOL"}, {"Revólver", 0, "REVOLVER"}, {"revover", 0, "REVOLVER"},
        {"Espingarda", 0, "SHOTGUN"}, {"escopeta", 0, "SHOTGUN"}, {"fusil de chasse", 0, "SHOTGUN"}, {"Shotgun", 0, "SHOTGUN"},
        {"Fuzil", 0, "RIFLE"}, {"fuzil de assalto", 0, "ASSAULT_RIFLE"}, {"Carabina", 0, "CARBINE"}, {"garrucha", 0, "PISTOL"},
        {"Submetralhadora", 0, "SMG"}, {"subfusil", 0, "SMG"}, {"submachine gun", 0, "SMG"},
        {"arma de fabricação caseira", 0, "CRAFT"}, {"arme artisanale", 0, "CRAFT"}, {"lança-granadas", 0, "GRENADE_LAUNCHER"},
        {"Colete", 0, "NOT_FIREARM"}, {"خنجر", 0, "NOT_FIREARM"}, {"Outros", 0, "NOT_FIREARM"}, {"simulacro", 0, "NOT_FIREARM"}, {"INDETERMINADO", 0, "UNKNOWN"},
        {"pistola semi-automática", 0, "PISTOL"}, {"air rifle", 0, "AIRGUN"},
    };
    (void)state;
    CHECK(TERM_TYPE, table);
}

static void countries(void **state)
{
    static const struct said table[] = {
        {"مصر", 0, "EG"}, {"السعودية", 0, "SA"}, {"الامارات العربيه المتحدة", 0, "AE"}, {"أمريكا", 0, "US"}, {"ليبيا", 0, "LY"}, {"ليبيريا", 0, "LR"},
        {"Brasil", 0, "BR"}, {"BRASIL", 0, "BR"}, {"brésil", 0, "BR"}, {"EUA", 0, "US"}, {"U.S.A.", 0, "US"}, {"États-Unis", 0, "US"},
        {"Rep. Tcheca", 0, "CZ"}, {"Áustria", 0, "AT"}, {"Austrália", 0, "AU"}, {"Austria", 0, "AT"}, {"Sérvia", 0, "RS"},
        {"Turquia", 0, "TR"}, {"Türkiye", 0, "TR"}, {"Namibia", 0, "NA"}, {"NA", 0, "NA"}, {"Senegal", 0, "SN"}, {"Honduras", 0, "HN"},
        {"Inglaterra", 0, "GB"}, {"Níger", 0, "NE"}, {"Nigéria", 0, "NG"}, {"Belgica", 0, "BE"}, {"Bolívia", 0, "BO"},
        {"Ignorado", 0, "UNKNOWN"}, {"Sem país", 0, "NONE"}, {"Tchecoslováquia", 0, "UNLISTED"}, {"", 0, "NOT_ASKED"},
    };
    (void)state;
    CHECK(TERM_COUNTRY, table);
    assert_int_equal(term_count(TERM_COUNTRY), 249); /* ISO 3166-1 */
    assert_int_equal(term_by_code(TERM_COUNTRY, SLICE("AD")).number, 1);
    assert_int_equal(term_by_code(TERM_COUNTRY, SLICE("ZW")).number, 249);
}

/* Codes, numbers and labels name the same row, both ways, and every number fits its bits in the attribute word. */
static void numbers(void **state)
{
    static const unsigned limit[TERM_LISTS] = {0x7fff, 1023, 31, 255};
    (void)state;
    for (unsigned list = 0; list < TERM_LISTS; list++) {
        size_t seen = 0;
        for (unsigned number = 1; number <= 0x7fff; number++) {
            struct term t = term_by_number((enum term_list)list, number);
            if (t.answer != TERM_LISTED)
                continue;
            seen++;
            assert_true(number <= limit[list]);
            assert_int_equal(term_by_code((enum term_list)list, slice_str(t.code)).number, number);
            assert_true(term_label((enum term_list)list, number)[0] != 0);
        }
        assert_int_equal(seen, term_count((enum term_list)list));
    }
}

/* What a person reads on the page can be typed back: a label means its own row. */
static void labels_read_back(void **state)
{
    (void)state;
    for (unsigned list = 0; list < TERM_LISTS; list++)
        for (unsigned number = 1; number < 2500; number++) {
            struct term t = term_by_number((enum term_list)list, number), back;
            if (t.answer != TERM_LISTED || list == TERM_CALIBRE)
                continue;
            back = term_read((enum term_list)list, slice_str(term_label((enum term_list)list, number)), 0);
            if (back.number != number)
                fail_msg("list %u: label \"%s\" of %s reads as %s", list, term_label((enum term_list)list, number), t.code, answer(&back));
        }
}

static void unlisted_and_models(void **state)
{
    (void)state;
    struct term a = term_read(TERM_MAKE, SLICE("Qwertz Armworks"), 0), b = term_read(TERM_MAKE, SLICE("QWERTZ-ARMWORKS"), 0);
    assert_true(a.number >= 0x8000);
    assert_int_equal(a.number, b.number);
    assert_string_equal(a.code, "");
    assert_int_equal(term_model_hash(SLICE("PT 92-AF")), term_model_hash(SLICE("pt92af")));
    assert_int_not_equal(term_model_hash(SLICE("PT 92")), term_model_hash(SLICE("PT 99")));
    assert_int_equal(term_model_hash(SLICE(" - ")), 0);
    assert_string_equal(term_make_country(term_by_code(TERM_MAKE, SLICE("TAURUS")).number), "BR");
    assert_string_equal(term_make_country(term_by_code(TERM_MAKE, SLICE("SIG_SAUER")).number), "");
}

static bool clash(const char *type, const char *calibre)
{
    return term_incompatible(term_by_code(TERM_TYPE, slice_str(type)).number, term_by_code(TERM_CALIBRE, slice_str(calibre)).number);
}

static void incompatible(void **state)
{
    (void)state;
    assert_true(clash("REVOLVER", "12GA"));
    assert_true(clash("PISTOL", "12GA"));
    assert_true(clash("REVOLVER", "762X51"));
    assert_true(clash("SHOTGUN", "9X19"));
    assert_false(clash("REVOLVER", "410")); /* sold: Taurus Judge */
    assert_false(clash("SHOTGUN", "12GA"));
    assert_false(clash("CARBINE", "9X19"));
    assert_false(clash("CARBINE", "38SPL"));
    assert_false(clash("CRAFT", "12GA"));
    assert_false(clash("PISTOL", "556X45")); /* sold: AR pistols */
    assert_false(term_incompatible(0, 1));
}

/* The arithmetic: letters are year and month. Serials invented. */
static void taurus(void **state)
{
    static const struct {
        const char *serial;
        int year, month, confidence;
    } table[] = {
        {"AA00001", 1981, 1, 100}, {"AL 123", 1981, 12, 100}, {"ZK434343", 2006, 11, 100}, {"AM12345", 2007, 1, 100},
        {"AY12345", 2007, 12, 100}, {"CV12345", 2009, 9, 100}, {"DW12345", 2010, 9, 100}, {"DZ12345", 2010, 12, 100},
        {"MZ98765", 2019, 12, 100}, {"SKL12345", 1991, 12, 95}, {"TKZ-01234", 2017, 12, 95},
    };
    static const char *const none[] = {"AQ123", "DV123", "NM123", "A1234", "ABCD123", "123456", "", "AB", "AZ123", "AB12C"};
    struct taurus_date d;
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_true(term_taurus_date(slice_str(table[i].serial), &d));
        assert_int_equal(d.year, table[i].year);
        assert_int_equal(d.month, table[i].month);
        assert_int_equal(d.confidence, table[i].confidence);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(term_taurus_date(slice_str(none[i]), &d));
}

static void serial_warning(void **state)
{
    unsigned make = term_by_code(TERM_MAKE, SLICE("TAURUS")).number, other = term_by_code(TERM_MAKE, SLICE("GLOCK")).number;
    (void)state;
    assert_string_equal(term_serial_warning(make, SLICE("ZK434343"), 1998), "warn.serial_make");
    assert_null(term_serial_warning(make, SLICE("ZK434343"), 2006));
    assert_null(term_serial_warning(make, SLICE("ZK434343"), 2007)); /* sold the year after */
    assert_null(term_serial_warning(make, SLICE("ZK434343"), 0));
    assert_null(term_serial_warning(other, SLICE("ZK434343"), 1998));
    assert_null(term_serial_warning(make, SLICE("123456"), 1998));
    assert_string_equal(term_serial_warning(make, SLICE("AQ55120"), 0), "warn.serial_make"); /* Q is no month */
    assert_string_equal(term_serial_warning(make, SLICE("TP55120"), 0), "warn.serial_make"); /* T had one round only */
    assert_null(term_serial_warning(make, SLICE("KAQ55120"), 0)); /* three letters: later series differ */
    assert_null(term_serial_warning(other, SLICE("AQ55120"), 0));
}

static void folding(void **state)
{
    char words[64];
    (void)state;
    fold_words(SLICE("  \xC7""A & \xC9-\xBA "), false, words, sizeof words); /* Latin-1 bytes */
    assert_string_equal(words, "ca e");
    fold_words(SLICE("أُخْرَى ــ 9ملم"), false, words, sizeof words); /* as it is written without signs, by others, and from its figure */
    assert_string_equal(words, "اخري 9 ملم");
    fold_words(SLICE("Łučnik, 7,62×39"), true, words, sizeof words);
    assert_string_equal(words, "lucnik 7.62x39");
    assert_int_equal(fold_distance("taurus", 6, "tuarus", 6, 2), 1); /* one transposition */
    assert_int_equal(fold_distance("abc", 3, "abd", 3, 2), 1);
    assert_int_equal(fold_distance("abc", 3, "xyz", 3, 2), 3);
    assert_int_equal(fold_distance("", 0, "ab", 2, 2), 2);
}

/* What a page offers in the reader's language is read as what was meant. */
static void offered_words_read_back(void **state)
{
    static const enum term_list lists[] = {TERM_TYPE, TERM_COUNTRY}; /* makes and calibres have one name for all */
    struct lang_set *set;
    struct buf words;
    (void)state;
    assert_int_equal(lang_load(&set, NULL), OK);
    buf_init(&words, 1024);
    for (size_t i = 0; i < lang_count(set); i++)
        for (size_t k = 0; k < 2; k++)
            for (size_t n = 0; n < term_count(lists[k]); n++) {
                unsigned number = term_nth(lists[k], n);
                buf_reset(&words);
                term_words(lang_at(set, i), lists[k], number, &words);
                struct term t = term_read(lists[k], buf_view(&words), 0);
                if (t.answer != TERM_LISTED || t.number != number)
                    fail_msg("%s: \"%s\" is read as %s, not %s", lang_tag(lang_at(set, i)), words.p, answer(&t), term_by_number(lists[k], number).code);
            }
    buf_free(&words);
    lang_unload(set);
}

/* First of all tests: the tables do not exist yet. Whichever request for memory fails, the answer is "not in list" and the next
 * question builds them anew. */
static void without_memory(void **state)
{
    struct term t = {0};
    (void)state;
    for (uint64_t n = 1; n < 1000 && t.answer != TERM_LISTED; n++) {
        mem_test_fail_at(n);
        t = term_read(TERM_MAKE, SLICE("taurus"), 0);
        assert_true(t.answer == TERM_UNLISTED || t.answer == TERM_LISTED);
    }
    mem_test_fail_at(0);
    t = term_read(TERM_MAKE, SLICE("taurus"), 0);
    assert_string_equal(t.code, "TAURUS");
    assert_string_equal(term_read(TERM_COUNTRY, SLICE("Zimbabwe"), 0).code, "ZW");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory), cmocka_unit_test(makes), cmocka_unit_test(calibres), cmocka_unit_test(types), cmocka_unit_test(countries),
        cmocka_unit_test(numbers), cmocka_unit_test(labels_read_back), cmocka_unit_test(offered_words_read_back),
        cmocka_unit_test(unlisted_and_models),
        cmocka_unit_test(incompatible), cmocka_unit_test(taurus), cmocka_unit_test(serial_warning), cmocka_unit_test(folding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
