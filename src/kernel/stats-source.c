/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/devlink.h>
#include <linux/ethtool_netlink.h>
#include <linux/if_link.h>

#include "alloc-util.h"
#include "driver-stats-reader.h"
#include "netlink-socket.h"
#include "queue-stats-codec.h"
#include "stats-source.h"

/* How long for an answer that was not there when asking returned, which nearly never happens. */
#define ASK_TIMEOUT (1 * USEC_PER_SEC)

/* Not in the headers of Linux 6.1. */
#define NETDEV_FAMILY_NAME "netdev"

/* Notices only say that it is time to look, so losing some does no harm. */
#define NOTICES_MAX 64

typedef struct KernelStats {
        StatsSource source;
        NetlinkSocket *route, *generic;
        DriverStatsReader *driver;
        NetlinkSocket *notices;            /* NULL: there is no devlink */
        uint16_t ethtool, devlink, netdev; /* 0: the kernel has no such family */
        /* What is asked, made once: a thread that allocates memory while another one forks leaves the child
         * without, where the allocator knows nothing of forks (AddressSanitizer's). */
        struct nl_msg *dump, *counters, *reporters, *disciplines, *asks[_STATS_KIND_MAX];
} KernelStats;

typedef struct CountersTake {
        StatsCountersFunc func;
        void *userdata;
} CountersTake;

typedef struct ReportersTake {
        StatsReporterFunc func;
        void *userdata;
} ReportersTake;

typedef struct StatsTake {
        StatsKind kind;
        EthtoolStats *stats;
        int n;
} StatsTake;

typedef struct QueueStatsTake {
        int ifindex;
        EthtoolStats *stats;
        int n;
} QueueStatsTake;

static int take_counters(const struct nlmsghdr *message, void *userdata, Error *e) {
        const CountersTake *t = userdata;
        LinkCounters counters;
        int r = rtnl_counters_parse(message, &counters);

        if (r == -ENOMSG)
                return 0;
        if (r < 0)
                return error_errno(e, r, "counters of a link");
        t->func(&counters, t->userdata);
        return 0;
}

static int kernel_counters(StatsSource *s, int ifindex, StatsCountersFunc func, void *userdata, Error *e) {
        KernelStats *k = (KernelStats *) s;
        CountersTake t = { .func = func, .userdata = userdata };
        int r;

        if (ifindex > 0) {
                ((struct if_stats_msg *) nlmsg_data(nlmsg_hdr(k->counters)))->ifindex = (uint32_t) ifindex;
                return netlink_socket_request(k->route, k->counters, take_counters, &t, e);
        }
        r = netlink_socket_dump(k->route, k->dump, take_counters, &t, e);
        return r == -EINTR ? 0 : r;
}

static int take_stats(const struct nlmsghdr *message, void *userdata, Error *e) {
        StatsTake *t = userdata;
        size_t size;
        const void *list = netlink_genl_payload(message, &size);

        t->n = list ? ethtool_stats_parse(t->kind, list, size, t->stats) : -EBADMSG;
        return t->n < 0 ? error_errno(e, t->n, "ethtool statistics") : 0;
}

static int take_queue_stats(const struct nlmsghdr *message, void *userdata, Error *e) {
        QueueStatsTake *t = userdata;
        size_t size;
        const void *list = netlink_genl_payload(message, &size);
        int n = list ? queue_stats_parse(list, size, t->ifindex, t->stats) : -EBADMSG;

        if (n == -ENOMSG)
                return 0;
        if (n < 0)
                return error_errno(e, n, "statistics of queues");
        t->n = n;
        return 0;
}

/* Drivers without such statistics are refused or, as those that have them of single queues only, left out.
 * Linux 6.9 refuses (EINVAL) to tell them of one adapter. */
static int ask_queue_stats(KernelStats *k, int ifindex, EthtoolStats *ret, Error *e) {
        QueueStatsTake t = { .ifindex = ifindex, .stats = ret, .n = -EOPNOTSUPP };
        struct nl_msg *m = k->asks[STATS_QUEUES];
        int r;

        if (k->netdev == 0)
                return -EOPNOTSUPP;
        queue_stats_request_for(m, ifindex);
        r = netlink_socket_dump(k->generic, m, take_queue_stats, &t, e);
        return r == -EINVAL ? -EOPNOTSUPP : r < 0 ? r : t.n;
}

static int kernel_ask(StatsSource *s, StatsKind kind, int ifindex, EthtoolStats *ret, Error *e) {
        KernelStats *k = (KernelStats *) s;
        StatsTake t = { .kind = kind, .stats = ret };
        int r;

        if (kind == STATS_DRIVER)
                return driver_stats_reader_ask(k->driver, ifindex, ret);
        if (kind == STATS_QUEUES)
                return ask_queue_stats(k, ifindex, ret, e);
        if (k->ethtool == 0)
                return -EOPNOTSUPP;
        ethtool_stats_request_for(k->asks[kind], kind, ifindex);
        *ret = (EthtoolStats){};
        r = netlink_socket_request(k->generic, k->asks[kind], take_stats, &t, e);
        return r < 0 ? r : t.n;
}

static int take_reporter(const struct nlmsghdr *message, void *userdata, Error *e) {
        const ReportersTake *t = userdata;
        DevlinkReporter reporter;
        int r = devlink_health_parse(nlmsg_data(message), (size_t) nlmsg_datalen(message), &reporter);

        if (r == -ENOMSG)
                return 0;
        if (r < 0)
                return error_errno(e, r, "devlink health reporter");
        t->func(&reporter, t->userdata);
        return 0;
}

