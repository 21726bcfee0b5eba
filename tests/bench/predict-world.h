/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One simulated adapter under the eyes of the real predictor and of its rivals. Time here is the simulation's.
 *
 * Only moments in which something can happen are simulated second by second. The rest is left out where that
 * provably changes no alarm: an alarm of the rate rule depends on a sum that never exceeds alarm_bound below,
 * the same sum without its forgetting; once that has been worn down to 0 by frames that were fed, the sum is 0
 * and quiet seconds leave it there. A reading after such a gap is thrown away by the predictor itself
 * (COUNTER_GAP), errors of the next second are not: every event is preceded by a quiet second. Warnings take a
 * hundred times as many frames to wear down; those are fed in steps of up to 100 s, which makes the decay of
 * the sum (half in 6 h) finer than 0.4 %. Module readings are never left out, since trends remember. */

#include <stdbool.h>

#include "health-predictor.h"
#include "module-watch.h"
#include "predict-queues.h"
#include "probe-pace.h"
#include "random.h"

typedef enum Judge {
        JUDGE_PRIMED,
        JUDGE_CARRIER, /* bonding, miimon */
        JUDGE_ARP,     /* bonding, arp_interval 1000, arp_missed_max 2 */
        JUDGE_CRC_ANY, /* any error within a minute */
        JUDGE_CRC_100, /* more than 100 within a minute */
        JUDGE_BER,     /* more than 1e-10 per bit within a minute */
        JUDGE_MODULE,  /* the module's own alarm thresholds */
        JUDGE_CUSUM,   /* the same CUSUM, neither clipped nor forgetting */
        JUDGE_ORACLE,  /* knows */
        _JUDGE_MAX,
} Judge;

/* What one of them said, in seconds since the life began; negative: nothing. */
typedef struct Verdict {
        double warn_at, alarm_at;
        double lost;                /* frames lost until then, since the trouble began */
        unsigned n_warns, n_alarms; /* those within 10 min of the end of another are the same */
        CauseGroup group;           /* of the first alarm's first reason */
        Signal signal;
        EvidenceLevel level;
        double warn_end, alarm_end;
} Verdict;

typedef struct World {
        Random random;
        HealthPredictor *predictor;
        double start, now; /* seconds */
        double pps;        /* of the mean hour */
        bool diurnal;
        unsigned refresh; /* seconds between updates of the driver's counters */
        bool optical;     /* its module is read */
        /* as the module says; NAN: does not say. The bias is that at 50 degrees, and what it says differs. */
        double rx_power, tx_power, bias, temperature;
        double rx_true_loss; /* share of frames lost now, for the account of losses */
        bool carrier, up;
        bool gray;
        bool probed;     /* since it was last quiet */
        bool sending;    /* probes are looked at in the direction away from the adapter */
        double arp_loss; /* what an ARP monitor's own frames lose; NAN: as others */
        double lost;

        uint64_t count[_SIGNAL_MAX], shown[_SIGNAL_MAX];
        ModuleWatch watch;
        double alarm_bound, warn_bound, step;
        double cusum;
        double minute_errors, minute_frames;
        uint64_t minute;
        unsigned arp_missed;
        Queues queues; /* no carrier, no look */
        ProbePace pace;
        usec_t heard;
        uint64_t n_fed;
        Verdict verdict[_JUDGE_MAX];
} World;

void world_init(World *w, uint64_t seed, double pps, bool optical);
void world_done(World *w);

double world_pps(const World *w);

/* One second in which so many errors arrived. */
void world_second(World *w, uint64_t errors);

/* Until then, nothing but frames. */
void world_quiet(World *w, double until);

/* One second in which a share of frames and probes is lost on their way to the adapter, or by the host, which
 * counts them then; the probes being looked at 100 times a second. */
void world_probed_second(World *w, double share, bool by_host, uint64_t errors);

/* The module is given its thresholds, and read from now on. */
void world_set_limits(World *w, Signal s, double warn, double alarm);

void world_carrier(World *w, bool carrier);
void world_oracle(World *w);
