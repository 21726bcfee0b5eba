/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>

#include "alloc-util.h"
#include "kernel-source.h"
#include "stats-collector.h"
#include "sysfs-link.h"
#include "tx-timeout.h"

#define ADAPTERS_MAX 1024

/* A dump costs about as much per link as a single request does per adapter, less the call itself; on a host
 * with a thousand containers the few adapters are asked for one by one. */
#define DUMP_WORTH(n_links, n_adapters) ((n_links) <= 4 * (n_adapters) + 16)

/* One row per counter: where it is in each interface. */
static const struct {
        Signal signal;
        size_t offset;
        const char *file;
} counter_rows[] = {
        { SIGNAL_RX_PACKETS, offsetof(LinkCounters, rx_packets), "statistics/rx_packets" },
        { SIGNAL_TX_PACKETS, offsetof(LinkCounters, tx_packets), "statistics/tx_packets" },
        { SIGNAL_RX_CRC_ERRORS, offsetof(LinkCounters, rx_crc_errors), "statistics/rx_crc_errors" },
        { SIGNAL_RX_FRAME_ERRORS, offsetof(LinkCounters, rx_frame_errors), "statistics/rx_frame_errors" },
        { SIGNAL_RX_LENGTH_ERRORS, offsetof(LinkCounters, rx_length_errors), "statistics/rx_length_errors" },
        { SIGNAL_TX_CARRIER_ERRORS, offsetof(LinkCounters, tx_carrier_errors), "statistics/tx_carrier_errors" },
        { SIGNAL_RX_MISSED, offsetof(LinkCounters, rx_missed_errors), "statistics/rx_missed_errors" },
        { SIGNAL_RX_DROPPED, offsetof(LinkCounters, rx_dropped), "statistics/rx_dropped" },
        { SIGNAL_RX_FIFO, offsetof(LinkCounters, rx_fifo_errors), "statistics/rx_fifo_errors" },
        { SIGNAL_TX_DROPPED, offsetof(LinkCounters, tx_dropped), "statistics/tx_dropped" },
};

typedef enum Offer {
        OFFER_UNKNOWN,
        OFFER_YES,
        OFFER_NO,
        _OFFER_MAX,
        _OFFER_INVALID = -EINVAL,
} Offer;

typedef struct KernelAdapter {
        int ifindex;
        usec_t read_at;      /* of the last samples of its own, USEC_INFINITY: never */
        usec_t given_at;     /* of the last samples of any kind */
        StatsReport report;  /* what the collector found out */
        size_t n_given;      /* how many of its samples were given */
        bool counters_given; /* likewise its counters, or they are out of date */
        bool counters_fresh; /* they were given since read_at */
        int link_fd;
        int counter_fds[ELEMENTSOF(counter_rows)]; /* -EBADF until needed */
        TxTimeout tx_timeout;
        Offer tx_timeout_offer;
        usec_t tx_timeout_due;
        SysfsSignals sysfs;
} KernelAdapter;

struct KernelSource {
        HealthSource health;
        LinkMonitor *monitor;
        LinkListener listener;
        StatsCollector *collector;
        KernelAdapter **adapters; /* by ifindex; ADAPTERS_MAX */
        size_t n;
        size_t fd_budget;
        size_t next_queues;   /* whose disciplines are asked first */
        bool targets_changed; /* the collector does not know yet */
        SysfsShared sysfs;
};

static size_t adapter_position(const KernelSource *s, int ifindex) {
        size_t low = 0, high = s->n;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (s->adapters[middle]->ifindex < ifindex)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static KernelAdapter *adapter_find(const KernelSource *s, int ifindex) {
        size_t i = adapter_position(s, ifindex);

        return i < s->n && s->adapters[i]->ifindex == ifindex ? s->adapters[i] : NULL;
}

static KernelAdapter *adapter_free(KernelAdapter *a) {
        if (!a)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(a->counter_fds); i++)
                if (a->counter_fds[i] >= 0)
                        close(a->counter_fds[i]);
        if (a->tx_timeout_offer == OFFER_YES)
                tx_timeout_done(&a->tx_timeout);
        sysfs_signals_done(&a->sysfs);
        if (a->link_fd >= 0)
                close(a->link_fd);
        free(a);
        return NULL;
}
DEFINE_CLEANUP(KernelAdapter *, adapter_free);

