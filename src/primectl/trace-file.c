/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "alloc-util.h"
#include "trace-file.h"

static int fail(const TraceFile *t, Error *e) {
        return error_errno(e, errno > 0 ? -errno : -EIO, "cannot write %s", t->path ?: "the trace");
}

int trace_file_open(TraceFile *t, Error *e) {
        t->parser.name = "the recording";
        t->stream = t->path ? fopen(t->path, "we") : stdout;
        return t->stream ? 0 : fail(t, e);
}

void trace_file_done(TraceFile *t) {
        if (t->stream && t->stream != stdout)
                fclose(t->stream);
        t->stream = NULL;
}

/* FILE is for 0. */
static int name_of(const TraceFile *t, unsigned i, char **ret) {
        int n = i == 0 ? asprintf(ret, "%s", t->path) : asprintf(ret, "%s.%u", t->path, i);

        return n < 0 ? -ENOMEM : 0;
}

static int turn_over(TraceFile *t, Error *e) {
        FILE *full = t->stream;

        t->stream = NULL;
        if (fclose(full) != 0)
                return fail(t, e);
        for (unsigned i = t->keep - 1; i > 0; i--) {
                _cleanup_free_ char *from = NULL, *to = NULL;

                if (name_of(t, i - 1, &from) < 0 || name_of(t, i, &to) < 0)
                        return error_errno(e, -ENOMEM, "%s", t->path);
                if (rename(from, to) < 0 && errno != ENOENT)
                        return error_errno(e, -errno, "cannot rename %s to %s", from, to);
        }
        t->stream = fopen(t->path, "we");
        if (!t->stream || fputs(REPLAY_HEADER, t->stream) < 0)
                return fail(t, e);
        t->written = sizeof(REPLAY_HEADER) - 1;
        return 0;
}

static int take_line(TraceFile *t, Error *e) {
        ReplayRow row;
        int r;

        r = replay_parser_take(&t->parser, t->line, t->n_line, &row, e);
        if (r < 0)
                return r;
        if (r > 0 && row.kind == REPLAY_SAMPLE)
                t->n_samples++;
        if (r > 0 && row.kind == REPLAY_DROPPED)
                t->n_dropped += row.dropped;
        if (t->path && t->written + t->n_line + 1 > t->limit) {
                r = turn_over(t, e);
                if (r < 0)
                        return r;
        }
        t->line[t->n_line++] = '\n';
        if (fwrite(t->line, 1, t->n_line, t->stream) != t->n_line)
                return fail(t, e);
        t->written += t->n_line;
        return 0;
}

int trace_file_take(TraceFile *t, const char *text, size_t size, Error *e) {
        for (size_t i = 0; i < size; i++) {
                int r;

                if (text[i] != '\n') {
                        if (t->n_line == sizeof(t->line) - 1)
                                return error_set(e, ERROR_FAILED, -EINVAL, "%s: a line is too long",
                                                t->parser.name);
                        t->line[t->n_line++] = text[i];
                        continue;
                }
                r = take_line(t, e);
                if (r < 0)
                        return r;
                t->n_line = 0;
        }
        errno = 0;
        return fflush(t->stream) == 0 ? 0 : fail(t, e);
}
