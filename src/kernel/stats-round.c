/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool.h>

#include "alloc-util.h"
#include "duty-budget.h"
#include "stats-round.h"

/* The sorts of questions that may count lost frames: STATS_FEC, STATS_STANDARD. */
#define N_FAST 2

/* A device that reports under this name does not survive the error (mlx5, bnxt). */
#define FATAL_REPORTER "fw_fatal"

typedef enum Offer {
        OFFER_UNKNOWN,
        OFFER_YES,
        OFFER_NOT_NOW, /* nothing to say until its carrier changes */
        OFFER_NEVER,
        _OFFER_MAX,
        _OFFER_INVALID = -EINVAL,
} Offer;

/* What is known of one adapter. */
typedef struct Asked {
        StatsTarget target;
        Offer offer[_STATS_KIND_MAX];
        usec_t due[_STATS_KIND_MAX];
        usec_t queues_due;
        usec_t rate_due;               /* of the bit error rate */
        bool corrupt[_STATS_KIND_MAX]; /* its answers count frames that were lost */
        DutyCost cost[_STATS_KIND_MAX], counters_cost;
        StatsLinkMode mode;
        StatsLinkTrouble trouble;
        unsigned silence; /* answers without a word about a link that is down */
        FecMeter fec;
        bool reporters, reporters_fatal; /* its device has some */
        uint64_t errors, errors_fatal;
} Asked;

struct StatsRound {
        StatsSource *source;
        usec_t (*clock)(void);
        Asked *asked; /* by ifindex */
        StatsReport *reports;
        size_t n;
        size_t next; /* which adapter and kind the next round begins with */
        DutyBudget counters_budget, budget;
        DutyCost dump_cost, devlink_cost;
        usec_t devlink_due;
        bool devlink_never;
        QueueGiven queues[STATS_QUEUES_MAX]; /* of whom to ask, then what was told */
        size_t n_queues, n_queues_told;
        usec_t queues_at;
        DutyCost queues_cost;
        usec_t now;
};

/* A signal that is a value as it was told. */
static const struct {
        StatsKind kind;
        StatsValue value;
        Signal signal;
} signal_rows[] = {
        { STATS_LINK_STATE, STATS_LINK_DOWN_COUNT, SIGNAL_LINK_DOWN_COUNT },
        { STATS_FEC, STATS_FEC_LOST_BLOCKS, SIGNAL_FEC_UNCORRECTABLE },
        { STATS_FEC, STATS_FEC_NEAR_LIMIT, SIGNAL_FEC_NEAR_LIMIT },
        { STATS_STANDARD, STATS_SYMBOLS, SIGNAL_SYMBOL_ERRORS },
        { STATS_STANDARD, STATS_FCS, SIGNAL_MAC_FCS_ERRORS },
        { STATS_STANDARD, STATS_MAC_TX, SIGNAL_MAC_TX_ERRORS },
        { STATS_PAUSE, STATS_PAUSE_RX, SIGNAL_RX_PAUSE },
        { STATS_PAUSE, STATS_PAUSE_TX, SIGNAL_TX_PAUSE },
        { STATS_QUEUES, STATS_RX_CHECKSUM, SIGNAL_RX_CHECKSUM_ERRORS },
        { STATS_QUEUES, STATS_TX_MALFORMED, SIGNAL_TX_QUEUE_ERRORS },
        { STATS_DRIVER, STATS_PCS_ERRORS, SIGNAL_PCS_ERRORS },
        { STATS_DRIVER, STATS_LOCAL_FAULTS, SIGNAL_MAC_LOCAL_FAULTS },
        { STATS_DRIVER, STATS_REMOTE_FAULTS, SIGNAL_MAC_REMOTE_FAULTS },
        { STATS_DRIVER, STATS_PCIE_INTEGRITY, SIGNAL_PCIE_RECOVERIES },
        { STATS_DRIVER, STATS_MODULE_ERRORS, SIGNAL_MODULE_ERRORS },
        { STATS_DRIVER, STATS_MODULE_OVERHEATS, SIGNAL_MODULE_OVERHEATS },
        { STATS_DRIVER, STATS_MEMORY_ERRORS, SIGNAL_MEMORY_ERRORS },
        { STATS_DRIVER, STATS_MEMORY_CORRECTED, SIGNAL_MEMORY_CORRECTED },
        { STATS_DRIVER, STATS_DEVICE_FAULTS, SIGNAL_DEVICE_FAULTS },
};

static void add_sample(StatsReport *report, HealthSample sample) {
        if (report->n < STATS_SAMPLES_MAX)
                report->samples[report->n++] = sample;
}

