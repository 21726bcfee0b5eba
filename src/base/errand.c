/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/eventfd.h>

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
        Errand *next;  /* in the queue */
};

struct Errands {
        pthread_t thread;
        bool started;
        bool under_way; /* the thread has an errand */
        bool quitting;  /* the thread is to end */
        bool abandoned; /* nobody waits for its end: it frees all this */
        pthread_mutex_t lock;
        pthread_cond_t sent;
        Errand *first; /* in the order they were sent in */
        int done_fd;   /* eventfd */
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

        while (!e->quitting && !e->first)
                pthread_cond_wait(&e->sent, &e->lock);
        if (e->quitting)
                return NULL;
        first = e->first;
        e->first = first->next;
        first->next = NULL;
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

static void errands_append(Errands *e, Errand *errand) {
        Errand **i = &e->first;

        while (*i)
                i = &(*i)->next;
        *i = errand;
}

static void errands_remove(Errands *e, const Errand *errand) {
        for (Errand **i = &e->first; *i; i = &(*i)->next)
                if (*i == errand) {
                        *i = errand->next;
                        return;
                }
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
                errands_append(e, errand);
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
                errands_remove(e, errand);
        errand->given_up = errand->state == ERRAND_UNDER_WAY;
        if (errand->given_up)
                errand = NULL; /* the thread's from now on */
        pthread_mutex_unlock(&e->lock);
        return errand ? errand_destroy(errand) : NULL;
}