static int kernel_reporters(StatsSource *s, StatsReporterFunc func, void *userdata, Error *e) {
        KernelStats *k = (KernelStats *) s;
        ReportersTake t = { .func = func, .userdata = userdata };
        int r;

        if (k->devlink == 0)
                return -EOPNOTSUPP;
        r = netlink_socket_dump(k->generic, k->reporters, take_reporter, &t, e);
        return r == -EINTR ? 0 : r;
}

static int take_notice(const struct nlmsghdr *message, void *userdata, Error *e) {
        DevlinkReporter reporter;
        bool *noticed = userdata;

        if (devlink_health_parse(nlmsg_data(message), (size_t) nlmsg_datalen(message), &reporter) >= 0)
                *noticed = true;
        return 0;
}

static bool kernel_noticed(StatsSource *s) {
        KernelStats *k = (KernelStats *) s;
        bool noticed = false;
        int r;

        if (!k->notices)
                return false;
        r = netlink_socket_receive(k->notices, NOTICES_MAX, take_notice, &noticed, NULL);
        return noticed || r == NETLINK_OVERRUN;
}

typedef struct QueuesTake {
        QueueGiven *given;
        size_t n;
} QueuesTake;

static int take_discipline(const struct nlmsghdr *message, void *userdata, Error *e) {
        const QueuesTake *t = userdata;
        int r = 0;

        for (size_t i = 0; i < t->n && r >= 0; i++)
                r = queue_given_take(t->given + i, nlmsg_data(message), (size_t) nlmsg_datalen(message));
        return r < 0 ? error_errno(e, r, "queueing discipline") : 0;
}

static int kernel_queues(StatsSource *s, QueueGiven *given, size_t n, Error *e) {
        KernelStats *k = (KernelStats *) s;
        QueuesTake t = { .given = given, .n = n };

        return netlink_socket_dump(k->route, k->disciplines, take_discipline, &t, e);
}

static StatsSource *kernel_free(StatsSource *s) {
        KernelStats *k = (KernelStats *) s;

        netlink_socket_free(k->route);
        netlink_socket_free(k->generic);
        netlink_socket_free(k->notices);
        driver_stats_reader_free(k->driver);
        netlink_message_free(k->dump);
        netlink_message_free(k->counters);
        netlink_message_free(k->reporters);
        netlink_message_free(k->disciplines);
        for (StatsKind kind = 0; kind < _STATS_KIND_MAX; kind++)
                netlink_message_free(k->asks[kind]);
        free(k);
        return NULL;
}

static const StatsSourceOps kernel_ops = {
        .name = "kernel",
        .counters = kernel_counters,
        .ask = kernel_ask,
        .reporters = kernel_reporters,
        .noticed = kernel_noticed,
        .queues = kernel_queues,
        .free = kernel_free,
};

/* 0 with an id of 0 when this kernel has no such family. */
static int find_family(KernelStats *k, const char *name, GenlFamily *ret, Error *e) {
        int r = netlink_socket_genl_family(k->generic, name, ret, e);

        return r == -ENOENT ? 0 : r;
}

static int listen_devlink(KernelStats *k, const GenlFamily *family, Error *e) {
        uint32_t group = genl_family_group(family, DEVLINK_GENL_MCGRP_CONFIG_NAME);
        int r;

        if (group == 0)
                return 0;
        r = netlink_socket_new(NETLINK_GENERIC, &k->notices, e);
        return r < 0 ? r : netlink_socket_subscribe(k->notices, group, e);
}

/* The adapter is put in when one is asked. */
static int make_questions(KernelStats *k) {
        bool made;

        k->dump = rtnl_counters_request(0);
        k->counters = rtnl_counters_request(1);
        k->reporters = devlink_health_request(k->devlink);
        k->disciplines = qdisc_codec_get(0);
        made = k->dump && k->counters && k->reporters && k->disciplines;
        for (StatsKind kind = 0; kind < _STATS_KIND_MAX; kind++) {
                if (kind == STATS_DRIVER) /* no message */
                        continue;
                k->asks[kind] = kind == STATS_QUEUES ? queue_stats_request(k->netdev, 1)
                                                     : ethtool_stats_request(k->ethtool, kind, 1);
                made = made && k->asks[kind];
        }
        return made ? 0 : -ENOMEM;
}

int stats_source_new(StatsSource **ret, Error *e) {
        KernelStats *k = new0(KernelStats, 1);
        _cleanup_(stats_source_freep) StatsSource *s = (StatsSource *) k;
        GenlFamily ethtool = {}, devlink = {}, netdev = {};
        int r;

        if (!k)
                return error_errno(e, -ENOMEM, "statistics of adapters");
        k->source.ops = &kernel_ops;
        r = netlink_socket_new(NETLINK_ROUTE, &k->route, e);
        if (r >= 0)
                r = netlink_socket_new(NETLINK_GENERIC, &k->generic, e);
        if (r >= 0)
                r = driver_stats_reader_new(&k->driver, e);
        if (r < 0)
                return r;
        netlink_socket_set_timeout(k->route, ASK_TIMEOUT);
        netlink_socket_set_timeout(k->generic, ASK_TIMEOUT);
        r = find_family(k, ETHTOOL_GENL_NAME, &ethtool, e);
        if (r >= 0)
                r = find_family(k, DEVLINK_GENL_NAME, &devlink, e);
        if (r >= 0)
                r = find_family(k, NETDEV_FAMILY_NAME, &netdev, e);
        if (r >= 0)
                r = listen_devlink(k, &devlink, e);
        if (r < 0)
                return r;
        k->ethtool = ethtool.id;
        k->devlink = devlink.id;
        k->netdev = netdev.id;
        r = make_questions(k);
        if (r < 0)
                return error_errno(e, r, "statistics of adapters");
        *ret = TAKE_PTR(s);
        return 0;
}
