/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>

#include "probe-verdict.h"

/* A beacon was lost. R receives, S sends; each adapter's targets were asked at the same time.
 *
 * The rule that keeps moves safe: an adapter whose targets answer is not blamed where the other one's do not,
 * and where nothing tells them apart both are blamed alike, so that neither looks better than the other. */
static const uint8_t beacon_table[_TARGET_VIEW_MAX][_TARGET_VIEW_MAX] = {
        [TARGETS_UNKNOWN] = {
                /* Nothing tells R's receive side from S's transmit side. Blaming only the serving one could
                 * move egress to a spare that cannot send; only the spare, hide that the serving one is deaf. */
                [TARGETS_UNKNOWN] = BLAME_BOTH,
                [TARGETS_ANSWER] = BLAME_RECEIVER, /* S sends well, so R does not receive */
                [TARGETS_LOSE] = BLAME_SENDER,     /* one fault, in S, explains both losses; in R it would not */
                [TARGETS_DOWN] = BLAME_SENDER,     /* what was never sent tells nothing of R */
        },
        [TARGETS_ANSWER] = {
                [TARGETS_UNKNOWN] = BLAME_SENDER, /* R receives well */
                [TARGETS_ANSWER] = BLAME_NOBODY,  /* both work: it is between them, moving would gain nothing */
                [TARGETS_LOSE] = BLAME_SENDER,
                [TARGETS_DOWN] = BLAME_SENDER,
        },
        [TARGETS_LOSE] = {
                [TARGETS_UNKNOWN] = BLAME_RECEIVER, /* one fault, in R, explains both losses */
                [TARGETS_ANSWER] = BLAME_RECEIVER,
                [TARGETS_LOSE] = BLAME_BOTH, /* a common cause; the veto on those sees the same on both */
                [TARGETS_DOWN] = BLAME_SENDER, /* R's targets may have lost a probe of their own */
        },
        [TARGETS_DOWN] = {
                [TARGETS_UNKNOWN] = BLAME_RECEIVER,
                [TARGETS_ANSWER] = BLAME_RECEIVER,
                [TARGETS_LOSE] = BLAME_RECEIVER,
                [TARGETS_DOWN] = BLAME_BOTH,
        },
};

/* A target lost a probe through A: a round trip, so the beacons must say which half. */
static const uint8_t target_table[_TARGET_VIEW_MAX][2][2] = { /* other's targets, beacons into A lost, out of A */
        [TARGETS_UNKNOWN] = {
                /* The beacons work, or there are none: the target may just be gone. */
                [false] = { [false] = TARGET_BLAME_NOBODY, [true] = TARGET_BLAME_TX },
                [true] = { [false] = TARGET_BLAME_RX, [true] = TARGET_BLAME_BOTH },
        },
        [TARGETS_ANSWER] = {
                /* The target lives, so A's path to it is worse than the other's even if beacons pass: counted
                 * once, on the side that is moved first. */
                [false] = { [false] = TARGET_BLAME_RX, [true] = TARGET_BLAME_TX },
                [true] = { [false] = TARGET_BLAME_RX, [true] = TARGET_BLAME_BOTH },
        },
        [TARGETS_LOSE] = {
                /* Lost through both: the target or what is before it. What the beacons say is blamed there. */
                [false] = { [false] = TARGET_BLAME_NOBODY, [true] = TARGET_BLAME_NOBODY },
                [true] = { [false] = TARGET_BLAME_NOBODY, [true] = TARGET_BLAME_NOBODY },
        },
        [TARGETS_DOWN] = {
                /* Nothing tells the target from A's path, and no beacon could say which half. */
                [false] = { [false] = TARGET_BLAME_NOBODY, [true] = TARGET_BLAME_NOBODY },
                [true] = { [false] = TARGET_BLAME_NOBODY, [true] = TARGET_BLAME_NOBODY },
        },
};

BeaconBlame probe_verdict_beacon(TargetView receiver, TargetView sender) {
        return (BeaconBlame) beacon_table[receiver][sender];
}

TargetBlame probe_verdict_target(TargetView other, bool beacons_in_lost, bool beacons_out_lost) {
        return (TargetBlame) target_table[other][beacons_in_lost][beacons_out_lost];
}

void probe_verdict_init(ProbeVerdict *v) {
        *v = (ProbeVerdict){};
}

/* > 0: the targets lose like the path of the episode; < 0: like a healthy one. The share is held down while few
 * probes were counted, so that one answer does not contradict one loss. */
