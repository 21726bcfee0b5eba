/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "alloc-util.h"
#include "clock.h"
#include "netns-lab.h"
#include "steering-traffic.h"

#define PORT          7000
#define GROUP4        "239.9.9.9"
#define GROUP6        "ff15::9:9"
#define TEST_TYPE     0x9000 /* Ethernet Configuration Testing Protocol */
#define TEST_VLAN     42
#define NUMBERS_MAX   400000
#define CATCH_UP      8
#define PAYLOAD_BYTES 64
#define GREETINGS     50
#define GREETING_MSEC 100

typedef struct Payload {
        uint32_t number, flow;
        uint8_t rest[PAYLOAD_BYTES - 8];
} Payload;

typedef struct Flow {
        bool active;
        int peer, host; /* sockets */
        bool packet;    /* they are packet sockets */
        FlowCount count;
        uint32_t last, reply_last;
        usec_t replied_at;
        uint8_t *seen, *reply_seen;
} Flow;

struct Traffic {
        SteeringLab *lab;
        Flow flow[_FLOW_MAX];
        unsigned per_second;
        usec_t started, process_next;
        usec_t turned_at, longest_stall; /* turned_at 0: not running */
        usec_t steered, starved;         /* time in the steering since then; longest stall but for that */
        uint32_t due_from;
};

static int checked(int r, const char *what) {
        if (r < 0)
                ck_abort_msg("%s: %s", what, strerror(errno));
        return r;
}

static int udp_socket(int family, int ifindex, uint16_t port) {
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
        int fd = checked(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"), on = 1;
        int size = 8 << 20;

        checked(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)), "SO_RCVBUFFORCE");
        checked(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), "SO_BROADCAST");
        if (family == AF_INET) {
                struct ip_mreqn multicast = { .imr_ifindex = ifindex };

                checked(bind(fd, (struct sockaddr *) &in, sizeof(in)), "bind");
                checked(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &multicast, sizeof(multicast)),
                                "IP_MULTICAST_IF");
        } else {
                checked(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), "IPV6_V6ONLY");
                checked(bind(fd, (struct sockaddr *) &in6, sizeof(in6)), "bind");
                checked(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &ifindex, sizeof(ifindex)),
                                "IPV6_MULTICAST_IF");
        }
        return fd;
}

static void connect_to(int fd, const char *address, uint16_t port) {
        struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
        struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

        if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
                checked(connect(fd, (struct sockaddr *) &in, sizeof(in)), address);
        else if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1)
                checked(connect(fd, (struct sockaddr *) &in6, sizeof(in6)), address);
}

static int packet_socket(const char *name) {
        int fd = checked(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
        int size = 8 << 20;
        struct sockaddr_ll address = {
                .sll_family = AF_PACKET,
                .sll_protocol = htons(TEST_TYPE),
                .sll_ifindex = (int) if_nametoindex(name),
        };

        checked(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)), "SO_RCVBUFFORCE");
        checked(bind(fd, (struct sockaddr *) &address, sizeof(address)), "bind");
        return fd;
}

static void join_groups(int fd, FlowKind kind, const char *home) {
        int ifindex = (int) if_nametoindex(home);
        struct ip_mreqn in = { .imr_ifindex = ifindex };
        struct ipv6_mreq in6 = { .ipv6mr_interface = (unsigned) ifindex };

        inet_pton(AF_INET, GROUP4, &in.imr_multiaddr);
        inet_pton(AF_INET6, GROUP6, &in6.ipv6mr_multiaddr);
        if (kind == FLOW_MULTICAST4)
                checked(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &in, sizeof(in)), "IP_ADD_MEMBERSHIP");
        if (kind == FLOW_MULTICAST6)
                checked(setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &in6, sizeof(in6)),
                                "IPV6_ADD_MEMBERSHIP");
}

