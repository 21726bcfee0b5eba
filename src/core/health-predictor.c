/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "congestion-meter.h"
#include "hazard.h"
#include "health-predictor.h"
#include "health-slot.h"
#include "unforked.h"

/* A link that just came up has errors of its own (equalizers train). */
#define CARRIER_HOLD_OFF (5 * USEC_PER_SEC)
/* until probes sent before the carrier came back are counted, and switches let frames through */
#define PROBE_HOLD_OFF USEC_PER_SEC

struct HealthPredictor {
        SignalPolicy policy[_SIGNAL_MAX];
        SignalLimits own[_SIGNAL_MAX]; /* of the module, or the sensor, that a level comes from */
        HealthSlot slots[_SIGNAL_MAX];
        uint64_t known;          /* a bit per signal: only of these can there be evidence */
        uint64_t raised;         /* of these there is */
        uint64_t restless;       /* these may have become evidence by no sample of their own */
        usec_t hold_off;         /* everything that counts */
        usec_t carrier_hold_off; /* signal integrity only */
        usec_t probe_hold_off;   /* probes only; infinite while there is no carrier */
        CongestionMeter congestion;
        Evidence evidence[_SIGNAL_MAX];
        size_t n_evidence;
};

/* Most adapters have a quarter of all signals; the slots of the others are not worth fetching. */
static Signal signal_pop(uint64_t *signals) {
        Signal s = (Signal) __builtin_ctzll(*signals);

        static_assert(_SIGNAL_MAX <= 64, "a bit per signal");
        *signals &= *signals - 1;
        return s;
}

/* After whatever may have changed a slot's evidence. */
static void predictor_note(HealthPredictor *p, Signal s) {
        HealthSlot *slot = p->slots + s;

        if (health_slot_has_evidence(slot)) {
                p->raised |= UINT64_C(1) << s;
                return;
        }
        p->raised &= ~(UINT64_C(1) << s);
        slot->vetoed = false;
}

static void predictor_start_over(HealthPredictor *p, Signal s) {
        health_slot_start_over(p->slots + s, s);
        predictor_note(p, s);
}

static bool threshold_equal(const SignalThreshold *a, const SignalThreshold *b) {
        return a->set == b->set && (!a->set || (a->value == b->value && a->per == b->per));
}

/* Both directions of the prober share a policy entry. */
static const SignalPolicy *predictor_policy(const HealthPredictor *p, Signal s) {
        return p->policy + (s == SIGNAL_PROBE_TX_LOST ? SIGNAL_PROBE_RX_LOST : s);
}

static SignalThreshold threshold_choose(
                const SignalThreshold *policy, const SignalThreshold *own, const SignalThreshold *built_in) {
        return policy->set ? *policy : own->set ? *own : *built_in;
}

/* Takes over the thresholds that hold now; with `all`, starts over even where none changed. */
static void predictor_configure(HealthPredictor *p, bool all) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                const SignalInfo *info = signal_info(s);
                const SignalPolicy *policy = predictor_policy(p, s);
                HealthSlot *slot = p->slots + s;
                SignalThreshold warn = threshold_choose(&policy->warn, &p->own[s].warn, &info->warn);
                SignalThreshold alarm = threshold_choose(&policy->alarm, &p->own[s].alarm, &info->alarm);

                if (!all && slot->ignored == policy->ignore && slot->trusted == policy->alarm.set &&
                                threshold_equal(&slot->warn, &warn) && threshold_equal(&slot->alarm, &alarm))
                        continue;
                slot->ignored = policy->ignore;
                slot->trusted = policy->alarm.set;
                slot->warn = warn;
                slot->alarm = alarm;
                predictor_start_over(p, s);
        }
}

static void predictor_set_own(HealthPredictor *p, Signal s, const SignalLimits *limits) {
        if (threshold_equal(&p->own[s].warn, &limits->warn) &&
                        threshold_equal(&p->own[s].alarm, &limits->alarm))
                return;
        p->own[s] = *limits;
        predictor_configure(p, false);
}

static bool is_of_received_light(Signal s) {
        return s == SIGNAL_RX_POWER || s == SIGNAL_RX_POWER_DROP;
}

/* Errors of this link; a frame whose CRC is right was damaged elsewhere. */
static bool is_of_signal(Signal s) {
        return signal_info(s)->group == CAUSE_SIGNAL_INTEGRITY && s != SIGNAL_RX_CHECKSUM_ERRORS;
}

/* Errors of frames that arrived. */
static bool is_of_received_frames(Signal s) {
        return is_of_signal(s) && signal_info(s)->exposure != SIGNAL_TX_PACKETS;
}

