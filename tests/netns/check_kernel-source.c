/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "alloc-util.h"
#include "check-main.h"
#include "health-source-contract.h"
#include "kernel-source.h"
#include "netns-lab.h"
#include "stats-round.h"
#include "sysfs-link.h"
#include "tx-timeout.h"

static LinkMonitor *monitor;
static int peer;

static void setup(void) {
        Error e = {};

        lab_enter();
        peer = lab_namespace_new();
        lab_run(-1, "ip link add va numtxqueues 4 numrxqueues 4 type veth peer name vb");
        lab_run(-1, "ip link set vb netns /proc/%d/fd/%d", getpid(), peer);
        /* nothing but our own frames */
        lab_run(peer, "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set vb up");
        lab_run(-1, "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set va up");
        ck_assert_msg(link_monitor_new(NULL, &monitor, &e) == 0, "%s", e.text);
}

static void teardown(void) {
        monitor = link_monitor_free(monitor);
        close(peer);
}

static int contract_ifindex(void) {
        return link_monitor_find_name(monitor, "va")->ifindex;
}

static HealthSource *contract_source_new(void) {
        KernelSource *s = NULL;
        Error e = {};

        ck_assert_msg(kernel_source_new(monitor, &s, &e) == 0, "%s", e.text);
        return kernel_source_health(s);
}

static void frames_send(int namespace_fd, const char *name, unsigned n) {
        static const uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
        int back = namespace_fd >= 0 ? lab_visit(namespace_fd) : -1;
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int) if_nametoindex(name) };

        ck_assert_int_ge(fd, 0);
        for (unsigned i = 0; i < n; i++)
                ck_assert_int_eq(sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *) &to, sizeof(to)),
                                sizeof(frame));
        close(fd);
        if (back >= 0)
                lab_leave(back);
}

typedef struct Reading {
        HealthSample samples[4 * KERNEL_SOURCE_SAMPLES_MAX];
        int n;
} Reading;

/* All there is at that time, of one or more snapshots. */
static Reading reading(HealthSource *s, usec_t now) {
        Reading x = {};
        Error e = {};
        int n;

        do {
                ck_assert_int_le(x.n + KERNEL_SOURCE_SAMPLES_MAX, (int) ELEMENTSOF(x.samples));
                n = health_source_read(
                                s, contract_ifindex(), now, x.samples + x.n, KERNEL_SOURCE_SAMPLES_MAX, &e);
                ck_assert_msg(n >= 0, "%s", e.text);
                x.n += n;
        } while (n > 0);
        ck_assert_int_gt(x.n, 0);
        return x;
}

/* Has the thread ask, and waits for it, as the event loop does. */
static void collect(HealthSource *s) {
        KernelSource *k = (KernelSource *) s;
        struct pollfd p = { .fd = kernel_source_fd(k), .events = POLLIN };

        ck_assert_int_eq(kernel_source_begin(k, NULL), 1);
        ck_assert_int_eq(poll(&p, 1, 10000), 1);
        ck_assert(kernel_source_is_over(k));
}

/* With what the thread finds out, or without it. */
static Reading tick_once(HealthSource *s, bool collected) {
        if (collected)
                collect(s);
        return reading(s, clock_monotonic());
}

static const HealthSample *find(const Reading *x, Signal signal) {
        for (int i = 0; i < x->n; i++)
                if (x->samples[i].signal == signal)
                        return x->samples + i;
        return NULL;
}

static uint64_t sysfs_count(const char *file) {
        char path[128];
        unsigned long long value;
        FILE *f;

        snprintf(path, sizeof(path), "/sys/class/net/va/%s", file);
        f = fopen(path, "re");
        ck_assert_ptr_nonnull(f);
        ck_assert_int_eq(fscanf(f, "%llu", &value), 1);
        fclose(f);
        return value;
}

