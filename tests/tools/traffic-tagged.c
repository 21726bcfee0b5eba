/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbered frames with an 802.1Q tag, made and read by packet sockets: what a VLAN device on the adapter would
 * send and receive, also on kernels built without 802.1Q devices. The receiver listens for one protocol, not
 * for all: such a socket is served after tc ingress, like the stack itself. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

/* Ethernet Configuration Testing Protocol; the local experimental ones are the service's own */
#define PROTOCOL      0x9000
#define FRAME_MAX     1514
#define SOCKET_BUFFER (64 << 20)

static int packet_socket(const Options *o, uint16_t protocol) {
        const int size = SOCKET_BUFFER;
        struct sockaddr_ll local = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol) };
        int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

        if (fd < 0)
                die("packet socket");
        local.sll_ifindex = o->interface ? (int) if_nametoindex(o->interface) : 0;
        if (local.sll_ifindex == 0)
                die("interface");
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
                        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
                die("socket buffer (needs CAP_NET_ADMIN)");
        if (bind(fd, (struct sockaddr *) &local, sizeof(local)) < 0)
                die("bind");
        return fd;
}

static void mac_parse(const char *text, unsigned char *ret) {
        if (!text ||
                        sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", ret, ret + 1, ret + 2, ret + 3,
                                        ret + 4, ret + 5) != 6) {
                fprintf(stderr, "traffic: not a MAC address: %s\n", text ? text : "(none)");
                exit(2);
        }
}

int tagged_send(const Options *o) {
        const uint64_t capacity = (uint64_t) (o->seconds > 0 ? o->seconds + 1 : 600) * o->rate;
        const uint16_t tag[3] = { htons(ETH_P_8021Q), htons((uint16_t) o->vlan), htons(PROTOCOL) };
        const size_t header = 2 * ETH_ALEN + sizeof(tag);
        unsigned char frame[FRAME_MAX] = {};
        size_t size = header + o->size;
        Record *r = record_new(o->record, capacity);
        int fd = packet_socket(o, 0);
        unsigned n;
        Pace pace;

        if (size > sizeof(frame))
                size = sizeof(frame);
        mac_parse(o->to_mac, frame);
        mac_parse(o->from_mac, frame + ETH_ALEN);
        memcpy(frame + 2 * ETH_ALEN, tag, sizeof(tag));
        stay_on_one_processor(o->stream);
        say_ready();
        pace_init(&pace, o->rate, o->seconds);
        while ((n = pace_wait(&pace, r)) > 0 && r->next + n <= r->capacity)
                for (; n > 0; n--) {
                        Payload p = { PAYLOAD_MAGIC, o->stream, r->next, now_nsec() };

                        memcpy(frame + header, &p, sizeof(p));
                        r->at[r->next] = p.sent;
                        r->next++;
                        r->count++;
                        r->last = p.sent;
                        if (send(fd, frame, size, 0) < 0)
                                r->refused++;
                }
        record_print(r, "send-tagged");
        close(fd);
        return 0;
}

/* By the time a socket for one protocol is served the kernel has taken the tag away and, having found no device
 * for that VLAN, called the frame somebody else's (net/core/dev.c, __netif_receive_skb_core: check_vlan_id).
 * That is the sign that there was a tag: an untagged frame for this adapter's address would be PACKET_HOST. */
static bool was_tagged(const struct sockaddr_ll *from) {
        return from->sll_pkttype == PACKET_OTHERHOST;
}

int tagged_receive(const Options *o) {
        const struct timeval patience = { .tv_usec = 100000 };
        const uint64_t capacity = (uint64_t) (o->seconds > 0 ? o->seconds + 1 : 600) * o->rate;
        struct tpacket_stats stats = {};
        socklen_t stats_size = sizeof(stats);
        Record *r = record_new(o->record, capacity);
        int fd = packet_socket(o, PROTOCOL);

        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
                die("receiver options");
        say_ready();
        while (!stop_requested) {
                unsigned char frame[FRAME_MAX];
                struct sockaddr_ll from = {};
                socklen_t from_size = sizeof(from);
                ssize_t n = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *) &from, &from_size);
                Payload p;

                if (n < 0 && errno != EINTR && errno != EAGAIN && errno != ENETDOWN)
                        die("receive");
                if (n < (ssize_t) (ETH_HLEN + sizeof(p)) || !was_tagged(&from))
                        continue;
                memcpy(&p, frame + ETH_HLEN, sizeof(p));
                (void) record_arrival(r, &p, (size_t) n - ETH_HLEN, o->stream, now_nsec());
        }
        if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &stats_size) == 0)
                r->overflowed = stats.tp_drops;
        record_print(r, "receive-tagged");
        close(fd);
        return 0;
}
