/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What watching adapters costs in the kernel and nowhere else: the calls that primed makes for them, at the
 * same pace, in a bare loop that looks at no value.
 *
 *     bare-sample SECONDS INTERVAL_MS (ADAPTER ADAPTER)...
 *
 *   each interval  one RTM_GETSTATS dump (src/kernel/kernel-source.c), and the byte queue limits of each queue
 *                  (src/kernel/queue-limits.c)
 *
 *   each second    tx_timeout of each queue (src/kernel/tx-timeout.c)
 *
 *   each 50 ms     carrier_changes (src/kernel/carrier-watch.c); a beacon from each adapter to the other one of
 * its pair, who is next to it in the list, and its receipt (src/kernel/probe-socket.c)
 *
 * Prints the microseconds of CPU per second of the sampling, of the watching of carriers and of the beacons.
 * Each is counted with the waits for its timer, which it has to itself, where each pair of primed's has one. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC    UINT64_C(1000000000)
#define CARRIER_NSEC    (NSEC_PER_SEC / 20)
#define BEACON_NSEC     (NSEC_PER_SEC / 20)
#define TX_TIMEOUT_NSEC NSEC_PER_SEC
#define ADAPTERS_MAX    1024
#define QUEUES_MAX      16
#define BEACON_SIZE     60

/* What each transmit queue has, if the driver has it. */
typedef enum QueueFile {
        TX_TIMEOUT,
        IN_FLIGHT,
        STALLS,
        QUEUE_FILE_MAX,
} QueueFile;

static const char *const queue_files[QUEUE_FILE_MAX] = {
        [TX_TIMEOUT] = "tx_timeout",
        [IN_FLIGHT] = "byte_queue_limits/inflight",
        [STALLS] = "byte_queue_limits/stall_cnt",
};

typedef struct BareAdapter {
        int carrier_changes;
        int queues[QUEUE_FILE_MAX][QUEUES_MAX];
        unsigned n_queues[QUEUE_FILE_MAX];
        int packets;
        uint8_t beacon[BEACON_SIZE];
} BareAdapter;

static BareAdapter adapters[ADAPTERS_MAX];
static unsigned n_adapters;
static uint64_t interval;
static int route;

static void die(const char *what) {
        fprintf(stderr, "bare-sample: %s: %s\n", what, strerror(errno));
        exit(1);
}

static uint64_t clock_read(clockid_t clock) {
        struct timespec t;

        clock_gettime(clock, &t);
        return (uint64_t) t.tv_sec * NSEC_PER_SEC + (uint64_t) t.tv_nsec;
}

static void packets_open(BareAdapter *a, const char *name) {
        struct sockaddr_ll address = { .sll_family = AF_PACKET,
                .sll_protocol = htons(ETH_P_ALL),
                .sll_ifindex = (int) if_nametoindex(name) };
        struct ifreq request = {};
        int one = 1;

        a->packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
        if (a->packets < 0 || ioctl(a->packets, SIOCGIFHWADDR, &request) < 0 ||
                        setsockopt(a->packets, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) < 0 ||
                        setsockopt(a->packets, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) < 0 ||
                        setsockopt(a->packets, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) < 0 ||
                        bind(a->packets, (struct sockaddr *) &address, sizeof(address)) < 0)
                die(name);
        memcpy(a->beacon + ETH_ALEN, request.ifr_hwaddr.sa_data, ETH_ALEN);
        a->beacon[2 * ETH_ALEN] = ETH_P_802_EX1 >> 8;
        a->beacon[2 * ETH_ALEN + 1] = ETH_P_802_EX1 & 0xff;
}

static void adapter_open(const char *name) {
        BareAdapter *a = adapters + n_adapters++;
        char path[128];

        snprintf(path, sizeof(path), "/sys/class/net/%s/carrier_changes", name);
        a->carrier_changes = open(path, O_RDONLY);
        if (a->carrier_changes < 0)
                die(path);
        for (QueueFile f = 0; f < QUEUE_FILE_MAX; f++)
                for (unsigned *n = a->n_queues + f; *n < QUEUES_MAX; (*n)++) {
                        snprintf(path, sizeof(path), "/sys/class/net/%s/queues/tx-%u/%s", name, *n,
                                        queue_files[f]);
                        a->queues[f][*n] = open(path, O_RDONLY);
                        if (a->queues[f][*n] < 0)
                                break;
                }
        packets_open(a, name);
}

static void file_read(int fd) {
        char text[32];

        if (pread(fd, text, sizeof(text), 0) <= 0)
                die("pread");
}