/* The host's end is on A whatever happens; that is what steering promises. */
static void open_flow(Traffic *t, FlowKind kind) {
        static const char *const to[_FLOW_MAX] = { "10.9.0.1", "fd09::1", GROUP4, "10.9.0.255", GROUP6, "", "",
                "10.9.1.1", "fd0a::1" };
        Flow *f = &t->flow[kind];
        uint16_t port = (uint16_t) (PORT + kind);
        int family = strchr(to[kind], ':') ? AF_INET6 : AF_INET, back;

        f->active = true;
        f->seen = calloc(NUMBERS_MAX, 1);
        f->reply_seen = calloc(NUMBERS_MAX, 1);
        f->packet = kind == FLOW_TAGGED || kind == FLOW_GROUP_TAGGED;
        f->host = f->packet ? packet_socket(t->lab->home)
                            : udp_socket(family, (int) if_nametoindex(t->lab->home), port);
        join_groups(f->host, kind, t->lab->home);
        back = lab_visit(t->lab->peer_fd);
        f->peer = f->packet ? packet_socket("P") : udp_socket(family, (int) if_nametoindex("P"), 0);
        if (!f->packet)
                connect_to(f->peer, to[kind], port);
        lab_leave(back);
}

static bool is_echo(FlowKind kind) {
        return kind == FLOW_ECHO4 || kind == FLOW_ECHO6 || kind == FLOW_TAGGED || kind == FLOW_UPPER4 ||
                        kind == FLOW_UPPER6;
}

static bool is_readable(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        return poll(&p, 1, GREETING_MSEC) > 0;
}

/* Both know each other then. While a neighbour is asked for, what waits for it is overtaken by what is sent as
 * the answer comes in, on whatever processor that is. */
static void greet(const Flow *f) {
        for (unsigned i = 0; i < GREETINGS; i++) {
                struct sockaddr_storage from;
                socklen_t length = sizeof(from);
                char octet;

                (void) send(f->peer, "", 1, 0);
                if (!is_readable(f->host) ||
                                recvfrom(f->host, &octet, 1, 0, (struct sockaddr *) &from, &length) < 0)
                        continue;
                (void) sendto(f->host, "", 1, 0, (struct sockaddr *) &from, length);
                if (is_readable(f->peer) && recv(f->peer, &octet, 1, 0) >= 0)
                        return;
        }
        ck_abort_msg("host and peer do not reach each other");
}

/* What a veth sends waits in the queue of the processor that sent it (net/core/dev.c enqueue_to_backlog()): one
 * that the scheduler takes elsewhere overtakes its own frames, whether they are moved between adapters or not.
 */
static void stay_on_this_processor(void) {
        cpu_set_t here;

        CPU_ZERO(&here);
        CPU_SET((size_t) checked(sched_getcpu(), "sched_getcpu"), &here);
        checked(sched_setaffinity(0, sizeof(here), &here), "sched_setaffinity");
}

Traffic *traffic_new(SteeringLab *lab, unsigned flows, unsigned per_second) {
        Traffic *t = calloc(1, sizeof(*t));

        stay_on_this_processor();
        t->lab = lab;
        t->per_second = per_second;
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++)
                if (flows & (1u << kind))
                        open_flow(t, kind);
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++)
                if (t->flow[kind].active && is_echo(kind) && !t->flow[kind].packet)
                        greet(&t->flow[kind]);
        usleep(300000); /* reports get heard */
        t->started = clock_monotonic();
        traffic_time_gaps(t);
        return t;
}

Traffic *traffic_free(Traffic *t) {
        if (!t)
                return NULL;
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++) {
                Flow *f = &t->flow[kind];

                if (!f->active)
                        continue;
                close(f->peer);
                close(f->host);
                free(f->seen);
                free(f->reply_seen);
        }
        free(t);
        return NULL;
}

static bool send_tagged(int fd, FlowKind kind, uint32_t number, bool reply) {
        static const uint8_t host[6] = { 2, 0, 0, 0, 0, 0x0a }, peer[6] = { 2, 0, 0, 0, 0, 0x0c };
        static const uint8_t group[6] = { 1, 0, 0x5e, 1, 2, 3 };
        struct {
                struct ether_header ether;
                uint16_t tag, type;
                Payload payload;
        } __attribute__((packed)) frame = {
                .ether = { .ether_type = htons(ETHERTYPE_VLAN) },
                .tag = htons(TEST_VLAN),
                .type = htons(TEST_TYPE),
                .payload = { .number = number, .flow = (uint32_t) kind },
        };

        memcpy(frame.ether.ether_shost, reply ? host : peer, 6);
        memcpy(frame.ether.ether_dhost, reply ? peer : kind == FLOW_GROUP_TAGGED ? group : host, 6);
        return send(fd, &frame, sizeof(frame), 0) == sizeof(frame);
}

