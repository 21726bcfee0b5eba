/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbered UDP datagrams over IPv4 and IPv6: unicast, multicast, broadcast. */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define SOCKET_BUFFER (64 << 20)
#define DATAGRAM_MAX  2048
#define RECEIVE_BATCH 64

typedef union Address {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
} Address;

/* How long a run may be: a day of it would only cost address space, but the file is sized by it. */
static uint64_t capacity(const Options *o) {
        double run = o->seconds > 0 ? o->seconds + 1 : 600;

        return (uint64_t) (run * (o->rate > 50000 ? o->rate : 50000));
}

static unsigned interface_index(const Options *o) {
        unsigned index;

        if (!o->interface)
                return 0;
        index = if_nametoindex(o->interface);
        if (index == 0)
                die(o->interface);
        return index;
}

static socklen_t address_parse(const char *text, uint16_t port, unsigned scope, Address *ret) {
        *ret = (Address){};
        if (inet_pton(AF_INET, text, &ret->in.sin_addr) == 1) {
                ret->in.sin_family = AF_INET;
                ret->in.sin_port = htons(port);
                return sizeof(ret->in);
        }
        if (inet_pton(AF_INET6, text, &ret->in6.sin6_addr) == 1) {
                ret->in6.sin6_family = AF_INET6;
                ret->in6.sin6_port = htons(port);
                ret->in6.sin6_scope_id = scope;
                return sizeof(ret->in6);
        }
        fprintf(stderr, "traffic: not an address: %s\n", text);
        exit(2);
}

static int socket_open(int family) {
        const int size = SOCKET_BUFFER, on = 1;
        int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                die("socket");
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
                die("socket buffer (needs CAP_NET_ADMIN)");
        if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
                die("socket options");
        return fd;
}

static void socket_set_multicast_interface(int fd, int family, unsigned index) {
        const struct ip_mreqn m = { .imr_ifindex = (int) index };
        const int i = (int) index;

        if (index == 0)
                return;
        if (family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &m, sizeof(m)) < 0
                              : setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &i, sizeof(i)) < 0)
                die("multicast interface");
}

int udp_send(const Options *o) {
        Address to, source;
        const unsigned index = interface_index(o);
        const socklen_t length = address_parse(o->to ? o->to : "", o->port, index, &to);
        int fd = socket_open(to.sa.sa_family);
        Record *r = record_new(o->record, capacity(o));
        unsigned char buffer[BATCH_MAX][DATAGRAM_MAX] = {};
        const size_t size = o->size < DATAGRAM_MAX ? o->size : DATAGRAM_MAX;
        unsigned n;
        Pace pace;

        socket_set_multicast_interface(fd, to.sa.sa_family, index);
        if (o->source) {
                socklen_t l = address_parse(o->source, 0, index, &source);

                if (bind(fd, &source.sa, l) < 0)
                        die("bind");
        }
        if (connect(fd, &to.sa, length) < 0)
                die("connect");
        stay_on_one_processor(o->stream);
        say_ready();
        pace_init(&pace, o->rate, o->seconds);
        while ((n = pace_wait(&pace, r)) > 0 && r->next + n <= r->capacity) {
                struct mmsghdr messages[BATCH_MAX] = {};
                struct iovec vectors[BATCH_MAX];
                uint64_t now = now_nsec();

                for (unsigned i = 0; i < n; i++) {
                        Payload p = { PAYLOAD_MAGIC, o->stream, r->next + i, now };

                        memcpy(buffer[i], &p, sizeof(p));
                        vectors[i] = (struct iovec){ buffer[i], size };
                        messages[i].msg_hdr = (struct msghdr){ .msg_iov = &vectors[i], .msg_iovlen = 1 };
                        r->at[r->next + i] = now;
                }
                /* known as sent before it can arrive: a reader of both records never sees more arrived than
                 * sent */
                r->next += n;
                r->count += n;
                r->last = now;
                for (unsigned i = 0; i < n;) {
                        int k = sendmmsg(fd, messages + i, n - i, 0);

                        if (k > 0)
                                i += (unsigned) k;
                        else if (k < 0 && errno != EINTR) {
                                r->refused++;
                                i++;
                        }
                }
        }
        record_print(r, "send");
        close(fd);
        return 0;
}

