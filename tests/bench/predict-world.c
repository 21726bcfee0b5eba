/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "predict-world.h"
#include "probe-pace.h"

#define MERGE   600.0 /* a second alarm within 10 min moves nothing anew */
#define H       18.0  /* as in rate-detector.c, whose sums are bounded here */
#define RATIO   100.0
#define P_WARN  1e-8
#define P_ALARM 1e-6
#define BITS    12304.0 /* of a full-size frame */
/* of an uncooled laser; assumed */
#define BIAS_PER_DEGREE 0.005
/* of an hour, one each 50 ms */
#define QUIET_PROBES 72000

static usec_t world_usec(const World *w) {
        return (usec_t) (w->now * 1e6 + 0.5);
}

void world_init(World *w, uint64_t seed, double pps, bool optical) {
        static const SignalPolicy policy[_SIGNAL_MAX];

        *w = (World){
                .random.state = seed,
                .predictor = health_predictor_new(policy),
                .start = 1e6,
                .now = 1e6,
                .pps = pps,
                .refresh = 1,
                .optical = optical,
                .rx_power = -3,
                .tx_power = -2.5,
                .bias = 7,
                .temperature = 50,
                .arp_loss = NAN,
                .carrier = true,
                .up = true,
        };
        if (!w->predictor)
                abort();
        for (Judge j = 0; j < _JUDGE_MAX; j++)
                w->verdict[j] = (Verdict){
                        .warn_at = -1, .alarm_at = -1, .warn_end = -MERGE, .alarm_end = -MERGE
                };
        probe_pace_init(&w->pace, 50 * USEC_PER_MSEC, USEC_PER_MSEC, NULL); /* the built-in policy */
        world_set_limits(w, SIGNAL_RX_POWER, -9.9, -11.9);
        world_set_limits(w, SIGNAL_TX_POWER, -5, -6);
        world_set_limits(w, SIGNAL_TX_BIAS, 12.5, 13);
        world_set_limits(w, SIGNAL_MODULE_TEMPERATURE, 73, 78);
        world_second(w, 0);
        world_second(w, 0);
}

void world_done(World *w) {
        health_predictor_free(w->predictor);
}

void world_set_limits(World *w, Signal s, double warn, double alarm) {
        static const struct {
                Signal signal;
                ModuleValue value;
        } values[] = {
                { SIGNAL_RX_POWER, MODULE_RX_POWER },
                { SIGNAL_TX_POWER, MODULE_TX_POWER },
                { SIGNAL_TX_BIAS, MODULE_TX_BIAS },
                { SIGNAL_MODULE_TEMPERATURE, MODULE_TEMPERATURE },
        };
        SignalThreshold warns = { .value = warn, .set = true }, alarms = { .value = alarm, .set = true };

        health_predictor_set_module_thresholds(w->predictor, s, &warns, &alarms);
        for (size_t i = 0; i < ELEMENTSOF(values); i++)
                if (values[i].signal == s) {
                        ModuleNumber *limit = w->watch.now.limit[values[i].value];
                        bool below = signal_info(s)->below;

                        limit[below ? MODULE_LOW_WARN : MODULE_HIGH_WARN] = (ModuleNumber){ true, warn };
                        limit[below ? MODULE_LOW_ALARM : MODULE_HIGH_ALARM] = (ModuleNumber){ true, alarm };
                }
        w->watch.now.kind = "SFP";
        w->watch.now.medium = MODULE_OPTICAL;
        w->watch.now.n_lanes = 1;
}

double world_pps(const World *w) {
        return w->diurnal ? w->pps * (0.55 + 0.45 * sin(2 * M_PI * w->now / 86400)) : w->pps;
}

static void judge_says(World *w, Judge j, EvidenceLevel level) {
        Verdict *v = w->verdict + j;
        double at = w->now - w->start;

        if (level >= EVIDENCE_WARN) {
                if (v->level < EVIDENCE_WARN && at - v->warn_end >= MERGE)
                        v->n_warns++;
                if (v->warn_at < 0)
                        v->warn_at = at;
                v->warn_end = at;
        }
        if (level >= EVIDENCE_ALARM) {
                /* with the link gone, alarms are right; where an administrator took it, the rivals' only, since
                 * they are to leave it then, and the predictor is told */
                if (v->level < EVIDENCE_ALARM && at - v->alarm_end >= MERGE &&
                                (w->carrier || (!w->up && j == JUDGE_PRIMED)))
                        v->n_alarms++;
                if (v->alarm_at < 0) {
                        v->alarm_at = at;
                        v->lost = w->lost;
                }
                v->alarm_end = at;
        }
        v->level = level;
}