static double target_ratio(const ProbeEpisode *e, const ProbeTally *target, PairSide side, uint64_t *ret_n) {
        double share = fmin(fmax((double) e->lost / (double) (e->lost + e->received + 9), 1e-3), 0.99);
        uint64_t lost = target->lost - e->base[side].lost + e->lost_before[side];
        uint64_t received = target->received - e->base[side].received;

        *ret_n = lost + received;
        return (double) lost * log(share / PROBE_VERDICT_HEALTHY) +
                        (double) received * log((1 - share) / (1 - PROBE_VERDICT_HEALTHY));
}

typedef struct TargetOpinion {
        TargetView view;
        bool decided;
        bool leans_to_answer; /* undecided, but something was heard and it speaks for a healthy path */
} TargetOpinion;

static TargetOpinion target_opinion(const ProbeEpisode *e, const ProbeView *view, PairSide side) {
        double ratio;
        uint64_t n;

        if (view->down[side])
                return (TargetOpinion){ .view = TARGETS_DOWN, .decided = true };
        if (!view->targets_known[side])
                return (TargetOpinion){ .view = TARGETS_UNKNOWN, .decided = true };
        ratio = target_ratio(e, view->target + side, side, &n);
        if (ratio > PROBE_VERDICT_RATIO)
                return (TargetOpinion){ .view = TARGETS_LOSE, .decided = true };
        if (ratio < -PROBE_VERDICT_RATIO)
                return (TargetOpinion){ .view = TARGETS_ANSWER, .decided = true };
        return (TargetOpinion){ .view = TARGETS_UNKNOWN, .leans_to_answer = n > 0 && ratio < 0 };
}

/* Opinions settle the matter when both are firm, one is down, or one says "lost" while the other heard answers.
 */
static bool opinions_suffice(TargetOpinion a, TargetOpinion b) {
        return (a.decided && b.decided) || a.view == TARGETS_DOWN || b.view == TARGETS_DOWN ||
                        (a.view == TARGETS_LOSE && b.leans_to_answer) ||
                        (b.view == TARGETS_LOSE && a.leans_to_answer);
}

static void blame_beacon(ProbeVerdict *v, PairSide receiver, BeaconBlame blame, uint64_t n) {
        ProbeCounters *r = v->counters + receiver, *s = v->counters + pair_side_other(receiver);

        if (blame == BLAME_NOBODY)
                v->unblamed += n;
        if (blame == BLAME_RECEIVER || blame == BLAME_BOTH) {
                r->rx_sent += n;
                r->rx_lost += n;
        }
        if (blame == BLAME_SENDER || blame == BLAME_BOTH) {
                s->tx_sent += n;
                s->tx_lost += n;
        }
}

static void blame_target(ProbeVerdict *v, PairSide side, TargetBlame blame, uint64_t n) {
        ProbeCounters *c = v->counters + side;

        if (blame == TARGET_BLAME_NOBODY)
                v->unblamed += n;
        if (blame == TARGET_BLAME_RX || blame == TARGET_BLAME_BOTH) {
                c->rx_sent += n;
                c->rx_lost += n;
        }
        if (blame == TARGET_BLAME_TX || blame == TARGET_BLAME_BOTH) {
                c->tx_sent += n;
                c->tx_lost += n;
        }
}

/* Takes what is new on a path into its episode; opens one at the first loss. */
static void episode_update(ProbeEpisode *e, const ProbeTally *now_tally, const ProbeTally *before,
                const ProbeView *view, usec_t now) {
        uint64_t lost = now_tally->lost - before->lost;

        if (e->active && e->waiting == 0 && usec_sub(now, e->since) >= PROBE_VERDICT_EPISODE)
                e->active = false;
        if (!e->active && lost > 0) {
                *e = (ProbeEpisode){ .active = true, .since = now };
                for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                        e->base[s] = view->target[s];
                        e->lost_before[s] = view->target[s].last_lost > 0 &&
                                        usec_sub(now, view->target[s].last_lost) < PROBE_VERDICT_EPISODE;
                }
        }
        if (!e->active)
                return;
        e->received += now_tally->received - before->received;
        e->lost += lost;
        if (lost > 0) {
                if (e->waiting == 0)
                        e->waiting_since = now;
                e->waiting += lost;
                e->last_lost = now;
        }
}

static bool is_losing(const ProbeEpisode *e, usec_t now) {
        return e->active && e->lost > 0 && usec_sub(now, e->last_lost) < PROBE_VERDICT_EPISODE;
}