static void dump(void) {
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
        bool done = false;

        if (send(route, &request, sizeof(request), 0) < 0)
                die("send");
        while (!done) {
                ssize_t n = recv(route, buffer, sizeof(buffer), 0);
                int left = (int) n;

                if (n <= 0)
                        die("recv");
                for (const struct nlmsghdr *h = (const struct nlmsghdr *) buffer; NLMSG_OK(h, (unsigned) left);
                                h = NLMSG_NEXT(h, left))
                        done |= h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
        }
}

static void read_queues(QueueFile f) {
        for (unsigned i = 0; i < n_adapters; i++)
                for (unsigned queue = 0; queue < adapters[i].n_queues[f]; queue++)
                        file_read(adapters[i].queues[f][queue]);
}

static void sample(uint64_t round) {
        dump();
        read_queues(IN_FLIGHT);
        read_queues(STALLS);
        if (round * interval % TX_TIMEOUT_NSEC < interval)
                read_queues(TX_TIMEOUT);
}

static void watch(uint64_t round) {
        for (unsigned i = 0; i < n_adapters; i++)
                file_read(adapters[i].carrier_changes);
}

static void receive(int fd) {
        static uint8_t data[256];
        union {
                struct cmsghdr align;
                uint8_t data[CMSG_SPACE(sizeof(struct timespec))];
        } control;
        struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
        struct msghdr message = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };

        if (recvmsg(fd, &message, MSG_DONTWAIT) <= 0)
                die("no beacon arrived");
}

/* On veth, a frame has arrived when it is sent. */
static void probe(uint64_t round) {
        for (unsigned i = 0; i < n_adapters; i++)
                if (send(adapters[i].packets, adapters[i].beacon, BEACON_SIZE, MSG_DONTWAIT) < 0)
                        die("send");
        for (unsigned i = 0; i < n_adapters; i++)
                receive(adapters[i].packets);
}

/* Does it each `step` for so long; microseconds of CPU per second, waiting for the timer included. */
static double repeat(void (*action)(uint64_t round), uint64_t step, uint64_t duration) {
        int timer = timerfd_create(CLOCK_MONOTONIC, 0), poll = epoll_create1(0);
        struct itimerspec due = {};
        struct epoll_event event = { .events = EPOLLIN };
        uint64_t at = clock_read(CLOCK_MONOTONIC), rounds = duration / step, begin, count;

        if (timer < 0 || poll < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, timer, &event) < 0)
                die("timer");
        begin = clock_read(CLOCK_PROCESS_CPUTIME_ID);
        for (uint64_t i = 0; i < rounds; i++) {
                at += step;
                due.it_value.tv_sec = (time_t) (at / NSEC_PER_SEC);
                due.it_value.tv_nsec = (long) (at % NSEC_PER_SEC);
                if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &due, NULL) < 0)
                        die("timerfd_settime");
                while (epoll_wait(poll, &event, 1, -1) < 1)
                        if (errno != EINTR)
                                die("epoll_wait");
                if (read(timer, &count, sizeof(count)) < 0)
                        die("read");
                action(i);
        }
        close(timer);
        close(poll);
        return (double) (clock_read(CLOCK_PROCESS_CPUTIME_ID) - begin) / 1e3 /
                        ((double) (rounds * step) / (double) NSEC_PER_SEC);
}

int main(int argc, char *argv[]) {
        double seconds = argc > 1 ? atof(argv[1]) : 0, sampling, watching, probing;
        int milliseconds = argc > 2 ? atoi(argv[2]) : 0;

        if (argc < 5 || argc % 2 == 0 || argc - 3 > ADAPTERS_MAX || seconds < 1 || milliseconds < 10) {
                fprintf(stderr, "bare-sample SECONDS INTERVAL_MS (ADAPTER ADAPTER)...\n");
                return 2;
        }
        interval = (uint64_t) milliseconds * (NSEC_PER_SEC / 1000);
        route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (route < 0)
                die("socket");
        for (int i = 3; i < argc; i++)
                adapter_open(argv[i]);
        for (unsigned i = 0; i < n_adapters; i++)
                memcpy(adapters[i].beacon, adapters[i ^ 1].beacon + ETH_ALEN, ETH_ALEN);
        sampling = repeat(sample, interval, (uint64_t) (seconds * (double) NSEC_PER_SEC));
        watching = repeat(watch, CARRIER_NSEC, (uint64_t) (seconds * (double) NSEC_PER_SEC));
        probing = repeat(probe, BEACON_NSEC, (uint64_t) (seconds * (double) NSEC_PER_SEC));
        printf("{\"sampling\": %.1f, \"watching\": %.1f, \"probing\": %.1f}\n", sampling, watching, probing);
        return 0;
}
