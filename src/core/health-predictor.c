/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdlib.h>

#include "count-detector.h"
#include "counter-hygiene.h"
#include "flap-detector.h"
#include "hazard.h"
#include "health-predictor.h"
#include "level-detector.h"
#include "probe-detector.h"
#include "rate-detector.h"
#include "trend-detector.h"

/* A link that just came up has errors of its own (equalizers train). */
#define CARRIER_HOLD_OFF (5 * USEC_PER_SEC)
/* until probes sent before the carrier came back are counted, and switches let frames through */
#define PROBE_HOLD_OFF USEC_PER_SEC

/* Evidence that nothing renews is forgotten after this many usual intervals, but not before a minute. */
#define STALE_INTERVALS 5
#define STALE_MIN       (60 * USEC_PER_SEC)

/* The same signal on both adapters within this time has a common cause. */
#define COMMON_MODE_TIME USEC_PER_MINUTE
/* ... but where one loses this many times more probes than the other, it is the one. */
#define COMMON_MODE_RATIO 10

/* What is known of one signal. */
typedef struct Slot {
        SignalThreshold warn, alarm;
        bool ignored;
        bool trusted; /* the alarm threshold is the operator's: see the table in health-signal.c */
        union {
                RateDetector rate;
                ProbeDetector probe;
                FlapDetector flap;
                CountDetector count;
                struct {
                        LevelDetector level;
                        TrendDetector trend;
                };
        };

        /* the last reading */
        double value;
        usec_t at;
        usec_t interval; /* 0 while unknown */
        bool sampled;
        CounterHygiene counter;
        CounterVerdict verdict;
        uint64_t delta;

        /* increments of errors and of their exposure that wait for each other */
        uint64_t errors, exposure;
        bool errors_fresh, exposure_fresh;

        Evidence evidence; /* level EVIDENCE_NONE: none */
        usec_t onset;      /* when there last was none before */
        bool vetoed;

        EvidenceLevel injected;
        usec_t injected_since, injected_until;
} Slot;

struct HealthPredictor {
        SignalPolicy policy[_SIGNAL_MAX];
        SignalLimits own[_SIGNAL_MAX]; /* of the module, or the sensor, that a level comes from */
        Slot slots[_SIGNAL_MAX];
        usec_t hold_off;         /* everything that counts */
        usec_t carrier_hold_off; /* signal integrity only */
        usec_t probe_hold_off;   /* probes only; infinite while there is no carrier */
        Evidence evidence[_SIGNAL_MAX];
        size_t n_evidence;
};

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

static void slot_start_over(Slot *slot, Signal s) {
        const SignalInfo *info = signal_info(s);

        switch (info->rule) {
        case RULE_RATE:
                rate_detector_init(&slot->rate, &slot->warn, &slot->alarm);
                break;
        case RULE_PROBE:
                probe_detector_init(&slot->probe, &slot->warn, &slot->alarm);
                break;
        case RULE_FLAP:
                flap_detector_init(&slot->flap, &slot->warn, &slot->alarm);
                break;
        case RULE_COUNT:
                count_detector_init(&slot->count, info, &slot->warn, &slot->alarm);
                break;
        case RULE_LEVEL:
                level_detector_init(&slot->level, info, &slot->warn, &slot->alarm);
                trend_detector_init(&slot->trend, info, &slot->warn, &slot->alarm);
                break;
        case RULE_NONE:
        case RULE_TREND:
        case RULE_CARRIER:
        case _RULE_MAX:
        case _RULE_INVALID:
                break;
        }
        slot->errors = slot->exposure = 0;
        slot->errors_fresh = slot->exposure_fresh = false;
        slot->evidence = (Evidence){};
        slot->vetoed = false;
}

