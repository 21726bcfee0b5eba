/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predict-life.h"

#define DAY        86400.0
#define YEAR       (365.25 * DAY)
#define BIT(group) (1U << (group))

static double uniform(Life *l, double from, double to) {
        return from + (to - from) * random_uniform(&l->world.random);
}

static double log_uniform(Life *l, double from, double to) {
        return exp(uniform(l, log(from), log(to)));
}

/* Frames per second: log-uniform, from an all but idle host to a quarter of 100 Gb/s in small frames. */
static void begin_between(Life *l, double pps_min, double pps_max, bool optical) {
        /* another factor than the generator's own step, or neighbours would be one and the same stream */
        Random r = { .state = l->seed * UINT64_C(0xd1342543de82ef95) };

        l->pps = pps_min * pow(pps_max / pps_min, random_uniform(&r));
        world_init(&l->world, random_next(&r), l->pps, optical);
        l->world.refresh = 1 + (unsigned) (random_next(&r) % 2);
        l->failure = -1;
}

static void begin(Life *l, double pps_min, bool optical) {
        begin_between(l, pps_min, 8e6, optical);
}

static double elapsed(const Life *l) {
        return l->world.now - l->world.start;
}

static uint64_t errors_of(Life *l, double loss) {
        return random_poisson(&l->world.random, world_pps(&l->world) * loss);
}

static void trouble_begins(Life *l) {
        l->trouble = elapsed(l);
        l->world.lost = 0;
        world_oracle(&l->world);
}

/* Corruption: CorrOpt's buckets of loss (SIGCOMM 2017), log-uniform within, constant from one second to the
 * next; watched for an hour, or 6 where it is slight. */
static void corrupt(Life *l, double from, double to, double pps_min, double pps_max, double hours) {
        World *w = &l->world;

        begin_between(l, pps_min, pps_max, false);
        l->loss = log_uniform(l, from, to);
        world_quiet(w, w->now + uniform(l, 60, 7200));
        trouble_begins(l);
        w->rx_true_loss = l->loss;
        for (double end = w->now + hours * 3600; w->now < end && w->verdict[JUDGE_PRIMED].alarm_at < 0;)
                world_second(w, errors_of(l, l->loss));
        for (unsigned i = 0; i < 300; i++) /* the rivals' time */
                world_second(w, errors_of(l, l->loss));
}

static void live_c1(Life *l) {
        corrupt(l, 1e-8, 1e-5, 10, 8e6, 6);
}

static void live_c2(Life *l) {
        corrupt(l, 1e-5, 1e-4, 10, 8e6, 6);
}

static void live_c3(Life *l) {
        corrupt(l, 1e-4, 1e-3, 1000, 8e6, 1);
}

static void live_c4(Life *l) {
        corrupt(l, 1e-3, 1e-1, 1000, 8e6, 1);
}

/* The same as C3 and C4 where there is too little traffic to see it soon. */
static void live_c_idle(Life *l) {
        corrupt(l, 1e-4, 1e-1, 10, 1000, 6);
}

/* A receiver whose Q factor is 7 (a bit error rate of 1e-12) at its sensitivity and follows the light: frames
 * of 1538 bytes that are lost, so many dB above it. */
static double loss_at(double margin) {
        double q = 7 * pow(10, margin / 10);

        return -expm1(12304 * log1p(-0.5 * erfc(q / M_SQRT2)));
}

/* Optical decay (OCP 2018): 3 dB over 1 to 14 days, then the link is lost. The sensitivity is met 1 to 2 dB
 * before that, and the module's maker puts its alarm between half a dB above and 1 dB below the sensitivity,
 * its warning 1 to 2 dB above that. Near: our own laser, whose bias rises for 7 to 30 days before. */
