/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "closer.h"
#include "thread-util.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static int *waiting; /* descriptors; no more than the process may have */
static size_t n_waiting, allocated;
static unsigned n_threads;

static void *closer_work(void *userdata) {
        (void) pthread_detach(pthread_self());
        pthread_mutex_lock(&lock);
        while (n_waiting > 0) {
                int fd = waiting[--n_waiting];

                pthread_mutex_unlock(&lock);
                (void) close(fd);
                pthread_mutex_lock(&lock);
        }
        n_threads--;
        pthread_cond_signal(&ended);
        pthread_mutex_unlock(&lock);
        return NULL;
}

static bool closer_make_room(void) {
        size_t wanted = allocated == 0 ? 16 : 2 * allocated;
        int *grown;

        if (n_waiting < allocated)
                return true;
        grown = reallocarray(waiting, wanted, sizeof(*waiting));
        if (!grown)
                return false;
        waiting = grown;
        allocated = wanted;
        return true;
}

/* One thread for each that waits, as far as these go. */
static bool closer_put(int fd) {
        pthread_t thread;

        if (!closer_make_room())
                return false;
        if (n_threads < CLOSER_THREADS && thread_start(&thread, closer_work, NULL) == 0)
                n_threads++;
        if (n_threads > 0)
                waiting[n_waiting++] = fd;
        return n_threads > 0;
}

int closer_take(int fd) {
        bool put;

        if (fd < 0)
                return -EBADF;
        pthread_mutex_lock(&lock);
        put = closer_put(fd);
        pthread_mutex_unlock(&lock);
        if (!put)
                (void) close(fd);
        return -EBADF;
}

void closer_wait(void) {
        pthread_mutex_lock(&lock);
        while (n_threads > 0)
                pthread_cond_wait(&ended, &lock);
        free(waiting);
        waiting = NULL;
        allocated = 0;
        pthread_mutex_unlock(&lock);
}
