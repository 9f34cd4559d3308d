/* The one place where memory comes from the system, so that a test can make the n-th request fail. For base/ only: the other
 * folders use base/arena.h and base/buf.h. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include "base/slice.h"

/* As realloc (old may be NULL, n > 0), not zeroed; NULL without memory, old then unchanged. */
void *mem_resize(void *old, size_t n);

/* Tests only: the n-th request from now on (1 = the next) of this thread fails, as do all after it; 0 = none fails. */
void mem_test_fail_at(uint64_t n);
/* Tests only: requests of this thread since the last mem_test_fail_at. */
uint64_t mem_test_requests(void);
#endif