static bool evidence_before(const Evidence *a, const Evidence *b) {
        double hazard_a = evidence_hazard(a), hazard_b = evidence_hazard(b);

        return a->level != b->level ? a->level > b->level : hazard_a > hazard_b;
}

/* Too little light is why frames arrive damaged: where these are an alarm, so is that. */
static bool predictor_sees_too_little_light(const HealthPredictor *p, const Evidence *e) {
        if (!is_of_received_light(e->signal) || e->vetoed || e->injected)
                return false;
        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                if (is_of_received_frames(s) && !p->slots[s].vetoed &&
                                p->slots[s].evidence.level == EVIDENCE_ALARM)
                        return true;
        return false;
}

/* ... and is told before them. */
static void predictor_put_cause_first(HealthPredictor *p) {
        Evidence light;
        size_t at = 0;

        while (at < p->n_evidence && !is_of_received_light(p->evidence[at].signal))
                at++;
        if (at == p->n_evidence || p->evidence[at].level < EVIDENCE_ALARM ||
                        !is_of_received_frames(p->evidence[0].signal))
                return;
        light = p->evidence[at];
        memmove(p->evidence + 1, p->evidence, at * sizeof(*p->evidence));
        p->evidence[0] = light;
}

/* Collects what the slots say, worst first. */
static void predictor_collect(HealthPredictor *p) {
        p->n_evidence = 0;
        for (uint64_t left = p->raised; left != 0;) {
                Signal s = signal_pop(&left);
                Evidence e = health_slot_shown(p->slots + s, s);
                size_t i;

                if (predictor_sees_too_little_light(p, &e))
                        e.level = EVIDENCE_ALARM;
                for (i = p->n_evidence; i > 0 && evidence_before(&e, p->evidence + i - 1); i--)
                        p->evidence[i] = p->evidence[i - 1];
                p->evidence[i] = e;
                p->n_evidence++;
        }
        predictor_put_cause_first(p);
}

/* Whether frames are seen to be damaged or lost, too. */
static bool predictor_sees_errors(const HealthPredictor *p) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                bool counts = is_of_signal(s) || signal_info(s)->group == CAUSE_REACHABILITY;

                if (counts && p->slots[s].evidence.level > EVIDENCE_NONE)
                        return true;
        }
        return false;
}

/* A laser that gives less for all the current it may have is at its end, errors or not: current rises to a
 * plateau that its maker chose, then light falls, then the link is down, and all that were pulled at that stage
 * failed within two weeks (OCP 2018). A plateau may lie below the module's thresholds, or between them; then
 * light must be evidence too, where otherwise its trend will do. */
static bool predictor_sees_fading(const HealthPredictor *p, Signal s, EvidenceLevel level) {
        const HealthSlot *power = p->slots + SIGNAL_TX_POWER;

        if ((s != SIGNAL_TX_BIAS && s != SIGNAL_TX_BIAS_RISE) || p->slots[s].trusted)
                return false;
        return power->evidence.level > EVIDENCE_NONE ||
                        (level == EVIDENCE_ALARM && power->sampled &&
                                        trend_detector_finding(&power->trend).time_to_failure != USEC_INFINITY);
}

static Finding predictor_judge_level(HealthPredictor *p, Signal s) {
        const SignalInfo *info = signal_info(s);
        HealthSlot *slot = p->slots + s;
        Finding level, trend;

        level_detector_step(&slot->level, slot->value);
        level = level_detector_finding(&slot->level);
        if (level.level == EVIDENCE_WARN && predictor_sees_fading(p, s, level.level))
                level.level = EVIDENCE_ALARM;
        else if (level.level == EVIDENCE_ALARM && info->group == CAUSE_OPTICS && !slot->trusted &&
                        !predictor_sees_errors(p) && !predictor_sees_fading(p, s, level.level))
                level.level = EVIDENCE_WARN;
        if (!info->trend)
                return level;
        trend_detector_step(&slot->trend, slot->value, slot->at);
        trend = trend_detector_finding(&slot->trend);
        if (trend.level > level.level)
                return trend;
        level.time_to_failure = trend.time_to_failure;
        return level;
}

