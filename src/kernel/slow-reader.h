/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads files that may keep one waiting. What a sensor says is asked of firmware by some drivers (mlx5, bnxt),
 * what a PCIe link does of the device itself; when either is dead the read returns after a minute, which is
 * when nobody has time. So one thread reads, job by job; whoever asked looks later whether there is an answer.
 * A read that hangs delays other jobs, nothing else. */

#include <sys/types.h>

#include "macro.h"

#define SLOW_FILES_MAX 3
#define SLOW_TEXT_MAX  32 /* beyond, a text is cut */

typedef struct SlowReader SlowReader;
typedef struct SlowJob SlowJob;

typedef struct SlowAnswer {
        ssize_t size; /* of the text, or negative errno */
        char text[SLOW_TEXT_MAX];
} SlowAnswer;

/* The thread starts with the first question. NULL without memory. */
SlowReader *slow_reader_new(void);

/* Waits for the thread's end unless it is in a read, which then ends by itself. Free the jobs first. NULL is
 * fine; returns NULL. */
SlowReader *slow_reader_free(SlowReader *r);

/* For files that are read together, one after the other. NULL without memory. */
SlowJob *slow_job_new(SlowReader *r);

/* At any time, a read under way is given up. NULL is fine; returns NULL. */
SlowJob *slow_job_free(SlowJob *j);

/* Takes the files over, at most SLOW_FILES_MAX of them, each to be read once from its begin; a negative one
 * answers with itself. -EBUSY when the last question has no answer yet: the files are closed then, too. */
int slow_job_ask(SlowJob *j, const int *fds, size_t n_fds);

/* How many answers there are to the question, once; 0: none yet, or none was asked. Never waits. */
size_t slow_job_take(SlowJob *j, SlowAnswer ret[static SLOW_FILES_MAX]);