static int adapter_add(KernelSource *s, const LinkState *state, KernelAdapter **ret, Error *e) {
        _cleanup_(adapter_freep) KernelAdapter *a = NULL;
        size_t i = adapter_position(s, state->ifindex);

        if (s->n == ADAPTERS_MAX)
                return error_set(e, ERROR_FAILED, -ENOSPC, "%s: more than %d adapters", state->name,
                                ADAPTERS_MAX);
        a = new0(KernelAdapter, 1);
        if (!a)
                return error_errno(e, -ENOMEM, "%s", state->name);
        a->ifindex = state->ifindex;
        a->read_at = USEC_INFINITY;
        a->counters_given = true;
        for (size_t j = 0; j < ELEMENTSOF(a->counter_fds); j++)
                a->counter_fds[j] = -EBADF;
        a->link_fd = sysfs_link_open(state->name, state->ifindex, e);
        if (a->link_fd < 0)
                return a->link_fd;
        sysfs_signals_init(&a->sysfs, &s->sysfs, a->link_fd);
        memmove(s->adapters + i + 1, s->adapters + i, (s->n - i) * sizeof(*s->adapters));
        *ret = s->adapters[i] = TAKE_PTR(a);
        s->n++;
        s->targets_changed = true;
        return 0;
}

static bool is_down(const LinkState *state) {
        return state->up && !state->carrier;
}

static void on_change(const LinkState *old_state, const LinkState *new_state, void *userdata) {
        KernelSource *s = userdata;
        size_t i;

        if (!old_state || !adapter_find(s, old_state->ifindex))
                return;
        if (new_state) {
                s->targets_changed |= new_state->carrier_changes != old_state->carrier_changes ||
                                is_down(new_state) != is_down(old_state);
                return;
        }
        s->targets_changed = true;
        i = adapter_position(s, old_state->ifindex);
        adapter_free(s->adapters[i]);
        memmove(s->adapters + i, s->adapters + i + 1, (s->n - i - 1) * sizeof(*s->adapters));
        s->n--;
}

static int targets_tell(KernelSource *s, Error *e) {
        _cleanup_free_ StatsTarget *targets = new0(StatsTarget, MAX(s->n, (size_t) 1));
        size_t n = 0;
        int r;

        if (!targets)
                return error_errno(e, -ENOMEM, "statistics of adapters");
        for (size_t i = 0; i < s->n; i++) {
                const LinkState *state = link_monitor_get(s->monitor, s->adapters[i]->ifindex);
                StatsTarget *t = targets + n;

                if (!state)
                        continue;
                t->ifindex = state->ifindex;
                t->carrier_changes = state->carrier_changes;
                t->down = is_down(state);
                snprintf(t->bus, sizeof(t->bus), "%s", state->parent_bus);
                snprintf(t->device, sizeof(t->device), "%s", state->parent_name);
                n++;
        }
        r = stats_collector_set_targets(s->collector, targets, n);
        if (r < 0)
                return error_errno(e, r, "statistics of adapters");
        s->targets_changed = false;
        return 0;
}

static void queues_take(KernelSource *s) {
        const QueueGiven *given;
        usec_t at;
        size_t n = stats_collector_queues(s->collector, &given, &at);

        for (size_t i = 0; i < n; i++) {
                KernelAdapter *a = adapter_find(s, given[i].ifindex);

                if (a)
                        sysfs_signals_check(&a->sysfs, given + i, at);
        }
}

/* From another adapter each time, so that each gets its turn where many are suspect. */
static void queues_want(KernelSource *s) {
        size_t first = s->next_queues < s->n ? s->next_queues : 0;

        for (size_t k = 0; k < s->n; k++) {
                size_t i = (first + k) % s->n;
                const KernelAdapter *a = s->adapters[i];

                if (sysfs_signals_is_suspect(&a->sysfs) &&
                                stats_collector_want_queues(s->collector, a->ifindex))
                        s->next_queues = i + 1;
        }
}

/* What the collector found out goes to its adapters. */
static void reports_take(KernelSource *s) {
        const StatsReport *reports;
        size_t n;

        if (!stats_collector_take(s->collector, &reports, &n))
                return;
        queues_take(s);
        for (size_t i = 0; i < n; i++) {
                KernelAdapter *a = adapter_find(s, reports[i].ifindex);

                if (!a)
                        continue;
                a->report = reports[i];
                a->n_given = 0;
                a->counters_given = reports[i].counters_at == USEC_INFINITY;
        }
}

