/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <stdio.h>

#include "alloc-util.h"
#include "kernel-source.h"
#include "linkstate-codec.h"
#include "netlink-socket.h"
#include "sysfs-link.h"
#include "tx-timeout.h"

#define ADAPTERS_MAX 1024

/* A dump costs about as much per link as a single request does per adapter, less the call itself; on a host
 * with a thousand containers the few adapters are asked for one by one. */
#define DUMP_WORTH(n_links, n_adapters) ((n_links) <= 4 * (n_adapters) + 16)

#define ASK_TIMEOUT (1 * USEC_PER_SEC)

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
        LinkCounters counters;
        usec_t counters_at; /* USEC_INFINITY: never */
        usec_t read_at;     /* likewise */
        int link_fd;
        int counter_fds[ELEMENTSOF(counter_rows)]; /* for lockless reading, -EBADF until needed */
        TxTimeout tx_timeout;
        Offer tx_timeout_offer;
        usec_t tx_timeout_due;
        Offer linkstate_offer;
        usec_t linkstate_due;
} KernelAdapter;

struct KernelSource {
        HealthSource health;
        LinkMonitor *monitor;
        LinkListener listener;
        NetlinkSocket *route, *generic;
        struct nl_msg *dump;
        uint16_t ethtool;         /* 0: the kernel has no ethtool netlink */
        KernelAdapter **adapters; /* by ifindex; ADAPTERS_MAX */
        size_t n;
        size_t fd_budget;
        usec_t refreshed_at;
        usec_t now; /* of the refresh under way */
        KernelSourceLocks locks;
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
        a->counters_at = a->read_at = USEC_INFINITY;
        for (size_t j = 0; j < ELEMENTSOF(a->counter_fds); j++)
                a->counter_fds[j] = -EBADF;
        a->link_fd = sysfs_link_open(state->name, state->ifindex, e);
        if (a->link_fd < 0)
                return a->link_fd;
        memmove(s->adapters + i + 1, s->adapters + i, (s->n - i) * sizeof(*s->adapters));
        *ret = s->adapters[i] = TAKE_PTR(a);
        s->n++;
        return 0;
}

static void on_change(const LinkState *old_state, const LinkState *new_state, void *userdata) {
        KernelSource *s = userdata;
        size_t i;

        if (new_state || !adapter_find(s, old_state->ifindex))
                return;
        i = adapter_position(s, old_state->ifindex);
        adapter_free(s->adapters[i]);
        memmove(s->adapters + i, s->adapters + i + 1, (s->n - i - 1) * sizeof(*s->adapters));
        s->n--;
}

static int counters_take(const struct nlmsghdr *message, void *userdata, Error *e) {
        KernelSource *s = userdata;
        LinkCounters counters;
        KernelAdapter *a;
        int r;

        r = rtnl_counters_parse(message, &counters);
        if (r == -ENOMSG)
                return 0;
        if (r < 0)
                return error_errno(e, r, "counters of a link");
        a = adapter_find(s, counters.ifindex);
        if (a) {
                a->counters = counters;
                a->counters_at = s->now;
        }
        return 0;
}

static int counters_ask(KernelSource *s, const KernelAdapter *a, Error *e) {
        _cleanup_(netlink_message_freep) struct nl_msg *message = rtnl_counters_request(a->ifindex);

        if (!message)
                return error_errno(e, -ENOMEM, "counters of link %d", a->ifindex);
        return netlink_socket_request(s->route, message, counters_take, s, e);
}

static int counters_read_sysfs(KernelSource *s, KernelAdapter *a, Error *e) {
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
        a->counters = counters;
        a->counters_at = s->now;
        return 0;
}

/* This adapter's counters as of now, unless it has them. */
static int adapter_refresh(KernelSource *s, KernelAdapter *a, Error *e) {
        int r;

        if (a->counters_at == s->now)
                return 0;
        r = s->locks != KERNEL_SOURCE_LOCKS ? counters_read_sysfs(s, a, e) : counters_ask(s, a, e);
        if (r < 0)
                return r;
        return a->counters_at == s->now
                        ? 0
                        : error_set(e, ERROR_FAILED, -ENODATA, "link %d: no counters", a->ifindex);
}

int kernel_source_refresh(KernelSource *s, usec_t now, Error *e) {
        const LinkState *links;
        int r;

        if (now == s->refreshed_at)
                return 0;
        s->refreshed_at = s->now = now;
        if (s->n == 0 || s->locks != KERNEL_SOURCE_LOCKS ||
                        !DUMP_WORTH(link_monitor_links(s->monitor, &links), s->n))
                return 0; /* each is read when asked for */
        r = netlink_socket_dump(s->route, s->dump, counters_take, s, e);
        /* Interrupted by a link that came or went: whoever is missing is asked for by itself. */
        return r == -EINTR ? 0 : r;
}