static void world_look(World *w) {
        Verdict *v = w->verdict + JUDGE_PRIMED;
        const Evidence *evidence;
        EvidenceLevel level = health_predictor_level(w->predictor);

        if (level == EVIDENCE_ALARM && v->alarm_at < 0 &&
                        health_predictor_evidence(w->predictor, &evidence) > 0) {
                v->signal = evidence[0].signal;
                v->group = signal_info(v->signal)->group;
        }
        judge_says(w, JUDGE_PRIMED, level);
}

static void world_feed(World *w, const HealthSample *samples, size_t n) {
        health_predictor_feed(w->predictor, samples, n);
        w->n_fed++;
        world_look(w);
}

/* Lasers take more current in heat. */
static double world_bias(const World *w) {
        return isfinite(w->temperature) ? w->bias * (1 + BIAS_PER_DEGREE * (w->temperature - 50)) : w->bias;
}

static void world_read_module(World *w) {
        struct {
                Signal signal;
                ModuleValue value;
                double level;
        } levels[] = {
                { SIGNAL_RX_POWER, MODULE_RX_POWER, w->rx_power + 0.05 * random_normal(&w->random) },
                { SIGNAL_TX_POWER, MODULE_TX_POWER, w->tx_power + 0.05 * random_normal(&w->random) },
                { SIGNAL_TX_BIAS, MODULE_TX_BIAS, world_bias(w) + 0.03 * random_normal(&w->random) },
                { SIGNAL_MODULE_TEMPERATURE, MODULE_TEMPERATURE,
                                w->temperature + 0.2 * random_normal(&w->random) },
        };
        ModuleNews news = {};
        bool beyond = false;

        w->watch.tried_at = w->watch.read_at = world_usec(w);
        for (size_t i = 0; i < ELEMENTSOF(levels); i++) {
                const ModuleNumber *limit = w->watch.now.limit[levels[i].value];
                bool below = signal_info(levels[i].signal)->below;

                w->watch.now.value[levels[i].value][0] = (ModuleNumber){ isfinite(levels[i].level),
                        levels[i].level };
                if (!isfinite(levels[i].level) || (!w->carrier && levels[i].value != MODULE_TEMPERATURE))
                        continue;
                news.samples[news.n_samples++] = (HealthSample){
                        .signal = levels[i].signal, .at = world_usec(w), .level = levels[i].level
                };
                beyond = beyond ||
                                (below ? levels[i].level < limit[MODULE_LOW_ALARM].number
                                       : levels[i].level > limit[MODULE_HIGH_ALARM].number);
        }
        module_watch_compare(&w->watch, w->carrier, world_usec(w), &news);
        if (news.n_samples > 0)
                world_feed(w, news.samples, news.n_samples);
        judge_says(w, JUDGE_MODULE, beyond ? EVIDENCE_ALARM : EVIDENCE_NONE);
}

static double module_due(const World *w) {
        usec_t due;

        if (!w->optical)
                return INFINITY;
        due = module_watch_due(&w->watch, health_predictor_level(w->predictor) > EVIDENCE_NONE);
        return fmax((double) due / 1e6, w->now);
}

static void world_read_due_module(World *w) {
        if (module_due(w) <= w->now)
                world_read_module(w);
}

static void rivals_take(World *w, double errors, double frames) {
        uint64_t minute = (uint64_t) (w->now / 60);
        double c = (RATIO - 1) * P_ALARM;

        if (minute != w->minute) {
                w->minute = minute;
                w->minute_errors = w->minute_frames = 0;
        }
        w->minute_errors += errors;
        w->minute_frames += frames + errors;
        judge_says(w, JUDGE_CRC_ANY, w->minute_errors > 0 ? EVIDENCE_ALARM : EVIDENCE_NONE);
        judge_says(w, JUDGE_CRC_100, w->minute_errors > 100 ? EVIDENCE_ALARM : EVIDENCE_NONE);
        judge_says(w, JUDGE_BER,
                        w->minute_errors > 1e-10 * BITS * w->minute_frames ? EVIDENCE_ALARM : EVIDENCE_NONE);
        w->cusum = fmin(fmax(w->cusum + errors * log(RATIO) - frames * c, 0), H);
        judge_says(w, JUDGE_CUSUM,
                        w->cusum >= H ? EVIDENCE_ALARM
                                      : (w->cusum > 0 ? w->verdict[JUDGE_CUSUM].level : EVIDENCE_NONE));
        judge_says(w, JUDGE_CARRIER, w->carrier ? EVIDENCE_NONE : EVIDENCE_ALARM);
}

