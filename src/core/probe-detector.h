/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Loss of probes in one direction. Two rules:
 *
 * 1. Partial loss: a Bernoulli CUSUM. The threshold is the loss that must be found (p1), a tenth of it is
 *    acceptable (p0). Each lost probe adds ln(p1/p0), each received one takes ln((1-p0)/(1-p1)); evidence at
 *    h = 18, until the sum is back at 0 (an alarm at 1 %: 2000 probes without loss). What losses may add is
 *    limited to 10 at once and 30 per second, so that a burst of total loss of up to 100 ms (a switch that
 *    reconverges, 100 probes at 1000/s) reaches 13 and is forgotten. Ten times 1 % then takes 0.4 s from the
 *    first loss, 1 % about 1.1 s, given 1000 probes/s after a loss.
 * 2. Total loss: 2 probes lost in a row with none received warn; 3 or more in a row over at least 120 ms are an
 *    alarm. 120 ms since bursts of up to 100 ms must move nothing, and it leaves half of the 300 ms in which
 *    total loss is to be answered to the prober and the move. One that was received starts it over.
 *
 * A path that nothing has passed yet is not one that fails: a switch lets no frames through to a port that came
 * up until its spanning tree is settled. Losses before the first probe that arrives are not counted, for as
 * long as that may take.
 *
 * Where the host drops frames for want of room, probes are among them. Ten times the share that it dropped
 * lately is acceptable loss then, since counters tell of bursts late and thinly; but no more than 10 %, so that
 * what loses 30 % is found whatever the host does, and what is lost in a row must be as unlikely. A partial
 * loss is no alarm before the counters have moved since it began, or for 3 s: they would say so.
 *
 * No probes sent is no evidence. */

#include "evidence.h"

/* Twice the forward delay (IEEE 802.1D-2004, table 17-1), for listening and learning, and some to spare. */
#define PROBE_OPENING_USEC (35 * USEC_PER_SEC)

/* What the adapter's counters say meanwhile. */
typedef struct ProbeCircumstances {
        double congested; /* the share of frames that the host dropped lately */
        bool counted;     /* there are such counters */
        usec_t moved;     /* when they last moved */
} ProbeCircumstances;

typedef struct ProbeTest {
        double p1; /* 0: off */
        double gain, drain;
        usec_t since; /* when the sum rose above 0; 0: it has not */
        double sum;
        double credit;
        bool congested;
        bool on;
} ProbeTest;

typedef struct ProbeDetector {
        ProbeTest test[_EVIDENCE_LEVEL_MAX]; /* [EVIDENCE_NONE] is unused */
        usec_t at;
        bool opened; /* something has passed, or was waited for long enough */
        usec_t opening_since;
        uint64_t run;           /* lost in a row */
        usec_t run_since;       /* when the first of them was seen to be lost */
        uint64_t lost, decided; /* since the sums were last 0 */
} ProbeDetector;

/* Thresholds are shares of probes whose loss must be found. */
void probe_detector_init(ProbeDetector *d, const SignalThreshold *warn, const SignalThreshold *alarm);

/* Takes the increments of lost probes and of those whose fate is known (lost or received) up to `at`. */
void probe_detector_step(
                ProbeDetector *d, uint64_t lost, uint64_t decided, usec_t at, const ProbeCircumstances *c);

/* value is the share lost since the trouble began, exposure the probes since then. */
Finding probe_detector_finding(const ProbeDetector *d);