static int linkstate_take(const struct nlmsghdr *message, void *userdata, Error *e) {
        return linkstate_parse(message, userdata);
}

/* Whether there is a sample. What the driver does not offer is not asked for again: every question takes RTNL.
 */
static bool linkstate_read(KernelSource *s, KernelAdapter *a, usec_t now, uint64_t *ret) {
        _cleanup_(netlink_message_freep) struct nl_msg *message = NULL;
        LinkstateReply reply = {};
        int r;

        if (s->ethtool == 0 || s->locks == KERNEL_SOURCE_LOCKLESS || a->linkstate_offer == OFFER_NO ||
                        now < a->linkstate_due)
                return false;
        a->linkstate_due = usec_add(now, KERNEL_SOURCE_LINKSTATE_USEC);
        message = linkstate_request(s->ethtool, a->ifindex);
        r = message ? netlink_socket_request(s->generic, message, linkstate_take, &reply, NULL) : -ENOMEM;
        if (r >= 0)
                a->linkstate_offer = reply.ext_down_count_set ? OFFER_YES : OFFER_NO;
        else if (r == -EOPNOTSUPP)
                a->linkstate_offer = OFFER_NO;
        if (r < 0 || !reply.ext_down_count_set)
                return false;
        *ret = reply.ext_down_count;
        return true;
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

static void adapter_sample(KernelSource *s, KernelAdapter *a, const LinkState *state, SampleList *l) {
        uint64_t value;

        for (size_t i = 0; i < ELEMENTSOF(counter_rows); i++) {
                memcpy(&value, (const uint8_t *) &a->counters + counter_rows[i].offset, sizeof(value));
                sample_count(l, counter_rows[i].signal, value);
        }
        /* Down by an administrator is not a lost carrier. */
        if (state->up)
                sample_level(l, SIGNAL_CARRIER, state->carrier ? 1 : 0);
        sample_count(l, SIGNAL_LINK_FLAPS, state->carrier_down_count);
        if (tx_timeout_sample(s, a, l->at, &value))
                sample_count(l, SIGNAL_TX_TIMEOUT, value);
        if (linkstate_read(s, a, l->at, &value))
                sample_count(l, SIGNAL_LINK_DOWN_COUNT, value);
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
        if (r >= 0 && a->read_at != USEC_INFINITY && now <= a->read_at)
                return 0;
        if (r >= 0)
                r = kernel_source_refresh(s, now, e);
        if (r >= 0)
                r = adapter_refresh(s, a, e);
        if (r < 0)
                return r;
        a->read_at = now;
        adapter_sample(s, a, state, &list);
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
        netlink_socket_free(s->route);
        netlink_socket_free(s->generic);
        netlink_message_free(s->dump);
        free(s);
        return NULL;
}

static const HealthSourceOps kernel_ops = {
        .name = "kernel",
        .read = kernel_read,
        .free = kernel_free,
};

void kernel_source_set_locks(KernelSource *s, KernelSourceLocks locks) {
        s->locks = locks;
}

static int ethtool_find(KernelSource *s, Error *e) {
        GenlFamily family;
        int r;

        r = netlink_socket_new(NETLINK_GENERIC, &s->generic, e);
        if (r < 0)
                return r;
        netlink_socket_set_timeout(s->generic, ASK_TIMEOUT);
        r = netlink_socket_genl_family(s->generic, ETHTOOL_GENL_NAME, &family, e);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        s->ethtool = family.id;
        return 0;
}

int kernel_source_new(LinkMonitor *monitor, KernelSource **ret, Error *e) {
        _cleanup_(health_source_freep) HealthSource *health = NULL;
        KernelSource *s = new0(KernelSource, 1);
        int r;

        if (!s)
                return error_errno(e, -ENOMEM, "kernel source");
        health = &s->health;
        s->health.ops = &kernel_ops;
        s->monitor = monitor;
        s->fd_budget = TX_TIMEOUT_FDS_MAX;
        s->refreshed_at = s->now = USEC_INFINITY;
        s->adapters = new0(KernelAdapter *, ADAPTERS_MAX);
        s->dump = rtnl_counters_request(0);
        if (!s->adapters || !s->dump)
                return error_errno(e, -ENOMEM, "kernel source");
        r = netlink_socket_new(NETLINK_ROUTE, &s->route, e);
        if (r >= 0)
                r = ethtool_find(s, e);
        if (r < 0)
                return r;
        netlink_socket_set_timeout(s->route, ASK_TIMEOUT);
        s->listener = (LinkListener){ .on_change = on_change, .userdata = s };
        link_monitor_add_listener(monitor, &s->listener);
        *ret = s;
        TAKE_PTR(health);
        return 0;
}