static double bound_step(double bound, double errors, double frames, double seconds, double p0) {
        double gain = fmin(errors * log(RATIO), log(RATIO) + H / 6 * seconds);

        return fmin(fmax(bound + gain - frames * (RATIO - 1) * p0, 0), H);
}

static HealthSample world_stall_sample(const World *w) {
        return (HealthSample){ .signal = SIGNAL_TX_STALL, .at = world_usec(w), .count = w->queues.seconds };
}

/* A look at the queues a part of a second later; the predictor is told of the last one by world_step(). */
static void world_look_at_queues(World *w, double later) {
        if (w->carrier)
                queues_look(&w->queues, world_pps(w), world_usec(w) + (usec_t) (later * 1e6));
        else
                queues_skip(&w->queues);
}

/* So many seconds at once, with so many errors and frames in them, and a reading of all counters at the end. */
static void world_step(World *w, double seconds, uint64_t errors, bool probing) {
        static const Signal counters[] = {
                SIGNAL_RX_PACKETS,
                SIGNAL_TX_PACKETS,
                SIGNAL_RX_CRC_ERRORS,
                SIGNAL_RX_MISSED,
                SIGNAL_RX_DROPPED,
        };
        HealthSample samples[ELEMENTSOF(counters) + 5];
        uint64_t frames = random_poisson(&w->random, w->carrier ? world_pps(w) * seconds : 0);
        size_t n = 0;
        double arp_loss;

        if (seconds > 1)
                queues_skip(&w->queues);
        for (unsigned i = 1; i < QUEUES_LOOKS && seconds <= 1 && !probing; i++)
                world_look_at_queues(w, (double) i / QUEUES_LOOKS);
        w->now += seconds;
        world_look_at_queues(w, 0);
        w->lost += world_pps(w) * seconds * w->rx_true_loss;
        w->count[SIGNAL_TX_PACKETS] += frames;
        if (w->gray)
                frames = 0;
        w->count[SIGNAL_RX_PACKETS] += frames - MIN(errors, frames);
        w->count[SIGNAL_RX_CRC_ERRORS] += errors;
        w->alarm_bound = bound_step(w->alarm_bound, (double) errors, (double) frames, seconds, P_ALARM);
        w->warn_bound = bound_step(w->warn_bound, (double) errors, (double) frames, seconds, P_WARN);
        if ((uint64_t) w->now % w->refresh == 0 || seconds > 1)
                memcpy(w->shown, w->count, sizeof(w->shown));
        for (size_t i = 0; i < ELEMENTSOF(counters); i++)
                samples[n++] = (HealthSample){
                        .signal = counters[i], .at = world_usec(w), .count = w->shown[counters[i]]
                };
        samples[n++] = (HealthSample){
                .signal = SIGNAL_LINK_FLAPS, .at = world_usec(w), .count = w->count[SIGNAL_LINK_FLAPS]
        };
        samples[n++] = (HealthSample){
                .signal = SIGNAL_TX_TIMEOUT, .at = world_usec(w), .count = w->count[SIGNAL_TX_TIMEOUT]
        };
        samples[n++] = (HealthSample){ .signal = SIGNAL_FEC_UNCORRECTABLE,
                .at = world_usec(w),
                .count = w->count[SIGNAL_FEC_UNCORRECTABLE] };
        if (w->queues.n > 0)
                samples[n++] = world_stall_sample(w);
        if (w->up)
                samples[n++] = (HealthSample){
                        .signal = SIGNAL_CARRIER, .at = world_usec(w), .level = w->carrier ? 1 : 0
                };
        world_feed(w, samples, n);
        health_predictor_tick(w->predictor, world_usec(w));
        world_look(w);
        rivals_take(w, (double) errors, (double) frames);
        arp_loss = isnan(w->arp_loss) ? w->rx_true_loss : w->arp_loss;
        w->arp_missed = !w->carrier || (arp_loss > 0 && random_uniform(&w->random) < arp_loss)
                        ? w->arp_missed + 1
                        : 0;
        judge_says(w, JUDGE_ARP, w->arp_missed >= 2 ? EVIDENCE_ALARM : EVIDENCE_NONE);
        if (!probing)
                world_read_due_module(w);
}

