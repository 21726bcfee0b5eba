/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kills a process and its children just before its Nth system call that may change something, as a power cut or
 * the kernel's out-of-memory killer would.
 *
 *     kill-at PID N
 *
 * Writes "watching" once the process is watched. From SIGUSR1 on, system calls of all its threads and children
 * are counted: those that write, send (but to sockets of the local machine: the bus, the journal), load or
 * attach BPF programs, set attributes, or make, rename or remove files. Instead of the Nth everything is
 * killed, and "N NAME" is written. On SIGTERM it lets go of the process and writes how many there were: "N
 * ended". */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS     (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)
#define THREADS_MAX 256

static const struct {
        long number;
        const char *name;
        bool of_descriptor; /* the first argument is what it is done to */
} calls[] = {
        { SYS_write, "write", true },
        { SYS_writev, "writev", true },
        { SYS_pwrite64, "pwrite64", true },
        { SYS_sendto, "sendto", true },
        { SYS_sendmsg, "sendmsg", true },
        { SYS_sendmmsg, "sendmmsg", true },
        { SYS_ioctl, "ioctl", true },
        { SYS_setsockopt, "setsockopt", true },
        { SYS_ftruncate, "ftruncate", true },
        { SYS_fsync, "fsync", true },
        { SYS_bpf, "bpf", false },
        { SYS_rename, "rename", false },
        { SYS_renameat, "renameat", false },
        { SYS_renameat2, "renameat2", false },
        { SYS_unlink, "unlink", false },
        { SYS_unlinkat, "unlinkat", false },
        { SYS_mkdir, "mkdir", false },
        { SYS_mkdirat, "mkdirat", false },
        { SYS_linkat, "linkat", false },
        { SYS_clone, "clone", false },
        { SYS_clone3, "clone3", false },
        { SYS_kill, "kill", false },
        { SYS_pidfd_send_signal, "pidfd_send_signal", false },
};

static pid_t leader, threads[THREADS_MAX];
static size_t n_threads;
static volatile sig_atomic_t counting, ending;

static void on_signal(int number) {
        if (number == SIGUSR1)
                counting = 1;
        else
                ending = 1;
}

static void die(const char *what) {
        fprintf(stderr, "kill-at: %s: %s\n", what, strerror(errno));
        exit(1);
}

static void thread_add(pid_t tid) {
        for (size_t i = 0; i < n_threads; i++)
                if (threads[i] == tid)
                        return;
        if (n_threads < THREADS_MAX)
                threads[n_threads++] = tid;
}

static void thread_remove(pid_t tid) {
        for (size_t i = 0; i < n_threads; i++)
                if (threads[i] == tid)
                        threads[i] = threads[--n_threads];
}

/* A pipe, a timer, an event counter, a socket of the machine itself: nothing that outlives the process. */
static bool is_private(pid_t tid, unsigned long descriptor) {
        char path[64], target[128], line[256], inode[32];
        ssize_t n;
        FILE *f;
        bool local = false;

        snprintf(path, sizeof(path), "/proc/%d/fd/%lu", tid, descriptor);
        n = readlink(path, target, sizeof(target) - 1);
        if (n < 0)
                return false;
        target[n] = 0;
        if (strncmp(target, "pipe:", 5) == 0 || strncmp(target, "anon_inode:[event", 17) == 0 ||
                        strncmp(target, "anon_inode:[timerfd", 19) == 0)
                return true;
        if (sscanf(target, "socket:[%30[0-9]]", inode) != 1)
                return false;
        snprintf(path, sizeof(path), "/proc/%d/net/unix", tid);
        f = fopen(path, "re");
        while (f && !local && fgets(line, sizeof(line), f)) {
                char found[32];

                local = sscanf(line, "%*s %*s %*s %*s %*s %*s %31s", found) == 1 && strcmp(found, inode) == 0;
        }
        if (f)
                fclose(f);
        return local;
}

/* The name of the call that the thread is about to make; NULL: one that changes nothing. */
static const char *changing_call(pid_t tid) {
        struct __ptrace_syscall_info info;

        if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0 ||
                        info.op != PTRACE_SYSCALL_INFO_ENTRY)
                return NULL;
        for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
                if ((long) info.entry.nr == calls[i].number)
                        return calls[i].of_descriptor && is_private(tid, info.entry.args[0]) ? NULL
                                                                                             : calls[i].name;
        return NULL;
}

static void seize(void) {
        char path[64];
        struct dirent *entry;
        DIR *tasks;

        snprintf(path, sizeof(path), "/proc/%d/task", leader);
        tasks = opendir(path);
        if (!tasks)
                die(path);
        while ((entry = readdir(tasks))) {
                pid_t tid = (pid_t) atoi(entry->d_name);

                if (tid <= 0)
                        continue;
                if (ptrace(PTRACE_SEIZE, tid, NULL, OPTIONS) < 0 ||
                                ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
                        die("cannot watch the process");
                thread_add(tid);
        }
        closedir(tasks);
}

/* Children first: they must not see their parent go and clean up. */
static void kill_all(void) {
        for (size_t i = n_threads; i > 0; i--)
                kill(threads[i - 1], SIGKILL);
        kill(leader, SIGKILL);
}

/* Goes on after a stop; the signal that it was for, if any, is passed on. */
static void go_on(pid_t tid, int status) {
        int number = WSTOPSIG(status), event = status >> 16;
        bool trap = event != 0 || number == (SIGTRAP | 0x80);

        ptrace(PTRACE_SYSCALL, tid, NULL, trap ? 0L : (long) number);
}

int main(int argc, char *argv[]) {
        struct sigaction action = { .sa_handler = on_signal };
        unsigned long n = 0, wanted;
        bool told = false;

        if (argc != 3 || (leader = (pid_t) atoi(argv[1])) <= 0 || (wanted = strtoul(argv[2], NULL, 10)) == 0) {
                fprintf(stderr, "kill-at PID N\n");
                return 2;
        }
        sigaction(SIGUSR1, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        seize();
        for (;;) {
                int status;
                pid_t tid;

                if (!told) {
                        puts("watching");
                        fflush(stdout);
                        told = true;
                }
                tid = waitpid(-1, &status, __WALL);
                if (tid < 0 && errno == ECHILD) {
                        printf("%lu gone\n", n);
                        return 0;
                }
                if (ending) { /* the kernel lets go of them with us */
                        printf("%lu ended\n", n);
                        return 0;
                }
                if (tid < 0)
                        continue;
                if (WIFEXITED(status) || WIFSIGNALED(status)) {
                        thread_remove(tid);
                        continue;
                }
                thread_add(tid);
                if (WSTOPSIG(status) == (SIGTRAP | 0x80) && counting) {
                        const char *name = changing_call(tid);

                        if (name && ++n == wanted) {
                                kill_all();
                                printf("%lu %s%s\n", n, name, tid == leader ? "" : " of a child or thread");
                                return 0;
                        }
                }
                go_on(tid, status);
        }
}
