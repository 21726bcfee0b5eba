/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Turns samples of one adapter into evidence and risk. Pure: no I/O, no clock (time comes with the samples),
 * O(1) per sample, memory fixed at creation.
 *
 * Rules, numbers and their sources: the table in health-signal.c and the detectors beside this file. */

#include "evidence.h"
#include "health-sample.h"

typedef struct HealthPredictor HealthPredictor;

/* policy: _SIGNAL_MAX entries, copied. NULL when out of memory. */
HealthPredictor *health_predictor_new(const SignalPolicy *policy);
HealthPredictor *health_predictor_free(HealthPredictor *p);
DEFINE_CLEANUP(HealthPredictor *, health_predictor_free);

/* New thresholds (a reload): detectors whose thresholds changed start over, the others keep what they know. */
void health_predictor_set_policy(HealthPredictor *p, const SignalPolicy *policy);

/* Thresholds that an adapter's module gives for a level (SFF-8472, SFF-8636, CMIS), used where the policy says
 * nothing. NULL takes them away. A signal whose thresholds change starts over. Those of a sensor come with its
 * samples (HealthSample.limits), to the same end. */
void health_predictor_set_module_thresholds(
                HealthPredictor *p, Signal signal, const SignalThreshold *warn, const SignalThreshold *alarm);

/* Takes one snapshot: n samples, any order, all with the same `at` not earlier than the last one. Error
 * counters and their exposure need not come in the same snapshot, but are only judged once both have. */
void health_predictor_feed(HealthPredictor *p, const HealthSample *samples, size_t n);

/* Lets evidence that no sample renews go stale and decaying penalties decay. Cheap; call once per tick. */
void health_predictor_tick(HealthPredictor *p, usec_t now);

/* Counters are not judged until then: own setters, administrative acts. Levels are. Not for a carrier that just
 * came up: that the predictor sees itself, and goes on counting flaps. A later end wins. */
void health_predictor_hold_off(HealthPredictor *p, usec_t until);

/* Forgets everything known (another device behind the name, module swapped, driver reloaded). */
void health_predictor_reset(HealthPredictor *p);

/* As above, of one signal: the module behind it is another one. */
void health_predictor_forget(HealthPredictor *p, Signal s);

/* Raises a signal for a time, for drills and tests; replaces an earlier injection of the same signal. */
void health_predictor_inject(HealthPredictor *p, Signal signal, EvidenceLevel level, usec_t now, usec_t until);

/* Current evidence, worst level first, then highest hazard. The array belongs to p and is valid until the next
 * call that is not const. */
size_t health_predictor_evidence(const HealthPredictor *p, const Evidence **ret);

/* The worst level that is not vetoed. */
EvidenceLevel health_predictor_level(const HealthPredictor *p);

/* Probability of failure within the next hour: 1 - exp(-H * sum of hazards), the maximum within a cause group,
 * the sum across groups. Shown and compared, never the trigger by itself. */
double health_predictor_risk(const HealthPredictor *p);

/* The last value seen, for people: false when never sampled. Counters as double. */
bool health_predictor_last_value(const HealthPredictor *p, Signal s, double *ret, usec_t *ret_at);

/* Common-mode veto: a signal that reached its level on both adapters within 60 s has a cause outside them
 * (peer, switch, air conditioning); it is told, but moves nothing and is no risk of either. Marks such evidence
 * as vetoed on both, and unmarks it when it no longer holds. Reachability is exempt where one side loses at
 * least ten times as much as the other. Call it after feeding or ticking either. */
void health_predictor_veto_common_mode(HealthPredictor *a, HealthPredictor *b, usec_t now);