static void send_one(Flow *f, FlowKind kind) {
        Payload p = { .number = f->count.sent, .flow = (uint32_t) kind };

        if (f->packet ? send_tagged(f->peer, kind, p.number, false)
                      : send(f->peer, &p, sizeof(p), 0) == sizeof(p))
                f->count.sent++;
        else
                ck_assert_msg(errno == ENOBUFS || errno == EAGAIN, "send: %s", strerror(errno));
}

/* Says which was overtaken, and when: before, in or after which move. */
static void note(uint8_t *seen, uint32_t number, uint32_t *last, unsigned *got, unsigned *doubled,
                unsigned *reordered) {
        ck_assert_uint_lt(number, NUMBERS_MAX);
        if (seen[number]++) {
                (*doubled)++;
                return;
        }
        (*got)++;
        if (number < *last) {
                (*reordered)++;
                printf("%llu us: %u came after %u\n", (unsigned long long) clock_monotonic(), number, *last);
                fflush(stdout); /* a test that fails does not come to it */
        }
        *last = number;
}

/* There is no VLAN device, so the kernel takes the tag away and marks the frame as somebody else's; it does so
 * only where there was a tag with a VLAN id (net/core/dev.c __netif_receive_skb_core()). */
static bool receive_packet(int fd, FlowKind kind, Payload *ret) {
        struct {
                struct ether_header ether;
                Payload payload;
        } __attribute__((packed)) frame;
        struct sockaddr_ll from;
        socklen_t length = sizeof(from);

        while (recvfrom(fd, &frame, sizeof(frame), 0, (struct sockaddr *) &from, &length) == sizeof(frame)) {
                if (frame.payload.flow != (uint32_t) kind)
                        continue;
                ck_assert_int_eq(from.sll_pkttype, PACKET_OTHERHOST);
                *ret = frame.payload;
                return true;
        }
        return false;
}

/* Up to now, so that a gap that has not ended counts too. */
static void time_gap(Flow *f) {
        f->count.longest_gap = MAX(f->count.longest_gap, usec_sub(clock_monotonic(), f->replied_at));
}

/* Everything that has arrived at the host; echoes go back at once. */
static void serve(Flow *f, FlowKind kind) {
        struct sockaddr_storage from;
        socklen_t length = sizeof(from);
        Payload p;

        while (f->packet ? receive_packet(f->host, kind, &p)
                         : recvfrom(f->host, &p, sizeof(p), 0, (struct sockaddr *) &from, &length) ==
                                                        sizeof(p)) {
                note(f->seen, p.number, &f->last, &f->count.received, &f->count.doubled, &f->count.reordered);
                if (f->packet && is_echo(kind))
                        (void) send_tagged(f->host, kind, p.number, true);
                else if (is_echo(kind))
                        (void) sendto(f->host, &p, sizeof(p), 0, (struct sockaddr *) &from, length);
                length = sizeof(from);
        }
        while (f->packet ? receive_packet(f->peer, kind, &p) : recv(f->peer, &p, sizeof(p), 0) == sizeof(p)) {
                time_gap(f);
                f->replied_at = clock_monotonic();
                note(f->reply_seen, p.number, &f->reply_last, &f->count.replied, &f->count.reply_doubled,
                                &f->count.reply_reordered);
        }
}

/* Whatever is due, in small portions so that answers flow between; then sleeps a little. */
static void turn(Traffic *t, bool sending) {
        usec_t now = clock_monotonic();

        if (t->turned_at > 0) {
                t->longest_stall = MAX(t->longest_stall, now - t->turned_at);
                t->starved = MAX(t->starved, usec_sub(now - t->turned_at, t->steered));
        }
        t->turned_at = now;
        t->steered = 0;
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++) {
                Flow *f = &t->flow[kind];
                uint64_t due = sending ? (clock_monotonic() - t->started) * t->per_second / USEC_PER_SEC : 0;

                if (!f->active)
                        continue;
                for (unsigned k = 0; k < CATCH_UP && f->count.sent < due && f->count.sent < NUMBERS_MAX; k++)
                        send_one(f, kind);
                serve(f, kind);
        }
        usleep(20);
}

void traffic_burst(Traffic *t, unsigned n) {
        for (unsigned k = 0; k < n; k++)
                for (FlowKind kind = 0; kind < _FLOW_MAX; kind++)
                        if (t->flow[kind].active && t->flow[kind].count.sent < NUMBERS_MAX)
                                send_one(&t->flow[kind], kind);
}

