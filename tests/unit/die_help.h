/* For tests of what a crash leaves: a child that is killed just before its n-th call that changes a file (write, sync, rename, link,
 * unlink, truncate). The parent watches it with ptrace, so the code under test knows nothing of it. */
#ifndef TESTS_DIE_HELP_H
#define TESTS_DIE_HELP_H
#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool changes_a_file(unsigned long long nr)
{
    static const long calls[] = {SYS_write, SYS_pwrite64, SYS_fsync, SYS_fdatasync, SYS_ftruncate,
#ifdef SYS_rename
        SYS_rename, SYS_link, SYS_unlink, SYS_mkdir, SYS_rmdir,
#endif
        SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_mkdirat};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (nr == (unsigned long long)calls[i])
            return true;
    return false;
}

/* Runs `work` in a child. true when it ended by itself (its result in *out), false when it was killed at the n-th such call. */
static inline bool run_and_die_at(int n, int (*work)(void *arg), void *arg, int *out)
{
    pid_t child = fork();
    int status;
    if (!child) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(work(arg));
    }
    waitpid(child, &status, 0);
    ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
    for (int signal = 0;; signal = 0) {
        struct __ptrace_syscall_info info = {0};
        ptrace(PTRACE_SYSCALL, child, NULL, (void *)(long)signal);
        waitpid(child, &status, 0);
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            *out = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
            return true;
        }
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
            signal = WSTOPSIG(status);
            continue;
        }
        ptrace(PTRACE_GET_SYSCALL_INFO, child, (void *)sizeof info, &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_a_file(info.entry.nr) && --n == 0) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return false;
        }
    }
}
#endif
