/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A link that goes down again and again. Evidence when the threshold's N events came within its time, or when
 * the penalty says so: each event adds 1000, half is forgotten in 30 min (route flap damping, RFC 2439, on the
 * time scale of links), evidence at 1000 * (N - 1/2), which for N = 3 are the usual 2500. It ends when the
 * window has emptied *and* the penalty has halved since: a flapping link is not trusted in its pauses. The
 * penalty is for clusters, so N = 1 goes by its window alone.
 *
 * Being down long is as bad as going down often: 3 s without link, summed over two or more losses within about
 * an hour (same half-life), are an alarm too. One loss, however long, is no pattern. */

#include "event-window.h"
#include "evidence.h"

typedef struct FlapDetector {
        SignalThreshold threshold[_EVIDENCE_LEVEL_MAX];
        bool on[_EVIDENCE_LEVEL_MAX];
        bool long_down;
        EventWindow events;
        double penalty;
        double down; /* seconds, decaying */
        usec_t at;   /* of penalty and down */
} FlapDetector;

void flap_detector_init(FlapDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm);

/* n more losses of link seen at `at`. */
void flap_detector_step(FlapDetector *d, uint64_t n, usec_t at);

/* The link was down for this long until `at`. */
void flap_detector_down(FlapDetector *d, usec_t duration, usec_t at);

/* Lets time pass. */
void flap_detector_tick(FlapDetector *d, usec_t now);

/* value is the number of events within the time of the threshold that was crossed. */
Finding flap_detector_finding(const FlapDetector *d);