int kernel_source_begin(KernelSource *s, Error *e) {
        const LinkState *links;
        int r;

        reports_take(s);
        if (stats_collector_is_busy(s->collector) || s->n == 0)
                return 0;
        r = s->targets_changed ? targets_tell(s, e) : 0;
        if (r < 0)
                return r;
        queues_want(s);
        r = stats_collector_begin(s->collector, DUMP_WORTH(link_monitor_links(s->monitor, &links), s->n));
        return r < 0 ? error_errno(e, r, "statistics of adapters") : 1;
}

bool kernel_source_is_over(KernelSource *s) {
        return stats_collector_is_over(s->collector);
}

bool kernel_source_link_mode(const KernelSource *s, int ifindex, StatsLinkMode *ret) {
        const LinkState *state = link_monitor_get(s->monitor, ifindex);
        const KernelAdapter *a = adapter_find(s, ifindex);

        if (!state || !state->carrier || !a || a->report.mode.speed == 0 ||
                        a->report.mode.carrier_changes != state->carrier_changes)
                return false;
        *ret = a->report.mode;
        return true;
}

LinkTrouble kernel_source_link_trouble(const KernelSource *s, int ifindex) {
        const LinkState *state = link_monitor_get(s->monitor, ifindex);
        const KernelAdapter *a = adapter_find(s, ifindex);

        if (!state || !is_down(state) || !a || a->report.trouble.carrier_changes != state->carrier_changes)
                return (LinkTrouble){};
        return a->report.trouble.trouble;
}

int kernel_source_fd(const KernelSource *s) {
        return stats_collector_fd(s->collector);
}

static int counters_read_sysfs(KernelAdapter *a, LinkCounters *ret, Error *e) {
        LinkCounters counters = { .ifindex = a->ifindex };

        for (size_t i = 0; i < ELEMENTSOF(counter_rows); i++) {
                uint64_t value;
                int r = 0;

                if (a->counter_fds[i] < 0)
                        r = a->counter_fds[i] = sysfs_number_open(a->link_fd, counter_rows[i].file);
                if (r >= 0)
                        r = sysfs_number_read(a->counter_fds[i], &value);
                if (r < 0)
                        return error_errno(e, r, "link %d: %s", a->ifindex, counter_rows[i].file);
                memcpy((uint8_t *) &counters + counter_rows[i].offset, &value, sizeof(value));
        }
        *ret = counters;
        return 0;
}

static bool tx_timeout_sample(KernelSource *s, KernelAdapter *a, usec_t now, uint64_t *ret) {
        if (a->tx_timeout_offer == OFFER_UNKNOWN)
                a->tx_timeout_offer = tx_timeout_init(&a->tx_timeout, a->link_fd, &s->fd_budget) < 0
                                ? OFFER_NO
                                : OFFER_YES;
        if (a->tx_timeout_offer == OFFER_NO || now < a->tx_timeout_due)
                return false;
        a->tx_timeout_due = usec_add(now, KERNEL_SOURCE_TX_TIMEOUT_USEC);
        return tx_timeout_read(&a->tx_timeout, ret) >= 0;
}

typedef struct SampleList {
        HealthSample *samples;
        size_t n, size;
        usec_t at;
} SampleList;

static void sample_count(SampleList *l, Signal signal, uint64_t count) {
        if (l->n < l->size)
                l->samples[l->n++] = (HealthSample){ .signal = signal, .at = l->at, .count = count };
}

static void sample_level(SampleList *l, Signal signal, double level) {
        if (l->n < l->size)
                l->samples[l->n++] = (HealthSample){ .signal = signal, .at = l->at, .level = level };
}

static void sample_counters(SampleList *l, const LinkCounters *counters) {
        uint64_t value;

        for (size_t i = 0; i < ELEMENTSOF(counter_rows); i++) {
                memcpy(&value, (const uint8_t *) counters + counter_rows[i].offset, sizeof(value));
                sample_count(l, counter_rows[i].signal, value);
        }
}

/* What is read here and now. */
static int adapter_sample(KernelSource *s, KernelAdapter *a, const LinkState *state, SampleList *l, Error *e) {
        LinkCounters counters;
        uint64_t value;
        int r;

        if (!a->counters_fresh) {
                r = counters_read_sysfs(a, &counters, e);
                if (r < 0)
                        return r;
                sample_counters(l, &counters);
        }
        a->counters_fresh = false;
        /* Down by an administrator is not a lost carrier. */
        if (state->up)
                sample_level(l, SIGNAL_CARRIER, state->carrier ? 1 : 0);
        sample_count(l, SIGNAL_LINK_FLAPS, state->carrier_down_count);
        if (tx_timeout_sample(s, a, l->at, &value))
                sample_count(l, SIGNAL_TX_TIMEOUT, value);
        l->n += sysfs_signals_sample(&a->sysfs, l->at, state->carrier, l->samples + l->n, l->size - l->n);
        return 0;
}

