/* How alike are two characters? Draws each of 0-9 A-Z in several typefaces, stretched to one box as a stamp's die is, blurs
 * them, and compares the pictures, averaged over the typefaces. Prints two tables for src/marks/rank_channel.c, 0..9 each
 * (squared distance above the usual): likeness (the cosine), and what wear leaves over: how much of the one read lies within
 * the one that stands on the gun, at its best place. Characters that fold together are left to the fold. */
#include "domain/mark.h"

#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define W 24
#define H 32
#define PAD 4
#define N 36
static const char glyphs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const struct {
    const char *family;
    cairo_font_weight_t weight;
} faces[] = {{"DejaVu Sans", CAIRO_FONT_WEIGHT_NORMAL}, {"DejaVu Sans", CAIRO_FONT_WEIGHT_BOLD}, {"DejaVu Sans Mono", CAIRO_FONT_WEIGHT_NORMAL},
    {"Noto Sans", CAIRO_FONT_WEIGHT_NORMAL}, {"Noto Sans Mono", CAIRO_FONT_WEIGHT_BOLD}, {"DejaVu Serif", CAIRO_FONT_WEIGHT_NORMAL}};
#define FACES (sizeof faces / sizeof faces[0])
struct picture {
    double p[H + 2 * PAD][W + 2 * PAD];
};

static void draw(size_t face, char c, struct picture *out)
{
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_A8, W + 2 * PAD, H + 2 * PAD);
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
    for (int y = 0; y < H + 2 * PAD; y++) {
        for (int x = 0; x < W + 2 * PAD; x++)
            out->p[y][x] = d[y * stride + x] / 255.0;
    }
    cairo_destroy(cr);
    cairo_surface_destroy(s);
}

static void blur(struct picture *p)
{
    for (int round = 0; round < 5; round++) {
        struct picture q = *p;
        for (int y = 1; y < H + 2 * PAD - 1; y++) {
            for (int x = 1; x < W + 2 * PAD - 1; x++)
                p->p[y][x] = (4 * q.p[y][x] + 2 * (q.p[y - 1][x] + q.p[y + 1][x] + q.p[y][x - 1] + q.p[y][x + 1]) + q.p[y - 1][x - 1] +
                    q.p[y - 1][x + 1] + q.p[y + 1][x - 1] + q.p[y + 1][x + 1]) / 16;
        }
    }
}

static double product(const struct picture *a, const struct picture *b)
{
    double s = 0;
    for (int y = 0; y < H + 2 * PAD; y++) {
        for (int x = 0; x < W + 2 * PAD; x++)
            s += a->p[y][x] * b->p[y][x];
    }
    return s;
}

/* Share of `read` that is covered by `truth` when shifted sideways to its best place. */
static double covered(const struct picture *truth, const struct picture *read)
{
    double best = 0;
    for (int shift = -W / 2; shift <= W / 2; shift += 2) {
        double in = 0, all = 0;
        for (int y = 0; y < H + 2 * PAD; y++) {
            for (int x = 0; x < W + 2 * PAD; x++) {
                int at = x + shift;
                double t = at >= 0 && at < W + 2 * PAD ? truth->p[y][at] : 0;
                in += t < read->p[y][x] ? t : read->p[y][x];
                all += read->p[y][x];
            }
        }
        best = in / all > best ? in / all : best;
    }
    return best;
}

static void print_table(const char *name, double (*like)[N], double usual, double most)
{
    unsigned v;
    printf("%s\n", name);
    for (int i = 0; i < N; i++) {
        printf("    \"");
        for (int j = 0; j < N; j++) {
            bool fold = mark_class((uint32_t)glyphs[i], false, &v) == mark_class((uint32_t)glyphs[j], false, &v);
            double x = fold || like[i][j] < usual ? 0 : (like[i][j] - usual) / (most - usual);
            printf("%d", x < 1 ? (int)(x * x * 9 + .5) : 9);
        }
        printf("\", /* %c */\n", glyphs[i]);
    }
}

int main(void)
{
    static struct picture pic[N];
    static double like[N][N], within[N][N];
    for (size_t f = 0; f < FACES; f++) {
        for (int i = 0; i < N; i++) {
            draw(f, glyphs[i], &pic[i]);
            blur(&pic[i]);
        }
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                like[i][j] += product(&pic[i], &pic[j]) / sqrt(product(&pic[i], &pic[i]) * product(&pic[j], &pic[j])) / FACES;
                within[i][j] += covered(&pic[i], &pic[j]) / FACES;
            }
        }
    }
    print_table("alike", like, 0.66, 0.92);
    print_table("left_over", within, 0.60, 0.92);
    return 0;
}
