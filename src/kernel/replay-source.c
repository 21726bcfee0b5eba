/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "alloc-util.h"
#include "replay-source.h"
#include "replay-trace.h"

struct ReplaySource {
        HealthSource health;
        ReplayTrace *trace;
        usec_t start; /* USEC_INFINITY until it starts */
        double speed;
        struct {
                int ifindex; /* 0: not bound */
                size_t next; /* row to be given next, or one of another adapter before it */
        } adapters[REPLAY_TRACE_ADAPTERS_MAX];
};

static usec_t row_at(const ReplaySource *s, const ReplayRow *row) {
        return usec_add(s->start, (usec_t) ((double) row->sample.at / s->speed));
}

/* The adapter's next sample from `from` on, n_rows when there is none. */
static size_t row_next(const ReplayTrace *t, size_t adapter, size_t from) {
        while (from < t->n_rows && (t->rows[from].adapter != adapter || t->rows[from].kind != REPLAY_SAMPLE))
                from++;
        return from;
}

static int replay_read(
                HealthSource *health, int ifindex, usec_t now, HealthSample *samples, size_t size, Error *e) {
        ReplaySource *s = (ReplaySource *) health;
        const ReplayTrace *t = s->trace;
        size_t adapter = 0, n = 0;
        usec_t at;

        if (s->start == USEC_INFINITY)
                s->start = now;
        while (adapter < t->adapters.n && s->adapters[adapter].ifindex != ifindex)
                adapter++;
        if (ifindex <= 0 || adapter == t->adapters.n || size == 0)
                return 0;
        s->adapters[adapter].next = row_next(t, adapter, s->adapters[adapter].next);
        if (s->adapters[adapter].next == t->n_rows)
                return 0;
        at = row_at(s, t->rows + s->adapters[adapter].next);
        if (at > now)
                return 0;
        /* All of one time together; what does not fit comes with the next call. */
        for (size_t i = s->adapters[adapter].next; n < size && i < t->n_rows && row_at(s, t->rows + i) == at;
                        i = row_next(t, adapter, i + 1)) {
                samples[n] = t->rows[i].sample;
                samples[n++].at = at;
                s->adapters[adapter].next = i + 1;
        }
        return (int) n;
}

static HealthSource *replay_free(HealthSource *health) {
        ReplaySource *s = (ReplaySource *) health;

        if (!s)
                return NULL;
        replay_trace_free(s->trace);
        free(s);
        return NULL;
}

static const HealthSourceOps replay_ops = {
        .name = "replay",
        .read = replay_read,
        .free = replay_free,
};

static int file_read(const char *path, char **ret, size_t *ret_size, Error *e) {
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        _cleanup_free_ char *text = NULL;
        struct stat st;
        size_t used = 0;

        if (fd < 0 || fstat(fd, &st) < 0)
                return error_errno(e, -errno, "%s", path);
        if (!S_ISREG(st.st_mode))
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL, "%s: not a regular file", path);
        if (st.st_size > (off_t) REPLAY_TRACE_SIZE_MAX)
                return error_set(e, ERROR_INVALID_ARGUMENT, -E2BIG, "%s: larger than %u bytes", path,
                                REPLAY_TRACE_SIZE_MAX);
        text = malloc((size_t) st.st_size + 1);
        if (!text)
                return error_errno(e, -ENOMEM, "%s", path);
        while (used < (size_t) st.st_size) {
                ssize_t n = read(fd, text + used, (size_t) st.st_size - used);

                if (n < 0)
                        return error_errno(e, -errno, "%s", path);
                if (n == 0)
                        break;
                used += (size_t) n;
        }
        *ret = TAKE_PTR(text);
        *ret_size = used;
        return 0;
}

int replay_source_new(const char *path, const ReplayOptions *options, ReplaySource **ret, Error *e) {
        _cleanup_(health_source_freep) HealthSource *health = NULL;
        _cleanup_free_ char *text = NULL;
        ReplaySource *s = new0(ReplaySource, 1);
        size_t size = 0;
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "%s", path);
        health = &s->health;
        s->health.ops = &replay_ops;
        s->start = options ? options->start : USEC_INFINITY;
        s->speed = options && options->speed != 0 ? options->speed : 1;
        if (!(s->speed >= 1e-3 && s->speed <= 1e6))
                return error_set(e, ERROR_INVALID_ARGUMENT, -EINVAL,
                                "%s: replay speed must be 0.001 to 1000000", path);
        r = file_read(path, &text, &size, e);
        if (r >= 0)
                r = replay_trace_parse(text, size, path, &s->trace, e);
        if (r < 0)
                return r;
        *ret = s;
        TAKE_PTR(health);
        return 0;
}

int replay_source_bind(ReplaySource *s, const char *adapter, int ifindex) {
        for (size_t i = 0; i < s->trace->adapters.n; i++)
                if (streq(s->trace->adapters.name[i], adapter)) {
                        s->adapters[i].ifindex = ifindex;
                        return 0;
                }
        return -ENOENT;
}

bool replay_source_is_finished(const ReplaySource *s) {
        for (size_t i = 0; i < s->trace->adapters.n; i++)
                if (s->adapters[i].ifindex > 0 && row_next(s->trace, i, s->adapters[i].next) < s->trace->n_rows)
                        return false;
        return true;
}