static void decay(Life *l, bool near) {
        World *w = &l->world;
        double sensitive, days, ramp, level, plateau, above, power, sway;

        begin(l, 1000, true);
        sensitive = uniform(l, 1, 2); /* dB of the 3 that are still to go when the sensitivity is reached */
        days = uniform(l, 1, 14);
        ramp = near ? uniform(l, 7, 30) : 2;
        power = uniform(l, -10, -4);
        plateau = uniform(l, 12.2, 13.4);
        level = power - 3 + sensitive + uniform(l, -1, 0.5);
        above = uniform(l, 1, 2);
        sway = uniform(l, 0.5, 3); /* degrees, day and night */
        if (near) {
                power = uniform(l, -3, -2);
                world_set_limits(w, SIGNAL_TX_POWER, -5, -6);
        } else
                world_set_limits(w, SIGNAL_RX_POWER, level + above, level);
        w->rx_power = near ? -3 : power;
        w->tx_power = near ? power : -2.5;
        for (double t = 0; t < ramp * DAY; t += 60) {
                w->bias = near ? 7 + (plateau - 7) * t / (ramp * DAY) : 7;
                w->temperature = 45 + sway * sin(2 * M_PI * t / DAY);
                world_quiet(w, w->now + 60);
        }
        trouble_begins(l);
        l->failure = elapsed(l) + days * DAY;
        while (elapsed(l) < l->failure) {
                double depth = 3 * (elapsed(l) - l->trouble) / (days * DAY),
                       loss = loss_at(3 - sensitive - depth);

                *(near ? &w->tx_power : &w->rx_power) = power - depth;
                w->temperature = 45 + sway * sin(2 * M_PI * elapsed(l) / DAY);
                w->rx_true_loss = loss;
                if (w->verdict[JUDGE_PRIMED].alarm_at >= 0 && w->verdict[JUDGE_CRC_100].alarm_at >= 0 && !near)
                        world_quiet(w, w->now + 60);
                else if (near || loss * w->pps < 1e-3)
                        world_quiet(w, w->now + 60); /* our frames are lost at the other end */
                else
                        for (unsigned i = 0; i < 60; i++)
                                world_second(w, errors_of(l, loss));
        }
        world_carrier(w, false);
        world_second(w, 0);
}

static void live_o(Life *l) {
        decay(l, false);
}

static void live_o_near(Life *l) {
        decay(l, true);
}

/* Heat: 0.5 to 5 degrees a minute, and the module shuts down 5 to 15 degrees above its alarm threshold. */
static void live_t(Life *l) {
        World *w = &l->world;
        double rate, death;

        begin(l, 1000, true);
        rate = log_uniform(l, 0.5, 5) / 60;
        death = 78 + uniform(l, 5, 15);
        w->temperature = uniform(l, 45, 65);
        world_quiet(w, w->now + 7200 + uniform(l, 0, 60));
        trouble_begins(l);
        while (w->temperature < death) {
                w->temperature += rate;
                world_second(w, 0);
        }
        l->failure = elapsed(l);
        world_carrier(w, false);
        world_second(w, 0);
}

/* Sudden death: nothing before it. */
static void live_d(Life *l) {
        begin(l, 10, true);
        world_quiet(&l->world, l->world.now + uniform(l, 3600, 7200));
        trouble_begins(l);
        l->failure = elapsed(l);
        world_carrier(&l->world, false);
        world_second(&l->world, 0);
        world_second(&l->world, 0);
}

/* Uncorrectable blocks for 1 to 60 s, then the link is lost. */
static void live_x(Life *l) {
        World *w = &l->world;
        double span;

        begin(l, 1000, false);
        world_quiet(w, w->now + 3600);
        trouble_begins(l);
        span = uniform(l, 1, 60);
        w->rx_true_loss = 0.01;
        while (elapsed(l) < l->trouble + span) {
                w->count[SIGNAL_FEC_UNCORRECTABLE] += 1 + random_poisson(&w->random, 20);
                world_second(w, 0);
        }
        l->failure = elapsed(l);
        world_carrier(w, false);
        world_second(w, 0);
}

/* Flapping: losses of link in a cluster, minutes apart, each lognormal with a median of 5 s. */
static void live_f(Life *l) {
        World *w = &l->world;
        unsigned n = 4 + (unsigned) uniform(l, 0, 12);

        begin(l, 10, false);
        world_quiet(w, w->now + 3600);
        trouble_begins(l);
        for (unsigned i = 0; i < n; i++) {
                double down = exp(log(5) + random_normal(&w->random));

                world_carrier(w, false);
                for (double t = 0; t < down; t++)
                        world_second(w, 0);
                world_carrier(w, true);
                world_quiet(w, w->now + uniform(l, 20, 600));
        }
}