/* Counters move with traffic and agree with what the kernel shows elsewhere; by netlink and by sysfs. */
START_TEST(test_counters) {
        HealthSource *s = contract_source_new();
        usec_t began;
        Reading first, second;

        (void) tick_once(s, false); /* now it is known */
        first = tick_once(s, _i == 0);
        frames_send(peer, "vb", 25);
        frames_send(-1, "va", 30);
        began = clock_monotonic();
        second = tick_once(s, _i == 0);
        ck_assert_uint_ge(second.samples[0].at, began);
        ck_assert_uint_eq(find(&second, SIGNAL_RX_PACKETS)->count, find(&first, SIGNAL_RX_PACKETS)->count + 25);
        ck_assert_uint_eq(find(&second, SIGNAL_TX_PACKETS)->count, find(&first, SIGNAL_TX_PACKETS)->count + 30);
        ck_assert_uint_eq(find(&second, SIGNAL_RX_PACKETS)->count, sysfs_count("statistics/rx_packets"));
        ck_assert_uint_eq(find(&second, SIGNAL_TX_DROPPED)->count, sysfs_count("statistics/tx_dropped"));
        for (Signal i = SIGNAL_RX_PACKETS; i <= SIGNAL_TX_DROPPED; i++) {
                unsigned n = 0;

                for (int j = 0; j < second.n; j++)
                        n += second.samples[j].signal == i;
                ck_assert_msg(n == 1, "%s: %u times", signal_to_string(i), n);
        }
        /* those of netlink are older than what was read here */
        ck_assert(_i == 0 ? find(&second, SIGNAL_RX_PACKETS)->at < find(&second, SIGNAL_CARRIER)->at
                          : find(&second, SIGNAL_RX_PACKETS)->at == find(&second, SIGNAL_CARRIER)->at);
        health_source_free(s);
}
END_TEST

/* Waits for the test where it is told to, as for RTNL that somebody holds. */
typedef struct SlowStats {
        StatsSource source;
        StatsSource *kernel;
        StatsKind slow; /* which questions wait; _STATS_KIND_MAX: those for counters */
        int hold;       /* the end of a pipe: a byte for each question that may be answered */
} SlowStats;

static void slow_wait(const SlowStats *s, StatsKind kind) {
        char byte;

        if (kind == s->slow && read(s->hold, &byte, 1) != 1)
                return;
}

static int slow_counters(StatsSource *s, int ifindex, StatsCountersFunc func, void *userdata, Error *e) {
        SlowStats *slow = (SlowStats *) s;

        slow_wait(slow, _STATS_KIND_MAX);
        return stats_source_counters(slow->kernel, ifindex, func, userdata, e);
}

static int slow_ask(StatsSource *s, StatsKind kind, int ifindex, EthtoolStats *ret, Error *e) {
        slow_wait((SlowStats *) s, kind);
        if (kind != STATS_LINK_STATE)
                return -EOPNOTSUPP;
        ret->value[STATS_LINK_DOWN_COUNT] = 42;
        ret->set[STATS_LINK_DOWN_COUNT] = true;
        /* of a link that is up as well, as from a driver that has not noticed yet */
        ret->value[STATS_LINK_TROUBLE] = ETHTOOL_LINK_EXT_STATE_NO_CABLE;
        ret->set[STATS_LINK_TROUBLE] = true;
        return 2;
}

static int slow_reporters(StatsSource *s, StatsReporterFunc func, void *userdata, Error *e) {
        return -EOPNOTSUPP;
}

static bool slow_noticed(StatsSource *s) {
        return false;
}

static int slow_queues(StatsSource *s, QueueGiven *given, size_t n, Error *e) {
        return stats_source_queues(((SlowStats *) s)->kernel, given, n, e);
}

static StatsSource *slow_free(StatsSource *s) {
        SlowStats *slow = (SlowStats *) s;

        stats_source_free(slow->kernel);
        close(slow->hold);
        free(slow);
        return NULL;
}

/* Returns the end of the pipe to write to. */
static int slow_new(StatsKind kind, KernelSource **ret) {
        static const StatsSourceOps ops = { "slow", slow_counters, slow_ask, slow_reporters, slow_noticed,
                slow_queues, slow_free };
        SlowStats *slow = new0(SlowStats, 1);
        int ends[2];

        slow->source.ops = &ops;
        slow->slow = kind;
        ck_assert_int_eq(pipe(ends), 0);
        slow->hold = ends[0];
        ck_assert_int_eq(stats_source_new(&slow->kernel, NULL), 0);
        ck_assert_int_eq(kernel_source_new_with(monitor, &slow->source, ret, NULL), 0);
        return ends[1];
}

