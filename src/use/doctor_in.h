/* Private to use/doctor*.c. */
#ifndef USE_DOCTOR_IN_H
#define USE_DOCTOR_IN_H
#include "use/doctor.h"

struct doctor {
    struct app *app;
    const struct use_doctor_in *in;
    struct use_doctor_out *out;
    struct store *store; /* NULL: it could not be opened */
};
void doctor_say(struct doctor *d, enum doctor_what what, const char *text, int64_t n);
/* doctor_machine.c: files and their rights, disk, clock, memory, libraries, certificate */
void doctor_files(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_memory(struct doctor *d);
void doctor_libraries(struct doctor *d);
void doctor_certificate(struct doctor *d);
void doctor_engine(struct doctor *d);
#endif