/* What the collector found out and was not given yet: one reading of it, all from one time; what is from after
 * `now` has to wait. Where a slow round was overtaken by a tick without it, its counters are of no use any
 * more, and the rest, which nothing else tells, gets the time of that tick. */
static void report_sample(KernelAdapter *a, SampleList *l) {
        const StatsReport *report = &a->report;
        usec_t now = l->at;

        if (!a->counters_given && report->counters_at <= now) {
                a->counters_given = true;
                if (report->counters_at > a->given_at) {
                        l->at = report->counters_at;
                        sample_counters(l, &report->counters);
                        a->counters_fresh = true;
                }
        }
        for (; a->n_given < report->n; a->n_given++) {
                const HealthSample *sample = report->samples + a->n_given;
                usec_t at = MAX(sample->at, a->given_at);

                if (at > now || (l->n > 0 && at != l->at))
                        return;
                l->at = at;
                if (l->n == l->size)
                        continue;
                l->samples[l->n] = *sample;
                l->samples[l->n++].at = at;
        }
}

static int kernel_read(
                HealthSource *health, int ifindex, usec_t now, HealthSample *samples, size_t size, Error *e) {
        KernelSource *s = (KernelSource *) health;
        const LinkState *state = link_monitor_get(s->monitor, ifindex);
        SampleList list = { .samples = samples, .size = size, .at = now };
        KernelAdapter *a = adapter_find(s, ifindex);
        int r = 0;

        if (!state)
                return error_set(e, ERROR_NO_SUCH_ADAPTER, -ENODEV, "no link with index %d", ifindex);
        if (size == 0)
                return 0;
        if (!a)
                r = adapter_add(s, state, &a, e);
        if (r < 0)
                return r;
        reports_take(s);
        report_sample(a, &list);
        if (list.n == 0 && (a->read_at == USEC_INFINITY || now > a->read_at)) {
                list.at = now;
                r = adapter_sample(s, a, state, &list, e);
                if (r < 0)
                        return r;
                a->read_at = now;
        }
        if (list.n > 0)
                a->given_at = list.at;
        return (int) list.n;
}

static HealthSource *kernel_free(HealthSource *health) {
        KernelSource *s = (KernelSource *) health;

        if (!s)
                return NULL;
        if (s->listener.userdata)
                link_monitor_remove_listener(s->monitor, &s->listener);
        for (size_t i = 0; i < s->n; i++)
                adapter_free(s->adapters[i]);
        free(s->adapters);
        stats_collector_free(s->collector);
        sysfs_shared_done(&s->sysfs);
        free(s);
        return NULL;
}

static const HealthSourceOps kernel_ops = {
        .name = "kernel",
        .read = kernel_read,
        .free = kernel_free,
};

int kernel_source_new(LinkMonitor *monitor, KernelSource **ret, Error *e) {
        StatsSource *stats = NULL;
        int r = stats_source_new(&stats, e);

        return r < 0 ? r : kernel_source_new_with(monitor, stats, ret, e);
}

int kernel_source_new_with(LinkMonitor *monitor, StatsSource *stats, KernelSource **ret, Error *e) {
        _cleanup_(stats_source_freep) StatsSource *mine = stats;
        _cleanup_(health_source_freep) HealthSource *health = NULL;
        KernelSource *s = new0(KernelSource, 1);
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "kernel source");
        health = &s->health;
        s->health.ops = &kernel_ops;
        s->monitor = monitor;
        s->fd_budget = TX_TIMEOUT_FDS_MAX;
        s->adapters = new0(KernelAdapter *, ADAPTERS_MAX);
        if (!s->adapters)
                return error_errno(e, -ENOMEM, "kernel source");
        r = stats_collector_new(TAKE_PTR(mine), &s->collector, e);
        if (r >= 0)
                r = sysfs_shared_init(&s->sysfs, e);
        if (r < 0)
                return r;
        s->listener = (LinkListener){ .on_change = on_change, .userdata = s };
        link_monitor_add_listener(monitor, &s->listener);
        *ret = s;
        TAKE_PTR(health);
        return 0;
}