/* Takes over the thresholds that hold now; with `all`, starts over even where none changed. */
static void predictor_configure(HealthPredictor *p, bool all) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                const SignalInfo *info = signal_info(s);
                const SignalPolicy *policy = predictor_policy(p, s);
                Slot *slot = p->slots + s;
                SignalThreshold warn = threshold_choose(&policy->warn, &p->own[s].warn, &info->warn);
                SignalThreshold alarm = threshold_choose(&policy->alarm, &p->own[s].alarm, &info->alarm);

                if (!all && slot->ignored == policy->ignore && slot->trusted == policy->alarm.set &&
                                threshold_equal(&slot->warn, &warn) && threshold_equal(&slot->alarm, &alarm))
                        continue;
                slot->ignored = policy->ignore;
                slot->trusted = policy->alarm.set;
                slot->warn = warn;
                slot->alarm = alarm;
                slot_start_over(slot, s);
        }
}

static void predictor_set_own(HealthPredictor *p, Signal s, const SignalLimits *limits) {
        if (threshold_equal(&p->own[s].warn, &limits->warn) &&
                        threshold_equal(&p->own[s].alarm, &limits->alarm))
                return;
        p->own[s] = *limits;
        predictor_configure(p, false);
}

static Evidence slot_shown(const Slot *slot, Signal s) {
        Evidence e = slot->evidence;

        if (slot->injected > e.level) {
                double threshold = slot->injected == EVIDENCE_ALARM ? slot->alarm.value : slot->warn.value;

                e = (Evidence){
                        .signal = s,
                        .level = slot->injected,
                        .rule = signal_info(s)->rule,
                        .value = slot->sampled && signal_info(s)->kind == SIGNAL_LEVEL ? slot->value
                                                                                       : threshold,
                        .threshold = threshold,
                        .since = slot->injected_since,
                        .updated = slot->injected_since,
                        .time_to_failure = USEC_INFINITY,
                        .injected = true,
                };
        }
        e.vetoed = slot->vetoed;
        return e;
}

static bool evidence_before(const Evidence *a, const Evidence *b) {
        double hazard_a = evidence_hazard(a), hazard_b = evidence_hazard(b);

        return a->level != b->level ? a->level > b->level : hazard_a > hazard_b;
}

/* Collects what the slots say, in order. */
static void predictor_collect(HealthPredictor *p) {
        p->n_evidence = 0;
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                Slot *slot = p->slots + s;
                Evidence e;
                size_t i;

                if (slot->evidence.level == EVIDENCE_NONE && slot->injected == EVIDENCE_NONE) {
                        slot->vetoed = false;
                        continue;
                }
                e = slot_shown(slot, s);
                for (i = p->n_evidence; i > 0 && evidence_before(&e, p->evidence + i - 1); i--)
                        p->evidence[i] = p->evidence[i - 1];
                p->evidence[i] = e;
                p->n_evidence++;
        }
}

static void slot_take_finding(Slot *slot, Signal s, const Finding *f, usec_t at) {
        Evidence *e = &slot->evidence;
        bool changed = f->level != e->level;

        if (f->level == EVIDENCE_NONE) {
                *e = (Evidence){};
                return;
        }
        if (e->level == EVIDENCE_NONE)
                slot->onset = at;
        *e = (Evidence){
                .signal = s,
                .level = f->level,
                .rule = f->rule,
                .value = f->value,
                .threshold = f->threshold,
                .per = f->per,
                .since = changed ? at : e->since,
                .updated = at,
                .exposure = f->exposure,
                .time_to_failure = f->time_to_failure,
        };
}

/* Whether frames are seen to be damaged or lost, too. */
static bool predictor_sees_errors(const HealthPredictor *p) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                CauseGroup g = signal_info(s)->group;

                if ((g == CAUSE_SIGNAL_INTEGRITY || g == CAUSE_REACHABILITY) &&
                                p->slots[s].evidence.level > EVIDENCE_NONE)
                        return true;
        }
        return false;
}

/* A laser that gives less for all the current it may have is at its end, errors or not: current rises to a
 * plateau that its maker chose, then light falls, then the link is down, and all that were pulled at that stage
 * failed within two weeks (OCP 2018). A plateau may lie between the two thresholds of the module; then light
 * must be evidence too, where otherwise its trend will do. */
