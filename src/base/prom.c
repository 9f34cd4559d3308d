#include "base/prom.h"
#include "base/banned.h"

void prom_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_value(struct buf *out, const char *z)
{
    for (; *z; z++) {
        if (*z == '\\' || *z == '"')
            buf_byte(out, '\\');
        if (*z == '\n')
            buf_str(out, "\\n");
        else
            buf_byte(out, (uint8_t)*z);
    }
}

static void put_name(struct buf *out, const char *name, const char *const *labels)
{
    buf_str(out, name);
    for (size_t i = 0; labels && labels[i]; i += 2) {
        buf_byte(out, i ? ',' : '{');
        buf_str(out, labels[i]);
        buf_str(out, "=\"");
        put_value(out, labels[i + 1]);
        buf_byte(out, '"');
    }
    if (labels && labels[0])
        buf_byte(out, '}');
    buf_byte(out, ' ');
}

void prom_int(struct buf *out, const char *name, const char *const *labels, int64_t value)
{
    put_name(out, name, labels);
    buf_dec(out, value);
    buf_byte(out, '\n');
}

void prom_real(struct buf *out, const char *name, const char *const *labels, double value)
{
    put_name(out, name, labels);
    buf_printf(out, "%.9g\n", value);
}

void prom_gauge(struct buf *out, const char *name, const char *help, int64_t value)
{
    prom_family(out, name, "gauge", help);
    prom_int(out, name, NULL, value);
}

void prom_counter(struct buf *out, const char *name, const char *help, uint64_t value)
{
    prom_family(out, name, "counter", help);
    prom_int(out, name, NULL, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}
