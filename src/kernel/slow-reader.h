/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads files that may keep one waiting. What a sensor says is asked of firmware by some drivers (mlx5, bnxt),
 * what a PCIe link does of the device itself; when either is dead the read returns after a minute, which is
 * when nobody has time. So it is an errand for a thread (errand.h); whoever asked looks later whether there is
 * an answer. */

#include <sys/types.h>

#include "errand.h"
#include "macro.h"

#define SLOW_FILES_MAX 4
#define SLOW_TEXT_MAX  32 /* beyond, a text is cut */

typedef struct SlowReader SlowReader;

typedef struct SlowAnswer {
        ssize_t size; /* of the text, or negative errno */
        char text[SLOW_TEXT_MAX];
} SlowAnswer;

/* For files that are read together, one after the other, by the thread of e. NULL without memory. */
SlowReader *slow_reader_new(Errands *e);

/* At any time, a read under way is given up. NULL is fine; returns NULL. */
SlowReader *slow_reader_free(SlowReader *r);

/* Takes the files over, at most SLOW_FILES_MAX of them, each to be read once from its begin; a negative one
 * answers with itself. -EBUSY when the last question has no answer yet: the files are closed then, too. */
int slow_reader_ask(SlowReader *r, const int *fds, size_t n_fds);

/* How many answers there are to the question, once; 0: none yet, or none was asked. Never waits. */
size_t slow_reader_take(SlowReader *r, SlowAnswer ret[static SLOW_FILES_MAX]);
