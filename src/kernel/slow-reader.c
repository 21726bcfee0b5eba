/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "alloc-util.h"
#include "slow-reader.h"
#include "thread-util.h"

typedef enum SlowState {
        SLOW_IDLE,
        SLOW_ASKED,   /* in the list */
        SLOW_READING, /* the thread's */
        SLOW_ANSWERED,
} SlowState;

struct SlowJob {
        SlowReader *reader;
        SlowJob *next; /* in the list */
        SlowState state;
        bool abandoned; /* while it was read: the thread frees it */
        int fds[SLOW_FILES_MAX];
        size_t n_fds;
        SlowAnswer answers[SLOW_FILES_MAX];
};

struct SlowReader {
        pthread_t thread;
        bool started;
        bool reading;   /* the thread has a job */
        bool quitting;  /* it is to end */
        bool abandoned; /* nobody waits for its end: it frees the reader */
        pthread_mutex_t lock;
        pthread_cond_t asked;
        SlowJob *first; /* in the order they were asked in */
};

static void job_close(SlowJob *j) {
        for (size_t i = 0; i < j->n_fds; i++)
                closep(&j->fds[i]);
        j->n_fds = 0;
}

static void reader_destroy(SlowReader *r) {
        pthread_cond_destroy(&r->asked);
        pthread_mutex_destroy(&r->lock);
        free(r);
}

/* What has no begin to go back to is read as it comes. */
static ssize_t file_read(int fd, char text[static SLOW_TEXT_MAX]) {
        ssize_t n;

        (void) lseek(fd, 0, SEEK_SET);
        n = read(fd, text, SLOW_TEXT_MAX);
        return n < 0 ? -errno : n;
}

static void job_read(SlowJob *j) {
        for (size_t i = 0; i < j->n_fds; i++)
                j->answers[i].size = j->fds[i] < 0 ? j->fds[i] : file_read(j->fds[i], j->answers[i].text);
}

/* The next job, or NULL at the end. The lock is held. */
static SlowJob *reader_wait(SlowReader *r) {
        SlowJob *j;

        while (!r->quitting && !r->first)
                pthread_cond_wait(&r->asked, &r->lock);
        if (r->quitting)
                return NULL;
        j = r->first;
        r->first = j->next;
        j->next = NULL;
        return j;
}

static void *reader_work(void *userdata) {
        SlowReader *r = userdata;
        bool abandoned;
        SlowJob *j;

        pthread_mutex_lock(&r->lock);
        while ((j = reader_wait(r))) {
                j->state = SLOW_READING;
                r->reading = true;
                pthread_mutex_unlock(&r->lock);
                job_read(j);
                pthread_mutex_lock(&r->lock);
                r->reading = false;
                j->state = SLOW_ANSWERED;
                if (j->abandoned) {
                        job_close(j);
                        free(j);
                }
        }
        abandoned = r->abandoned;
        pthread_mutex_unlock(&r->lock);
        if (abandoned)
                reader_destroy(r);
        return NULL;
}

SlowReader *slow_reader_new(void) {
        SlowReader *r = new0(SlowReader, 1);

        if (!r)
                return NULL;
        pthread_mutex_init(&r->lock, NULL);
        pthread_cond_init(&r->asked, NULL);
        return r;
}

SlowReader *slow_reader_free(SlowReader *r) {
        bool wait;

        if (!r)
                return NULL;
        if (!r->started) {
                reader_destroy(r);
                return NULL;
        }
        pthread_mutex_lock(&r->lock);
        r->quitting = true;
        r->abandoned = r->reading;
        wait = !r->reading;
        if (!wait)
                pthread_detach(r->thread);
        pthread_cond_signal(&r->asked);
        pthread_mutex_unlock(&r->lock);
        if (wait) {
                pthread_join(r->thread, NULL);
                reader_destroy(r);
        }
        return NULL;
}

SlowJob *slow_job_new(SlowReader *r) {
        SlowJob *j = new0(SlowJob, 1);

        if (j)
                j->reader = r;
        return j;
}

static void reader_remove(SlowReader *r, const SlowJob *j) {
        for (SlowJob **i = &r->first; *i; i = &(*i)->next)
                if (*i == j) {
                        *i = j->next;
                        return;
                }
}

SlowJob *slow_job_free(SlowJob *j) {
        SlowReader *r;
        bool reading;

        if (!j)
                return NULL;
        r = j->reader;
        pthread_mutex_lock(&r->lock);
        if (j->state == SLOW_ASKED)
                reader_remove(r, j);
        reading = j->abandoned = j->state == SLOW_READING;
        pthread_mutex_unlock(&r->lock);
        if (reading)
                return NULL;
        job_close(j);
        free(j);
        return NULL;
}

static void reader_append(SlowReader *r, SlowJob *j) {
        SlowJob **i = &r->first;

        while (*i)
                i = &(*i)->next;
        *i = j;
}

int slow_job_ask(SlowJob *j, const int *fds, size_t n_fds) {
        SlowReader *r = j->reader;
        int result = 0;

        assert(n_fds <= SLOW_FILES_MAX);
        pthread_mutex_lock(&r->lock);
        if (j->state == SLOW_ASKED || j->state == SLOW_READING)
                result = -EBUSY;
        else if (!r->started)
                result = thread_start(&r->thread, reader_work, r);
        if (result == 0) {
                r->started = true;
                job_close(j);
                memcpy(j->fds, fds, n_fds * sizeof(*fds));
                j->n_fds = n_fds;
                j->state = SLOW_ASKED;
                reader_append(r, j);
                pthread_cond_signal(&r->asked);
        }
        pthread_mutex_unlock(&r->lock);
        for (size_t i = 0; i < n_fds && result < 0; i++)
                if (fds[i] >= 0)
                        close(fds[i]);
        return result;
}

size_t slow_job_take(SlowJob *j, SlowAnswer ret[static SLOW_FILES_MAX]) {
        SlowReader *r = j->reader;
        size_t n = 0;

        pthread_mutex_lock(&r->lock);
        if (j->state == SLOW_ANSWERED) {
                n = j->n_fds;
                memcpy(ret, j->answers, n * sizeof(*ret));
                j->state = SLOW_IDLE;
                job_close(j);
        }
        pthread_mutex_unlock(&r->lock);
        return n;
}