static void slow_answer(int go, const KernelSource *k) {
        struct pollfd p = { .fd = kernel_source_fd(k), .events = POLLIN };

        ck_assert_int_eq(write(go, "x", 1), 1);
        ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

/* An answer that is late does not stop anything: sysfs it is then, and the late one comes when it comes, unless
 * what was read meanwhile is newer. */
START_TEST(test_late) {
        KernelSource *k = NULL;
        int go = slow_new(_STATS_KIND_MAX, &k);
        HealthSource *s = kernel_source_health(k);
        usec_t began;
        Reading x;

        ck_assert_int_eq(kernel_source_begin(k, NULL), 0); /* nobody to ask for yet */
        (void) reading(s, clock_monotonic());
        ck_assert_int_eq(kernel_source_begin(k, NULL), 1);
        for (unsigned i = 0; i < 3; i++) {
                frames_send(peer, "vb", 5);
                usleep(1000);
                began = clock_monotonic();
                x = reading(s, began);
                ck_assert_uint_eq(find(&x, SIGNAL_RX_PACKETS)->count, sysfs_count("statistics/rx_packets"));
                ck_assert_uint_eq(find(&x, SIGNAL_RX_PACKETS)->at, began);
                ck_assert_int_eq(kernel_source_begin(k, NULL), 0);
                ck_assert(!kernel_source_is_over(k));
        }
        slow_answer(go, k);
        ck_assert(kernel_source_is_over(k));
        /* the answer is newer than what was read before it came: it is given, once */
        x = reading(s, clock_monotonic());
        ck_assert_uint_gt(find(&x, SIGNAL_RX_PACKETS)->at, began);
        ck_assert_uint_eq(x.samples[0].at, find(&x, SIGNAL_RX_PACKETS)->at);
        ck_assert_uint_gt(find(&x, SIGNAL_CARRIER)->at, x.samples[0].at);
        /* one that what was read meanwhile is newer than is of no use */
        (void) reading(s, usec_add(clock_monotonic(), USEC_PER_SEC));
        ck_assert_int_eq(kernel_source_begin(k, NULL), 1);
        slow_answer(go, k);
        began = usec_add(clock_monotonic(), 2 * USEC_PER_SEC);
        x = reading(s, began);
        ck_assert_uint_eq(x.samples[0].at, began);
        ck_assert_uint_eq(find(&x, SIGNAL_RX_PACKETS)->at, began);
        close(go);
        health_source_free(s);
}
END_TEST

/* What only the thread can tell is not lost when a later question of its round is slow. */
START_TEST(test_overtaken) {
        KernelSource *k = NULL;
        int go = slow_new(STATS_FEC, &k);
        HealthSource *s = kernel_source_health(k);
        usec_t tick;
        Reading x;

        (void) reading(s, clock_monotonic());
        ck_assert_int_eq(kernel_source_begin(k, NULL), 1);
        usleep(50000); /* by now the link's state is known, most likely */
        tick = clock_monotonic();
        x = reading(s, tick);
        ck_assert_uint_eq(find(&x, SIGNAL_RX_PACKETS)->at, tick);
        ck_assert_ptr_null(find(&x, SIGNAL_LINK_DOWN_COUNT));
        slow_answer(go, k);
        x = reading(s, clock_monotonic());
        ck_assert_uint_eq(find(&x, SIGNAL_LINK_DOWN_COUNT)->count, 42);
        ck_assert_uint_ge(find(&x, SIGNAL_LINK_DOWN_COUNT)->at, tick);
        close(go);
        health_source_free(s);
}
END_TEST

/* Within a second after any other link's event, as of another test's, the kernel tells up to a second late
 * (net/core/link_watch.c). */
static void await_no_carrier(void) {
        for (unsigned i = 0; i < 6000 && link_monitor_find_name(monitor, "va")->carrier; i++) {
                usleep(10000);
                ck_assert_int_eq(link_monitor_dispatch(monitor, NULL), 0);
        }
}

START_TEST(test_carrier) {
        HealthSource *s = contract_source_new();
        usec_t now = clock_monotonic();
        Reading up, down, off;

        up = reading(s, now);
        ck_assert_double_eq(find(&up, SIGNAL_CARRIER)->level, 1);
        lab_run(peer, "ip link set vb down");
        await_no_carrier();
        down = reading(s, now + 1);
        ck_assert_double_eq(find(&down, SIGNAL_CARRIER)->level, 0);
        ck_assert_uint_eq(find(&down, SIGNAL_LINK_FLAPS)->count, find(&up, SIGNAL_LINK_FLAPS)->count + 1);
        ck_assert_uint_eq(find(&down, SIGNAL_LINK_FLAPS)->count, sysfs_count("carrier_down_count"));
        /* an administrator's act is no lost carrier */
        lab_run(-1, "ip link set va down");
        ck_assert_int_eq(link_monitor_dispatch(monitor, NULL), 0);
        off = reading(s, now + 2);
        ck_assert_ptr_null(find(&off, SIGNAL_CARRIER));
        health_source_free(s);
}
END_TEST

static void slow_round(int go, KernelSource *k) {
        ck_assert_int_eq(kernel_source_begin(k, NULL), 1);
        slow_answer(go, k);
        ck_assert(kernel_source_is_over(k));
        (void) reading(kernel_source_health(k), clock_monotonic());
}

/* Why the link is down holds for the loss it was told of, while that lasts and no administrator takes the link
 * down himself. */
START_TEST(test_link_trouble) {
        KernelSource *k = NULL;
        int go = slow_new(_STATS_KIND_MAX, &k), va = contract_ifindex();
        HealthSource *s = kernel_source_health(k);

        (void) reading(s, clock_monotonic());
        slow_round(go, k);
        ck_assert(!kernel_source_link_trouble(k, va).known);
        lab_run(peer, "ip link set vb down");
        await_no_carrier();
        ck_assert(!kernel_source_link_trouble(k, va).known);
        slow_round(go, k);
        ck_assert(kernel_source_link_trouble(k, va).known);
        ck_assert_uint_eq(kernel_source_link_trouble(k, va).state, ETHTOOL_LINK_EXT_STATE_NO_CABLE);
        lab_run(-1, "ip link set va down");
        ck_assert_int_eq(link_monitor_dispatch(monitor, NULL), 0);
        ck_assert(!kernel_source_link_trouble(k, va).known);
        close(go);
        health_source_free(s);
}
END_TEST

/* Slow signals at their own pace; what veth does not have is absent, not 0. */
START_TEST(test_pace) {
        HealthSource *s = contract_source_new();
        usec_t now = clock_monotonic();
        unsigned n = 0;
        Reading x;

        for (unsigned i = 0; i <= 40; i++) { /* 10 s of ticks */
                x = reading(s, now + i * 250 * USEC_PER_MSEC);
                n += find(&x, SIGNAL_TX_TIMEOUT) != NULL;
                ck_assert_ptr_null(find(&x, SIGNAL_LINK_DOWN_COUNT));
        }
        ck_assert_uint_eq(n, 11);
        health_source_free(s);
}
END_TEST

START_TEST(test_tx_timeout_follows_queues) {
        size_t budget = 3;
        TxTimeout t;
        uint64_t sum = 77;
        int fd = sysfs_link_open("va", contract_ifindex(), NULL);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(tx_timeout_init(&t, fd, &budget), 0);
        ck_assert_int_eq(tx_timeout_read(&t, &sum), 0);
        ck_assert_uint_eq(sum, 0);
        lab_run(-1, "ethtool -L va tx 4 rx 4");
        ck_assert_int_eq(tx_timeout_read(&t, &sum), 0);
        ck_assert_uint_eq(t.files.n_fds, 3); /* the fourth is read without being kept */
        ck_assert_uint_eq(budget, 0);
        lab_run(-1, "ethtool -L va tx 1 rx 1");
        ck_assert_int_eq(tx_timeout_read(&t, &sum), 0);
        ck_assert_uint_eq(t.files.n_fds, 1);
        ck_assert_uint_eq(budget, 2);
        lab_run(-1, "ethtool -L va tx 4 rx 4");
        for (unsigned i = 0; i <= QUEUE_FILES_BELIEVED; i++) {
                ck_assert_uint_eq(t.files.n_fds, 1); /* there was no other one */
                ck_assert_int_eq(tx_timeout_read(&t, &sum), 0);
        }
        ck_assert_uint_eq(t.files.n_fds, 3);
        lab_run(-1, "ip link del va");
        sum = 77;
        ck_assert_int_eq(tx_timeout_read(&t, &sum), -ENODEV);
        ck_assert_uint_eq(sum, 77);
        tx_timeout_done(&t);
        ck_assert_uint_eq(budget, 3);
        close(fd);
}
END_TEST

START_TEST(test_link_goes_and_comes) {
        HealthSource *s = contract_source_new();
        usec_t now = clock_monotonic();
        int ifindex = contract_ifindex();
        HealthSample samples[KERNEL_SOURCE_SAMPLES_MAX];
        Error e = {}, f = {};

        (void) reading(s, now);
        lab_run(-1, "ip link del va");
        /* before and after the monitor has heard */
        ck_assert_int_lt(health_source_read(s, ifindex, now + 1, samples, KERNEL_SOURCE_SAMPLES_MAX, &e), 0);
        ck_assert_int_ne(e.text[0], '\0');
        ck_assert_int_eq(link_monitor_dispatch(monitor, NULL), 0);
        ck_assert_int_eq(health_source_read(s, ifindex, now + 2, samples, KERNEL_SOURCE_SAMPLES_MAX, &f),
                        -ENODEV);
        ck_assert_int_eq(f.kind, ERROR_NO_SUCH_ADAPTER);
        lab_run(-1, "ip link add va type veth peer name vb");
        ck_assert_int_eq(link_monitor_dispatch(monitor, NULL), 0);
        ck_assert_int_ne(contract_ifindex(), ifindex);
        (void) reading(s, now + 3);
        health_source_free(s);
}
END_TEST

/* What a sample costs, beside a bare loop of the same kernel calls. */
static double cpu_usec(void) {
        return (double) clock_usec(CLOCK_PROCESS_CPUTIME_ID);
}

/* The kernel calls of a tick and nothing else: one send, and receives until the end of the dump. */
static double bare_dump(unsigned rounds) {
        struct {
                struct nlmsghdr header;
                struct if_stats_msg stats;
        } request = {
                .header = { .nlmsg_len = sizeof(request),
                                .nlmsg_type = RTM_GETSTATS,
                                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                .stats = { .filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64) },
        };
        static char buffer[65536];
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        double begin = cpu_usec();

        for (unsigned i = 0; i < rounds; i++) {
                const struct nlmsghdr *h = (const struct nlmsghdr *) buffer;

                if (send(fd, &request, sizeof(request), 0) < 0)
                        ck_abort_msg("send");
                do {
                        ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
                        int left = (int) n;

                        if (n <= 0)
                                ck_abort_msg("recv");
                        for (h = (const struct nlmsghdr *) buffer;
                                        NLMSG_OK(h, (unsigned) left) && h->nlmsg_type != NLMSG_DONE;)
                                h = NLMSG_NEXT(h, left);
                        if (left > 0)
                                break;
                } while (true);
        }
        close(fd);
        return (cpu_usec() - begin) / rounds;
}

/* Without assertions inside: each of Check's costs as much as a sample. */
static unsigned tick(HealthSource *s, usec_t now, unsigned n_adapters, const int *ifindexes) {
        HealthSample samples[KERNEL_SOURCE_SAMPLES_MAX];
        unsigned n = 0;

        for (unsigned i = 0; i < n_adapters; i++)
                n += health_source_read(s, ifindexes[i], now, samples, ELEMENTSOF(samples), NULL) > 0;
        return n;
}

static double source_tick(usec_t step, unsigned rounds, unsigned n_adapters, const int *ifindexes) {
        HealthSource *s = contract_source_new();
        usec_t now = USEC_PER_SEC;
        unsigned n = 0;
        double begin;

        ck_assert_uint_eq(tick(s, now, n_adapters, ifindexes), n_adapters);
        begin = cpu_usec();
        for (unsigned round = 0; round < rounds; round++)
                n += tick(s, now += step, n_adapters, ifindexes);
        begin = (cpu_usec() - begin) / rounds;
        ck_assert_uint_eq(n, rounds * n_adapters);
        health_source_free(s);
        return begin;
}

static usec_t round_time;

static usec_t round_clock(void) {
        return round_time;
}

/* What the thread does at four rounds a second. */
static double round_tick(unsigned rounds, unsigned n_adapters, const int *ifindexes) {
        _cleanup_free_ StatsTarget *targets = new0(StatsTarget, n_adapters);
        StatsSource *stats = NULL;
        const StatsReport *reports;
        StatsRound *r;
        double begin;

        for (unsigned i = 0; i < n_adapters; i++)
                targets[i].ifindex = ifindexes[i];
        ck_assert_int_eq(stats_source_new(&stats, NULL), 0);
        r = stats_round_new(stats, round_clock);
        ck_assert_int_eq(stats_round_set_targets(r, targets, n_adapters), 0);
        begin = cpu_usec();
        for (unsigned round = 0; round < rounds; round++) {
                round_time += 250 * USEC_PER_MSEC;
                stats_round_run(r, true);
        }
        begin = (cpu_usec() - begin) / rounds;
        ck_assert_uint_eq(stats_round_reports(r, &reports), n_adapters);
        for (unsigned i = 0; i < n_adapters; i++)
                ck_assert_uint_eq(reports[i].counters_at, round_time);
        stats_round_free(r);
        return begin;
}

START_TEST(test_cost) {
        static const unsigned sizes[] = { 2, 64, 512 };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                static int ifindexes[512];
                unsigned n = sizes[i], rounds = 20000 / n + 40, found = 0;
                const LinkState *links;
                double bare, round, all, lockless;
                size_t n_links;

                lab_run(-1,
                                "i=0; while [ $i -lt %u ]; do echo link add c%u-$i type veth peer name d%u-$i; "
                                "i=$((i+1)); done | ip -batch -",
                                n / 2, n, n);
                monitor = link_monitor_free(monitor);
                ck_assert_int_eq(link_monitor_new(NULL, &monitor, NULL), 0);
                n_links = link_monitor_links(monitor, &links);
                for (size_t j = 0; j < n_links && found < n; j++)
                        if (streq(links[j].kind, "veth") && strchr(links[j].name, '-'))
                                ifindexes[found++] = links[j].ifindex;
                ck_assert_uint_eq(found, n);
                bare = bare_dump(rounds);
                round = round_tick(rounds, n, ifindexes);
                all = source_tick(250 * USEC_PER_MSEC, rounds, n, ifindexes);
                lockless = source_tick(1, rounds, n, ifindexes);
                printf("cost: %3u adapters, %3zu links, us of CPU per adapter and tick: bare dump %.2f, "
                       "a round of the thread %.2f, without it with tx_timeout at 4 ticks/s %.2f, counters "
                       "lockless %.2f\n",
                                n, n_links, bare / n, round / n, all / n, lockless / n);
                /* generous, for sanitizers and a busy machine; it is to catch a wrong order of growth */
                ck_assert_double_lt((all + round) / n, 200);
        }
}
END_TEST

static Suite *suite(void) {
        Suite *s = suite_create("kernel-source");
        TCase *t = tcase_create("kernel-source"), *contract = contract_tcase();

        tcase_set_timeout(t, 60);
        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_checked_fixture(contract, setup, teardown);
        tcase_add_loop_test(t, test_counters, 0, 2);
        tcase_add_test(t, test_carrier);
        tcase_add_test(t, test_link_trouble);
        tcase_add_test(t, test_pace);
        tcase_add_test(t, test_tx_timeout_follows_queues);
        tcase_add_test(t, test_link_goes_and_comes);
        tcase_add_test(t, test_late);
        tcase_add_test(t, test_overtaken);
        tcase_add_test(t, test_cost);
        suite_add_tcase(s, t);
        suite_add_tcase(s, contract);
        return s;
}

CHECK_MAIN();
