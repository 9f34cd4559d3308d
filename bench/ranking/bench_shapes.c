/* What is a damaged character taken for? Draws each of 0-9 A-Z in several typefaces, stretched to one box as a stamp's die is,
 * damages the picture, and lets a reader who knows the characters (in half of the cases of another typeface) name the one
 * most like it. Prints the two tables of src/marks/rank_shapes.c, two digits a pair: of a hundred misreadings of the
 * character of the row, how many are of the look-alike class of the column.
 *   blurred   the whole picture is blurred and noisy: what the eye confuses
 *   worn      two to five patches are worn away: what is left of the character
 * Characters that fold together are left to the fold. */
#include "domain/mark.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define W 16
#define H 22
#define PAD 4
#define N 36
#define WIDE (W + 2 * PAD)
#define HIGH (H + 2 * PAD)
#define TRIALS 1500
#define SHIFT 2      /* the reader tries the character this far aside */
#define ASIDE 0.97   /* and trusts it less there */
#define SHARP 3      /* rounds of blur that any picture has */
static const char glyphs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const struct {
    const char *family;
    cairo_font_weight_t weight;
} faces[] = {{"DejaVu Sans", CAIRO_FONT_WEIGHT_NORMAL}, {"DejaVu Sans", CAIRO_FONT_WEIGHT_BOLD}, {"DejaVu Sans Mono", CAIRO_FONT_WEIGHT_NORMAL},
    {"Noto Sans", CAIRO_FONT_WEIGHT_NORMAL}, {"Noto Sans Mono", CAIRO_FONT_WEIGHT_BOLD}, {"DejaVu Serif", CAIRO_FONT_WEIGHT_NORMAL}};
#define FACES (sizeof faces / sizeof faces[0])
struct picture {
    float p[HIGH][WIDE];
};
static const struct damage {
    const char *name;
    unsigned least, more; /* patches */
    int blur;
    float noise;
} damages[] = {{"blurred", 0, 0, 5, 1.1f}, {"worn", 2, 4, SHARP, 0.4f}};

static struct picture plain[FACES][N], known[FACES][N]; /* as drawn; as the reader has it in mind, of length 1 */
static unsigned class_of[N];

static uint64_t state = 88172645463325252ull;
static float chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (float)((double)(state >> 11) / 9007199254740992.0);
}

static float normal(void)
{
    return sqrtf(-2 * logf(chance() + 1e-9f)) * cosf(6.2831853f * chance());
}

static void draw(size_t face, char c, struct picture *out)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, WIDE, HIGH);
    cairo_t *cr = cairo_create(s);
    char text[2] = {c, 0};
    cairo_text_extents_t e;
    cairo_select_font_face(cr, faces[face].family, CAIRO_FONT_SLANT_NORMAL, faces[face].weight);
    cairo_set_font_size(cr, 100);
    cairo_text_extents(cr, text, &e);
    double wide = e.width / e.height < 0.3 ? e.height * 0.6 : e.width; /* a bar stays a bar */
    cairo_translate(cr, PAD + (wide - e.width) / wide * W / 2, PAD);
    cairo_scale(cr, W / wide, H / e.height);
    cairo_move_to(cr, -e.x_bearing, -e.y_bearing);
    cairo_show_text(cr, text);
    cairo_surface_flush(s);
    const unsigned char *d = cairo_image_surface_get_data(s);
    int stride = cairo_image_surface_get_stride(s);
    for (int y = 0; y < HIGH; y++) {
        for (int x = 0; x < WIDE; x++)
            out->p[y][x] = (float)d[y * stride + x] / 255;
    }
    cairo_destroy(cr);
    cairo_surface_destroy(s);
}

static void blur(struct picture *p, int rounds)
{
    while (rounds--) {
        struct picture q = *p;
        for (int y = 1; y < HIGH - 1; y++) {
            for (int x = 1; x < WIDE - 1; x++)
                p->p[y][x] = (4 * q.p[y][x] + 2 * (q.p[y - 1][x] + q.p[y + 1][x] + q.p[y][x - 1] + q.p[y][x + 1]) + q.p[y - 1][x - 1] +
                    q.p[y - 1][x + 1] + q.p[y + 1][x - 1] + q.p[y + 1][x + 1]) / 16;
        }
    }
}

