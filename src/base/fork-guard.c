/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fork-guard.h"

#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <pthread.h>
#include <time.h>

#define PATIENCE_NSEC 200000000L

/* read: a thread that may allocate; write: a fork */
static pthread_rwlock_t guard = PTHREAD_RWLOCK_INITIALIZER;

void fork_guard_enter(void) {
        (void) pthread_rwlock_rdlock(&guard);
}

void fork_guard_leave(void) {
        (void) pthread_rwlock_unlock(&guard);
}

pid_t fork_guard_fork(void) {
        struct timespec until;
        int r;
        pid_t pid;

        (void) clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PATIENCE_NSEC;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        r = pthread_rwlock_timedwrlock(&guard, &until);
        pid = fork();
        if (pid != 0 && r == 0)
                (void) pthread_rwlock_unlock(&guard);
        return pid;
}
#else
void fork_guard_enter(void) {
}

void fork_guard_leave(void) {
}

pid_t fork_guard_fork(void) {
        return fork();
}
#endif
