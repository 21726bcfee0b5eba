/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "alloc-util.h"
#include "recorder.h"

/* A snapshot has at most each signal twice. */
#define SNAPSHOT_MAX (REPLAY_LINE_MAX * (2 * _SIGNAL_MAX + 1))
/* Some seconds of a pair with probes at their fast rate. The kernel may allow less (fs.pipe-max-size). */
#define PIPE_SIZE (1024 * 1024)

typedef struct Recording {
        char pair[PAIR_NAME_MAX + 1];
        int fd;
        sd_event_source *hangup;
        usec_t start, last;
        uint64_t dropped;           /* snapshots that are yet to be told */
        size_t n_waiting;           /* bytes that did not fit into the pipe */
        char waiting[SNAPSHOT_MAX]; /* the end of a snapshot, or the one being written */
} Recording;

struct Recorder {
        sd_event *event;
        Recording *items[RECORDINGS_MAX];
        size_t n;
};

static Recording *recording_free(Recording *x) {
        if (!x)
                return NULL;
        sd_event_source_disable_unref(x->hangup);
        if (x->fd >= 0)
                close(x->fd);
        free(x);
        return NULL;
}
DEFINE_CLEANUP(Recording *, recording_free);

int recorder_new(sd_event *event, Recorder **ret) {
        Recorder *r = new0(Recorder, 1);

        if (!r)
                return -ENOMEM;
        r->event = sd_event_ref(event);
        *ret = r;
        return 0;
}

Recorder *recorder_free(Recorder *r) {
        if (!r)
                return NULL;
        for (size_t i = 0; i < r->n; i++)
                recording_free(r->items[i]);
        sd_event_unref(r->event);
        free(r);
        return NULL;
}

static void drop(Recorder *r, size_t i) {
        recording_free(r->items[i]);
        r->items[i] = r->items[--r->n];
}

/* The reader closed its end. */
static int on_hangup(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Recorder *r = userdata;

        for (size_t i = 0; i < r->n; i++)
                if (r->items[i]->hangup == source) {
                        drop(r, i);
                        break;
                }
        return 0;
}

/* Writes what waits; whether all of it went. A reader that is gone is for on_hangup(). */
static bool flush(Recording *x) {
        ssize_t n;

        if (x->n_waiting == 0)
                return true;
        n = write(x->fd, x->waiting, x->n_waiting);
        if (n <= 0)
                return false;
        x->n_waiting -= (size_t) n;
        memmove(x->waiting, x->waiting + n, x->n_waiting);
        return x->n_waiting == 0;
}

static void put(Recording *x, const char *adapter, const ReplayRow *row) {
        char line[REPLAY_LINE_MAX];
        size_t length;

        /* sources look at their own times: one that was slower than another must not make time go back */
        x->last = MAX(x->last, row->sample.at);
        length = replay_row_format(line, adapter, row, x->last - x->start);
        if (x->n_waiting + length > sizeof(x->waiting))
                return;
        memcpy(x->waiting + x->n_waiting, line, length);
        x->n_waiting += length;
}

/* Makes room for one more snapshot; false when that is dropped. */
static bool begin(Recording *x, const char *adapter, usec_t at) {
        ReplayRow dropped = { .kind = REPLAY_DROPPED, .sample.at = at, .dropped = x->dropped };

        if (!flush(x)) {
                x->dropped++;
                return false;
        }
        if (x->dropped > 0)
                put(x, adapter, &dropped);
        x->dropped = 0;
        return true;
}

static int open_pipe(int fds[static 2], Error *e) {
        if (pipe2(fds, O_CLOEXEC) < 0)
                return error_errno(e, -errno, "cannot make a pipe for the recording");
        (void) fcntl(fds[1], F_SETPIPE_SZ, PIPE_SIZE);
        if (fcntl(fds[1], F_SETFL, O_NONBLOCK) >= 0)
                return 0;
        close(fds[0]);
        close(fds[1]);
        return error_errno(e, -errno, "cannot make a pipe for the recording");
}

static void put_header(Recording *x, usec_t realtime) {
        x->n_waiting = (size_t) snprintf(x->waiting, sizeof(x->waiting),
                        "# pair %s, by primed " PRIMED_VERSION "; see primed.trace(5)\n"
                        "# second 0 is @%" PRIu64 ".%06u\n" REPLAY_HEADER,
                        x->pair, realtime / USEC_PER_SEC, (unsigned) (realtime % USEC_PER_SEC));
}

int recorder_add(Recorder *r, const char *pair, usec_t now, usec_t realtime, Error *e) {
        _cleanup_(recording_freep) Recording *x = NULL;
        int fds[2], code;

        if (r->n == RECORDINGS_MAX)
                return error_set(e, ERROR_BUSY, -EBUSY, "%d recordings are under way already", RECORDINGS_MAX);
        x = new0(Recording, 1);
        if (!x)
                return error_errno(e, -ENOMEM, "cannot record");
        x->fd = -EBADF;
        code = open_pipe(fds, e);
        if (code < 0)
                return code;
        x->fd = fds[1];
        x->start = x->last = now;
        memcpy(x->pair, pair, strnlen(pair, PAIR_NAME_MAX));
        put_header(x, realtime);
        code = sd_event_add_io(r->event, &x->hangup, x->fd, 0, on_hangup, r);
        if (code < 0) {
                close(fds[0]);
                return error_errno(e, code, "cannot watch the reader of a recording");
        }
        r->items[r->n++] = TAKE_PTR(x);
        return fds[0];
}

void recorder_remove(Recorder *r, const char *pair) {
        for (size_t i = r->n; i > 0; i--)
                if (streq(r->items[i - 1]->pair, pair))
                        drop(r, i - 1);
}

void recorder_take(Recorder *r, const char *pair, const char *adapter, const HealthSample *samples, size_t n) {
        for (size_t i = 0; n > 0 && i < r->n; i++) {
                Recording *x = r->items[i];

                if (!streq(x->pair, pair) || !begin(x, adapter, samples[0].at))
                        continue;
                for (size_t k = 0; k < n; k++)
                        put(x, adapter, &(ReplayRow){ .kind = REPLAY_SAMPLE, .sample = samples[k] });
                flush(x);
        }
}

void recorder_note(Recorder *r, const char *pair, const char *adapter, const ReplayRow *note, usec_t now) {
        for (size_t i = 0; i < r->n; i++) {
                Recording *x = r->items[i];
                ReplayRow row = *note;

                row.sample.at = now;
                if (!streq(x->pair, pair) || !begin(x, adapter, now))
                        continue;
                put(x, adapter, &row);
                flush(x);
        }
}