void world_second(World *w, uint64_t errors) {
        w->step = 1;
        world_step(w, 1, errors, false);
}

void world_probed_second(World *w, double share, bool by_host, uint64_t errors) {
        Signal sent_signal = w->sending ? SIGNAL_PROBE_TX_SENT : SIGNAL_PROBE_RX_SENT,
               lost_signal = w->sending ? SIGNAL_PROBE_TX_LOST : SIGNAL_PROBE_RX_LOST;
        double began = w->now;

        w->probed = true;
        for (unsigned i = 1; i < 100; i++) {
                HealthSample samples[2];
                uint64_t sent = 0, lost = 0;

                w->now = began + i * 0.01;
                while (probe_pace_next(&w->pace, world_usec(w)) <= world_usec(w) && sent < 10) {
                        probe_pace_sent(&w->pace, world_usec(w));
                        sent++;
                        if (random_uniform(&w->random) < share)
                                lost++;
                        else
                                w->heard = world_usec(w);
                }
                lost = MIN(lost, sent);
                if (lost > 0)
                        probe_pace_missing(&w->pace, world_usec(w), w->heard);
                w->count[sent_signal] += sent;
                w->count[lost_signal] += lost;
                w->count[SIGNAL_RX_PACKETS] += w->sending ? 0 : sent - lost;
                w->count[SIGNAL_RX_MISSED] += by_host ? lost : 0;
                samples[0] = (HealthSample){
                        .signal = sent_signal, .at = world_usec(w), .count = w->count[sent_signal]
                };
                samples[1] = (HealthSample){
                        .signal = lost_signal, .at = world_usec(w), .count = w->count[lost_signal]
                };
                if (sent > 0)
                        world_feed(w, samples, 2);
                if (i % (100 / QUEUES_LOOKS) == 0 && w->queues.n > 0) {
                        world_look_at_queues(w, 0);
                        samples[0] = world_stall_sample(w);
                        world_feed(w, samples, 1);
                }
        }
        w->now = began;
        w->step = 1;
        world_step(w, 1, errors, true);
}

/* Those of quiet hours are not sent one by one: none is lost, and what a last loss left behind is soon made up
 * for. */
static void world_probe_quietly(World *w) {
        Signal sent = w->sending ? SIGNAL_PROBE_TX_SENT : SIGNAL_PROBE_RX_SENT,
               lost = w->sending ? SIGNAL_PROBE_TX_LOST : SIGNAL_PROBE_RX_LOST;
        HealthSample samples[2];

        if (!w->probed)
                return;
        w->probed = false;
        w->count[sent] += QUIET_PROBES;
        samples[0] = (HealthSample){ .signal = sent, .at = world_usec(w), .count = w->count[sent] };
        samples[1] = (HealthSample){ .signal = lost, .at = world_usec(w), .count = w->count[lost] };
        world_feed(w, samples, 2);
}

void world_quiet(World *w, double until) {
        world_probe_quietly(w);
        while (w->now + 2 < until) {
                double due = module_due(w);

                if (w->alarm_bound > 0 || w->verdict[JUDGE_CUSUM].level > EVIDENCE_NONE)
                        world_second(w, 0);
                else if (w->warn_bound > 0) {
                        w->step = fmin(fmin(w->step * 2, w->optical ? 60 : 100), until - w->now - 1);
                        world_step(w, floor(w->step), 0, false);
                } else {
                        double to = fmin(until - 1, due), skipped = to - w->now;

                        queues_skip(&w->queues);
                        w->count[SIGNAL_RX_PACKETS] += (uint64_t) (world_pps(w) * skipped);
                        w->cusum = fmax(w->cusum - world_pps(w) * skipped * (RATIO - 1) * P_ALARM, 0);
                        w->now = to;
                        world_read_due_module(w);
                        if (w->now + 1 >= until - 0.5)
                                world_step(w, 1, 0, false);
                }
        }
        while (w->now < until)
                world_second(w, 0);
}

void world_carrier(World *w, bool carrier) {
        if (w->carrier && !carrier)
                w->count[SIGNAL_LINK_FLAPS]++;
        w->carrier = carrier;
}

void world_oracle(World *w) {
        judge_says(w, JUDGE_ORACLE, EVIDENCE_ALARM);
}