static void add_count(StatsReport *report, Signal signal, usec_t at, uint64_t count) {
        add_sample(report, (HealthSample){ .signal = signal, .at = at, .count = count });
}

static size_t asked_position(const StatsRound *r, int ifindex) {
        size_t low = 0, high = r->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (r->asked[middle].target.ifindex < ifindex)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

/* The end of a question that began then. */
static void question_end(StatsRound *r, DutyBudget *budget, DutyCost *cost, usec_t began) {
        r->now = r->clock();
        duty_budget_spend(budget, cost, r->now, usec_sub(r->now, began));
}

static void take_counters(const LinkCounters *counters, void *userdata) {
        StatsRound *r = userdata;
        size_t i = asked_position(r, counters->ifindex);

        if (i == r->n || r->asked[i].target.ifindex != counters->ifindex)
                return;
        r->reports[i].counters = *counters;
        r->reports[i].counters_at = 0; /* when is known when all have come */
}

static void stamp_counters(StatsReport *report, usec_t at) {
        if (report->counters_at == 0)
                report->counters_at = at;
}

static void round_counters(StatsRound *r, bool dump) {
        if (dump && r->n > 0 && duty_budget_allows(&r->counters_budget, r->now)) {
                (void) stats_source_counters(r->source, 0, take_counters, r, NULL);
                question_end(r, &r->counters_budget, &r->dump_cost, r->now);
                for (size_t i = 0; i < r->n; i++)
                        stamp_counters(r->reports + i, r->now);
        }
        for (size_t i = 0; i < r->n && !dump && duty_budget_allows(&r->counters_budget, r->now); i++) {
                (void) stats_source_counters(r->source, r->asked[i].target.ifindex, take_counters, r, NULL);
                question_end(r, &r->counters_budget, &r->asked[i].counters_cost, r->now);
                stamp_counters(r->reports + i, r->now);
        }
}

/* One question; whether it was answered. */
static int ask(StatsRound *r, Asked *a, StatsKind kind, EthtoolStats *ret) {
        int n;

        *ret = (EthtoolStats){};
        n = stats_source_ask(r->source, kind, a->target.ifindex, ret, NULL);
        question_end(r, &r->budget, a->cost + kind, r->now);
        return n;
}

static void take_mode(Asked *a, const EthtoolStats *s) {
        a->mode = (StatsLinkMode){
                .speed = (uint32_t) s->value[STATS_LINK_SPEED],
                .full_duplex = s->value[STATS_LINK_DUPLEX] == DUPLEX_FULL,
                .carrier_changes = a->target.carrier_changes,
        };
}

static void take_trouble(Asked *a, const EthtoolStats *s) {
        a->trouble = (StatsLinkTrouble){ .carrier_changes = a->target.carrier_changes };
        if (a->target.down && s->set[STATS_LINK_TROUBLE])
                a->trouble.trouble = (LinkTrouble){
                        .known = true,
                        .state = (uint8_t) s->value[STATS_LINK_TROUBLE],
                        .substate = (uint8_t) s->value[STATS_LINK_TROUBLE_DETAIL],
                };
}

static void take_fec(StatsRound *r, Asked *a, StatsReport *report, const EthtoolStats *s) {
        FecCount count = {
                .blocks = s->value[STATS_FEC_BLOCKS],
                .blocks_set = s->set[STATS_FEC_BLOCKS],
                .bits = s->value[STATS_FEC_BITS],
                .bits_set = s->set[STATS_FEC_BITS],
        };
        double ber;

        if (fec_meter_step(&a->fec, &count, a->mode.speed, r->now, &ber))
                add_sample(report, (HealthSample){ .signal = SIGNAL_PRE_FEC_BER, .at = r->now, .level = ber });
}

static void take_answer(StatsRound *r, StatsKind kind, StatsReport *report, const EthtoolStats *s) {
        for (size_t i = 0; i < ELEMENTSOF(signal_rows); i++)
                if (signal_rows[i].kind == kind && s->set[signal_rows[i].value])
                        add_count(report, signal_rows[i].signal, r->now, s->value[signal_rows[i].value]);
        if (s->set[STATS_FRAGMENTS] || s->set[STATS_JABBERS])
                add_count(report, SIGNAL_RX_FRAGMENTS, r->now,
                                s->value[STATS_FRAGMENTS] + s->value[STATS_JABBERS]);
        if (s->set[STATS_RX_ALLOC_FAIL] || s->set[STATS_RX_OVERRUNS])
                add_count(report, SIGNAL_RX_OVERRUNS, r->now,
                                s->value[STATS_RX_ALLOC_FAIL] + s->value[STATS_RX_OVERRUNS]);
        if (s->set[STATS_SQI] && s->set[STATS_SQI_MAX] && s->value[STATS_SQI_MAX] > 0)
                add_sample(report,
                                (HealthSample){ .signal = SIGNAL_SIGNAL_QUALITY,
                                                .at = r->now,
                                                .level = (double) s->value[STATS_SQI] /
                                                                (double) s->value[STATS_SQI_MAX] });
}

/* Whether all adapters could be asked that at the fast interval for half of what the budget has. */
static bool is_cheap(const StatsRound *r, const Asked *a, StatsKind kind) {
        return a->cost[kind].usual * r->n * N_FAST * 2 * STATS_REST <= STATS_FAST_USEC;
}

static usec_t interval(const StatsRound *r, const Asked *a, StatsKind kind) {
        if (kind == STATS_LINK_MODE && a->mode.speed > 0)
                return STATS_LINK_MODE_USEC;
        return a->corrupt[kind] && is_cheap(r, a, kind) ? STATS_FAST_USEC : STATS_ASK_USEC;
}

/* Whether a driver that had nothing to say may have in a while, though the carrier does not change. */
static bool may_say_later(Asked *a, StatsKind kind) {
        return kind == STATS_LINK_STATE && a->target.down && ++a->silence < STATS_SILENCE_MAX;
}

static void ask_kind(StatsRound *r, size_t i, StatsKind kind) {
        usec_t began = r->now;
        Asked *a = r->asked + i;
        bool rate = kind == STATS_FEC && began >= a->rate_due;
        EthtoolStats stats;
        int n;

        if (rate)
                a->rate_due = usec_add(began, STATS_ASK_USEC);
        n = ask(r, a, kind, &stats);
        if (kind == STATS_LINK_MODE && n > 0)
                take_mode(a, &stats);
        if (kind == STATS_LINK_STATE && n >= 0)
                take_trouble(a, &stats);
        a->corrupt[kind] = n > 0 && (stats.set[STATS_FEC_LOST_BLOCKS] || stats.set[STATS_SYMBOLS]);
        a->due[kind] = usec_add(began, interval(r, a, kind));
        if (n == -EOPNOTSUPP)
                a->offer[kind] = OFFER_NEVER;
        else if (n >= 0)
                a->offer[kind] = n > 0 || may_say_later(a, kind) ? OFFER_YES : OFFER_NOT_NOW;
        if (n <= 0)
                return;
        take_answer(r, kind, r->reports + i, &stats);
        if (rate)
                take_fec(r, a, r->reports + i, &stats);
}

static void round_kinds(StatsRound *r) {
        size_t n = r->n * _STATS_KIND_MAX, first = r->next;

        for (size_t k = 0; k < n; k++) {
                size_t place = (first + k) % n, i = place / _STATS_KIND_MAX;
                StatsKind kind = place % _STATS_KIND_MAX;
                const Asked *a = r->asked + i;

                if (a->offer[kind] == OFFER_NOT_NOW || a->offer[kind] == OFFER_NEVER || r->now < a->due[kind])
                        continue;
                r->next = place;
                if (!duty_budget_allows(&r->budget, r->now))
                        return;
                ask_kind(r, i, kind);
        }
}

static void take_reporter(const DevlinkReporter *reporter, void *userdata) {
        bool fatal = streq(reporter->name, FATAL_REPORTER);
        StatsRound *r = userdata;

        for (size_t i = 0; i < r->n; i++) {
                Asked *a = r->asked + i;

                if (!a->target.device[0] || !streq(a->target.bus, reporter->bus) ||
                                !streq(a->target.device, reporter->device))
                        continue;
                *(fatal ? &a->reporters_fatal : &a->reporters) = true;
                *(fatal ? &a->errors_fatal : &a->errors) += reporter->errors;
        }
}

static bool any_device(const StatsRound *r) {
        for (size_t i = 0; i < r->n; i++)
                if (r->asked[i].target.device[0])
                        return true;
        return false;
}

static void round_devlink(StatsRound *r) {
        usec_t began;
        int result;

        if (r->devlink_never)
                return;
        if (stats_source_noticed(r->source))
                r->devlink_due = r->now;
        if (r->now < r->devlink_due || !any_device(r) || !duty_budget_allows(&r->budget, r->now))
                return;
        began = r->now;
        for (size_t i = 0; i < r->n; i++) {
                r->asked[i].reporters = r->asked[i].reporters_fatal = false;
                r->asked[i].errors = r->asked[i].errors_fatal = 0;
        }
        result = stats_source_reporters(r->source, take_reporter, r, NULL);
        question_end(r, &r->budget, &r->devlink_cost, began);
        r->devlink_never = result == -EOPNOTSUPP;
        r->devlink_due = usec_add(r->now, STATS_DEVLINK_USEC);
        for (size_t i = 0; i < r->n && result >= 0; i++) {
                if (r->asked[i].reporters)
                        add_count(r->reports + i, SIGNAL_DEVLINK_HEALTH, r->now, r->asked[i].errors);
                if (r->asked[i].reporters_fatal)
                        add_count(r->reports + i, SIGNAL_DEVLINK_FATAL, r->now, r->asked[i].errors_fatal);
        }
}

bool stats_round_want_queues(StatsRound *r, int ifindex) {
        size_t i = asked_position(r, ifindex);

        if (i == r->n || r->asked[i].target.ifindex != ifindex || r->n_queues == STATS_QUEUES_MAX ||
                        r->clock() < r->asked[i].queues_due)
                return false;
        r->asked[i].queues_due = usec_add(r->clock(), STATS_QUEUES_USEC);
        r->queues[r->n_queues++] = (QueueGiven){ .ifindex = ifindex };
        return true;
}

/* A dump for all of them: some 10 us for each link of the host. */
static void round_queues(StatsRound *r) {
        size_t n = r->n_queues;
        usec_t began = r->now;

        r->n_queues = r->n_queues_told = 0;
        if (n == 0 || !duty_budget_allows(&r->budget, r->now))
                return;
        if (stats_source_queues(r->source, r->queues, n, NULL) >= 0)
                r->n_queues_told = n;
        question_end(r, &r->budget, &r->queues_cost, began);
        r->queues_at = r->now;
}

size_t stats_round_queues(const StatsRound *r, const QueueGiven **ret, usec_t *ret_at) {
        *ret = r->queues;
        *ret_at = r->queues_at;
        return r->n_queues_told;
}

void stats_round_run(StatsRound *r, bool dump) {
        r->now = r->clock();
        for (size_t i = 0; i < r->n; i++)
                r->reports[i] = (StatsReport){
                        .ifindex = r->asked[i].target.ifindex,
                        .counters_at = USEC_INFINITY,
                };
        round_counters(r, dump);
        round_queues(r);
        round_kinds(r);
        round_devlink(r);
        for (size_t i = 0; i < r->n; i++) {
                r->reports[i].mode = r->asked[i].mode;
                r->reports[i].trouble = r->asked[i].trouble;
        }
}

size_t stats_round_reports(const StatsRound *r, const StatsReport **ret) {
        *ret = r->reports;
        return r->n;
}

/* What is known of an adapter stays; a link that was lost may have come back as another one. */
static void asked_renew(Asked *a, const Asked *before, const StatsTarget *target) {
        *a = *before;
        a->target = *target;
        if (before->target.carrier_changes == target->carrier_changes && before->target.down == target->down)
                return;
        a->mode = (StatsLinkMode){};
        a->trouble = (StatsLinkTrouble){};
        a->silence = 0;
        a->due[STATS_LINK_MODE] = a->due[STATS_LINK_STATE] = 0;
        a->fec = (FecMeter){};
        a->rate_due = 0;
        for (StatsKind kind = 0; kind < _STATS_KIND_MAX; kind++)
                if (a->offer[kind] == OFFER_NOT_NOW)
                        a->offer[kind] = OFFER_UNKNOWN;
}

int stats_round_set_targets(StatsRound *r, const StatsTarget *targets, size_t n) {
        Asked *asked = new0(Asked, MAX(n, (size_t) 1));
        StatsReport *reports = new0(StatsReport, MAX(n, (size_t) 1));

        if (!asked || !reports) {
                free(asked);
                free(reports);
                return -ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
                size_t before = asked_position(r, targets[i].ifindex);

                if (before < r->n && r->asked[before].target.ifindex == targets[i].ifindex)
                        asked_renew(asked + i, r->asked + before, targets + i);
                else {
                        asked[i].target = targets[i];
                        r->devlink_due = 0;
                }
                reports[i] = (StatsReport){ .ifindex = targets[i].ifindex, .counters_at = USEC_INFINITY };
        }
        free(r->asked);
        free(r->reports);
        r->asked = asked;
        r->reports = reports;
        r->n = n;
        return 0;
}

StatsRound *stats_round_new(StatsSource *source, usec_t (*clock)(void)) {
        StatsRound *r = new0(StatsRound, 1);

        if (!r) {
                stats_source_free(source);
                return NULL;
        }
        r->source = source;
        r->clock = clock;
        r->budget.rest = r->counters_budget.rest = STATS_REST;
        return r;
}

StatsRound *stats_round_free(StatsRound *r) {
        if (!r)
                return NULL;
        stats_source_free(r->source);
        free(r->asked);
        free(r->reports);
        free(r);
        return NULL;
}