/* Gray failure: the link stays up, nothing arrives any more. */
static void live_g(Life *l) {
        World *w = &l->world;

        begin(l, 10, false);
        world_quiet(w, w->now + 3600);
        for (unsigned i = 0; i < 3; i++)
                world_probed_second(w, 0, false, 0);
        trouble_begins(l);
        w->rx_true_loss = 1;
        w->gray = true;
        for (unsigned i = 0; i < 10; i++)
                world_probed_second(w, 1, false, 0);
}

/* One transmit queue of 1 to 32 stalls; the watchdog finds out 5 s later (dev_watchdog(),
 * net/sched/sch_generic.c). Probes leave by one queue, which may be that one. Drivers have byte queue limits
 * here, as all have that the catalogue of signals names. */
static void live_w(Life *l) {
        World *w = &l->world;
        unsigned queues;
        bool seen;

        begin(l, 1000, false);
        queues = 1U << random_next(&w->random) % 6;
        seen = random_next(&w->random) % queues == 0;
        queues_init(&w->queues, l->seed, queues);
        world_quiet(w, w->now + 3600);
        w->sending = true;
        for (unsigned i = 0; i < 3; i++)
                world_probed_second(w, 0, false, 0);
        trouble_begins(l);
        w->rx_true_loss = 1.0 / queues;
        w->arp_loss = seen ? 1 : 0;
        l->failure = elapsed(l) + 5;
        w->queues.stalled = 0;
        for (unsigned i = 0; i < 8; i++) {
                if (i == 5)
                        w->count[SIGNAL_TX_TIMEOUT]++;
                world_probed_second(w, seen ? 1 : 0, false, 0);
        }
}

/* Bursts, 12 a year (somebody touches a cable): up to 1000 errors within 1 to 3 s, of frames and of probes
 * alike, at most 0.5 % of them, half of what a policy's probe-loss says must be found: what loses more is an
 * outage, which the prober is there to answer. */
static void burst(Life *l) {
        World *w = &l->world;
        unsigned seconds = 1 + (unsigned) uniform(l, 0, 3);
        double errors = log_uniform(l, 1, 1000) / seconds, share = fmin(errors / fmax(world_pps(w), 1), 0.005);

        world_probed_second(w, 0, false, 0);
        for (unsigned i = 0; i < seconds; i++)
                world_probed_second(w, share, false, errors_of(l, share));
        world_probed_second(w, 0, false, 0);
}

/* The next of events that come at a rate per second. */
static double next_event(Life *l, double rate) {
        return rate > 0 ? l->world.now - log(random_uniform(&l->world.random)) / rate : INFINITY;
}

static void begin_negative(Life *l, bool optical) {
        begin(l, 10, optical);
        l->world.refresh = 1;
        l->world.diurnal = true;
        l->loss = log_uniform(l, 1e-9, 1e-8);
        l->world.bias = uniform(l, 5, 9);
        l->world.temperature = uniform(l, 35, 60);
        l->world.rx_power = uniform(l, -8, -1);
        l->world.tx_power = uniform(l, -4, -1);
        queues_init(&l->world.queues, l->seed, 1U << l->seed % 6);
}

/* A healthy stretch, at bit error rates that IEEE 802.3 allows, with something that happens n times a year. */
static void stretch(Life *l, double per_year, void (*event)(Life *)) {
        World *w = &l->world;
        double end = w->now + l->days * DAY, mean_loss = l->loss;
        double error = next_event(l, mean_loss * w->pps * 0.55), strike = next_event(l, 12 / YEAR),
               special = next_event(l, per_year / YEAR);
        double base = w->temperature;

        l->years = l->days * DAY / YEAR;
        for (;;) {
                double next = fmin(fmin(error, strike), fmin(special, end));

                if (w->optical) /* a room of 24 hours, and the year's */
                        next = fmin(next, w->now + 300);
                world_quiet(w, next - 1);
                if (w->optical)
                        w->temperature = base + 4 * sin(2 * M_PI * w->now / DAY) +
                                        5 * sin(2 * M_PI * w->now / YEAR);
                if (next >= end)
                        break;
                if (next == error) {
                        world_second(w, 1);
                        error = next_event(l, mean_loss * w->pps * 0.55);
                } else if (next == strike) {
                        burst(l);
                        strike = next_event(l, 12 / YEAR);
                } else if (next == special) {
                        event(l);
                        special = next_event(l, per_year / YEAR);
                }
        }
}

