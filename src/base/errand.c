/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/queue.h>

#include "alloc-util.h"
#include "errand.h"
#include "fork-guard.h"
#include "thread-util.h"

typedef enum ErrandState {
        ERRAND_WAITING, /* in the queue */
        ERRAND_UNDER_WAY,
        ERRAND_DONE,
} ErrandState;

struct Errand {
        Errands *errands;
        const ErrandKind *kind;
        void *work;
        ErrandState state;
        bool given_up; /* while under way: the thread frees it */
        TAILQ_ENTRY(Errand) entry;
};

struct Errands {
        pthread_t thread;
        bool started;
        bool under_way; /* the thread has an errand */
        bool quitting;  /* the thread is to end */
        bool abandoned; /* nobody waits for its end: it frees all this */
        pthread_mutex_t lock;
        pthread_cond_t sent;
        TAILQ_HEAD(, Errand) waiting; /* in the order they were sent in */
        int done_fd;                  /* eventfd */
};

static Errand *errand_destroy(Errand *e) {
        e->kind->free(e->work);
        free(e);
        return NULL;
}

static Errands *errands_destroy(Errands *e) {
        pthread_cond_destroy(&e->sent);
        pthread_mutex_destroy(&e->lock);
        closep(&e->done_fd);
        free(e);
        return NULL;
}

/* The next one, or NULL at the end. The lock is held. */
static Errand *errands_wait(Errands *e) {
        Errand *first;

        while (!e->quitting && TAILQ_EMPTY(&e->waiting))
                pthread_cond_wait(&e->sent, &e->lock);
        if (e->quitting)
                return NULL;
        first = TAILQ_FIRST(&e->waiting);
        TAILQ_REMOVE(&e->waiting, first, entry);
        return first;
}

static void *errands_work(void *userdata) {
        Errands *e = userdata;
        bool abandoned;
        Errand *errand;

        pthread_mutex_lock(&e->lock);
        while ((errand = errands_wait(e))) {
                errand->state = ERRAND_UNDER_WAY;
                e->under_way = true;
                pthread_mutex_unlock(&e->lock);
                fork_guard_enter();
                errand->kind->run(errand->work);
                pthread_mutex_lock(&e->lock);
                e->under_way = false;
                errand->state = ERRAND_DONE;
                if (errand->given_up)
                        errand_destroy(errand);
                else
                        (void) eventfd_write(e->done_fd, 1); /* a counter below 2^64 - 1 takes it at once */
                fork_guard_leave();
        }
        abandoned = e->abandoned;
        pthread_mutex_unlock(&e->lock);
        if (abandoned)
                errands_destroy(e);
        return NULL;
}

int errands_new(Errands **ret) {
        _cleanup_close_ int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        Errands *e;

        if (fd < 0)
                return -errno;
        e = new0(Errands, 1);
        if (!e)
                return -ENOMEM;
        e->done_fd = TAKE_FD(fd);
        TAILQ_INIT(&e->waiting);
        pthread_mutex_init(&e->lock, NULL);
        pthread_cond_init(&e->sent, NULL);
        *ret = e;
        return 0;
}

Errands *errands_free(Errands *e) {
        bool wait;

        if (!e)
                return NULL;
        if (!e->started)
                return errands_destroy(e);
        pthread_mutex_lock(&e->lock);
        e->quitting = true;
        e->abandoned = e->under_way;
        wait = !e->under_way;
        if (!wait)
                pthread_detach(e->thread);
        pthread_cond_signal(&e->sent);
        pthread_mutex_unlock(&e->lock);
        if (wait) {
                pthread_join(e->thread, NULL);
                errands_destroy(e);
        }
        return NULL;
}

int errands_get_fd(const Errands *e) {
        return e->done_fd;
}

void errands_heard(Errands *e) {
        eventfd_t n;

        (void) eventfd_read(e->done_fd, &n);
}

int errand_send(Errands *e, const ErrandKind *kind, void *work, Errand **ret) {
        Errand *errand = new0(Errand, 1);
        int r = 0;

        if (!errand) {
                kind->free(work);
                return -ENOMEM;
        }
        *errand = (Errand){ .errands = e, .kind = kind, .work = work };
        pthread_mutex_lock(&e->lock);
        if (!e->started)
                r = thread_start(&e->thread, errands_work, e);
        if (r == 0) {
                e->started = true;
                TAILQ_INSERT_TAIL(&e->waiting, errand, entry);
                pthread_cond_signal(&e->sent);
        }
        pthread_mutex_unlock(&e->lock);
        if (r < 0) {
                errand_destroy(errand);
                return r;
        }
        *ret = errand;
        return 0;
}

void *errand_result(Errand *errand) {
        Errands *e = errand->errands;
        bool done;

        pthread_mutex_lock(&e->lock);
        done = errand->state == ERRAND_DONE;
        pthread_mutex_unlock(&e->lock);
        return done ? errand->work : NULL;
}

Errand *errand_free(Errand *errand) {
        Errands *e;

        if (!errand)
                return NULL;
        e = errand->errands;
        pthread_mutex_lock(&e->lock);
        if (errand->state == ERRAND_WAITING)
                TAILQ_REMOVE(&e->waiting, errand, entry);
        errand->given_up = errand->state == ERRAND_UNDER_WAY;
        if (errand->given_up)
                errand = NULL; /* the thread's from now on */
        pthread_mutex_unlock(&e->lock);
        return errand ? errand_destroy(errand) : NULL;
}