static void scale_to_one(struct picture *p)
{
    float sum = 0;
    for (int y = 0; y < HIGH; y++) {
        for (int x = 0; x < WIDE; x++)
            sum += p->p[y][x] * p->p[y][x];
    }
    for (int y = 0; y < HIGH; y++) {
        for (int x = 0; x < WIDE; x++)
            p->p[y][x] /= sqrtf(sum);
    }
}

static void wear_patch(struct picture *p)
{
    float cx = PAD + chance() * W, cy = PAD + chance() * H, rx = 2.5f + 4 * chance(), ry = 2.5f + 4 * chance();
    for (int y = 0; y < HIGH; y++) {
        for (int x = 0; x < WIDE; x++) {
            float dx = ((float)x - cx) / rx, dy = ((float)y - cy) / ry;
            p->p[y][x] *= dx * dx + dy * dy < 1 ? 0.1f : 1;
        }
    }
}

static void spoil(const struct damage *d, struct picture *p)
{
    unsigned patches = d->least + (unsigned)(chance() * (float)d->more);
    while (patches--)
        wear_patch(p);
    blur(p, d->blur);
    for (int y = 0; y < HIGH; y++) {
        for (int x = 0; x < WIDE; x++)
            p->p[y][x] += d->noise * normal();
    }
}

static float likeness(const struct picture *seen, const struct picture *mind, int aside, int down)
{
    float sum = 0;
    for (int y = 1; y < HIGH - 1; y++) {
        for (int x = SHIFT; x < WIDE - SHIFT; x++)
            sum += seen->p[y][x] * mind->p[y + down][x + aside];
    }
    return aside || down ? sum * (float)ASIDE : sum;
}

static int named(const struct picture *seen, size_t face)
{
    float best = -1e9f;
    int pick = 0;
    for (int r = 0; r < N; r++) {
        for (int at = 0; at < 3 * (2 * SHIFT + 1); at++) {
            float like = likeness(seen, &known[face][r], at / 3 - SHIFT, at % 3 - 1);
            pick = like > best ? r : pick;
            best = like > best ? like : best;
        }
    }
    return pick;
}

static void print_row(int t, const unsigned taken[MARK_CLASSES])
{
    unsigned all = 0;
    for (int c = 0; c < MARK_CLASSES; c++)
        all += c == (int)class_of[t] ? 0 : taken[c];
    printf("    \"");
    for (int r = 0; r < N; r++)
        printf("%02u", class_of[r] == class_of[t] ? 0 : (99 * taken[class_of[r]] + all / 2) / (all ? all : 1));
    printf("\", /* %c */\n", glyphs[t]);
}

static void measure(const struct damage *d)
{
    printf("%s\n", d->name);
    for (int t = 0; t < N; t++) {
        unsigned taken[MARK_CLASSES] = {0};
        for (int k = 0; k < TRIALS; k++) {
            size_t face = (size_t)k % FACES;
            struct picture p = plain[face][t];
            spoil(d, &p);
            taken[class_of[named(&p, chance() < 0.5f ? face : (size_t)(chance() * FACES))]]++;
        }
        print_row(t, taken);
    }
}

int main(void)
{
    for (int i = 0; i < N; i++) {
        unsigned variant;
        class_of[i] = mark_class((uint32_t)glyphs[i], false, &variant);
        for (size_t f = 0; f < FACES; f++) {
            draw(f, glyphs[i], &plain[f][i]);
            known[f][i] = plain[f][i];
            blur(&known[f][i], SHARP);
            scale_to_one(&known[f][i]);
        }
    }
    for (size_t d = 0; d < sizeof damages / sizeof damages[0]; d++)
        measure(&damages[d]);
    return 0;
}
