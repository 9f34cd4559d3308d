/* Group commit: jobs of many threads, run one after another by one thread, made durable together. While a group is being
 * committed the next one gathers, so that the cost of a sync is shared by all who wait.
 *
 * A job writes inside the group's transaction. When it fails, only what it wrote is taken back (mark, back) and the others go
 * on; when the commit fails, every job of the group has failed with the commit's fault. `done` is called after the commit, on the
 * group's thread: it may free the job, and must not wait for another job. */
#ifndef BASE_GROUP_H
#define BASE_GROUP_H
#include "base/err.h"

#define GROUP_JOBS 2048 /* waiting at one time; more are refused with ERR_BUSY */
#define GROUP_LISTS 1536 /* of which lists of jobs leave the rest to single ones */
#define GROUP_TOGETHER 512

struct group_job {
    enum err (*run)(struct group_job *job, void *sink, struct fault *f);
    void (*done)(struct group_job *job); /* err and fault are set */
    enum err err;
    struct fault fault;
    struct group_job *next; /* the group's */
};
/* What is written to. Each gets `sink`. Any fault of begin fails every job of the group. */
struct group_ops {
    enum err (*begin)(void *sink, struct fault *f);
    enum err (*mark)(void *sink, struct fault *f);   /* before each job */
    enum err (*back)(void *sink, struct fault *f);   /* after a job that failed */
    enum err (*commit)(void *sink, struct fault *f); /* durable when OK */
    void (*rollback)(void *sink);
    void (*idle)(void *sink); /* nothing waits since idle_ms: let go of what others may need. May be NULL */
    int idle_ms;
};
struct group;
/* ops and sink are borrowed until group_stop. */
enum err group_start(const struct group_ops *ops, void *sink, struct group **out, struct fault *f);
/* Runs what waits, then ends. NULL is accepted. */
void group_stop(struct group *g);
/* job is the caller's until done is called. ERR_BUSY when too many wait (done is not called then). */
enum err group_submit(struct group *g, struct group_job *job, struct fault *f);
/* n jobs, linked by `next`: all are taken, next to one another, or none. They are of one group when n is at most GROUP_TOGETHER and nothing waited before. */
enum err group_submit_list(struct group *g, struct group_job *first, struct group_job *last, size_t n, struct fault *f);
/* Submits and waits until it is durable or has failed; `done` of the job is not used. */
enum err group_wait(struct group *g, struct group_job *job, struct fault *f);
/* Groups committed and jobs run so far. */
/* Jobs that wait now. */
size_t group_waiting(struct group *g);
void group_counts(struct group *g, uint64_t *groups, uint64_t *jobs);
#endif