static void live_h(Life *l) {
        begin_negative(l, false);
        stretch(l, 0, NULL);
}

static void live_h_optical(Life *l) {
        begin_negative(l, true);
        stretch(l, 0, NULL);
}

/* Congestion: 10 s to 10 min of drops in the host's own rings, with the shares that CorrOpt gives for
 * congestion, its open bucket up to 10 %. */
static void congest(Life *l, bool probes) {
        World *w = &l->world;
        double u = random_uniform(&w->random);
        double share = u < 0.9244    ? log_uniform(l, 1e-8, 1e-5)
                        : u < 0.9879 ? log_uniform(l, 1e-5, 1e-4)
                        : u < 0.9978 ? log_uniform(l, 1e-4, 1e-3)
                                     : log_uniform(l, 1e-3, 1e-1);
        double seconds = fmin(log_uniform(l, 10, 600), probes && share > 1e-4 ? 60 : 600);

        world_second(w, 0);
        for (double t = 0; t < seconds; t++) {
                w->count[SIGNAL_RX_MISSED] += random_poisson(&w->random, world_pps(w) * share);
                w->count[SIGNAL_RX_DROPPED] += random_poisson(&w->random, world_pps(w) * share);
                if (probes && share > 1e-4)
                        world_probed_second(w, share, true, 0);
                else
                        world_second(w, 0);
        }
}

static void congest_frames(Life *l) {
        congest(l, false);
}

static void congest_all(Life *l) {
        congest(l, true);
}

static void live_k(Life *l) {
        begin_negative(l, false);
        stretch(l, 200, congest_frames);
}

/* As K, the probes being dropped as well. */
static void live_k_probes(Life *l) {
        begin_negative(l, false);
        stretch(l, 200, congest_all);
}

static void counters_to(World *w, uint64_t value) {
        for (Signal s = SIGNAL_RX_PACKETS; s <= SIGNAL_TX_DROPPED; s++)
                w->count[s] = value;
        w->count[SIGNAL_RX_CRC_ERRORS] = value > 0 ? value : 0;
}

static void link_away(Life *l, double seconds, bool training) {
        World *w = &l->world;

        world_carrier(w, false);
        for (double t = 0; t < seconds; t++)
                world_second(w, 0);
        world_carrier(w, true);
        /* equalizers train */
        for (unsigned i = 0; i < 3; i++)
                world_second(w, training ? errors_of(l, 1e-3) : 0);
}

/* What happens to counters and links without a fault: what the daemon tells the predictor of it, is told. */
static void upheaval(Life *l) {
        World *w = &l->world;
        usec_t now = (usec_t) (w->now * 1e6);

        switch (random_next(&w->random) % 5) {
        case 0: /* counters start again */
                counters_to(w, 0);
                world_second(w, 0);
                return;
        case 1: /* 32-bit counters wrap, errors among them */
                counters_to(w, (UINT64_C(1) << 32) - 100);
                world_second(w, 0);
                world_second(w, 0);
                for (Signal s = SIGNAL_RX_PACKETS; s <= SIGNAL_TX_DROPPED; s++)
                        w->count[s] &= UINT32_MAX;
                w->count[SIGNAL_RX_CRC_ERRORS] = 0;
                world_second(w, 0);
                counters_to(w, 0);
                world_second(w, 0);
                return;
        case 2: /* another driver behind the name */
                health_predictor_reset(w->predictor);
                counters_to(w, 0);
                link_away(l, 3, true);
                return;
        case 3: /* down and up by an administrator (pair_set_link()) */
                health_predictor_hold_off(w->predictor, now + 5 * USEC_PER_SEC);
                w->up = false;
                link_away(l, uniform(l, 2, 20), true);
                health_predictor_hold_off(w->predictor, (usec_t) (w->now * 1e6) + 5 * USEC_PER_SEC);
                w->up = true;
                world_second(w, 0);
                return;
        default: /* the module is replaced by one with other values */
                for (Signal s = 0; s < _SIGNAL_MAX; s++)
                        if (signal_is_of_module(s))
                                health_predictor_forget(w->predictor, s);
                module_watch_forget(&w->watch);
                w->rx_power = uniform(l, -9, -1);
                w->tx_power = uniform(l, -4, -1);
                w->bias = uniform(l, 5, 9);
                world_set_limits(w, SIGNAL_RX_POWER, -9.9, -11.9);
                world_set_limits(w, SIGNAL_TX_POWER, -5, -6);
                world_set_limits(w, SIGNAL_TX_BIAS, 12.5, 13);
                world_set_limits(w, SIGNAL_MODULE_TEMPERATURE, 73, 78);
        }
}

