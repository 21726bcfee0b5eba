/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Work that may wait for the kernel, or for hardware, for as long as they please: a thread does it, one errand
 * after the other; whoever sent it out looks for the result when it suits, and never waits. An errand that
 * hangs delays the later ones of its thread, nothing else. */

typedef struct Errands Errands; /* a thread and its queue */
typedef struct Errand Errand;

typedef struct ErrandKind {
        void (*run)(void *work);  /* in the thread */
        void (*free)(void *work); /* wherever it ends */
} ErrandKind;

/* The thread starts with the first errand. 0 or negative errno. */
int errands_new(Errands **ret);

/* Waits for the thread's end unless an errand is under way, which then ends by itself. Free the errands first.
 * NULL is fine; returns NULL. */
Errands *errands_free(Errands *e);

/* Readable when an errand was done since errands_heard(); owned by e. */
int errands_get_fd(const Errands *e);
void errands_heard(Errands *e);

/* The work is the errand's from now on, also on failure: -ENOMEM, -EAGAIN (no thread). */
int errand_send(Errands *e, const ErrandKind *kind, void *work, Errand **ret);

/* The work once it is done, still the errand's; NULL: it is not yet. */
void *errand_result(Errand *e);

/* At any time; one under way is given up, and freed when it is over. NULL is fine; returns NULL. */
Errand *errand_free(Errand *e);