/* Errors and their exposure, as soon as both are known for the same span of time; false when not yet. */
static bool predictor_judge_pending(HealthPredictor *p, Signal s, uint64_t fresh) {
        HealthSlot *slot = p->slots + s, *exposure = p->slots + signal_info(s)->exposure;
        bool error_fresh = fresh & (UINT64_C(1) << s),
             exposure_fresh = fresh & (UINT64_C(1) << signal_info(s)->exposure);

        if ((error_fresh && slot->verdict != COUNTER_DELTA) ||
                        (exposure_fresh && exposure->verdict != COUNTER_DELTA)) {
                slot->errors = slot->exposure = 0;
                slot->errors_fresh = slot->exposure_fresh = false;
                return false;
        }
        if (error_fresh) {
                slot->errors += slot->delta;
                slot->errors_fresh = true;
        }
        if (exposure_fresh) {
                slot->exposure += exposure->delta;
                slot->exposure_fresh = true;
        }
        if (!slot->errors_fresh || !slot->exposure_fresh)
                return false;
        slot->errors_fresh = slot->exposure_fresh = false;
        return true;
}

/* In the light of what the host itself drops of what it receives. */
static void predictor_judge_probes(HealthPredictor *p, Signal s, usec_t at) {
        HealthSlot *slot = p->slots + s;
        ProbeCircumstances c = {};

        if (s == SIGNAL_PROBE_RX_LOST && p->congestion.at > 0)
                c = (ProbeCircumstances){
                        .congested = congestion_meter_share(&p->congestion, at),
                        .counted = true,
                        .moved = p->congestion.moved,
                };
        probe_detector_step(&slot->probe, slot->errors, slot->exposure, at, &c);
}

static bool predictor_judge(HealthPredictor *p, Signal s, uint64_t fresh, usec_t at, Finding *ret) {
        HealthSlot *slot = p->slots + s;

        switch (signal_info(s)->rule) {
        case RULE_RATE:
                if (!predictor_judge_pending(p, s, fresh))
                        return false;
                rate_detector_step(&slot->rate, slot->errors, slot->exposure, at);
                slot->errors = slot->exposure = 0;
                *ret = rate_detector_finding(&slot->rate);
                return true;
        case RULE_PROBE:
                if (!predictor_judge_pending(p, s, fresh))
                        return false;
                predictor_judge_probes(p, s, at);
                slot->errors = slot->exposure = 0;
                *ret = probe_detector_finding(&slot->probe);
                return true;
        case RULE_FLAP:
                if (!health_slot_has_events(slot))
                        return false;
                flap_detector_step(&slot->flap, slot->delta, at);
                *ret = flap_detector_finding(&slot->flap);
                return true;
        case RULE_COUNT:
                if (!health_slot_has_events(slot))
                        return false;
                count_detector_step(&slot->count, slot->delta, at);
                *ret = count_detector_finding(&slot->count);
                return true;
        case RULE_LEVEL:
                *ret = predictor_judge_level(p, s);
                return true;
        case RULE_CARRIER:
                *ret = (Finding){
                        .level = slot->value < slot->alarm.value ? EVIDENCE_ALARM : EVIDENCE_NONE,
                        .rule = RULE_CARRIER,
                        .value = slot->value,
                        .threshold = slot->alarm.value,
                        .time_to_failure = USEC_INFINITY,
                };
                return true;
        case RULE_NONE:
        case RULE_TREND:
        case _RULE_MAX:
        case _RULE_INVALID:
                break;
        }
        return false;
}

static bool is_probe(Signal s) {
        return s >= SIGNAL_PROBE_RX_SENT && s <= SIGNAL_PROBE_TX_LOST;
}

/* Carrier says more than that it is lost: how long it was, and that errors now are those of a link coming up.
 */
static void predictor_take_carrier(HealthPredictor *p, double level, usec_t at) {
        const HealthSlot *slot = p->slots + SIGNAL_CARRIER;

        /* probes that a lost carrier swallows have their explanation, which ends with it */
        if (level < 1)
                p->probe_hold_off = USEC_INFINITY;
        if (!slot->sampled || slot->value >= 1)
                return;
        p->known |= UINT64_C(1) << SIGNAL_LINK_FLAPS;
        p->restless |= UINT64_C(1) << SIGNAL_LINK_FLAPS;
        if (at >= p->hold_off && at > slot->at)
                flap_detector_down(&p->slots[SIGNAL_LINK_FLAPS].flap, at - slot->at, at);
        if (level < 1)
                return;
        p->carrier_hold_off = at + CARRIER_HOLD_OFF;
        p->probe_hold_off = at + PROBE_HOLD_OFF;
        predictor_start_over(p, SIGNAL_PROBE_RX_LOST);
        predictor_start_over(p, SIGNAL_PROBE_TX_LOST);
}