/* While the link is really gone an alarm is right, and not counted (judge_says()). */
static void live_r(Life *l) {
        begin_negative(l, true);
        stretch(l, 12, upheaval);
}

/* Sensors that lie: stuck, without a value, full of noise, or of a cable without any light. */
static void live_s(Life *l) {
        World *w = &l->world;

        begin_negative(l, true);
        switch (random_next(&w->random) % 4) {
        case 0:
                w->rx_power = w->tx_power = w->bias = NAN;
                break;
        case 1:
                w->rx_power = 0;
                w->tx_power = 0;
                break;
        case 2:
                w->temperature = NAN;
                break;
        default:
                w->rx_power = -11.2; /* for years beyond the data sheet, and it works */
        }
        stretch(l, 0, NULL);
}

static void heat_wave(Life *l) {
        World *w = &l->world;
        double base = w->temperature, top = uniform(l, 66, 76), rate = log_uniform(l, 0.5, 5) / 60;

        for (; w->temperature < top; w->temperature += rate)
                world_second(w, 0);
        for (; w->temperature > base; w->temperature -= rate / 2)
                world_second(w, 0);
}

/* Heat that goes again, short of the alarm threshold, once a year. */
static void live_t_recovered(Life *l) {
        begin_negative(l, true);
        stretch(l, 1, heat_wave);
}

#define INTEGRITY BIT(CAUSE_SIGNAL_INTEGRITY)

const LifeClass life_classes[] = {
        { "C1", live_c1, false, INTEGRITY },
        { "C2", live_c2, false, INTEGRITY },
        { "C3", live_c3, false, INTEGRITY },
        { "C4", live_c4, false, INTEGRITY },
        { "C-idle", live_c_idle, false, INTEGRITY },
        { "O-far", live_o, false, BIT(CAUSE_OPTICS) },
        { "O-near", live_o_near, false, BIT(CAUSE_OPTICS) },
        { "T", live_t, false, BIT(CAUSE_THERMAL) },
        { "D", live_d, false, BIT(CAUSE_LINK) },
        { "X", live_x, false, INTEGRITY },
        { "F", live_f, false, BIT(CAUSE_LINK) },
        { "G", live_g, false, BIT(CAUSE_REACHABILITY) },
        { "W", live_w, false, BIT(CAUSE_FIRMWARE_QUEUE) | BIT(CAUSE_REACHABILITY) },
        { "H", live_h, true, 0 },
        { "H-optical", live_h_optical, true, 0 },
        { "K", live_k, true, 0 },
        { "K-probes", live_k_probes, true, 0 },
        { "R", live_r, true, 0 },
        { "S", live_s, true, 0 },
        { "T-recovered", live_t_recovered, true, 0 },
};
const size_t n_life_classes = ELEMENTSOF(life_classes);

void life_run(Life *l, const LifeClass *class, uint64_t seed, double days) {
        *l = (Life){ .seed = seed, .days = days, .failure = -1 };
        class->live(l);
}

void life_done(Life *l) {
        world_done(&l->world);
}
