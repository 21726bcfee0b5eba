/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A short-lived process of the daemon's own with a deadline, for what may take a driver seconds, holds RTNL,
 * and hangs with some. The event loop only ever sees a socket, a pidfd and a timer. The process is forked, not
 * executed, so that it knows what the daemon knew; it dies with the daemon. What it has to say comes in frames,
 * in this machine's byte order; it may wait for a go-ahead. */

#include <systemd/sd-event.h>

#include "error.h"
#include "time-util.h"

typedef struct WorkerProcess WorkerProcess;

typedef enum WorkerEnd {
        WORKER_DONE,   /* it said its last word */
        WORKER_BROKEN, /* it did not, or said what nobody understands */
        WORKER_TIMED_OUT,
} WorkerEnd;

typedef struct WorkerOps {
        const char *name; /* of the process, at most 15 characters */
        size_t frame_max; /* bytes of a frame at most */
        /* In the process: does the work, telling by worker_tell(). It ends with the exit code returned. */
        int (*run)(void *userdata);
        /* In the daemon: a frame came. Above 0: that was the last word; negative: nobody understands it. */
        int (*take)(uint8_t type, const uint8_t *data, size_t size, void *userdata);
        /* Called once, when the process is no more (or was killed and hangs in the kernel); how: "died of
         * signal 9" when BROKEN. The object may be freed in it. */
        void (*end)(WorkerEnd end, const char *how, void *userdata);
        /* One that was killed but hung in the kernel has come out of it and is gone: what it was about to do
         * may have been done only now. Called at most once; the object may be freed in it. May be NULL. */
        void (*gone)(void *userdata);
} WorkerOps;

/* In the process only: a frame of head and body, either may be empty. Does not return when nobody listens. */
void worker_tell(uint8_t type, const void *head, size_t n_head, const void *body, size_t n_body);

/* In the process only: waits for worker_process_go(). Does not return when nobody will say it, be it since
 * worker_process_refuse() was called. */
void worker_wait(void);

/* Lets a process go on that waits, or will. It is not said to one that is to end, nor needs it to be: whether
 * it will be is worker_process_is_ending(). 0 or negative. */
int worker_process_go(WorkerProcess *p);

/* Ends a process that waits, or will. It does nothing further, and so says no last word either: take() is to
 * return above 0 in its place. */
void worker_process_refuse(WorkerProcess *p);

/* Being stopped, timed out or gone: what is still taken of it are its last words. */
bool worker_process_is_ending(const WorkerProcess *p);

/* Starts it in the caller's network namespace. ops must outlive it. */
int worker_process_new(sd_event *event, const WorkerOps *ops, usec_t deadline, void *userdata,
                WorkerProcess **ret, Error *e);

/* Takes what it has said so far and kills it; end is not called. Does nothing to one that has ended. */
void worker_process_stop(WorkerProcess *p);

/* It was killed and is not gone yet, mostly for less than a millisecond; in a driver that hangs, until it comes
 * out. Nobody waits for it; `gone` is called then, if the object still exists. */
bool worker_process_lingers(const WorkerProcess *p);

/* Kills it if it still runs; none of take, end and gone is called. NULL is fine; returns NULL. */
WorkerProcess *worker_process_free(WorkerProcess *p);
DEFINE_CLEANUP(WorkerProcess *, worker_process_free);