static bool predictor_sees_fading(const HealthPredictor *p, Signal s, EvidenceLevel level) {
        const Slot *power = p->slots + SIGNAL_TX_POWER;

        if (s != SIGNAL_TX_BIAS || p->slots[s].trusted)
                return false;
        return power->evidence.level > EVIDENCE_NONE ||
                        (level == EVIDENCE_ALARM && power->sampled &&
                                        trend_detector_finding(&power->trend).time_to_failure != USEC_INFINITY);
}

static Finding predictor_judge_level(HealthPredictor *p, Signal s) {
        const SignalInfo *info = signal_info(s);
        Slot *slot = p->slots + s;
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
        Slot *slot = p->slots + s, *exposure = p->slots + signal_info(s)->exposure;
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

/* Events count however long ago the last look was: a source may only look when the link changes. */
static bool slot_has_events(const Slot *slot) {
        return slot->verdict == COUNTER_DELTA || slot->verdict == COUNTER_GAP;
}

static bool predictor_judge(HealthPredictor *p, Signal s, uint64_t fresh, usec_t at, Finding *ret) {
        Slot *slot = p->slots + s;

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
                probe_detector_step(&slot->probe, slot->errors, slot->exposure, at);
                slot->errors = slot->exposure = 0;
                *ret = probe_detector_finding(&slot->probe);
                return true;
        case RULE_FLAP:
                if (!slot_has_events(slot))
                        return false;
                flap_detector_step(&slot->flap, slot->delta, at);
                *ret = flap_detector_finding(&slot->flap);
                return true;
        case RULE_COUNT:
                if (!slot_has_events(slot))
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
        const Slot *slot = p->slots + SIGNAL_CARRIER;

        /* probes that a lost carrier swallows have their explanation, which ends with it */
        if (level < 1)
                p->probe_hold_off = USEC_INFINITY;
        if (!slot->sampled || slot->value >= 1)
                return;
        if (at >= p->hold_off && at > slot->at)
                flap_detector_down(&p->slots[SIGNAL_LINK_FLAPS].flap, at - slot->at, at);
        if (level < 1)
                return;
        p->carrier_hold_off = at + CARRIER_HOLD_OFF;
        p->probe_hold_off = at + PROBE_HOLD_OFF;
        slot_start_over(p->slots + SIGNAL_PROBE_RX_LOST, SIGNAL_PROBE_RX_LOST);
        slot_start_over(p->slots + SIGNAL_PROBE_TX_LOST, SIGNAL_PROBE_TX_LOST);
}

/* Records one reading; false when it is to be ignored. */
static bool predictor_take(HealthPredictor *p, const HealthSample *sample) {
        const SignalInfo *info = signal_info(sample->signal);
        Slot *slot;
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
        return true;
}

HealthPredictor *health_predictor_new(const SignalPolicy *policy) {
        HealthPredictor *p = calloc(1, sizeof(*p));

        if (!p)
                return NULL;
        memcpy(p->policy, policy, sizeof(p->policy));
        predictor_configure(p, true);
        return p;
}

HealthPredictor *health_predictor_free(HealthPredictor *p) {
        free(p);
        return NULL;
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

        static_assert(_SIGNAL_MAX <= 64, "a bit per signal");
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
        /* counters come before levels in the enum, so that a level can lean on what they say */
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                const SignalInfo *info = signal_info(s);
                uint64_t concerns = UINT64_C(1) << s;
                Finding f = {};

                if (info->rule == RULE_RATE || info->rule == RULE_PROBE)
                        concerns |= UINT64_C(1) << info->exposure;
                if ((fresh & concerns) && !p->slots[s].ignored && predictor_judge(p, s, fresh, at, &f))
                        slot_take_finding(p->slots + s, s, &f, at);
        }
        predictor_collect(p);
}