void probe_verdict_update(ProbeVerdict *v, const ProbeView *view, usec_t now) {
        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                uint64_t beacons = view->beacon[s].received - v->seen.beacon[s].received;
                uint64_t answers = view->target[s].received - v->seen.target[s].received;

                v->counters[s].rx_sent += beacons + answers;
                v->counters[s].tx_sent += answers;
                v->counters[pair_side_other(s)].tx_sent += beacons;
                episode_update(v->beacon + s, view->beacon + s, v->seen.beacon + s, view, now);
                episode_update(v->target + s, view->target + s, v->seen.target + s, view, now);
        }
        v->seen = *view;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                ProbeEpisode *e = v->beacon + s, *t = v->target + s;
                PairSide other = pair_side_other(s);

                if (e->waiting > 0) {
                        TargetOpinion mine = target_opinion(e, view, s),
                                      others = target_opinion(e, view, other);

                        if (opinions_suffice(mine, others) ||
                                        usec_sub(now, e->waiting_since) >= PROBE_VERDICT_PATIENCE) {
                                blame_beacon(v, s, probe_verdict_beacon(mine.view, others.view), e->waiting);
                                e->waiting = 0;
                        }
                }
                if (t->waiting > 0) {
                        TargetOpinion others = target_opinion(t, view, other);

                        /* Answers through the other one that speak for it are enough here: what is counted is
                         * only that this one lost what the other did not. */
                        if (others.leans_to_answer)
                                others = (TargetOpinion){ .view = TARGETS_ANSWER, .decided = true };
                        if (others.decided || usec_sub(now, t->waiting_since) >= PROBE_VERDICT_PATIENCE) {
                                blame_target(v, s,
                                                probe_verdict_target(others.view, is_losing(v->beacon + s, now),
                                                                is_losing(v->beacon + other, now)),
                                                t->waiting);
                                t->waiting = 0;
                        }
                }
        }
}

usec_t probe_verdict_deadline(const ProbeVerdict *v) {
        usec_t first = USEC_INFINITY;

        for (PairSide s = 0; s < _PAIR_SIDE_MAX; s++) {
                if (v->beacon[s].waiting > 0)
                        first = MIN(first, v->beacon[s].waiting_since + PROBE_VERDICT_PATIENCE);
                if (v->target[s].waiting > 0)
                        first = MIN(first, v->target[s].waiting_since + PROBE_VERDICT_PATIENCE);
        }
        return first;
}

bool probe_verdict_is_waiting(const ProbeVerdict *v) {
        return probe_verdict_deadline(v) != USEC_INFINITY;
}

size_t probe_verdict_samples(
                const ProbeVerdict *v, PairSide side, usec_t now, HealthSample *samples, size_t size) {
        const ProbeCounters *c = v->counters + side;
        const HealthSample all[PROBE_VERDICT_SAMPLES] = {
                { .signal = SIGNAL_PROBE_RX_SENT, .at = now, .count = c->rx_sent },
                { .signal = SIGNAL_PROBE_RX_LOST, .at = now, .count = c->rx_lost },
                { .signal = SIGNAL_PROBE_TX_SENT, .at = now, .count = c->tx_sent },
                { .signal = SIGNAL_PROBE_TX_LOST, .at = now, .count = c->tx_lost },
        };
        size_t n = MIN(size, ELEMENTSOF(all));

        memcpy(samples, all, n * sizeof(*samples));
        return n;
}

bool probe_verdict_is_proved(const PathProof *p, usec_t interval, usec_t now, char *reason) {
        bool in = probe_is_fresh(p->beacon_in, interval, now),
             out = probe_is_fresh(p->beacon_out, interval, now);

        reason[0] = '\0';
        if (p->down) {
                snprintf(reason, PROBE_REASON_MAX, "%s takes no frames: %s", p->name, p->down);
                return false;
        }
        if (probe_is_fresh(p->target, interval, now))
                return true;
        if (probe_is_fresh(p->other_target, interval, now))
                snprintf(reason, PROBE_REASON_MAX, "targets answer %s but not %s", p->other_name, p->name);
        else if (!p->beacon)
                snprintf(reason, PROBE_REASON_MAX, "no target answers %s, and beacons are off", p->name);
        else if (!in && !out)
                snprintf(reason, PROBE_REASON_MAX, "no beacon passes between %s and %s", p->name,
                                p->other_name);
        else if (!in)
                snprintf(reason, PROBE_REASON_MAX, "beacons of %s do not reach %s", p->other_name, p->name);
        else if (!out)
                snprintf(reason, PROBE_REASON_MAX, "beacons of %s do not reach %s", p->name, p->other_name);
        else
                return true;
        return false;
}
