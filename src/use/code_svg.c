#include "use/code_svg.h"
#include <zint.h>
#include "base/banned.h"

static void rectangle(struct buf *out, const struct zint_vector_rect *r)
{
    buf_printf(out, "M%d %dh%dv%dh-%dz", (int)r->x, (int)r->y, (int)r->width, (int)r->height, (int)r->width);
}

enum err code_svg(enum code_kind kind, struct slice text, struct buf *out, struct fault *f)
{
    struct zint_symbol *s = ZBarcode_Create();
    if (!s)
        return fault_set(f, ERR_MEMORY, "code", SLICE(""), "");
    s->symbology = kind == CODE_QR ? BARCODE_QRCODE : BARCODE_DATAMATRIX;
    if (kind == CODE_DATAMATRIX)
        s->option_3 = DM_SQUARE;
    s->output_options |= BARCODE_QUIET_ZONES;
    int rc = ZBarcode_Encode_and_Buffer_Vector(s, (unsigned char *)(uintptr_t)text.p, (int)text.n, 0);
    enum err e = rc < ZINT_ERROR && s->vector ? OK : fault_set(f, ERR_TOO_LONG, "code", SLICE(""), "want.receipt_length");
    if (!e) {
        buf_printf(out, "<svg class=\"code\" viewBox=\"0 0 %d %d\" role=\"img\" aria-hidden=\"true\"><path d=\"", (int)s->vector->width,
            (int)s->vector->height);
        for (const struct zint_vector_rect *r = s->vector->rectangles; r; r = r->next)
            rectangle(out, r);
        buf_str(out, "\"/></svg>");
        e = out->err ? fault_set(f, out->err, "code", SLICE(""), "") : OK;
    }
    ZBarcode_Delete(s);
    return e;
}
