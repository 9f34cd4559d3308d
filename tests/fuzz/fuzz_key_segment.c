/* A segment of persons' keys as a file of any bytes behind its heading: walked, read whole and asked for one id. */
#include "keys/keys_in.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct key_segment s = {0};
    struct segment_open o = {.end = SEGMENT_HEADING};
    static struct key_store k;
    struct key_entry *e = NULL;
    size_t n = 0, cap = 0;
    uint8_t heading[SEGMENT_HEADING] = {0}, key[SEAL_KEY];
    enum err why;
    if (seal_init() || size < 16 || size > 1 << 20)
        return 0;
    struct subject_id id;
    memcpy(id.b, data, sizeof id.b);
    memset(s.key, 0x42, sizeof s.key);
    o.fd = memfd_create("segment", 0);
    s.length = data[0] & 1 ? SEGMENT_HEADING + size : 0; /* closed or growing */
    if (o.fd < 0 || write(o.fd, heading, sizeof heading) < 0 || write(o.fd, data, size) < 0)
        abort();
    k = (struct key_store){.body = {.segment = &s, .segment_count = 1}, .segment = &o};
    memset(k.head.store, 0x53, sizeof k.head.store);
    segment_read(&k, 0, 0, &e, &n, &cap, NULL);
    segment_find(&k, &id, key, &why, NULL);
    close(o.fd);
    mem_free(o.frame);
    mem_free(e);
    return 0;
}