/* What time alone changes. */
static void slot_tick(Slot *slot, Signal s, usec_t now) {
        usec_t updated = slot->evidence.updated;
        Finding f = {};

        if (slot->injected != EVIDENCE_NONE && now >= slot->injected_until)
                slot->injected = EVIDENCE_NONE;
        if (slot->ignored)
                return;
        switch (signal_info(s)->rule) {
        case RULE_FLAP:
                flap_detector_tick(&slot->flap, now);
                f = flap_detector_finding(&slot->flap);
                break;
        case RULE_COUNT:
                count_detector_tick(&slot->count, now);
                f = count_detector_finding(&slot->count);
                break;
        case RULE_RATE:
        case RULE_PROBE:
        case RULE_LEVEL:
                if (slot->evidence.level > EVIDENCE_NONE &&
                                usec_sub(now, slot->at) > MAX(STALE_INTERVALS * slot->interval, STALE_MIN))
                        slot_start_over(slot, s);
                return;
        case RULE_NONE:
        case RULE_TREND:
        case RULE_CARRIER: /* stands until the kernel says otherwise */
        case _RULE_MAX:
        case _RULE_INVALID:
                return;
        }
        slot_take_finding(slot, s, &f, now);
        if (updated > 0 && slot->evidence.level > EVIDENCE_NONE)
                slot->evidence.updated = updated;
}

void health_predictor_tick(HealthPredictor *p, usec_t now) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++)
                slot_tick(p->slots + s, s, now);
        predictor_collect(p);
}

void health_predictor_hold_off(HealthPredictor *p, usec_t until) {
        p->hold_off = MAX(p->hold_off, until);
}

void health_predictor_reset(HealthPredictor *p) {
        memset(p->slots, 0, sizeof(p->slots));
        memset(p->own, 0, sizeof(p->own));
        p->hold_off = p->carrier_hold_off = p->probe_hold_off = 0;
        predictor_configure(p, true);
        predictor_collect(p);
}

void health_predictor_forget(HealthPredictor *p, Signal s) {
        if (!signal_info(s))
                return;
        p->slots[s] = (Slot){};
        p->own[s] = (SignalLimits){};
        predictor_configure(p, false);
        slot_start_over(p->slots + s, s);
        predictor_collect(p);
}

void health_predictor_inject(HealthPredictor *p, Signal signal, EvidenceLevel level, usec_t now, usec_t until) {
        const SignalInfo *info = signal_info(signal);
        Slot *slot;

        if (!info || info->rule == RULE_NONE || level < EVIDENCE_NONE || level >= _EVIDENCE_LEVEL_MAX)
                return;
        slot = p->slots + signal;
        slot->injected = until > now ? level : EVIDENCE_NONE;
        slot->injected_since = now;
        slot->injected_until = until;
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

static bool within(usec_t a, usec_t b, usec_t time) {
        return MAX(a, b) - MIN(a, b) <= time;
}

/* Whether the signal stands on both sides since about the same time, and on neither much more than the other.
 */
static bool slots_have_common_cause(const Slot *a, const Slot *b, Signal s) {
        Evidence ea = slot_shown(a, s), eb = slot_shown(b, s);
        usec_t onset_a = ea.injected ? ea.since : a->onset, onset_b = eb.injected ? eb.since : b->onset;

        if (ea.level == EVIDENCE_NONE || eb.level == EVIDENCE_NONE)
                return false;
        /* equally bad ones may have got there one after the other; but where only one got worse, later, that is
         * its own doing */
        if (!within(ea.since, eb.since, COMMON_MODE_TIME) &&
                        !(ea.level == eb.level && within(onset_a, onset_b, COMMON_MODE_TIME)))
                return false;
        if (signal_info(s)->group != CAUSE_REACHABILITY)
                return true;
        return ea.value < COMMON_MODE_RATIO * eb.value && eb.value < COMMON_MODE_RATIO * ea.value;
}

void health_predictor_veto_common_mode(HealthPredictor *a, HealthPredictor *b, usec_t now) {
        for (Signal s = 0; s < _SIGNAL_MAX; s++) {
                bool common = slots_have_common_cause(a->slots + s, b->slots + s, s);

                a->slots[s].vetoed = b->slots[s].vetoed = common;
        }
        predictor_collect(a);
        predictor_collect(b);
}