static void socket_join(int fd, const Options *o, unsigned index) {
        Address group;

        address_parse(o->join, 0, index, &group);
        if (group.sa.sa_family == AF_INET) {
                const struct ip_mreqn m = { .imr_multiaddr = group.in.sin_addr, .imr_ifindex = (int) index };

                if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)) < 0)
                        die("join");
        } else {
                const struct ipv6_mreq m = { .ipv6mr_multiaddr = group.in6.sin6_addr,
                        .ipv6mr_interface = index };

                if (setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &m, sizeof(m)) < 0)
                        die("join");
        }
}

static int receiver_open(const Options *o) {
        const struct timeval patience = { .tv_usec = 100000 }; /* so that a signal between two calls is seen */
        const unsigned index = interface_index(o);
        const char *where = o->source ? o->source : o->join ? o->join : "::";
        const int on = 1, off = 0;
        socklen_t length;
        Address local;
        int fd;

        length = address_parse(where, o->port, index, &local);
        fd = socket_open(local.sa.sa_family);
        if (local.sa.sa_family == AF_INET6 && !o->join &&
                        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
                die("dual stack");
        if (bind(fd, &local.sa, length) < 0)
                die("bind");
        if (o->join)
                socket_join(fd, o, index);
        if (setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
                die("receiver options");
        return fd;
}

/* When the kernel got it (independent of when this process could run), and how many the socket dropped. */
static uint64_t message_arrival(struct msghdr *m, int64_t offset, uint64_t fallback, Record *r) {
        uint64_t at = fallback;

        for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
                if (c->cmsg_level != SOL_SOCKET)
                        continue;
                if (c->cmsg_type == SCM_TIMESTAMPNS) {
                        struct timespec t;

                        memcpy(&t, CMSG_DATA(c), sizeof(t));
                        at = (uint64_t) ((int64_t) t.tv_sec * (int64_t) NSEC_PER_SEC + t.tv_nsec - offset);
                } else if (c->cmsg_type == SO_RXQ_OVFL) {
                        uint32_t dropped;

                        memcpy(&dropped, CMSG_DATA(c), sizeof(dropped));
                        r->overflowed = dropped;
                }
        }
        return at;
}

int udp_receive(const Options *o) {
        static unsigned char buffer[RECEIVE_BATCH][DATAGRAM_MAX];
        static char control[RECEIVE_BATCH][128];
        const int64_t offset = realtime_offset_nsec();
        struct mmsghdr messages[RECEIVE_BATCH];
        struct iovec vectors[RECEIVE_BATCH];
        Record *r = record_new(o->record, capacity(o));
        int fd = receiver_open(o);

        say_ready();
        while (!stop_requested) {
                uint64_t now;
                int n;

                for (unsigned i = 0; i < RECEIVE_BATCH; i++) {
                        vectors[i] = (struct iovec){ buffer[i], DATAGRAM_MAX };
                        messages[i].msg_hdr = (struct msghdr){
                                .msg_iov = &vectors[i],
                                .msg_iovlen = 1,
                                .msg_control = control[i],
                                .msg_controllen = sizeof(control[i]),
                        };
                }
                n = recvmmsg(fd, messages, RECEIVE_BATCH, MSG_WAITFORONE, NULL);
                if (n < 0 && errno != EINTR && errno != EAGAIN)
                        die("receive");
                now = now_nsec();
                for (int i = 0; i < n; i++) {
                        Payload p = {};
                        uint64_t at = message_arrival(&messages[i].msg_hdr, offset, now, r);

                        if (messages[i].msg_len >= sizeof(p))
                                memcpy(&p, buffer[i], sizeof(p));
                        (void) record_arrival(r, &p, messages[i].msg_len, o->stream, at);
                }
        }
        record_print(r, "receive");
        close(fd);
        return 0;
}
