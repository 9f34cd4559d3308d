/* Codes that a device reads off a page or a sheet, as an <svg> whose black is fill: the page gives it a white ground. */
#ifndef USE_CODE_SVG_H
#define USE_CODE_SVG_H
#include "base/buf.h"
#include "base/err.h"

enum code_kind {
    CODE_DATAMATRIX, /* ISO/IEC 16022, square: receipts; at most 2,335 characters */
    CODE_QR,         /* ISO/IEC 18004: what a telephone's camera is asked to open */
};
/* ERR_TOO_LONG past what the kind holds. */
enum err code_svg(enum code_kind kind, struct slice text, struct buf *out, struct fault *f);
#endif
