/* A segment: up to 65,536 persons' keys in a file of frames, each frame what one commit added. Ids stand in the clear (record
 * headers have them too), sorted, so that one key is found without opening the rest; keys are sealed in pages of 256 under the
 * segment's own key, bound to store, segment, version, frame and ids. Pure: bytes in, bytes out. docs/formats/keys.md. */
#ifndef KEYS_SEGMENT_H
#define KEYS_SEGMENT_H
#include "keys/head.h"

#define SEGMENT_KEYS 65536
#define SEGMENT_PAGE 256
#define SEGMENT_HEADING 32
#define FRAME_HEADING 32
#define PAGE_BYTES(keys) ((size_t)(keys) * SEAL_KEY + SEAL_TAG)

struct key_entry {
    struct subject_id id;
    uint8_t key[SEAL_KEY];
    uint8_t met; /* in memory: this process has asked for it */
};
struct key_frame {
    uint64_t at;       /* offset of its heading in the file */
    uint32_t n, seq;   /* keys in it; its number in the segment */
    uint8_t nonce[20]; /* the page number makes it 24 */
};
/* 32 bytes at the beginning of the file. */
void segment_heading(const uint8_t store[16], uint32_t number, uint32_t version, uint8_t out[SEGMENT_HEADING]);
/* Bytes of a frame of n keys, heading, ids and pages. */
uint64_t frame_bytes(uint32_t n);
/* Behind the last frame, once it is on the disk: that all before it is. The next frame is written over it. What does not open before it is damage,
 * not a write that was cut off. */
#define SEGMENT_MARK 16
void segment_mark(uint64_t end, uint8_t out[SEGMENT_MARK]);
/* Appends a frame. entries: n (1 to SEGMENT_KEYS), sorted by id, each once. nonce: 20 fresh random bytes. */
void frame_write(const uint8_t store[16], const struct key_segment *s, uint32_t seq, const uint8_t nonce[20], const struct key_entry *entries,
    uint32_t n, struct buf *out);
/* The heading of a frame. ERR_DAMAGED when it is none. */
enum err frame_parse(const uint8_t heading[FRAME_HEADING], uint64_t at, uint32_t seq, struct key_frame *out);
/* Where the sealed keys of page p lie in the file, and how many there are. */
uint64_t frame_page_at(const struct key_frame *f, uint32_t p);
uint32_t frame_page_keys(const struct key_frame *f, uint32_t p);
/* Opens page p: ids are those of the page. ERR_KEY when anything was changed. */
enum err frame_page_open(const uint8_t store[16], const struct key_segment *s, const struct key_frame *f, uint32_t p,
    const struct subject_id *ids, const uint8_t *sealed, uint8_t *out_keys);
int key_entry_order(const void *a, const void *b); /* for qsort */
#endif
