/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "trend-detector.h"

#define TREND_SAMPLES     30
#define TREND_WEIGHT_MIN  15.0 /* samples that matter: what 30 have at a memory of about as many */
#define TREND_SIGMAS      3.0
#define TREND_EXPLAINED   0.8
#define TREND_RECENT      0.25 /* weight of the newest sample in the recent mean */
#define TREND_CLEAR       10
#define TREND_CLEAR_RATIO 2

/* seconds, e-folding */
static const double trend_memory[TREND_LINES] = { 2, 15, 120, 1200, 6 * 3600 };

static const unsigned trend_confirm[_EVIDENCE_LEVEL_MAX] = {
        [EVIDENCE_WARN] = 3,
        [EVIDENCE_ALARM] = 10,
};

static usec_t trend_horizon(SignalUnit unit, EvidenceLevel level) {
        if (unit == SIGNAL_UNIT_CELSIUS)
                return level == EVIDENCE_ALARM ? 10 * USEC_PER_MINUTE : USEC_PER_HOUR;
        return level == EVIDENCE_ALARM ? 30 * USEC_PER_MINUTE : 24 * USEC_PER_HOUR;
}

/* The least change that is not a sensor's wobble, in the scale of the line. */
static double trend_wobble(SignalUnit unit) {
        switch (unit) {
        case SIGNAL_UNIT_DBM:
        case SIGNAL_UNIT_DB:
                return 0.5;
        case SIGNAL_UNIT_CELSIUS:
        case SIGNAL_UNIT_MILLIAMPERE:
                return 2;
        case SIGNAL_UNIT_RATIO:
        case SIGNAL_UNIT_PER_FRAME:
                return log10(2);
        case SIGNAL_UNIT_NONE:
        case SIGNAL_UNIT_FRACTION:
        case SIGNAL_UNIT_PER_TIME:
        case _SIGNAL_UNIT_MAX:
        case _SIGNAL_UNIT_INVALID:
                break;
        }
        return 0;
}

/* The scale in which decay is linear. */
static double trend_scale(SignalUnit unit, double level) {
        if (unit == SIGNAL_UNIT_RATIO)
                return log10(fmax(level, 1e-18));
        return level;
}

void trend_detector_init(TrendDetector *d, const SignalInfo *info, const SignalThreshold *warn,
                const SignalThreshold *alarm) {
        *d = (TrendDetector){
                .warn = *warn,
                .alarm = *alarm,
                .unit = info->unit,
                .below = info->below,
                .time_to_failure = USEC_INFINITY,
        };
}

static void trend_line_add(TrendLine *l, double t, double y, double keep) {
        double weight = l->weight * keep + 1, dt = t - l->t, dy = y - l->y;

        /* West's update (CACM 1979) of weighted means and products */
        l->tt = l->tt * keep + dt * dt * (weight - 1) / weight;
        l->ty = l->ty * keep + dt * dy * (weight - 1) / weight;
        l->yy = l->yy * keep + dy * dy * (weight - 1) / weight;
        l->t += dt / weight;
        l->y += dy / weight;
        l->weight = weight;
}

/* Seconds until the line crosses limit, INFINITY when it is no trend or leads elsewhere. */
static double trend_line_reaches(
                const TrendLine *l, double t, double limit, double recent, bool below, double wobble) {
        double slope, rest, variance, span, fitted;

        if (l->weight < TREND_WEIGHT_MIN || l->tt <= 0)
                return INFINITY;
        slope = l->ty / l->tt;
        if (below ? slope >= 0 : slope <= 0)
                return INFINITY;
        rest = fmax(l->yy - slope * l->ty, 0);
        variance = rest / (l->weight - 2) / l->tt;
        /* as wide as evenly spread samples of this variance */
        span = sqrt(12 * l->tt / l->weight);
        if (fabs(slope) <= TREND_SIGMAS * sqrt(variance) || l->yy - rest < TREND_EXPLAINED * l->yy ||
                        fabs(slope) * span < wobble)
                return INFINITY;
        /* decay often speeds up, and then the line lags behind what was seen last: the nearer one counts */
        fitted = l->y + slope * (t - l->t);
        return fmax(fmin((limit - fitted) / slope, (limit - recent) / slope), 0);
}

static void trend_detector_judge(TrendDetector *d, EvidenceLevel l) {
        usec_t horizon = trend_horizon(d->unit, l);

        d->near[l] = d->time_to_failure <= horizon ? MIN(d->near[l] + 1, trend_confirm[l]) : 0;
        d->far[l] = d->time_to_failure > TREND_CLEAR_RATIO * horizon ? MIN(d->far[l] + 1, TREND_CLEAR + 0U) : 0;
        if (d->near[l] >= trend_confirm[l])
                d->on[l] = true;
        else if (d->far[l] >= TREND_CLEAR)
                d->on[l] = false;
}

/* Whether the level is where its trend means something. */
static bool trend_detector_applies(const TrendDetector *d) {
        if (d->n < TREND_SAMPLES)
                return false;
        if (d->unit != SIGNAL_UNIT_CELSIUS)
                return true;
        return d->warn.set && (d->below ? d->last < d->warn.value : d->last > d->warn.value);
}

void trend_detector_step(TrendDetector *d, double level, usec_t at) {
        double y = trend_scale(d->unit, level), t, dt, reaches = INFINITY;

        if (!d->alarm.set || (d->n > 0 && at <= d->at))
                return;
        if (d->n == 0)
                d->first = d->at = at;
        t = (double) (at - d->first) / (double) USEC_PER_SEC;
        dt = (double) (at - d->at) / (double) USEC_PER_SEC;
        d->at = at;
        d->last = level;
        d->recent = d->n == 0 ? y : d->recent + TREND_RECENT * (y - d->recent);
        d->n++;
        for (size_t i = 0; i < TREND_LINES; i++)
                trend_line_add(d->line + i, t, y, exp(-dt / trend_memory[i]));
        if (trend_detector_applies(d))
                for (size_t i = 0; i < TREND_LINES; i++)
                        reaches = fmin(reaches,
                                        trend_line_reaches(d->line + i, t, trend_scale(d->unit, d->alarm.value),
                                                        d->recent, d->below, trend_wobble(d->unit)));
        /* ten years are never, and fit */
        d->time_to_failure = reaches < 10 * 365 * 86400.0 ? (usec_t) (reaches * (double) USEC_PER_SEC)
                                                          : USEC_INFINITY;
        trend_detector_judge(d, EVIDENCE_WARN);
        trend_detector_judge(d, EVIDENCE_ALARM);
}

Finding trend_detector_finding(const TrendDetector *d) {
        EvidenceLevel level = d->on[EVIDENCE_ALARM] ? EVIDENCE_ALARM
                        : d->on[EVIDENCE_WARN]      ? EVIDENCE_WARN
                                                    : EVIDENCE_NONE;

        return (Finding){
                .level = level,
                .rule = RULE_TREND,
                .value = d->last,
                .threshold = d->alarm.value,
                .time_to_failure = d->time_to_failure,
        };
}
