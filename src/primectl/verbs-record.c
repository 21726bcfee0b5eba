/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The verb that keeps what the daemon samples, for `replay`. */

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "alloc-util.h"
#include "clock.h"
#include "trace-file.h"
#include "verbs.h"

#define KEEP_DEFAULT 8

static int ask(Ctl *c, const char *path, int *ret_fd) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        int fd, r;

        r = ctl_message(c, path, "Record", &m);
        if (r == 0)
                r = ctl_send(c, m, CTL_TIMEOUT, &reply);
        if (r != 0)
                return r;
        r = sd_bus_message_read(reply, "h", &fd);
        if (r < 0)
                return ctl_bus_fail(c, NULL, r);
        /* the reply's own is closed with it */
        *ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return *ret_fd < 0 ? ctl_fail(c, EXIT_FAILED, "cannot record: %s", strerror(errno)) : 0;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
        interrupted = 1;
}

/* So that they end the waiting and nothing else: the mask to wait with. */
static sigset_t catch_signals(void) {
        struct sigaction action = { .sa_handler = on_signal };
        sigset_t caught, before;

        sigemptyset(&caught);
        sigaddset(&caught, SIGINT);
        sigaddset(&caught, SIGTERM);
        sigprocmask(SIG_BLOCK, &caught, &before);
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        return before;
}

/* Until then, Ctrl-C, or the end of the recording. */
static int follow(Ctl *c, int fd, TraceFile *t, usec_t until) {
        sigset_t mask = catch_signals();
        char text[65536];

        for (;;) {
                usec_t left = usec_sub(until, clock_monotonic());
                struct timespec timeout = { .tv_sec = (time_t) (left / USEC_PER_SEC),
                        .tv_nsec = (long) (left % USEC_PER_SEC * 1000) };
                struct pollfd poll = { .fd = fd, .events = POLLIN };
                Error e = {};
                ssize_t n;

                if (left == 0 || interrupted)
                        return EXIT_OK;
                if (ppoll(&poll, 1, until == USEC_INFINITY ? NULL : &timeout, &mask) <= 0)
                        continue;
                n = read(fd, text, sizeof(text));
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return ctl_fail(c, EXIT_NOT_RUNNING,
                                        "primed has ended the recording: it ended itself, or guards "
                                        "the pair no longer");
                if (trace_file_take(t, text, (size_t) n, &e) < 0)
                        return ctl_fail(c, EXIT_FAILED, "%s", e.text);
        }
}

static void print_summary(Ctl *c, const char *pair, const TraceFile *t, usec_t took) {
        if (c->json != JSON_OFF) {
                _cleanup_json_ json_object *o = json_object_new_object();

                json_object_object_add(o, "pair", json_object_new_string(pair));
                json_object_object_add(o, "file", json_object_new_string(t->path));
                json_object_object_add(o, "samples", json_object_new_uint64(t->n_samples));
                json_object_object_add(o, "dropped", json_object_new_uint64(t->n_dropped));
                json_object_object_add(o, "duration_us", json_object_new_uint64(took));
                ctl_print_json(c, o);
                return;
        }
        if (c->quiet || !c->legend)
                return;
        /* the trace itself may be on stdout */
        fprintf(stderr, "%" PRIu64 " reading%s of pair %s in %s%s%s.\n", t->n_samples,
                        t->n_samples == 1 ? "" : "s", pair, FORMAT_TIMESPAN(took - took % USEC_PER_MSEC),
                        t->path ? ", in " : "", t->path ?: "");
        if (t->n_dropped > 0)
                fprintf(stderr, "%" PRIu64 " snapshots are missing: they came faster than they were written.\n",
                                t->n_dropped);
}

static int parse_keep(Ctl *c, unsigned *ret) {
        unsigned long n;
        char *end;

        if (!c->keep) {
                *ret = KEEP_DEFAULT;
                return 0;
        }
        n = strtoul(c->keep, &end, 10);
        if (*end || c->keep[0] < '0' || c->keep[0] > '9' || n < 1 || n > TRACE_FILE_KEEP_MAX)
                return ctl_fail(c, EXIT_USAGE, "--keep=%s: not a number of files from 1 to %d", c->keep,
                                TRACE_FILE_KEEP_MAX);
        *ret = (unsigned) n;
        return 0;
}

int verb_record(Ctl *c, int argc, char *argv[]) {
        _cleanup_(trace_file_done)
                        TraceFile trace = { .path = argc > 1 ? argv[1] : NULL, .limit = REPLAY_TRACE_SIZE_MAX };
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *path = NULL, *pair = NULL;
        usec_t begin;
        Error e = {};
        int r;

        if (c->json != JSON_OFF && !trace.path)
                return ctl_fail(c, EXIT_USAGE, "--json needs a FILE: without one the trace itself is printed");
        if (c->host || c->machine)
                return ctl_fail(c, EXIT_USAGE,
                                "a trace cannot be had through --host or --machine: record there");
        r = parse_keep(c, &trace.keep);
        if (r == 0)
                r = ctl_find_pair(c, argv[0], &path);
        if (r != 0)
                return r;
        if (sd_bus_path_decode(path, CTL_ROOT "/pair", &pair) <= 0)
                return ctl_fail(c, EXIT_FAILED, "primed gave a strange path: %s", path);
        r = ask(c, path, &fd);
        if (r != 0)
                return r;
        if (trace_file_open(&trace, &e) < 0)
                return ctl_fail(c, EXIT_FAILED, "%s", e.text);
        begin = clock_monotonic();
        r = follow(c, fd, &trace, c->duration > 0 ? usec_add(begin, c->duration) : USEC_INFINITY);
        print_summary(c, pair, &trace, clock_monotonic() - begin);
        return r;
}
