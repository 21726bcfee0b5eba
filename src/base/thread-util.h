/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A thread for work that waits for the kernel; none of the process's signals is for it. */

#include <pthread.h>
#include <signal.h>

static inline int thread_start(pthread_t *ret, void *(*work)(void *userdata), void *userdata) {
        sigset_t all, before;
        int r;

        sigfillset(&all);
        r = pthread_sigmask(SIG_SETMASK, &all, &before);
        if (r == 0) {
                r = pthread_create(ret, NULL, work, userdata);
                (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        }
        return -r;
}