/* Records one reading; false when it is to be ignored. */
static bool predictor_take(HealthPredictor *p, const HealthSample *sample) {
        const SignalInfo *info = signal_info(sample->signal);
        HealthSlot *slot;
        bool held;

        if (!info || (info->kind == SIGNAL_LEVEL && !isfinite(sample->level)))
                return false;
        slot = p->slots + sample->signal;
        if (slot->sampled && sample->at <= slot->at)
                return false;
        if (sample->limits && info->rule == RULE_LEVEL)
                predictor_set_own(p, sample->signal, sample->limits);
        if (sample->signal == SIGNAL_CARRIER)
                predictor_take_carrier(p, sample->level, sample->at);
        if (slot->sampled)
                slot->interval = slot->interval == 0 ? sample->at - slot->at
                                                     : MIN(sample->at - slot->at, 2 * slot->interval);
        held = sample->at < p->hold_off ||
                        (info->group == CAUSE_SIGNAL_INTEGRITY && sample->at < p->carrier_hold_off) ||
                        (is_probe(sample->signal) && sample->at < p->probe_hold_off);
        if (info->kind == SIGNAL_COUNTER)
                slot->verdict = counter_hygiene_take(
                                &slot->counter, sample->count, sample->at, held, &slot->delta);
        slot->value = info->kind == SIGNAL_COUNTER ? (double) sample->count : sample->level;
        slot->at = sample->at;
        slot->sampled = true;
        p->known |= UINT64_C(1) << sample->signal;
        return true;
}

static const Signal room_signals[] = { SIGNAL_RX_MISSED, SIGNAL_RX_FIFO };

/* What is counted per queue comes by itself every few seconds, and is of no news where rx_missed or rx_fifo
 * count the same frames. */
static void predictor_take_overruns(HealthPredictor *p, uint64_t fresh, usec_t at) {
        const HealthSlot *overruns = p->slots + SIGNAL_RX_OVERRUNS;
        uint64_t dropped = overruns->verdict == COUNTER_DELTA ? overruns->delta : 0;

        if (!(fresh & (UINT64_C(1) << SIGNAL_RX_OVERRUNS)))
                return;
        for (size_t i = 0; i < ELEMENTSOF(room_signals); i++)
                if (p->slots[room_signals[i]].value > 0)
                        dropped = 0;
        congestion_meter_tell(&p->congestion, dropped, overruns->interval, at);
}

/* rx_missed and rx_fifo are frames that found no room; rx_dropped also counts those that nobody wanted. */
static void predictor_take_congestion(HealthPredictor *p, uint64_t fresh, usec_t at) {
        const HealthSlot *received = p->slots + SIGNAL_RX_PACKETS;
        uint64_t dropped = 0;

        predictor_take_overruns(p, fresh, at);
        if (!(fresh & (UINT64_C(1) << SIGNAL_RX_PACKETS)) || received->verdict != COUNTER_DELTA)
                return;
        for (size_t i = 0; i < ELEMENTSOF(room_signals); i++) {
                Signal s = room_signals[i];

                if (fresh & (UINT64_C(1) << s) && p->slots[s].verdict == COUNTER_DELTA)
                        dropped += p->slots[s].delta;
        }
        congestion_meter_count(&p->congestion, received->delta, dropped, at);
}

HealthPredictor *health_predictor_new(const SignalPolicy *policy) {
        HealthPredictor *p = unforked_new(sizeof(*p));

        if (!p)
                return NULL;
        memcpy(p->policy, policy, sizeof(p->policy));
        predictor_configure(p, true);
        return p;
}

HealthPredictor *health_predictor_free(HealthPredictor *p) {
        return unforked_free(p, sizeof(*p));
}

void health_predictor_set_policy(HealthPredictor *p, const SignalPolicy *policy) {
        memcpy(p->policy, policy, sizeof(p->policy));
        predictor_configure(p, false);
        predictor_collect(p);
}

void health_predictor_set_module_thresholds(
                HealthPredictor *p, Signal signal, const SignalThreshold *warn, const SignalThreshold *alarm) {
        const SignalInfo *info = signal_info(signal);
        SignalLimits limits = {};

        if (!info || info->rule != RULE_LEVEL)
                return;
        if (warn)
                limits.warn = *warn;
        if (alarm)
                limits.alarm = *alarm;
        predictor_set_own(p, signal, &limits);
        predictor_collect(p);
}

