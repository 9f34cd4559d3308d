/* X3P files as a test or a fuzz target wants them, wrong ones too: a ZIP writer that stores, and says what it is told to say. */
#ifndef TESTS_X3P_HELP_H
#define TESTS_X3P_HELP_H
#include "base/buf.h"
#include <zlib.h>

struct zip_part {
    const char *name;
    struct slice bytes;
    uint32_t mode;    /* of the file system, 0 = none stated */
    uint32_t claimed; /* unpacked size stated instead of the true one; 0 = true */
};

static inline void le16(struct buf *b, unsigned v)
{
    buf_byte(b, (uint8_t)v);
    buf_byte(b, (uint8_t)(v >> 8));
}
static inline void le32(struct buf *b, uint32_t v)
{
    le16(b, v & 0xffff);
    le16(b, v >> 16);
}

/* What local header and directory have in common (APPNOTE 4.3.7, 4.3.12): versions to extra length. */
static inline void zip_common(struct buf *b, const struct zip_part *p)
{
    le16(b, 20);
    le16(b, 0);
    le16(b, p->claimed ? 8 : 0);
    le32(b, 0x00210000); /* 1980-01-01 */
    le32(b, (uint32_t)crc32(0, (const Bytef *)p->bytes.p, (uInt)p->bytes.n));
    le32(b, (uint32_t)p->bytes.n);
    le32(b, p->claimed ? p->claimed : (uint32_t)p->bytes.n);
    le16(b, (unsigned)strlen(p->name));
    le16(b, 0);
}

static inline void zip_make(struct buf *out, const struct zip_part *part, size_t n)
{
    struct buf dir;
    buf_init(&dir, 1u << 20);
    for (size_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)out->n;
        le32(out, 0x04034b50);
        zip_common(out, &part[i]);
        buf_str(out, part[i].name);
        buf_slice(out, part[i].bytes);
        le32(&dir, 0x02014b50);
        le16(&dir, 0x0314);
        zip_common(&dir, &part[i]);
        le16(&dir, 0);
        le32(&dir, 0);
        le32(&dir, part[i].mode << 16);
        le32(&dir, at);
        buf_str(&dir, part[i].name);
    }
    uint32_t start = (uint32_t)out->n;
    buf_slice(out, buf_view(&dir));
    le32(out, 0x06054b50);
    le32(out, 0);
    le16(out, (unsigned)n);
    le16(out, (unsigned)n);
    le32(out, (uint32_t)dir.n);
    le32(out, start);
    le16(out, 0);
    buf_free(&dir);
}

/* main.xml: axes as "I" or "A" with a type letter ("" = none), dimension and record 3 as given. */
struct xml_say {
    const char *feature, *x, *xt, *y, *yt, *zt, *z_more, *dimension, *data;
};
static inline void xml_make(struct buf *b, const struct xml_say *s)
{
    buf_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:ISO5436_2 xmlns:p=\"http://www.opengps.eu/2008/ISO5436_2\">\n<Record1>"
               "<Revision>ISO5436 - 2000</Revision>");
    buf_printf(b, "<FeatureType>%s</FeatureType><Axes><CX><AxisType>%s</AxisType>", s->feature, s->x);
    if (*s->xt)
        buf_printf(b, "<DataType>%s</DataType>", s->xt);
    buf_printf(b, "<Increment>2e-6</Increment></CX><CY><AxisType>%s</AxisType>", s->y);
    if (*s->yt)
        buf_printf(b, "<DataType>%s</DataType>", s->yt);
    buf_printf(b, "<Increment>4e-6</Increment></CY><CZ><AxisType>A</AxisType><DataType>%s</DataType>%s</CZ></Axes></Record1>", s->zt, s->z_more);
    buf_printf(b, "<Record3>%s%s</Record3><Record4><ChecksumFile>md5checksum.hex</ChecksumFile></Record4></p:ISO5436_2>", s->dimension, s->data);
}
#endif
