/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "alloc-util.h"
#include "slow-reader.h"

struct SlowReader {
        Errands *errands;
        Errand *errand; /* NULL: nothing was asked, or its answer was taken */
};

typedef struct SlowQuestion {
        int fds[SLOW_FILES_MAX];
        size_t n_fds;
        SlowAnswer answers[SLOW_FILES_MAX];
} SlowQuestion;

/* What has no begin to go back to is read as it comes. */
static ssize_t file_read(int fd, char text[static SLOW_TEXT_MAX]) {
        ssize_t n;

        (void) lseek(fd, 0, SEEK_SET);
        n = read(fd, text, SLOW_TEXT_MAX);
        return n < 0 ? -errno : n;
}

static void question_run(void *work) {
        SlowQuestion *q = work;

        for (size_t i = 0; i < q->n_fds; i++)
                q->answers[i].size = q->fds[i] < 0 ? q->fds[i] : file_read(q->fds[i], q->answers[i].text);
}

static void question_free(void *work) {
        SlowQuestion *q = work;

        for (size_t i = 0; i < q->n_fds; i++)
                closep(&q->fds[i]);
        free(q);
}

static const ErrandKind question = { question_run, question_free };

SlowReader *slow_reader_new(Errands *e) {
        SlowReader *r = new0(SlowReader, 1);

        if (r)
                r->errands = e;
        return r;
}

SlowReader *slow_reader_free(SlowReader *r) {
        if (!r)
                return NULL;
        errand_free(r->errand);
        free(r);
        return NULL;
}

int slow_reader_ask(SlowReader *r, const int *fds, size_t n_fds) {
        SlowQuestion *q = new0(SlowQuestion, 1);

        assert(n_fds <= SLOW_FILES_MAX);
        if (!q || (r->errand && !errand_result(r->errand))) {
                for (size_t i = 0; i < n_fds; i++)
                        if (fds[i] >= 0)
                                close(fds[i]);
                free(q);
                return q ? -EBUSY : -ENOMEM;
        }
        memcpy(q->fds, fds, n_fds * sizeof(*fds));
        q->n_fds = n_fds;
        r->errand = errand_free(r->errand);
        return errand_send(r->errands, &question, q, &r->errand);
}

size_t slow_reader_take(SlowReader *r, SlowAnswer ret[static SLOW_FILES_MAX]) {
        const SlowQuestion *q = r->errand ? errand_result(r->errand) : NULL;
        size_t n;

        if (!q)
                return 0;
        n = q->n_fds;
        memcpy(ret, q->answers, n * sizeof(*ret));
        r->errand = errand_free(r->errand);
        return n;
}
