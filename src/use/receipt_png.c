#include "use/receipt.h"
#include <zint.h>
#include "base/banned.h"

enum err receipt_png(struct slice line, const char *path, struct fault *f)
{
    struct zint_symbol *s = ZBarcode_Create();
    if (!s)
        return fault_set(f, ERR_MEMORY, "--png", slice_str(path), "");
    enum err e = OK;
    size_t n = strlen(path);
    s->symbology = BARCODE_DATAMATRIX;
    s->option_3 = DM_SQUARE;
    s->output_options |= BARCODE_QUIET_ZONES;
    s->scale = 2;
    if (n < 5 || n >= sizeof s->outfile || memcmp(path + n - 4, ".png", 4) != 0) /* the library goes by the ending */
        e = fault_set(f, ERR_FORMAT, "--png", slice_str(path), "want.png_name");
    else
        memcpy(s->outfile, path, n + 1);
    int rc = e ? 0 : ZBarcode_Encode_and_Print(s, (unsigned char *)(uintptr_t)line.p, (int)line.n, 0);
    if (rc >= ZINT_ERROR)
        e = rc == ZINT_ERROR_TOO_LONG ? fault_set(f, ERR_TOO_LONG, "--png", SLICE(""), "want.receipt_length")
                                      : fault_set(f, ERR_IO, "--png", slice_str(path), "");
    ZBarcode_Delete(s);
    return e;
}