void health_predictor_feed(HealthPredictor *p, const HealthSample *samples, size_t n) {
        uint64_t fresh = 0;
        usec_t at = 0;

        /* the carrier first: the others of its snapshot are judged in its light */
        for (size_t i = 0; i < n; i++)
                if (samples[i].signal == SIGNAL_CARRIER && predictor_take(p, samples + i))
                        fresh |= UINT64_C(1) << SIGNAL_CARRIER;
        for (size_t i = 0; i < n; i++)
                if (samples[i].signal != SIGNAL_CARRIER && predictor_take(p, samples + i))
                        fresh |= UINT64_C(1) << samples[i].signal;
        if (fresh == 0)
                return;
        for (size_t i = 0; i < n; i++)
                at = MAX(at, samples[i].at);
        predictor_take_congestion(p, fresh, at);
        /* counters come before levels in the enum, so that a level can lean on what they say */
        for (uint64_t left = p->known; left != 0;) {
                Signal s = signal_pop(&left);
                const SignalInfo *info = signal_info(s);
                uint64_t concerns = UINT64_C(1) << s;
                Finding f = {};

                if (info->rule == RULE_RATE || info->rule == RULE_PROBE)
                        concerns |= UINT64_C(1) << info->exposure;
                if (!(fresh & concerns) || p->slots[s].ignored || !predictor_judge(p, s, fresh, at, &f))
                        continue;
                health_slot_take_finding(p->slots + s, s, &f, at);
                predictor_note(p, s);
        }
        predictor_collect(p);
}

void health_predictor_tick(HealthPredictor *p, usec_t now) {
        uint64_t left = p->raised | p->restless;

        p->restless = 0;
        while (left != 0) {
                Signal s = signal_pop(&left);

                health_slot_tick(p->slots + s, s, now);
                predictor_note(p, s);
        }
        predictor_collect(p);
}

void health_predictor_hold_off(HealthPredictor *p, usec_t until) {
        p->hold_off = MAX(p->hold_off, until);
}

void health_predictor_reset(HealthPredictor *p) {
        memset(p->slots, 0, sizeof(p->slots));
        memset(p->own, 0, sizeof(p->own));
        p->known = p->raised = p->restless = 0;
        p->congestion = (CongestionMeter){};
        p->hold_off = p->carrier_hold_off = p->probe_hold_off = 0;
        predictor_configure(p, true);
        predictor_collect(p);
}

void health_predictor_forget(HealthPredictor *p, Signal s) {
        if (!signal_info(s))
                return;
        p->slots[s] = (HealthSlot){};
        p->known &= ~(UINT64_C(1) << s);
        p->own[s] = (SignalLimits){};
        predictor_configure(p, false);
        predictor_start_over(p, s);
        predictor_collect(p);
}

void health_predictor_inject(HealthPredictor *p, Signal signal, EvidenceLevel level, usec_t now, usec_t until) {
        const SignalInfo *info = signal_info(signal);
        HealthSlot *slot;

        if (!info || info->rule == RULE_NONE || level < EVIDENCE_NONE || level >= _EVIDENCE_LEVEL_MAX)
                return;
        slot = p->slots + signal;
        p->known |= UINT64_C(1) << signal;
        slot->injected = until > now ? level : EVIDENCE_NONE;
        slot->injected_since = now;
        slot->injected_until = until;
        predictor_note(p, signal);
        predictor_collect(p);
}

size_t health_predictor_evidence(const HealthPredictor *p, const Evidence **ret) {
        *ret = p->evidence;
        return p->n_evidence;
}

EvidenceLevel health_predictor_level(const HealthPredictor *p) {
        EvidenceLevel worst = EVIDENCE_NONE;

        for (size_t i = 0; i < p->n_evidence; i++)
                if (!p->evidence[i].vetoed)
                        worst = MAX(worst, p->evidence[i].level);
        return worst;
}

double health_predictor_risk(const HealthPredictor *p) {
        return hazard_risk(p->evidence, p->n_evidence);
}

bool health_predictor_last_value(const HealthPredictor *p, Signal s, double *ret, usec_t *ret_at) {
        if (!signal_info(s) || !p->slots[s].sampled)
                return false;
        if (ret)
                *ret = p->slots[s].value;
        if (ret_at)
                *ret_at = p->slots[s].at;
        return true;
}

void health_predictor_veto_common_mode(HealthPredictor *a, HealthPredictor *b, usec_t now) {
        for (uint64_t left = a->raised | b->raised; left != 0;) {
                Signal s = signal_pop(&left);
                bool common = health_slot_has_common_cause(a->slots + s, b->slots + s, s);

                a->slots[s].vetoed = b->slots[s].vetoed = common;
        }
        predictor_collect(a);
        predictor_collect(b);
}