static int process(Traffic *t, Steering *s, Error *e) {
        usec_t now = clock_monotonic(), next = USEC_INFINITY;
        int r;

        if (!s || now < t->process_next)
                return 0;
        r = steering_process(s, now, &next, e);
        t->steered += clock_monotonic() - now;
        t->process_next = r < 0 ? now + USEC_PER_MSEC : next;
        return r;
}

void traffic_run(Traffic *t, Steering *s, usec_t duration) {
        usec_t until = clock_monotonic() + duration;
        Error e = {};

        t->turned_at = 0;
        while (clock_monotonic() < until) {
                turn(t, true);
                ck_assert_msg(process(t, s, &e) >= 0, "%s", e.text);
        }
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++)
                if (is_echo(kind))
                        time_gap(&t->flow[kind]);
}

usec_t traffic_longest_stall(const Traffic *t) {
        return t->longest_stall;
}

void traffic_move_planned(Traffic *t, Steering *s, SteeringPath target) {
        usec_t begin, total;
        Error e = {};
        int r = traffic_move(t, s, target, STEERING_PLANNED, &begin, &total, &e);

        ck_assert_msg(r == 1, "move: %d %s", r, e.text);
        ck_assert(steering_path_equal(steering_get_path(s), target));
        printf("move to ingress %d egress %d: begin %llu us, done %llu us\n", target.ingress, target.egress,
                        (unsigned long long) begin, (unsigned long long) total);
        fflush(stdout);
}

void traffic_time_gaps(Traffic *t) {
        t->longest_stall = 0;
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++) {
                t->flow[kind].replied_at = clock_monotonic();
                t->flow[kind].count.longest_gap = 0;
        }
}

int traffic_move(Traffic *t, Steering *s, SteeringPath target, SteeringUrgency urgency, usec_t *ret_begin,
                usec_t *ret_total, Error *e) {
        usec_t start = clock_monotonic();
        int r = steering_begin(s, target, urgency, start, e);

        printf("%llu us: to ingress %d egress %d\n", (unsigned long long) start, target.ingress, target.egress);
        if (ret_begin)
                *ret_begin = clock_monotonic() - start;
        t->process_next = t->turned_at = 0;
        while (r == 0) {
                turn(t, true);
                r = process(t, s, e);
        }
        if (ret_total)
                *ret_total = clock_monotonic() - start;
        return r;
}

void traffic_stop(Traffic *t) {
        usec_t until = clock_monotonic() + 300 * USEC_PER_MSEC;

        while (clock_monotonic() < until)
                turn(t, false);
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++) {
                Flow *f = &t->flow[kind];
                const uint8_t *first = f->active ? memchr(f->seen, 0, f->count.sent) : NULL;

                f->count.first_lost = first ? (unsigned) (first - f->seen) : 0;
        }
}

const FlowCount *traffic_count(const Traffic *t, FlowKind kind) {
        return &t->flow[kind].count;
}

/* A frame that waits for a processor is overtaken when ingress moves (README.md, limits). After so long the
 * kernel leaves what is received to a thread of its own, which must wait for its turn (kernel/softirq.c
 * MAX_SOFTIRQ_TIME). */
#define STARVED_USEC (2 * USEC_PER_MSEC)

/* Said of what is only out of order; tests/lab/suites.py knows these words. */
static const char *excuse(const Traffic *t, char text[static 64]) {
        text[0] = '\0';
        if (t->starved >= STARVED_USEC)
                snprintf(text, 64, "; while nothing ran for %llu us", (unsigned long long) t->starved);
        return text;
}

void traffic_assert_whole(const Traffic *t) {
        for (FlowKind kind = 0; kind < _FLOW_MAX; kind++) {
                const FlowCount *c = &t->flow[kind].count;
                bool echo = is_echo(kind), arrived, ordered;
                char text[64];

                if (!t->flow[kind].active)
                        continue;
                arrived = c->received == c->sent && c->doubled == 0 &&
                                (!echo || (c->replied == c->sent && c->reply_doubled == 0));
                ordered = c->reordered == 0 && (!echo || c->reply_reordered == 0);
                ck_assert_uint_gt(c->sent, 0);
                ck_assert_msg(arrived && ordered,
                                "flow %d: sent %u; received %u (doubled %u, reordered %u, first lost %u); "
                                "replied %u (doubled %u, reordered %u)%s",
                                kind, c->sent, c->received, c->doubled, c->reordered, c->first_lost, c->replied,
                                c->reply_doubled, c->reply_reordered, arrived ? excuse(t, text) : "");
        }
}
